"""Whose slots are listed, and of which weeks the calendar is read for them."""

from datetime import date, timedelta

import pytest

from shared.domain.intervals import ONE_DAY
from tests.unit.booking.slots.test_availability import MONDAY, World
from tests.unit.domain.rules.situation import MINUTE, at

AROUND = 190 * MINUTE
SUNDAY = MONDAY + 6 * ONE_DAY


@pytest.mark.parametrize(
    ("asked", "time_zone", "first", "last"),
    [
        (SUNDAY, None, "2026-06-01", "2026-06-08"),
        (SUNDAY, "UTC", "2026-06-01", "2026-06-08"),
        (SUNDAY + ONE_DAY, None, "2026-06-08", "2026-06-15"),
        (SUNDAY + ONE_DAY, "UTC", "2026-06-01", "2026-06-15"),
    ],
)
async def test_the_weeks_of_the_business_in_which_something_may_begin_are_read(
    asked: date, time_zone: str | None, first: str, last: str
) -> None:
    """And no other: a Sunday ends before Monday's week, and UTC's Monday begins on Chicago's Sunday."""
    world = World()
    await world.availability(world.ask(first=asked, last=asked, time_zone=time_zone))
    (span,) = world.graph.spans
    assert (span.start, span.end) == (at(f"{first} 00:00") - AROUND, at(f"{last} 00:00") + AROUND)


async def test_partners_find_the_slots_of_hidden_services() -> None:
    """As many as of every other one."""
    world = World()
    found = await world.availability(world.ask(service_id="hidden", is_partners=True))
    assert found.service.id == "hidden"
    assert len(found.slots) == len((await world.availability(world.ask())).slots) > 0


@pytest.mark.parametrize("ahead", [timedelta(), 100 * ONE_DAY])
async def test_reasons_beside_the_lead_times_are_those_of_the_staff_member_asked_for(
    ahead: timedelta,
) -> None:
    """Whoever cannot be booked at all cannot be booked beyond the maximum advance either."""
    world = World()
    day = MONDAY + ahead
    found = await world.availability(world.ask(first=day, last=day, staff_id="eve", explain=True))
    assert len(found.refusals) == 96
    assert all("staff-not-of-service" in [v.code for v in one.violations] for one in found.refusals)
