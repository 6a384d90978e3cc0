"""The tenant that the emulator starts with: a lunch delivery in Chicago and a studio in Paris."""

from devtools.graph_emulator.exchange import Json
from devtools.graph_emulator.templates import LOCATION, PAGE_SETTINGS, POLICY

CONTOSO = "contosolunchdelivery@contoso.com"
PARIS = "parisatelier@contoso.com"

CATERED_BENTO = "57da6774-a087-4d69-b0e6-6fb82c339976"
MENU_TASTING = "81c1f0a4-6b0f-4f43-b2ad-5f2f4f2c6d10"
KITCHEN_AUDIT = "0c5d2a3e-9c0f-4f5e-8a44-1b7d3d0e9b21"
DANA, ISAIAH, ALLAN = (
    "8ee1c803-a1fa-406d-8259-7ab53233f148",
    "311a5454-08b2-4560-ba1c-f715e938cb79",
    "70398a56-09c2-4b5a-9c1e-3d2f64a1c7e8",
)
JORDAN = "7ed53fa5-9ef2-4f2f-975b-27447440bc09"
AGE_QUESTION = "3bc6fde0-4ad3-445d-ab17-0fc15dba0774"

FITTING = "b4b5f3a1-3f37-4c57-9d2b-6a4a1a2f9c01"
SEWING_CLASS = "c2a07a9e-52cf-4f2e-8d1f-0e8f7a6b5c02"
CHLOE, LUC = "d1f6c8b2-7a4e-4b6d-9f3c-2b1a0c9d8e03", "e7a9d0c4-1b2c-4d3e-8f5a-6b7c8d9e0f04"
FABRIC_QUESTION = "f0b1c2d3-4e5f-4a6b-8c7d-9e0f1a2b3c05"

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday")


def _hours(opens: str, closes: str, days: tuple[str, ...] = _WEEK) -> list[Json]:
    slot = {"start": f"{opens}:00.0000000", "end": f"{closes}:00.0000000"}
    everyday = ("sunday", *_WEEK, "saturday")
    return [{"day": day, "timeSlots": [slot] if day in days else []} for day in everyday]


def _reminder(message: str, offset: str) -> Json:
    return {"message": message, "offset": offset, "recipients": "allAttendees"}


_CONTOSO_POLICY: Json = {
    **POLICY,
    "timeSlotInterval": "PT15M",
    "minimumLeadTime": "PT1H",
    "maximumAdvance": "P90D",
}
_PARIS_POLICY: Json = {
    **POLICY,
    "timeSlotInterval": "PT30M",
    "minimumLeadTime": "PT4H",
    "maximumAdvance": "P60D",
    "sendConfirmationsToOwner": False,
}
_CONTOSO_ADDRESS: Json = {
    "city": "Chicago",
    "countryOrRegion": "USA",
    "postalCode": "60601",
    "postOfficeBox": "",
    "state": "IL",
    "street": "233 North Canal Street",
    "type": "business",
}
_PARIS_ADDRESS: Json = {
    "city": "Paris",
    "countryOrRegion": "France",
    "postalCode": "75003",
    "postOfficeBox": "",
    "state": "",
    "street": "12 rue de Bretagne",
    "type": "business",
}

_CONTOSO_SERVICES: list[Json] = [
    {
        "id": CATERED_BENTO,
        "displayName": "Catered bento",
        "description": "Individual bento boxes, prepared at your table.",
        "additionalInformation": "Please tell us about allergies before you come.",
        "defaultDuration": "PT30M",
        "preBuffer": "PT5M",
        "postBuffer": "PT10M",
        "defaultPrice": 10.0,
        "defaultPriceType": "fixedPrice",
        "defaultLocation": {**LOCATION, "displayName": "Contoso Lunch Delivery", "address": _CONTOSO_ADDRESS},
        "defaultReminders": [_reminder("Your bento is tomorrow.", "P1D")],
        "maximumAttendeesCount": 5,
        "staffMemberIds": [DANA, ISAIAH, ALLAN],
        "customQuestions": [{"questionId": AGE_QUESTION, "isRequired": True}],
        "schedulingPolicy": _CONTOSO_POLICY,
        "isCustomerAllowedToManageBooking": True,
        "webUrl": f"https://outlook.office365.com/owa/calendar/{CONTOSO}/bookings/s/bento",
    },
    {
        "id": MENU_TASTING,
        "displayName": "Menu tasting",
        "description": "An hour with the chef to put your own menu together.",
        "defaultDuration": "PT1H",
        "defaultPrice": 45.0,
        "defaultPriceType": "startingAt",
        "defaultLocation": {**LOCATION, "displayName": "Test kitchen", "address": _CONTOSO_ADDRESS},
        "defaultReminders": [_reminder("Your tasting starts in two hours.", "PT2H")],
        "staffMemberIds": [DANA, ISAIAH],
        "webUrl": f"https://outlook.office365.com/owa/calendar/{CONTOSO}/bookings/s/tasting",
    },
    {
        "id": KITCHEN_AUDIT,
        "displayName": "Kitchen audit",
        "description": "For our own staff.",
        "defaultDuration": "PT2H",
        "defaultPriceType": "free",
        "isHiddenFromCustomers": True,
        "staffMemberIds": [ALLAN],
    },
]
_CONTOSO_STAFF: list[Json] = [
    {
        "id": DANA,
        "displayName": "Dana Swope",
        "emailAddress": "danas@contoso.com",
        "role": "externalGuest",
        "timeZone": "America/Chicago",
        "colorIndex": 1,
    },
    {
        "id": ISAIAH,
        "displayName": "Isaiah Langer",
        "emailAddress": "isaiahl@contoso.com",
        "role": "administrator",
        "timeZone": "America/Chicago",
        "colorIndex": 2,
        "isEmailNotificationEnabled": False,
    },
    {
        "id": ALLAN,
        "displayName": "Allan Deyoung",
        "emailAddress": "alland@contoso.com",
        "role": "teamMember",
        "timeZone": "America/New_York",
        "colorIndex": 3,
        "useBusinessHours": False,
        "workingHours": _hours("09:00", "15:00", ("tuesday", "wednesday", "thursday")),
    },
]
_JORDAN: Json = {
    "id": JORDAN,
    "displayName": "Jordan Miller",
    "emailAddress": "jordanm@contoso.com",
    "phones": [{"number": "+1 213 555 0199", "type": "mobile"}],
    "addresses": [
        {
            "city": "Buffalo",
            "countryOrRegion": "USA",
            "postalCode": "98052",
            "postOfficeBox": "",
            "state": "NY",
            "street": "123 First Avenue",
            "type": "home",
        }
    ],
}

_CONTOSO: Json = {
    "id": CONTOSO,
    "displayName": "Contoso lunch delivery",
    "businessType": "Food and restaurants",
    "email": "lunch@contoso.com",
    "phone": "+1 312 555 0147",
    "webSiteUrl": "https://www.contoso.com/lunch",
    "address": _CONTOSO_ADDRESS,
    "isPublished": True,
    "publicUrl": f"https://outlook.office365.com/owa/calendar/{CONTOSO}/bookings/",
    "bookingPageSettings": {**PAGE_SETTINGS, "businessTimeZone": "America/Chicago"},
    "businessHours": _hours("08:00", "17:00"),
    "schedulingPolicy": _CONTOSO_POLICY,
    "services": _CONTOSO_SERVICES,
    "staffMembers": _CONTOSO_STAFF,
    "customers": [_JORDAN],
    "customQuestions": [{"id": AGE_QUESTION, "displayName": "What is your age"}],
}

_PARIS: Json = {
    "id": PARIS,
    "displayName": "Atelier de couture",
    "businessType": "Arts and crafts",
    "email": PARIS,
    "isPublished": True,
    "publicUrl": f"https://outlook.office365.com/owa/calendar/{PARIS}/bookings/",
    "phone": "+33 1 55 55 01 47",
    "languageTag": "fr-FR",
    "defaultCurrencyIso": "EUR",
    "address": _PARIS_ADDRESS,
    "bookingPageSettings": {
        **PAGE_SETTINGS,
        "bookingPageColorCode": "#8A3B60",
        "businessTimeZone": "Europe/Paris",
        "privacyPolicyWebUrl": "https://www.contoso.com/fr/privacy",
    },
    "businessHours": _hours("09:30", "18:30", ("tuesday", "wednesday", "thursday", "friday", "saturday")),
    "schedulingPolicy": _PARIS_POLICY,
    "services": [
        {
            "id": FITTING,
            "displayName": "Essayage",
            "defaultDuration": "PT45M",
            "postBuffer": "PT15M",
            "defaultPrice": 30.0,
            "defaultPriceType": "fixedPrice",
            "languageTag": "fr-FR",
            "staffMemberIds": [CHLOE, LUC],
            "customQuestions": [{"questionId": FABRIC_QUESTION, "isRequired": False}],
        },
        {
            "id": SEWING_CLASS,
            "displayName": "Cours de couture",
            "defaultDuration": "PT1H30M",
            "defaultPrice": 25.0,
            "defaultPriceType": "fixedPrice",
            "languageTag": "fr-FR",
            "isLocationOnline": True,
            "maximumAttendeesCount": 8,
            "staffMemberIds": [LUC],
            "customQuestions": [{"questionId": FABRIC_QUESTION, "isRequired": True}],
            "schedulingPolicy": {**_PARIS_POLICY, "allowStaffSelection": False},
        },
    ],
    "staffMembers": [
        {
            "id": CHLOE,
            "displayName": "Chloé Laurent",
            "emailAddress": "chloe@contoso.com",
            "role": "administrator",
            "timeZone": "Europe/Paris",
        },
        {
            "id": LUC,
            "displayName": "Luc Moreau",
            "emailAddress": "luc@contoso.com",
            "role": "guest",
            "timeZone": "Europe/Paris",
            "availabilityIsAffectedByPersonalCalendar": False,
        },
    ],
    "customQuestions": [
        {
            "id": FABRIC_QUESTION,
            "displayName": "Quel tissu ?",
            "answerInputType": "radioButton",
            "answerOptions": ["Coton", "Lin", "Soie"],
        }
    ],
}

DEFAULT_SEED: Json = {"businesses": [_CONTOSO, _PARIS], "mailboxes": ["reception@contoso.com"]}
