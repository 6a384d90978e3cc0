"""The use case of the house: one booking request, one booking, whatever is repeated, lost or late."""

import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from shared.booking.create.plan import BookingPlan, Planner, is_as_sent, refuse_broken
from shared.booking.create.proof import Proof
from shared.booking.create.replay import Replays
from shared.booking.create.request import Booked, BookingRequest
from shared.booking.create.seated import sealed
from shared.booking.customers.directory import Directory
from shared.booking.ports import Clock, Graph, Ledger
from shared.booking.records import Attempt, IdempotencyRecord, Kind, LedgerEntry
from shared.booking.sealing import Sealer
from shared.booking.slots.calendar import DayViews, LastSeen, days_of
from shared.booking.slots.catalogue import Catalogues
from shared.booking.writes.attendees import AttendeeLists, Change
from shared.booking.writes.engine import Writes, Writing
from shared.booking.writes.idempotency import RequestKey
from shared.booking.writes.locks import Foreseen, email_hash
from shared.booking.writes.notes import with_note
from shared.booking.writes.outcomes import Confirmation
from shared.booking.writes.pauses import PAUSES
from shared.booking.writes.recognise import Recognition
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
from shared.domain.model import Appointment, Attendee, Catalogue, Draft
from shared.domain.zones import iana_zone
from shared.platform.deadline import deadline
from shared.platform.hashes import Hasher

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ManageLink:
    """Where the booking of a mailbox, reference and token is looked at, moved and cancelled.

    Where that is the only way, Microsoft's own one is switched off: it knows none of our locks and rules.
    """

    to: Callable[[str, str, str], str]
    is_only_way: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentWriter:
    """Writes under locks that are held; raises Refused, GraphError and, in doubt, anything."""

    graph: Graph
    customers: Directory
    recognition: Recognition
    lists: AttendeeLists
    proof: Proof
    recent: "RecentWrites"
    sealer: Sealer
    clock: Clock
    hasher: Hasher
    manage_link: ManageLink | None = None

    async def create(self, plan: BookingPlan, writing: Writing) -> Appointment:
        """A new appointment with the customer; sent once more where the first POST surely left nothing."""
        for _ in range(2):
            draft, attempt = self._draft(plan, writing), plan.attempt(self.clock())
            try:
                made = await self._post(draft, plan, attempt, writing)
            except UNCERTAIN as error:
                found = await self._look(attempt, writing, error)
                if found:
                    return await self.proof.of_found(plan, found, writing)
                plan = await self._with_existing_customer(plan)
            else:
                has_notes = made.service_notes == draft.service_notes
                if is_as_sent(draft, made) and plan.is_in(made) and has_notes:
                    return made
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

        def told(notes: str | None) -> str:
            return with_note(notes, writing.reference, plan.staff_note)

        joining = Change(target.id, joined, plan.is_in, attempt, told)
        try:
            before, after = await self.lists.change(plan.business, joining, writing)
        except Missing as error:
            await self.recent.forget(plan.context.calendar.catalogue, target)
            raise SlotBusy from error
        return await self.proof.of_join(plan, before, after, writing)

    async def with_record(self, plan: BookingPlan) -> BookingPlan:
        """The plan of somebody who has a seat already: by its record, or by one that has taken its place.

        Graph is asked only where the index does not name that record.
        """
        email = plan.request.customer.email
        if not email or await self.customers.known_id(plan.business, email) == plan.customer_id:
            return plan
        return await self._with_existing_customer(plan)

    def _draft(self, plan: BookingPlan, writing: Writing) -> Draft:
        """The new appointment; one for this customer alone brings the link.

        Everybody in a group reads the same text, and a change of seats has not the key of the booking.
        """
        draft, service = plan.draft(writing.reference), plan.service
        if self.manage_link is None or service.is_group or plan.leaves or writing.lease is None:
            return draft
        token = self.hasher.token(writing.lease.record.key, writing.reference)
        link = self.manage_link.to(plan.business, writing.reference, token)
        told = "\n\n".join(filter(None, (service.additional_information, link)))
        both = service.is_customer_allowed_to_manage_booking and not self.manage_link.is_only_way
        linked = replace(service, additional_information=told, is_customer_allowed_to_manage_booking=both)
        return replace(draft, service=linked)

    def _post(
        self, draft: Draft, plan: BookingPlan, attempt: Attempt, writing: Writing
    ) -> Awaitable[Appointment]:
        return writing.send(
            lambda check: self.graph.create_appointment(plan.business, draft, check=check),
            attempt,
            again=PAUSES,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateBooking:
    """Books; raises Refused (nothing was booked), OutcomeUnknown, GraphError and StoreUnavailable."""

    writes: Writes
    catalogues: Catalogues
    planner: Planner
    customers: Directory
    writer: AppointmentWriter
    replays: Replays
    hasher: Hasher
    budget: timedelta

    async def __call__(self, request: BookingRequest, key: RequestKey) -> Booked:
        """One booking for this request, made now or before."""
        with deadline(self.budget):
            booking = _Booking(self, request)
            outcome = await self.writes.perform(key, booking, booking.replay if key.is_ours else None)
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

    async def replay(self, known: IdempotencyRecord) -> str | None:
        """The answer that was given before, if it is still true; raises GraphError."""
        return await self.parts.replays(known, self.request)

    async def locks(self) -> Foreseen:
        """What the facts called for when they were read last, else what they will probably call for."""
        if self._needed:
            return Foreseen(self._needed)
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
        person = email_hash(self.parts.hasher, plan.business, self.request.customer.email)
        plan = replace(plan, customer_id=customer_id, person=person)
        if plan.target is not None:
            booked = await self.parts.writer.join(plan, plan.target, writing)
        elif plan.staff_id is not None:
            booked = await self.parts.writer.create(plan, writing)
        else:
            raise SlotBusy
        logger.info("booking.placed", extra={"event": "booking.placed", "staff_choice": plan.reason})
        catalogue = plan.context.calendar.catalogue
        return Confirmation(
            writing.reference, catalogue, plan.service, booked, plan.time_zone, mailbox=plan.business
        )


class RecentWrites:
    """Lets everybody who judges know of a booking that stands, before Graph lists it."""

    def __init__(
        self, ledger: Ledger, views: DayViews, last_seen: LastSeen, clock: Clock, list_lag: timedelta
    ) -> None:
        self._ledger = ledger
        self._views = views
        self.last_seen = last_seen
        self._clock = clock
        self._list_lag = list_lag

    async def __call__(self, made: Confirmation) -> None:
        """Remember it and what it changed, in all workers; raises StoreUnavailable.

        The last form of an appointment counts on all days on which it was or is.
        """
        catalogue = made.catalogue
        stands = () if made.kind is Kind.CANCEL else (made.appointment,)
        forms = {one.id: one for one in (*made.changed, *stands)}
        days = {one: set[date]() for one in forms}
        for one in (*made.changed, *stands):
            days[one.id].update(days_of(one.occupied, iana_zone(catalogue.business.time_zone)))
        for one in forms.values():
            await self._record(catalogue, days[one.id], one, is_moved=made.kind is Kind.MOVE)

    async def forget(self, catalogue: Catalogue, gone: Appointment) -> None:
        """Let nobody count on a write of ours that Graph says is not there; raises StoreUnavailable.

        One that is so new that the lists need not show it yet may be there all the same, and stays.
        """
        days = days_of(gone.occupied, iana_zone(catalogue.business.time_zone))
        for entry in await self._views.recent(catalogue, gone.occupied):
            if entry.appointment.id == gone.id and entry.written <= self._clock() - self._list_lag:
                await self._record(catalogue, days, replace(gone, filled=0))

    async def _record(
        self, catalogue: Catalogue, days: Collection[date], seen: Appointment, *, is_moved: bool = False
    ) -> None:
        business = catalogue.business.id
        bare = replace(seen, attendees=(), service_notes=None, customer_email=None)
        self._views.drop(business, days)
        self.last_seen.add(business, days, bare)
        await self._ledger.record(business, days, LedgerEntry(bare, self._clock(), is_moved=is_moved))
