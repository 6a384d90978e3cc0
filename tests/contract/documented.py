"""What Microsoft's documentation (beta) shows for a booking: the requests of its examples, and the answers.

After the pages "Create bookingAppointment", "Create bookingCustomer", "List services" and
"bookingBusiness: getStaffAvailability"; annotations are left out.
"""

from typing import Any

Json = dict[str, Any]

_NOWHERE = {"altitude": None, "latitude": None, "longitude": None, "accuracy": None, "altitudeAccuracy": None}
_NO_ADDRESS = {
    "type": "home", "postOfficeBox": "", "street": "", "city": "", "state": "", "countryOrRegion": "",
    "postalCode": "",
}  # fmt: skip


def _place(name: str, address: Json) -> Json:
    return {
        "displayName": name, "locationEmailAddress": None, "locationUri": "", "locationType": None,
        "uniqueId": None, "uniqueIdType": None, "address": address, "coordinates": _NOWHERE,
    }  # fmt: skip


def _noon(minute: int, *, is_asked: bool) -> Json:
    offset = "+00:00" if is_asked else "Z"
    return {"dateTime": f"2018-05-01T12:{minute:02}:00.0000000{offset}", "timeZone": "UTC"}


_FIRST_AVENUE = {"city": "Buffalo", "countryOrRegion": "USA", "postalCode": "98052", "state": "NY",
                 "street": "123 First Avenue"}  # fmt: skip
_SAID: Json = {
    "customerEmailAddress": "jordanm@contoso.com",
    "customerName": "Jordan Miller",
    "customerPhone": "213-555-0199",
    "invoiceAmount": 10,
    "invoiceId": "1001",
    "invoiceStatus": "open",
    "invoiceUrl": "theInvoiceUrl",
    "optOutOfCustomerEmail": False,
    "postBuffer": "PT10M",
    "preBuffer": "PT5M",
    "price": 10,
    "priceType": "fixedPrice",
    "reminders": [
        {"message": "This service is tomorrow", "offset": "P1D", "recipients": "allAttendees"},
        {
            "message": "Please be available to enjoy your lunch service.",
            "offset": "PT1H",
            "recipients": "customer",
        },
        {"message": "Please check traffic for next cater.", "offset": "PT2H", "recipients": "staff"},
    ],
    "serviceId": "57da6774-a087-4d69-b0e6-6fb82c339976",
    "serviceName": "Catered bento",
    "serviceNotes": "Customer requires punctual service.",
}
"""What is the same in the request and in the answer."""

APPOINTMENT: Json = {
    **_SAID,
    "customerLocation": {"displayName": "Customer", "address": _FIRST_AVENUE},
    "customerNotes": "Please be on time.",
    "start": _noon(0, is_asked=True),
    "end": _noon(30, is_asked=True),
    "invoiceDate": _noon(30, is_asked=True),
    "serviceLocation": {"displayName": "Customer location", "address": _FIRST_AVENUE},
}
APPOINTMENT_ANSWER: Json = {
    **_SAID,
    "id": "AAMkADc7zF4J0AAA8v_KnAAA=",
    "selfServiceAppointmentId": "00000000-0000-0000-0000-000000000000",
    "customerId": "7ed53fa5-9ef2-4f2f-975b-27447440bc09",
    "customerNotes": None,
    "duration": "PT30M",
    "staffMemberIds": [],
    "customerLocation": _place("Customer", _NO_ADDRESS),
    "start": _noon(0, is_asked=False),
    "end": _noon(30, is_asked=False),
    "invoiceDate": _noon(30, is_asked=False),
    "serviceLocation": _place("Customer location (123 First Avenue, Buffalo, NY 98052, USA)", _NO_ADDRESS),
}


def _main_street(number: int, code: str, kind: str) -> Json:
    return {
        "postOfficeBox": "", "street": f"{number} Main Street", "city": "Buffalo", "state": "NY",
        "countryOrRegion": "USA", "postalCode": code, "type": kind,
    }  # fmt: skip


CUSTOMER: Json = {
    "displayName": "Joni Sherman",
    "emailAddress": "jonis@relecloud.com",
    "addresses": [_main_street(4567, "98052", "home"), _main_street(4570, "98054", "business")],
    "phones": [{"number": "206-555-0100", "type": "home"}, {"number": "206-555-0200", "type": "business"}],
}
CUSTOMER_ANSWER: Json = {"id": "36038f36-634e-44e4-9415-d7d59c2347aa", **CUSTOMER}

SERVICE_ANSWER: Json = {
    "id": "57da6774-a087-4d69-b0e6-6fb82c339976",
    "displayName": "Catered bento",
    "defaultDuration": "PT30M",
    "defaultPrice": 10,
    "defaultPriceType": "fixedPrice",
    "description": "Catered individual bento box lunch",
    "isHiddenFromCustomers": False,
    "notes": "Home-cooked special",
    "preBuffer": "PT5M",
    "postBuffer": "PT10M",
    "staffMemberIds": [],
    "isLocationOnline": True,
    "smsNotificationsEnabled": False,
    "webUrl": "https://outlook.office365.com/owa/calendar/Contosolunchdelivery@contoso.onmicrosoft.com/bookings/s/x",
    "defaultLocation": _place(
        "Contoso Lunch Delivery",
        {
            "type": "home", "postOfficeBox": "", "street": "4567 First Street", "city": "Buffalo",
            "state": "NY", "countryOrRegion": "USA", "postalCode": "98052",
        },
    ),
    "defaultReminders": [],
    "schedulingPolicy": {
        "timeSlotInterval": "PT1H", "minimumLeadTime": "PT10H", "maximumAdvance": "P10D",
        "sendConfirmationsToOwner": True, "allowStaffSelection": True,
    },
}  # fmt: skip

_PACIFIC = "(UTC-08:00) Pacific Time (US & Canada)"
AVAILABILITY: Json = {
    "staffIds": ["311a5454-08b2-4560-ba1c-f715e938cb79"],
    "startDateTime": {"dateTime": "2022-01-25T00:00:00", "timeZone": "India Standard Time"},
    "endDateTime": {"dateTime": "2022-01-26T17:00:00", "timeZone": "Pacific Standard Time"},
}
AVAILABILITY_ITEM: Json = {
    "status": "Available",
    "startDateTime": {"dateTime": "2022-01-24T08:00:00", "timeZone": _PACIFIC},
    "endDateTime": {"dateTime": "2022-01-24T15:00:00", "timeZone": _PACIFIC},
    "serviceId": "",
}
