"""Random businesses for Hypothesis: policies, staff, calendars, as facts and as the emulator's seed.

A `Scenario` holds what is true of a business; `view` tells it as Graph would, `seed` as the
emulator's control plane takes it. Times lie on multiples of five minutes, dates around the clock
changes of 2026, so that nothing easy is drawn too often.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from shared.domain.intervals import Interval, LocalSpan, WeeklyHours, day_span
from shared.domain.model import (
    Appointment,
    AskedQuestion,
    Availability,
    AvailabilityStatus,
    AvailabilityType,
    AvailabilityWindow,
    Business,
    Catalogue,
    DayView,
    PolicySettings,
    Question,
    Service,
    StaffAvailability,
    StaffMember,
)
from shared.domain.zones import iana_zone

Json = dict[str, Any]

MAILBOX = "random@contoso.com"
MOST_SEATS = 5
MARGIN = timedelta(hours=12)
"""How far a view reaches beyond its days; more than any length and buffer drawn here."""

CHANGES = {
    "America/Chicago": (date(2026, 3, 8), date(2026, 11, 1)),
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "America/Havana": (date(2026, 3, 8), date(2026, 11, 1)),
    "Asia/Beirut": (date(2026, 3, 29), date(2026, 10, 25)),
    "Pacific/Apia": (date(2026, 6, 1),),
    "Asia/Kathmandu": (date(2026, 6, 1),),
    "UTC": (date(2026, 6, 1),),
}
"""Zones, and local dates near which the clocks change there, at midnight in some of them."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A business on the local dates `first` to `last` at the instant `now`, seen for one service."""

    catalogue: Catalogue
    service: Service
    first: date
    last: date
    now: datetime
    appointments: tuple[Appointment, ...]
    personal: dict[str, tuple[Interval, ...]]
    time_off: dict[str, tuple[Interval, ...]]

    @property
    def span(self) -> Interval:
        """The dates as instants."""
        zone = iana_zone(self.catalogue.business.time_zone)
        return Interval(day_span(self.first, zone).start, day_span(self.last, zone).end)

    @property
    def view(self) -> DayView:
        """What Graph says: available except where something is in the calendar; a full or 1:1 one is busy."""
        span = self.span.widened(MARGIN, MARGIN)
        items = {i: _items(self, i, span) for i in self.catalogue.staff}
        seen = tuple(a for a in self.appointments if a.span.overlaps(span))
        return DayView(span, seen, items)

    @property
    def seed(self) -> Json:
        """The same business for the emulator's control plane."""
        return _seed(self)


def _items(scenario: Scenario, staff_id: str, span: Interval) -> tuple[StaffAvailability, ...]:
    away = [StaffAvailability(AvailabilityStatus.OUT_OF_OFFICE, i) for i in scenario.time_off[staff_id]]
    busy = [StaffAvailability(AvailabilityStatus.BUSY, i) for i in scenario.personal[staff_id]]
    booked = [_booked(a) for a in scenario.appointments if staff_id in a.staff_member_ids]
    return (StaffAvailability(AvailabilityStatus.AVAILABLE, span), *away, *busy, *booked)


def _booked(appointment: Appointment) -> StaffAvailability:
    joinable = 1 < appointment.maximum_attendees > appointment.filled
    status = AvailabilityStatus.SLOTS_AVAILABLE if joinable else AvailabilityStatus.BUSY
    return StaffAvailability(status, appointment.occupied)


def minutes(*choices: int) -> SearchStrategy[timedelta]:
    """One of these lengths."""
    return st.sampled_from([timedelta(minutes=n) for n in choices])


def _week(*spans: tuple[str, str], days: tuple[int, ...] = tuple(range(7))) -> WeeklyHours:
    local = tuple(LocalSpan(time.fromisoformat(start), time.fromisoformat(end)) for start, end in spans)
    return dict.fromkeys(days, local)


USUAL_HOURS: list[WeeklyHours] = [
    _week(("00:00", "00:00")),
    _week(("00:00", "00:00")),
    _week(("08:00", "17:00")),
    _week(("08:30", "12:00"), ("13:00", "18:15")),
    _week(("18:00", "00:00"), ("00:00", "03:30")),
    _week(("09:00", "15:00"), days=(0, 1, 2, 3, 4)),
    _week(("00:00", "02:30"), ("12:00", "23:45"), days=(0, 2, 5, 6)),
]

spans_of_day = st.tuples(st.integers(0, 95), st.integers(1, 96)).map(
    lambda p: LocalSpan(_quarter(min(p)), _quarter(max(p[0] + 1, p[1])))
)


def _quarter(n: int) -> time:
    return time(n // 4 % 24, n % 4 * 15)


def weekly_hours() -> SearchStrategy[WeeklyHours]:
    """Usual hours mostly, and now and then any two spans on every day."""
    odd = st.tuples(spans_of_day, spans_of_day).map(lambda two: dict.fromkeys(range(7), two))
    return st.sampled_from(USUAL_HOURS) | st.sampled_from(USUAL_HOURS) | odd


def availabilities() -> SearchStrategy[Availability]:
    """Any of the three types; hours also where they do not count."""
    return st.builds(Availability, st.sampled_from(AvailabilityType), st.sampled_from(USUAL_HOURS))


def windows(near: date) -> SearchStrategy[AvailabilityWindow]:
    """A window of one to four days around a date."""
    return st.builds(
        lambda back, length, availability: AvailabilityWindow(
            near - timedelta(days=back), near - timedelta(days=back - length), availability
        ),
        st.integers(-2, 2),
        st.integers(0, 3),
        availabilities(),
    )


def policies(near: date) -> SearchStrategy[PolicySettings]:
    """Policies of which any member may be missing."""
    mostly_missing = [True, True, False]
    return st.builds(
        PolicySettings,
        st.none() | minutes(5, 10, 15, 20, 30, 45, 60, 90),
        minutes(0, 0, 60, 240) | st.none(),
        minutes(30 * 24 * 60, 3 * 24 * 60, 24 * 60) | st.none(),
        st.booleans() | st.none(),
        st.sampled_from(mostly_missing).flatmap(lambda no: st.none() if no else availabilities()),
        st.sampled_from(mostly_missing).flatmap(
            lambda no: st.none() if no else st.lists(windows(near), max_size=2).map(tuple)
        ),
    )


def ids(prefix: int, count: int) -> list[str]:
    """GUIDs, since Graph's ids of staff, services and questions are GUIDs."""
    return [str(UUID(int=(prefix << 64) + n)) for n in range(1, count + 1)]


def staff_members(staff_id: str, zone: str) -> SearchStrategy[StaffMember]:
    """A member, mostly active, mostly in the business's zone, mostly with the business's hours."""
    return st.builds(
        lambda own_zone, uses, hours, status: StaffMember(
            staff_id, f"Staff {staff_id[-2:]}", own_zone, uses, hours, membership_status=status
        ),
        st.sampled_from([zone, zone, zone, *sorted(CHANGES)]),
        st.sampled_from([True, True, False]),
        weekly_hours(),
        st.sampled_from(["active"] * 7 + ["pendingAcceptance"]),
    )


AGE, DIET = ids(9, 2)
QUESTIONS = (
    AskedQuestion(Question(AGE, "How old are you?"), is_required=True),
    AskedQuestion(Question(DIET, "Diet?", "radioButton", ("Vegan", "Other")), is_required=False),
)


def services(service_id: str, staff: list[str], near: date) -> SearchStrategy[Service]:
    """A service: 1:1 or for groups, with any part of a policy, given by some of the staff."""
    return st.builds(
        lambda length, before, after, seats, by, asked, policy: Service(
            service_id,
            f"Service {service_id[-2:]}",
            length,
            before,
            after,
            seats,
            tuple(by),
            QUESTIONS[:asked],
            policy,
        ),
        minutes(10, 15, 30, 30, 45, 60, 90, 240),
        minutes(0, 0, 5, 10, 30),
        minutes(0, 0, 5, 10, 30),
        st.sampled_from([1, 2, MOST_SEATS]),
        st.lists(st.sampled_from(staff), min_size=1, unique=True),
        st.integers(0, 2),
        st.none() | policies(near),
    )


def starts(within: Interval) -> SearchStrategy[datetime]:
    """Starts within a span, on quarters of an hour and rarely five minutes off."""
    quarters = int(within.length / timedelta(minutes=15))
    return st.builds(
        lambda n, off: within.start + n * timedelta(minutes=15) + off,
        st.integers(0, quarters),
        minutes(0, 0, 0, 5),
    )


def appointments(number: int, offered: list[Service], within: Interval) -> SearchStrategy[Appointment]:
    """An appointment of one of the services, mostly of its usual length and buffers."""

    def make(service: Service, start: datetime, usual: bool, first: int, filled: int) -> Appointment:
        staff = service.staff_member_ids[first:] if first < 2 else service.staff_member_ids[:1]
        length = service.default_duration if usual else timedelta(minutes=130)
        return Appointment(
            f"A{number}",
            service.id,
            Interval(start, start + length),
            staff,
            service.maximum_attendees_count,
            min(filled, service.maximum_attendees_count),
            service.pre_buffer if usual else timedelta(),
            service.post_buffer if usual else timedelta(minutes=20),
        )

    return st.builds(
        make,
        st.sampled_from(offered),
        starts(within),
        st.sampled_from([True, True, False]),
        st.integers(0, 3),
        st.sampled_from([1, 1, 1, 2, 5, 0]),
    )


@composite
def catalogues(draw: DrawFn, zone: str, near: date) -> Catalogue:
    """One to four staff and two services."""
    business = Business(MAILBOX, "Random", zone, draw(weekly_hours()), draw(policies(near)))
    staff_ids = ids(1, draw(st.integers(1, 4)))
    staff = {i: draw(staff_members(i, zone)) for i in staff_ids}
    first, second = (draw(services(i, staff_ids, near)) for i in ids(2, 2))
    return Catalogue(business, {first.id: first, second.id: second}, staff)


@composite
def scenarios(draw: DrawFn) -> Scenario:
    """A business around a clock change, its calendar, and now."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    near = draw(st.sampled_from(CHANGES[zone]))
    catalogue = draw(catalogues(zone, near))
    first = near - timedelta(days=draw(st.integers(0, 1)))
    last = first + timedelta(days=draw(st.integers(0, 1)))
    within = Interval(day_span(first, iana_zone(zone)).start, day_span(last, iana_zone(zone)).end)
    offered = list(catalogue.services.values())
    count = draw(st.integers(0, 6))
    around = within.widened(timedelta(hours=4), timedelta())
    busy = _busy(within)
    return Scenario(
        catalogue,
        offered[0],
        first,
        last,
        within.start - draw(minutes(0, 7, 60, 24 * 60, 50 * 60)),
        tuple(draw(appointments(n, offered, around)) for n in range(count)),
        {i: draw(busy) for i in catalogue.staff},
        {i: draw(busy) for i in catalogue.staff},
    )


def _busy(within: Interval) -> SearchStrategy[tuple[Interval, ...]]:
    entry = st.builds(
        lambda start, length: (Interval(start, start + length),), starts(within), minutes(20, 600)
    )
    return st.just(()) | st.just(()) | entry


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _seed(scenario: Scenario) -> Json:
    business = scenario.catalogue.business
    questions = {q.question.id: q.question for s in scenario.catalogue.services.values() for q in s.questions}
    return {
        "businesses": [
            {
                "id": business.id,
                "displayName": business.display_name,
                "bookingPageSettings": {"businessTimeZone": business.time_zone},
                "businessHours": hours_json(business.hours),
                "schedulingPolicy": _policy_json(business.policy),
                "services": [_service_json(one) for one in scenario.catalogue.services.values()],
                "staffMembers": [_staff_json(one) for one in scenario.catalogue.staff.values()],
                "customQuestions": [_question_json(one) for one in questions.values()],
                "customers": [_guest_json(n, "id") for n in range(MOST_SEATS)],
                "appointments": [_appointment_json(one) for one in scenario.appointments],
                "personalCalendars": {i: _spans_json(spans) for i, spans in scenario.personal.items()},
                "timeOff": {i: _spans_json(spans) for i, spans in scenario.time_off.items()},
            }
        ]
    }


def hours_json(hours: WeeklyHours) -> list[Json]:
    """Graph's bookingWorkHours."""
    return [
        {
            "day": name,
            "timeSlots": [
                {"start": f"{span.start.isoformat()}.0000000", "end": f"{span.end.isoformat()}.0000000"}
                for span in hours.get(number, ())
            ],
        }
        for number, name in enumerate(_WEEKDAYS)
    ]


def _duration(length: timedelta) -> str:
    return f"PT{int(length.total_seconds() // 60)}M"


def _availability_json(availability: Availability) -> Json:
    custom = availability.type is AvailabilityType.CUSTOM_WEEKLY_HOURS
    return {
        "availabilityType": availability.type.value,
        "businessHours": hours_json(availability.hours) if custom else None,
    }


def _policy_json(policy: PolicySettings | None) -> Json | None:
    """A policy with nothing but what it sets."""
    if policy is None:
        return None
    given: Json = {"allowStaffSelection": policy.allow_staff_selection}
    lengths = {
        "timeSlotInterval": policy.time_slot_interval,
        "minimumLeadTime": policy.minimum_lead_time,
        "maximumAdvance": policy.maximum_advance,
    }
    given.update({name: None if length is None else _duration(length) for name, length in lengths.items()})
    if policy.general_availability is not None:
        given["generalAvailability"] = _availability_json(policy.general_availability)
    if policy.custom_availabilities is not None:
        given["customAvailabilities"] = [
            {
                **_availability_json(window.availability),
                "startDate": window.start.isoformat(),
                "endDate": window.end.isoformat(),
            }
            for window in policy.custom_availabilities
        ]
    return {name: value for name, value in given.items() if value is not None}


def _service_json(service: Service) -> Json:
    return {
        "id": service.id,
        "displayName": service.display_name,
        "defaultDuration": _duration(service.default_duration),
        "preBuffer": _duration(service.pre_buffer),
        "postBuffer": _duration(service.post_buffer),
        "maximumAttendeesCount": service.maximum_attendees_count,
        "staffMemberIds": list(service.staff_member_ids),
        "customQuestions": [
            {"questionId": q.question.id, "isRequired": q.is_required} for q in service.questions
        ],
        "schedulingPolicy": _policy_json(service.policy),
    }


def _staff_json(member: StaffMember) -> Json:
    return {
        "id": member.id,
        "displayName": member.display_name,
        "emailAddress": f"staff{member.id[-2:]}@contoso.com",
        "timeZone": member.time_zone,
        "useBusinessHours": member.use_business_hours,
        "workingHours": hours_json(member.hours),
        "membershipStatus": member.membership_status,
    }


def _question_json(question: Question) -> Json:
    return {
        "id": question.id,
        "displayName": question.display_name,
        "answerInputType": question.answer_input_type,
        "answerOptions": list(question.options),
    }


def _appointment_json(appointment: Appointment) -> Json:
    return {
        "id": appointment.id,
        "serviceId": appointment.service_id,
        "start": _text(appointment.span.start),
        "end": _text(appointment.span.end),
        "staffMemberIds": list(appointment.staff_member_ids),
        "preBuffer": _duration(appointment.pre_buffer),
        "postBuffer": _duration(appointment.post_buffer),
        "customers": [_guest_json(n, "customerId", "name") for n in range(appointment.filled)],
    }


def _guest_json(number: int, id_name: str, display_name: str = "displayName") -> Json:
    return {
        id_name: str(UUID(int=(7 << 64) + number)),
        display_name: f"Guest {number}",
        "emailAddress": f"guest{number}@example.com",
    }


def _spans_json(spans: tuple[Interval, ...]) -> list[Json]:
    return [{"start": _text(span.start), "end": _text(span.end)} for span in spans]


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
