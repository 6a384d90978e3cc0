"""Erasures in Azure Table Storage: a partition for each business."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.booking.erasures import Erasure, Part
from shared.booking.ports import Changed
from shared.tables.keys import Key, digest, of_business
from shared.tables.table import Table, Values, version_of
from shared.tables.times import parsed, stored

UNDER_WAY, ENDED = "underWay", "ended"
OF_BUSINESS = "PartitionKey eq @partition and State eq @state"
OVER = "State eq @state and Ended lt @before"


class TableErasures:
    """Implements ErasureStore; insert, get and replace are one call each."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def insert(self, erasure: Erasure) -> Erasure:
        """Store a new erasure and return it with its version; raises AlreadyExists."""
        return replace(erasure, version=await self._table.insert(_key(erasure), _values(erasure)))

    async def get(self, business: str, receipt: str) -> Erasure | None:
        """The erasure of this receipt."""
        entity = await self._table.get(Key(of_business(business), digest(receipt)))
        return None if entity is None else _erasure(entity, version_of(entity))

    async def replace(self, erasure: Erasure) -> Erasure:
        """Overwrite exactly the version that `erasure` carries; raises Changed."""
        if not erasure.version:
            raise Changed
        version = await self._table.replace(_key(erasure), _values(erasure), erasure.version)
        return replace(erasure, version=version)

    async def under_way(self, business: str) -> Sequence[Erasure]:
        """Those that have not ended, whichever was looked after longest ago first."""
        values = {"partition": of_business(business), "state": UNDER_WAY}
        found = [
            _erasure(entity, version_of(entity))
            async for page in self._table.pages(OF_BUSINESS, values)
            for entity in page
        ]
        return sorted(found, key=lambda one: one.seen)

    async def sweep(self, before: datetime) -> int:
        """Delete those that ended earlier; returns how many."""
        return await self._table.sweep(OVER, {"state": ENDED, "before": stored(before)})


def _key(erasure: Erasure) -> Key:
    return Key(of_business(erasure.business), digest(erasure.receipt))


def _values(one: Erasure) -> Values:
    values = {
        "Receipt": one.receipt,
        "Business": one.business,
        "Person": one.person,
        "State": UNDER_WAY if one.ended is None else ENDED,
        "Requested": stored(one.requested),
        "Seen": stored(one.seen),
        "Ended": one.ended and stored(one.ended),
        "CustomerIds": json.dumps(one.customer_ids),
        "Passes": one.passes,
        "Part": one.part.value,
        "Page": one.page,
        "After": one.after,
        "Found": one.found,
        "Left": json.dumps(dict(one.left)),
        "Cancelled": one.cancelled,
        "Cleared": one.cleared,
        "Deleted": one.deleted,
        "Read": one.read,
    }
    return {name: value for name, value in values.items() if value is not None}


def _erasure(values: Mapping[str, Any], version: str) -> Erasure:
    return Erasure(
        receipt=values["Receipt"],
        business=values["Business"],
        person=values["Person"],
        requested=parsed(values["Requested"]),
        seen=parsed(values["Seen"]),
        ended=parsed(values["Ended"]) if "Ended" in values else None,
        customer_ids=tuple(json.loads(values["CustomerIds"])),
        passes=values["Passes"],
        part=Part(values["Part"]),
        page=values.get("Page"),
        after=values.get("After"),
        found=values["Found"],
        left=json.loads(values["Left"]),
        cancelled=values["Cancelled"],
        cleared=values["Cleared"],
        deleted=values["Deleted"],
        read=values["Read"],
        version=version,
    )
