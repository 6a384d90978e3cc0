"""What a booking asks for and would write, by the facts around it, and the locks that it needs for that."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from shared.booking.create.request import BookingRequest
from shared.booking.customers.directory import Directory
from shared.booking.ports import Clock
from shared.booking.records import Attempt, Kind
from shared.booking.slots.calendar import DayViews, LastSeen, days_of
from shared.booking.slots.catalogue import Reminders, offered_service
from shared.booking.writes.locks import Foreseen, service_start_lock, staff_day_lock
from shared.booking.writes.notes import block
from shared.domain.addresses import same_email
from shared.domain.errors import RulesBroken
from shared.domain.intervals import ONE_DAY, Interval
from shared.domain.model import (
    Answer,
    Appointment,
    Attendee,
    AvailabilityStatus,
    Catalogue,
    DayView,
    Draft,
    Service,
    StaffAvailability,
)
from shared.domain.rules import judge
from shared.domain.rules.context import RuleContext, ServiceCalendar, SlotRequest
from shared.domain.rules.timing import is_within_reach, unread
from shared.domain.texts import chosen
from shared.domain.zones import iana_zone

CONSENT = "Consent: given"
"""What stands below the reference of a customer who agreed to what the shop asks consent for."""


MOST_ALSO = 3
"""Members of staff whose days are taken beforehand where they are free; of more, whose it will be is read."""


class StaffChoice(StrEnum):
    """Why this staff member gives a new appointment; for the log."""

    ASKED_FOR = "asked-for"
    LEAST_LOADED = "least-loaded"


@dataclass(frozen=True, slots=True)
class BookingPlan:
    """A judged request and what is to be written for it, under `locks`.

    Join `target`, or make a new appointment with `staff_id`, for `reason`; neither where nobody is
    free. `customer_id` is set once the customer's record is known, `person` with it.
    Whoever changes seats has their own `element` already, and the appointment that they leave in `leaves`.
    """

    request: BookingRequest
    context: RuleContext
    locks: frozenset[str]
    staff_id: str | None = None
    target: Appointment | None = None
    reason: str = ""
    customer_id: str = ""
    person: str = ""
    element: Attendee | None = None
    leaves: str | None = None

    @property
    def business(self) -> str:
        """The mailbox."""
        return self.request.business

    @property
    def service(self) -> Service:
        """The service that is booked."""
        return self.context.request.service

    @property
    def is_possible(self) -> bool:
        """Whether there is anything to write at all."""
        return self.staff_id is not None or self.target is not None

    @property
    def time_zone(self) -> str:
        """The zone in which the customer reads times."""
        return self.request.time_zone or self.context.calendar.catalogue.business.time_zone

    @property
    def email_of_one(self) -> str | None:
        """The address by which the only customer of an appointment is known too, whatever the record."""
        return None if self.service.is_group else self.request.customer.email

    def is_own(self, one: Attendee) -> bool:
        """Whether this is the customer's own element."""
        return one.customer_id == self.customer_id

    def is_in(self, appointment: Appointment) -> bool:
        """Whether the customer is in this appointment, read by id."""
        return includes(appointment, self.customer_id, self.email_of_one)

    @property
    def staff_note(self) -> str:
        """What the staff are told, with the name where others are in the appointment too; perhaps empty."""
        request = self.request
        text = told(request)
        return f"{request.customer.display_name}: {text}" if text and self.service.is_group else text

    def attendee(self) -> Attendee:
        """This customer's element; Graph fills nothing in from the customer's id."""
        if self.element is not None:
            return replace(self.element, customer_id=self.customer_id)
        request = self.request
        asked = {one.question.id: one for one in self.service.questions}
        return Attendee(
            customer_id=self.customer_id,
            name=request.customer.display_name,
            email=request.customer.email,
            phone=request.phone,
            notes=told(request) or None,
            address=request.address,
            time_zone=self.time_zone,
            answers=tuple(
                Answer(asked[i], chosen(asked[i].question, text) or text)
                for i, text in request.answers.items()
                if i in asked
            ),
            sms_notifications_enabled=request.sms_notifications and self.service.sms_notifications_enabled,
        )

    def draft(self, reference: str) -> Draft:
        """The new appointment."""
        return Draft(
            service=self.service,
            span=self.context.request.span,
            staff_member_ids=(self.staff_id or "",),
            attendees=(self.attendee(),),
            service_notes=block(reference, self.staff_note),
            customer_time_zone=self.time_zone,
        )

    def attempt(self, at: datetime, joined: Appointment | None = None, sealed: str | None = None) -> Attempt:
        """What is about to be written, for whoever has to find out later."""
        return Attempt(
            business=self.business,
            service_id=self.service.id,
            span=self.context.request.span,
            staff_member_ids=(self.staff_id or "",) if joined is None else joined.staff_member_ids,
            customer_id=self.customer_id,
            time_zone=self.time_zone,
            at=at,
            locks=tuple(sorted(self.locks)),
            is_join=joined is not None,
            appointment_id=None if joined is None else joined.id,
            seated=() if joined is None else tuple(one.customer_id or "" for one in joined.attendees),
            sealed=sealed,
            kind=Kind.BOOK if self.leaves is None else Kind.CHANGE_SEAT,
            leaves=self.leaves,
            person=self.person,
            campaign=self.request.campaign,
        )


def plan(request: BookingRequest, context: RuleContext) -> BookingPlan:
    """The plan that these facts call for.

    A group service needs its service and start, so that only one creates or joins at a time. Whatever
    takes time of a staff member needs that member's days, in the business's zone, buffers included.
    """
    locks, target = _start(request, context), context.join_target
    if target is not None or not context.free_staff:
        return BookingPlan(request, context, locks, target=target)
    staff_id = context.free_staff[0]
    locks |= _staff_days(request.business, (staff_id,), context)
    reason = StaffChoice.LEAST_LOADED if request.staff_id is None else StaffChoice.ASKED_FOR
    return BookingPlan(request, context, locks, staff_id, reason=reason)


def _start(request: BookingRequest, context: RuleContext) -> frozenset[str]:
    service, start = context.request.service, context.request.span.start
    return frozenset({service_start_lock(request.business, service.id, start)} if service.is_group else ())


def _staff_days(business: str, staff: Iterable[str], context: RuleContext) -> frozenset[str]:
    days = days_of(context.occupied, context.calendar.zone)
    return frozenset(staff_day_lock(business, one, day) for one in staff for day in days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans bookings by what the calendar shows; raises NotFound, RulesBroken, GraphError."""

    views: DayViews
    last_seen: LastSeen
    customers: Directory
    reminders: Reminders
    clock: Clock

    async def foresee(self, request: BookingRequest, catalogue: Catalogue) -> Foreseen:
        """The locks that will be needed, by what was seen of the day last; else as if everybody were free.

        What no calendar would allow is refused here. On a day that nobody has seen, nobody waits for the lock
        of one of several: of a few they are taken where they are free, and for many the day is read as
        visitors see it.
        """
        asked = _slot_request(request, catalogue)
        self._refuse_out_of_reach(catalogue, asked)
        days = _days(catalogue, asked)
        seen = self.last_seen.get(catalogue.business.id, days[0])
        if seen and (likely := plan(request, self._context(catalogue, asked, seen))).is_possible:
            return Foreseen(likely.locks)
        view = self.views.known(catalogue, days[0], days[-1]) or seen
        context = self._context(catalogue, asked, view or _everybody_free(catalogue, asked))
        may = context.free_staff if view is None else ()
        if len(may) > MOST_ALSO:
            context = self._context(catalogue, asked, await self.views.shared(catalogue, days[0], days[-1]))
        violations = judge(context)
        if not all(one.conflict for one in violations):
            raise RulesBroken(violations)
        if 1 < len(may) <= MOST_ALSO:
            return Foreseen(_start(request, context), _staff_days(request.business, may, context))
        return Foreseen(plan(request, context).locks)

    async def plan(self, request: BookingRequest, catalogue: Catalogue) -> BookingPlan:
        """The plan by the facts as they are now, judged; for whoever holds the locks."""
        asked = _slot_request(request, catalogue)
        days = _days(catalogue, asked)
        view, customer_id, service = await asyncio.gather(
            self.views.fresh(catalogue, days[0], days[-1]),
            self.customers.known_id(request.business, request.customer.email),
            self.reminders.added(request.business, asked.service),
        )
        self.last_seen.put(catalogue.business.id, days[0], view)
        context = self._context(catalogue, replace(asked, customer_id=customer_id, service=service), view)
        refuse_broken(context)
        return plan(request, context)

    def _refuse_out_of_reach(self, catalogue: Catalogue, asked: SlotRequest) -> None:
        """Of a start in the past or beyond the maximum advance nobody is asked anything."""
        context = RuleContext(unread(catalogue, asked.service, asked.span, self.clock()), asked)
        if not is_within_reach(context):
            refuse_broken(context)

    def _context(self, catalogue: Catalogue, asked: SlotRequest, view: DayView) -> RuleContext:
        return RuleContext(ServiceCalendar.of(catalogue, asked.service, view, self.clock()), asked)


def _everybody_free(catalogue: Catalogue, asked: SlotRequest) -> DayView:
    """A calendar in which nothing is in the way."""
    span = asked.span.widened(ONE_DAY, ONE_DAY)
    free = StaffAvailability(AvailabilityStatus.AVAILABLE, span)
    return DayView(span, (), dict.fromkeys(catalogue.staff, (free,)))


def refuse_broken(context: RuleContext) -> None:
    """Raise RulesBroken unless the request keeps every rule."""
    if violations := judge(context):
        raise RulesBroken(violations)


def _slot_request(request: BookingRequest, catalogue: Catalogue) -> SlotRequest:
    service = offered_service(catalogue, request.service_id, to_partner=request.is_partners)
    return SlotRequest(
        service,
        Interval(request.start, request.start + service.default_duration),
        request.staff_id,
        customer_email=request.customer.email,
        answers=request.answers,
        note=request.notes or ("" if told(request) else None),
        consent=request.consent,
    )


def _days(catalogue: Catalogue, asked: SlotRequest) -> tuple[date, ...]:
    return days_of(asked.span, iana_zone(catalogue.business.time_zone))


def is_as_sent(draft: Draft, made: Appointment) -> bool:
    """Whether an appointment has the time and the staff that were sent."""
    return made.span == draft.span and set(made.staff_member_ids) == set(draft.staff_member_ids)


def is_customer(one: Attendee, customer_id: str, email: str | None = None) -> bool:
    """Whether this is the customer, by id, or by e-mail address where one is given."""
    return one.customer_id == customer_id or same_email(one.email, email)


def includes(appointment: Appointment, customer_id: str, email: str | None = None) -> bool:
    """Whether the customer is among the attendees of an appointment that was read by id."""
    return any(is_customer(one, customer_id, email) for one in appointment.attendees)


def told(request: BookingRequest) -> str:
    """All that goes to the staff as text: the note, and what Graph has no member for."""
    extension = f"Phone: {request.phone} ext. {request.phone_extension}" if request.phone_extension else ""
    return "\n".join(filter(None, (request.notes, extension, CONSENT if request.consent else "")))
