"""Cancels a booking: the appointment where it is theirs alone, else one seat in it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from shared.booking.create.seated import sealed
from shared.booking.manage.leaving import Departure, Leaving, emptied
from shared.booking.manage.rows import BookingRows
from shared.booking.manage.standing import Standing, Standings
from shared.booking.ports import Clock
from shared.booking.records import Attempt, BookingRow, Kind
from shared.booking.sealing import Sealer
from shared.booking.writes.engine import Writes, Writing
from shared.booking.writes.idempotency import RequestKey
from shared.booking.writes.locks import Foreseen, booking_lock, service_start_lock
from shared.booking.writes.outcomes import Confirmation
from shared.domain.errors import BookingPending, RulesBroken, Violation
from shared.domain.model import Appointment, Attendee
from shared.domain.rules.manage import too_late_to_cancel
from shared.platform.deadline import deadline

logger = logging.getLogger(__name__)

REASON_NOT_SENT = Violation("reason-not-sent", "A reason would reach nobody here.", "/reason")


@dataclass(frozen=True, slots=True)
class CancelPlan:
    """What is to be done away with, under `locks`."""

    standing: Standing
    locks: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelBooking:
    """Cancels; raises Refused (nothing was changed), OutcomeUnknown, GraphError and StoreUnavailable."""

    writes: Writes
    rows: BookingRows
    standings: Standings
    leaving: Leaving
    sealer: Sealer
    clock: Clock
    budget: timedelta

    async def __call__(
        self, row: BookingRow, reason: str | None, request: RequestKey | None, *, is_late_too: bool = False
    ) -> str:
        """The answer: the booking, cancelled by this request or already. Without a `request`, its own.

        With `is_late_too` also after the time until which the shop lets its customers cancel.
        """
        if reason and not self.leaving.sends_reason:
            raise RulesBroken((REASON_NOT_SENT,))
        request = request or self.own_key(row)
        wish = _Cancellation(self, row, reason or "", request.key, is_late_too)
        with deadline(self.budget):
            outcome = await self.writes.perform(request, wish)
        return outcome.answer

    def own_key(self, row: BookingRow) -> RequestKey:
        """What a cancellation without a key is known by: there is one of each booking."""
        name = self.rows.hasher.name("cancel", row.key, row.reference)
        return RequestKey(name, "", reference=row.reference)


@dataclass(slots=True, eq=False)
class _Cancellation:
    """One request on its way through the engine; implements its UseCase."""

    parts: CancelBooking
    row: BookingRow
    reason: str
    key: str
    is_late_too: bool = False
    _needed: frozenset[str] = field(default=frozenset(), init=False)

    async def locks(self) -> Foreseen:
        """The booking's own, and that of the group's start as we know it."""
        own = booking_lock(self.row.business, self.row.reference)
        start = service_start_lock(self.row.business, self.row.service_id, self.row.span.start)
        return Foreseen(self._needed or frozenset({own, start}))

    async def plan(self) -> CancelPlan:
        """The booking as it stands, judged; raises RulesBroken and BookingPending."""
        self.row = await self.parts.rows.for_change(self.row, self.key)
        standing = await self.parts.standings.read(self.row)
        if standing.is_pending:
            raise BookingPending
        self._needed = frozenset({booking_lock(self.row.business, self.row.reference)})
        if standing.stands:
            self._judge(standing)
            start = standing.appointment.span.start
            self._needed |= {service_start_lock(self.row.business, self.row.service_id, start)}
        return CancelPlan(standing, self._needed)

    def _judge(self, standing: Standing) -> None:
        start = standing.appointment.span.start
        late = None if self.is_late_too else too_late_to_cancel(standing.policy, start, standing.now)
        # Who leaves a group is not in what is mailed about it, if anything is.
        unheard = REASON_NOT_SENT if self.reason and standing.appointment.maximum_attendees > 1 else None
        broken = tuple(one for one in (late, unheard) if one is not None)
        if broken:
            raise RulesBroken(broken)

    async def write(self, plan: CancelPlan, writing: Writing) -> Confirmation:
        """The booking taken out of the calendar, if it still was in there."""
        standing, parts = plan.standing, self.parts
        before = standing.appointment
        if not standing.stands:
            is_gone = standing.seen is None and self.row.cancelled is None  # else nobody has looked
            return cancelled(standing, (emptied(before),) if is_gone else ())
        await parts.rows.claim(self.row, self.key)
        departure = Departure(
            business=self.row.business,
            reference=self.row.reference,
            seen=before,
            seat=lambda seen: parts.standings.recognition.seat(seen, self.row),
            attempt=self._attempt,
            reason=self.reason,
        )
        left = await parts.leaving.leave(departure, writing)
        logger.info("booking.cancelled", extra={"event": "booking.cancelled"})
        return cancelled(standing, (before, left))

    def _attempt(self, seen: Appointment, stay: Sequence[Attendee]) -> Attempt:
        return Attempt(
            business=self.row.business,
            service_id=self.row.service_id,
            span=seen.span,
            staff_member_ids=seen.staff_member_ids,
            customer_id=self.row.customer_id,
            time_zone=self.row.time_zone,
            at=self.parts.clock(),
            locks=tuple(sorted(self._needed)),
            appointment_id=seen.id,
            seated=tuple(one.customer_id or "" for one in stay),
            sealed=sealed(stay, self.parts.sealer),
            kind=Kind.CANCEL,
            person=self.row.person,
        )


def cancelled(standing: Standing, changed: tuple[Appointment, ...]) -> Confirmation:
    """What is proved of a booking that stands no more."""
    row = standing.row
    return Confirmation(
        reference=row.reference,
        catalogue=standing.catalogue,
        service=standing.service,
        appointment=standing.appointment,
        time_zone=row.time_zone,
        kind=Kind.CANCEL,
        mailbox=row.business,
        changed=changed,
    )
