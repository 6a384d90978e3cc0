"""Slots: exactly the starts that the rules allow, for random businesses and by an independent count."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.intervals import Interval, WeeklyHours
from shared.domain.model import AvailabilityType, Catalogue
from shared.domain.roster import availability_on
from shared.domain.rules import allows, judge
from shared.domain.rules.context import RuleContext, ServiceCalendar, SlotRequest
from shared.domain.slots import Refusal, Slot, slots
from shared.domain.zones import iana_zone
from tests.support.strategies import MARGIN, Scenario, scenarios
from tests.unit.domain.rules.situation import (
    ANN,
    BOB,
    GROUP,
    MINUTE,
    NORMAL,
    SERVICE,
    Situation,
    appointment,
    at,
    between,
    hours,
)

STEP = 5 * MINUTE


def frame_of(scenario: Scenario) -> ServiceCalendar:
    return ServiceCalendar.of(scenario.catalogue, scenario.service, scenario.view, scenario.now)


def every(step: timedelta, span: Interval) -> list[datetime]:
    return [span.start + step * n for n in range(-(-span.length // step))]


# An independent account of what can be booked, instant by instant, without timelines.


def is_open(hours_of: WeeklyHours, zone_name: str, instant: datetime) -> bool:
    """Whether clocks show a time within the weekly hours; true on days without clock changes."""
    local = instant.astimezone(iana_zone(zone_name))
    now = local.time()
    return any(
        span.start <= now and (now < span.end or span.end.isoformat() == "00:00:00")
        for span in hours_of.get(local.weekday(), ())
    )


def can_be_new(scenario: Scenario, calendar: ServiceCalendar, staff_id: str, start: datetime) -> bool:
    """Whether one staff member can take a new appointment, by looking at every five minutes of it."""
    service, business = scenario.service, scenario.catalogue.business
    member = scenario.catalogue.staff[staff_id]
    span = Interval(start, start + service.default_duration)
    own, zone = (business.hours, business.time_zone)
    if not member.use_business_hours:
        own, zone = member.hours, member.time_zone
    taken = [*scenario.personal[staff_id], *scenario.time_off[staff_id]]
    taken += [a.occupied for a in scenario.appointments if staff_id in a.staff_member_ids]
    occupied = span.widened(service.pre_buffer, service.post_buffer)
    return (
        is_on_grid(calendar, start)
        and member.membership_status == "active"
        and not any(occupied.overlaps(other) for other in taken)
        and is_bookable(scenario, calendar, span)
        and all(is_open(own, zone, t) for t in every(STEP, span))
    )


def is_on_grid(calendar: ServiceCalendar, start: datetime) -> bool:
    local = start.astimezone(calendar.zone).replace(tzinfo=None)
    midnight = local.replace(hour=0, minute=0)
    return not (local - midnight) % calendar.policy.time_slot_interval


def is_bookable(scenario: Scenario, calendar: ServiceCalendar, span: Interval) -> bool:
    """Hours of the business, lead times and availability, which count for joining as well."""
    business, policy = scenario.catalogue.business, calendar.policy
    return (
        policy.minimum_lead_time <= span.start - scenario.now <= policy.maximum_advance
        and all(is_open(business.hours, business.time_zone, t) for t in every(STEP, span))
        and all(is_available(calendar, business.time_zone, t) for t in every(STEP, span))
    )


def is_available(calendar: ServiceCalendar, zone: str, instant: datetime) -> bool:
    availability = availability_on(calendar.policy, instant.astimezone(calendar.zone).date())
    if availability.type is AvailabilityType.CUSTOM_WEEKLY_HOURS:
        return is_open(availability.hours, zone, instant)
    return availability.type is AvailabilityType.BOOK_WHEN_STAFF_ARE_FREE


def can_join(scenario: Scenario, calendar: ServiceCalendar, start: datetime) -> bool:
    service = scenario.service
    return service.is_group and any(
        a.service_id == service.id
        and a.span.start == start
        and a.staff_member_ids
        and a.filled < min(a.maximum_attendees, service.maximum_attendees_count)
        and is_bookable(scenario, calendar, a.span)
        for a in scenario.appointments[:1]
    )


def far_from_clock_changes(scenario: Scenario) -> bool:
    """Whether no zone of the business changes its clocks in what is looked at."""
    span = scenario.span.widened(MARGIN, MARGIN)
    names = {scenario.catalogue.business.time_zone} | {m.time_zone for m in scenario.catalogue.staff.values()}
    return all(
        span.start.astimezone(iana_zone(n)).utcoffset() == span.end.astimezone(iana_zone(n)).utcoffset()
        for n in names
    )


@settings(max_examples=150, deadline=None)
@given(scenarios())
def test_slots_are_what_an_independent_count_finds(scenario: Scenario) -> None:
    """Without clock changes: a start is a slot if and only if looking at every five minutes says so."""
    if not far_from_clock_changes(scenario):
        scenario = replace(scenario, catalogue=_in_utc(scenario.catalogue))
    scenario = replace(scenario, appointments=scenario.appointments[:1])
    calendar = frame_of(scenario)
    found = {s.start for s in slots(calendar, scenario.span) if isinstance(s, Slot)}
    expected = {
        start
        for start in every(STEP, scenario.span)
        if can_join(scenario, calendar, start)
        or any(can_be_new(scenario, calendar, i, start) for i in scenario.service.staff_member_ids)
    }
    assert found == expected


def _in_utc(catalogue: Catalogue) -> Catalogue:
    staff = {i: replace(m, time_zone="UTC") for i, m in catalogue.staff.items()}
    return replace(catalogue, business=replace(catalogue.business, time_zone="UTC"), staff=staff)


# The same rules judge slots and bookings.


@settings(max_examples=100, deadline=None)
@given(scenarios(), st.booleans())
def test_a_start_is_offered_if_and_only_if_the_rules_allow_it(scenario: Scenario, named: bool) -> None:
    """Every start of every five minutes: a slot, or a refusal with the codes of `judge`, or off the grid."""
    calendar = frame_of(scenario)
    staff_id = scenario.service.staff_member_ids[0] if named else None
    found = list(slots(calendar, scenario.span, staff_id, explain=True))
    offered = {one.start: one for one in found if isinstance(one, Slot)}
    refused = {one.start: one for one in found if isinstance(one, Refusal)}
    assert len(found) == len(offered) + len(refused)
    for start in every(STEP, scenario.span):
        violations = judge(RuleContext(calendar, ask_for(scenario, start, staff_id)))
        assert (start in offered) == (not violations)
        if start in refused:
            assert refused[start].violations == violations
        if start not in offered and start not in refused:
            assert "off-grid" in {violation.code for violation in violations}


def ask_for(scenario: Scenario, start: datetime, staff_id: str | None = None) -> SlotRequest:
    service = scenario.service
    return SlotRequest(service, Interval(start, start + service.default_duration), staff_id)


@settings(max_examples=100, deadline=None)
@given(scenarios())
def test_without_reasons_the_slots_are_the_same(scenario: Scenario) -> None:
    """The shortcut for starts outside of business hours leaves no slot out."""
    calendar = frame_of(scenario)
    explained = [s for s in slots(calendar, scenario.span, explain=True) if isinstance(s, Slot)]
    assert list(slots(calendar, scenario.span)) == explained


@settings(max_examples=100, deadline=None)
@given(scenarios())
def test_every_staff_member_of_a_slot_can_be_asked_for(scenario: Scenario) -> None:
    """Asking for anybody a slot names is allowed, and for anybody else of the service it is not."""
    calendar = frame_of(scenario)
    for slot in slots(calendar, scenario.span):
        assert isinstance(slot, Slot)
        askable = {
            i
            for i in scenario.service.staff_member_ids
            if allows(RuleContext(calendar, ask_for(scenario, slot.start, i)))
        }
        assert set(slot.staff_ids) == askable
        assert len(slot.staff_ids) == len(askable)


@settings(max_examples=100, deadline=None)
@given(scenarios())
def test_slots_are_ordered_unique_and_within_what_was_asked(scenario: Scenario) -> None:
    """Callers can page through them without a thought."""
    starts = [s.start for s in slots(frame_of(scenario), scenario.span)]
    assert starts == sorted(set(starts))
    assert all(scenario.span.start <= start < scenario.span.end for start in starts)
    assert all(start.tzinfo is UTC for start in starts)


@settings(max_examples=100, deadline=None)
@given(scenarios())
def test_a_part_of_the_range_has_the_same_slots(scenario: Scenario) -> None:
    """Asking for one day and asking for the days around it agree on that day."""
    calendar = frame_of(scenario)
    middle = Interval(scenario.span.start + timedelta(hours=7), scenario.span.start + timedelta(hours=19))
    inside = [s for s in slots(calendar, scenario.span) if middle.start <= s.start < middle.end]
    assert list(slots(calendar, middle)) == inside


# By hand


DAY = between("2026-06-02 00:00", "2026-06-03 00:00")


def offered(situation: Situation, staff_id: str | None = None) -> list[Slot]:
    return [s for s in slots(situation.calendar, DAY, staff_id) if isinstance(s, Slot)]


def local(slot: Slot) -> str:
    return f"{slot.start.astimezone(at('10:00').tzinfo):%H:%M}"


def test_a_day_of_slots() -> None:
    """8:00 to 16:30 every 15 minutes, half an hour long, with Ann or Bob, for one person."""
    found = offered(NORMAL)
    assert [local(s) for s in found] == [f"{h:02}:{m:02}" for h in range(8, 17) for m in (0, 15, 30, 45)][:-1]
    assert {s.end - s.start for s in found} == {30 * MINUTE}
    assert {(s.staff_ids, s.seats_left, s.is_join) for s in found} == {(("ann", "bob"), 1, False)}


def test_the_least_loaded_comes_first() -> None:
    """Ann has an appointment that day, so Bob is preferred, where both are free."""
    busy = replace(NORMAL, appointments=(appointment("2026-06-02 12:00", "2026-06-02 12:30", "ann"),))
    found = {local(s): s.staff_ids for s in offered(busy)}
    assert found["10:00"] == ("bob", "ann")
    assert found["12:15"] == ("bob",)


def test_slots_name_no_staff_where_they_cannot_be_chosen() -> None:
    """A name that cannot be asked for is of no use."""
    hidden = NORMAL.with_policy(allow_staff_selection=False)
    assert {s.staff_ids for s in offered(hidden)} == {()}
    assert offered(hidden, "ann") == []


def test_slots_of_one_staff_member() -> None:
    """Asking for Ann gives what Ann can take, and names her alone."""
    taken = replace(NORMAL, appointments=(appointment("2026-06-02 08:00", "2026-06-02 16:30", "ann"),))
    found = offered(taken, "ann")
    assert [(local(s), s.staff_ids) for s in found] == [("16:30", ("ann",))]


def test_a_group_appointment_is_offered_with_its_free_seats() -> None:
    """Ann's course has 2 of 3 seats filled: one left with her, three in a new one with Bob."""
    course = appointment("2026-06-02 10:00", "2026-06-02 10:30", "ann", maximum_attendees=3, filled=2)
    situation = replace(GROUP, appointments=(course,))
    found = {local(s): s for s in offered(situation)}
    assert (found["10:00"].is_join, found["10:00"].seats_left) == (True, 1)
    assert found["10:00"].staff_ids == ("ann", "bob")
    with_bob = {local(s): s for s in offered(situation, "bob")}
    assert (with_bob["10:00"].is_join, with_bob["10:00"].seats_left) == (False, 3)
    assert found["10:15"].staff_ids == ("bob",)


def test_a_group_appointment_off_the_grid_is_offered() -> None:
    """Somebody gave the course at 10:05 by hand; it lasts as long as it lasts."""
    course = appointment("2026-06-02 10:05", "2026-06-02 11:05", "ann", maximum_attendees=3, filled=1)
    found = {local(s): s for s in offered(replace(GROUP, appointments=(course,)))}
    assert found["10:05"].end - found["10:05"].start == 60 * MINUTE
    assert found["10:05"].staff_ids == ("ann",)
    assert offered(replace(GROUP, appointments=(course,)), "bob")[0].staff_ids == ("bob",)


def test_refusals_say_why() -> None:
    """Before opening, taken, and after the last possible start."""
    taken = replace(
        NORMAL, staff=(ANN,), appointments=(appointment("2026-06-02 10:00", "2026-06-02 10:30", "ann"),)
    )
    found = {
        f"{r.start.astimezone(at('10:00').tzinfo):%H:%M}": [v.code for v in r.violations]
        for r in slots(taken.calendar, DAY, explain=True)
        if isinstance(r, Refusal)
    }
    assert found["07:45"] == ["outside-business-hours", "outside-staff-hours"]
    assert found["09:45"] == found["10:15"] == ["slot-taken"]
    assert "10:30" not in found
    assert found["16:45"] == ["outside-business-hours", "outside-staff-hours"]


def test_a_service_without_slots() -> None:
    """Nobody gives it, so there is nothing, and no error."""
    assert offered(replace(NORMAL, service=replace(SERVICE, staff_member_ids=()))) == []


def test_own_hours_of_staff_make_the_day() -> None:
    """Ann works in the morning and Bob in the afternoon: slots all day but for the hand-over."""
    early = replace(ANN, use_business_hours=False, hours=hours("08:00", "12:00"))
    late = replace(BOB, use_business_hours=False, hours=hours("12:00", "17:00"))
    times = [local(s) for s in offered(replace(NORMAL, staff=(early, late)))]
    assert "11:30" in times
    assert "11:45" not in times
    assert "12:00" in times
