"""The customers of a business: found by e-mail address or created, once per address.

Graph neither finds a customer by e-mail address nor minds a second record for the same one. So the
facade keeps an index from the address's keyed hash to the customer's id, filled by one scan of the
whole list, and creates under a lock of the address. The row of the index is the record of the create:
written before it, and changed by its version only.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from shared.booking.customers.scan import CustomerScans
from shared.booking.ports import AlreadyExists, Changed, Clock, CustomerIndex, Graph
from shared.booking.records import Attempt, IndexRow
from shared.booking.writes.engine import Writing
from shared.booking.writes.locks import HeldLocks, Locks, customer_lock, email_hash
from shared.booking.writes.pauses import PAUSES
from shared.domain.errors import UNCERTAIN, GraphError, Missing, NotBooked, SlotBusy, is_over
from shared.domain.model import Customer
from shared.platform.hashes import Hasher

logger = logging.getLogger(__name__)

SCAN_LIFE = timedelta(hours=24)
"""How long a scan of the whole list lets an unknown address count as new; the timer scans hourly."""

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Finds and creates bookingCustomers.

    `write_life` is how long a create that nobody answered may still land, `list_lag` how long the
    lists may hide what was created, `call` the longest that one call to Graph may take.
    """

    graph: Graph
    index: CustomerIndex
    scans: CustomerScans
    locks: Locks
    hasher: Hasher
    clock: Clock
    write_life: timedelta
    list_lag: timedelta
    call: timedelta

    async def known_id(self, business: str, email: str) -> str | None:
        """The id that the index has for this address; no Graph call."""
        row = await self.index.get(business, email_hash(self.hasher, business, email))
        return None if row is None else row.customer_id

    async def find_or_create(
        self, business: str, wanted: Customer, stale_id: str | None = None
    ) -> tuple[str, bool]:
        """The id of the customer with this address, and whether the record is new.

        A `stale_id` is one that Graph no longer knows: another one is looked for in the list, then
        created. Raises GraphError, SlotBusy where the address is being created elsewhere, and NotBooked
        while nobody can know yet whether an earlier create succeeded, or while the list still has that one.
        """
        name = email_hash(self.hasher, business, wanted.email)
        row = await self.index.get(business, name)
        if row is not None and row.customer_id not in {None, stale_id}:
            if stale_id is None or await self._is_there(business, row.customer_id or ""):
                return row.customer_id or "", False
            stale_id = row.customer_id  # that one is gone as well
        async with self.locks.hold([customer_lock(business, name)]) as held:
            try:
                return await self._under_lock(business, name, wanted, stale_id, held)
            except (AlreadyExists, Changed) as error:
                raise SlotBusy from error

    async def existing(self, business: str, wanted: Customer, customer_id: str | None) -> str:
        """This id where Graph knows it, else that of a record in its place; raises like the others."""
        if customer_id is None or not await self._is_there(business, customer_id):
            customer_id, _ = await self.find_or_create(business, wanted, customer_id)
        return customer_id

    async def forget_gone(self, attempt: Attempt) -> None:
        """Let the index not name the record of an attempt that was not made, if Graph no longer knows it.

        Whoever came by it would be dropped again. Raises GraphError and StoreUnavailable.
        """
        row = await self.index.get(attempt.business, attempt.person)
        if row is None or row.customer_id != attempt.customer_id:
            return
        if not await self._is_there(attempt.business, attempt.customer_id):
            with suppress(Changed):
                await self.index.replace(attempt.business, attempt.person, replace(row, customer_id=None))

    async def _is_there(self, business: str, customer_id: str) -> bool:
        try:
            await self.graph.customer(business, customer_id)
        except Missing:
            return False
        return True

    async def _under_lock(
        self, business: str, name: str, wanted: Customer, stale_id: str | None, held: HeldLocks
    ) -> tuple[str, bool]:
        row = await self.index.get(business, name)
        if row is not None and row.customer_id is not None:
            if row.customer_id != stale_id:
                return row.customer_id, False
            logger.warning("customer.stale", extra={"event": "customer.stale"})
            row = await self.index.replace(business, name, replace(row, customer_id=None))
        if row is not None or stale_id is not None or not await self._is_scanned(business):
            found = await self._listed(business, name, row, stale_id)
            if found is not None:
                return found, False
        return await self._create(business, name, wanted, row, held), True

    async def _listed(
        self, business: str, name: str, row: IndexRow | None, stale_id: str | None
    ) -> str | None:
        found, read_from = await self.scans.find(business, name)
        if found is not None and found == stale_id:
            raise NotBooked  # the list and the record contradict each other
        if found is None:
            # A record that could appear after the list began to be read is not surely absent.
            if row is not None and read_from < (row.appears or LONG_AGO):
                raise NotBooked
            return None
        if row is not None:
            await self.index.replace(business, name, replace(row, customer_id=found, appears=None))
        return found

    async def _is_scanned(self, business: str) -> bool:
        at = await self.index.scanned_at(business)
        return at is not None and self.clock() - at < SCAN_LIFE

    async def _create(
        self, business: str, name: str, wanted: Customer, row: IndexRow | None, held: HeldLocks
    ) -> str:
        """Create the record; the index tells of it before the write, so that no retry creates a second."""
        begun = await self._begun(business, name, row)
        writing = Writing(held, self.call)
        try:
            made = await writing.send(
                lambda check: self.graph.create_customer(business, wanted, check=check), again=PAUSES
            )
        except UNCERTAIN as error:
            if is_over(error):
                ended = replace(begun, appears=self.clock() + self.list_lag)
                await self.index.replace(business, name, ended)
                writing.ended()
            raise NotBooked from error
        except (GraphError, NotBooked):
            with suppress(Changed):
                await self.index.delete(business, name, begun)  # surely not created
            raise
        await self.index.replace(business, name, replace(begun, customer_id=made.id, appears=None))
        writing.ended()
        return made.id or ""

    async def _begun(self, business: str, name: str, row: IndexRow | None) -> IndexRow:
        appears = self.clock() + self.write_life + self.list_lag
        if row is None:
            return await self.index.insert(business, name, IndexRow(None, appears))
        return await self.index.replace(business, name, replace(row, customer_id=None, appears=appears))
