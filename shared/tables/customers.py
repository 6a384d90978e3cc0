"""The customer index in Azure Table Storage."""

from collections.abc import Mapping
from datetime import datetime

from shared.tables.keys import of_customer, of_customers, of_scan
from shared.tables.table import Table
from shared.tables.times import parsed, stored

ALL = "PartitionKey ge @first and PartitionKey lt @after"
MEMBERS = ["EmailHash", "CustomerId"]


class TableCustomers:
    """Implements CustomerIndex; a hundred customers of a partition are remembered in one call."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(self, business: str, email_hash: str) -> str | None:
        """The customer's id, if known."""
        entity = await self._table.get(of_customer(business, email_hash))
        return None if entity is None else str(entity["CustomerId"])

    async def known(self, business: str) -> Mapping[str, str]:
        """All ids by e-mail hash; one call for five hundred."""
        first, after = of_customers(business)
        return {
            str(entity["EmailHash"]): str(entity["CustomerId"])
            async for page in self._table.pages(ALL, {"first": first, "after": after}, MEMBERS)
            for entity in page
        }

    async def put(self, business: str, ids: Mapping[str, str]) -> None:
        """Remember ids by e-mail hash; any number at once."""
        entities = {
            of_customer(business, email_hash): {"EmailHash": email_hash, "CustomerId": customer_id}
            for email_hash, customer_id in ids.items()
        }
        if len(entities) > 1:
            await self._table.upsert_many(entities)
            return
        for key, values in entities.items():
            await self._table.upsert(key, values)

    async def drop(self, business: str, email_hash: str) -> None:
        """Forget one customer, because Graph no longer knows the id."""
        await self._table.delete(of_customer(business, email_hash))

    async def scanned_at(self, business: str) -> datetime | None:
        """When the whole list of customers was last read into the index."""
        entity = await self._table.get(of_scan(business))
        return None if entity is None else parsed(entity["At"])

    async def mark_scanned(self, business: str, at: datetime) -> None:
        """Remember that the whole list was read, as it stood at `at`."""
        await self._table.upsert(of_scan(business), {"At": stored(at)})
