"""What a rule may look at: the request for one appointment, and everything known around it.

`ServiceCalendar` is the expensive part and is built once for a service and a view of the calendar;
`RuleContext` is one question put to it, and is cheap.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.domain.intervals import ONE_DAY, Interval, Timeline, day_span, hours_timeline, local_day
from shared.domain.model import (
    Appointment,
    AvailabilityType,
    Catalogue,
    DayView,
    Policy,
    Service,
)
from shared.domain.roster import (
    Member,
    Obstacle,
    availability_on,
    by_staff,
    effective_policy,
    hours_between,
    preference,
    roster,
)
from shared.domain.zones import iana_zone

FURTHEST = timedelta(days=36525)
"""A century: no policy reaches further, whatever it says."""


@dataclass(frozen=True, slots=True)
class SlotRequest:
    """What a caller asks for: `span` of a service, perhaps with one staff member.

    `answers` maps question ids to texts; None means that the questions were not put yet, as when
    slots are listed. The customer's id and e-mail address serve to find a booking they already have.
    `consent` is whether they agreed to what the shop asks consent for, None where nobody asked them.
    `note` is what they wrote to the staff, empty where something of ours alone is told; None is nothing.
    """

    service: Service
    span: Interval
    staff_id: str | None = None
    customer_id: str | None = None
    customer_email: str | None = None
    answers: Mapping[str, str] | None = None
    note: str | None = None
    consent: bool | None = None


@dataclass(frozen=True, slots=True)
class ServiceCalendar:
    """Everything known about one service in one view, arranged for quick questions; all times in UTC.

    `open` are the business's hours, `bookable` the service's availability by its policy, `earliest`
    and `latest` the bounds of the lead times, both included. `roster` holds the service's active
    staff by id, `preference` their order on each local day with appointments, the least loaded first,
    `groups` the appointments of a group service by start.
    """

    catalogue: Catalogue
    service: Service
    policy: Policy
    zone: ZoneInfo
    now: datetime
    earliest: datetime
    latest: datetime
    open: Timeline
    bookable: Timeline
    roster: Mapping[str, Member]
    preference: Mapping[date, tuple[Member, ...]]
    groups: Mapping[datetime, tuple[Appointment, ...]]

    @classmethod
    def of(cls, catalogue: Catalogue, service: Service, view: DayView, now: datetime) -> "ServiceCalendar":
        """Arrange what is known; the view must reach a buffer beyond every appointment asked about."""
        business = catalogue.business
        zone = iana_zone(business.time_zone)
        policy = effective_policy(business, service)
        open_hours = hours_between(business.hours, zone, view.span)
        theirs = by_staff(view)
        members = roster(catalogue, service, view, open_hours, theirs)
        return cls(
            catalogue=catalogue,
            service=service,
            policy=policy,
            zone=zone,
            now=now,
            earliest=now + min(policy.minimum_lead_time, FURTHEST),
            latest=now + min(policy.maximum_advance, FURTHEST),
            open=open_hours,
            bookable=_bookable(policy, zone, view.span),
            roster=members,
            preference=preference(members, theirs, zone),
            groups=_groups(service, view),
        )

    def groups_at(self, start: datetime) -> tuple[Appointment, ...]:
        """The appointments of a group service that begin then."""
        return self.groups.get(start, ())

    def updated(self, fresh: Appointment) -> "ServiceCalendar":
        """The same calendar with one appointment of a group service as it was read just now."""
        kept = [a for same in self.groups.values() for a in same if a.id != fresh.id]
        return replace(self, groups=_by_start([*kept, fresh], self.service))


def _groups(service: Service, view: DayView) -> Mapping[datetime, tuple[Appointment, ...]]:
    return _by_start(view.appointments, service) if service.is_group else {}


def _by_start(
    appointments: Iterable[Appointment], service: Service
) -> Mapping[datetime, tuple[Appointment, ...]]:
    found: dict[datetime, tuple[Appointment, ...]] = {}
    for appointment in appointments:
        if appointment.service_id == service.id:
            found[appointment.span.start] = (*found.get(appointment.span.start, ()), appointment)
    return found


def _bookable(policy: Policy, zone: ZoneInfo, span: Interval) -> Timeline:
    """When the service's availability, general or of that date, lets it be booked."""
    spans: list[Interval] = []
    day, last = local_day(span.start, zone), local_day(span.end, zone)
    while day <= last:
        availability = availability_on(policy, day)
        if availability.type is AvailabilityType.BOOK_WHEN_STAFF_ARE_FREE:
            spans.append(day_span(day, zone))
        elif availability.type is AvailabilityType.CUSTOM_WEEKLY_HOURS:
            spans.extend(hours_timeline(availability.hours, zone, day, day))
        day += ONE_DAY
    return Timeline(spans)


def age(appointment: Appointment) -> tuple[bool, str, str]:
    """What sorts appointments by age, the oldest first; those of one age, or of none, by id."""
    created = appointment.created
    return created is None, created.isoformat() if created else "", appointment.id


def seats_left(appointment: Appointment, service: Service) -> int:
    """Free seats, by the smaller of the appointment's and the service's maximum; never negative."""
    most = min(appointment.maximum_attendees, service.maximum_attendees_count)
    return max(0, most - appointment.filled)


class RuleContext:
    """One request in its calendar; what several rules need is worked out once.

    `fresh` is the appointment to join as it was just read by id: only it knows its attendees. The
    caller reads `join_target` by id and asks again with `refreshed` until both are the same one.

    `same_start` are the appointments of a group service at this start that the asked staff member
    gives, `joinable` those of them with a free seat, the fullest first, ties by age. `span` is what the
    customer will see: the appointment to join, else what was asked for. `shown` is the start that was
    asked for as the business's clocks show it.
    """

    __slots__ = (
        "_free_staff",
        "_obstacle",
        "calendar",
        "join_target",
        "joinable",
        "request",
        "same_start",
        "shown",
        "span",
    )

    def __init__(
        self, calendar: ServiceCalendar, request: SlotRequest, fresh: Appointment | None = None
    ) -> None:
        self.calendar = calendar if fresh is None else calendar.updated(fresh)
        self.request = request
        self.shown = request.span.start.astimezone(calendar.zone)
        self.same_start = _same_start(self.calendar, request)
        self._free_staff: tuple[str, ...] | None = None
        self._obstacle: Obstacle | None = None
        self.joinable = self._joinable() if self.same_start else ()
        self.join_target = self.joinable[0] if self.joinable else None
        self.span = self.join_target.span if self.join_target else request.span

    def refreshed(self, fresh: Appointment) -> "RuleContext":
        """The same question after reading an appointment by id; what was read before still counts."""
        return RuleContext(self.calendar, self.request, fresh)

    def _joinable(self) -> tuple[Appointment, ...]:
        """One that the staff drew out beyond the hours is no reason to open no other, if somebody is free."""
        service = self.request.service
        free = [a for a in self.same_start if seats_left(a, service)]
        within = [a for a in free if _is_within_hours(a, self.calendar)]
        if free and not within and self.free_staff:
            return ()
        return tuple(sorted(within or free, key=lambda a: (seats_left(a, service), age(a))))

    @property
    def occupied(self) -> Interval:
        """What a new appointment takes of a staff member's calendar, the service's buffers included."""
        return self.request.span.widened(self.request.service.pre_buffer, self.request.service.post_buffer)

    @property
    def eligible(self) -> Sequence[Member]:
        """The active staff of the service who come into question, the preferred one first.

        The one asked for, else all of them: those with the fewest appointments that begin on the
        business's local day of the start first, ties by id.
        """
        calendar, wanted = self.calendar, self.request.staff_id
        if wanted is not None:
            return (calendar.roster[wanted],) if wanted in calendar.roster else ()
        day = local_day(self.shown, calendar.zone)
        return calendar.preference.get(day) or tuple(calendar.roster.values())

    @property
    def free_staff(self) -> tuple[str, ...]:
        """The ids of those of them who can take a new appointment, in the same order."""
        if self._free_staff is None:
            start, end = self.request.span.start, self.request.span.end
            self._free_staff = tuple([one.id for one in self.eligible if one.room.covers(start, end)])
        return self._free_staff

    @property
    def obstacle(self) -> Obstacle | None:
        """What keeps everybody from it; None where the booking joins or somebody is free.

        Where different members have different obstacles, it is the last to be overcome.
        """
        if self._free_staff or self.joinable or self.free_staff:
            return None
        if self._obstacle is None:
            found = (one.obstacle(self.request.span) for one in self.eligible)
            self._obstacle = max((one for one in found if one is not None), default=None)
        return self._obstacle


def _same_start(calendar: ServiceCalendar, request: SlotRequest) -> tuple[Appointment, ...]:
    same, wanted = calendar.groups_at(request.span.start), request.staff_id
    if not same:
        return ()
    return tuple([a for a in same if a.staff_member_ids and (wanted is None or wanted in a.staff_member_ids)])


def _is_within_hours(appointment: Appointment, calendar: ServiceCalendar) -> bool:
    start, end = appointment.span.start, appointment.span.end
    return calendar.open.covers(start, end) and calendar.bookable.covers(start, end)
