"""Rules about changing a booking that stands, and what of the calendar counts as free for it.

Every name in monospace that begins a docstring is the rule's stable code.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.errors import Violation
from shared.domain.intervals import Interval, Timeline
from shared.domain.model import Appointment, AvailabilityStatus, DayView, Policy, StaffAvailability


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether a booking may be changed at this moment: `until` when, or the rule that forbids it."""

    allowed: bool
    until: datetime | None = None
    code: str | None = None


def too_late_to_cancel(policy: Policy, start: datetime, now: datetime) -> Violation | None:
    """`too-late-to-cancel`: a booking is cancelled no later than the minimum lead time before its start.

    Exactly the lead time is enough. What has begun is too late in any case.
    Example: with P1D, an appointment on Tuesday at 10:00 can be cancelled until Monday at 10:00.
    Source: Business rules, minimum lead time: it counts for booking and for cancelling.
    """
    if now <= _deadline(policy, start):
        return None
    return Violation("too-late-to-cancel", "The appointment is closer than the minimum lead time.", "")


def too_late_to_reschedule(policy: Policy, start: datetime, now: datetime) -> Violation | None:
    """`too-late-to-reschedule`: a booking is moved no later than the minimum lead time before its old start.

    Moving gives the old time up as cancelling does. The new time is judged by the rules of a booking.
    Example: with P1D, an appointment on Tuesday at 10:00 can be moved until Monday at 10:00.
    Source: Business rules, minimum lead time: it counts for booking and for cancelling.
    """
    if now <= _deadline(policy, start):
        return None
    return Violation("too-late-to-reschedule", "The appointment is closer than the minimum lead time.", "")


def permission(policy: Policy, start: datetime, broken: Violation | None) -> Permission:
    """What a rule says to somebody who asks beforehand."""
    if broken is not None:
        return Permission(allowed=False, code=broken.code)
    return Permission(allowed=True, until=_deadline(policy, start))


def _deadline(policy: Policy, start: datetime) -> datetime:
    return start - policy.minimum_lead_time


TAKEN = frozenset({AvailabilityStatus.BUSY, AvailabilityStatus.SLOTS_AVAILABLE})


def released(view: DayView, own: Appointment, *, stays: bool) -> DayView:
    """The view as it is for whoever holds this booking: their own time, seat and buffers count as free.

    Where the appointment `stays`, since others are in it, only the seat does.
    """
    others = tuple(one for one in view.appointments if one.id != own.id)
    if stays:
        left = (replace(one, filled=max(0, one.filled - 1)) for one in view.appointments if one.id == own.id)
        return replace(view, appointments=(*others, *left))
    availability = {
        staff_id: tuple(_freed(items, own.occupied)) if staff_id in own.staff_member_ids else items
        for staff_id, items in view.availability.items()
    }
    return replace(view, appointments=others, availability=availability)


def _freed(items: Iterable[StaffAvailability], time: Interval) -> Iterator[StaffAvailability]:
    """The items with this time available, where it was taken; time off stays time off."""
    for item in items:
        if item.status not in TAKEN:
            yield item
            continue
        whole, freed = Timeline([item.span]), Timeline([time])
        yield from (StaffAvailability(item.status, part) for part in whole - freed)
        yield from (StaffAvailability(AvailabilityStatus.AVAILABLE, part) for part in whole & freed)
