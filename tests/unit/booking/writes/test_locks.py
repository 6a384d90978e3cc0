"""Locks around a booking: one at a time, in turn, all or nothing, and never in the way for long."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from shared.booking.records import Lock
from shared.booking.writes.locks import (
    HeldLocks,
    Locks,
    TimeLimit,
    customer_lock,
    email_hash,
    service_start_lock,
    staff_day_lock,
)
from shared.domain.errors import SlotBusy, StoreUnavailable
from shared.platform.hashes import Hasher
from shared.tables.memory import MemoryLocks
from tests.support.virtually import loop_now, virtually

NOW = datetime(2026, 12, 1, 16, tzinfo=UTC)
LIFE = timedelta(seconds=60)
SECOND = timedelta(seconds=1)
FOREVER: list[AsyncExitStack] = []


class Hand:
    """A clock that moves only when somebody sleeps by it or moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, delay: float, /) -> None:
        self.now += timedelta(seconds=delay)
        await asyncio.sleep(0)


class WatchedLocks(MemoryLocks):
    """Counts what it is asked, gives way to other tasks in every call, and fails on demand."""

    def __init__(self) -> None:
        super().__init__()
        self.tries = 0
        self.names: list[str] = []
        self.releases = 0
        self.down_for: set[str] = set()
        self.asked_for: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def try_acquire(self, name: str, owner: str, now: datetime, life: timedelta) -> Lock | None:
        self.tries += 1
        self.names.append(name)
        self.asked_for[name].set()
        await asyncio.sleep(0)
        if "try" in self.down_for:
            raise StoreUnavailable("locks.try", "503")
        return await super().try_acquire(name, owner, now, life)

    async def release(self, lock: Lock) -> None:
        self.releases += 1
        await asyncio.sleep(0)
        if "release" in self.down_for:
            raise StoreUnavailable("locks.release", "503")
        await super().release(lock)


class OpenDoor(MemoryLocks):
    """The control: gives every lock to everybody."""

    async def try_acquire(self, name: str, owner: str, now: datetime, life: timedelta) -> Lock | None:
        return Lock(name, owner, now + life, owner)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def store() -> WatchedLocks:
    return WatchedLocks()


def make(store: MemoryLocks, hand: Hand, wait: timedelta = 3 * SECOND, who: str = "worker") -> Locks:
    numbers = count(1)
    return Locks(store, hand, lambda: f"{who}-{next(numbers)}", life=LIFE, wait=wait, sleep=hand.sleep)


async def entered(locks: Locks, *names: str) -> tuple[AsyncExitStack, HeldLocks]:
    """Locks that are held until the stack is closed: by default never, as if their worker were dead."""
    stack = AsyncExitStack()
    FOREVER.append(stack)  # one that is collected would be closed
    return stack, await stack.enter_async_context(locks.hold(names or ("slot",)))


async def holders_at_once(take: Callable[[], AbstractAsyncContextManager[HeldLocks]]) -> int:
    """How many of 20 tasks were inside at the same time."""
    inside = most = 0

    async def work() -> None:
        nonlocal inside, most
        async with take():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(work() for _ in range(20)))
    return most


async def test_one_process_lets_one_in_at_a_time(store: WatchedLocks, hand: Hand) -> None:
    """Twenty tasks of one process want a lock: never two are inside."""
    locks = make(store, hand)
    assert await holders_at_once(lambda: locks.hold(["slot"])) == 1


async def test_many_processes_let_one_in_at_a_time(store: WatchedLocks, hand: Hand) -> None:
    """Twenty processes (each with its own queue, one store) want a lock: never two are inside."""
    processes = iter([make(store, hand, wait=600 * SECOND, who=f"process-{n}") for n in range(20)])
    assert await holders_at_once(lambda: next(processes).hold(["slot"])) == 1


async def test_control_without_a_lock_several_are_inside(hand: Hand) -> None:
    """The control: the same race with a store that refuses nobody has several inside."""
    processes = iter([make(OpenDoor(), hand, who=f"process-{n}") for n in range(20)])
    assert await holders_at_once(lambda: next(processes).hold(["slot"])) > 1


async def test_a_queue_in_one_process_is_fair_and_asks_the_store_once_each(
    store: WatchedLocks, hand: Hand
) -> None:
    """Whoever waits in a process is served in the order of arrival, with one call to the store each."""
    locks, order = make(store, hand), []

    async def work(number: int) -> None:
        async with locks.hold(["slot"]):
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(work(number) for number in range(10)))
    assert order == list(range(10))
    assert store.tries == 10
    assert store.releases == 10


async def test_a_lock_of_another_process_ends_the_wait_with_slot_busy(
    store: WatchedLocks, hand: Hand
) -> None:
    """What another process holds is waited for as long as `wait`, by a handful of polls, then refused."""
    await store.try_acquire("slot", "somebody else", hand(), LIFE)
    store.tries = 0
    with pytest.raises(SlotBusy):
        await entered(make(store, hand))
    waited = hand.now - NOW
    assert 2.9 * SECOND < waited <= 3 * SECOND
    assert 5 < store.tries < 30


async def test_waiting_ends_as_soon_as_the_other_process_is_done(store: WatchedLocks, hand: Hand) -> None:
    """A lock that is freed meanwhile is taken within half a second."""
    other = await store.try_acquire("slot", "somebody else", hand(), LIFE)
    assert other is not None

    async def sleep(delay: float, /) -> None:
        await hand.sleep(delay)
        if hand.now - NOW > SECOND:
            await store.release(other)

    locks = Locks(store, hand, lambda: "me", life=LIFE, wait=3 * SECOND, sleep=sleep)
    async with locks.hold(["slot"]):
        assert hand.now - NOW <= 1.6 * SECOND


async def test_a_dead_owners_lock_ends_by_itself(store: WatchedLocks, hand: Hand) -> None:
    """A lock whose owner never came back is free after its life, and not a moment before."""
    await entered(make(store, hand, who="dead"))
    assert await store.try_acquire("slot", "early", NOW + LIFE - timedelta(microseconds=1), LIFE) is None
    hand.now = NOW + LIFE
    _, held = await entered(make(store, hand))
    assert LIFE - SECOND < held.time.remaining <= LIFE


async def test_all_or_nothing(store: WatchedLocks, hand: Hand) -> None:
    """When one of several locks is not had, those that were had already are free again."""
    await store.try_acquire("b", "somebody else", hand(), 600 * SECOND)
    with pytest.raises(SlotBusy):
        await entered(make(store, hand), "c", "b", "a")
    for name in ("a", "c"):
        assert await store.try_acquire(name, "anybody", hand(), LIFE) is not None


async def test_names_are_taken_sorted_and_once(store: WatchedLocks, hand: Hand) -> None:
    """Two tasks that name the same locks in opposite order both get them; a name given twice is one."""
    locks = make(store, hand)

    async def work(*names: str) -> None:
        async with locks.hold(names):
            await asyncio.sleep(0)

    await asyncio.gather(*(work("a", "b", "a") for _ in range(5)), *(work("b", "a") for _ in range(5)))
    assert store.names == ["a", "b"] * 10


async def test_what_may_be_needed_too_is_taken_only_where_it_is_free_at_once(
    store: WatchedLocks, hand: Hand
) -> None:
    """Nobody waits for one that another process has, nor that anybody in this one has or waits for."""
    locks = make(store, hand)
    await store.try_acquire("there", "another process", hand(), LIFE)
    async with locks.hold(["here"]), locks.hold(["slot"], also=["there", "here", "slot", "free"]) as held:
        assert held.names == ("slot", "free")
    assert store.names == ["there", "here", "slot", "free", "there"]
    assert hand.now == NOW
    async with locks.hold((), also=["free"]) as held:
        assert held.names == ("free",)
        other = make(store, hand, who="another process")
        async with locks.hold((), also=["next"]), other.hold((), also=["next"]) as theirs:
            assert theirs.names == ()


async def test_one_that_was_not_free_is_in_nobodys_way(store: WatchedLocks, hand: Hand) -> None:
    """Neither its queue in this process nor, once it is free, the lock."""
    locks = make(store, hand)
    held = await store.try_acquire("slot", "another process", hand(), LIFE)
    assert held is not None
    async with locks.hold((), also=["slot"]):
        await store.release(held)
        async with locks.hold(["slot"]):
            pass
    store.down_for = {"try"}
    with pytest.raises(StoreUnavailable):
        async with locks.hold((), also=["slot"]):
            pass
    store.down_for = set()
    async with locks.hold(["slot"]):
        pass


async def test_what_is_not_needed_after_all_is_freed_at_once(store: WatchedLocks, hand: Hand) -> None:
    """The rest stays, and is freed at the end."""
    locks = make(store, hand)
    async with locks.hold(["a", "b", "c"]) as held:
        await locks.narrow(held, frozenset({"b", "unknown"}))
        assert held.names == ("b",)
        async with locks.hold(["a", "c"]):
            pass
        assert await store.try_acquire("b", "anybody", hand(), LIFE) is None
    assert await store.try_acquire("b", "anybody", hand(), LIFE) is not None


async def test_a_failing_store_frees_what_was_had(store: WatchedLocks, hand: Hand) -> None:
    """StoreUnavailable goes to the caller, and the queue of this process is not left blocked."""
    locks = make(store, hand)
    store.down_for = {"try"}
    with pytest.raises(StoreUnavailable):
        await entered(locks)
    store.down_for = set()
    async with locks.hold(["slot"]):
        pass


async def test_a_release_that_fails_is_no_error(
    store: WatchedLocks, hand: Hand, caplog: pytest.LogCaptureFixture
) -> None:
    """The booking stands even when its lock cannot be freed; the log tells, the lock ends by itself."""
    locks = make(store, hand)
    async with locks.hold(["slot"]):
        store.down_for = {"release"}
    assert "lock.unreleased" in caplog.text
    hand.now += LIFE
    await entered(locks)


async def test_releasing_a_lost_lock_frees_nobody_elses(store: WatchedLocks, hand: Hand) -> None:
    """An owner who stalled past the life of the lock cannot free it for its new owner."""
    slow, _ = await entered(make(store, hand, who="slow"))
    hand.now += LIFE
    await entered(make(store, hand, who="next"))
    await slow.aclose()
    with pytest.raises(SlotBusy):
        await entered(make(store, hand, who="third"))


async def test_locks_in_doubt_stay_until_their_end(store: WatchedLocks, hand: Hand) -> None:
    """After an unknown outcome nobody writes until the locks have ended, not even in this process."""
    locks = make(store, hand)
    async with locks.hold(["slot"]) as held:
        held.in_doubt = True
    assert store.releases == 0
    with pytest.raises(SlotBusy):
        await entered(locks)
    hand.now = NOW + LIFE
    await entered(locks)


async def test_what_remains_counts_from_before_the_first_was_asked_for(hand: Hand) -> None:
    """Waiting for the second lock is time of the first, and what is left is never negative."""

    class Slow(WatchedLocks):
        async def try_acquire(self, name: str, owner: str, now: datetime, life: timedelta) -> Lock | None:
            hand.now += SECOND
            return await super().try_acquire(name, owner, now, life)

    async with make(Slow(), hand).hold(["a", "b"]) as held:
        assert held.names == ("a", "b")
        assert LIFE - 3 * SECOND < held.time.remaining <= LIFE - 2 * SECOND
        hand.now = NOW + 2 * LIFE
        assert held.time.remaining == timedelta()


async def test_time_goes_by_with_the_clock_that_went_on_further(hand: Hand) -> None:
    """A machine that was suspended has a monotonic clock that stood still; a wall clock may be set back."""
    limit = TimeLimit(hand, LIFE)
    hand.now = NOW + 50 * SECOND
    assert limit.remaining <= 10 * SECOND
    hand.now = NOW - 3600 * SECOND
    await asyncio.sleep(0.01)
    assert timedelta() < LIFE - limit.remaining < 5 * SECOND


async def test_a_cancelled_wait_leaves_no_lock_behind(store: WatchedLocks, hand: Hand) -> None:
    """A task that is cancelled while the store is about to give it the lock frees it."""
    locks = make(store, hand)
    task = asyncio.ensure_future(entered(locks, "a", "b"))
    await store.asked_for["b"].wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for name in ("a", "b"):
        assert await store.try_acquire(name, "anybody", hand(), LIFE) is not None
    async with locks.hold(["c"]):
        pass


@pytest.mark.parametrize("answer", ["somebody else has it", "503"])
async def test_a_cancelled_wait_that_had_no_lock_frees_nothing(
    store: WatchedLocks, hand: Hand, answer: str
) -> None:
    """The store gave none, or could not be asked; the next in the queue has its turn."""
    if answer == "503":
        store.down_for.add("try")
    else:
        assert await MemoryLocks.try_acquire(store, "a", "somebody else", NOW, LIFE) is not None
    locks = make(store, hand)
    task = asyncio.ensure_future(entered(locks, "a"))
    await store.asked_for["a"].wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert store.releases == 0
    store.down_for.clear()
    hand.now += LIFE
    async with locks.hold(["a"]):
        pass


async def test_a_hung_owner_in_this_process_ends_the_wait_as_well(store: WatchedLocks, hand: Hand) -> None:
    """The queue of a process is waited in for `wait` at most, by the loop's own time."""
    locks = make(store, hand, wait=timedelta(milliseconds=20))
    async with locks.hold(["other"]):
        with pytest.raises(SlotBusy):
            await entered(locks, "other")


def test_names_tell_slots_apart_and_nothing_else() -> None:
    """One instant has one name in any zone; another service, start, person or business has another."""
    local = datetime.fromisoformat("2026-12-01T10:00:00-06:00")
    assert service_start_lock("A@contoso.com", "s", NOW) == service_start_lock("a@contoso.com", "s", local)
    names = {
        service_start_lock("a@contoso.com", "s", NOW),
        service_start_lock("a@contoso.com", "s", NOW + SECOND),
        service_start_lock("a@contoso.com", "t", NOW),
        service_start_lock("b@contoso.com", "s", NOW),
        staff_day_lock("a@contoso.com", "s", date(2026, 12, 1)),
        staff_day_lock("a@contoso.com", "s", date(2026, 12, 2)),
        customer_lock("a@contoso.com", "s"),
    }
    assert len(names) == 7


@virtually
async def test_waiting_in_the_queue_of_a_process_ends_too() -> None:
    """After the wait, to the moment."""
    loop = loop_now()
    locks = Locks(MemoryLocks(), loop.clock, lambda: "me", life=LIFE, wait=3 * SECOND)
    async with locks.hold(["slot"]):
        began = loop.now
        with pytest.raises(SlotBusy):
            async with locks.hold(["slot"]):
                pass
        assert loop.now - began == 3


async def test_processes_that_wait_do_not_march_in_step(store: WatchedLocks, hand: Hand) -> None:
    """Each pause is shortened by chance, to its half at most."""
    await store.try_acquire("slot", "another process", NOW, timedelta(days=1))
    pauses: set[float] = set()
    for _ in range(60):
        first: list[float] = []

        async def sleep(delay: float, /, first: list[float] = first) -> None:
            first.append(delay)
            await hand.sleep(delay)

        with pytest.raises(SlotBusy):
            async with Locks(store, hand, lambda: "me", life=LIFE, wait=SECOND, sleep=sleep).hold(["slot"]):
                pass
        pauses.add(first[0])
    assert len(pauses) > 30
    assert min(pauses) < 0.03
    assert all(0.02 <= one <= 0.04 for one in pauses)


def test_a_start_is_one_instant_whatever_the_zone_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers agree on the name of a lock."""
    start = datetime(2026, 6, 1, 16, tzinfo=UTC)
    here = service_start_lock("shop", "course", start)
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert service_start_lock("shop", "course", start) == here
        assert "2026-06-01T16:00:00+00:00" in here
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_address_has_one_hash_whatever_its_case() -> None:
    """The index finds a customer whose address is typed in another case, and a mailbox that is."""
    hasher = Hasher(b"k" * 32)
    assert email_hash(hasher, "shop", " Ann@Contoso.com ") == email_hash(hasher, "Shop", "ann@contoso.com")
    assert email_hash(hasher, "shop", "ann@contoso.com") != email_hash(hasher, "other", "ann@contoso.com")


def test_the_hash_of_an_address_stays_what_it_was() -> None:
    """Rows of before are found by it; no other kind of name is ever the same."""
    hasher = Hasher(b"secret")
    name = email_hash(hasher, "Shop@Contoso.com", "Ann@contoso.com")
    assert name == hasher.name("email", "shop@contoso.com", "ann@contoso.com")
