"""Locks around a booking: one writer at a time for a slot, in all workers together.

A lock ends by itself after its life, so a worker that dies blocks nobody for long. Its owner counts
the life from before it asked, by its own clock; the clocks of the workers must agree to well within
the time by which a life outlasts a request.
"""

import asyncio
import logging
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol, Self
from weakref import WeakValueDictionary

from shared.booking.ports import Clock, Lock, LockStore, NewId
from shared.domain.errors import SlotBusy, StoreUnavailable

logger = logging.getLogger(__name__)

FIRST_POLL = timedelta(milliseconds=40)
LONGEST_POLL = timedelta(milliseconds=500)
POLL_GROWTH = 1.6


class Sleep(Protocol):
    """Lets time pass; `asyncio.sleep` outside of tests."""

    async def __call__(self, delay: float, /) -> None:
        """Return after `delay` seconds."""
        ...


def service_start_lock(business: str, service_id: str, start: datetime) -> str:
    """The lock of everybody who creates or joins the appointment of a group service at `start`."""
    return f"service-start\n{business.casefold()}\n{service_id}\n{start.astimezone(UTC).isoformat()}"


def staff_day_lock(business: str, staff_id: str, day: date) -> str:
    """The lock of everybody who takes time of a staff member on a local day of the business."""
    return f"staff-day\n{business.casefold()}\n{staff_id}\n{day.isoformat()}"


def customer_lock(business: str, email_hash: str) -> str:
    """The lock of everybody who creates the customer with this e-mail address."""
    return f"customer\n{business.casefold()}\n{email_hash}"


@dataclass(frozen=True, slots=True)
class _Grip:
    """One lock that is held: the turn within this process and, once it was had, the lock in the store."""

    turn: asyncio.Lock
    lock: Lock


class Held:
    """Locks that are held, from `Locks.acquire` until `release` or `abandon`."""

    def __init__(self, store: LockStore) -> None:
        self._store = store
        self._grips: list[_Grip] = []
        self._ends: datetime | None = None

    def add(self, grip: _Grip) -> None:
        """One more lock."""
        self._grips.append(grip)
        self._ends = min(self._ends or grip.lock.ends, grip.lock.ends)

    def remaining(self, now: datetime) -> timedelta:
        """How long all the locks still last; zero once one is over or after they were given up."""
        if not self._grips or self._ends is None:
            return timedelta()
        return max(self._ends - now, timedelta())

    async def release(self) -> None:
        """Free the locks; a second call, a lock that was lost and a store that fails do no harm."""
        grips, self._grips = self._grips, []
        if grips:
            await asyncio.gather(*(self._free(grip) for grip in grips))

    def abandon(self) -> None:
        """Let the locks end by themselves, because a late write may still land under them."""
        grips, self._grips = self._grips, []
        for grip in grips:
            grip.turn.release()

    async def _free(self, grip: _Grip) -> None:
        try:
            await self._store.release(grip.lock)
        except StoreUnavailable:
            logger.warning("lock.unreleased", extra={"event": "lock.unreleased"})
        finally:
            grip.turn.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.release()


class Locks:
    """Takes locks by name: `async with await locks.acquire(names) as held: ...`.

    Within a process whoever waits for a name waits in a queue, in the order of arrival; only the
    first in the queue asks the store, and polls while another process holds the lock.
    """

    def __init__(
        self,
        store: LockStore,
        clock: Clock,
        new_id: NewId,
        *,
        life: timedelta = timedelta(seconds=60),
        wait: timedelta = timedelta(seconds=3),
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._life = life
        self._wait = wait
        self._sleep = sleep
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def acquire(self, names: Sequence[str]) -> Held:
        """All the locks or none, in the order of their names; raises SlotBusy and StoreUnavailable.

        Waits at most the `wait` that these locks were made with, for all names together.
        """
        owner = self._new_id()
        held = Held(self._store)
        try:
            async with asyncio.timeout(self._wait.total_seconds()):
                for name in sorted(set(names)):
                    held.add(await self._grip(name, owner))
        except TimeoutError as error:
            await held.release()
            raise SlotBusy from error
        except BaseException:
            await held.release()
            raise
        return held

    async def _grip(self, name: str, owner: str) -> _Grip:
        turn = self._turns.setdefault(name, asyncio.Lock())
        await turn.acquire()
        try:
            return _Grip(turn, await self._poll(name, owner))
        except BaseException:
            turn.release()
            raise

    async def _poll(self, name: str, owner: str) -> Lock:
        for delay in _delays(self._wait):
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
            if lock is not None:
                await self._store.release(lock)
        except StoreUnavailable:
            logger.warning("lock.unreleased", extra={"event": "lock.unreleased"})


def _delays(most: timedelta) -> Iterator[timedelta]:
    """Growing pauses, each shortened by chance so that waiting processes do not march in step."""
    longest = FIRST_POLL
    while most > timedelta():
        delay = min(longest * random.uniform(0.5, 1.0), most)  # noqa: S311 (chance, not a secret)
        yield delay
        most -= delay
        longest = min(longest * POLL_GROWTH, LONGEST_POLL)
