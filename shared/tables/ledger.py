"""The booking ledger in Azure Table Storage: a partition for each business and day."""

import asyncio
from collections.abc import Iterable
from datetime import date, datetime

from shared.booking.records import LedgerEntry
from shared.tables.appointments import from_json, newest, to_json
from shared.tables.keys import Key, digest, of_day
from shared.tables.table import Table
from shared.tables.times import parsed, stored

RECENT = "PartitionKey eq @partition and Written ge @since"


class TableLedger:
    """Implements Ledger; one call for each day."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def record(self, business: str, days: Iterable[date], entry: LedgerEntry) -> None:
        """Remember an appointment on each day that it touches; a later entry for its id replaces it."""
        row = digest(entry.appointment.id)
        values = {"Appointment": to_json(entry.appointment), "Written": stored(entry.written)}
        for day in sorted(set(days)):
            await self._table.upsert(Key(of_day(business, day), row), values)

    async def recent(self, business: str, days: Iterable[date], since: datetime) -> tuple[LedgerEntry, ...]:
        """What was written to these days at `since` or later, each appointment once, the newest entry."""
        partitions = [of_day(business, day) for day in sorted(set(days))]
        found = await asyncio.gather(*(self._written(partition, since) for partition in partitions))
        return newest(entry for day in found for entry in day)

    async def sweep(self, before: datetime) -> int:
        """Delete entries written earlier; returns how many."""
        return await self._table.sweep("Written lt @before", {"before": stored(before)})

    async def _written(self, partition: str, since: datetime) -> list[LedgerEntry]:
        values = {"partition": partition, "since": stored(since)}
        return [
            LedgerEntry(from_json(entity["Appointment"]), parsed(entity["Written"]))
            async for page in self._table.pages(RECENT, values)
            for entity in page
        ]
