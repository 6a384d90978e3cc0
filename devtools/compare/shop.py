"""The shop at which both ways book: one teacher, talks for one and classes for five, open every day."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

Json = dict[str, Any]

ALIAS: Final = "compare"
MAILBOX: Final = "compare@contoso.com"
ANN: Final = "5a000000-0000-4000-8000-000000000001"
TALK: Final = "a0000000-0000-4000-8000-000000000001"
CLASS: Final = "a0000000-0000-4000-8000-000000000002"
SEATS: Final = {TALK: 1, CLASS: 5}

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HALF_HOURS: Final = 20


def slot(number: int) -> datetime:
    """The number-th half hour that can be booked, from the day after tomorrow on."""
    day = datetime.now(UTC).date() + timedelta(days=2 + number // _HALF_HOURS)
    return datetime.combine(day, time(8), UTC) + timedelta(minutes=30) * (number % _HALF_HOURS)


def seed() -> Json:
    """The emulator's seed."""
    hours = {"start": "08:00:00.0000000", "end": "18:00:00.0000000"}
    return {
        "id": MAILBOX,
        "displayName": "Compare",
        "bookingPageSettings": {"businessTimeZone": "UTC", "accessControl": "unrestricted"},
        "businessHours": [{"day": day, "timeSlots": [hours]} for day in _DAYS],
        "schedulingPolicy": {
            "timeSlotInterval": "PT30M", "minimumLeadTime": "PT0S", "maximumAdvance": "P90D",
            "allowStaffSelection": True, "sendConfirmationsToOwner": False,
        },
        "staffMembers": [
            {
                "id": ANN, "displayName": "Ann Beebe", "emailAddress": "ann@contoso.com", "role": "member",
                "timeZone": "UTC", "useBusinessHours": True,
            }
        ],
        "services": [
            {
                "id": one, "displayName": name, "defaultDuration": "PT30M",
                "maximumAttendeesCount": SEATS[one], "staffMemberIds": [ANN],
            }
            for one, name in ((TALK, "Talk"), (CLASS, "Class"))
        ],
    }  # fmt: skip


def seated(appointment: Json) -> Sequence[str]:
    """Who is in an appointment, by e-mail address."""
    return [one["emailAddress"] for one in appointment["customers"]]


def class_of(start: datetime, people: Sequence[str]) -> Json:
    """What to seed so that these people sit in one class."""
    ids = {one: str(uuid5(NAMESPACE_URL, one)) for one in people}
    return {
        "customers": [{"id": ids[one], "displayName": one, "emailAddress": one} for one in people],
        "appointments": [
            {
                "serviceId": CLASS, "staffMemberIds": [ANN], "start": start.isoformat(),
                "customers": [
                    {"customerId": ids[one], "name": one, "emailAddress": one} for one in people
                ],
            }
        ],
    }  # fmt: skip
