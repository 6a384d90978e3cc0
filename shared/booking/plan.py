"""What a booking would write, and the locks that it needs for that."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from shared.booking.locks import service_start_lock, staff_day_lock
from shared.domain.facts import Facts
from shared.domain.intervals import Interval
from shared.domain.model import Appointment
from shared.domain.staffing import choose
from shared.domain.zones import ONE_DAY, local_day


@dataclass(frozen=True, slots=True)
class Plan:
    """Join `target`, or make a new appointment with `staff_id`; neither where nobody is free."""

    locks: frozenset[str]
    staff_id: str | None = None
    target: Appointment | None = None
    reason: str = ""

    @property
    def is_possible(self) -> bool:
        """Whether there is anything to write at all."""
        return self.staff_id is not None or self.target is not None


def plan(business: str, facts: Facts) -> Plan:
    """The plan that these facts call for.

    A group service needs its service and start, so that only one creates or joins at a time. Whatever
    takes time of a staff member needs that member's days, in the business's zone, buffers included.
    """
    service = facts.ask.service
    names = {service_start_lock(business, service.id, facts.ask.span.start)} if service.is_group else set()
    if facts.join_target is not None:
        return Plan(frozenset(names), target=facts.join_target)
    if not facts.free_staff:
        return Plan(frozenset(names))
    choice = choose(facts)
    return Plan(
        frozenset(names | _days(business, facts, choice.staff_id)), choice.staff_id, None, choice.reason
    )


def _days(business: str, facts: Facts, staff_id: str) -> set[str]:
    service = facts.ask.service
    occupied = facts.ask.span.widened(service.pre_buffer, service.post_buffer)
    return {staff_day_lock(business, staff_id, day) for day in days_of(occupied, facts.frame.zone)}


def days_of(span: Interval, zone: ZoneInfo) -> tuple[date, ...]:
    """The local days that a span touches, in order."""
    first, last = local_day(span.start, zone), local_day(span.end, zone)
    return tuple(first + ONE_DAY * n for n in range((last - first).days + 1))
