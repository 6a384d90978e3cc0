"""Limits: counted in windows, under names that tell nobody who it is, and open where counts fail."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from shared.booking.limits import PATIENCE, Limits, Quota, Standing, WorkerCounters, check
from shared.domain.errors import StoreUnavailable, TooManyRequests
from shared.platform.hashes import Hasher
from tests.support.virtually import virtually

NOW = datetime(2026, 12, 1, 16, 0, 20, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SHORT, LONG = Quota("short", 2, MINUTE), Quota("long", 3, HOUR)


class Counted(WorkerCounters):
    """Keeps the names, and fails or hangs on demand."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.error: Exception | None = None
        self.pause = 0.0

    async def hit(self, name: str, window: datetime, ends: datetime) -> int:
        self.names.append(name)
        await asyncio.sleep(self.pause)
        if self.error is not None:
            raise self.error
        return await super().hit(name, window, ends)


class Door:
    """Limits with a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW
        self.counters = Counted()
        self.limits = Limits(self.counters, Hasher(b"secret"), lambda: self.now)

    async def hit(self, who: str = "me", kind: str = "visitor", *quotas: Quota) -> tuple[Standing, ...]:
        return await self.limits.hit(kind, who, quotas or (SHORT,))


@virtually
async def test_each_request_counts_in_the_window_of_its_time() -> None:
    """Aligned to UTC, whoever asks first."""
    door = Door()
    first, second = await door.hit(), await door.hit()
    assert first == (Standing(SHORT, 1, timedelta(seconds=40)),)
    assert second == (Standing(SHORT, 2, timedelta(seconds=40)),)
    door.now += timedelta(seconds=40)
    assert await door.hit() == (Standing(SHORT, 1, MINUTE),)


@virtually
async def test_everybody_is_counted_alone() -> None:
    """By who it is, what for and the day; the name tells nothing."""
    door = Door()
    await door.hit()
    assert (await door.hit("you"))[0].used == 1
    assert (await door.hit(kind="partner"))[0].used == 1
    door.now += timedelta(days=1)
    await door.hit()
    assert len(set(door.counters.names)) == 4
    assert all(name.startswith("short\n") and "me" not in name for name in door.counters.names)


@virtually
async def test_the_name_of_a_count_is_that_of_a_limit() -> None:
    """No hash that anything else is known by, and the same in every worker of whatever version."""
    door = Door()
    await door.hit()
    name = Hasher(b"secret").name("limit", "visitor", "me", NOW.date().isoformat())
    assert door.counters.names == [f"short\n{name}"]


@virtually
async def test_each_quota_counts_alone() -> None:
    """In their order."""
    door = Door()
    standings = await door.hit("me", "visitor", SHORT, Quota("other", 2, MINUTE))
    assert [(one.quota.name, one.used) for one in standings] == [("short", 1), ("other", 1)]


@pytest.mark.parametrize("trouble", ["fails", "hangs"])
@virtually
async def test_counts_that_cannot_be_had_refuse_nobody(
    trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and nobody waits long."""
    door = Door()
    if trouble == "fails":
        door.counters.error = StoreUnavailable("counters.hit", "503")
    door.counters.pause = PATIENCE + 1 if trouble == "hangs" else 0.0
    began = asyncio.get_running_loop().time()
    assert await door.hit() == ()
    assert asyncio.get_running_loop().time() - began <= PATIENCE
    told = [one for one in caplog.records if one.name.startswith("shared.")]
    assert [(one.message, getattr(one, "policy", "")) for one in told] == [("limits.open", "visitor")]


def standing(quota: Quota, used: int, resets: timedelta = MINUTE) -> Standing:
    return Standing(quota, used, resets)


def test_the_last_request_of_a_quota_is_served() -> None:
    """One more is not; the longest wait counts."""
    check(())
    check((standing(SHORT, 2), standing(LONG, 3)))
    with pytest.raises(TooManyRequests) as caught:
        check((standing(LONG, 4, HOUR), standing(SHORT, 3), standing(LONG, 3, 2 * HOUR)))
    assert (caught.value.policy, caught.value.retry_after) == ("long", HOUR)


def test_what_is_left_is_never_negative() -> None:
    """Nor is it over before it is."""
    assert [standing(SHORT, used).left for used in (0, 1, 2, 3)] == [2, 1, 0, 0]
    assert [standing(SHORT, used).is_over for used in (2, 3)] == [False, True]


@virtually
async def test_a_worker_counts_the_window_at_hand() -> None:
    """The one before is forgotten."""
    counters = WorkerCounters()
    assert await counters.hit("me", NOW, NOW + MINUTE) == 1
    assert await counters.hit("me", NOW, NOW + MINUTE) == 2
    assert await counters.hit("you", NOW, NOW + MINUTE) == 1
    assert await counters.hit("me", NOW + MINUTE, NOW + 2 * MINUTE) == 1
    assert await counters.hit("me", NOW, NOW + MINUTE) == 1


@virtually
async def test_a_worker_never_counts_too_many_names() -> None:
    """Past that it begins anew, on the side of the caller."""
    counters = WorkerCounters(most=2)
    for who in ("one", "two"):
        assert await counters.hit(who, NOW, NOW + MINUTE) == 1
    assert await counters.hit("two", NOW, NOW + MINUTE) == 1
    assert await counters.hit("two", NOW, NOW + MINUTE) == 2


@virtually
async def test_a_worker_counts_so_many_names_and_no_more() -> None:
    """Twenty thousand, where nothing else is said."""
    counters = WorkerCounters()
    for number in range(20_000):
        await counters.hit(f"{number}", NOW, NOW + MINUTE)
    assert await counters.count("0", NOW) == 1
    await counters.hit("one too many", NOW, NOW + MINUTE)
    assert await counters.count("0", NOW) == 0


@virtually
async def test_a_new_worker_waits_for_nobodys_window_to_end() -> None:
    """What was counted while nothing had ended before is swept when its own window is over."""
    counters = WorkerCounters()
    await counters.hit("me", NOW, NOW + MINUTE)
    await counters.hit("me", NOW + MINUTE, NOW + 2 * MINUTE)
    assert await counters.sweep(NOW + MINUTE + timedelta(seconds=1)) == 0
    assert await counters.sweep(NOW + 2 * MINUTE + timedelta(seconds=1)) == 1


@virtually
async def test_a_worker_sweeps_what_is_over() -> None:
    """And tells how much that was."""
    counters = WorkerCounters()
    assert await counters.sweep(NOW) == 0
    await counters.hit("me", NOW - MINUTE, NOW)
    assert await counters.sweep(NOW) == 0
    assert await counters.sweep(NOW + timedelta(microseconds=1)) == 1
    assert await counters.hit("me", NOW - MINUTE, NOW) == 1


@virtually
async def test_what_is_used_can_be_read_without_counting() -> None:
    """Of each quota, in the window at hand; nobody has used anything yet."""
    door = Door()
    other = Quota("other", 2, MINUTE)
    await door.hit("me", "visitor", SHORT, other)
    await door.hit()
    for _ in range(2):
        assert await door.limits.used("visitor", "me", (SHORT, other)) == (2, 1)
    assert await door.limits.used("visitor", "you", (SHORT,)) == (0,)
    door.now += MINUTE
    assert await door.limits.used("visitor", "me", (SHORT,)) == (0,)


class Unreadable(WorkerCounters):
    """Counts that cannot be had."""

    async def count(self, name: str, window: datetime) -> int:
        raise StoreUnavailable("counters.count", f"{name == ''} {window.year}")


@virtually
async def test_counts_that_cannot_be_read_are_none(caplog: pytest.LogCaptureFixture) -> None:
    """With a line in the log."""
    limits = Limits(Unreadable(), Hasher(b"secret"), lambda: NOW)
    assert await limits.used("business", "shop", (SHORT,)) == ()
    told = [(one.event, getattr(one, "policy", "")) for one in caplog.records if hasattr(one, "event")]
    assert told == [("limits.open", "business")]
