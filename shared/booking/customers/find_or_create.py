"""The use case behind the partner's route for customers: find by e-mail address, or create."""

from dataclasses import dataclass, replace
from datetime import timedelta

from shared.booking.customers.directory import Directory
from shared.booking.ports import Graph
from shared.booking.records import IdempotencyRecord
from shared.booking.writes.idempotency import IdempotencyRecords, RequestKey
from shared.domain.errors import Missing
from shared.domain.model import Customer
from shared.platform.deadline import deadline

CREATED, FOUND = "created", "found"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCustomer:
    """Finds or creates; the record of a request holds the id alone, so a replay reads the customer anew."""

    graph: Graph
    customers: Directory
    records: IdempotencyRecords
    budget: timedelta

    async def __call__(
        self, business: str, wanted: Customer, request: RequestKey | None
    ) -> tuple[Customer, bool]:
        """The customer as Graph has it, and whether the record was made for this request.

        Raises GraphError, SlotBusy, NotBooked, KeyInFlight, KeyReused and StoreUnavailable.
        """
        with deadline(self.budget):
            if request is None:
                return await self._find_or_create(business, wanted)
            begun = await self.records.begin(request)
            if isinstance(begun, IdempotencyRecord):
                found = await self.graph.customer(business, begun.made_id or "")
                return found, begun.answer == CREATED
            try:
                found, is_new = await self._find_or_create(business, wanted)
            except Exception:
                await begun.refuse()
                raise
            answer = await begun.complete(CREATED if is_new else FOUND, found.id or "")
            return found, answer == CREATED

    async def _find_or_create(self, business: str, wanted: Customer) -> tuple[Customer, bool]:
        customer_id, is_new = await self.customers.find_or_create(business, wanted)
        if is_new:
            return replace(wanted, id=customer_id), True
        try:
            return await self.graph.customer(business, customer_id), False
        except Missing:
            renewed, is_new = await self.customers.find_or_create(business, wanted, customer_id)
            return await self.graph.customer(business, renewed), is_new
