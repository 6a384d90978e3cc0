"""A catalogue that cannot be read again, and staff of whom Graph refuses to speak."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from shared.booking.ports import Graph
from shared.booking.slots.catalogue import KEPT, LIFE, PAUSE, Catalogues
from shared.booking.slots.staff_calendar import REMEMBERED, StaffCalendar
from shared.domain.errors import (
    Denied,
    GraphError,
    Missing,
    NotSent,
    Rejected,
    Throttled,
    Unavailable,
    UnknownBusinessZone,
    Unreachable,
)
from shared.domain.intervals import Interval
from shared.domain.model import AvailabilityStatus, Catalogue, StaffAvailability
from tests.unit.domain.situation import ANN, BOB, BUSINESS, HOUR, MINUTE, MONDAY_AT_SEVEN, SERVICE

OPEN = replace(BUSINESS, is_published=True, access_control="unrestricted")
FIRST = Catalogue(OPEN, {SERVICE.id: SERVICE}, {one.id: one for one in (ANN, BOB)})
SECOND = replace(FIRST, staff={})
DAY = Interval(MONDAY_AT_SEVEN, MONDAY_AT_SEVEN + 24 * HOUR)
MAILBOX = BUSINESS.id


@dataclass
class Shop:
    """Graph as far as the catalogue goes: what it answers next, and how often it was asked."""

    next: Catalogue | GraphError | Callable[[], Awaitable[Catalogue]] = FIRST
    asked: int = 0
    now: datetime = MONDAY_AT_SEVEN

    async def catalogue(self, business: str, time_zone: str | None = None) -> Catalogue:  # noqa: ARG002
        self.asked += 1
        if isinstance(self.next, GraphError):
            raise self.next
        return self.next if isinstance(self.next, Catalogue) else await self.next()

    def later(self, by: timedelta) -> None:
        self.now += by


def catalogues(shop: Shop, public: Sequence[str] = (), kept: timedelta = KEPT) -> Catalogues:
    return Catalogues(cast(Graph, shop), lambda: shop.now, {}, public, kept)


FAILURES = [
    Unavailable("services.list", 500),
    Unavailable("services.list", 503),
    Unreachable("services.list"),
    NotSent("services.list"),
    Throttled("services.list", 429),
    Rejected("services.list", 400),
]
ANSWERS = [Denied("x", 403), Missing("x", 404), UnknownBusinessZone("businesses.get")]


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
async def test_the_last_catalogue_serves_where_it_cannot_be_read_again(
    failure: GraphError, caplog: pytest.LogCaptureFixture
) -> None:
    """For a time that is bounded; then the failure is told."""
    shop = Shop()
    known = catalogues(shop)
    await known.get(MAILBOX)

    shop.next = failure
    shop.later(LIFE)
    assert await known.get(MAILBOX) == FIRST
    assert "catalogue.stale" in caplog.messages

    shop.later(KEPT - LIFE)
    with pytest.raises(type(failure)):
        await known.get(MAILBOX)


@pytest.mark.parametrize("answer", ANSWERS, ids=repr)
async def test_an_answer_is_no_failure(answer: GraphError) -> None:
    """A mailbox that is gone, a right that was taken away and an unknown zone are told at once."""
    shop = Shop()
    known = catalogues(shop)
    await known.get(MAILBOX)

    shop.next = answer
    shop.later(LIFE)
    with pytest.raises(type(answer)):
        await known.get(MAILBOX)


async def test_without_a_last_catalogue_a_failure_is_told() -> None:
    """There is nothing to serve."""
    with pytest.raises(Unavailable):
        await catalogues(Shop(FAILURES[0])).get(MAILBOX)


async def test_graph_is_spared_while_it_fails() -> None:
    """After a failure nobody asks for ten seconds; after that one try serves everybody, and may succeed."""
    shop = Shop()
    known = catalogues(shop)
    await known.get(MAILBOX)
    shop.next = FAILURES[0]
    shop.later(LIFE)

    await asyncio.gather(*(known.get(MAILBOX) for _ in range(20)))
    shop.later(PAUSE - timedelta(seconds=1))
    await asyncio.gather(*(known.get(MAILBOX) for _ in range(20)))
    assert shop.asked == 2

    shop.next = SECOND
    shop.later(timedelta(seconds=1))
    assert await known.get(MAILBOX) == SECOND
    assert shop.asked == 3


async def test_nobody_waits_for_a_reading_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the last catalogue serves, it serves soon; what arrives late serves the next ones."""
    monkeypatch.setattr("shared.booking.slots.catalogue.PATIENCE", timedelta())
    shop = Shop()
    known = catalogues(shop)
    await known.get(MAILBOX)
    arrives = asyncio.Event()

    async def late() -> Catalogue:
        await arrives.wait()
        return SECOND

    shop.next = late
    shop.later(LIFE)
    assert await known.get(MAILBOX) == FIRST

    monkeypatch.setattr("shared.booking.slots.catalogue.PATIENCE", MINUTE)
    shop.later(PAUSE)
    arrives.set()
    assert await known.get(MAILBOX) == SECOND
    assert shop.asked == 2


async def test_a_catalogue_that_was_forgotten_is_read_at_once() -> None:
    """And where that fails, the last one serves."""
    shop = Shop()
    known = catalogues(shop)
    await known.get(MAILBOX)

    known.forget(MAILBOX)
    shop.next = SECOND
    assert await known.get(MAILBOX) == SECOND

    known.forget(MAILBOX)
    shop.next = FAILURES[0]
    assert await known.get(MAILBOX) == SECOND


@pytest.mark.parametrize(
    ("published", "access", "closed"),
    [
        (True, "unrestricted", None),
        (True, None, None),
        (False, "unrestricted", "not-published"),
        (None, "unrestricted", "unknown"),
        (True, "restrictedToOrganization", "restricted"),
        (True, "byInvitation", "unknown"),
    ],
)
async def test_what_the_shop_closed_is_closed_to_the_public(
    published: bool | None, access: str | None, closed: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Unless the settings say that it is public; the log says so once, with the reason."""
    shop = Shop(replace(FIRST, business=replace(OPEN, is_published=published, access_control=access)))
    known = catalogues(shop)

    for _ in range(2):
        assert (await known.get(MAILBOX)).closed_to_public == closed
        shop.later(LIFE)
    assert caplog.messages.count("business.closed-to-public") == (closed is not None)
    assert (await catalogues(shop, [MAILBOX]).get(MAILBOX)).closed_to_public is None


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

    assert set(found) == set(everybody) - set(bad)
    assert graph.outdated == [MAILBOX]
    named = [vars(one)["subject"] for one in caplog.records if one.message == "staff.refused"]
    assert sorted(named) == [f"staff {one}" for one in bad]


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


async def test_an_outage_is_no_refusal_of_everybody() -> None:
    """It is told after few calls, and nobody is remembered as refused."""
    everybody = [f"s{n}" for n in range(100)]
    graph = Staff(set(everybody))
    calendar = graph.calendar()

    with pytest.raises(Unavailable):
        await calendar.read(MAILBOX, everybody, DAY)

    assert len(graph.asked) <= 20
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
