"""Locks between processes: the queue of one keeps no other one out, and nobody waits who need not."""

import asyncio
from datetime import timedelta
from itertools import count, pairwise

import pytest

from shared.booking.writes.locks import IN_A_ROW, LONGEST_POLL, Locks
from shared.domain.errors import SlotBusy
from shared.tables.memory import MemoryLocks
from tests.support.remote_stores import Remote
from tests.support.virtually import loop_now, virtually
from tests.support.wire import Wire
from tests.support.workers import LOCK_LIFE, LOCK_WAIT

TRIP = 0.005
WRITE = 0.6
NUMBERS = count(1)


def process(store: MemoryLocks) -> Locks:
    """The locks of one process, some milliseconds away from what it shares with others."""
    wire = Wire(TRIP, timedelta(hours=1), has_deadline=False)
    clock = loop_now().clock
    remote = Remote("locks", store, wire)
    return Locks(remote, clock, lambda: f"owner-{next(NUMBERS)}", life=LOCK_LIFE, wait=LOCK_WAIT)


async def crowd(locks: Locks, until: float, *names: str) -> int:
    """Writes one after the other, whoever waits for them; returns how many."""
    done = 0
    while loop_now().now < until:
        try:
            async with locks.hold(names):
                await asyncio.sleep(WRITE)
                done += 1
        except SlotBusy:
            continue
    return done


@pytest.mark.parametrize("names", [("slot",), ("booking", "group", "slot")], ids=["a booking", "a move"])
@virtually
async def test_no_queue_of_another_process_keeps_anybody_out(names: tuple[str, ...]) -> None:
    """However many wait over there, within the time that a request waits it is somebody else's turn."""
    store = MemoryLocks()
    busy, other = process(store), process(store)
    queue = [asyncio.ensure_future(crowd(busy, 60, "slot")) for _ in range(4)]
    await asyncio.sleep(5)

    for _ in range(15):
        async with other.hold(names):  # raises SlotBusy for whoever is kept out
            await asyncio.sleep(WRITE)
        await asyncio.sleep(0.37)

    assert min(await asyncio.gather(*queue)) > 5  # and none of them is


@virtually
async def test_after_some_in_a_row_the_next_gives_way_once() -> None:
    """For as long as others wait between two tries, and then from hand to hand again."""
    locks, at = process(MemoryLocks()), []

    async def one() -> None:
        async with locks.hold(["slot"]):
            at.append(loop_now().now)

    await asyncio.gather(*(one() for _ in range(2 * IN_A_ROW + 1)))

    waits = [after - before for before, after in pairwise(at)]
    long = [number for number, wait in enumerate(waits, 1) if wait > LONGEST_POLL.total_seconds()]
    assert long == [IN_A_ROW, 2 * IN_A_ROW]


@virtually
async def test_who_meets_nobody_waits_for_nobody() -> None:
    """A lock that was given back with nobody behind is had at once, however often."""
    locks, began = process(MemoryLocks()), loop_now().now
    for _ in range(3 * IN_A_ROW):
        async with locks.hold(["slot"]):
            pass
    assert loop_now().now - began == pytest.approx(3 * IN_A_ROW * 6 * TRIP)


@virtually
async def test_who_leaves_while_giving_way_holds_up_nobody() -> None:
    """The next in the queue has the turn."""
    locks = process(MemoryLocks())

    async def one() -> None:
        async with locks.hold(["slot"]):
            await asyncio.sleep(WRITE)

    tasks = [asyncio.ensure_future(one()) for _ in range(IN_A_ROW + 2)]
    await asyncio.wait(tasks[:IN_A_ROW])
    await asyncio.sleep(LONGEST_POLL.total_seconds() / 2)
    tasks[IN_A_ROW].cancel()
    began = loop_now().now
    await tasks[-1]
    assert loop_now().now - began < 2 * WRITE
