"""Staff of whom Graph refuses to speak."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

import pytest

from shared.booking.ports import Graph
from shared.booking.slots.staff_calendar import MOST_FAILED, REMEMBERED, StaffCalendar
from shared.domain.errors import Unavailable
from shared.domain.intervals import Interval
from shared.domain.model import AvailabilityStatus, StaffAvailability
from tests.unit.domain.rules.situation import BUSINESS, HOUR, MINUTE, MONDAY_AT_SEVEN

DAY = Interval(MONDAY_AT_SEVEN, MONDAY_AT_SEVEN + 24 * HOUR)
MAILBOX = BUSINESS.id


@dataclass
class Staff:
    """Graph as far as getStaffAvailability goes; it refuses the whole question for one bad id."""

    bad: set[str] = field(default_factory=set)
    status: int = 500
    now: datetime = MONDAY_AT_SEVEN
    asked: list[tuple[str, ...]] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)

    async def staff_availability(
        self, business: str, staff_ids: Sequence[str], span: Interval
    ) -> Mapping[str, tuple[StaffAvailability, ...]]:
        assert business == MAILBOX
        self.asked.append(tuple(staff_ids))
        if self.bad & set(staff_ids):
            raise Unavailable("getStaffAvailability", self.status)
        return {one: (StaffAvailability(AvailabilityStatus.AVAILABLE, span),) for one in staff_ids}

    def calendar(self) -> StaffCalendar:
        return StaffCalendar(cast(Graph, self), lambda: self.now, self.outdated.append)


@pytest.mark.parametrize(
    ("everybody", "bad"),
    [("abc", "b"), ("abc", "a"), ("ab", "b"), ("abcdefgh", "bg"), ("abcdefghij", "abcd")],
)
async def test_whom_graph_refuses_is_left_out(
    everybody: str, bad: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The others are told as before; the list of staff is read again, and the log names who it was."""
    graph = Staff(set(bad))

    found = await graph.calendar().read(MAILBOX, list(everybody), DAY)

    free = (StaffAvailability(AvailabilityStatus.AVAILABLE, DAY),)
    assert found == dict.fromkeys(sorted(set(everybody) - set(bad)), free)
    assert graph.outdated == [MAILBOX]
    told = [vars(one) for one in caplog.records if one.message == "staff.refused"]
    assert sorted(one["subject"] for one in told) == [f"staff {one}" for one in bad]
    assert {(one["event"], one["business"]) for one in told} == {("staff.refused", MAILBOX)}


async def test_nobody_asks_again_for_whom_graph_refused() -> None:
    """For ten minutes: a shop that goes on naming somebody costs one call, as before."""
    graph = Staff({"b"})
    calendar = graph.calendar()
    await calendar.read(MAILBOX, ["a", "b", "c"], DAY)
    graph.asked.clear()

    assert set(await calendar.read(MAILBOX, ["a", "b", "c"], DAY)) == {"a", "c"}
    assert graph.asked == [("a", "c")]

    graph.bad.clear()
    graph.now += REMEMBERED
    assert set(await calendar.read(MAILBOX, ["a", "b", "c"], DAY)) == {"a", "b", "c"}


async def test_who_is_refused_later_is_remembered_beside_the_others() -> None:
    """Each for ten minutes of their own."""
    graph = Staff({"b"})
    calendar = graph.calendar()
    everybody = ["a", "b", "c"]
    await calendar.read(MAILBOX, everybody, DAY)
    graph.bad.add("c")
    graph.now += REMEMBERED / 2
    assert set(await calendar.read(MAILBOX, everybody, DAY)) == {"a"}
    graph.bad.clear()
    graph.asked.clear()

    graph.now += REMEMBERED / 2 - MINUTE
    assert set(await calendar.read(MAILBOX, everybody, DAY)) == {"a"}
    graph.now += MINUTE
    assert set(await calendar.read(MAILBOX, everybody, DAY)) == {"a", "b"}
    graph.now += REMEMBERED / 2
    assert set(await calendar.read(MAILBOX, everybody, DAY)) == {"a", "b", "c"}
    assert graph.asked == [("a",), ("a", "b"), ("a", "b", "c")]


async def test_an_outage_is_no_refusal_of_everybody() -> None:
    """It is told after eight refused groups, and nobody is remembered as refused."""
    everybody = [f"s{n}" for n in range(100)]
    graph = Staff(set(everybody))
    calendar = graph.calendar()

    with pytest.raises(Unavailable):
        await calendar.read(MAILBOX, everybody, DAY)

    assert len(graph.asked) == 1 + MOST_FAILED
    graph.bad.clear()
    assert set(await calendar.read(MAILBOX, everybody, DAY)) == set(everybody)


@pytest.mark.parametrize("status", [0, 429, 502, 503, 504])
async def test_bad_weather_is_no_refusal(status: int) -> None:
    """What passes by itself is told, and nobody is asked for alone."""
    graph = Staff({"b"}, status)

    with pytest.raises(Unavailable):
        await graph.calendar().read(MAILBOX, ["a", "b", "c"], DAY)

    assert len(graph.asked) == 1
    assert graph.outdated == []


async def test_bad_weather_ends_a_search() -> None:
    """Half an answer would look like a day off of all the others."""

    class Turning(Staff):
        async def staff_availability(
            self, business: str, staff_ids: Sequence[str], span: Interval
        ) -> Mapping[str, tuple[StaffAvailability, ...]]:
            self.status = 503 if self.asked else 500
            return await super().staff_availability(business, staff_ids, span)

    with pytest.raises(Unavailable):
        await Turning({"b"}).calendar().read(MAILBOX, ["a", "b", "c"], DAY)


async def test_the_only_member_who_is_refused_is_an_outage() -> None:
    """Nobody can tell one from the other; the list of staff is read again."""
    graph = Staff({"a"})

    with pytest.raises(Unavailable):
        await graph.calendar().read(MAILBOX, ["a"], DAY)

    assert graph.outdated == [MAILBOX]


async def test_nobody_is_not_asked_for() -> None:
    """Graph answers an empty list of staff with an error."""
    graph = Staff()

    assert await graph.calendar().read(MAILBOX, [], DAY) == {}
    assert graph.asked == []
