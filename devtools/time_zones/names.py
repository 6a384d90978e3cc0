"""What Windows and Microsoft Graph call time zones, as their public documents list it.

`DISPLAY` has a line for each Windows id: the places that stand behind the offset in the name which people are
shown, `(UTC-03:00) Brasilia`; older wordings of the same zone follow after a semicolon. Sources: the time
zone ids that Microsoft's documents for administrators list (read 2026-11) and the names in the comments of
CLDR's windowsZones.xml (2021a to 2026); older wordings are those of Windows XP to 8.

`RETIRED` are ids that Windows or Exchange no longer offer and that mailboxes still carry, with their IANA
zone.

`GRAPH` are the IANA names that the documentation of dateTimeTimeZone adds to those of Windows (read 2026-11);
the three that it writes in a form of its own, `Asia/Yangon (Rangoon)` for example, are left out.
"""

DISPLAY = """
Dateline Standard Time|International Date Line West
UTC-11|Coordinated Universal Time-11
Aleutian Standard Time|Aleutian Islands
Hawaiian Standard Time|Hawaii
Marquesas Standard Time|Marquesas Islands
Alaskan Standard Time|Alaska
UTC-09|Coordinated Universal Time-09
Pacific Standard Time (Mexico)|Baja California; Tijuana, Baja California
UTC-08|Coordinated Universal Time-08
Pacific Standard Time|Pacific Time (US & Canada); Pacific Time (US & Canada), Tijuana
British Columbia Standard Time|British Columbia
US Mountain Standard Time|Arizona
Mountain Standard Time (Mexico)|La Paz, Mazatlan; Chihuahua, La Paz, Mazatlan; Chihuahua, La Paz, Mazatlan - New
Mountain Standard Time|Mountain Time (US & Canada)
Yukon Standard Time|Yukon
Alberta Standard Time|Alberta; Alberta and Northwest Territories
Central America Standard Time|Central America
Central Standard Time|Central Time (US & Canada)
Easter Island Standard Time|Easter Island
Central Standard Time (Mexico)|Guadalajara, Mexico City, Monterrey; Guadalajara, Mexico City, Monterrey - New
Canada Central Standard Time|Saskatchewan
Manitoba Standard Time|Manitoba
SA Pacific Standard Time|Bogota, Lima, Quito, Rio Branco; Bogota, Lima, Quito
Eastern Standard Time (Mexico)|Chetumal
Eastern Standard Time|Eastern Time (US & Canada)
Haiti Standard Time|Haiti
Cuba Standard Time|Havana
US Eastern Standard Time|Indiana (East)
Turks And Caicos Standard Time|Turks and Caicos
Paraguay Standard Time|Asuncion
Atlantic Standard Time|Atlantic Time (Canada)
Venezuela Standard Time|Caracas
Central Brazilian Standard Time|Cuiaba; Manaus
SA Western Standard Time|Georgetown, La Paz, Manaus, San Juan; Georgetown, La Paz, San Juan; Caracas, La Paz; La Paz
Pacific SA Standard Time|Santiago
Newfoundland Standard Time|Newfoundland
Tocantins Standard Time|Araguaina
E. South America Standard Time|Brasilia
SA Eastern Standard Time|Cayenne, Fortaleza; Buenos Aires, Georgetown
Argentina Standard Time|City of Buenos Aires; Buenos Aires
Greenland Standard Time|Greenland
Montevideo Standard Time|Montevideo
Magallanes Standard Time|Punta Arenas
Saint Pierre Standard Time|Saint Pierre and Miquelon
Bahia Standard Time|Salvador
UTC-02|Coordinated Universal Time-02
Azores Standard Time|Azores
Cape Verde Standard Time|Cabo Verde Is.; Cape Verde Is.
UTC|Coordinated Universal Time
GMT Standard Time|Dublin, Edinburgh, Lisbon, London; Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London
Greenwich Standard Time|Monrovia, Reykjavik; Casablanca, Monrovia, Reykjavik; Casablanca, Monrovia
Sao Tome Standard Time|Sao Tome
Morocco Standard Time|Casablanca
W. Europe Standard Time|Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna
Central Europe Standard Time|Belgrade, Bratislava, Budapest, Ljubljana, Prague
Romance Standard Time|Brussels, Copenhagen, Madrid, Paris
Central European Standard Time|Sarajevo, Skopje, Warsaw, Zagreb
W. Central Africa Standard Time|West Central Africa
GTB Standard Time|Athens, Bucharest; Athens, Bucharest, Istanbul
Middle East Standard Time|Beirut
Egypt Standard Time|Cairo
E. Europe Standard Time|Chisinau; E. Europe
Syria Standard Time|Damascus
West Bank Standard Time|Gaza, Hebron
South Africa Standard Time|Harare, Pretoria
FLE Standard Time|Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius; Helsinki, Kiev, Riga, Sofia, Tallinn, Vilnius
Israel Standard Time|Jerusalem
South Sudan Standard Time|Juba
Kaliningrad Standard Time|Kaliningrad; Kaliningrad (RTZ 1)
Sudan Standard Time|Khartoum
Libya Standard Time|Tripoli
Namibia Standard Time|Windhoek
Jordan Standard Time|Amman
Arabic Standard Time|Baghdad
Turkey Standard Time|Istanbul
Arab Standard Time|Kuwait, Riyadh
Belarus Standard Time|Minsk
Russian Standard Time|Moscow, St. Petersburg; Moscow, St. Petersburg, Volgograd; Moscow, St. Petersburg, Volgograd (RTZ 2)
E. Africa Standard Time|Nairobi
Volgograd Standard Time|Volgograd
Iran Standard Time|Tehran
Arabian Standard Time|Abu Dhabi, Muscat
Astrakhan Standard Time|Astrakhan, Ulyanovsk
Azerbaijan Standard Time|Baku
Russia Time Zone 3|Izhevsk, Samara; Izhevsk, Samara (RTZ 3)
Mauritius Standard Time|Port Louis
Saratov Standard Time|Saratov
Georgian Standard Time|Tbilisi
Caucasus Standard Time|Yerevan; Baku, Tbilisi, Yerevan
Afghanistan Standard Time|Kabul
West Asia Standard Time|Ashgabat, Tashkent; Tashkent; Islamabad, Karachi, Tashkent
Ekaterinburg Standard Time|Ekaterinburg; Ekaterinburg (RTZ 4)
Pakistan Standard Time|Islamabad, Karachi
Qyzylorda Standard Time|Qyzylorda; Astana, Qyzylorda
India Standard Time|Chennai, Kolkata, Mumbai, New Delhi
Sri Lanka Standard Time|Sri Jayawardenepura
Nepal Standard Time|Kathmandu
Central Asia Standard Time|Astana; Bishkek; Nur-Sultan; Astana, Dhaka
Bangladesh Standard Time|Dhaka
Omsk Standard Time|Omsk
Myanmar Standard Time|Yangon (Rangoon)
SE Asia Standard Time|Bangkok, Hanoi, Jakarta
Altai Standard Time|Barnaul, Gorno-Altaysk
W. Mongolia Standard Time|Hovd
North Asia Standard Time|Krasnoyarsk; Krasnoyarsk (RTZ 6)
N. Central Asia Standard Time|Novosibirsk; Novosibirsk (RTZ 5); Almaty, Novosibirsk
Tomsk Standard Time|Tomsk
China Standard Time|Beijing, Chongqing, Hong Kong, Urumqi; Beijing, Chongqing, Hong Kong SAR, Urumqi
North Asia East Standard Time|Irkutsk; Irkutsk (RTZ 7); Irkutsk, Ulaan Bataar
Singapore Standard Time|Kuala Lumpur, Singapore
W. Australia Standard Time|Perth
Taipei Standard Time|Taipei
Ulaanbaatar Standard Time|Ulaanbaatar; Ulaan Bataar
Aus Central W. Standard Time|Eucla
Transbaikal Standard Time|Chita
Tokyo Standard Time|Osaka, Sapporo, Tokyo
North Korea Standard Time|Pyongyang
Korea Standard Time|Seoul
Yakutsk Standard Time|Yakutsk; Yakutsk (RTZ 8)
Cen. Australia Standard Time|Adelaide
AUS Central Standard Time|Darwin
E. Australia Standard Time|Brisbane
AUS Eastern Standard Time|Canberra, Melbourne, Sydney
West Pacific Standard Time|Guam, Port Moresby
Tasmania Standard Time|Hobart
Vladivostok Standard Time|Vladivostok; Vladivostok, Magadan (RTZ 9)
Lord Howe Standard Time|Lord Howe Island
Bougainville Standard Time|Bougainville Island
Russia Time Zone 10|Chokurdakh; Chokurdakh (RTZ 10)
Magadan Standard Time|Magadan
Norfolk Standard Time|Norfolk Island
Sakhalin Standard Time|Sakhalin
Central Pacific Standard Time|Solomon Is., New Caledonia; Magadan, Solomon Is., New Caledonia
Russia Time Zone 11|Anadyr, Petropavlovsk-Kamchatsky; Anadyr, Petropavlovsk-Kamchatsky (RTZ 11)
New Zealand Standard Time|Auckland, Wellington
UTC+12|Coordinated Universal Time+12
Fiji Standard Time|Fiji; Fiji, Marshall Is.; Fiji, Kamchatka, Marshall Is.
Chatham Islands Standard Time|Chatham Islands
UTC+13|Coordinated Universal Time+13
Tonga Standard Time|Nuku'alofa
Samoa Standard Time|Samoa
Line Islands Standard Time|Kiritimati Island
"""  # noqa: E501 (a row is a row)

RETIRED = """
Armenian Standard Time|Asia/Yerevan|
Coordinated Universal Time|Etc/UTC|
Kamchatka Standard Time|Asia/Kamchatka|Petropavlovsk-Kamchatsky - Old
Mexico Standard Time|America/Mexico_City|Guadalajara, Mexico City, Monterrey - Old
Mexico Standard Time 2|America/Mazatlan|Chihuahua, La Paz, Mazatlan - Old
Mid-Atlantic Standard Time|Etc/GMT+2|Mid-Atlantic - Old; Mid-Atlantic
tzone://Microsoft/Utc|Etc/UTC|
"""

GRAPH = """
UTC Etc/GMT+12 Etc/GMT+11 Pacific/Honolulu America/Anchorage America/Santa_Isabel America/Los_Angeles
America/Phoenix America/Chihuahua America/Denver America/Guatemala America/Chicago America/Mexico_City
America/Regina America/Bogota America/New_York America/Indiana/Indianapolis America/Caracas America/Asuncion
America/Halifax America/Cuiaba America/La_Paz America/Santiago America/St_Johns America/Sao_Paulo
America/Argentina/Buenos_Aires America/Cayenne America/Godthab America/Montevideo America/Bahia Etc/GMT+2
Atlantic/Azores Atlantic/Cape_Verde Africa/Casablanca Etc/GMT Europe/London Atlantic/Reykjavik Europe/Berlin
Europe/Budapest Europe/Paris Europe/Warsaw Africa/Lagos Africa/Windhoek Europe/Bucharest Asia/Beirut
Africa/Cairo Asia/Damascus Africa/Johannesburg Europe/Kyiv Europe/Istanbul Asia/Jerusalem Asia/Amman
Asia/Baghdad Europe/Kaliningrad Asia/Riyadh Africa/Nairobi Asia/Tehran Asia/Dubai Asia/Baku Europe/Moscow
Indian/Mauritius Asia/Tbilisi Asia/Yerevan Asia/Kabul Asia/Karachi Asia/Kolkata Asia/Colombo Asia/Kathmandu
Asia/Dhaka Asia/Yekaterinburg Asia/Bangkok Asia/Novosibirsk Asia/Shanghai Asia/Krasnoyarsk Asia/Singapore
Australia/Perth Asia/Taipei Asia/Ulaanbaatar Asia/Irkutsk Asia/Tokyo Asia/Seoul Australia/Adelaide
Australia/Darwin Australia/Brisbane Australia/Sydney Pacific/Port_Moresby Australia/Hobart Asia/Yakutsk
Pacific/Guadalcanal Asia/Vladivostok Pacific/Auckland Etc/GMT-12 Pacific/Fiji Asia/Magadan Pacific/Tongatapu
Pacific/Apia Pacific/Kiritimati
"""
