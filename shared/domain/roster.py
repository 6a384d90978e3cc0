"""The time of the staff: when each of them works, is away, is booked or is busy elsewhere.

A member can take a new appointment when nothing in `Obstacle` is in the way of it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from shared.domain.intervals import Interval, Timeline, WeeklyHours, hours_timeline, local_day
from shared.domain.model import (
    Appointment,
    Availability,
    AvailabilityStatus,
    Business,
    Catalogue,
    DayView,
    Policy,
    PolicySettings,
    Service,
    StaffAvailability,
    StaffMember,
)
from shared.domain.zones import UnknownZone, iana_zone

ACTIVE = "active"
"""The membership of staff who can be booked."""


class Obstacle(IntEnum):
    """What keeps a staff member from an appointment, in the order in which it is looked for."""

    NOT_WORKING = 1
    OUT_OF_OFFICE = 2
    BOOKED = 3
    BUSY_ELSEWHERE = 4
    BUFFER = 5


@dataclass(frozen=True, slots=True)
class Member:
    """A staff member as seen by one service, with timelines ready to be asked, all in UTC.

    `room` is where what the customer sees of a new appointment may lie, buffers accounted for; the
    others tell why not: `hours` are the working hours, `away` is time out of office, `booked` is what
    customers of other appointments see, `accounted` is every instant that is available or explained
    by an appointment.
    """

    id: str
    room: Timeline
    hours: Timeline
    away: Timeline
    booked: Timeline
    accounted: Timeline

    def obstacle(self, span: Interval) -> Obstacle | None:
        """What is in the way of a new appointment of `span`; None where nothing is."""
        if self.room.covers(span.start, span.end):
            return None
        if not self.hours.covers(span.start, span.end):
            return Obstacle.NOT_WORKING
        if self.away.touches(span.start, span.end):
            return Obstacle.OUT_OF_OFFICE
        if self.booked.touches(span.start, span.end):
            return Obstacle.BOOKED
        return Obstacle.BUFFER if self.accounted.covers(span.start, span.end) else Obstacle.BUSY_ELSEWHERE


@dataclass(frozen=True, slots=True)
class Sources:
    """What is known about one staff member: working hours, Graph's items, their own appointments."""

    hours: Timeline
    items: Sequence[StaffAvailability]
    appointments: Sequence[Appointment]


def member(staff_id: str, known: Sources, service: Service) -> Member:
    """The member's timelines for appointments of `service`.

    `available` alone is not believed: with two overlapping appointments Graph reports the time after
    the later one's end as available although the earlier one still lasts.
    """
    busy = Timeline(i.span for i in known.items if i.status is not AvailabilityStatus.AVAILABLE)
    available = Timeline(i.span for i in known.items if i.status is AvailabilityStatus.AVAILABLE) - busy
    # What `Appointment.occupied` says, without an interval for each.
    occupied = Timeline.of(
        [(a.span.start - a.pre_buffer, a.span.end + a.post_buffer) for a in known.appointments]
    )
    accounted = available | occupied
    # Nothing may lie so close to what is blocked that a buffer touches it: the new appointment's
    # post-buffer comes before what blocks, its pre-buffer after.
    kept_clear = (busy | occupied).widened(service.post_buffer, service.pre_buffer)
    return Member(
        id=staff_id,
        room=(known.hours & accounted) - kept_clear,
        hours=known.hours,
        away=Timeline(i.span for i in known.items if i.status is AvailabilityStatus.OUT_OF_OFFICE),
        booked=Timeline(a.span for a in known.appointments),
        accounted=accounted,
    )


def working_hours(staff: StaffMember, business_hours: Timeline, span: Interval) -> Timeline:
    """When the member works within `span`: the business's hours, or their own in their own zone.

    Hours of their own in a zone that nobody knows are no hours: they could be anybody's night.
    """
    if staff.use_business_hours:
        return business_hours
    try:
        return hours_between(staff.hours, iana_zone(staff.time_zone), span)
    except UnknownZone:
        return Timeline()


def hours_between(hours: WeeklyHours, zone: ZoneInfo, span: Interval) -> Timeline:
    """Weekly hours of a zone over every local date that `span` touches."""
    return hours_timeline(hours, zone, local_day(span.start, zone), local_day(span.end, zone))


def by_staff(view: DayView) -> Mapping[str, list[Appointment]]:
    """The appointments of each staff member."""
    found: dict[str, list[Appointment]] = defaultdict(list)
    for appointment in view.appointments:
        for staff_id in appointment.staff_member_ids:
            found[staff_id].append(appointment)
    return found


def roster(
    catalogue: Catalogue,
    service: Service,
    view: DayView,
    open_hours: Timeline,
    theirs: Mapping[str, list[Appointment]],
) -> Mapping[str, Member]:
    """The active staff of a service by id; `theirs` are their appointments."""
    staff = (catalogue.staff[i] for i in sorted(service.staff_member_ids) if i in catalogue.staff)
    return {
        person.id: member(
            person.id,
            Sources(
                hours=working_hours(person, open_hours, view.span),
                items=view.availability.get(person.id, ()),
                appointments=theirs.get(person.id, ()),
            ),
            service,
        )
        for person in staff
        if person.membership_status == ACTIVE
    }


def preference(
    members: Mapping[str, Member], theirs: Mapping[str, list[Appointment]], zone: ZoneInfo
) -> Mapping[date, tuple[Member, ...]]:
    """The members on each local day with appointments of theirs, the least loaded first, ties by id."""
    load = {i: Counter([local_day(a.span.start, zone) for a in theirs.get(i, ())]) for i in members}
    return {
        day: tuple(sorted(members.values(), key=lambda m: (load[m.id].get(day, 0), m.id)))
        for day in set().union(*load.values())
    }


T = TypeVar("T")

DEFAULT = Policy(
    time_slot_interval=timedelta(minutes=30),
    minimum_lead_time=timedelta(days=1),
    maximum_advance=timedelta(days=365),
    allow_staff_selection=False,
    general_availability=Availability(),
    custom_availabilities=(),
)
"""What counts where neither the service nor the business says anything."""

SHORTEST_INTERVAL = timedelta(minutes=1)
"""Slots begin on whole minutes."""


def effective_policy(business: Business, service: Service) -> Policy:
    """The policy of one service with every member resolved: the service's, else the business's, else DEFAULT.

    An empty list of custom availabilities is a value and is not inherited over; an interval
    under a minute has no meaning and counts as not set, and what it has beyond whole minutes is dropped.
    """
    levels = [level for level in (service.policy, business.policy) if level is not None]
    return Policy(
        time_slot_interval=_first([_interval(p) for p in levels], DEFAULT.time_slot_interval),
        minimum_lead_time=_first([p.minimum_lead_time for p in levels], DEFAULT.minimum_lead_time),
        maximum_advance=_first([p.maximum_advance for p in levels], DEFAULT.maximum_advance),
        allow_staff_selection=_first(
            [p.allow_staff_selection for p in levels], DEFAULT.allow_staff_selection
        ),
        general_availability=_first([p.general_availability for p in levels], DEFAULT.general_availability),
        custom_availabilities=_first(
            [p.custom_availabilities for p in levels], DEFAULT.custom_availabilities
        ),
    )


def availability_on(policy: Policy, day: date) -> Availability:
    """What the policy says about one local date: the first custom window with that date, else in general."""
    for window in policy.custom_availabilities:
        if window.start <= day <= window.end:
            return window.availability
    return policy.general_availability


def _interval(policy: PolicySettings) -> timedelta | None:
    step = policy.time_slot_interval
    if step is None or step < SHORTEST_INTERVAL:
        return None
    return step - step % SHORTEST_INTERVAL


def _first(values: list[T | None], default: T) -> T:
    return next((value for value in values if value is not None), default)
