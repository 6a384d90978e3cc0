"""Reads that many ask for and one performs."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from shared.booking.slots.single_flight import SingleFlight
from shared.domain.errors import Unreachable
from shared.platform.deadline import deadline


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Source:
    """Counts its reads, and can be made to fail or to wait."""

    def __init__(self) -> None:
        self.reads = 0
        self.fails = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> int:
        self.reads += 1
        number = self.reads
        await self.gate.wait()
        if self.fails:
            raise LookupError("broken")
        return number


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def flights(watch: Watch) -> SingleFlight[str, int]:
    return SingleFlight(watch, timedelta(seconds=15), 2)


async def test_equal_reads_share_one_flight(flights: SingleFlight[str, int]) -> None:
    """A hundred who ask at once cost one read."""
    source = Source()

    found = await asyncio.gather(*(flights.get("a", source) for _ in range(100)))

    assert (set(found), source.reads) == ({1}, 1)


async def test_a_result_serves_for_its_life_and_no_longer(
    flights: SingleFlight[str, int], watch: Watch
) -> None:
    """Just before the life is over it serves; then the next one reads."""
    source = Source()
    await flights.get("a", source)
    watch.now += timedelta(seconds=14.999)
    before = await flights.get("a", source)
    watch.now += timedelta(seconds=0.001)
    after = await flights.get("a", source)

    assert (before, after) == (1, 2)


async def test_a_failure_is_not_kept(flights: SingleFlight[str, int]) -> None:
    """Everybody who waited gets the error; whoever comes next reads anew."""
    source = Source()
    source.fails = True
    results = await asyncio.gather(*(flights.get("a", source) for _ in range(3)), return_exceptions=True)
    source.fails = False

    assert [type(one) for one in results] == [LookupError] * 3
    assert await flights.get("a", source) == 2


async def test_one_who_gives_up_does_not_stop_the_others(flights: SingleFlight[str, int]) -> None:
    """The read belongs to all who wait for it."""
    source = Source()
    source.gate.clear()
    first = asyncio.ensure_future(flights.get("a", source))
    second = asyncio.ensure_future(flights.get("a", source))
    await asyncio.sleep(0)
    first.cancel()
    source.gate.set()

    assert await second == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_nobody_waits_beyond_their_deadline(flights: SingleFlight[str, int]) -> None:
    """A caller whose time is up gets an error of Graph's kind; the read goes on for the others."""
    source = Source()
    source.gate.clear()

    with deadline(timedelta(milliseconds=10)), pytest.raises(Unreachable):
        await flights.get("a", source)
    source.gate.set()

    assert await flights.get("a", source) == 1


async def test_what_is_dropped_is_read_again(flights: SingleFlight[str, int]) -> None:
    """Only the unwanted keys are forgotten."""
    source = Source()
    await flights.get("a", source)
    await flights.get("b", source)

    flights.drop(lambda key: key == "a")

    assert (await flights.get("b", source), await flights.get("a", source)) == (2, 3)


async def test_the_least_recently_used_goes_first(flights: SingleFlight[str, int]) -> None:
    """Memory is bounded: of three keys the one that nobody asked for lately is read again."""
    source = Source()
    for key in ("a", "b", "a", "c"):
        await flights.get(key, source)

    assert (await flights.get("a", source), source.reads) == (1, 3)
    assert await flights.get("b", source) == 4


async def test_what_was_read_is_known_however_long_ago(flights: SingleFlight[str, int], watch: Watch) -> None:
    """Not while it is being read, nor where that failed or was dropped."""
    source = Source()
    source.gate.clear()
    reading = asyncio.ensure_future(flights.get("a", source))
    await asyncio.sleep(0)
    assert (flights.known("a"), flights.known("b")) == (None, None)
    source.gate.set()
    await reading
    watch.now += timedelta(days=1)
    assert flights.known("a") == 1
    source.fails = True
    with pytest.raises(LookupError):
        await flights.get("b", source)
    assert flights.known("b") is None
    flights.drop(lambda key: key == "a")
    assert flights.known("a") is None
