"""The engine of every write to Graph: one record, the right locks, one attempt at a time, a proved end.

A use case plans, writes and recognises; what is common to all of them is here. Once something was
sent, the locks are freed only on a known end; every other way out leaves them to end by themselves and
the record as unknown, for whoever comes next and for the timer.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar

from shared.booking.ports import Clock
from shared.booking.records import Answered, IdempotencyRecord
from shared.booking.writes.idempotency import IdempotencyRecords, Lease, RequestKey
from shared.booking.writes.locks import Locks
from shared.booking.writes.outcomes import Confirmation, Outcome, Render
from shared.booking.writes.writing import Writing
from shared.domain.errors import (
    KeyInFlight,
    OutcomeUnknown,
    RulesBroken,
    SlotBusy,
    StoreUnavailable,
    Violation,
)
from shared.domain.model import Appointment

logger = logging.getLogger(__name__)

ROUNDS = 3
"""How often the locks are changed because the facts under them call for others."""


class Plan(Protocol):
    """What a use case is about to write."""

    @property
    def locks(self) -> frozenset[str]:
        """The locks that the write needs."""
        ...


P = TypeVar("P", bound=Plan)


class UseCase(Protocol[P]):
    """One request to write, as the engine sees it; every method raises what it refuses."""

    async def locks(self) -> frozenset[str]:
        """The locks that the write will need, as far as can be told before they are held."""
        ...

    async def plan(self) -> P:
        """The plan by the facts as they are under the locks, judged."""
        ...

    async def write(self, plan: P, writing: Writing) -> Confirmation:
        """Write through `writing`, and prove; what is raised in doubt is an unknown outcome."""
        ...


Observer = Callable[[Confirmation], Awaitable[None]]
"""Told of each booking that stands, before anybody else may judge; raises StoreUnavailable."""

Keep = Callable[[IdempotencyRecord, Confirmation], Awaitable[None]]
"""Keeps the booking itself, before its record ends; raises StoreUnavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """Ends the record of a booking that stands, and tells the observers."""

    render: Render
    observers: Sequence[Observer]
    keep: Keep
    clock: Clock

    async def __call__(self, lease: Lease, made: Confirmation) -> tuple[str, bool]:
        """The answer that is stored, and whether every observer knows; raises OutcomeUnknown.

        An answer without its booking row could never be managed, so the row is written before it.
        """
        try:
            await self.keep(lease.record, made)
        except StoreUnavailable as error:
            raise OutcomeUnknown(lease.reference, is_over=True) from error
        answer, *told = await asyncio.gather(
            lease.complete(self.render(made), made.appointment.id, self._answered(made.appointment)),
            *(_told(observer, made) for observer in self.observers),
        )
        return str(answer), all(told)

    def _answered(self, stands: Appointment) -> Answered:
        return Answered(self.clock(), stands.span, stands.staff_member_ids)


async def _told(observer: Observer, made: Confirmation) -> bool:
    try:
        await observer(made)
    except StoreUnavailable:
        logger.warning("ledger.unavailable", extra={"event": "ledger.unavailable"})
        return False
    return True


Replay = Callable[[IdempotencyRecord], Awaitable[str | None]]
"""The answer of a completed record as it is true now; None where it no longer is; raises GraphError."""

ALREADY_BOOKED = Violation(
    "already-booked", "This customer has booked this slot already.", "/customer/email", conflict=True
)


class Earlier(Protocol):
    """Finds out what became of an earlier attempt of the same request."""

    async def earlier(self, lease: Lease) -> str | None:
        """The answer to it, None where it surely left nothing behind; raises OutcomeUnknown."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """Performs use cases; `call` is the longest that one call to Graph may take."""

    records: IdempotencyRecords
    locks: Locks
    reconcile: Earlier
    complete: Completion
    call: timedelta

    async def perform(
        self, request: RequestKey, use_case: UseCase[P], replay: Replay | None = None
    ) -> Outcome:
        """The one outcome of this request, made now or before.

        Where `replay` finds that an earlier answer is no longer true, its record has ended, and the
        request is a new one. Raises Refused and GraphError (nothing was written), OutcomeUnknown and
        StoreUnavailable.
        """
        begun = await self.records.begin(request)
        if isinstance(begun, IdempotencyRecord):
            answer = begun.answer if replay is None else await replay(begun)
            if answer is not None:
                return self._replayed(request, begun, answer)
            begun = await self.records.begin_anew(request, begun)
        try:
            answer = await self.reconcile.earlier(begun) or await self._write(begun, use_case)
        except KeyInFlight:
            raise  # the record is somebody else's now
        except OutcomeUnknown as error:
            logger.warning(
                "booking.unknown", extra={"event": "booking.unknown", "reference": begun.reference}
            )
            await begun.unknown(is_over=error.is_over)
            raise
        except Exception:
            await begun.refuse()
            raise
        return Outcome(begun.reference, answer)

    def _replayed(self, request: RequestKey, known: IdempotencyRecord, answer: str) -> Outcome:
        if not self.records.is_of(request, known):
            raise RulesBroken((ALREADY_BOOKED,))
        return Outcome(known.reference, answer, is_replay=True)

    async def _write(self, lease: Lease, use_case: UseCase[P]) -> str:
        for _ in range(ROUNDS):
            async with self.locks.hold(await use_case.locks()) as held:
                writing = Writing(held, self.call, lease)
                try:
                    plan = await use_case.plan()
                    if plan.locks <= set(held.names):
                        return await self._stand(writing, await use_case.write(plan, writing))
                except Exception as error:
                    if held.in_doubt:
                        raise writing.unknown(error) from error
                    raise
        raise SlotBusy

    async def _stand(self, writing: Writing, made: Confirmation) -> str:
        """The answer; where the ledger could not be told, the locks stay until Graph's lists show it."""
        assert writing.lease is not None  # noqa: S101
        answer, is_told = await self.complete(writing.lease, made)
        if is_told:
            writing.ended()
        return answer
