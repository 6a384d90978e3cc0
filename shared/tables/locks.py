"""Locks in Azure Table Storage: who inserts the entity has the lock."""

from datetime import datetime, timedelta

from shared.booking.ports import AlreadyExists, Changed
from shared.booking.records import Lock
from shared.tables.keys import Key, named
from shared.tables.table import Table, version_of
from shared.tables.times import parsed, stored


class TableLocks:
    """Implements LockStore: a free lock is one call to take and one to free."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def try_acquire(self, name: str, owner: str, now: datetime, life: timedelta) -> Lock | None:
        """Take the lock if it is free or over at `now`; its owner gets it again, others None."""
        ends = now + life
        try:
            version = await self._table.insert(_key(name), _values(owner, ends))
        except AlreadyExists:
            return await self._take_over(Lock(name, owner, ends), now)
        return Lock(name, owner, ends, version)

    async def release(self, lock: Lock) -> None:
        """Free the lock if it is still this one; freeing a lost lock changes nothing."""
        await self._table.delete(_key(lock.name), lock.version)

    async def sweep(self, before: datetime) -> int:
        """Delete locks that ended earlier; returns how many."""
        return await self._table.sweep("Ends lt @before", {"before": stored(before)})

    async def _take_over(self, wanted: Lock, now: datetime) -> Lock | None:
        """The lock that is there, if it is this owner's or over; None where another was faster."""
        key = _key(wanted.name)
        held = await self._table.get(key)
        if held is None:
            return None
        ends = parsed(held["Ends"])
        if ends > now:
            is_own = held["Owner"] == wanted.owner
            return Lock(wanted.name, wanted.owner, ends, version_of(held)) if is_own else None
        try:
            version = await self._table.replace(key, _values(wanted.owner, wanted.ends), version_of(held))
        except Changed:
            return None
        return Lock(wanted.name, wanted.owner, wanted.ends, version)


def _key(name: str) -> Key:
    return named("lock", name)


def _values(owner: str, ends: datetime) -> dict[str, str]:
    return {"Owner": owner, "Ends": stored(ends)}
