"""Another time for a booking: what is asked for, and the plan that the facts call for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.booking.create.plan import BookingPlan, plan, refuse_broken
from shared.booking.create.request import BookingRequest
from shared.booking.manage.standing import Standing, Standings, service_of
from shared.booking.ports import Clock
from shared.booking.records import BookingRow
from shared.booking.slots.calendar import DayViews, days_of
from shared.booking.slots.catalogue import Catalogues
from shared.booking.writes.locks import booking_lock, service_start_lock, staff_day_lock
from shared.booking.writes.notes import note_of
from shared.domain.errors import BookingPending, NotFound, RulesBroken, Violation
from shared.domain.intervals import Interval
from shared.domain.model import Appointment, Attendee, Catalogue, Customer, DayView, Service
from shared.domain.rules.context import RuleContext, ServiceCalendar, SlotRequest
from shared.domain.rules.manage import released, too_late_to_reschedule
from shared.domain.zones import iana_zone

CANCELLED = Violation("booking-cancelled", "This booking does not stand any more.", "", conflict=True)


@dataclass(frozen=True, slots=True)
class Wish:
    """Another time for a booking; with nobody named, whoever gave it gives it again if they are free."""

    start: datetime
    staff_id: str | None = None
    time_zone: str | None = None

    def is_met(self, appointment: Appointment) -> bool:
        """Whether the appointment is at this time already, with this staff member."""
        staff = appointment.staff_member_ids
        return appointment.span.start == self.start and (self.staff_id is None or self.staff_id in staff)


@dataclass(frozen=True, slots=True)
class MovePlan:
    """What is to be changed, under `locks`; no `target` where the booking is there already."""

    standing: Standing
    locks: frozenset[str]
    target: BookingPlan | None = None

    @property
    def changes_seat(self) -> bool:
        """Whether the customer goes from one appointment to another, rather than with theirs."""
        assert self.target is not None  # noqa: S101
        return self.target.service.is_group or self.standing.appointment.maximum_attendees > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WishPlanner:
    """Plans moves; raises NotFound, RulesBroken, BookingPending, GraphError and StoreUnavailable."""

    catalogues: Catalogues
    standings: Standings
    views: DayViews
    clock: Clock

    async def foresee(self, row: BookingRow, wish: Wish) -> frozenset[str]:
        """The locks that a move will need if nobody has changed anything, and the same staff are free."""
        catalogue = await self.catalogues.get(row.business)
        service = service_of(catalogue, row, None)
        span = Interval(wish.start, wish.start + service.default_duration)
        staff = (wish.staff_id,) if wish.staff_id else row.staff_member_ids
        new = self._locks(row, service, catalogue, span, staff)
        return new | self._old_locks(row, service, catalogue, row.span, row.staff_member_ids)

    async def plan(self, row: BookingRow, wish: Wish) -> MovePlan:
        """The plan by the facts as they are now, judged; for whoever holds the locks."""
        catalogue = await self.catalogues.get(row.business)
        length = service_of(catalogue, row, None).default_duration
        span = Interval(wish.start, wish.start + length)
        days = days_of(span, iana_zone(catalogue.business.time_zone))
        standing, view = await asyncio.gather(
            self.standings.read(row), self.views.fresh(catalogue, days[0], days[-1])
        )
        own = frozenset({booking_lock(row.business, row.reference)})
        if standing.is_pending:
            raise BookingPending
        if not standing.stands:
            raise RulesBroken((CANCELLED,))
        before = standing.appointment
        if wish.is_met(before):
            return MovePlan(standing, own)
        service = bookable(catalogue, row.service_id)
        refuse_late(standing)
        target = self._target(standing, service, wish, span, view)
        old = self._old_locks(row, service, catalogue, before.span, before.staff_member_ids)
        locks = own | old | target.locks
        return MovePlan(standing, locks, replace(target, locks=locks))

    def _target(
        self, standing: Standing, service: Service, wish: Wish, span: Interval, view: DayView
    ) -> BookingPlan:
        seat, row, own = standing.seat, standing.row, standing.appointment
        assert seat is not None  # noqa: S101
        free = released(view, own, stays=not standing.is_theirs_alone)
        calendar = ServiceCalendar.of(standing.catalogue, service, free, self.clock())
        asked = SlotRequest(service, span, wish.staff_id, seat.customer_id, seat.email)
        context = RuleContext(calendar, asked)
        refuse_broken(context)
        request = BookingRequest(
            business=row.business,
            service_id=service.id,
            start=span.start,
            customer=Customer(None, seat.name or "", seat.email or ""),
            time_zone=wish.time_zone or row.time_zone,
            staff_id=wish.staff_id,
            notes=told(own.service_notes, row.reference, seat),
            campaign=row.campaign,
        )
        return replace(
            plan(request, _with_same_staff(context, own)),
            customer_id=seat.customer_id or row.customer_id,
            person=row.person,
            element=seat,
            leaves=own.id,
        )

    def _old_locks(
        self,
        row: BookingRow,
        service: Service,
        catalogue: Catalogue,
        span: Interval,
        staff: Sequence[str],
    ) -> frozenset[str]:
        """The locks of the old time: whoever leaves a group takes nobody's time, and keeps nobody waiting."""
        return self._locks(row, service, catalogue, span, () if service.is_group else staff)

    def _locks(
        self,
        row: BookingRow,
        service: Service,
        catalogue: Catalogue,
        span: Interval,
        staff: Sequence[str],
    ) -> frozenset[str]:
        """The locks of a time, old or new."""
        own = {booking_lock(row.business, row.reference)}
        if service.is_group:
            own.add(service_start_lock(row.business, service.id, span.start))
        zone = iana_zone(catalogue.business.time_zone)
        days = days_of(span.widened(service.pre_buffer, service.post_buffer), zone)
        return frozenset(own | {staff_day_lock(row.business, one, day) for one in staff for day in days})


def told(notes: str | None, reference: str, seat: Attendee) -> str | None:
    """What the customer told the staff when they booked; it goes along."""
    kept = note_of(notes, reference)
    return seat.notes if kept is None else kept.removeprefix(f"{seat.name}: ")


def bookable(catalogue: Catalogue, service_id: str) -> Service:
    """The service, which its own customers may book anew though it is hidden from all others.

    What is left out for its questions is for them too, since they answered before; what has no length is not.
    """
    service = catalogue.services.get(service_id)
    if service is None or not service.default_duration:
        raise NotFound("service")
    return replace(service, is_hidden_from_customers=False)


def refuse_late(standing: Standing) -> None:
    """Raise RulesBroken where the old time may not be given up any more."""
    late = too_late_to_reschedule(standing.policy, standing.appointment.span.start, standing.now)
    if late is not None:
        raise RulesBroken((late,))


def _with_same_staff(context: RuleContext, own: Appointment) -> RuleContext:
    """The same request for whoever gives the appointment now, where they are free and nobody is named."""
    if context.request.staff_id is not None or context.join_target is not None:
        return context
    same = next((one for one in own.staff_member_ids if one in context.free_staff), None)
    if same is None:
        return context
    return RuleContext(context.calendar, replace(context.request, staff_id=same))
