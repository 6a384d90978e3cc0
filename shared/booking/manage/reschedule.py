"""Moves a booking: its appointment where it is theirs alone, else the customer from one to another."""

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta

from shared.booking.create.booking import AppointmentWriter
from shared.booking.create.plan import BookingPlan
from shared.booking.create.replay import TRUSTED
from shared.booking.manage.leaving import Departure, Leaving, leaving_attempt
from shared.booking.manage.rows import BookingRows
from shared.booking.manage.standing import Standing
from shared.booking.manage.wish import CANCELLED, MovePlan, Wish, WishPlanner
from shared.booking.ports import Clock, Graph
from shared.booking.records import Attempt, BookingRow, IdempotencyRecord, Kind
from shared.booking.sealing import Sealer
from shared.booking.writes.engine import Writes, Writing
from shared.booking.writes.idempotency import RequestKey
from shared.booking.writes.locks import Foreseen
from shared.booking.writes.outcomes import Confirmation
from shared.booking.writes.pauses import PAUSES, wait
from shared.domain.errors import (
    LOOK_AGAIN,
    UNCERTAIN,
    Missing,
    NotBooked,
    RulesBroken,
    SlotBusy,
    is_over,
)
from shared.domain.model import Appointment
from shared.platform.deadline import deadline

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reschedule:
    """Moves; raises Refused (nothing was changed), OutcomeUnknown, GraphError and StoreUnavailable."""

    graph: Graph
    writes: Writes
    rows: BookingRows
    planner: WishPlanner
    writer: AppointmentWriter
    leaving: Leaving
    sealer: Sealer
    clock: Clock
    budget: timedelta

    async def __call__(self, row: BookingRow, wish: Wish, request: RequestKey | None) -> str:
        """The answer: the booking, at its new time. Without a `request`, its own.

        That one is of the booking as it is now: after another move the same wish is a new one.
        """
        key = request or self._own_key(row, wish)
        move = _Move(self, row, wish, key.key)
        with deadline(self.budget):
            outcome = await self.writes.perform(key, move, move.replay if request is None else None)
        return outcome.answer

    def _own_key(self, row: BookingRow, wish: Wish) -> RequestKey:
        parts = (row.key, row.reference, f"{row.changes}", wish.start.isoformat(), wish.staff_id or "")
        return RequestKey(self.rows.hasher.name("move", *parts), "", reference=row.reference)


@dataclass(slots=True, eq=False)
class _Move:
    """One request on its way through the engine; implements its UseCase."""

    parts: Reschedule
    row: BookingRow
    wish: Wish
    key: str
    _needed: frozenset[str] = field(default=frozenset(), init=False)

    async def locks(self) -> Foreseen:
        """What the facts called for when they were read last, else what they will probably call for."""
        return Foreseen(self._needed or await self.parts.planner.foresee(self.row, self.wish))

    async def replay(self, known: IdempotencyRecord) -> str | None:
        """The answer of just now; an older one is not repeated, since the same wish finds what is true.

        Raises RulesBroken where the booking was cancelled meanwhile.
        """
        rows, answered = self.parts.rows, known.answered
        row = await rows.store.get(self.row.business, self.row.reference) or self.row
        if row.cancelled is not None:
            raise RulesBroken((CANCELLED,))
        is_new = answered is not None and self.parts.clock() - answered.at < TRUSTED
        return known.answer if is_new else None

    async def plan(self) -> MovePlan:
        """The plan by fresh facts; raises RulesBroken and BookingPending."""
        self.row = await self.parts.rows.for_change(self.row, self.key)
        plan = await self.parts.planner.plan(self.row, self.wish)
        self._needed = plan.locks
        return plan

    async def write(self, plan: MovePlan, writing: Writing) -> Confirmation:
        """The booking at its new time, proved."""
        if plan.target is None:
            return self._confirmation(plan.standing, plan.standing.appointment, (), Kind.MOVE)
        await self.parts.rows.claim(self.row, self.key)
        if plan.changes_seat:
            return await self._change_seat(plan, plan.target, writing)
        before = plan.standing.appointment
        stands = await self._patch(plan, writing)
        logger.info("booking.moved", extra={"event": "booking.moved"})
        return self._confirmation(plan.standing, stands, (before,), Kind.MOVE)

    async def _change_seat(self, plan: MovePlan, target: BookingPlan, writing: Writing) -> Confirmation:
        """Join the new one, prove, leave the old one; both under one record."""
        target = await self.parts.writer.with_record(target)
        if target.target is not None:
            stands = await self.parts.writer.join(target, target.target, writing)
        elif target.staff_id is not None:
            stands = await self.parts.writer.create(target, writing)
        else:
            raise SlotBusy
        left = await self.parts.leaving.leave(self._departure(plan, stands, writing), writing)
        logger.info("booking.moved", extra={"event": "booking.moved"})
        return self._confirmation(plan.standing, stands, (left,), Kind.CHANGE_SEAT)

    def _departure(self, plan: MovePlan, stands: Appointment, writing: Writing) -> Departure:
        joined, row = writing.attempt, self.row
        assert joined is not None  # noqa: S101
        return Departure(
            business=row.business,
            reference=row.reference,
            seen=plan.standing.appointment,
            seat=lambda seen: self.parts.planner.standings.recognition.seat(seen, row),
            attempt=lambda _, stay: leaving_attempt(
                joined, stands, stay, self.parts.sealer, self.parts.clock()
            ),
        )

    async def _patch(self, plan: MovePlan, writing: Writing) -> Appointment:
        """The appointment at its new time, with its new staff; raises NotBooked where it is elsewhere."""
        for pause in (*PAUSES, None):
            if plan.target is None:
                return plan.standing.appointment
            was_in_doubt, attempt = writing.held.in_doubt, self._attempt(plan, plan.target)
            try:
                await self._send(attempt, writing)
            except LOOK_AGAIN as error:
                await wait(pause, error)
            except Missing:
                pass  # whether it is gone is looked at below
            except UNCERTAIN as error:
                seen = await self.parts.graph.appointment(attempt.business, attempt.appointment_id or "")
                if is_at(seen, attempt):
                    return seen
                if not is_over(error):
                    raise
                writing.held.in_doubt = was_in_doubt  # reading by id shows what was done: nothing was
            else:
                return await self._proved(attempt, writing)
            plan = await self._again(writing)
        raise NotBooked

    async def _again(self, writing: Writing) -> MovePlan:
        """The plan by what is there after a write that was surely not done."""
        plan = await self.plan()
        if not plan.locks <= set(writing.held.names):
            raise SlotBusy
        return plan

    async def _send(self, attempt: Attempt, writing: Writing) -> None:
        await writing.send(
            lambda check: self.parts.graph.move_appointment(
                attempt.business,
                attempt.appointment_id or "",
                attempt.span,
                attempt.staff_member_ids,
                check=check,
            ),
            attempt,
        )

    async def _proved(self, attempt: Attempt, writing: Writing) -> Appointment:
        seen = await self.parts.graph.appointment(attempt.business, attempt.appointment_id or "")
        if is_at(seen, attempt):
            return seen
        logger.error("booking.distorted", extra={"event": "booking.distorted"})
        writing.ended()
        raise NotBooked

    def _attempt(self, plan: MovePlan, target: BookingPlan) -> Attempt:
        return replace(
            target.attempt(self.parts.clock()),
            kind=Kind.MOVE,
            leaves=None,
            appointment_id=plan.standing.appointment.id,
        )

    def _confirmation(
        self, standing: Standing, stands: Appointment, changed: tuple[Appointment, ...], kind: Kind
    ) -> Confirmation:
        return Confirmation(
            reference=self.row.reference,
            catalogue=standing.catalogue,
            service=standing.service,
            appointment=stands,
            time_zone=self.wish.time_zone or self.row.time_zone,
            kind=kind,
            mailbox=self.row.business,
            changed=changed,
        )


def is_at(seen: Appointment, attempt: Attempt) -> bool:
    """Whether the appointment is at the time of the attempt, with its staff."""
    return seen.span == attempt.span and set(seen.staff_member_ids) == set(attempt.staff_member_ids)
