"""Settles attempts whose outcome was not known: found, surely absent, or still not sure."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from shared.booking.catalogues import Catalogues
from shared.booking.deadline import deadline
from shared.booking.finder import Finder
from shared.booking.idempotency import Intents, Work, settle
from shared.booking.locks import Locks, service_start_lock
from shared.booking.order import includes
from shared.booking.placing import Placing
from shared.booking.ports import Attempt, Clock, Graph, IdempotencyStore, Record
from shared.booking.request import Confirmation, Render
from shared.domain.errors import DomainError, KeyInFlight, Missing, OutcomeUnknown
from shared.domain.model import Appointment

logger = logging.getLogger(__name__)

SLOW = timedelta(minutes=10)
"""An intent that is still unsettled after this is worth an alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile:
    """Looks for attempts at Graph; for the next request with the same key, and for the timer."""

    graph: Graph
    finder: Finder
    locks: Locks
    catalogues: Catalogues
    placing: Placing
    intents: Intents
    store: IdempotencyStore
    render: Render
    clock: Clock
    budget: timedelta

    async def earlier(self, work: Work) -> Confirmation | None:
        """The booking of this work's attempt; None where it surely left nothing behind.

        Raises OutcomeUnknown, and nothing else of the error tree, where that cannot be known yet: an
        attempt whose end nobody knows must never look like one that was refused.
        """
        attempt = work.record.attempt
        if attempt is None:
            return None
        try:
            found = await self._found(attempt, work.reference)
            return None if found is None else await self._confirmation(work, attempt, found)
        except OutcomeUnknown:
            raise
        except DomainError as error:
            raise OutcomeUnknown(work.reference, answered=attempt.answered) from error

    async def _found(self, attempt: Attempt, reference: str) -> Appointment | None:
        # Asked before looking: what is not settled yet could still turn up after the look.
        is_settled = self.finder.is_settled(attempt, self.clock())
        found = await self.finder.find(attempt, reference)
        if found is not None and _holds(found, attempt):
            return found
        if found is not None:
            await self._take_back(attempt, found)
        elif not is_settled:
            raise OutcomeUnknown(reference, answered=attempt.answered)
        return None

    async def _confirmation(self, work: Work, attempt: Attempt, found: Appointment) -> Confirmation:
        catalogue = await self.catalogues.get(attempt.business)
        service = catalogue.services.get(attempt.service_id)
        if service is None:
            raise OutcomeUnknown(work.reference, answered=attempt.answered)
        await self.placing.remember(catalogue, found)
        return Confirmation(work.reference, catalogue, service, found, attempt.time_zone)

    async def settle_all(self) -> int:
        """Settle what can be settled of everything that is not; returns how many intents were ended."""
        ended = 0
        async for record in self.store.unsettled(self.clock()):
            if self.clock() - record.created > SLOW:
                logger.warning(
                    "booking.unsettled", extra={"event": "booking.unsettled", "reference": record.reference}
                )
            ended += await self._settle(record)
        return ended

    async def _settle(self, record: Record) -> bool:
        try:
            work = await self.intents.take_over(record)
        except KeyInFlight:
            return False
        try:
            with deadline(self.budget):
                found = await self.earlier(work)
        except OutcomeUnknown:
            await settle(work.give_back(self.clock()))
            return False
        if found is None:
            await settle(work.refuse())
        else:
            await settle(work.complete(self.render(found), found.appointment.id))
        return True

    async def _take_back(self, attempt: Attempt, found: Appointment) -> None:
        """Remove an appointment that was made for this attempt and whose customer Graph dropped.

        Somebody may have joined it since; then it stays, and the booking simply begins anew.
        """
        name = service_start_lock(attempt.business, attempt.service_id, attempt.span.start)
        held = await self.locks.acquire([name])
        try:
            now = await self.graph.appointment(attempt.business, found.id)
            if not now.attendees:
                await self.graph.delete_appointment(attempt.business, found.id)
        except Missing:
            return
        finally:
            await held.release()


def _holds(found: Appointment, attempt: Attempt) -> bool:
    """Whether the customer of the attempt is in; whoever is in an appointment for one is that customer."""
    return includes(found, attempt.customer_id) or (found.maximum_attendees == 1 and bool(found.attendees))
