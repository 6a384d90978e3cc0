"""How often somebody may ask: fixed windows of time, counted under names that tell nobody who it is.

A count that cannot be had is no reason to refuse anybody: limits fail open, with a line in the log.
"""

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from shared.booking.ports import Clock, Counters
from shared.domain.errors import StoreUnavailable, TooManyRequests
from shared.platform.hashes import Hasher

logger = logging.getLogger(__name__)

C = TypeVar("C")

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
PATIENCE = 2.0
"""Seconds that a count may take before the request goes on without it."""


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `most` requests in each window of this length; windows are aligned to UTC."""

    name: str
    most: int
    window: timedelta

    def window_at(self, now: datetime) -> datetime:
        """The start of the window that `now` lies in."""
        return now - (now - EPOCH) % self.window


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands with one quota after this request."""

    quota: Quota
    used: int
    resets: timedelta

    @property
    def left(self) -> int:
        """How many more requests fit into the window."""
        return max(0, self.quota.most - self.used)

    @property
    def is_over(self) -> bool:
        """Whether this request was one too many."""
        return self.used > self.quota.most


class Limits:
    """Counts requests by whoever makes them, in the given counters."""

    def __init__(self, counters: Counters, hasher: Hasher, clock: Clock) -> None:
        self._counters = counters
        self._hasher = hasher
        self._clock = clock

    async def hit(self, kind: str, who: str, quotas: Sequence[Quota]) -> tuple[Standing, ...]:
        """Count one request and tell where `who` stands; empty where the counts cannot be had.

        The name that is counted under is a keyed hash of `who` and the UTC day, so that nobody can be
        followed from one day to the next.
        """
        now = self._clock()
        name = self._name(kind, who, now)
        return await _had(kind, [self._count(name, one, now) for one in quotas])

    async def used(self, kind: str, who: str, quotas: Sequence[Quota]) -> tuple[int, ...]:
        """How much of each quota is used, without counting; empty where the counts cannot be had."""
        now = self._clock()
        name = self._name(kind, who, now)
        counts = [self._counters.count(_row(name, one), one.window_at(now)) for one in quotas]
        return await _had(kind, counts)

    def _name(self, kind: str, who: str, now: datetime) -> str:
        return self._hasher.name("limit", kind, who, now.date().isoformat())

    async def _count(self, name: str, quota: Quota, now: datetime) -> Standing:
        window = quota.window_at(now)
        ends = window + quota.window
        used = await self._counters.hit(_row(name, quota), window, ends)
        return Standing(quota, used, ends - now)


def _row(name: str, quota: Quota) -> str:
    return f"{quota.name}\n{name}"


async def _had(kind: str, counts: Iterable[Awaitable[C]]) -> tuple[C, ...]:
    try:
        async with asyncio.timeout(PATIENCE):
            return tuple(await asyncio.gather(*counts))
    except (StoreUnavailable, TimeoutError) as error:
        logger.warning(
            "limits.open", extra={"event": "limits.open", "policy": kind, "error": type(error).__name__}
        )
        return ()


def check(standings: Sequence[Standing]) -> None:
    """Raise TooManyRequests, with the longest wait, where a quota is used up."""
    over = [one for one in standings if one.is_over]
    if over:
        longest = max(over, key=lambda one: one.resets)
        raise TooManyRequests(longest.quota.name, longest.resets)


class WorkerCounters:
    """Counters in the memory of one worker, for limits that no store call is worth.

    Implements Counters. Only the newest window of each name's kind is kept, and never more than
    `most` names: past that everything is forgotten, which errs on the side of the caller.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._counts: dict[tuple[str, datetime], int] = {}
        self._ends: datetime | None = None

    async def hit(self, name: str, window: datetime, ends: datetime) -> int:
        """Add one to the count of `name` in the window that starts at `window`; returns the new count."""
        if self._ends is None or self._ends <= window or len(self._counts) >= self._most:
            self._counts.clear()
            self._ends = ends
        used = self._counts.get((name, window), 0) + 1
        self._counts[name, window] = used
        return used

    async def count(self, name: str, window: datetime) -> int:
        """The count of `name` in the window that starts at `window`."""
        return self._counts.get((name, window), 0)

    async def sweep(self, before: datetime) -> int:
        """Delete windows that ended earlier; returns how many."""
        if self._ends is None or self._ends >= before:
            return 0
        gone = len(self._counts)
        self._counts.clear()
        return gone
