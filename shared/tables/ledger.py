"""The booking ledger in Azure Table Storage: a partition for each business and day.

Of an appointment it keeps times, staff and counts; nothing about a person, no texts and no link.
"""

import asyncio
import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from shared.booking.records import LedgerEntry
from shared.domain.intervals import Interval
from shared.domain.model import Appointment
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
        values = {
            "Appointment": _to_json(entry.appointment),
            "Written": stored(entry.written),
            "IsMoved": entry.is_moved,
        }
        for day in sorted(set(days)):
            await self._table.upsert(Key(of_day(business, day), row), values)

    async def recent(self, business: str, days: Iterable[date], since: datetime) -> tuple[LedgerEntry, ...]:
        """What was written to these days at `since` or later, each appointment once, the newest entry."""
        partitions = [of_day(business, day) for day in sorted(set(days))]
        found = await asyncio.gather(*(self._written(partition, since) for partition in partitions))
        return _newest(entry for day in found for entry in day)

    async def sweep(self, before: datetime) -> int:
        """Delete entries written earlier; returns how many."""
        return await self._table.sweep("Written lt @before", {"before": stored(before)})

    async def _written(self, partition: str, since: datetime) -> list[LedgerEntry]:
        values = {"partition": partition, "since": stored(since)}
        return [
            LedgerEntry(
                _from_json(entity["Appointment"]), parsed(entity["Written"]), entity.get("IsMoved", False)
            )
            async for page in self._table.pages(RECENT, values)
            for entity in page
        ]


def _newest(entries: Iterable[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """Each appointment once, with its newest entry, in the order of their writing."""
    in_order = sorted(entries, key=lambda one: (one.written, one.appointment.id))
    by_id = {one.appointment.id: one for one in in_order}
    return tuple(one for one in in_order if by_id[one.appointment.id] is one)


def _to_json(appointment: Appointment) -> str:
    """The kept part as JSON; times in UTC, lengths in seconds."""
    return json.dumps(
        {
            "id": appointment.id,
            "serviceId": appointment.service_id,
            "start": stored(appointment.span.start),
            "end": stored(appointment.span.end),
            "staffMemberIds": appointment.staff_member_ids,
            "maximumAttendees": appointment.maximum_attendees,
            "filled": appointment.filled,
            "preBuffer": appointment.pre_buffer.total_seconds(),
            "postBuffer": appointment.post_buffer.total_seconds(),
        }
    )


def _from_json(text: str) -> Appointment:
    """The appointment that `_to_json` wrote."""
    value = json.loads(text)
    return Appointment(
        id=value["id"],
        service_id=value["serviceId"],
        span=Interval(parsed(value["start"]), parsed(value["end"])),
        staff_member_ids=tuple(value["staffMemberIds"]),
        maximum_attendees=value["maximumAttendees"],
        filled=value["filled"],
        pre_buffer=timedelta(seconds=value["preBuffer"]),
        post_buffer=timedelta(seconds=value["postBuffer"]),
    )
