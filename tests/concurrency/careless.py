"""Stores that write without a condition: what the races must catch."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

from shared.booking.ports import AlreadyExists, Stores
from shared.booking.records import IdempotencyRecord, Lock
from shared.domain.errors import StoreUnavailable
from shared.tables.keys import named
from shared.tables.locks import TableLocks
from shared.tables.memory import MemoryIdempotency, MemoryLedger, MemoryLocks
from shared.tables.stores import TableStores
from shared.tables.table import Table

LONG = timedelta(days=1)


class LookingLocks(MemoryLocks):
    """Sees that a lock is free, and takes it a moment later, whoever has it by then."""

    async def try_acquire(self, name: str, owner: str, now: datetime, life: timedelta) -> Lock | None:
        is_free = name not in self._locks
        await asyncio.sleep(0)
        self._locks[name] = Lock(name, owner, now + life, owner)
        return self._locks[name] if is_free else None


class LookingRecords(MemoryIdempotency):
    """The same with records."""

    async def insert(self, record: IdempotencyRecord) -> IdempotencyRecord:
        is_new = record.key not in self._records
        await asyncio.sleep(0)
        if not is_new:
            raise AlreadyExists
        return self._records.write(record.key, record)


class UpsertingLocks(TableLocks):
    """On Azure Table Storage: an upsert where an insert belongs, so that nobody is ever refused."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._rows = table

    async def try_acquire(self, name: str, owner: str, now: datetime, life: timedelta) -> Lock | None:
        await self._rows.upsert(named(name), {"Owner": owner})
        return Lock(name, owner, now + life, owner)

    async def release(self, lock: Lock) -> None:
        await self._rows.delete(named(lock.name))


def careless(stores: Stores) -> Stores:
    """The same stores with locks that two may hold, and in memory with records that two may insert."""
    if isinstance(stores, TableStores):
        return replace(stores, locks=UpsertingLocks(Table(stores.service, "locks")))
    return replace(stores, locks=LookingLocks(), idempotency=LookingRecords())


class ClaimedLocks(MemoryLocks):
    """Locks that last `really` so long, or as long as asked for, and tell their owners of `claimed`."""

    def __init__(self, claimed: timedelta, really: timedelta | None = None) -> None:
        super().__init__()
        self._claimed, self._really = claimed, really

    async def try_acquire(self, name: str, owner: str, now: datetime, life: timedelta) -> Lock | None:
        lock = await super().try_acquire(name, owner, now, life if self._really is None else self._really)
        return None if lock is None else replace(lock, ends=now + self._claimed)


class Freezes(MemoryIdempotency):
    """A worker that stands still once its attempt is recorded, right before it writes."""

    def __init__(self, *, leases_for_ever: bool) -> None:
        super().__init__()
        self._leases_for_ever = leases_for_ever
        self.is_frozen, self.goes_on = asyncio.Event(), asyncio.Event()

    async def replace(self, record: IdempotencyRecord) -> IdempotencyRecord:
        stored = await super().replace(record)
        if record.attempt is not None and not self.is_frozen.is_set():
            self.is_frozen.set()
            await self.goes_on.wait()
        return replace(stored, lease_ends=stored.lease_ends + LONG) if self._leases_for_ever else stored


class NeverSettles(MemoryIdempotency):
    """Shows the timer nothing."""

    async def unsettled(self, now: datetime) -> AsyncIterator[IdempotencyRecord]:  # noqa: ARG002 (the port's signature)
        none: tuple[IdempotencyRecord, ...] = ()
        for record in none:
            yield record


class NoLedger(MemoryLedger):
    """Remembers nothing that was written a moment ago."""

    async def record(self, *_: object) -> None:
        return None


class FreesAnybodys(TableLocks):
    """Frees whatever stands under the name, whoever has it by then."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._rows = table

    async def release(self, lock: Lock) -> None:
        await self._rows.delete(named("lock", lock.name))


class GrantsWhenBlind(TableLocks):
    """Takes a storage that cannot be asked for a lock that is free."""

    async def try_acquire(self, name: str, owner: str, now: datetime, life: timedelta) -> Lock | None:
        try:
            return await super().try_acquire(name, owner, now, life)
        except StoreUnavailable:
            return Lock(name, owner, now + life, owner)
