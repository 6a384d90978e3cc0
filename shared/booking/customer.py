"""The use case of the partner route: a customer by e-mail address, found or created."""

from dataclasses import dataclass, replace
from datetime import timedelta

from shared.booking.customers import Customers
from shared.booking.deadline import deadline
from shared.booking.idempotency import Intents, Replay, settle
from shared.booking.ports import Graph
from shared.booking.request import Intent
from shared.domain.errors import DomainError, Missing
from shared.domain.model import Customer

CREATED, FOUND = "created", "found"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCustomer:
    """Finds or creates; the record of an intent holds the id alone, so a replay reads the customer anew."""

    graph: Graph
    customers: Customers
    intents: Intents
    budget: timedelta

    async def __call__(self, business: str, wanted: Customer, intent: Intent | None) -> tuple[Customer, bool]:
        """The customer as Graph has it, and whether the record was made for this intent.

        Raises GraphError, SlotBusy, NotBooked, KeyInFlight, KeyReused and StoreUnavailable.
        """
        with deadline(self.budget):
            if intent is None:
                return await self._find_or_create(business, wanted)
            begun = await self.intents.begin(intent)
            if isinstance(begun, Replay):
                found = await self.graph.customer(business, begun.record.appointment_id or "")
                return found, begun.record.answer == CREATED
            try:
                found, is_new = await self._find_or_create(business, wanted)
            except DomainError:
                await settle(begun.refuse())
                raise
            await settle(begun.complete(CREATED if is_new else FOUND, found.id or ""))
            return found, is_new

    async def _find_or_create(self, business: str, wanted: Customer) -> tuple[Customer, bool]:
        customer_id, is_new = await self.customers.find_or_create(business, wanted)
        if is_new:
            return replace(wanted, id=customer_id), True
        try:
            return await self.graph.customer(business, customer_id), False
        except Missing:
            renewed = await self.customers.renew(business, wanted, customer_id)
            return await self.graph.customer(business, renewed), False
