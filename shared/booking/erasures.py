"""What is remembered of an erasure, and what it needs of Graph besides what bookings need."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.domain.model import Attendee, Customer


class Part(StrEnum):
    """What a pass looks through, in this order."""

    BOOKINGS = "bookings"
    APPOINTMENTS = "appointments"
    CUSTOMERS = "customers"


@dataclass(frozen=True, slots=True)
class Erasure:
    """Everything of one e-mail address at one business: how far its erasure is, and what came of it.

    `person` is the keyed hash of the address and `customer_ids` are the records known of it; both are gone
    with the end. A pass goes through all parts; `page` (Graph's own link) and `after`, the last appointment
    read of it, tell where it is. `found` is what it found, `left` what it could not do, by code. The counts
    are of all passes together. `seen` is when the mailbox was looked into last.
    """

    receipt: str
    business: str
    person: str = field(repr=False)
    requested: datetime
    seen: datetime
    ended: datetime | None = None
    customer_ids: tuple[str, ...] = ()
    passes: int = 0
    part: Part = Part.BOOKINGS
    page: str | None = field(default=None, repr=False)
    after: str | None = None
    found: int = 0
    left: Mapping[str, int] = field(default_factory=dict)
    cancelled: int = 0
    cleared: int = 0
    deleted: int = 0
    read: int = 0
    version: str = field(default="", compare=False)


class ErasureStore(Protocol):
    """Erasures by business and receipt; they change by version only."""

    async def insert(self, erasure: Erasure) -> Erasure:
        """Store a new erasure and return it with its version; raises AlreadyExists."""
        ...

    async def get(self, business: str, receipt: str) -> Erasure | None:
        """The erasure of this receipt."""
        ...

    async def replace(self, erasure: Erasure) -> Erasure:
        """Overwrite exactly the version that `erasure` carries; raises Changed."""
        ...

    async def under_way(self, business: str) -> Sequence[Erasure]:
        """Those that have not ended, whichever was looked after longest ago first."""
        ...

    async def sweep(self, before: datetime) -> int:
        """Delete those that ended earlier; returns how many."""
        ...


class WholeMailbox(Protocol):
    """What an erasure asks of Graph; `page` is the link that the page before gave, None for the first.

    A link that Graph no longer takes raises Missing or Rejected.
    """

    async def appointments_page(self, business: str, page: str | None) -> tuple[Sequence[str], str | None]:
        """The ids on one page of all appointments, also of those that cannot be read, and the next link."""
        ...

    async def customers_page(self, business: str, page: str | None) -> tuple[Sequence[Customer], str | None]:
        """One page of all customers, and the next link."""
        ...

    async def clear_attendees(
        self,
        business: str,
        appointment_id: str,
        attendees: Sequence[Attendee],
        service_notes: str,
        *,
        check: Callable[[], None],
    ) -> None:
        """One PATCH of list and notes, never repeated; it empties the members for a single customer."""
        ...

    async def delete_customer(self, business: str, customer_id: str, *, check: Callable[[], None]) -> None:
        """Delete a customer's record; raises Missing. Graph may answer 500 to it for good."""
        ...
