"""Stores that write without a condition: what the races must catch."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from shared.booking.ports import AlreadyExists, Stores
from shared.booking.records import IdempotencyRecord, Lock
from shared.tables.keys import named
from shared.tables.locks import TableLocks
from shared.tables.memory import MemoryIdempotency, MemoryLocks
from shared.tables.stores import TableStores
from shared.tables.table import Table


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
        return self._store(record)


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
