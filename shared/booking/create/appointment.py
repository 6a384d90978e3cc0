"""Writes a booking to Graph: a new appointment, or a seat in one that exists; proved, or taken back."""

from collections.abc import Awaitable
from dataclasses import dataclass, replace

from shared.booking.create.plan import BookingPlan, refuse_broken
from shared.booking.create.proof import Proof
from shared.booking.create.seated import sealed
from shared.booking.customers.directory import Directory
from shared.booking.ports import Clock, Graph
from shared.booking.records import Attempt
from shared.booking.sealing import Sealer
from shared.booking.writes.attendees import AttendeeLists, Change
from shared.booking.writes.recognise import Recognition
from shared.booking.writes.writing import Writing
from shared.domain.errors import (
    UNCERTAIN,
    GraphError,
    Missing,
    NotBooked,
    OutcomeUnknown,
    SlotBusy,
    Unreadable,
    is_over,
)
from shared.domain.model import Appointment, Attendee, Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentWriter:
    """Writes under locks that are held; raises Refused, GraphError and, in doubt, anything."""

    graph: Graph
    customers: Directory
    recognition: Recognition
    lists: AttendeeLists
    proof: Proof
    sealer: Sealer
    clock: Clock

    async def create(self, plan: BookingPlan, writing: Writing) -> Appointment:
        """A new appointment with the customer; sent once more where the first POST surely left nothing."""
        for _ in range(2):
            draft, attempt = plan.draft(writing.reference), plan.attempt(self.clock())
            try:
                made = await self._post(draft, plan, attempt, writing)
            except UNCERTAIN as error:
                found = await self._look(attempt, writing, error)
                if found:
                    return await self.proof.of_found(plan, found, writing)
                plan = await self._with_existing_customer(plan)
            else:
                return await self.proof.of_answer(plan, draft, made, writing)
        raise NotBooked

    async def join(self, plan: BookingPlan, target: Appointment, writing: Writing) -> Appointment:
        """The customer in an appointment that exists, with everybody who was in it."""

        def joined(current: Appointment) -> tuple[Attendee, ...]:
            context = plan.context.refreshed(current)
            refuse_broken(context)
            if context.join_target is None or context.join_target.id != current.id:
                raise SlotBusy
            return (*current.attendees, plan.attendee())

        def attempt(current: Appointment) -> Attempt:
            return plan.attempt(self.clock(), current, sealed(current.attendees, self.sealer))

        joining = Change(target.id, joined, plan.is_in, attempt)
        try:
            before, after = await self.lists.change(plan.business, joining, writing)
        except Missing as error:
            raise SlotBusy from error
        return await self.proof.of_join(plan, before, after, writing)

    def _post(
        self, draft: Draft, plan: BookingPlan, attempt: Attempt, writing: Writing
    ) -> Awaitable[Appointment]:
        return writing.send(
            lambda check: self.graph.create_appointment(plan.business, draft, check=check), attempt
        )

    async def _look(self, attempt: Attempt, writing: Writing, error: GraphError) -> tuple[Appointment, ...]:
        """What an uncertain POST left behind; empty only where it surely left nothing."""
        over = is_over(error)
        try:
            found = await self.recognition.watch(attempt, writing.reference)
        except GraphError as blind:
            raise OutcomeUnknown(writing.reference, is_over=over) from blind
        if found:
            return found
        # Without an answer of Graph's it may land later; with a 2xx it is there, wherever that is.
        if not over or isinstance(error, Unreadable):
            raise OutcomeUnknown(writing.reference, is_over=over) from error
        writing.ended()
        return ()

    async def _with_existing_customer(self, plan: BookingPlan) -> BookingPlan:
        """Graph fails a POST for one customer whose id it no longer knows: then with another record."""
        wanted = plan.request.customer
        return replace(
            plan, customer_id=await self.customers.existing(plan.business, wanted, plan.customer_id)
        )
