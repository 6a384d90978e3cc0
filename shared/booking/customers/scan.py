"""Reads the whole list of a business's customers into the index, once for all who wait for it.

Graph finds no customer by e-mail address, so an address that the index does not know is looked for in
the list, page by page. One reading is under way at a time for each business and worker. It belongs to
nobody: a request whose time is over leaves it running, so that a list that takes longer to read than
any request may last is read all the same.
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextvars import Context
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from shared.booking.ports import Changed, Clock, CustomerIndex, Graph
from shared.booking.records import IndexRow
from shared.booking.writes.locks import Locks, customer_lock, email_hash
from shared.domain.errors import SlotBusy, Unreachable
from shared.domain.model import Customer
from shared.platform.deadline import deadline, remaining
from shared.platform.hashes import Hasher
from shared.platform.logs import correlation_id

LONGEST: Final = timedelta(minutes=10)
"""The longest that a reading may take."""

PATIENCE: Final = timedelta(seconds=25)
"""The longest that anybody waits for it."""

AT_ONCE: Final = 1_600
"""Customers written together: enough to fill the transactions of the storage."""


@dataclass(slots=True, eq=False)
class _Reading:
    """A reading under way: what it has found so far, and who waits for which address."""

    started: datetime
    ids: dict[str, str] = field(default_factory=dict)
    awaited: "dict[str, asyncio.Future[str]]" = field(default_factory=dict)

    def show(self, ids: Mapping[str, str]) -> None:
        """Tell those who wait for one of these."""
        self.ids.update(ids)
        for name in ids.keys() & self.awaited.keys():
            self.awaited.pop(name).set_result(ids[name])

    def sighting(self, name: str) -> "asyncio.Future[str]":
        """Done as soon as the address with this hash is found."""
        sighted = self.awaited.setdefault(name, asyncio.get_running_loop().create_future())
        if name in self.ids:
            self.show({name: self.ids[name]})
        return sighted


class CustomerScans:
    """The readings of this worker."""

    def __init__(
        self, graph: Graph, index: CustomerIndex, locks: Locks, hasher: Hasher, clock: Clock
    ) -> None:
        self._graph = graph
        self._locks = locks
        self._index = index
        self._hasher = hasher
        self._clock = clock
        self._under_way: dict[str, tuple[_Reading, asyncio.Task[None]]] = {}

    async def find(self, business: str, name: str) -> tuple[str | None, datetime]:
        """The id of the customer whose address has this hash, and when the list began to be read.

        An id is returned as soon as it is found, None when the list is at its end. Raises GraphError and
        StoreUnavailable, and Unreachable where the caller's deadline is over first.
        """
        reading, task = self._begun(business)
        sighted = reading.sighting(name)
        limit = remaining(PATIENCE).total_seconds()
        await asyncio.wait((sighted, task), timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if sighted.done():
            return sighted.result(), reading.started
        if not task.done():
            raise Unreachable("customer scan")
        task.result()
        return None, reading.started

    async def renew(self, business: str) -> None:
        """Read the list; a long one is read on when this returns. Raises GraphError and StoreUnavailable."""
        _, task = self._begun(business)
        await asyncio.wait((task,), timeout=remaining(PATIENCE).total_seconds())
        if task.done():
            task.result()

    def _begun(self, business: str) -> "tuple[_Reading, asyncio.Task[None]]":
        if business not in self._under_way:
            reading = _Reading(self._clock())
            # A fresh context, but for the id: the deadline of whoever was first must not end it.
            context = Context()
            context.run(correlation_id.set, correlation_id.get())
            task = asyncio.get_running_loop().create_task(self._read(business, reading), context=context)
            task.add_done_callback(lambda done: self._ended(business, done))
            self._under_way[business] = reading, task
        return self._under_way[business]

    def _ended(self, business: str, task: "asyncio.Task[None]") -> None:
        del self._under_way[business]
        if not task.cancelled():
            task.exception()  # those who waited have it

    def _new(self, business: str, page: Iterable[Customer], reading: _Reading) -> Mapping[str, str]:
        """Ids by hash; of two records with one address the first counts, the same one in every reading."""
        found = (
            (email_hash(self._hasher, business, one.email), one.id) for one in page if one.email and one.id
        )
        return {name: customer_id for name, customer_id in found if name not in reading.ids}

    async def _read(self, business: str, reading: _Reading) -> None:
        with deadline(LONGEST):
            known = await self._index.known(business)
            listed: set[str | None] = set()
            news: dict[str, str] = {}
            async for page in self._graph.customers(business):
                listed |= {one.id for one in page}
                ids = self._new(business, page, reading)
                reading.show(ids)
                news |= {name: one for name, one in ids.items() if name not in known}
                if len(news) >= AT_ONCE:
                    await self._index.insert_missing(business, news)
                    news = {}
            await self._index.insert_missing(business, news)
            await self._adopt(business, known, listed, reading)
            await self._index.mark_scanned(business, reading.started)

    async def _adopt(
        self, business: str, known: Mapping[str, IndexRow], listed: set[str | None], reading: _Reading
    ) -> None:
        """Where the list has another record for an address in place of the one that the index names."""
        for name, row in known.items():
            found = reading.ids.get(name)
            if found is None or row.customer_id is None or row.customer_id in listed:
                continue
            try:
                async with self._locks.hold([customer_lock(business, name)]):
                    await self._index.replace(business, name, replace(row, customer_id=found))
            except (Changed, SlotBusy):
                continue  # somebody knows better
