"""The engine of every write to Graph: one record, the right locks, one attempt at a time, a proved end.

A use case plans, writes and recognises; what is common to all of them is here. Once something was
sent, the locks are freed only on a known end; every other way out leaves them to end by themselves and
the record as unknown, for whoever comes next and for the timer.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar

from shared.booking.ports import Check, Clock
from shared.booking.records import Answered, Attempt, IdempotencyRecord
from shared.booking.writes.idempotency import IdempotencyRecords, Lease, RequestKey
from shared.booking.writes.locks import Foreseen, HeldLocks, Locks
from shared.booking.writes.outcomes import Confirmation, Outcome, Render
from shared.booking.writes.pauses import wait
from shared.domain.errors import (
    NOTHING_DONE,
    UNCERTAIN,
    Conflicted,
    KeyInFlight,
    NotBooked,
    OutcomeUnknown,
    RulesBroken,
    SlotBusy,
    StoreUnavailable,
    Violation,
    is_over,
)
from shared.domain.model import Appointment
from shared.platform.deadline import for_booking, remaining

logger = logging.getLogger(__name__)

T = TypeVar("T")

ROUNDS = 3
"""How often the locks are changed because the facts under them call for others."""

LEAST_TIME = timedelta(seconds=1)
"""No write begins with less than this left for the request: it would only end as unknown."""


@dataclass(slots=True, eq=False)
class Writing:
    """The right to write under these locks; `call` is the longest that one call to Graph may take.

    From the sending on the locks are in doubt. They stay so, whatever is raised, unless Graph said
    that nothing was done or the use case says that the end is known (`ended`). `is_over` tells whether
    everything that was sent has been answered, so that nothing of it can land later.
    """

    held: HeldLocks
    call: timedelta
    lease: Lease | None = None
    is_over: bool = True
    settled: str = ""

    @property
    def reference(self) -> str:
        """The reference of the record that is worked on, or of one that has ended (`settled`); else empty."""
        return self.settled if self.lease is None else self.lease.reference

    @property
    def attempt(self) -> Attempt | None:
        """The attempt that is recorded, if there is a record."""
        return None if self.lease is None else self.lease.record.attempt

    async def send(
        self,
        call: Callable[[Check], Awaitable[T]],
        attempt: Attempt | None = None,
        *,
        again: Sequence[timedelta] = (),
    ) -> T:
        """Make the call with its `check`, after recording the `attempt` where there is a new one.

        After a conflict, which surely did nothing, it goes out `again` after each of these waits; under
        the locks what was judged stays true. Raises what the call raises, NotBooked where there is no
        time for it, KeyInFlight where somebody else took the record over, and StoreUnavailable.
        """
        if attempt is not None and self.lease is not None:
            await self.lease.attempt(attempt)
        was_in_doubt, self.held.in_doubt = self.held.in_doubt, True
        try:
            return await call(self.check)
        except (*NOTHING_DONE, NotBooked) as error:
            self.held.in_doubt = was_in_doubt
            if not (again and isinstance(error, Conflicted)):
                raise
            await wait(again[0], error)
        except UNCERTAIN as error:
            self.is_over = self.is_over and is_over(error)
            raise
        except BaseException:
            self.is_over = False
            raise
        return await self.send(call, again=again[1:])

    async def note_twins(self, found: Iterable[Appointment]) -> None:
        """Record which appointments the network made of one request, before any of them goes.

        Raises KeyInFlight where somebody else took the record over, and StoreUnavailable.
        """
        attempt = self.attempt
        noted = attempt and attempt.with_twins(found)
        if self.lease is not None and noted is not None and noted != attempt:
            await self.lease.attempt(noted)

    def check(self) -> None:
        """Raise NotBooked unless request, lease and locks surely outlast a call that begins now."""
        is_late = remaining(self.call) < min(LEAST_TIME, self.call)
        is_lost = self.lease is not None and self.lease.is_over
        if is_late or is_lost or self.held.time.remaining < self.call:
            raise NotBooked

    def ended(self) -> None:
        """All that was sent is known to be done and proved, or known not to be there."""
        self.held.in_doubt = False
        self.is_over = True

    @contextmanager
    def failing_closed(self) -> Iterator[None]:
        """Turn whatever this block raises into an unknown outcome, if the locks are in doubt by then."""
        try:
            yield
        except OutcomeUnknown:
            raise
        except Exception as error:
            if self.held.in_doubt:
                raise OutcomeUnknown(self.reference, is_over=self.is_over) from error
            raise


class Plan(Protocol):
    """What a use case is about to write."""

    @property
    def locks(self) -> frozenset[str]:
        """The locks that the write needs."""
        ...


P = TypeVar("P", bound=Plan)


class UseCase(Protocol[P]):
    """One request to write, as the engine sees it; every method raises what it refuses."""

    async def locks(self) -> Foreseen:
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
        async with _recorded(begun):
            if begun.record.attempt is not None and (earlier := await self.reconcile.earlier(begun)):
                return Outcome(begun.reference, earlier)
            for _ in range(ROUNDS):
                names, also = await use_case.locks()
                async with self.locks.hold(names, also=also) as held:
                    writing = Writing(held, self.call, begun)
                    with for_booking(), writing.failing_closed():
                        plan = await use_case.plan()
                        if plan.locks <= set(held.names):
                            await self.locks.narrow(held, plan.locks)
                            made = await use_case.write(plan, writing)
                            return Outcome(begun.reference, await self._stand(writing, begun, made))
            raise SlotBusy

    def _replayed(self, request: RequestKey, known: IdempotencyRecord, answer: str) -> Outcome:
        if not self.records.is_of(request, known):
            raise RulesBroken((ALREADY_BOOKED,))
        return Outcome(known.reference, answer, is_replay=True)

    async def _stand(self, writing: Writing, lease: Lease, made: Confirmation) -> str:
        """The answer; where the ledger could not be told, the locks stay until Graph's lists show it."""
        answer, is_told = await self.complete(lease, made)
        if is_told:
            writing.ended()
        return answer


@asynccontextmanager
async def _recorded(lease: Lease) -> AsyncIterator[None]:
    """Write into the record how this block failed; raises what the block raises."""
    try:
        yield
    except KeyInFlight:
        raise  # the record is somebody else's now
    except OutcomeUnknown as error:
        logger.warning("booking.unknown", extra={"event": "booking.unknown", "reference": lease.reference})
        await lease.unknown(is_over=error.is_over)
        raise
    except Exception:
        await lease.refuse()
        raise
