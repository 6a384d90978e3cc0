"""What shared reads take over from their callers, and what they leave behind."""

import asyncio
import gc
from datetime import timedelta

import pytest

from shared.booking.slots.single_flight import AT_ONCE, PATIENCE, SingleFlight
from shared.domain.errors import Crowded, Unreachable
from shared.platform.deadline import deadline, remaining
from shared.platform.logs import correlation_id
from tests.support.virtually import virtually
from tests.unit.booking.slots.test_shared_reads import Source, asked, days, ended
from tests.unit.booking.slots.test_single_flight import Source as Gated
from tests.unit.booking.slots.test_single_flight import Watch

LIFE = timedelta(seconds=15)


def flights() -> SingleFlight[str, str]:
    return SingleFlight(Watch(), LIFE, 2)


@virtually
async def test_a_flight_has_the_id_of_whoever_began_it_but_not_their_deadline() -> None:
    """Graph is asked under that id; the time is the read's own, for all who wait."""
    shared, source = flights(), Source()
    correlation_id.set("first")
    with deadline(timedelta(seconds=0.5)), pytest.raises(Unreachable, match=r"^shared read"):
        await shared.get("a", lambda: source.read("a", days(0)))
    correlation_id.set("second")

    assert await shared.get("a", lambda: source.read("a", days(0))) == "a1"
    assert (source.ids, source.left) == (["first"], [PATIENCE])
    assert remaining(timedelta(hours=1)) == timedelta(hours=1)


@pytest.mark.parametrize("fails", [False, True])
async def test_a_flight_that_nobody_waits_for_ends_without_a_complaint(fails: bool) -> None:
    """Neither its end nor its failure is reported as lost."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    shared, source = SingleFlight[str, int](Watch(), LIFE, 2), Gated()
    source.gate.clear()
    source.fails = fails
    waiting = asyncio.ensure_future(shared.get("a", source))
    await turns()
    waiting.cancel()
    await asyncio.wait([waiting])
    del waiting  # whose trace holds the flight
    shared.drop(lambda _: True)
    source.gate.set()
    await turns()
    gc.collect()
    assert (complaints, source.reads) == ([], 1)


async def turns() -> None:
    """Time for what can go on, to do so."""
    for _ in range(10):
        await asyncio.sleep(0)


@virtually
async def test_whose_time_is_over_is_not_told_that_there_is_a_crowd_where_there_is_none() -> None:
    """A read would have begun at once, so nobody else is the reason."""
    with deadline(timedelta()), pytest.raises(Unreachable) as told:
        await Source().shared().get("a", days(0))
    assert not isinstance(told.value, Crowded)


@virtually
async def test_one_slow_read_counts_for_a_quarter_in_what_is_told_of_the_wait() -> None:
    """After reads of four seconds one of eight makes five of them."""
    source = Source(takes=4.0)
    reads = source.shared()
    tasks = await asked(*(reads.get("a", days(0)) for _ in range(AT_ONCE + 1)))
    source.takes = 8.0
    await asyncio.sleep(11.5)  # the third began at 4, and ends at 12
    tasks += await asked(reads.get("a", days(0)))
    await asyncio.sleep(0.75)
    tasks += await asked(reads.get("a", days(0)))
    await asyncio.sleep(0.25)

    with deadline(timedelta(milliseconds=1)), pytest.raises(Crowded) as refused:
        await reads.get("a", days(0))

    assert refused.value.retry_after == timedelta(seconds=11.5 + 5 - 12.5 + 5)
    await ended(tasks)
