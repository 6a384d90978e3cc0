"""The booking rows in memory, for one process; no method awaits between reading and writing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from shared.booking.ports import AlreadyExists, Changed, Place
from shared.booking.records import BookingRow
from shared.domain.addresses import comparable_mailbox
from shared.domain.intervals import Interval


class MemoryBookings:
    """Implements BookingStore."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], BookingRow] = {}
        self._versions = count(1)

    async def insert(self, row: BookingRow) -> BookingRow:
        """Store a new row and return it with its version; raises AlreadyExists."""
        if _place(row) in self._rows:
            raise AlreadyExists
        return self._store(row)

    async def get(self, business: str, reference: str) -> BookingRow | None:
        """The row of this booking."""
        return self._rows.get((comparable_mailbox(business), reference))

    async def replace(self, row: BookingRow) -> BookingRow:
        """Overwrite exactly the version that `row` carries; raises Changed."""
        known = self._rows.get(_place(row))
        if known is None or known.version != row.version:
            raise Changed
        return self._store(row)

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
        ended = [row for row in self._of(business) if row.span.end < before]
        for row in ended:
            await self.delete(row)
        return len(ended)

    def _of(self, business: str) -> list[BookingRow]:
        box = comparable_mailbox(business)
        found = [row for place, row in self._rows.items() if place[0] == box]
        return sorted(found, key=lambda row: (row.span.start, row.reference))

    def _store(self, row: BookingRow) -> BookingRow:
        stored = replace(row, version=str(next(self._versions)), filed=row.span.start)
        self._rows[_place(row)] = stored
        return stored


def _place(row: BookingRow) -> tuple[str, str]:
    return comparable_mailbox(row.business), row.reference
