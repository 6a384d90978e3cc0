"""What becomes of a booking's attempt when all that is left of it is the record."""

import logging
from dataclasses import dataclass

from shared.booking.create.plan import includes
from shared.booking.create.proof import Proof
from shared.booking.create.seated import is_seated, unsealed
from shared.booking.records import Attempt
from shared.booking.sealing import Sealer
from shared.booking.slots.catalogue import Catalogues
from shared.booking.writes.engine import Writing
from shared.booking.writes.outcomes import Confirmation
from shared.booking.writes.recognise import Lists, Recognition, present
from shared.domain.model import Appointment, Customer, Service

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingAttempts:
    """Recognises bookings; what staff did to an appointment meanwhile is an outcome, not a dead end."""

    recognition: Recognition
    catalogues: Catalogues
    proof: Proof
    sealer: Sealer

    async def find(self, attempt: Attempt, reference: str, lists: Lists) -> tuple[Appointment, ...]:
        """The appointments in which the attempt resulted, the oldest first.

        A list may have dropped its own customer with others: so does the one from which somebody is gone.
        """
        found = await self.recognition.find(attempt, reference, lists)
        if found or not attempt.seated:
            return found
        seen = await present(lists, attempt.appointment_id or "", attempt.span)
        return (seen,) if seen is not None and lost(attempt, seen) else ()

    def needs_repair(self, attempt: Attempt, found: tuple[Appointment, ...]) -> bool:
        """Whether it is there twice, without its customer, with too many, or without one who was in it."""
        return len(found) > 1 or not self._may_stand(attempt, found[0]) or bool(lost(attempt, found[0]))

    async def repair(
        self, attempt: Attempt, found: tuple[Appointment, ...], writing: Writing
    ) -> Appointment | None:
        """The one that most have joined, else the oldest, with everybody in it; the others are taken back.

        None as well where the customer gave up the seat to somebody who was lost, since it was the last.
        """
        allowed = [one for one in found if self._may_stand(attempt, one)]
        if allowed and (joined := self._joined_without(attempt, found)) is not None:
            after = await self._seated_with_others(attempt, allowed[0], joined, writing)
            await self.take_back(attempt, tuple(one for one in found if one is not joined), writing)
            return after
        stands = max(allowed, key=lambda one: one.filled, default=None)
        await self.take_back(attempt, tuple(one for one in found if one is not stands), writing)
        if stands is None:
            return None
        if not lost(attempt, stands):
            return stands
        people = [one for one in unsealed(attempt.sealed, self.sealer) if not is_seated(stands, one)]
        own = self._id_in(stands, attempt)
        after = await self.proof.put_back(attempt.business, people, stands, writing, doubtful=own)
        return after if includes(after, own) else None

    async def _seated_with_others(
        self, attempt: Attempt, alone: Appointment, joined: Appointment, writing: Writing
    ) -> Appointment:
        """The twin that others have joined, with the customer whom Graph had dropped there in it again."""
        own = self.recognition.seat(alone, attempt)
        assert own is not None  # noqa: S101
        who = Customer(own.customer_id, own.name or "", own.email or "")
        return await self.proof.put_back(attempt.business, [own], joined, writing, own=who)

    async def take_back(self, attempt: Attempt, found: tuple[Appointment, ...], writing: Writing) -> None:
        """Take the customer out of all of these, and those away in which nobody is left."""
        for one in found:
            logger.warning("booking.taken-back", extra={"event": "booking.taken-back"})
            await self.proof.take_back(attempt.business, one, self._id_in(one, attempt), writing)

    async def confirm(self, attempt: Attempt, reference: str, stands: Appointment) -> Confirmation:
        """The confirmation of the appointment as it is now, wherever the staff moved it."""
        catalogue = await self.catalogues.get(attempt.business)
        service = catalogue.services.get(attempt.service_id) or _deleted(attempt, stands)
        return Confirmation(
            reference, catalogue, service, stands, attempt.time_zone, mailbox=attempt.business
        )

    def _may_stand(self, attempt: Attempt, found: Appointment) -> bool:
        if attempt.is_join:
            return found.filled <= found.maximum_attendees
        # Whoever is in an appointment for one is that customer, whatever the record.
        is_one = found.maximum_attendees == 1 and bool(found.attendees)
        return is_one or self.recognition.seat(found, attempt) is not None

    def _id_in(self, appointment: Appointment, attempt: Attempt) -> str:
        """The record by which the customer sits there; the attempt's own where they do not."""
        seat = self.recognition.seat(appointment, attempt)
        return attempt.customer_id if seat is None else seat.customer_id or ""

    def _joined_without(self, attempt: Attempt, found: tuple[Appointment, ...]) -> Appointment | None:
        """A twin with room in which others sit, but not the customer: two would stand at one time.

        The staff deleted the customer's record, and Graph dropped them when somebody joined.
        """
        if attempt.is_join:
            return None
        joined = (one for one in found if one.attendees and one.filled < one.maximum_attendees)
        return next((one for one in joined if self.recognition.seat(one, attempt) is None), None)


def _deleted(attempt: Attempt, stands: Appointment) -> Service:
    """What the appointment itself still says of a service that the shop has deleted."""
    return Service(
        id=attempt.service_id,
        display_name=stands.service_name or "",
        default_duration=stands.span.length,
        maximum_attendees_count=stands.maximum_attendees,
    )


def lost(attempt: Attempt, stands: Appointment) -> set[str]:
    """Who was in before and is not any more: by an edit of the staff, or since their record is gone."""
    return {one for one in attempt.seated if not includes(stands, one)}
