"""The use case of the house: one booking request, one booking, whatever is repeated, lost or late."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from shared.booking.availability import offered_service
from shared.booking.catalogues import Catalogues
from shared.booking.deadline import deadline
from shared.booking.hashing import Hasher
from shared.booking.idempotency import Intents, Replay, Work, settle
from shared.booking.placing import Placing
from shared.booking.ports import Clock
from shared.booking.reconcile import Reconcile
from shared.booking.request import Booked, BookingRequest, Confirmation, Intent, Render
from shared.domain.errors import DomainError, OutcomeUnknown

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateBooking:
    """Books; raises Refused (nothing was booked), OutcomeUnknown, GraphError and StoreUnavailable."""

    catalogues: Catalogues
    placing: Placing
    reconcile: Reconcile
    intents: Intents
    hasher: Hasher
    render: Render
    clock: Clock
    budget: timedelta

    async def __call__(self, request: BookingRequest, intent: Intent) -> Booked:
        """One booking for this intent, made now or before."""
        with deadline(self.budget):
            begun = await self.intents.begin(intent)
            if isinstance(begun, Replay):
                return self._booked(begun.record.reference, intent, begun.record.answer or "", is_replay=True)
            return await self._work(request, intent, begun)

    async def _work(self, request: BookingRequest, intent: Intent, work: Work) -> Booked:
        made = await self._earlier(work) or await self._place(request, work)
        body = self.render(made)
        await settle(work.complete(body, made.appointment.id))
        return self._booked(work.reference, intent, body)

    async def _earlier(self, work: Work) -> Confirmation | None:
        """The booking of an earlier attempt of this intent, if there was one."""
        try:
            return await self.reconcile.earlier(work)
        except OutcomeUnknown:
            await settle(work.give_back(self.clock()))
            raise

    async def _place(self, request: BookingRequest, work: Work) -> Confirmation:
        """A new booking; whatever ends it is recorded before it is raised."""
        try:
            catalogue = await self.catalogues.get(request.business)
            appointment = await self.placing.place(request, catalogue, work)
        except OutcomeUnknown as error:
            logger.warning("booking.unknown", extra={"event": "booking.unknown", "reference": work.reference})
            await settle(work.unknown(self.clock(), answered=error.answered))
            raise
        except DomainError:
            await settle(work.refuse())
            raise
        service = offered_service(catalogue, request.service_id)
        zone = request.zone_at(catalogue.business)
        return Confirmation(work.reference, catalogue, service, appointment, zone)

    def token(self, intent: Intent, reference: str) -> str:
        """The booking token of an intent; the same one on every retry."""
        return self.hasher.token(intent.key, reference)

    def _booked(self, reference: str, intent: Intent, body: str, *, is_replay: bool = False) -> Booked:
        return Booked(reference, self.token(intent, reference), body, is_replay)
