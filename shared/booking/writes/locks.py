"""Locks around a write: one writer at a time for a slot, in all workers together.

A lock ends by itself after its life, so a worker that dies blocks nobody for long. Its owner counts
the life from before it asked, by the wall clock and by the monotonic one, whichever went on further:
a process that is stopped, or a machine that is suspended, must not believe in a lock that is over.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import NamedTuple, Protocol
from weakref import WeakValueDictionary

from shared.booking.ports import Clock, LockStore, NewId
from shared.booking.records import Lock
from shared.domain.addresses import comparable_email, comparable_mailbox
from shared.domain.errors import SlotBusy, StoreUnavailable
from shared.platform.hashes import Hasher

logger = logging.getLogger(__name__)

FIRST_POLL = timedelta(milliseconds=40)
LONGEST_POLL = timedelta(milliseconds=250)
POLL_GROWTH = 1.6

IN_A_ROW = 2
"""So often a lock goes from hand to hand within a process before all others have a chance to get it."""


class Sleep(Protocol):
    """Lets time pass; `asyncio.sleep` outside of tests."""

    async def __call__(self, delay: float, /) -> None:
        """Return after `delay` seconds."""
        ...


def service_start_lock(business: str, service_id: str, start: datetime) -> str:
    """The lock of everybody who creates or joins the appointment of a group service at `start`."""
    return f"service-start\n{comparable_mailbox(business)}\n{service_id}\n{start.astimezone(UTC).isoformat()}"


def staff_day_lock(business: str, staff_id: str, day: date) -> str:
    """The lock of everybody who takes time of a staff member on a local day of the business."""
    return f"staff-day\n{comparable_mailbox(business)}\n{staff_id}\n{day.isoformat()}"


def email_hash(hasher: Hasher, business: str, address: str) -> str:
    """What an e-mail address is called at one business, whatever the spelling of either."""
    return hasher.name("email", comparable_mailbox(business), comparable_email(address))


def customer_lock(business: str, email_hash: str) -> str:
    """The lock of everybody who creates the customer with this e-mail address."""
    return f"customer\n{comparable_mailbox(business)}\n{email_hash}"


def booking_lock(business: str, reference: str) -> str:
    """The lock of everybody who changes a booking that stands."""
    return f"booking\n{comparable_mailbox(business)}\n{reference}"


class Foreseen(NamedTuple):
    """The locks that a write will need (`names`), and those that it may need too (`also`)."""

    names: frozenset[str]
    also: frozenset[str] = frozenset()


class TimeLimit:
    """A length of time that began when this was made, told by the clock that goes on further.

    The wall clock may be set back, and the monotonic one stands still while a machine is suspended.
    """

    def __init__(self, clock: Clock, length: timedelta) -> None:
        self._clock = clock
        self._length = length
        self._wall = clock()
        self._monotonic = asyncio.get_running_loop().time()

    @property
    def remaining(self) -> timedelta:
        """What is surely left of it; never negative."""
        monotonic = timedelta(seconds=asyncio.get_running_loop().time() - self._monotonic)
        return max(self._length - max(self._clock() - self._wall, monotonic), timedelta())


class Turn:
    """The queue of those in this process who want one lock; it is forgotten when nobody does."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._in_a_row = 0

    async def wait(self, sleep: Sleep) -> None:
        """Be the first in the queue.

        Whoever gets a lock from hand to hand asks before another process can know that it is free. So, after
        some of them, the next one lets pass the longest time that others wait between two tries.
        """
        await self._lock.acquire()
        if self._in_a_row >= IN_A_ROW:
            self._in_a_row = 0
            try:
                await sleep(LONGEST_POLL.total_seconds())
            except BaseException:
                self._lock.release()
                raise

    def had(self) -> None:
        """The first in the queue has the lock."""
        self._in_a_row += 1

    def end(self) -> None:
        """It is the next one's turn."""
        self._lock.release()


@dataclass(slots=True, eq=False)
class HeldLocks:
    """The locks that one write is made under, and whether that write may still be under way.

    `in_doubt` is set directly before something is sent and taken back only where its end is known.
    Locks in doubt are not freed: they end by themselves, after whatever was sent.
    """

    time: TimeLimit
    in_doubt: bool = False
    _held: list[tuple[Turn, Lock]] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the locks, in order."""
        return tuple(lock.name for _, lock in self._held)

    def add(self, turn: Turn, lock: Lock) -> None:
        """Keep a lock, and with it the turn among the requests of this worker."""
        self._held.append((turn, lock))

    async def free(self, store: LockStore, but: frozenset[str] = frozenset()) -> None:
        """Give the locks back, `but` not these, or leave them to end; a store that fails does no harm."""
        held = [one for one in self._held if one[1].name not in but]
        self._held = [one for one in self._held if one[1].name in but]
        try:
            if not self.in_doubt:
                async with asyncio.TaskGroup() as group:
                    for _, lock in held:
                        group.create_task(_release(store, lock))
        finally:
            for turn, _ in held:
                turn.end()


class Locks:
    """Takes locks by name: `async with locks.hold(names) as held: ...`.

    Within a process whoever waits for a name waits in a queue, in the order of arrival; only the
    first in the queue asks the store, and polls while another process holds the lock.
    """

    def __init__(
        self,
        store: LockStore,
        clock: Clock,
        new_id: NewId,
        *,
        life: timedelta,
        wait: timedelta,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._life = life
        self._wait = wait
        self._sleep = sleep
        self._turns: WeakValueDictionary[str, Turn] = WeakValueDictionary()

    @asynccontextmanager
    async def hold(
        self, names: Iterable[str], wait: timedelta | None = None, *, also: Iterable[str] = ()
    ) -> AsyncIterator[HeldLocks]:
        """All the locks or none, in the order of their names; raises SlotBusy and StoreUnavailable.

        Waits at most so long for all names together, else the `wait` that these locks were made with.
        Those of `also` are taken where they are free at once; nobody waits for them. Whatever is held at
        the end is freed here.
        """
        held = HeldLocks(TimeLimit(self._clock, self._life))
        try:
            await self._take(names, held, self._wait if wait is None else wait, also)
            yield held
        finally:
            await held.free(self._store)

    async def narrow(self, held: HeldLocks, names: frozenset[str]) -> None:
        """Free what is held beside these, before anything is sent."""
        await held.free(self._store, but=names)

    async def _take(
        self, names: Iterable[str], held: HeldLocks, wait: timedelta, also: Iterable[str]
    ) -> None:
        owner = self._new_id()
        try:
            async with asyncio.timeout(wait.total_seconds()):
                for name in sorted(set(names)):
                    await self._take_one(name, held, partial(self._poll, name, owner, wait))
                for name in sorted(set(also)):
                    if name not in self._turns:  # nobody in this process has it or waits for it
                        await self._take_one(name, held, partial(self._try, name, owner))
        except TimeoutError as error:
            raise SlotBusy from error

    async def _take_one(self, name: str, held: HeldLocks, get: Callable[[], Awaitable[Lock | None]]) -> None:
        turn = self._turns.setdefault(name, Turn())
        await turn.wait(self._sleep)
        lock = None
        try:
            lock = await get()
        finally:
            if lock is None:
                turn.end()
        if lock is not None:
            turn.had()
            held.add(turn, lock)

    async def _poll(self, name: str, owner: str, wait: timedelta) -> Lock:
        for delay in _delays(wait):
            lock = await self._try(name, owner)
            if lock is not None:
                return lock
            await self._sleep(delay.total_seconds())
        raise SlotBusy

    async def _try(self, name: str, owner: str) -> Lock | None:
        """One try; one that is cancelled half-way is waited for, since it may have taken the lock."""
        attempt = asyncio.ensure_future(self._store.try_acquire(name, owner, self._clock(), self._life))
        try:
            return await asyncio.shield(attempt)
        except asyncio.CancelledError:
            await self._undo(attempt)
            raise

    async def _undo(self, attempt: "asyncio.Future[Lock | None]") -> None:
        try:
            lock = await attempt
        except StoreUnavailable:
            return
        if lock is not None:
            await _release(self._store, lock)


async def _release(store: LockStore, lock: Lock) -> None:
    """Free a lock; one that cannot be freed, for whatever reason, ends by itself."""
    try:
        await store.release(lock)
    except Exception as error:  # noqa: BLE001 (what was written stands, and its answer must go out)
        logger.warning("lock.unreleased", extra={"event": "lock.unreleased", "error": type(error).__name__})


def _delays(most: timedelta) -> Iterator[timedelta]:
    """Growing pauses, each shortened by chance so that waiting processes do not march in step."""
    longest = FIRST_POLL
    while most > timedelta():
        delay = min(longest * random.uniform(0.5, 1.0), most)  # noqa: S311 (chance, not a secret)
        yield delay
        most -= delay
        longest = min(longest * POLL_GROWTH, LONGEST_POLL)
