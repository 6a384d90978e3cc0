"""A booking as it stands at Graph now, whatever the staff did to it since."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.booking.ports import Clock, IdempotencyStore
from shared.booking.records import BookingRow
from shared.booking.slots.catalogue import Catalogues
from shared.booking.writes.recognise import Recognition, lists_in_doubt, present
from shared.domain.errors import Violation
from shared.domain.intervals import Interval
from shared.domain.model import Appointment, Attendee, Catalogue, Policy, Service
from shared.domain.roster import effective_policy
from shared.domain.rules.manage import Permission, permission, too_late_to_cancel, too_late_to_reschedule


@dataclass(frozen=True, slots=True)
class Standing:
    """A booking and what Graph shows of it at `now`.

    `seen` is its appointment, None where that is gone; `seat` is the customer in it, None where they are not
    in it any more. `is_pending` while the end of a change is not known, or that of somebody else's write
    which may have dropped the customer.
    """

    row: BookingRow
    catalogue: Catalogue
    service: Service
    seen: Appointment | None
    seat: Attendee | None
    now: datetime
    is_pending: bool = False

    @property
    def stands(self) -> bool:
        """Whether the customer has this booking."""
        return self.seen is not None and self.seat is not None

    @property
    def appointment(self) -> Appointment:
        """The appointment; as it was known last where it is gone."""
        return self.seen if self.seen is not None and self.stands else as_known(self.row, self.service)

    @property
    def policy(self) -> Policy:
        """The policy that counts."""
        return effective_policy(self.catalogue.business, self.service)

    @property
    def is_theirs_alone(self) -> bool:
        """Whether nobody else can be in the appointment, so that its time goes wherever the customer goes.

        Into a group others may come while it is not known yet whether its only customer has left it: then
        both stand, and must not overlap.
        """
        return self.appointment.maximum_attendees == 1

    @property
    def can_cancel(self) -> Permission:
        """Whether it may be cancelled now."""
        return self._permission(too_late_to_cancel)

    @property
    def can_reschedule(self) -> Permission:
        """Whether it may be moved now."""
        return self._permission(too_late_to_reschedule)

    def _permission(self, rule: Callable[[Policy, datetime, datetime], Violation | None]) -> Permission:
        if self.is_pending:
            return Permission(allowed=False, code="booking-pending")
        if not self.stands:
            return Permission(allowed=False, code="booking-cancelled")
        policy, start = self.policy, self.appointment.span.start
        return permission(policy, start, rule(policy, start, self.now))


def as_known(row: BookingRow, service: Service, span: Interval | None = None) -> Appointment:
    """The appointment of a booking as the row has it, with nobody in it."""
    return Appointment(
        id=row.appointment_id,
        service_id=row.service_id,
        span=span or row.span,
        staff_member_ids=row.staff_member_ids,
        maximum_attendees=service.maximum_attendees_count,
        filled=0,
        pre_buffer=service.pre_buffer,
        post_buffer=service.post_buffer,
        service_name=service.display_name,
    )


def service_of(catalogue: Catalogue, row: BookingRow, seen: Appointment | None) -> Service:
    """The booked service; what the appointment says of one that the shop has deleted."""
    known = catalogue.services.get(row.service_id)
    if known is not None:
        return known
    return Service(
        id=row.service_id,
        display_name=(seen.service_name if seen else None) or "",
        default_duration=row.span.length,
        maximum_attendees_count=seen.maximum_attendees if seen else 1,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """Reads bookings: one call to Graph for each that was not cancelled here; raises GraphError."""

    catalogues: Catalogues
    recognition: Recognition
    requests: IdempotencyStore
    clock: Clock

    async def read(self, row: BookingRow, *, is_pending: bool = False) -> Standing:
        """The booking as it stands now; raises StoreUnavailable too."""
        catalogue, seen = await asyncio.gather(self.catalogues.get(row.business), self._seen(row))
        service = service_of(catalogue, row, seen)
        seat = None if seen is None else self.recognition.seat(seen, row)
        if seat is None:
            is_pending = is_pending or await self._is_made_twice(row) or await self._may_be_dropped(row, seen)
        return Standing(row, catalogue, service, seen, seat, self.clock(), is_pending)

    async def _is_made_twice(self, row: BookingRow) -> bool:
        """Whether one of the two that the network made is being taken away, which may be this one."""
        record = None if row.pending is None else await self.requests.get(row.pending)
        return record is not None and record.look_again is not None

    async def _may_be_dropped(self, row: BookingRow, seen: Appointment | None) -> bool:
        """Whether somebody else's list of this appointment has no end yet: it may owe them the seat."""
        if seen is None:
            return False
        others = lists_in_doubt(self.requests, self.clock(), row.business, seen.id, row.reference)
        async for _ in others:
            return True
        return False

    async def _seen(self, row: BookingRow) -> Appointment | None:
        if row.cancelled is not None:
            return None
        return await present(self.recognition.lists(row.business), row.appointment_id, row.span)
