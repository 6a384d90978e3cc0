"""Who gives an appointment: whoever was asked for, else the least loaded, and always the same."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.intervals import Interval
from shared.domain.model import Catalogue, DayView, StaffMember
from shared.domain.rules import allows
from shared.domain.rules.context import RuleContext, ServiceCalendar, SlotRequest
from shared.domain.slots import Slot, slots
from tests.support.strategies import Scenario, scenarios
from tests.unit.domain.rules.situation import ANN, BOB, GROUP, NORMAL, SERVICE, appointment


def test_the_one_asked_for_gives_it() -> None:
    """Load plays no part when somebody is named."""
    busy = replace(NORMAL, appointments=(appointment("12:00", "12:30", "bob"),))
    assert busy.context("10:00", "bob").free_staff == ("bob",)


def test_the_least_loaded_of_that_day_gives_it() -> None:
    """Ann has two appointments on Monday and none on Tuesday, Bob one on each."""
    booked = (
        appointment("12:00", "12:30", "ann"),
        appointment("14:00", "14:30", "ann"),
        appointment("13:00", "13:30", "bob"),
        appointment("2026-06-02 13:00", "2026-06-02 13:30", "bob"),
    )
    situation = replace(NORMAL, appointments=booked)
    assert situation.context("10:00").free_staff == ("bob", "ann")
    assert situation.context("2026-06-02 10:00").free_staff == ("ann", "bob")


def test_an_evening_s_appointment_is_of_its_local_day() -> None:
    """In UTC it is Tuesday already, in the shop it is still Monday."""
    situation = replace(NORMAL, appointments=(appointment("20:00", "20:30", "ann"),))
    assert situation.context("10:00").free_staff == ("bob", "ann")
    assert situation.context("2026-06-02 10:00").free_staff == ("ann", "bob")
    assert [one.id for one in situation.context("21:00").eligible] == ["bob", "ann"]


@pytest.mark.parametrize("zone", ["America/Chicago", "Asia/Tokyo"])
def test_the_days_of_a_view_are_the_shop_s(zone: str) -> None:
    """Its first and its last local day are bookable, though in UTC they are another date."""
    catalogue = Catalogue(replace(NORMAL.business, time_zone=zone), {SERVICE.id: SERVICE}, {})
    local = ZoneInfo(zone)
    evening, morning = datetime(2026, 5, 31, 20, tzinfo=local), datetime(2026, 6, 2, 5, tzinfo=local)
    view = DayView(Interval(evening.astimezone(UTC), morning.astimezone(UTC)), (), {})

    assert ServiceCalendar.of(catalogue, SERVICE, view, NORMAL.now).bookable.covers(evening, morning)


def test_ties_go_by_id() -> None:
    """Whatever the order in which Graph lists them."""
    assert NORMAL.context().free_staff == ("ann", "bob")
    turned = replace(
        NORMAL, staff=(BOB, ANN), service=replace(NORMAL.service, staff_member_ids=("bob", "ann"))
    )
    assert turned.context().free_staff == ("ann", "bob")


def test_only_free_staff_come_into_question() -> None:
    """The least loaded is of no use when they are taken."""
    booked = (
        appointment("10:00", "10:30", "ann"),
        appointment("12:00", "12:30", "bob"),
        appointment("13:00", "13:30", "bob"),
    )
    assert replace(NORMAL, appointments=booked).context("10:00").free_staff == ("bob",)


def test_the_fullest_appointment_is_joined_first() -> None:
    """Seats fill up one appointment after the other; ties by id."""
    two = [
        appointment("10:00", "10:30", who, id=who, maximum_attendees=3, filled=filled)
        for who, filled in (("ann", 1), ("bob", 2))
    ]
    context = replace(GROUP, appointments=tuple(two)).context("10:00")
    assert context.join_target == two[1]
    even = tuple(replace(one, filled=1) for one in two)
    assert replace(GROUP, appointments=even).context("10:00").join_target == even[0]


@settings(max_examples=60, deadline=None)
@given(scenarios(), st.randoms(use_true_random=False))
def test_the_choice_does_not_depend_on_the_order_of_anything(scenario: Scenario, dice: random.Random) -> None:
    """Shuffled staff and appointments give the same choice for every slot, so that workers agree."""
    shuffled = replace(
        scenario,
        catalogue=replace(scenario.catalogue, staff=_shuffled(scenario.catalogue.staff, dice)),
        appointments=tuple(dice.sample(scenario.appointments, len(scenario.appointments))),
    )
    calendars = [ServiceCalendar.of(s.catalogue, s.service, s.view, s.now) for s in (scenario, shuffled)]
    for slot in slots(calendars[0], scenario.span):
        assert isinstance(slot, Slot)
        length = scenario.service.default_duration
        request = SlotRequest(scenario.service, Interval(slot.start, slot.start + length))
        one, other = (RuleContext(calendar, request) for calendar in calendars)
        assert one.free_staff == other.free_staff
        assert one.join_target == other.join_target
        assert allows(other)


def _shuffled(staff: Mapping[str, StaffMember], dice: random.Random) -> dict[str, StaffMember]:
    return {key: staff[key] for key in dice.sample(sorted(staff), len(staff))}
