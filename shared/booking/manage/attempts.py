"""What becomes of a change's attempt when all that is left of it is the record."""

import logging
from dataclasses import dataclass, replace

from shared.booking.create.attempts import BookingAttempts, lost
from shared.booking.create.seated import is_seated, unsealed
from shared.booking.manage.leaving import Departure, Leaving, leaving_attempt
from shared.booking.manage.reschedule import is_at
from shared.booking.manage.standing import as_known, service_of
from shared.booking.ports import BookingStore, Clock
from shared.booking.records import Attempt, BookingRow
from shared.booking.writes.engine import Writing
from shared.booking.writes.outcomes import Confirmation
from shared.booking.writes.recognise import Lists, present
from shared.domain.model import Appointment

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempts:
    """What all changes of bookings need to recognise theirs."""

    booked: BookingAttempts
    bookings: BookingStore

    async def take_back(self, attempt: Attempt, found: tuple[Appointment, ...], writing: Writing) -> None:
        """Take the customer out of all of these."""
        await self.booked.take_back(attempt, found, writing)

    async def _confirmed(
        self,
        attempt: Attempt,
        reference: str,
        stands: Appointment,
        changed: tuple[Appointment, ...],
    ) -> Confirmation:
        catalogue = await self.booked.catalogues.get(attempt.business)
        return Confirmation(
            reference=reference,
            catalogue=catalogue,
            service=service_of(catalogue, await self._row(attempt, reference), stands),
            appointment=stands,
            time_zone=attempt.time_zone,
            kind=attempt.kind,
            mailbox=attempt.business,
            changed=changed,
        )

    async def _row(self, attempt: Attempt, reference: str) -> BookingRow:
        """The booking's row; what the attempt says of it where it is swept already."""
        found = await self.bookings.get(attempt.business, reference)
        return found or BookingRow(
            reference=reference,
            business=attempt.business,
            key="",
            person=attempt.person,
            customer_id=attempt.customer_id,
            service_id=attempt.service_id,
            appointment_id=attempt.appointment_id or "",
            span=attempt.span,
            staff_member_ids=attempt.staff_member_ids,
            time_zone=attempt.time_zone,
            created=attempt.at,
        )

    async def _with_everybody(self, attempt: Attempt, seen: Appointment, writing: Writing) -> Appointment:
        """The appointment with those put back whom Graph dropped when a list was written."""
        seated = unsealed(attempt.sealed, self.booked.sealer)
        people = [one for one in seated if not is_seated(seen, one)]
        return await self.booked.proof.put_back(attempt.business, people, seen, writing) if people else seen


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAttempts(_Attempts):
    """Recognises cancellations: the appointment is gone, or the customer is not in it any more."""

    async def find(self, attempt: Attempt, reference: str, lists: Lists) -> tuple[Appointment, ...]:
        """What is left of the appointment, nobody in it where it is gone; empty while the customer is in."""
        seen = await present(lists, attempt.appointment_id or "", attempt.span)
        if seen is None:
            row = await self._row(attempt, reference)
            service = service_of(await self.booked.catalogues.get(attempt.business), row, None)
            return (
                as_known(replace(row, appointment_id=attempt.appointment_id or ""), service, attempt.span),
            )
        return () if self.booked.recognition.seat(seen, attempt) else (seen,)

    def needs_repair(self, attempt: Attempt, found: tuple[Appointment, ...]) -> bool:
        """Whether somebody else was dropped along with the customer, perhaps the last one who was to stay."""
        return bool(lost(attempt, found[0]))

    async def repair(
        self, attempt: Attempt, found: tuple[Appointment, ...], writing: Writing
    ) -> Appointment | None:
        """The appointment with everybody else in it; read anew, since where it is gone nobody is put back."""
        lists = self.booked.recognition.lists(attempt.business)
        now = await present(lists, found[0].id, found[0].span)
        return found[0] if now is None else await self._with_everybody(attempt, now, writing)

    async def confirm(self, attempt: Attempt, reference: str, stands: Appointment) -> Confirmation:
        """The booking as it was when it was cancelled."""
        before = replace(stands, span=attempt.span, staff_member_ids=attempt.staff_member_ids)
        return await self._confirmed(attempt, reference, before, (stands,))


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAttempts(_Attempts):
    """Recognises moves of whole appointments, by time and staff."""

    async def find(self, attempt: Attempt, reference: str, lists: Lists) -> tuple[Appointment, ...]:  # noqa: ARG002
        """The appointment, if it is where the attempt would have it."""
        seen = await present(lists, attempt.appointment_id or "", attempt.span)
        return (seen,) if seen is not None and is_at(seen, attempt) else ()

    def needs_repair(self, attempt: Attempt, found: tuple[Appointment, ...]) -> bool:  # noqa: ARG002
        """Nothing can be half moved."""
        return False

    async def repair(
        self,
        attempt: Attempt,  # noqa: ARG002
        found: tuple[Appointment, ...],
        writing: Writing,  # noqa: ARG002
    ) -> Appointment | None:
        """The appointment."""
        return found[0]

    async def confirm(self, attempt: Attempt, reference: str, stands: Appointment) -> Confirmation:
        """The booking at its new time; its old one is free."""
        row = await self._row(attempt, reference)
        before = replace(stands, span=row.span)
        return await self._confirmed(attempt, reference, stands, (before,))


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatAttempts(_Attempts):
    """Recognises changes of seat: whoever has the new seat has moved, and leaves the old one if need be."""

    leaving: Leaving
    clock: Clock

    async def find(self, attempt: Attempt, reference: str, lists: Lists) -> tuple[Appointment, ...]:
        """The appointment with the new seat, and the old one while anything is left to be done there.

        The old one alone where the seat is nowhere, and whoever left it took others along.
        """
        new: tuple[Appointment, ...]
        if attempt.is_leaving:
            seen = await present(lists, attempt.appointment_id or "", attempt.span)
            new = (seen,) if seen is not None and self.booked.recognition.seat(seen, attempt) else ()
        else:
            new = await self.booked.find(attempt, reference, lists)
        if not new and not attempt.is_leaving:
            return ()
        row = await self._row(attempt, reference)
        old = await present(lists, attempt.leaves or "", row.span)
        if old is None or not self._is_unfinished(attempt, old):
            return new
        return (*new, old) if new or lost(attempt, old) else ()

    def needs_repair(self, attempt: Attempt, found: tuple[Appointment, ...]) -> bool:
        """Whether the old seat is still taken, or the new one must not stay as it is."""
        if len(found) > 1 or found[0].id == attempt.leaves:
            return True
        return not attempt.is_leaving and self.booked.needs_repair(attempt, found)

    async def repair(
        self, attempt: Attempt, found: tuple[Appointment, ...], writing: Writing
    ) -> Appointment | None:
        """The new seat with the old one left; None, and the old one kept, where the new one may not stay."""
        old = next((one for one in found if one.id == attempt.leaves), None)
        new = tuple(one for one in found if one is not old)
        if old is not None and not new:
            await self._with_everybody(attempt, old, writing)
            return None
        stands: Appointment | None = new[0]
        if not attempt.is_leaving or len(new) > 1:
            joined = replace(attempt, seated=(), sealed=None) if attempt.is_leaving else attempt
            stands = await self.booked.repair(joined, new, writing)
        if stands is None or old is None:
            return stands
        await self._leave(attempt, old, stands, writing)
        return stands

    async def _leave(self, attempt: Attempt, old: Appointment, stands: Appointment, writing: Writing) -> None:
        """The old appointment without the customer; read anew, as it is under the locks."""
        lists = self.booked.recognition.lists(attempt.business)
        now = await present(lists, old.id, old.span)
        if now is None:
            return
        if self.booked.recognition.seat(now, attempt) is None:
            await self._with_everybody(attempt, now, writing)
            return
        await self.leaving.leave(self._departure(attempt, now, stands, writing), writing)

    async def confirm(self, attempt: Attempt, reference: str, stands: Appointment) -> Confirmation:
        """The booking in its new seat."""
        return await self._confirmed(attempt, reference, stands, ())

    def _is_unfinished(self, attempt: Attempt, old: Appointment) -> bool:
        if self.booked.recognition.seat(old, attempt) is not None:
            return True
        return attempt.is_leaving and bool(lost(attempt, old))

    def _departure(
        self, attempt: Attempt, old: Appointment, stands: Appointment, writing: Writing
    ) -> Departure:
        joined = writing.attempt or attempt
        return Departure(
            business=attempt.business,
            reference=writing.reference,
            seen=old,
            seat=lambda seen: self.booked.recognition.seat(seen, attempt),
            attempt=lambda _, stay: leaving_attempt(joined, stands, stay, self.booked.sealer, self.clock()),
        )
