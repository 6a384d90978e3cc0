"""Reads that many ask for and one performs: equal reads share a flight and, for a while, its result."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from shared.booking.ports import Clock
from shared.domain.errors import Unreachable
from shared.platform.deadline import deadline, remaining
from shared.platform.logs import correlation_id

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

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
            raise Unreachable("shared read") from error

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
