"""The stores in memory, for one process: a fresh start forgets everything.

No method awaits anything between reading and writing, so on one event loop each is atomic.
"""

from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import TypeVar

from shared.booking.ports import AlreadyExists, Changed, Place, Stores
from shared.booking.records import BookingRow, IdempotencyRecord, IndexRow, LedgerEntry, Lock, State
from shared.domain.addresses import comparable_mailbox
from shared.domain.intervals import Interval
from shared.tables.memory_erasures import MemoryErasures

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
R = TypeVar("R", IdempotencyRecord, IndexRow, BookingRow)

SETTLED = frozenset({State.COMPLETED, State.REFUSED})


def _sweep(values: MutableMapping[K, V], is_over: Callable[[V], bool]) -> int:
    over = [key for key, value in values.items() if is_over(value)]
    for key in over:
        del values[key]
    return len(over)


class _Rows(dict[K, R]):
    """Rows by key, each with the version under which it was written last."""

    def __init__(self) -> None:
        super().__init__()
        self._versions = count(1)

    def insert(self, key: K, row: R) -> R:
        if key in self:
            raise AlreadyExists
        return self.write(key, row)

    def change(self, key: K, row: R) -> R:
        self._expect(key, row)
        return self.write(key, row)

    def remove(self, key: K, row: R) -> None:
        self._expect(key, row)
        del self[key]

    def _expect(self, key: K, row: R) -> None:
        if key not in self or self[key].version != row.version:
            raise Changed

    def write(self, key: K, row: R) -> R:
        self[key] = stored = replace(row, version=str(next(self._versions)))
        return stored


class MemoryIdempotency:
    """Implements IdempotencyStore."""

    def __init__(self) -> None:
        self._records: _Rows[str, IdempotencyRecord] = _Rows()

    async def insert(self, record: IdempotencyRecord) -> IdempotencyRecord:
        """Store a new record and return it with its version; raises AlreadyExists."""
        return self._records.insert(record.key, record)

    async def get(self, key: str) -> IdempotencyRecord | None:
        """The record of this key."""
        return self._records.get(key)

    async def replace(self, record: IdempotencyRecord) -> IdempotencyRecord:
        """Overwrite exactly the version that `record` carries; raises Changed."""
        return self._records.change(record.key, record)

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
        self._rows: _Rows[tuple[str, str], IndexRow] = _Rows()
        self._scanned: dict[str, datetime] = {}

    async def get(self, business: str, email_hash: str) -> IndexRow | None:
        """The row of this address."""
        return self._rows.get((comparable_mailbox(business), email_hash))

    async def known(self, business: str) -> Mapping[str, IndexRow]:
        """All rows by e-mail hash."""
        wanted = comparable_mailbox(business)
        return {email_hash: row for (box, email_hash), row in self._rows.items() if box == wanted}

    async def insert(self, business: str, email_hash: str, row: IndexRow) -> IndexRow:
        """Store a new row and return it with its version; raises AlreadyExists."""
        return self._rows.insert((comparable_mailbox(business), email_hash), row)

    async def insert_missing(self, business: str, ids: Mapping[str, str]) -> None:
        """Store rows for those of these ids, by e-mail hash, whose address has none; any number at once."""
        for email_hash, customer_id in ids.items():
            with suppress(AlreadyExists):
                await self.insert(business, email_hash, IndexRow(customer_id))

    async def replace(self, business: str, email_hash: str, row: IndexRow) -> IndexRow:
        """Overwrite exactly the version that `row` carries; raises Changed."""
        return self._rows.change((comparable_mailbox(business), email_hash), row)

    async def delete(self, business: str, email_hash: str, row: IndexRow) -> None:
        """Remove exactly the version that `row` carries; raises Changed."""
        self._rows.remove((comparable_mailbox(business), email_hash), row)

    async def scanned_at(self, business: str) -> datetime | None:
        """When the whole list of customers was last read into the index."""
        return self._scanned.get(comparable_mailbox(business))

    async def mark_scanned(self, business: str, at: datetime) -> None:
        """Remember that the whole list was read, as it stood at `at`."""
        self._scanned[comparable_mailbox(business)] = at


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
        mailbox, wanted = comparable_mailbox(business), set(days)
        written = [
            entry
            for (whose, day, _), entry in self._entries.items()
            if whose == mailbox and day in wanted and entry.written >= since
        ]
        newest = {one.appointment.id: one for one in sorted(written, key=_when)}
        return tuple(sorted(newest.values(), key=_when))

    async def sweep(self, before: datetime) -> int:
        """Delete entries written earlier; returns how many."""
        return _sweep(self._entries, lambda one: one.written < before)


def _when(entry: LedgerEntry) -> tuple[datetime, str]:
    return entry.written, entry.appointment.id


class MemoryBookings:
    """Implements BookingStore."""

    def __init__(self) -> None:
        self._rows: _Rows[tuple[str, str], BookingRow] = _Rows()

    async def insert(self, row: BookingRow) -> BookingRow:
        """Store a new row and return it with its version; raises AlreadyExists."""
        return self._rows.insert(_place(row), replace(row, filed=row.span.start))

    async def get(self, business: str, reference: str) -> BookingRow | None:
        """The row of this booking."""
        return self._rows.get((comparable_mailbox(business), reference))

    async def replace(self, row: BookingRow) -> BookingRow:
        """Overwrite exactly the version that `row` carries; raises Changed."""
        return self._rows.change(_place(row), replace(row, filed=row.span.start))

    async def of_person(self, business: str, person: str) -> Sequence[BookingRow]:
        """All rows of one person, by start."""
        return [row for row in self._of(business) if row.person == person]

    async def starting(
        self, business: str, span: Interval, after: Place | None, most: int
    ) -> Sequence[BookingRow]:
        """At most so many rows that start in `span`, by start and reference, those `after` this place."""
        found = [row for row in self._of(business) if span.start <= row.span.start < span.end]
        return [row for row in found if after is None or (row.span.start, row.reference) > after][:most]

    async def delete(self, row: BookingRow) -> None:
        """Remove a row, whatever its version; one that is gone already is no error."""
        self._rows.pop(_place(row), None)

    async def sweep(self, business: str, before: datetime) -> int:
        """Delete the rows of bookings that ended earlier; returns how many."""
        box = comparable_mailbox(business)
        return _sweep(self._rows, lambda row: _place(row)[0] == box and row.span.end < before)

    def _of(self, business: str) -> list[BookingRow]:
        found = [row for (box, _), row in self._rows.items() if box == comparable_mailbox(business)]
        return sorted(found, key=lambda row: (row.span.start, row.reference))


def _place(row: BookingRow) -> tuple[str, str]:
    return comparable_mailbox(row.business), row.reference


class MemoryCounters:
    """Implements Counters."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, datetime], tuple[int, datetime]] = {}

    async def hit(self, name: str, window: datetime, ends: datetime) -> int:
        """Add one to the count of `name` in the window that starts at `window`; returns the new count."""
        used = self._counts.get((name, window), (0, ends))[0] + 1
        self._counts[name, window] = (used, ends)
        return used

    async def count(self, name: str, window: datetime) -> int:
        """The count of `name` in the window that starts at `window`."""
        return self._counts.get((name, window), (0, window))[0]

    async def sweep(self, before: datetime) -> int:
        """Delete windows that ended earlier; returns how many."""
        return _sweep(self._counts, lambda one: one[1] < before)


class MemoryOnce:
    """Implements SingleUseStore."""

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
