"""A crowd at one worker, and a Graph so slow that not everybody can be served in the time of a request."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

import pytest

from shared.booking.ports import Check
from shared.booking.slots import single_flight
from shared.domain.errors import Crowded, NotBooked
from shared.graph import places
from shared.graph.places import Mailbox, QueuedCall
from shared.platform.deadline import remaining
from tests.support.fake_graph import FakeGraph
from tests.support.shop import REQUEST, Shop, wish
from tests.support.virtually import loop_now, virtually
from tests.support.wire import Effect, Wire
from tests.support.workers import BUDGET, CALL
from tests.support.world import CATALOGUE, TEN

T = TypeVar("T")
SLOW = 0.5
"""Seconds of each way; a call takes three of them."""


class Narrow(Wire):
    """The way to a mailbox that has four places."""

    def __init__(self, latency: float = SLOW) -> None:
        super().__init__(latency, CALL)
        self.mailbox = Mailbox(4, CALL)

    async def call(self, operation: str, effect: Effect[T], check: Check | None = None) -> T:
        queued = QueuedCall(operation, loop_now().now + remaining(BUDGET).total_seconds())
        async with self.mailbox.place(queued):
            self.mailbox.leaves(queued)
            try:
                return await super().call(operation, effect, check)
            finally:
                self.mailbox.answered(queued)


@dataclass
class Told:
    """Who was booked, and after how many seconds the others learned that they were not, and why."""

    booked: list[int] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)


async def crowd(many: int) -> Told:
    """So many people ask for days of their own, one after the other and all at nearly the same time."""
    shop, told = Shop(), Told()
    shop.graph = FakeGraph(shop.clock, [CATALOGUE], Narrow())
    cases = shop.hire()

    async def visit(number: int) -> None:
        await asyncio.sleep(number / 1000)
        try:
            wanted = wish(f"n{number}", start=TEN + number * timedelta(days=1))
            await cases.create_booking(wanted, replace(REQUEST, key=f"{number:064x}"))
            told.booked.append(number)
        except (Crowded, NotBooked) as error:
            told.refused.append(loop_now().now)
            told.errors.append(error)

    await asyncio.gather(*(visit(number) for number in range(many)))
    return told


@virtually
async def test_a_crowd_is_served_in_its_order_as_far_as_time_allows() -> None:
    """Four places, 1.5 s a call, two writes each: about thirty of eighty; the others soon know."""
    told = await crowd(80)
    assert len(told.booked) >= 20
    assert sorted(told.booked)[:20] == list(range(20))
    told.refused.sort()
    assert told.refused[len(told.refused) // 2] <= 12
    assert all(isinstance(one, (Crowded, NotBooked)) and one.retry_after for one in told.errors)
    assert sum(isinstance(one, NotBooked) for one in told.errors) <= 4  # a round of the places


def test_a_queue_of_calls_instead_of_people_serves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: everybody's customer is made, and hardly anybody's appointment."""
    monkeypatch.setattr(places, "_place_in", lambda queue, _: len(queue))

    @virtually
    async def run() -> None:
        assert len((await crowd(80)).booked) < 5

    run()


async def calls_of(clients: int) -> int:
    """The calls to Graph that a day of its own costs each of so many people, who come at once, together."""
    shop, wire = Shop(), Narrow(0.07)
    shop.graph = FakeGraph(shop.clock, [CATALOGUE], wire)
    cases = shop.hire()
    await cases.create_booking(wish("first", start=TEN + timedelta(days=70)), REQUEST)
    wire.calls.clear()
    wanted = (wish(f"n{n}", start=TEN + n * timedelta(days=1)) for n in range(clients))
    keys = (replace(REQUEST, key=f"{n:064x}") for n in range(clients))
    await asyncio.gather(*(cases.create_booking(*one) for one in zip(wanted, keys, strict=True)))
    return sum(wire.calls.values())


@pytest.mark.parametrize(
    ("clients", "at_once", "calls"),
    [(1, 2, 4), (2, 2, 8), (24, 2, 2 * 24 + 3 * 2), (24, 1000, 4 * 24)],
    ids=["alone", "two", "a crowd", "control: a crowd without sharing"],
)
def test_a_crowd_shares_its_reads(
    clients: int, at_once: int, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writes for each new customer, and three reads of two calls for all twenty-four."""
    monkeypatch.setattr(single_flight, "AT_ONCE", at_once)

    @virtually
    async def run() -> None:
        assert await calls_of(clients) == calls

    run()
