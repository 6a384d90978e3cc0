"""The customers of a business: found by e-mail address or created, once per address.

Graph neither finds a customer by e-mail address nor minds a second record for the same one. So the
facade keeps an index from the address's keyed hash to the customer's id, filled by one scan of the
whole list, and creates under a lock of the address.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.booking.customer_scans import CustomerScans
from shared.booking.hashing import Hasher
from shared.booking.locks import Locks, customer_lock
from shared.booking.ports import Clock, CustomerIndex, Graph
from shared.domain.errors import UNCERTAIN, GraphError, NotBooked, is_over
from shared.domain.model import Customer

logger = logging.getLogger(__name__)

SCAN_LIFE = timedelta(hours=24)
"""How long a scan of the whole list lets an unknown address count as new; the timer scans hourly."""

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

PENDING = "?"
"""Marks an address whose creation was begun.

What follows is the ISO 8601 instant from which the lists show the record if there is one.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customers:
    """Finds and creates bookingCustomers.

    `write_life` is how long a create that nobody answered may still land, `list_lag` how long the
    lists may hide what was created.
    """

    graph: Graph
    index: CustomerIndex
    scans: CustomerScans
    locks: Locks
    hasher: Hasher
    clock: Clock
    write_life: timedelta
    list_lag: timedelta

    async def known_id(self, business: str, email: str) -> str | None:
        """The id that the index has for this address; no Graph call."""
        found = await self.index.get(business, self.hasher.email(business, email))
        return None if found is None or found.startswith(PENDING) else found

    async def find_or_create(self, business: str, wanted: Customer) -> tuple[str, bool]:
        """The id of the customer with this address, and whether the record is new.

        Raises GraphError, SlotBusy where the address is being created elsewhere, and NotBooked while
        nobody can know yet whether an earlier create succeeded.
        """
        known = await self.known_id(business, wanted.email)
        if known is not None:
            return known, False
        name = self.hasher.email(business, wanted.email)
        held = await self.locks.acquire([customer_lock(business, name)])
        try:
            return await self._under_lock(business, name, wanted)
        finally:
            await held.release()

    async def renew(self, business: str, wanted: Customer, stale_id: str) -> str:
        """A customer in place of one whose id Graph no longer knows: found by a new scan, or created."""
        name = self.hasher.email(business, wanted.email)
        if await self.index.get(business, name) == stale_id:
            logger.warning("customer.stale", extra={"event": "customer.stale"})
            await self.index.put(business, {name: PENDING + LONG_AGO.isoformat()})
        customer_id, _ = await self.find_or_create(business, wanted)
        return customer_id

    async def _under_lock(self, business: str, name: str, wanted: Customer) -> tuple[str, bool]:
        entry = await self.index.get(business, name)
        if entry is not None and not entry.startswith(PENDING):
            return entry, False
        if entry is not None or not await self._is_scanned(business):
            found, read_from = await self.scans.find(business, name)
            if found is not None:
                return found, False
            # A record that could appear after the list began to be read is not surely absent.
            if entry is not None and read_from < _appears(entry):
                raise NotBooked
        return await self._create(business, name, wanted), True

    async def _is_scanned(self, business: str) -> bool:
        at = await self.index.scanned_at(business)
        return at is not None and self.clock() - at < SCAN_LIFE

    async def _create(self, business: str, name: str, wanted: Customer) -> str:
        """Create the record; the index tells of it before the write, so that no retry creates a second."""
        await self._mark(business, name, self.write_life + self.list_lag)
        try:
            made = await self.graph.create_customer(business, wanted)
        except UNCERTAIN as error:
            if is_over(error):
                await self._mark(business, name, self.list_lag)
            raise NotBooked from error
        except GraphError:
            await self.index.drop(business, name)  # surely not created
            raise
        if made.id is None:
            raise NotBooked
        await self.index.put(business, {name: made.id})
        return made.id

    async def _mark(self, business: str, name: str, after: timedelta) -> None:
        await self.index.put(business, {name: PENDING + (self.clock() + after).isoformat()})


def _appears(entry: str) -> datetime:
    """When a record whose creation was begun is surely in the lists, if there is one."""
    return datetime.fromisoformat(entry.removeprefix(PENDING))
