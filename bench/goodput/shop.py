"""Where the bench books: shops of two staff each, open every day, and the starts that are asked for."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

Json = dict[str, Any]

STAFF: Final = ("5a000000-0000-4000-8000-000000000001", "5a000000-0000-4000-8000-000000000002")
TALK: Final = "a0000000-0000-4000-8000-000000000001"
SHOPS: Final = 44
"""Each run has shops of its own: with one and with ten mailboxes, for known and for new customers, twice."""

FIRST_HOUR: Final = 8
HOURS: Final = 10
DAYS: Final = 30
"""The days that people ask for, as after a newsletter; those who come before them book later days."""

_STRIDE: Final = 7
"""Who comes next asks for a day that lies so far away; no divisor of the days."""

_WEEK: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def alias(shop: int) -> str:
    """The public name of a shop."""
    return f"shop-{shop}"


def mailbox(shop: int) -> str:
    """Its booking mailbox."""
    return f"{alias(shop)}@contoso.com"


def start(number: int, *, is_rehearsal: bool = False) -> str:
    """The local start that the number-th visitor of a shop asks for; no two ask for the same."""
    day = number * _STRIDE % DAYS + 2 + is_rehearsal * DAYS
    hour = FIRST_HOUR + number // DAYS % HOURS
    when = datetime.combine(datetime.now(UTC).date() + timedelta(days=day), time(hour))
    return when.isoformat()


def booking(number: int, name: str, *, is_rehearsal: bool = False) -> Json:
    """What a visitor sends; `name` is the person's, who is known where they have booked before."""
    return {
        "serviceId": TALK,
        "start": start(number, is_rehearsal=is_rehearsal),
        "timeZone": "UTC",
        "customer": {"name": name.title(), "email": f"{name}@contoso.com", "phone": "+12135550199"},
    }


def seed() -> Json:
    """The emulator's seed."""
    return {"businesses": [_shop(number) for number in range(SHOPS)]}


def _shop(number: int) -> Json:
    opens, closes = (f"{hour:02}:00:00.0000000" for hour in (FIRST_HOUR, FIRST_HOUR + HOURS))
    hours = [{"day": day, "timeSlots": [{"start": opens, "end": closes}]} for day in _WEEK]
    return {
        "id": mailbox(number),
        "displayName": alias(number),
        "bookingPageSettings": {"businessTimeZone": "UTC", "accessControl": "unrestricted"},
        "isPublished": True,
        "businessHours": hours,
        "schedulingPolicy": {
            "timeSlotInterval": "PT1H", "minimumLeadTime": "PT0S", "maximumAdvance": "P90D",
            "allowStaffSelection": True, "sendConfirmationsToOwner": False,
        },
        "staffMembers": [
            {
                "id": one, "displayName": "Ann Beebe", "emailAddress": f"{one[-1]}@contoso.com",
                "role": "teamMember", "timeZone": "UTC", "useBusinessHours": True,
            }
            for one in STAFF
        ],
        "services": [
            {
                "id": TALK, "displayName": "Talk", "defaultDuration": "PT1H",
                "maximumAttendeesCount": 1, "staffMemberIds": list(STAFF),
            }
        ],
    }  # fmt: skip
