"""Examples for the API's description: one story; each is tested against its schema."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.api.problems import LATER, PROBLEM_TYPES, FieldError, Problem
from shared.pages.languages import LANGUAGES

ALIAS = "contoso-lunch"
SERVICE = "57da6774-a087-4d69-b0e6-6fb82c339976"
QUESTION = "3bc6fde0-4ad3-445d-ab17-0fc15dba0774"
REFERENCE = "BK-7F3KQ29D"
REQUEST_ID = "0d6c2f1e-8a44-4b5e-9a53-6a1f7cf5b2c8"
TOKEN = "q1Zk0aVJc7mXH2n5w8RrTt3LsYb6DfGg4KpPe9UiOoA1xCvBnM2zQ7jW5hE8lS0dF3gHyJuIkT6rNqXw"  # noqa: S105 (made up)

POLICY = {
    "timeSlotInterval": "PT15M",
    "minimumLeadTime": "PT1H",
    "maximumAdvance": "P90D",
    "allowStaffSelection": True,
    "generalAvailability": {"availabilityType": "bookWhenStaffAreFree", "businessHours": []},
    "customAvailabilities": [],
}

STAFF = [{"id": "8ee1c803-a1fa-406d-8259-7ab53233f148", "name": "Dana Swope"}]


def moment(utc: str, local: str, zone: str = "America/Chicago") -> dict[str, str]:
    """An instant as answers write it."""
    return {"utc": utc, "local": local, "timeZone": zone}


START = moment("2026-12-01T16:00:00Z", "2026-12-01T10:00:00-06:00")
END = moment("2026-12-01T16:30:00Z", "2026-12-01T10:30:00-06:00")

BOOKING = {
    "serviceId": SERVICE,
    "start": "2026-12-01T10:00:00-06:00",
    "timeZone": "America/Chicago",
    "customer": {
        "name": "Jordan Miller",
        "email": "jordanm@contoso.com",
        "phone": "+1 213 555 0199",
        "notes": "Please be on time.",
        "address": {
            "street": "123 First Avenue",
            "city": "Buffalo",
            "state": "NY",
            "postalCode": "98052",
            "countryOrRegion": "USA",
        },
    },
    "answers": [{"questionId": QUESTION, "answer": "25"}],
    "smsNotifications": False,
}

LOCAL_BOOKING = {
    "serviceId": SERVICE,
    "start": "2026-12-01T10:00:00",
    "timeZone": "America/Chicago",
    "customer": {"name": "Jordan Miller", "email": "jordanm@contoso.com"},
    "answers": [{"questionId": QUESTION, "answer": "25"}],
}

FORM = {
    "serviceId": SERVICE,
    "start": "2026-12-01T10:00:00",
    "timeZone": "America/Chicago",
    "customer.name": "Jordan Miller",
    "customer.email": "jordanm@contoso.com",
    f"answers.{QUESTION}": "25",
}

CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Bookings Facade//EN\r\nBEGIN:VEVENT\r\n"
    f"UID:{REFERENCE}@{ALIAS}.bookings\r\nDTSTAMP:20261120T090000Z\r\nDTSTART:20261201T160000Z\r\n"
    "DTEND:20261201T163000Z\r\nSUMMARY:Catered bento\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)

CONFIRMED = {
    "reference": REFERENCE,
    "status": "confirmed",
    "service": {"id": SERVICE, "name": "Catered bento", "duration": "PT30M"},
    "start": START,
    "end": END,
    "staff": STAFF,
    "seats": {"maximum": 5, "filled": 2},
    "joinUrl": None,
    "browserJoinUrl": None,
}
MAY_CHANGE = {"allowed": True, "until": "2026-12-01T15:00:00Z", "code": None}
NOW = {
    **CONFIRMED,
    "place": "Contoso kitchen",
    "price": {"type": "fixedPrice", "amount": 10.0, "currency": "USD"},
    "browserJoinUrl": None,
    "canCancel": MAY_CHANGE,
    "canReschedule": {"allowed": False, "until": None, "code": "too-late-to-reschedule"},
}
NO_LONGER = {"allowed": False, "until": None, "code": "booking-cancelled"}
CANCELLED = {**NOW, "status": "cancelled", "canCancel": NO_LONGER, "canReschedule": NO_LONGER}
MOVED = {
    **NOW,
    "start": moment("2026-12-02T16:00:00Z", "2026-12-02T10:00:00-06:00"),
    "end": moment("2026-12-02T16:30:00Z", "2026-12-02T10:30:00-06:00"),
    "canCancel": {"allowed": True, "until": "2026-12-02T15:00:00Z", "code": None},
    "canReschedule": {"allowed": True, "until": "2026-12-02T15:00:00Z", "code": None},
}
PAGE = {
    "bookings": [{**NOW, "campaign": "spring letter", "token": TOKEN}],
    "cursor": "MjAyNi0xMi0wMVQxNjowMDowMCswMDowMCBCSy03RjNLUTI5RA==",
}
RESCHEDULE = {"start": "2026-12-02T10:00:00-06:00"}
CANCEL = {"reason": "I cannot come that day."}
PENDING = {"reference": REFERENCE, "status": "pending"}
FAILED = {"reference": REFERENCE, "status": "failed"}

BUSINESS = {
    "id": ALIAS,
    "name": "Contoso lunch delivery",
    "phone": "206-555-0100",
    "address": {"street": "4567 Main Street", "city": "Buffalo", "state": "NY", "countryOrRegion": "USA"},
    "webSiteUrl": "https://www.contoso.com",
    "timeZone": "America/Chicago",
    "currency": "USD",
    "languageTag": "en-US",
    "languages": list(LANGUAGES),
    "hours": [{"day": "monday", "timeSlots": [{"start": "08:00", "end": "17:00"}]}],
    "policy": POLICY,
}

SERVICES = {
    "services": [
        {
            "id": SERVICE,
            "name": "Catered bento",
            "description": "Individual bento box lunch delivery",
            "languageTag": None,
            "duration": "PT30M",
            "price": {"type": "fixedPrice", "amount": 10.0, "currency": "USD"},
            "seats": 5,
            "isOnline": False,
            "location": "Contoso kitchen",
            "smsNotifications": True,
            "questions": [
                {
                    "id": QUESTION,
                    "text": "What is your age",
                    "type": "text",
                    "options": [],
                    "required": True,
                }
            ],
            "staff": STAFF,
            "policy": POLICY,
        }
    ]
}

SLOTS = {
    "timeZone": "America/Chicago",
    "slots": [{"start": START, "end": END, "staff": STAFF, "seatsLeft": 3}],
}

EXPLAINED = {
    **SLOTS,
    "refused": [
        {
            "start": moment("2026-12-01T16:15:00Z", "2026-12-01T10:15:00-06:00"),
            "reasons": [{"code": "slot-taken", "detail": "This time cannot be booked any more."}],
        }
    ],
}

GRAPH_CUSTOMER = {
    "@odata.type": "#microsoft.graph.bookingCustomer",
    "displayName": "Joni Sherman",
    "emailAddress": "jonis@contoso.com",
    "addresses": [
        {
            "street": "4567 Main Street",
            "city": "Buffalo",
            "state": "NY",
            "countryOrRegion": "USA",
            "postalCode": "98052",
            "type": "home",
        }
    ],
    "phones": [{"number": "206-555-0100", "type": "home"}],
}

CUSTOMER = {
    "id": "80b5ddda-1e3b-4c9d-abe2-d606cc075e2e",
    **{name: value for name, value in GRAPH_CUSTOMER.items() if name != "@odata.type"},
}

CHALLENGES: Mapping[str, Any] = {
    "off": {"kind": "off"},
    "altcha": {
        "kind": "altcha",
        "parameters": {
            "algorithm": "PBKDF2/SHA-256",
            "cost": 1000,
            "keyLength": 32,
            "keyPrefix": "c35f0b0f37a1c1a7cd6b9c0f4a8e2d11",
            "nonce": "0f8c1d2e3b4a59687766554433221100",
            "salt": "a1b2c3d4e5f60718293a4b5c6d7e8f90",
            "expiresAt": 1796142000,
            "data": {"business": ALIAS, "serviceId": SERVICE, "start": "2026-12-01T16:00:00Z"},
        },
        "signature": "5f1d4c7c9b0a3e2d6f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6",
    },
    "turnstile": {"kind": "turnstile", "siteKey": "1x00000000000000000000AA"},
}

ALIVE = {"status": "pass"}
READY = {
    "status": "pass",
    "checks": {
        f"graph:{ALIAS}": [{"status": "pass", "output": ""}],
        "store": [{"status": "pass", "output": ""}],
    },
}
NOT_READY = {
    "status": "fail",
    "checks": {
        f"graph:{ALIAS}": [{"status": "fail", "output": "Denied"}],
        "store": [{"status": "pass", "output": ""}],
    },
}

_SOON, _LATER = timedelta(seconds=2), timedelta(seconds=10)

PROBLEMS: Mapping[str, Problem] = {
    one.code: one
    for one in (
        Problem("body-unreadable", "Expected a JSON document in UTF-8 with a Content-Length."),
        Problem("media-type-unsupported", "Expected Content-Type: application/json."),
        Problem(
            "header-invalid",
            "Expected 1 to 255 printable ASCII characters.",
            (
                FieldError(
                    "/headers/Idempotency-Key",
                    "idempotency-key",
                    "Expected 1 to 255 printable ASCII characters.",
                ),
            ),
        ),
        Problem("human-check-failed", "Expected a fresh solution of the challenge for this slot."),
        Problem("origin-refused", "Expected a form of one of the websites that this deployment names."),
        Problem("booking-token-invalid", "Expected a reference together with its own token."),
        Problem(
            "service-not-found",
            errors=(FieldError("/serviceId", "service-not-found", "There is no such service"),),
        ),
        Problem(
            "booking-conflict",
            errors=(FieldError("/start", "full", "All seats of this appointment are taken."),),
        ),
        Problem("body-too-large", "Expected at most 65536 bytes."),
        Problem("target-too-long", "Expected at most 2048 characters of path and query."),
        Problem(
            "fields-invalid",
            errors=(
                FieldError(
                    "/customer/email", "value-error", "Expected an e-mail address such as jordan@contoso.com."
                ),
                FieldError("/customer/name", "missing", "Expected a value; it is missing."),
            ),
        ),
        Problem(
            "booking-rules-broken",
            errors=(
                FieldError(
                    "/start", "too-soon", "The start is in the past or closer than the minimum lead time."
                ),
            ),
        ),
        Problem("too-many-requests", LATER, retry_after=timedelta(seconds=42)),
        Problem("slot-busy", retry_after=_SOON),
        Problem("booking-pending", retry_after=timedelta(seconds=5)),
        Problem("idempotency-key-in-flight", retry_after=_SOON),
        *(Problem(code, retry_after=_LATER) for code in PROBLEM_TYPES if PROBLEM_TYPES[code].status == 503),  # noqa: PLR2004
    )
}


def problem(code: str) -> Any:  # noqa: ANN401 (a JSON object)
    """The document of this problem, made by the code that makes real ones."""
    return json.loads(PROBLEMS.get(code, Problem(code)).document(REQUEST_ID).to_json())
