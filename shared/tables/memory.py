"""The stores in memory, for one process: a fresh start forgets everything.

No method awaits anything between reading and writing, so on one event loop each is atomic.
"""

from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Mapping, MutableMapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import TypeVar

from shared.booking.ports import AlreadyExists, Changed, Stores
from shared.booking.records import IdempotencyRecord, IndexRow, LedgerEntry, Lock, State
from shared.domain.addresses import comparable_mailbox
from shared.tables.memory_erasures import MemoryErasures
from shared.tables.memory_rows import MemoryBookings

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

SETTLED = frozenset({State.COMPLETED, State.REFUSED})


def _sweep(values: MutableMapping[K, V], is_over: Callable[[V], bool]) -> int:
    over = [key for key, value in values.items() if is_over(value)]
    for key in over:
        del values[key]
    return len(over)


class MemoryIdempotency:
    """Implements IdempotencyStore."""

    def __init__(self) -> None:
        self._records: dict[str, IdempotencyRecord] = {}
        self._versions = count(1)

    async def insert(self, record: IdempotencyRecord) -> IdempotencyRecord:
        """Store a new record and return it with its version; raises AlreadyExists."""
        if record.key in self._records:
            raise AlreadyExists
        return self._store(record)

    async def get(self, key: str) -> IdempotencyRecord | None:
        """The record of this key."""
        return self._records.get(key)

    async def replace(self, record: IdempotencyRecord) -> IdempotencyRecord:
        """Overwrite exactly the version that `record` carries; raises Changed."""
        known = self._records.get(record.key)
        if known is None or known.version != record.version:
            raise Changed
        return self._store(record)

    async def unsettled(self, now: datetime) -> AsyncIterator[IdempotencyRecord]:
        """What is unknown, in progress with its lease over, or to be looked at again."""
        for record in list(self._records.values()):
            is_left = record.state is State.IN_PROGRESS and record.lease_ends <= now
            is_due = record.look_again is not None and record.look_again <= now
            if record.state is State.UNKNOWN or is_left or is_due:
                yield record

    async def sweep(self, before: datetime) -> int:
        """Delete completed and refused records created earlier; returns how many."""
        return _sweep(self._records, lambda one: one.state in SETTLED and one.created < before)

    def _store(self, record: IdempotencyRecord) -> IdempotencyRecord:
        stored = replace(record, version=str(next(self._versions)))
        self._records[record.key] = stored
        return stored


class MemoryLocks:
    """Implements LockStore."""

    def __init__(self) -> None:
        self._locks: dict[str, Lock] = {}
        self._versions = count(1)

    async def try_acquire(self, name: str, owner: str, now: datetime, life: timedelta) -> Lock | None:
        """Take the lock if it is free or over at `now`; its owner gets it again, others None."""
        held = self._locks.get(name)
        if held is not None and held.ends > now:
            return held if held.owner == owner else None
        lock = Lock(name, owner, now + life, str(next(self._versions)))
        self._locks[name] = lock
        return lock

    async def release(self, lock: Lock) -> None:
        """Free the lock if it is still this one; freeing a lost lock changes nothing."""
        held = self._locks.get(lock.name)
        if held is not None and held.version == lock.version:
            del self._locks[lock.name]

    async def sweep(self, before: datetime) -> int:
        """Delete locks that ended earlier; returns how many."""
        return _sweep(self._locks, lambda one: one.ends < before)


class MemoryCustomers:
    """Implements CustomerIndex."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], IndexRow] = {}
        self._scanned: dict[str, datetime] = {}
        self._versions = count(1)

    async def get(self, business: str, email_hash: str) -> IndexRow | None:
        """The row of this address."""
        return self._rows.get((comparable_mailbox(business), email_hash))

    async def known(self, business: str) -> Mapping[str, IndexRow]:
        """All rows by e-mail hash."""
        wanted = comparable_mailbox(business)
        return {email_hash: row for (box, email_hash), row in self._rows.items() if box == wanted}

    async def insert(self, business: str, email_hash: str, row: IndexRow) -> IndexRow:
        """Store a new row and return it with its version; raises AlreadyExists."""
        if (comparable_mailbox(business), email_hash) in self._rows:
            raise AlreadyExists
        return self._store(business, email_hash, row)

    async def insert_missing(self, business: str, ids: Mapping[str, str]) -> None:
        """Store rows for those of these ids, by e-mail hash, whose address has none; any number at once."""
        for email_hash, customer_id in ids.items():
            if (comparable_mailbox(business), email_hash) not in self._rows:
                self._store(business, email_hash, IndexRow(customer_id))

    async def replace(self, business: str, email_hash: str, row: IndexRow) -> IndexRow:
        """Overwrite exactly the version that `row` carries; raises Changed."""
        self._expect(business, email_hash, row)
        return self._store(business, email_hash, row)

    async def delete(self, business: str, email_hash: str, row: IndexRow) -> None:
        """Remove exactly the version that `row` carries; raises Changed."""
        self._expect(business, email_hash, row)
        del self._rows[comparable_mailbox(business), email_hash]

    async def scanned_at(self, business: str) -> datetime | None:
        """When the whole list of customers was last read into the index."""
        return self._scanned.get(comparable_mailbox(business))

    async def mark_scanned(self, business: str, at: datetime) -> None:
        """Remember that the whole list was read, as it stood at `at`."""
        self._scanned[comparable_mailbox(business)] = at

    def _expect(self, business: str, email_hash: str, row: IndexRow) -> None:
        known = self._rows.get((comparable_mailbox(business), email_hash))
        if known is None or known.version != row.version:
            raise Changed

    def _store(self, business: str, email_hash: str, row: IndexRow) -> IndexRow:
        stored = replace(row, version=str(next(self._versions)))
        self._rows[comparable_mailbox(business), email_hash] = stored
        return stored


class MemoryLedger:
    """Implements Ledger."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, date, str], LedgerEntry] = {}

    async def record(self, business: str, days: Iterable[date], entry: LedgerEntry) -> None:
        """Remember an appointment on each day that it touches; a later entry for its id replaces it."""
        lean = replace(
            entry.appointment,
            attendees=(),
            service_notes=None,
            join_url=None,
            browser_join_url=None,
            location=None,
            price=None,
            price_type=None,
            service_name=None,
            created=None,
        )
        for day in days:
            self._entries[comparable_mailbox(business), day, lean.id] = replace(entry, appointment=lean)

    async def recent(self, business: str, days: Iterable[date], since: datetime) -> tuple[LedgerEntry, ...]:
        """What was written to these days at `since` or later, each appointment once, the newest entry."""
        wanted = set(days)
        written = [
            entry
            for (whose, day, _), entry in self._entries.items()
            if whose == comparable_mailbox(business) and day in wanted and entry.written >= since
        ]
        newest = {one.appointment.id: one for one in sorted(written, key=_when)}
        return tuple(sorted(newest.values(), key=_when))

    async def sweep(self, before: datetime) -> int:
        """Delete entries written earlier; returns how many."""
        return _sweep(self._entries, lambda one: one.written < before)


def _when(entry: LedgerEntry) -> tuple[datetime, str]:
    return entry.written, entry.appointment.id


class MemoryCounters:
    """Implements Counters."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, datetime], tuple[int, datetime]] = {}

    async def hit(self, name: str, window: datetime, ends: datetime) -> int:
        """Add one to the count of `name` in the window that starts at `window`; returns the new count."""
        known, _ = self._counts.get((name, window), (0, ends))
        self._counts[name, window] = (known + 1, ends)
        return known + 1

    async def count(self, name: str, window: datetime) -> int:
        """The count of `name` in the window that starts at `window`."""
        return self._counts.get((name, window), (0, window))[0]

    async def sweep(self, before: datetime) -> int:
        """Delete windows that ended earlier; returns how many."""
        return _sweep(self._counts, lambda one: one[1] < before)


class MemoryOnce:
    """Implements OnceStore."""

    def __init__(self) -> None:
        self._claims: dict[str, tuple[str, datetime]] = {}

    async def claim(self, name: str, owner: str, ends: datetime) -> bool:
        """True for the first owner, and for the same owner again; False for any other until swept."""
        return self._claims.setdefault(name, (owner, ends))[0] == owner

    async def sweep(self, before: datetime) -> int:
        """Delete claims that ended earlier; returns how many."""
        return _sweep(self._claims, lambda one: one[1] < before)


def memory_stores() -> Stores:
    """All the stores of one process, empty."""
    return Stores(
        idempotency=MemoryIdempotency(),
        locks=MemoryLocks(),
        customers=MemoryCustomers(),
        ledger=MemoryLedger(),
        bookings=MemoryBookings(),
        counters=MemoryCounters(),
        once=MemoryOnce(),
        erasures=MemoryErasures(),
    )
