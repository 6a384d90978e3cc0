"""Reads that many ask for and one performs.

What may be a little old is read once, and its result serves everybody for a while (`SingleFlight`).

Whoever holds locks may judge only by a read that began afterwards, so one that is under way serves nobody
who comes later (`SharedReads`). While there is room for a read it begins at once, for one caller alone. While
there is none, callers gather, and the next read is for all of them, as databases share a commit: the more
wait, the fewer calls each of them costs.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

from shared.booking.ports import Clock
from shared.domain.errors import Crowded, Unreachable
from shared.domain.intervals import Interval
from shared.platform.deadline import deadline, for_booking, remaining
from shared.platform.logs import correlation_id

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

NAME = "shared read"
PATIENCE = timedelta(seconds=25)
"""The longest that a read may take, and that anybody waits for it."""


@dataclass(slots=True)
class _Entry(Generic[V]):
    task: "asyncio.Task[V]"
    started: datetime


class SingleFlight(Generic[K, V]):
    """Keeps the results of reads for `life`, at most `limit` of them, the least recently used go first.

    A read that fails is not kept: everybody who waited gets the error, the next one reads anew. A
    caller who stops waiting does not stop the read for the others.
    """

    def __init__(self, clock: Clock, life: timedelta, limit: int) -> None:
        self._clock = clock
        self._life = life
        self._limit = limit
        self._entries: OrderedDict[K, _Entry[V]] = OrderedDict()

    async def get(self, key: K, read: Callable[[], Awaitable[V]]) -> V:
        """The result of `read` for this key, shared while it is younger than the life.

        Raises what `read` raises, and Unreachable where the caller's deadline is over before it ends.
        """
        entry = self._entries.get(key)
        if entry is None or not self._serves(entry):
            entry = self._start(key, read)
        self._entries.move_to_end(key)
        try:
            async with asyncio.timeout(remaining(PATIENCE).total_seconds()):
                return await asyncio.shield(entry.task)
        except TimeoutError as error:
            raise Unreachable(NAME) from error

    def known(self, key: K) -> V | None:
        """The result that is kept for this key, however old; None where there is none."""
        entry = self._entries.get(key)
        has_result = entry is not None and entry.task.done() and not _failed(entry.task)
        return entry.task.result() if entry is not None and has_result else None

    def drop(self, unwanted: Callable[[K], bool]) -> None:
        """Forget the results whose key is unwanted; reads under way go on for those who wait."""
        for key in [key for key in self._entries if unwanted(key)]:
            del self._entries[key]

    def _serves(self, entry: _Entry[V]) -> bool:
        if self._clock() - entry.started >= self._life:
            return False
        return not entry.task.done() or not _failed(entry.task)

    def _start(self, key: K, read: Callable[[], Awaitable[V]]) -> _Entry[V]:
        async def flight() -> V:
            with deadline(PATIENCE):
                return await read()

        # A fresh context: the read belongs to all who wait, not to the deadline of the first. Only the id
        # under which Graph is asked is the one of whoever came first.
        context = Context()
        context.run(correlation_id.set, correlation_id.get())
        task = asyncio.get_running_loop().create_task(flight(), context=context)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        entry = _Entry(task, self._clock())
        self._entries[key] = entry
        while len(self._entries) > self._limit:
            self._entries.popitem(last=False)
        return entry


def _failed(task: "asyncio.Task[V]") -> bool:
    return task.cancelled() or task.exception() is not None


AT_ONCE = 2
"""Reads under way at a time: a read is two calls, and a mailbox has four places, so more would wait there.

Bookings a second of 24 clients at one worker in virtual time, each call 0.2 s, known and new customers: 14.0
and 8.3 with one, 14.7 and 8.3 with two, 13.5 and 8.0 with three, 12.4 and 7.8 with four, 6.5 and 4.9 without
sharing. For two clients one is slower (4.34) than two, which is as fast as without sharing (4.41).
"""

WEIGHT = 1 / 4
"""How much the latest read counts in how long reads usually take."""


@dataclass(slots=True, eq=False)
class _Asked(Generic[V]):
    """One caller; of no use after `latest`, in the loop's time."""

    span: Interval
    latest: float
    correlation_id: str
    came: "asyncio.Future[V]"


@dataclass(slots=True, eq=False)
class _Line(Generic[V]):
    """Who waits for the next read, when those under way began, and how long they usually take."""

    waiting: deque[_Asked[V]] = field(default_factory=deque)
    begun: list[float] = field(default_factory=list)
    usual: float = 0.0


class SharedReads(Generic[K, V]):
    """Reads spans of what a key names; `fits` tells which spans are not too wide for one read of it.

    A caller who stops waiting does not stop the read for the others.
    """

    def __init__(
        self, read: Callable[[K, Interval], Awaitable[V]], fits: Callable[[K, Interval], bool]
    ) -> None:
        self._read = read
        self._fits = fits
        self._lines: dict[K, _Line[V]] = {}

    async def get(self, key: K, span: Interval) -> V:
        """What a read gave that began after this call and holds the span, perhaps with more around it.

        Raises what the read raises; Crowded at once where its turn will come too late for the caller's
        deadline, and Unreachable where the deadline is over before it ends, both with `retry_after`.
        """
        line, left = self._lines.setdefault(key, _Line()), remaining(PATIENCE).total_seconds()
        wait = _expected(line)
        if wait > left:
            raise Crowded(NAME, retry_after=timedelta(seconds=wait))
        came: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        asked = _Asked(span, _now() + left, correlation_id.get(), came)
        line.waiting.append(asked)
        self._begin(key, line)
        try:
            async with asyncio.timeout(left):
                return await came
        except TimeoutError as error:
            raise Unreachable(NAME, retry_after=timedelta(seconds=_usual(line))) from error

    def _begin(self, key: K, line: _Line[V]) -> None:
        """Begin as many reads as there is room for; whoever asks from now on waits for another."""
        while len(line.begun) < AT_ONCE and (aboard := self._aboard(key, line)):
            began = _now()
            line.begun.append(began)
            # A fresh context: the read belongs to all who wait, not to the deadline of the first. Only the id
            # under which Graph is asked is the one of whoever came first.
            context = Context()
            context.run(correlation_id.set, aboard[0].correlation_id)
            task = asyncio.get_running_loop().create_task(self._perform(key, aboard), context=context)
            task.add_done_callback(partial(self._end, key, line, aboard, began))

    async def _perform(self, key: K, aboard: Sequence[_Asked[V]]) -> V:
        with for_booking(), deadline(timedelta(seconds=max(one.latest for one in aboard) - _now())):
            return await self._read(key, around(one.span for one in aboard))

    def _end(
        self, key: K, line: _Line[V], aboard: Sequence[_Asked[V]], began: float, task: "asyncio.Task[V]"
    ) -> None:
        line.begun.remove(began)
        line.usual += (_now() - began - line.usual) * (WEIGHT if line.usual else 1)
        error = None if task.cancelled() else task.exception()
        for came in (one.came for one in aboard if not one.came.done()):
            if task.cancelled():
                came.cancel()
            elif error is not None:
                came.set_exception(_own(error))
            else:
                came.set_result(task.result())
        self._begin(key, line)
        if not line.begun:
            del self._lines[key]

    def _aboard(self, key: K, line: _Line[V]) -> Sequence[_Asked[V]]:
        """Take from the line whom the next read serves: the first, and who else fits into its span."""
        aboard: list[_Asked[V]] = []
        left: deque[_Asked[V]] = deque()
        span: Interval | None = None
        for one in line.waiting:
            if one.came.done():  # gave up
                continue
            wider = one.span if span is None else around((span, one.span))
            if span is None or self._fits(key, wider):
                aboard.append(one)
                span = wider
            else:
                left.append(one)
        line.waiting = left
        return aboard


def around(spans: Iterable[Interval]) -> Interval:
    """From the first start to the last end."""
    starts, ends = zip(*((one.start, one.end) for one in spans), strict=True)
    return Interval(min(starts), max(ends))


def _expected(line: _Line[V]) -> float:
    """Seconds until who asks now has an answer, by what is known; 0 where a read begins at once."""
    if len(line.begun) < AT_ONCE:
        return 0.0
    usual = _usual(line)
    return min(line.begun) + usual - _now() + usual


def _usual(line: _Line[V]) -> float:
    """Seconds that a read takes, by those before and by what those under way have taken already."""
    return max((line.usual, *(_now() - began for began in line.begun)))


def _own(error: BaseException) -> BaseException:
    """The same error for one of those who wait, without the traces of the others."""
    own = type(error).__new__(type(error), *error.args)
    own.__dict__.update(error.__dict__)
    return own


def _now() -> float:
    return asyncio.get_running_loop().time()
