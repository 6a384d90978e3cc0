"""What a view of days holds: how far it reaches, whose words are in it, and how several become one."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.booking.records import LedgerEntry
from shared.booking.slots.calendar import (
    LONGEST_READ,
    DayViews,
    _with_recent,
    days_of,
)
from shared.booking.slots.single_flight import AT_ONCE
from shared.booking.slots.staff_calendar import REMEMBERED
from shared.domain.errors import Unavailable
from shared.domain.intervals import Interval, day_span
from shared.domain.model import Attendee, AvailabilityStatus, Service, StaffAvailability
from shared.tables.memory import MemoryLedger
from tests.unit.booking.slots.test_availability import CATALOGUE, DAY, MONDAY, Calendar, World
from tests.unit.domain.rules.situation import (
    ANN,
    BUSINESS,
    HOUR,
    MINUTE,
    MONDAY_AT_SEVEN,
    SERVICE,
    ZONE,
    appointment,
    between,
)

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
EAST, WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"
"""Their clocks never show the same date."""


@dataclass
class Refusing(Calendar):
    """Graph that refuses every question about Bob, until it knows him again."""

    knows_bob: bool = False

    async def staff_availability(
        self, business: str, staff_ids: Sequence[str], span: Interval
    ) -> Mapping[str, tuple[StaffAvailability, ...]]:
        found = await super().staff_availability(business, staff_ids, span)
        if "bob" in staff_ids and not self.knows_bob:
            raise Unavailable("getStaffAvailability", 500)
        return found


@dataclass
class Generous(Calendar):
    """Graph that tells of more time than it was asked about."""

    async def staff_availability(
        self, business: str, staff_ids: Sequence[str], span: Interval
    ) -> Mapping[str, tuple[StaffAvailability, ...]]:
        return await super().staff_availability(business, staff_ids, span.widened(HOUR, HOUR))


@pytest.mark.parametrize("services", [(), (SERVICE,)], ids=["none", "half an hour"])
async def test_an_hour_around_the_days_is_read_at_least(services: Sequence[Service]) -> None:
    """However short what is offered is, and where nothing is."""
    world = World()
    catalogue = replace(CATALOGUE, services={one.id: one for one in services})

    view = await world.views.fresh(catalogue, MONDAY, MONDAY)

    assert view.span == day_span(MONDAY, ZONE).widened(HOUR, HOUR)


async def test_exactly_six_weeks_are_one_read() -> None:
    """One day more is another."""
    world = World()
    await world.views.fresh(CATALOGUE, MONDAY, MONDAY + (LONGEST_READ - 1) * DAY)
    assert world.graph.calls == 2
    await world.views.fresh(CATALOGUE, MONDAY, MONDAY + LONGEST_READ * DAY)
    assert world.graph.calls == 2 + 4


async def test_how_many_a_read_would_list_is_counted_by_the_day() -> None:
    """Sixty appointments in two days are thirty a day: two neighbouring days that wait are one read."""
    long = replace(SERVICE, default_duration=DAY / 2)
    catalogue = replace(CATALOGUE, services={long.id: long})
    world = World(*(appointment("10:00", "10:30", "ann", id=f"{n}") for n in range(60)))
    await world.views.fresh(catalogue, MONDAY, MONDAY)
    world.graph.spans.clear()

    under_way = [MONDAY] * AT_ONCE
    wanted = [*under_way, MONDAY, MONDAY + DAY]
    await asyncio.gather(*(world.views.fresh(catalogue, day, day) for day in wanted))

    assert len(world.graph.spans) == AT_ONCE + 1
    assert world.graph.spans[-1].length == 3 * DAY


async def test_who_was_hired_in_between_is_told_of_in_the_weeks_read_since() -> None:
    """A week that was read before says nothing of them, and the view of both weeks is whole."""
    world = World()
    await world.views.shared(replace(CATALOGUE, staff={"ann": ANN}), MONDAY, MONDAY)

    view = await world.views.shared(CATALOGUE, MONDAY, MONDAY + 7 * DAY)

    first, second = world.graph.spans
    told = {who: [one.span for one in items] for who, items in view.availability.items()}
    assert told == {"ann": [first, second], "bob": [second]}
    assert view.span == Interval(first.start, second.end)


async def test_whom_graph_refuses_is_left_out_of_the_view_for_ten_minutes() -> None:
    """The others are told for the whole span, and the list of staff is said to be out of date."""
    now, graph = MONDAY_AT_SEVEN, Refusing()
    outdated: list[str] = []
    days = DayViews(graph, MemoryLedger(), lambda: now, on_refused=outdated.append)

    view = await days.fresh(CATALOGUE, MONDAY, MONDAY)

    assert view.availability == {"ann": (StaffAvailability(AvailabilityStatus.AVAILABLE, view.span),)}
    assert outdated == [BUSINESS.id]
    graph.knows_bob = True
    now += REMEMBERED - MINUTE
    assert set((await days.fresh(CATALOGUE, MONDAY, MONDAY)).availability) == {"ann"}
    now += MINUTE
    assert set((await days.fresh(CATALOGUE, MONDAY, MONDAY)).availability) == {"ann", "bob"}


async def test_what_was_read_for_one_alone_is_as_graph_told_it() -> None:
    """Only what was read for several is cut to what each of them asked for."""
    world = World()
    days = DayViews(Generous(), world.ledger, lambda: world.now)

    view = await days.fresh(CATALOGUE, MONDAY, MONDAY)

    assert [one.span for one in view.availability["ann"]] == [view.span.widened(HOUR, HOUR)]


@pytest.mark.parametrize(("zone", "day"), [(EAST, date(2026, 6, 2)), (WEST, date(2026, 6, 1))])
def test_the_days_of_a_span_are_those_of_the_zone(zone: str, day: date) -> None:
    """Wherever the machine stands."""
    noon = Interval(NOON, NOON + HOUR)
    assert days_of(noon, ZoneInfo(zone)) == (day,)
    assert days_of(Interval(NOON, NOON + DAY), ZoneInfo(zone)) == (day, day + DAY)


@pytest.mark.parametrize(("zone", "day"), [(EAST, date(2026, 6, 2)), (WEST, date(2026, 6, 1))])
async def test_our_own_writes_are_found_under_the_days_of_the_business(zone: str, day: date) -> None:
    """Under these they were written down, wherever the machine stands."""
    world = World()
    catalogue = replace(CATALOGUE, business=replace(BUSINESS, time_zone=zone))
    ours = replace(appointment("10:00", "10:30", "ann"), span=Interval(NOON, NOON + HOUR))
    entry = LedgerEntry(ours, world.now)
    await world.ledger.record(BUSINESS.id, [day], entry)

    assert await world.views.recent(catalogue, ours.span) == (entry,)


def test_who_comes_to_an_appointment_of_ours_is_told_to_nobody() -> None:
    """As little as Graph's lists tell it, whatever the ledger holds."""
    ours = appointment("10:00", "10:30", "ann", attendees=(Attendee("c", "Jordan", "j@contoso.com"),))
    entry = LedgerEntry(ours, MONDAY_AT_SEVEN)
    assert _with_recent((), (entry,), between("00:00", "23:59")) == (replace(ours, attendees=()),)
