"""The customer index in Azure Table Storage."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.booking.ports import Changed
from shared.booking.records import IndexRow
from shared.tables.keys import of_customer, of_customers, of_scan
from shared.tables.table import Table, Values, version_of
from shared.tables.times import parsed, stored

ALL = "PartitionKey ge @first and PartitionKey lt @after"
MEMBERS = ["EmailHash", "CustomerId", "Appears", "Timestamp"]


class TableCustomers:
    """Implements CustomerIndex; a hundred customers of a partition are remembered in one call."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(self, business: str, email_hash: str) -> IndexRow | None:
        """The row of this address."""
        entity = await self._table.get(of_customer(business, email_hash))
        return None if entity is None else _row(entity, version_of(entity))

    async def known(self, business: str) -> Mapping[str, IndexRow]:
        """All rows by e-mail hash; one call for five hundred."""
        first, after = of_customers(business)
        return {
            str(entity["EmailHash"]): _row(entity, version_of(entity))
            async for page in self._table.pages(ALL, {"first": first, "after": after}, MEMBERS)
            for entity in page
        }

    async def insert(self, business: str, email_hash: str, row: IndexRow) -> IndexRow:
        """Store a new row and return it with its version; raises AlreadyExists."""
        version = await self._table.insert(of_customer(business, email_hash), _values(email_hash, row))
        return replace(row, version=version)

    async def insert_missing(self, business: str, ids: Mapping[str, str]) -> None:
        """Store rows for those of these ids, by e-mail hash, whose address has none; any number at once."""
        entities = {
            of_customer(business, email_hash): _values(email_hash, IndexRow(customer_id))
            for email_hash, customer_id in ids.items()
        }
        await self._table.insert_missing(entities)

    async def replace(self, business: str, email_hash: str, row: IndexRow) -> IndexRow:
        """Overwrite exactly the version that `row` carries; raises Changed."""
        key = of_customer(business, email_hash)
        version = await self._table.replace(key, _values(email_hash, row), row.version)
        return replace(row, version=version)

    async def delete(self, business: str, email_hash: str, row: IndexRow) -> None:
        """Remove exactly the version that `row` carries; raises Changed."""
        if not await self._table.delete(of_customer(business, email_hash), row.version):
            raise Changed

    async def scanned_at(self, business: str) -> datetime | None:
        """When the whole list of customers was last read into the index."""
        entity = await self._table.get(of_scan(business))
        return None if entity is None else parsed(entity["At"])

    async def mark_scanned(self, business: str, at: datetime) -> None:
        """Remember that the whole list was read, as it stood at `at`."""
        await self._table.upsert(of_scan(business), {"At": stored(at)})


def _values(email_hash: str, row: IndexRow) -> Values:
    values = {
        "EmailHash": email_hash,
        "CustomerId": row.customer_id,
        "Appears": None if row.appears is None else stored(row.appears),
    }
    return {name: value for name, value in values.items() if value is not None}


def _row(values: Mapping[str, Any], version: str) -> IndexRow:
    appears = values.get("Appears")
    return IndexRow(values.get("CustomerId"), None if appears is None else parsed(appears), version)
