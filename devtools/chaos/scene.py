"""The businesses at which chaos books: a few staff, busy services, and every day open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

Json = dict[str, Any]

BUSINESSES: Final = 4
FIRST_HOUR, LAST_HOUR = 8, 18
POP_UPS: Final = "b"
HALF_HOUR: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Service:
    """What the plan and the audit need to know of a service."""

    id: str
    name: str
    seats: int
    staff: tuple[str, ...]
    pre_buffer: str = "PT0S"
    post_buffer: str = "PT0S"


def alias(number: int) -> str:
    """The public name of a business."""
    return f"chaos-{number}"


def mailbox(name: str) -> str:
    """The booking mailbox behind an alias."""
    return f"{name}@contoso.com"


def mailboxes() -> Sequence[str]:
    """Those of all businesses."""
    return [mailbox(alias(number)) for number in range(BUSINESSES)]


def staff(number: int) -> tuple[str, str, str]:
    """The ids of the three staff members of a business."""
    first, second, third = (_id("5", number, member) for member in range(3))
    return first, second, third


def services(number: int) -> tuple[Service, ...]:
    """A course with one teacher, a class with two and buffers, and talks for one customer."""
    ann, bob, eve = staff(number)
    return (
        Service(_id("a", number, 0), "Course", 5, (ann,), post_buffer="PT10M"),
        Service(_id("a", number, 1), "Class", 3, (ann, bob), "PT5M", "PT10M"),
        Service(_id("a", number, 2), "Talk", 1, (bob, eve), post_buffer="PT15M"),
    )


def pop_up(number: int, block: int) -> Service:
    """A service of a span of days, for one or for four, which the staff delete while people book it."""
    _, bob, eve = staff(number)
    seats, member = (1, bob) if number % 2 else (4, eve)
    return Service(_id(POP_UPS, number, block), f"Pop-up {block}", seats, (member,), post_buffer="PT5M")


def is_pop_up(service_id: str) -> bool:
    """Whether a service is one of those."""
    return service_id.startswith(POP_UPS)


def first_day() -> date:
    """The first day that chaos books: far enough away that every start of it can be booked."""
    return datetime.now(UTC).date() + timedelta(days=2)


def starts(day: date) -> Sequence[datetime]:
    """Every start of the grid on a day, in UTC, which is the businesses' own zone."""
    first = datetime.combine(day, time(FIRST_HOUR), UTC)
    count = (LAST_HOUR - FIRST_HOUR) * 2
    return [first + HALF_HOUR * step for step in range(count)]


def seed(customers: Mapping[str, Sequence[str]], blocks: int = 0) -> Json:
    """The emulator's seed; `customers` are the addresses that a business knows already, by alias.

    There is a pop-up service for each of the `blocks`.
    """
    return {"businesses": [_business(number, customers, blocks) for number in range(BUSINESSES)]}


def _business(number: int, customers: Mapping[str, Sequence[str]], blocks: int) -> Json:
    name = alias(number)
    offered = (*services(number), *(pop_up(number, block) for block in range(blocks)))
    policy = {
        "timeSlotInterval": "PT30M", "minimumLeadTime": "PT0S", "maximumAdvance": "P700D",
        "allowStaffSelection": True, "sendConfirmationsToOwner": False,
    }  # fmt: skip
    return {
        "id": mailbox(name),
        "displayName": name,
        "bookingPageSettings": {"businessTimeZone": "UTC"},
        "businessHours": _hours(),
        "schedulingPolicy": policy,
        "staffMembers": [_member(one, order) for order, one in enumerate(staff(number))],
        "services": [_service(one) for one in offered],
        "customers": [{"displayName": each, "emailAddress": each} for each in customers.get(name, ())],
    }


def _hours() -> list[Json]:
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    span = {"start": f"{FIRST_HOUR:02}:00:00.0000000", "end": f"{LAST_HOUR:02}:00:00.0000000"}
    return [{"day": day, "timeSlots": [span]} for day in days]


def _member(staff_id: str, order: int) -> Json:
    names = ("Ann Beebe", "Bob Kelly", "Eve Porter")
    return {
        "id": staff_id, "displayName": names[order], "emailAddress": f"staff{order}@contoso.com",
        "role": "teamMember", "timeZone": "UTC", "useBusinessHours": True,
    }  # fmt: skip


def _service(service: Service) -> Json:
    return {
        "id": service.id, "displayName": service.name, "defaultDuration": "PT30M",
        "preBuffer": service.pre_buffer, "postBuffer": service.post_buffer,
        "maximumAttendeesCount": service.seats, "staffMemberIds": list(service.staff),
    }  # fmt: skip


def _id(kind: str, number: int, member: int) -> str:
    return f"{kind}0000000-0000-4000-8000-{number:06}{member:06}"
