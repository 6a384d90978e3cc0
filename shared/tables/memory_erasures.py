"""Erasures in memory, for one process; no method awaits between reading and writing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from shared.booking.erasures import Erasure
from shared.booking.ports import AlreadyExists, Changed
from shared.domain.addresses import comparable_mailbox


class MemoryErasures:
    """Implements ErasureStore."""

    def __init__(self) -> None:
        self._erasures: dict[tuple[str, str], Erasure] = {}
        self._versions = count(1)

    async def insert(self, erasure: Erasure) -> Erasure:
        """Store a new erasure and return it with its version; raises AlreadyExists."""
        if _place(erasure) in self._erasures:
            raise AlreadyExists
        return self._store(erasure)

    async def get(self, business: str, receipt: str) -> Erasure | None:
        """The erasure of this receipt."""
        return self._erasures.get((comparable_mailbox(business), receipt))

    async def replace(self, erasure: Erasure) -> Erasure:
        """Overwrite exactly the version that `erasure` carries; raises Changed."""
        known = self._erasures.get(_place(erasure))
        if known is None or known.version != erasure.version:
            raise Changed
        return self._store(erasure)

    async def under_way(self, business: str) -> Sequence[Erasure]:
        """Those that have not ended, whichever was looked after longest ago first."""
        box = comparable_mailbox(business)
        found = [one for place, one in self._erasures.items() if place[0] == box and one.ended is None]
        return sorted(found, key=lambda one: one.seen)

    async def sweep(self, before: datetime) -> int:
        """Delete those that ended earlier; returns how many."""
        over = [key for key, one in self._erasures.items() if one.ended is not None and one.ended < before]
        for key in over:
            del self._erasures[key]
        return len(over)

    def _store(self, erasure: Erasure) -> Erasure:
        stored = replace(erasure, version=str(next(self._versions)))
        self._erasures[_place(erasure)] = stored
        return stored


def _place(erasure: Erasure) -> tuple[str, str]:
    return comparable_mailbox(erasure.business), erasure.receipt
