"""What the timer does every minute: settle, forget what is old, erase, and keep the customer index whole."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from shared.booking.customers.erase import RECEIPTS_KEPT, EraseCustomer
from shared.booking.customers.scan import CustomerScans
from shared.booking.ports import Clock, Stores
from shared.booking.writes.idempotency import RETENTION
from shared.booking.writes.reconcile import Reconcile
from shared.domain.errors import DomainError
from shared.platform.logs import correlation_id

logger = logging.getLogger(__name__)

RUN = timedelta(seconds=55)
"""The longest that one run takes, less than the minute after which the next one begins.

The host kills the whole worker, with everybody's requests in it, where a function outlasts the
`functionTimeout` of host.json.
"""

SWEEP_EVERY = 10
"""Minutes between two sweeps."""

KEPT = timedelta(hours=1)
"""How long locks, ledger entries, counters and claims stay after they are over."""

BOOKINGS_KEPT = timedelta(days=30)
"""How long a booking's row stays after its end, and its token opens it."""

RESCAN = timedelta(hours=1)
"""After this the list of customers is read again, for those whom the staff added by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """The parts run side by side, each within `RUN`; what fails or is late is tried again next time."""

    reconcile: Reconcile
    stores: Stores
    scans: CustomerScans
    erase: EraseCustomer
    businesses: Sequence[str]
    clock: Clock
    bookings_kept: timedelta = BOOKINGS_KEPT

    async def __call__(self) -> None:
        """One run, under a correlation id of its own; raises nothing of the error tree."""
        correlation_id.set(str(uuid4()))
        now = self.clock()
        parts = [self._tried("settle", self._settle())]
        if now.minute % SWEEP_EVERY == 0:
            parts.append(self._tried("sweep", self._sweep(now)))
        parts.extend(self._tried("scan", self._scan(each, now)) for each in self.businesses)
        parts.extend(self._tried("erase", self.erase.advance(each)) for each in self.businesses)
        await asyncio.gather(*parts)

    async def _settle(self) -> None:
        ended = await self.reconcile.settle_all()
        if ended:
            logger.info("bookings.settled", extra={"event": "bookings.settled", "ended": ended})

    async def _sweep(self, now: datetime) -> None:
        await self.stores.idempotency.sweep(now - RETENTION)
        await self.stores.locks.sweep(now - KEPT)
        await self.stores.ledger.sweep(now - KEPT)
        await self.stores.counters.sweep(now - KEPT)
        await self.stores.once.sweep(now - KEPT)
        await self.stores.erasures.sweep(now - RECEIPTS_KEPT)
        for business in self.businesses:
            await self.stores.bookings.sweep(business, now - self.bookings_kept)

    async def _scan(self, business: str, now: datetime) -> None:
        """Only where bookings have begun an index: nobody else needs one."""
        at = await self.stores.customers.scanned_at(business)
        if at is not None and now - at >= RESCAN:
            await self.scans.renew(business)

    async def _tried(self, what: str, part: Coroutine[None, None, None]) -> None:
        try:
            async with asyncio.timeout(RUN.total_seconds()):
                await part
        except (DomainError, TimeoutError) as error:
            logger.warning(
                "upkeep.failed",
                extra={"event": "upkeep.failed", "operation": what, "error": type(error).__name__},
            )
