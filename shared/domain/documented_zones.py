"""Zones that Graph documents. Written by `python -m devtools.time_zones`; do not edit.

A row has a value that is documented for dateTimeTimeZone, and the IANA zones that show the same clock until
the end of 2035. Sources: Microsoft's documentation of 2026-11, CLDR's windowsZones (tzlocal 5.4.5) and
the time zone database (tzdata 2026.6). Written on 2026-11-25.
"""

DOCUMENTED = """
Africa/Cairo|Egypt
Africa/Casablanca|Africa/El_Aaiun
Africa/Johannesburg|Africa/Blantyre Africa/Bujumbura Africa/Gaborone Africa/Harare Africa/Kigali
 Africa/Lubumbashi Africa/Lusaka Africa/Maputo Africa/Maseru Africa/Mbabane Etc/GMT-2
Africa/Lagos|Africa/Algiers Africa/Bangui Africa/Brazzaville Africa/Douala Africa/Kinshasa Africa/Libreville
 Africa/Luanda Africa/Malabo Africa/Ndjamena Africa/Niamey Africa/Porto-Novo Africa/Tunis Etc/GMT-1
Africa/Nairobi|Africa/Addis_Ababa Africa/Asmara Africa/Asmera Africa/Dar_es_Salaam Africa/Djibouti
 Africa/Kampala Africa/Mogadishu Antarctica/Syowa Etc/GMT-3 Indian/Antananarivo Indian/Comoro Indian/Mayotte
Africa/Windhoek|Africa/Juba Africa/Khartoum Africa/Tripoli Libya
Aleutian Standard Time|America/Adak America/Atka US/Aleutian
America/Anchorage|America/Juneau America/Metlakatla America/Nome America/Sitka America/Yakutat US/Alaska
America/Argentina/Buenos_Aires|America/Argentina/Catamarca America/Argentina/ComodRivadavia
 America/Argentina/Cordoba America/Argentina/Jujuy America/Argentina/La_Rioja America/Argentina/Mendoza
 America/Argentina/Rio_Gallegos America/Argentina/Salta America/Argentina/San_Juan
 America/Argentina/San_Luis America/Argentina/Tucuman America/Argentina/Ushuaia America/Buenos_Aires
 America/Catamarca America/Cordoba America/Jujuy America/Mendoza America/Rosario
America/Asuncion|America/Araguaina America/Coyhaique America/Punta_Arenas
America/Bahia|
America/Bogota|America/Atikokan America/Cancun America/Cayman America/Coral_Harbour America/Eirunepe
 America/Guayaquil America/Jamaica America/Lima America/Panama America/Porto_Acre America/Rainy_River
 America/Rio_Branco America/Winnipeg Brazil/Acre Canada/Central EST Etc/GMT+5 Jamaica
America/Caracas|
America/Cayenne|America/Belem America/Fortaleza America/Maceio America/Paramaribo America/Recife
 America/Santarem Antarctica/Palmer Antarctica/Rothera Atlantic/Stanley Etc/GMT+3
America/Chicago|America/Indiana/Knox America/Indiana/Tell_City America/Knox_IN America/Matamoros
 America/Menominee America/North_Dakota/Beulah America/North_Dakota/Center America/North_Dakota/New_Salem
 America/Ojinaga America/Rankin_Inlet America/Resolute CST6CDT US/Central US/Indiana-Starke
America/Chihuahua|
America/Cuiaba|America/Campo_Grande
America/Denver|America/Boise America/Cambridge_Bay America/Ciudad_Juarez America/Shiprock MST7MDT Navajo
 US/Mountain
America/Godthab|America/Nuuk America/Scoresbysund
America/Guatemala|America/Belize America/Costa_Rica America/Edmonton America/El_Salvador America/Inuvik
 America/Managua America/Tegucigalpa America/Yellowknife Canada/Mountain Etc/GMT+6 Pacific/Galapagos
America/Halifax|America/Glace_Bay America/Goose_Bay America/Moncton America/Thule Atlantic/Bermuda
 Canada/Atlantic
America/Indiana/Indianapolis|America/Fort_Wayne America/Indiana/Marengo America/Indiana/Vevay
 America/Indianapolis
America/La_Paz|America/Anguilla America/Antigua America/Aruba America/Barbados America/Blanc-Sablon
 America/Boa_Vista America/Curacao America/Dominica America/Grenada America/Guadeloupe America/Guyana
 America/Kralendijk America/Lower_Princes America/Manaus America/Marigot America/Martinique
 America/Montserrat America/Port_of_Spain America/Porto_Velho America/Puerto_Rico America/Santo_Domingo
 America/St_Barthelemy America/St_Kitts America/St_Lucia America/St_Thomas America/St_Vincent
 America/Tortola America/Virgin Brazil/West Etc/GMT+4
America/Los_Angeles|US/Pacific
America/Mexico_City|America/Bahia_Banderas America/Merida America/Monterrey Mexico/General
America/Montevideo|
America/New_York|America/Detroit America/Grand_Turk America/Indiana/Petersburg America/Indiana/Vincennes
 America/Indiana/Winamac America/Iqaluit America/Kentucky/Louisville America/Kentucky/Monticello
 America/Louisville America/Montreal America/Nassau America/Nipigon America/Pangnirtung
 America/Port-au-Prince America/Thunder_Bay America/Toronto Canada/Eastern EST5EDT US/East-Indiana
 US/Eastern US/Michigan
America/Phoenix|America/Creston America/Dawson America/Dawson_Creek America/Fort_Nelson America/Hermosillo
 America/Mazatlan America/Vancouver America/Whitehorse Canada/Pacific Canada/Yukon Etc/GMT+7 MST
 Mexico/BajaSur US/Arizona
America/Regina|America/Swift_Current Canada/Saskatchewan
America/Santa_Isabel|America/Ensenada America/Tijuana Mexico/BajaNorte PST8PDT
America/Santiago|Chile/Continental
America/Sao_Paulo|Brazil/East
America/St_Johns|Canada/Newfoundland
Asia/Amman|
Asia/Baghdad|
Asia/Baku|
Asia/Bangkok|Antarctica/Davis Asia/Barnaul Asia/Ho_Chi_Minh Asia/Hovd Asia/Jakarta Asia/Phnom_Penh
 Asia/Pontianak Asia/Saigon Asia/Tomsk Asia/Vientiane Etc/GMT-7 Indian/Christmas
Asia/Beirut|
Asia/Colombo|
Asia/Damascus|
Asia/Dhaka|Asia/Bishkek Asia/Dacca Asia/Kashgar Asia/Omsk Asia/Thimbu Asia/Thimphu Asia/Urumqi Etc/GMT-6
 Indian/Chagos
Asia/Dubai|Asia/Muscat Etc/GMT-4 Europe/Astrakhan Europe/Samara Europe/Saratov Europe/Ulyanovsk
Asia/Irkutsk|
Asia/Jerusalem|Asia/Tel_Aviv Israel
Asia/Kabul|
Asia/Karachi|Antarctica/Mawson Antarctica/Vostok Asia/Almaty Asia/Aqtau Asia/Aqtobe Asia/Ashgabat
 Asia/Ashkhabad Asia/Atyrau Asia/Dushanbe Asia/Oral Asia/Qostanay Asia/Qyzylorda Asia/Samarkand
 Asia/Tashkent Etc/GMT-5 Indian/Kerguelen Indian/Maldives
Asia/Kathmandu|Asia/Katmandu
Asia/Kolkata|Asia/Calcutta
Asia/Krasnoyarsk|Asia/Novokuznetsk
Asia/Magadan|Asia/Sakhalin Asia/Srednekolymsk
Asia/Novosibirsk|
Asia/Riyadh|Asia/Aden Asia/Bahrain Asia/Kuwait Asia/Qatar
Asia/Seoul|ROK
Asia/Shanghai|Antarctica/Casey Asia/Chongqing Asia/Chungking Asia/Harbin Asia/Hong_Kong Asia/Macao
 Asia/Macau Hongkong PRC
Asia/Singapore|Asia/Brunei Asia/Kuala_Lumpur Asia/Kuching Asia/Makassar Asia/Manila Asia/Ujung_Pandang
 Etc/GMT-8 Singapore
Asia/Taipei|ROC
Asia/Tbilisi|
Asia/Tehran|Iran
Asia/Tokyo|Asia/Chita Asia/Dili Asia/Jayapura Asia/Pyongyang Etc/GMT-9 Japan Pacific/Palau
Asia/Ulaanbaatar|Asia/Choibalsan Asia/Ulan_Bator
Asia/Vladivostok|Asia/Ust-Nera
Asia/Yakutsk|Asia/Khandyga
Asia/Yekaterinburg|
Asia/Yerevan|
Atlantic/Azores|
Atlantic/Cape_Verde|Etc/GMT+1
Atlantic/Reykjavik|Africa/Abidjan Africa/Accra Africa/Bamako Africa/Banjul Africa/Bissau Africa/Conakry
 Africa/Dakar Africa/Freetown Africa/Lome Africa/Monrovia Africa/Nouakchott Africa/Ouagadougou
 Africa/Timbuktu America/Danmarkshavn Atlantic/St_Helena Iceland
Aus Central W. Standard Time|Australia/Eucla
Australia/Adelaide|Australia/Broken_Hill Australia/South Australia/Yancowinna
Australia/Brisbane|Australia/Lindeman Australia/Queensland
Australia/Darwin|Australia/North
Australia/Hobart|Antarctica/Macquarie Australia/Currie Australia/Tasmania
Australia/Perth|Australia/West
Australia/Sydney|Australia/ACT Australia/Canberra Australia/Melbourne Australia/NSW Australia/Victoria
Chatham Islands Standard Time|NZ-CHAT Pacific/Chatham
Cuba Standard Time|America/Havana Cuba
Easter Island Standard Time|Chile/EasterIsland Pacific/Easter
Etc/GMT|Etc/GMT+0 Etc/GMT-0 Etc/GMT0 Etc/Greenwich Etc/UCT Etc/UTC Etc/Universal Etc/Zulu
Etc/GMT+11|Pacific/Midway Pacific/Niue Pacific/Pago_Pago Pacific/Samoa US/Samoa
Etc/GMT+12|
Etc/GMT+2|America/Noronha Atlantic/South_Georgia Brazil/DeNoronha
Etc/GMT-12|Asia/Anadyr Asia/Kamchatka Kwajalein Pacific/Funafuti Pacific/Kwajalein Pacific/Majuro
 Pacific/Nauru Pacific/Tarawa Pacific/Wake Pacific/Wallis
Europe/Berlin|Arctic/Longyearbyen Atlantic/Jan_Mayen Europe/Amsterdam Europe/Andorra Europe/Busingen
 Europe/Gibraltar Europe/Luxembourg Europe/Malta Europe/Monaco Europe/Oslo Europe/Rome Europe/San_Marino
 Europe/Stockholm Europe/Vaduz Europe/Vatican Europe/Vienna Europe/Zurich
Europe/Bucharest|Asia/Famagusta Asia/Nicosia EET Europe/Athens Europe/Chisinau Europe/Nicosia
 Europe/Tiraspol Europe/Uzhgorod Europe/Zaporozhye
Europe/Budapest|Europe/Belgrade Europe/Bratislava Europe/Ljubljana Europe/Podgorica Europe/Prague
 Europe/Tirane
Europe/Istanbul|Asia/Istanbul Europe/Minsk Europe/Volgograd Turkey
Europe/Kaliningrad|
Europe/Kyiv|Europe/Helsinki Europe/Kiev Europe/Mariehamn Europe/Riga Europe/Sofia Europe/Tallinn
 Europe/Vilnius
Europe/London|Atlantic/Canary Atlantic/Faeroe Atlantic/Faroe Atlantic/Madeira Eire Europe/Belfast
 Europe/Dublin Europe/Guernsey Europe/Isle_of_Man Europe/Jersey Europe/Lisbon GB GB-Eire Portugal WET
Europe/Moscow|Europe/Kirov Europe/Simferopol W-SU
Europe/Paris|Africa/Ceuta CET Europe/Brussels Europe/Copenhagen Europe/Madrid MET
Europe/Warsaw|Europe/Sarajevo Europe/Skopje Europe/Zagreb Poland
Indian/Mauritius|Indian/Mahe Indian/Reunion
Lord Howe Standard Time|Australia/LHI Australia/Lord_Howe
Marquesas Standard Time|Pacific/Marquesas
Myanmar Standard Time|Asia/Rangoon Asia/Yangon Indian/Cocos
Norfolk Standard Time|Pacific/Norfolk
Pacific/Apia|
Pacific/Auckland|Antarctica/McMurdo Antarctica/South_Pole NZ
Pacific/Fiji|
Pacific/Guadalcanal|Etc/GMT-11 Pacific/Bougainville Pacific/Efate Pacific/Kosrae Pacific/Noumea
 Pacific/Pohnpei Pacific/Ponape
Pacific/Honolulu|Etc/GMT+10 HST Pacific/Johnston Pacific/Rarotonga Pacific/Tahiti US/Hawaii
Pacific/Kiritimati|Etc/GMT-14
Pacific/Port_Moresby|Antarctica/DumontDUrville Etc/GMT-10 Pacific/Chuuk Pacific/Guam Pacific/Saipan
 Pacific/Truk Pacific/Yap
Pacific/Tongatapu|Etc/GMT-13 Pacific/Enderbury Pacific/Fakaofo Pacific/Kanton
Saint Pierre Standard Time|America/Miquelon
UTC|Africa/Sao_Tome GMT GMT+0 GMT-0 GMT0 Greenwich UCT Universal Zulu
UTC-08|Etc/GMT+8 Pacific/Pitcairn
UTC-09|Etc/GMT+9 Pacific/Gambier
West Bank Standard Time|Asia/Gaza Asia/Hebron
"""
