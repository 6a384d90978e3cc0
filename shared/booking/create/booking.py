"""The use case of the house: one booking request, one booking, whatever is repeated, lost or late."""

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta

from shared.booking.create.appointment import AppointmentWriter
from shared.booking.create.plan import Booked, BookingPlan, BookingRequest, Planner
from shared.booking.customers.directory import Directory
from shared.booking.deadline import deadline
from shared.booking.hashing import Hasher
from shared.booking.slots.catalogue import Catalogues
from shared.booking.writes.engine import Writes
from shared.booking.writes.idempotency import RequestKey
from shared.booking.writes.outcomes import Confirmation
from shared.booking.writes.writing import Writing
from shared.domain.errors import SlotBusy

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateBooking:
    """Books; raises Refused (nothing was booked), OutcomeUnknown, GraphError and StoreUnavailable."""

    writes: Writes
    catalogues: Catalogues
    planner: Planner
    customers: Directory
    writer: AppointmentWriter
    hasher: Hasher
    budget: timedelta

    async def __call__(self, request: BookingRequest, key: RequestKey) -> Booked:
        """One booking for this request, made now or before."""
        with deadline(self.budget):
            outcome = await self.writes.perform(key, _Booking(self, request))
        token = self.token(key, outcome.reference)
        return Booked(outcome.reference, token, outcome.answer, outcome.is_replay)

    def token(self, key: RequestKey, reference: str) -> str:
        """The booking token of a request; the same one on every retry."""
        return self.hasher.token(key.key, reference)


@dataclass(slots=True, eq=False)
class _Booking:
    """One request on its way through the engine; implements its UseCase."""

    parts: CreateBooking
    request: BookingRequest
    _needed: frozenset[str] = field(default=frozenset(), init=False)

    async def locks(self) -> frozenset[str]:
        """What the facts called for when they were read last, else what they will probably call for."""
        if self._needed:
            return self._needed
        catalogue = await self.parts.catalogues.get(self.request.business)
        return await self.parts.planner.foresee(self.request, catalogue)

    async def plan(self) -> BookingPlan:
        """The plan by fresh facts; raises RulesBroken."""
        catalogue = await self.parts.catalogues.get(self.request.business)
        plan = await self.parts.planner.plan(self.request, catalogue)
        self._needed = plan.locks
        return plan

    async def write(self, plan: BookingPlan, writing: Writing) -> Confirmation:
        """The booking in Graph, proved."""
        customer_id = plan.context.request.customer_id
        if customer_id is None:
            customers = self.parts.customers
            customer_id, _ = await customers.find_or_create(plan.business, self.request.customer)
        plan = replace(plan, customer_id=customer_id)
        if plan.target is not None:
            booked = await self.parts.writer.join(plan, plan.target, writing)
        elif plan.staff_id is not None:
            booked = await self.parts.writer.create(plan, writing)
        else:
            raise SlotBusy
        logger.info("booking.placed", extra={"event": "booking.placed", "staff_choice": plan.reason})
        catalogue = plan.context.calendar.catalogue
        return Confirmation(writing.reference, catalogue, plan.service, booked, plan.time_zone)
