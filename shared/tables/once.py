"""Things for a single use in Azure Table Storage: who inserts the entity has used it."""

from datetime import datetime

from shared.booking.ports import AlreadyExists
from shared.tables.keys import digest, named
from shared.tables.table import Table
from shared.tables.times import stored


class TableOnce:
    """Implements SingleUseStore; a first claim is one call."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def claim(self, name: str, owner: str, ends: datetime) -> bool:
        """True for the first owner, and for the same owner again; False for any other until swept."""
        key, claimant = named("once", name), digest(owner)
        try:
            await self._table.insert(key, {"Owner": claimant, "Ends": stored(ends)})
        except AlreadyExists:
            known = await self._table.get(key)
            return known is not None and known["Owner"] == claimant
        return True

    async def sweep(self, before: datetime) -> int:
        """Delete claims that ended earlier; returns how many."""
        return await self._table.sweep("Ends lt @before", {"before": stored(before)})
