"""What the use cases need from the world: Graph, the stores and the clock.

Every port is a Protocol with one implementation for production and one in memory that passes the same
contract tests. Graph's methods raise the `GraphError` branch of the error tree, those of stores
StoreUnavailable; all end within the deadline of the request at hand (`platform/deadline.py`).
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from shared.booking.erasures import ErasureStore, WholeMailbox
from shared.booking.records import BookingRow, IdempotencyRecord, IndexRow, LedgerEntry, Lock
from shared.domain.intervals import Interval
from shared.domain.model import (
    Appointment,
    Attendee,
    Business,
    Catalogue,
    Customer,
    Draft,
    Reminder,
    StaffAvailability,
)

Clock = Callable[[], datetime]
"""Gives the instant now, aware, in UTC."""

NewId = Callable[[], str]
"""Gives a fresh opaque identifier of at least 128 random bits, in letters, digits and hyphens."""

Check = Callable[[], None]
"""Asked directly before the request of a write is sent; raises NotBooked where it must not leave any more."""

Place = tuple[datetime, str]
"""Where a booking row stands in a list: by start and reference."""


class Graph(WholeMailbox, Protocol):
    """Microsoft Graph Bookings as the use cases see it; `business` is the mailbox."""

    async def catalogue(self, business: str, time_zone: str | None = None) -> Catalogue:
        """The business with services, staff and questions; `time_zone` where Graph gives it none."""
        ...

    async def business(self, business: str, time_zone: str | None = None) -> Business:
        """The business alone: the cheapest way to see whether Graph answers."""
        ...

    async def reminders(self, business: str, service_id: str) -> tuple[Reminder, ...]:
        """The reminders of one service, which the catalogue may not show; raises Missing."""
        ...

    async def calendar_view(self, business: str, span: Interval) -> tuple[Appointment, ...]:
        """All appointments that overlap `span`, over all pages; without attendees and notes."""
        ...

    async def staff_availability(
        self, business: str, staff_ids: Sequence[str], span: Interval
    ) -> Mapping[str, tuple[StaffAvailability, ...]]:
        """Each staff member's availability in `span`, which lasts at least 30 minutes; never clipped."""
        ...

    async def appointment(self, business: str, appointment_id: str) -> Appointment:
        """One appointment in full; raises Missing where Graph says that this very item is not there."""
        ...

    async def appointments_since(self, business: str, since: datetime) -> tuple[Appointment, ...]:
        """Appointments created at `since` or later, or at a time unknown, wherever they lie; as in lists."""
        ...

    async def create_appointment(self, business: str, draft: Draft, *, check: Check) -> Appointment:
        """One POST, repeated only after a 429 and with a new `check`; UNCERTAIN errors may have booked."""
        ...

    async def replace_attendees(
        self,
        business: str,
        appointment_id: str,
        attendees: Sequence[Attendee],
        service_notes: str | None = None,
        *,
        check: Check,
    ) -> None:
        """One PATCH of the whole list, never repeated, since it may change; None leaves the notes."""
        ...

    async def move_appointment(
        self, business: str, appointment_id: str, span: Interval, staff_ids: Sequence[str], *, check: Check
    ) -> None:
        """One PATCH of time and staff, never repeated: somebody may have moved it meanwhile."""
        ...

    async def opt_out(self, business: str, appointment_id: str, *, check: Check) -> None:
        """Have those who are in an appointment mailed nothing about it from now on; raises Missing."""
        ...

    async def delete_appointment(self, business: str, appointment_id: str, *, check: Check) -> None:
        """Remove an appointment, of which Graph mails customer and staff; raises Missing."""
        ...

    async def cancel_appointment(
        self, business: str, appointment_id: str, reason: str, *, check: Check
    ) -> None:
        """Cancel an appointment and have `reason` mailed to everybody in it; raises Missing likewise."""
        ...

    def customers(self, business: str) -> AsyncIterator[Sequence[Customer]]:
        """All customers, page by page."""
        ...

    async def customer(self, business: str, customer_id: str) -> Customer:
        """One customer; raises Missing."""
        ...

    async def create_customer(self, business: str, customer: Customer, *, check: Check) -> Customer:
        """One POST, repeated only after a 429 and with a new `check`; the answer carries the new id."""
        ...


class AlreadyExists(Exception):
    """A record with this key is there already."""


class Changed(Exception):
    """The record is no longer the version that was read, or is gone."""


class IdempotencyStore(Protocol):
    """Records by key, written by insert-if-absent and by version only."""

    async def insert(self, record: IdempotencyRecord) -> IdempotencyRecord:
        """Store a new record and return it with its version; raises AlreadyExists."""
        ...

    async def get(self, key: str) -> IdempotencyRecord | None:
        """The record of this key."""
        ...

    async def replace(self, record: IdempotencyRecord) -> IdempotencyRecord:
        """Overwrite exactly the version that `record` carries; raises Changed."""
        ...

    def unsettled(self, now: datetime) -> AsyncIterator[IdempotencyRecord]:
        """What is unknown, in progress with its lease over, or to be looked at again."""
        ...

    async def sweep(self, before: datetime) -> int:
        """Delete completed and refused records created earlier; returns how many."""
        ...


class LockStore(Protocol):
    """Named locks by insert-if-absent; a lock whose time is over may be taken by its etag."""

    async def try_acquire(self, name: str, owner: str, now: datetime, life: timedelta) -> Lock | None:
        """Take the lock if it is free or over at `now`; None where somebody holds it."""
        ...

    async def release(self, lock: Lock) -> None:
        """Free the lock if it is still this one; freeing a lost lock changes nothing."""
        ...

    async def sweep(self, before: datetime) -> int:
        """Delete locks that ended earlier; returns how many."""
        ...


class CustomerIndex(Protocol):
    """What is known of customers by the keyed hash of their e-mail address, per business.

    Rows change by version only, so that nobody overwrites what somebody else has found out.
    """

    async def get(self, business: str, email_hash: str) -> IndexRow | None:
        """The row of this address."""
        ...

    async def known(self, business: str) -> Mapping[str, IndexRow]:
        """All rows by e-mail hash."""
        ...

    async def insert(self, business: str, email_hash: str, row: IndexRow) -> IndexRow:
        """Store a new row and return it with its version; raises AlreadyExists."""
        ...

    async def insert_missing(self, business: str, ids: Mapping[str, str]) -> None:
        """Store rows for those of these ids, by e-mail hash, whose address has none; any number at once."""
        ...

    async def replace(self, business: str, email_hash: str, row: IndexRow) -> IndexRow:
        """Overwrite exactly the version that `row` carries; raises Changed."""
        ...

    async def delete(self, business: str, email_hash: str, row: IndexRow) -> None:
        """Remove exactly the version that `row` carries; raises Changed."""
        ...

    async def scanned_at(self, business: str) -> datetime | None:
        """When the whole list of customers was last read into the index."""
        ...

    async def mark_scanned(self, business: str, at: datetime) -> None:
        """Remember that the whole list was read, as it stood at `at`."""
        ...


class Ledger(Protocol):
    """The facade's own recent writes, by business and local day of the business."""

    async def record(self, business: str, days: Iterable[date], entry: LedgerEntry) -> None:
        """Remember an appointment on each day that it touches; a later entry for its id replaces it."""
        ...

    async def recent(self, business: str, days: Iterable[date], since: datetime) -> tuple[LedgerEntry, ...]:
        """What was written to these days at `since` or later, each appointment once, the newest entry."""
        ...

    async def sweep(self, before: datetime) -> int:
        """Delete entries written earlier; returns how many."""
        ...


class BookingStore(Protocol):
    """The bookings that stood once, by business and reference; rows change by version only."""

    async def insert(self, row: BookingRow) -> BookingRow:
        """Store a new row and return it with its version; raises AlreadyExists."""
        ...

    async def get(self, business: str, reference: str) -> BookingRow | None:
        """The row of this booking."""
        ...

    async def replace(self, row: BookingRow) -> BookingRow:
        """Overwrite exactly the version that `row` carries; raises Changed."""
        ...

    async def of_person(self, business: str, person: str) -> Sequence[BookingRow]:
        """All rows of one person, by start."""
        ...

    async def starting(
        self, business: str, span: Interval, after: Place | None, most: int
    ) -> Sequence[BookingRow]:
        """At most so many rows that start in `span`, in their order, those `after` this place."""
        ...

    async def delete(self, row: BookingRow) -> None:
        """Remove a row, whatever its version; one that is gone already is no error."""
        ...

    async def sweep(self, business: str, before: datetime) -> int:
        """Delete the rows of bookings that ended earlier; returns how many."""
        ...


class Counters(Protocol):
    """Counts per name and window of time, for limits."""

    async def hit(self, name: str, window: datetime, ends: datetime) -> int:
        """Add one to the count of `name` in the window that starts at `window`; returns the new count."""
        ...

    async def count(self, name: str, window: datetime) -> int:
        """The count of `name` in the window that starts at `window`."""
        ...

    async def sweep(self, before: datetime) -> int:
        """Delete windows that ended earlier; returns how many."""
        ...


class SingleUseStore(Protocol):
    """Things that may be used a single time, such as a solved challenge."""

    async def claim(self, name: str, owner: str, ends: datetime) -> bool:
        """True for the first owner, and for the same owner again; False for any other until swept."""
        ...

    async def sweep(self, before: datetime) -> int:
        """Delete claims that ended earlier; returns how many."""
        ...


@dataclass(frozen=True, slots=True)
class Stores:
    """All the stores of one deployment."""

    idempotency: IdempotencyStore
    locks: LockStore
    customers: CustomerIndex
    ledger: Ledger
    bookings: BookingStore
    counters: Counters
    once: SingleUseStore
    erasures: ErasureStore
