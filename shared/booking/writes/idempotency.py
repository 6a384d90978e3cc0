"""One request, one outcome: the life of an idempotency record around a write.

    (none) --begin--> inProgress --complete--> completed --begin--> replay
                        |    |
                        |    `--refuse--> refused --begin--> inProgress
                        `--unknown--> unknown --begin--> inProgress (the attempt is looked for first)

A worker that dies leaves `inProgress`; once its lease is over the next request with the key goes on
from what the record says: with an attempt it is as good as unknown, without one nothing was sent.
"""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from shared.booking.ports import AlreadyExists, Changed, Clock, IdempotencyStore, NewId
from shared.booking.records import Answered, Attempt, IdempotencyRecord, State
from shared.booking.writes.locks import Sleep, TimeLimit
from shared.domain.errors import (
    KeyInFlight,
    KeyReused,
    OutcomeUnknown,
    SlotBusy,
    StoreUnavailable,
)
from shared.platform.deadline import remaining

logger = logging.getLogger(__name__)

RETENTION = timedelta(hours=24)
"""How long a key is remembered."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is mistaken for a digit."""

REFERENCE_LENGTH = 8

POLL = timedelta(milliseconds=100)
"""How often a repeated request looks whether the first one has ended."""

COME_AGAIN = timedelta(seconds=2)
"""What a repeated request is told to wait once it has waited here in vain."""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What a request is known by among its repetitions: the record's key and the body's fingerprint.

    `caller` is who asks, as a keyed hash; empty where nobody can tell. `is_natural` tells that no
    Idempotency-Key came and the key was made of business, service, start and e-mail address: whoever
    guesses that is not the caller, who is known again for `caller_for` at most. `is_ours` tells that the
    key is natural or of our own pages: what is replayed under it must still be true.
    `reference` is the booking that the request is about; a request for a new one gets one of its own.
    """

    key: str
    fingerprint: str
    is_natural: bool = False
    caller: str = ""
    caller_for: timedelta | None = None
    is_ours: bool = False
    reference: str = ""

    def is_of(self, known: IdempotencyRecord, now: datetime) -> bool:
        """Whether this repeats the request that the record is of: its answer is this caller's."""
        if known.fingerprint != self.fingerprint:
            return False
        if not self.is_natural:
            return True
        in_time = self.caller_for is None or now - known.created <= self.caller_for
        return in_time and bool(self.caller) and known.caller == self.caller


class Lease:
    """The right to work on one record until its time is over; every change is written by version."""

    def __init__(
        self,
        store: IdempotencyStore,
        clock: Clock,
        record: IdempotencyRecord,
        time: TimeLimit,
        look_again: timedelta,
    ) -> None:
        self._store = store
        self._clock = clock
        self._time = time
        self._look_again = look_again
        self._stands = False
        self.record = record

    @property
    def reference(self) -> str:
        """The reference that the customer sees and the appointment carries."""
        return self.record.reference

    @property
    def is_over(self) -> bool:
        """Whether somebody else may have taken over by now."""
        return self._time.remaining == timedelta()

    async def attempt(self, attempt: Attempt) -> None:
        """Record what is about to be written; raises KeyInFlight where somebody else took over."""
        try:
            await self._write(replace(self.record, attempt=attempt))
        except Changed as error:
            raise KeyInFlight(COME_AGAIN) from error

    async def complete(self, answer: str, made_id: str, answered: Answered | None = None) -> str:
        """It stands: from here on `answer` is replayed. Returns the answer that is stored.

        Where somebody else went on with this request meanwhile, theirs is the answer. Raises
        OutcomeUnknown where they have none yet, and where the answer cannot be stored: a later one
        would differ from it. The record keeps its attempt, and whoever comes next finds what stands.
        """
        self._stands = True
        attempt = self.record.attempt and self.record.attempt.ended()
        done = replace(
            self.record,
            state=State.COMPLETED,
            answer=answer,
            made_id=made_id,
            answered=answered,
            attempt=attempt,
            look_again=self._clock() + self._look_again if attempt and attempt.may_be_twice else None,
        )
        try:
            await self._write(done)
        except Changed as error:
            return await self._stored(error)
        except StoreUnavailable as error:
            _report_unrecorded()
            raise OutcomeUnknown(self.reference, is_over=True) from error
        return answer

    async def unknown(self, *, is_over: bool) -> None:
        """How the write ended is not known; anybody may go on at once.

        With `is_over` the write has ended by now: from here on only the lists may lag behind.
        """
        now, attempt = self._clock(), self.record.attempt
        if attempt is not None and is_over and not attempt.is_over:
            attempt = replace(attempt, is_over=True, at=now)
        await self._end(replace(self.record, state=State.UNKNOWN, attempt=attempt, lease_ends=now))

    async def refuse(self) -> None:
        """Nothing was written; the same key may try again. What stands already is never refused."""
        if not self._stands:
            await self._end(replace(self.record, state=State.REFUSED, attempt=None))

    async def _end(self, record: IdempotencyRecord) -> None:
        """Write an end that changes nothing for the caller; without it the lease ends by itself."""
        try:
            await self._write(record)
        except (Changed, StoreUnavailable):
            _report_unrecorded()

    async def _write(self, record: IdempotencyRecord) -> None:
        self.record = await self._store.replace(record)

    async def _stored(self, error: Changed) -> str:
        try:
            known = await self._store.get(self.record.key)
        except StoreUnavailable:
            known = None
        if known is None or known.answer is None:
            raise OutcomeUnknown(self.reference, is_over=True) from error
        return known.answer


class IdempotencyRecords:
    """Begins records: exactly one worker at a time gets the lease, everybody else an answer.

    A request waits at most `wait` for an earlier one. `look_again` after a write the lists surely show
    whatever else the network has made of it.
    """

    def __init__(
        self,
        store: IdempotencyStore,
        clock: Clock,
        new_id: NewId,
        *,
        lease: timedelta,
        look_again: timedelta,
        wait: timedelta = timedelta(),
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._lease = lease
        self._look_again = look_again
        self._wait = wait
        self._sleep = sleep

    async def begin(self, request: RequestKey) -> Lease | IdempotencyRecord:
        """The lease of this request, or the completed record of an earlier one.

        That record is to be replayed, unless it `is_of` another: under a natural key it may be somebody
        else's, or of another body. Waits for an earlier one that is under way, at most `wait`. Raises
        KeyInFlight, KeyReused, SlotBusy (somebody else's that has not ended) and StoreUnavailable.
        """
        patience = TimeLimit(self._clock, remaining(self._wait))
        while True:
            try:
                return await self._begin(request)
            except (KeyInFlight, SlotBusy):
                if patience.remaining < POLL:
                    raise
                await self._sleep(POLL.total_seconds())

    async def _begin(self, request: RequestKey) -> Lease | IdempotencyRecord:
        fresh, time = self._fresh(request), TimeLimit(self._clock, self._lease)
        try:
            return self._lent(await self._store.insert(fresh), time)
        except AlreadyExists:
            pass
        known = await self._store.get(request.key)
        if known is None:
            raise KeyInFlight(COME_AGAIN)
        taken = _next(request, known, fresh)
        return taken if taken.state is State.COMPLETED else await self._take(taken, time)

    async def begin_anew(self, request: RequestKey, known: IdempotencyRecord) -> Lease:
        """The lease of a new wish under the key of a record that has ended; raises KeyInFlight."""
        time = TimeLimit(self._clock, self._lease)
        return await self._take(replace(self._fresh(request), version=known.version), time)

    def is_of(self, request: RequestKey, known: IdempotencyRecord) -> bool:
        """Whether the record's answer is for whoever sends this request now."""
        return request.is_of(known, self._clock())

    async def take_over(self, record: IdempotencyRecord) -> Lease:
        """Go on with a record that nobody works on; raises KeyInFlight where somebody does after all."""
        time = TimeLimit(self._clock, self._lease)
        ends = self._clock() + self._lease
        return await self._take(replace(record, state=State.IN_PROGRESS, lease_ends=ends), time)

    async def _take(self, record: IdempotencyRecord, time: TimeLimit) -> Lease:
        try:
            return self._lent(await self._store.replace(record), time)
        except Changed as error:
            raise KeyInFlight(COME_AGAIN) from error

    def _lent(self, record: IdempotencyRecord, time: TimeLimit) -> Lease:
        return Lease(self._store, self._clock, record, time, self._look_again)

    def _fresh(self, request: RequestKey) -> IdempotencyRecord:
        now = self._clock()
        return IdempotencyRecord(
            request.key,
            request.fingerprint,
            request.reference or self._reference(),
            State.IN_PROGRESS,
            created=now,
            lease_ends=now + self._lease,
            caller=request.caller,
        )

    def _reference(self) -> str:
        number = int.from_bytes(sha256(self._new_id().encode()).digest(), "big")
        digits = (ALPHABET[(number >> 5 * place) % len(ALPHABET)] for place in range(REFERENCE_LENGTH))
        return "BK-" + "".join(digits)


def _next(request: RequestKey, known: IdempotencyRecord, fresh: IdempotencyRecord) -> IdempotencyRecord:
    """What becomes of a record that is there: replayed as it is, gone on with, or begun anew."""
    begun_anew = replace(fresh, version=known.version)
    has_ended = known.state in {State.COMPLETED, State.REFUSED}
    if has_ended and known.created <= fresh.created - RETENTION:
        return begun_anew
    is_of = request.is_of(known, fresh.created)
    if request.is_natural and not is_of:
        return _of_another(known, begun_anew)
    if known.state is State.IN_PROGRESS and known.lease_ends > fresh.created:
        raise KeyInFlight(COME_AGAIN)
    if not is_of:
        raise KeyReused
    if known.state is State.COMPLETED:
        return known
    return replace(known, state=State.IN_PROGRESS, lease_ends=fresh.lease_ends)


def _of_another(known: IdempotencyRecord, begun_anew: IdempotencyRecord) -> IdempotencyRecord:
    """Another request under a natural key, which is nobody's choice: welcome after a refusal.

    What has not ended looks like any booking of somebody else's: nobody learns whose it is.
    """
    if known.state is State.REFUSED:
        return begun_anew
    if known.state is State.COMPLETED:
        return known
    raise SlotBusy


def _report_unrecorded() -> None:
    logger.error("booking.unrecorded", extra={"event": "booking.unrecorded"})
