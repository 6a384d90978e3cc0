"""Counters in Azure Table Storage: read, add one, write back if nobody else did meanwhile."""

import asyncio
import random
from datetime import datetime
from weakref import WeakValueDictionary

from shared.booking.ports import AlreadyExists, Changed
from shared.domain.errors import StoreUnavailable
from shared.tables.keys import Key, named
from shared.tables.table import Table, version_of
from shared.tables.times import stored

TRIES = 10
LONGEST_PAUSE = 0.1


class TableCounters:
    """Implements Counters: two calls for a hit that nobody is in the way of.

    Hits on one name within a process wait for each other, so that only processes compete. A hit
    whose answer was lost may count twice; a limit can bear that.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._turns: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()

    async def hit(self, name: str, window: datetime, ends: datetime) -> int:
        """Add one to the count of `name` in the window that starts at `window`; returns the new count."""
        key = _key(name, window)
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            for _ in range(TRIES):
                try:
                    return await self._add_one(key, ends)
                except (AlreadyExists, Changed):
                    await asyncio.sleep(random.uniform(0, LONGEST_PAUSE))  # noqa: S311 (chance, not a secret)
        raise StoreUnavailable("counters.hit", "contended")

    async def count(self, name: str, window: datetime) -> int:
        """The count of `name` in the window that starts at `window`."""
        known = await self._table.get(_key(name, window))
        return 0 if known is None else int(known["Count"])

    async def sweep(self, before: datetime) -> int:
        """Delete windows that ended earlier; returns how many."""
        return await self._table.sweep("Ends lt @before", {"before": stored(before)})

    async def _add_one(self, key: Key, ends: datetime) -> int:
        known = await self._table.get(key)
        count = 1 if known is None else int(known["Count"]) + 1
        values = {"Count": count, "Ends": stored(ends)}
        if known is None:
            await self._table.insert(key, values)
        else:
            await self._table.replace(key, values, version_of(known))
        return count


def _key(name: str, window: datetime) -> Key:
    return named("counter", name, stored(window))
