"""Idempotency records in Azure Table Storage."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

from shared.booking.ports import Changed
from shared.booking.records import IdempotencyRecord, State
from shared.tables import records
from shared.tables.keys import Key, named
from shared.tables.table import Table, version_of
from shared.tables.times import stored

logger = logging.getLogger(__name__)

# The SDK finds the names of parameters between blanks: hence the blanks inside of the parentheses.
UNSETTLED = "State eq @unknown or ( State eq @inProgress and LeaseEnds le @now ) or LookAgain le @now"
SETTLED = "( State eq @completed or State eq @refused ) and Created lt @before"


class TableIdempotency:
    """Implements IdempotencyStore; insert, get and replace are one call each."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def insert(self, record: IdempotencyRecord) -> IdempotencyRecord:
        """Store a new record and return it with its version; raises AlreadyExists."""
        return replace(record, version=await self._table.insert(_key(record), records.to_values(record)))

    async def get(self, key: str) -> IdempotencyRecord | None:
        """The record of this key."""
        entity = await self._table.get(named("idempotency", key))
        return None if entity is None else records.from_values(entity, version_of(entity))

    async def replace(self, record: IdempotencyRecord) -> IdempotencyRecord:
        """Overwrite exactly the version that `record` carries; raises Changed."""
        if not record.version:
            raise Changed
        version = await self._table.replace(_key(record), records.to_values(record), record.version)
        return replace(record, version=version)

    async def unsettled(self, now: datetime) -> AsyncIterator[IdempotencyRecord]:
        """What is unknown, in progress with its lease over, or to be looked at again.

        What cannot be read is left out, and holds up no other record.
        """
        values = {"unknown": State.UNKNOWN.value, "inProgress": State.IN_PROGRESS.value, "now": stored(now)}
        async for page in self._table.pages(UNSETTLED, values):
            for entity in page:
                try:
                    yield records.from_values(entity, version_of(entity))
                except (KeyError, TypeError, ValueError):
                    logger.error("record.unreadable", extra={"event": "record.unreadable"})  # noqa: TRY400

    async def sweep(self, before: datetime) -> int:
        """Delete completed and refused records created earlier; returns how many."""
        values = {
            "completed": State.COMPLETED.value,
            "refused": State.REFUSED.value,
            "before": stored(before),
        }
        return await self._table.sweep(SETTLED, values)


def _key(record: IdempotencyRecord) -> Key:
    return named("idempotency", record.key)
