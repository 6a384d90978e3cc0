"""Proves that a booking stands as it was asked for; puts back whom Graph dropped, and takes back what fails.

Graph drops a customer of a group whose record it does not know and answers as if nothing were amiss:
the one who books now, and just as well somebody who was in the appointment before.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.booking.create.plan import BookingPlan, includes, is_as_sent, is_customer, told
from shared.booking.create.seated import is_seated, unsealed
from shared.booking.customers.directory import Directory
from shared.booking.ports import Graph, Stores
from shared.booking.records import Attempt
from shared.booking.sealing import Sealer
from shared.booking.writes.attendees import AttendeeLists, Change
from shared.booking.writes.engine import Writing
from shared.booking.writes.locks import email_hash
from shared.booking.writes.notes import carries, has_note, note_of, with_note, without_note
from shared.booking.writes.pauses import PAUSES, wait
from shared.booking.writes.recognise import Lists, lists_in_doubt, present
from shared.domain.errors import (
    LOOK_AGAIN,
    GraphError,
    KeyInFlight,
    Missing,
    NotBooked,
    Refused,
    Unavailable,
)
from shared.domain.model import Appointment, Attendee, Customer, Draft

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Under the locks of the write that is proved; in doubt, what is raised is an unknown outcome."""

    graph: Graph
    customers: Directory
    lists: AttendeeLists
    stores: Stores
    sealer: Sealer

    async def of_answer(
        self, plan: BookingPlan, draft: Draft, made: Appointment, writing: Writing
    ) -> Appointment:
        """A new appointment that Graph answered with; raises NotBooked after taking back another one.

        Only what Graph answers at once is compared with what was sent: later the staff may have moved it.
        """
        if not is_as_sent(draft, made):
            logger.error("booking.distorted", extra={"event": "booking.distorted"})
            return await self._refuse(plan, made, writing)
        return await self._with_note(plan, await self.of_new(plan, made, writing), writing)

    async def of_found(
        self, plan: BookingPlan, found: Sequence[Appointment], writing: Writing
    ) -> Appointment:
        """What was found of a POST without an answer: the oldest, while what was delivered twice goes."""
        oldest, *twins = found
        await writing.note_twins(found)
        for twin in twins:
            await self.take_back(plan.business, twin, plan.customer_id, writing, plan.email_of_one)
        return await self._with_note(plan, await self.of_new(plan, oldest, writing), writing)

    async def of_new(self, plan: BookingPlan, made: Appointment, writing: Writing) -> Appointment:
        """A new appointment with the customer in it."""
        if plan.is_in(made):
            return made
        seen = await self.graph.appointment(plan.business, made.id)
        if plan.is_in(seen):
            return seen
        try:
            plan, proved = await self._with_own(plan, [plan.attendee()], seen, writing)
        except KeyInFlight:
            raise  # somebody else goes on with this request, and with the appointment
        except Refused:
            return await self._refuse(plan, seen, writing)
        return proved if plan.is_in(proved) else await self._refuse(plan, proved, writing)

    async def of_join(
        self, plan: BookingPlan, before: Appointment, after: Appointment, writing: Writing
    ) -> Appointment:
        """An appointment with everybody in it who was in it before, and the customer."""
        dropped = [one for one in before.attendees if not is_seated(after, one)]
        if not plan.is_in(after):
            dropped.append(plan.attendee())
        if dropped:
            plan, after = await self._with_own(plan, dropped, after, writing)
        if after.filled > after.maximum_attendees or not plan.is_in(after):
            _report_overfull()
            return await self._refuse(plan, after, writing)
        return await self._with_note(plan, after, writing)

    async def _with_note(self, plan: BookingPlan, seen: Appointment, writing: Writing) -> Appointment:
        """The appointment with what the customer told the staff; refused where Graph keeps nothing of it."""
        if _is_told(plan, seen, writing.reference):
            return seen
        telling = Change(
            seen.id,
            apply=lambda now: now.attendees,
            is_done=lambda now: _is_told(plan, now, writing.reference),
            notes=lambda notes: with_note(notes, writing.reference, plan.staff_note),
        )
        _, after = await self.lists.change(plan.business, telling, writing)
        if _is_told(plan, after, writing.reference):
            return after
        logger.error("booking.note-lost", extra={"event": "booking.note-lost"})
        is_there = note_of(after.service_notes, writing.reference) is not None
        return after if is_there else await self._refuse(plan, after, writing)

    async def take_back(
        self, business: str, made: Appointment, customer_id: str, writing: Writing, email: str | None = None
    ) -> None:
        """Take this customer out of an appointment, with what they told the staff.

        The appointment goes where nobody is left in it, and without a mail: then it is read once more, since
        opting out of mails takes a call, in which the staff may have added somebody. Raises GraphError.
        """
        try:
            for pause in (*PAUSES, None):  # pragma: no branch (the last wait raises)
                seen = await self.graph.appointment(business, made.id)
                rest = _all_but(seen.attendees, customer_id, email)
                if seen.attendees and not rest:
                    await self._opt_out(business, made.id, writing)
                    again = await self.graph.appointment(business, made.id)
                    seen = await self.with_owed(business, again, writing)
                    rest = _all_but(seen.attendees, customer_id, email)
                if rest:
                    if len(rest) < len(seen.attendees) or carries(seen, writing.reference):
                        await self._take_out(business, made.id, customer_id, writing, email)
                    return
                if await self._take_away(business, made.id, writing, pause):
                    return
        except Missing:
            lists = Lists(self.graph, business, self.customers.clock())
            if await present(lists, made.id, made.span) is not None:
                raise Unavailable("appointments.get") from None

    async def with_owed(self, business: str, seen: Appointment, writing: Writing) -> Appointment:
        """The appointment with those in it whom the list of somebody else, in doubt still, has dropped.

        For whoever leaves last: an appointment that is gone gives nobody their seat back.
        """
        if seen.maximum_attendees == 1:
            return seen
        about = (self.customers.clock(), business, seen.id, writing.reference)
        others = lists_in_doubt(self.stores.idempotency, *about)
        seated = [one async for other in others for one in unsealed(other.sealed, self.sealer)]
        dropped = [one for one in seated if not is_seated(seen, one)]
        return await self.put_back(business, dropped, seen, writing) if dropped else seen

    async def _opt_out(self, business: str, appointment_id: str, writing: Writing) -> None:
        """Spare the customer the mail about a DELETE; where that fails, the mail is the smaller harm."""
        with suppress(GraphError):
            await writing.send(lambda check: self.graph.opt_out(business, appointment_id, check=check))

    async def _take_away(
        self, business: str, appointment_id: str, writing: Writing, pause: timedelta | None
    ) -> bool:
        """Delete an appointment; False, after the pause, where that was surely not done: look again first."""
        try:
            await writing.send(
                lambda check: self.graph.delete_appointment(business, appointment_id, check=check)
            )
        except LOOK_AGAIN as error:
            await wait(pause, error)
            return False
        return True

    async def _take_out(
        self, business: str, appointment_id: str, customer_id: str, writing: Writing, email: str | None
    ) -> None:
        """Write the list without this customer; whom Graph drops along is put back."""
        leaving = Change(
            appointment_id,
            apply=lambda now: _all_but(now.attendees, customer_id, email),
            is_done=lambda now: not includes(now, customer_id, email) and not carries(now, writing.reference),
            notes=_without(writing.reference),
        )
        before, after = await self.lists.change(business, leaving, writing)
        stay = _all_but(before.attendees, customer_id, email)
        dropped = [one for one in stay if not is_seated(after, one)]
        if dropped:
            await self.put_back(business, dropped, after, writing)

    async def _refuse(self, plan: BookingPlan, seen: Appointment, writing: Writing) -> Appointment:
        """Take back what was written for this customer; always raises."""
        await self.take_back(plan.business, seen, plan.customer_id, writing, plan.email_of_one)
        writing.ended()
        raise NotBooked

    async def put_back(
        self,
        business: str,
        dropped: Sequence[Attendee],
        seen: Appointment,
        writing: Writing,
        *,
        own: Customer | None = None,
        doubtful: str | None = None,
    ) -> Appointment:
        """The appointment with those in it whose records Graph no longer has, each with a new record.

        Whoever still has a record was not dropped by Graph: the staff took that person out, and that
        counts, as it does where a customer has cancelled or moved away. The `own` customer, whose id is the
        stale one, is put back in any case. Where there is no seat for all, the `doubtful` customer, who was
        told of no booking, gives way in the same write.
        """
        logger.warning("booking.dropped-customer", extra={"event": "booking.dropped-customer"})
        owed, attempt = [], writing.attempt
        for old in dropped:
            is_own = own is not None and old.customer_id == own.id
            if not is_own and await self._has_left(business, old, seen.id):
                continue
            new = await self._renewed(business, old, own if is_own else None)
            if is_own and attempt is not None:
                attempt = replace(attempt, customer_id=new.customer_id or "")
            if is_own or new.customer_id != old.customer_id:
                owed.append(new)
        absent = [one for one in owed if not is_seated(seen, one)]
        if not absent:
            return seen
        goes = doubtful if seen.filled + len(absent) > seen.maximum_attendees else None
        putting_back = Change(
            seen.id,
            apply=lambda now: (*_but(now, goes), *(one for one in owed if not is_seated(now, one))),
            is_done=lambda now: all(is_seated(now, one) for one in owed) and _but(now, goes) == now.attendees,
            attempt=None if attempt is None or attempt == writing.attempt else _always(attempt),
            notes=None if goes is None else _without(writing.reference),
        )
        _, after = await self.lists.change(business, putting_back, writing)
        if after.filled > after.maximum_attendees:
            _report_overfull()
        return after

    async def _with_own(
        self, plan: BookingPlan, dropped: Sequence[Attendee], seen: Appointment, writing: Writing
    ) -> tuple[BookingPlan, Appointment]:
        """The same for a booking, whose plan comes back with the customer's new record."""
        own = replace(plan.request.customer, id=plan.customer_id)
        after = await self.put_back(plan.business, dropped, seen, writing, own=own)
        renewed = await self.customers.known_id(plan.business, own.email)
        return replace(plan, customer_id=renewed or plan.customer_id), after

    async def _has_left(self, business: str, one: Attendee, appointment_id: str) -> bool:
        """Whether a booking of theirs stood in this appointment and went, and none stands in it now."""
        if not one.email:
            return False
        person = email_hash(self.customers.hasher, business, one.email)
        rows = await self.stores.bookings.of_person(business, person)
        if any(row.appointment_id == appointment_id and row.cancelled is None for row in rows):
            return False
        return any(row.has_left(appointment_id) for row in rows)

    async def _renewed(self, business: str, one: Attendee, own: Customer | None) -> Attendee:
        if not one.email:
            logger.error("booking.outside-edit", extra={"event": "booking.outside-edit"})
            return one
        wanted = replace(own, id=None) if own else Customer(None, one.name or "", one.email)
        new_id = await self.customers.existing(business, wanted, one.customer_id)
        return replace(one, customer_id=new_id)


def _report_overfull() -> None:
    logger.error("booking.overfull", extra={"event": "booking.overfull"})


def _but(appointment: Appointment, customer_id: str | None) -> tuple[Attendee, ...]:
    return appointment.attendees if customer_id is None else _all_but(appointment.attendees, customer_id)


def _always(attempt: Attempt) -> Callable[[Appointment], Attempt]:
    return lambda _: attempt


def _without(reference: str) -> Callable[[str | None], str]:
    return lambda notes: without_note(notes, reference)


def _is_told(plan: BookingPlan, appointment: Appointment, reference: str) -> bool:
    """Whether an appointment, read by id, shows the staff what the customer told them, in any place."""
    text = told(plan.request)
    own = (one.notes for one in appointment.attendees if plan.is_own(one))
    return not text or text in own or has_note(appointment.service_notes, reference, plan.staff_note)


def _all_but(
    attendees: Iterable[Attendee], customer_id: str, email: str | None = None
) -> tuple[Attendee, ...]:
    return tuple(one for one in attendees if not is_customer(one, customer_id, email))
