"""The booking rows in Azure Table Storage: a partition for each business.

Each booking has three entities with the same values, written in one transaction: one by reference, which
carries the version, one by person and one by start.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from azure.data.tables import TableEntity, TransactionOperation

from shared.booking.ports import Changed, Place
from shared.booking.records import BookingRow
from shared.domain.intervals import Interval
from shared.tables.keys import Key, digest, of_business
from shared.tables.table import Table, Values, Write, version_of
from shared.tables.times import parsed, stored

RANGE = "PartitionKey eq @partition and RowKey gt @first and RowKey lt @after"
ENDED = RANGE + " and Ends lt @before"
LAST = "~"
"""Comes after every character of these keys."""


class TableBookings:
    """Implements BookingStore; insert, get and replace are one call each."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def insert(self, row: BookingRow) -> BookingRow:
        """Store a new row and return it with its version; raises AlreadyExists."""
        values = _values(row)
        writes = [(TransactionOperation.CREATE, _by_reference(row.business, row.reference), values)]
        writes += [(TransactionOperation.UPSERT, key, values) for key in (_by_person(row), _by_start(row))]
        return await self._written(row, writes, None)

    async def get(self, business: str, reference: str) -> BookingRow | None:
        """The row of this booking."""
        entity = await self._table.get(_by_reference(business, reference))
        return None if entity is None else _row(entity, version_of(entity))

    async def replace(self, row: BookingRow) -> BookingRow:
        """Overwrite exactly the version that `row` carries; raises Changed."""
        if not row.version:
            raise Changed
        values = _values(row)
        writes = [(TransactionOperation.UPDATE, _by_reference(row.business, row.reference), values)]
        writes += [(TransactionOperation.UPSERT, key, values) for key in (_by_person(row), _by_start(row))]
        if row.filed is not None and row.filed != row.span.start:
            writes.append((TransactionOperation.DELETE, _by_start(row, row.filed), {}))
        return await self._written(row, writes, row.version)

    async def of_person(self, business: str, person: str) -> Sequence[BookingRow]:
        """All rows of one person, by start."""
        first, after = f"p-{person}-", f"p-{person}-{LAST}"
        found = [row async for row in self._between(business, first, after)]
        return sorted(found, key=lambda one: (one.span.start, one.reference))

    async def starting(
        self, business: str, span: Interval, after: Place | None, most: int
    ) -> Sequence[BookingRow]:
        """At most so many rows that start in `span`, by start and reference, those `after` this place."""
        first = f"s-{stored(span.start)}-"
        if after is not None:
            first = max(first, f"s-{stored(after[0])}-{after[1]}")
        found: list[BookingRow] = []
        async for row in self._between(business, first, f"s-{stored(span.end)}-"):
            found.append(row)
            if len(found) == most:
                break
        return found

    async def delete(self, row: BookingRow) -> None:
        """Remove a row, whatever its version; one that is gone already is no error."""
        known = await self.get(row.business, row.reference) or row
        for key in (_by_start(known), _by_person(known), _by_reference(row.business, row.reference)):
            await self._table.delete(key)

    async def sweep(self, business: str, before: datetime) -> int:
        """Delete the rows of bookings that ended earlier; returns how many."""
        ended = [row async for row in self._between(business, "s-", f"s-{stored(before)}-", before)]
        for row in ended:
            await self.delete(row)
        return len(ended)

    async def _between(
        self, business: str, first: str, after: str, before: datetime | None = None
    ) -> AsyncIterator[BookingRow]:
        values = {"partition": of_business(business), "first": first, "after": after}
        if before is not None:
            values["before"] = stored(before)
        async for page in self._table.pages(RANGE if before is None else ENDED, values):
            for entity in page:
                yield _row(entity, "")

    async def _written(self, row: BookingRow, writes: Sequence[Write], version: str | None) -> BookingRow:
        key = _by_reference(row.business, row.reference)
        written = await self._table.write_together(key, writes, version)
        return replace(row, version=written, filed=row.span.start)


def _by_reference(business: str, reference: str) -> Key:
    """By its hash: a caller's reference may be anything."""
    return Key(of_business(business), f"b-{digest(reference)}")


def _by_person(row: BookingRow) -> Key:
    return Key(of_business(row.business), f"p-{row.person}-{row.reference}")


def _by_start(row: BookingRow, start: datetime | None = None) -> Key:
    return Key(of_business(row.business), f"s-{stored(start or row.span.start)}-{row.reference}")


def _values(row: BookingRow) -> Values:
    values = {
        "Reference": row.reference,
        "Business": row.business,
        "Key": row.key,
        "Person": row.person,
        "CustomerId": row.customer_id,
        "ServiceId": row.service_id,
        "AppointmentId": row.appointment_id,
        "Starts": stored(row.span.start),
        "Ends": stored(row.span.end),
        "StaffMemberIds": json.dumps(row.staff_member_ids),
        "TimeZone": row.time_zone,
        "Created": stored(row.created),
        "Campaign": row.campaign,
        "Changes": row.changes,
        "Cancelled": row.cancelled and stored(row.cancelled),
        "Pending": row.pending,
        "Left": json.dumps(row.left) if row.left else None,
    }
    return {name: value for name, value in values.items() if value is not None}


def _row(values: TableEntity | Mapping[str, Any], version: str) -> BookingRow:
    start = parsed(values["Starts"])
    return BookingRow(
        reference=values["Reference"],
        business=values["Business"],
        key=values["Key"],
        person=values["Person"],
        customer_id=values["CustomerId"],
        service_id=values["ServiceId"],
        appointment_id=values["AppointmentId"],
        span=Interval(start, parsed(values["Ends"])),
        staff_member_ids=tuple(json.loads(values["StaffMemberIds"])),
        time_zone=values["TimeZone"],
        created=parsed(values["Created"]),
        campaign=values.get("Campaign"),
        changes=values["Changes"],
        cancelled=parsed(values["Cancelled"]) if "Cancelled" in values else None,
        pending=values.get("Pending"),
        left=tuple(json.loads(values.get("Left", "[]"))),
        version=version,
        filed=start,
    )
