"""What the use cases need from the world: Graph, the stores and the clock.

Every port is a Protocol with one implementation for production and, for stores, one in memory that
passes the same contract tests. Graph's methods raise the `GraphError` branch of the error tree and
take a `deadline`: the instant after which their answer is of no use.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from shared.domain.intervals import Interval
from shared.domain.model import (
    Appointment,
    Attendee,
    Business,
    Catalogue,
    Customer,
    Draft,
    StaffAvailability,
)

Clock = Callable[[], datetime]
"""Gives the instant now, aware, in UTC; read once per request."""

Check = Callable[[], None]
"""Asked directly before a write is sent, after any queue and token; whatever it raises stops the write."""

NewId = Callable[[], str]
"""Gives a fresh opaque identifier of at least 128 random bits, in letters, digits and hyphens."""


class Graph(Protocol):
    """Microsoft Graph Bookings as the use cases see it; `business` is the mailbox."""

    async def catalogue(self, business: str, time_zone: str | None = None) -> Catalogue:
        """The business with services, staff and questions, read concurrently.

        `time_zone` (IANA) serves where Graph gives the business none.
        """
        ...

    async def business(self, business: str, time_zone: str | None = None) -> Business:
        """The business alone: the cheapest way to see whether Graph answers."""
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
        """One appointment in full; raises Missing."""
        ...

    async def create_appointment(
        self, business: str, draft: Draft, *, check: Check | None = None
    ) -> Appointment:
        """One POST, repeated only after a 429; Unavailable and Unreachable mean that it may be booked."""
        ...

    async def replace_attendees(
        self, business: str, appointment_id: str, attendees: Sequence[Attendee], *, check: Check | None = None
    ) -> None:
        """One PATCH of the full list of attendees, repeated only after a 429."""
        ...

    async def delete_appointment(
        self, business: str, appointment_id: str, *, check: Check | None = None
    ) -> None:
        """Remove an appointment without a mail; one that is gone already is no error."""
        ...

    def customers(self, business: str) -> AsyncIterator[Sequence[Customer]]:
        """All customers, page by page."""
        ...

    async def customer(self, business: str, customer_id: str) -> Customer:
        """One customer; raises Missing."""
        ...

    async def create_customer(
        self, business: str, customer: Customer, *, check: Check | None = None
    ) -> Customer:
        """One POST, repeated only after a 429; the answer carries the new id."""
        ...


class State(StrEnum):
    """The states of an idempotency record."""

    IN_PROGRESS = "inProgress"
    UNKNOWN = "unknown"
    COMPLETED = "completed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was about to be written at Graph, recorded before the write; ids and times only.

    `at` is when that was, or, once `answered`, when the write was known to be over.

    `appointment_id` is set for a customer who joins an appointment that exists. `answered` tells
    whether Graph gave an answer that ended the write (5xx) or none at all, and stays False until then.
    """

    business: str
    service_id: str
    span: Interval
    staff_member_ids: tuple[str, ...]
    customer_id: str
    time_zone: str
    at: datetime
    appointment_id: str | None = None
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One intent of one caller: its key's hash, what became of it, and who may go on with it.

    `lease_ends` bounds how long its present worker may be at it; after that somebody else may take
    over. `answer` is the body of the completed answer, replayed byte for byte. `version` is the
    store's etag of what was read; empty before the first write.
    """

    key: str
    fingerprint: str
    reference: str
    state: State
    created: datetime
    lease_ends: datetime
    attempt: Attempt | None = None
    answer: str | None = None
    appointment_id: str | None = None
    version: str = field(default="", compare=False)


class AlreadyExists(Exception):
    """A record with this key is there already."""


class Changed(Exception):
    """The record is no longer the version that was read, or is gone."""


class IdempotencyStore(Protocol):
    """Records by key, written by insert-if-absent and by version only."""

    async def insert(self, record: Record) -> Record:
        """Store a new record and return it with its version; raises AlreadyExists."""
        ...

    async def get(self, key: str) -> Record | None:
        """The record of this key."""
        ...

    async def replace(self, record: Record) -> Record:
        """Overwrite exactly the version that `record` carries; raises Changed."""
        ...

    def unsettled(self, now: datetime) -> AsyncIterator[Record]:
        """Records that are unknown, or in progress with their lease over."""
        ...

    async def sweep(self, before: datetime) -> int:
        """Delete completed and refused records created earlier; returns how many."""
        ...


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that is held: its name, its owner, when it ends by itself, and its etag."""

    name: str
    owner: str
    ends: datetime
    version: str = field(default="", compare=False)


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
    """Hash of an e-mail address to a customer's id, per business; a hint that use verifies."""

    async def get(self, business: str, email_hash: str) -> str | None:
        """The customer's id, if known."""
        ...

    async def known(self, business: str) -> Mapping[str, str]:
        """All ids by e-mail hash."""
        ...

    async def put(self, business: str, ids: Mapping[str, str]) -> None:
        """Remember ids by e-mail hash; any number at once."""
        ...

    async def drop(self, business: str, email_hash: str) -> None:
        """Forget one customer, because Graph no longer knows the id."""
        ...

    async def scanned_at(self, business: str) -> datetime | None:
        """When the whole list of customers was last read into the index."""
        ...

    async def mark_scanned(self, business: str, at: datetime) -> None:
        """Remember that the whole list was read, as it stood at `at`."""
        ...


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An appointment that the facade wrote, so that it counts before Graph's lists show it."""

    appointment: Appointment
    written: datetime


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


class Counters(Protocol):
    """Counts per name and window of time, for limits."""

    async def hit(self, name: str, window: datetime, ends: datetime) -> int:
        """Add one to the count of `name` in the window that starts at `window`; returns the new count."""
        ...

    async def sweep(self, before: datetime) -> int:
        """Delete windows that ended earlier; returns how many."""
        ...


class OnceStore(Protocol):
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
    counters: Counters
    once: OnceStore
