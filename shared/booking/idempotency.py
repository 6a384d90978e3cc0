"""One intent, one outcome: the life of an idempotency record around a booking.

    (none) --begin--> inProgress --complete--> completed --begin--> replay
                        |    |
                        |    `--refuse--> refused --begin--> inProgress
                        `--unknown--> unknown --begin--> inProgress (the attempt is looked for first)

A worker that dies leaves `inProgress`; once its lease is over the next request with the key goes on
from what the record says: with an attempt it is as good as unknown, without one nothing was sent.
"""

import logging
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from shared.booking.ports import (
    AlreadyExists,
    Attempt,
    Changed,
    Clock,
    IdempotencyStore,
    NewId,
    Record,
    State,
)
from shared.booking.request import Intent
from shared.domain.errors import KeyInFlight, KeyReused, RulesBroken, StoreUnavailable, Violation

logger = logging.getLogger(__name__)

RETENTION = timedelta(hours=24)
"""How long a key is remembered."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is mistaken for a digit."""

REFERENCE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Replay:
    """The intent ended before: this is what became of it."""

    record: Record


class Work:
    """The right to work on one intent until the lease ends; every change is written by version."""

    def __init__(self, store: IdempotencyStore, record: Record) -> None:
        self._store = store
        self.record = record

    @property
    def reference(self) -> str:
        """The reference that the customer sees and the appointment carries."""
        return self.record.reference

    async def attempt(self, attempt: Attempt) -> None:
        """Record what is about to be written; raises KeyInFlight where somebody else took over."""
        try:
            await self._write(replace(self.record, attempt=attempt))
        except Changed as error:
            raise KeyInFlight(timedelta(seconds=1)) from error

    async def complete(self, answer: str, appointment_id: str) -> None:
        """The booking stands; from here on the answer is replayed."""
        done = replace(self.record, state=State.COMPLETED, answer=answer, appointment_id=appointment_id)
        await self._write(done)

    async def unknown(self, now: datetime, *, answered: bool) -> None:
        """Graph's outcome is not known; anybody may go on at once.

        With `answered` the write ended before `now`: from here on only the lists may lag behind.
        """
        attempt = self.record.attempt
        if attempt is not None and answered:
            attempt = replace(attempt, answered=True, at=now)
        await self._write(replace(self.record, state=State.UNKNOWN, attempt=attempt, lease_ends=now))

    async def refuse(self) -> None:
        """Nothing was booked; the same key may try again."""
        await self._write(replace(self.record, state=State.REFUSED, attempt=None))

    async def _write(self, record: Record) -> None:
        self.record = await self._store.replace(record)

    async def give_back(self, now: datetime) -> None:
        """Nothing new is known; anybody may go on at once."""
        await self._write(replace(self.record, state=State.UNKNOWN, lease_ends=now))


class Intents:
    """Begins intents: exactly one worker at a time gets the Work, everybody else an answer."""

    def __init__(self, store: IdempotencyStore, clock: Clock, new_id: NewId, lease: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._lease = lease

    async def begin(self, intent: Intent) -> Work | Replay:
        """Take the intent; raises KeyInFlight, KeyReused, RulesBroken (natural key) and StoreUnavailable."""
        now = self._clock()
        fresh = Record(
            intent.key, intent.fingerprint, self._reference(), State.IN_PROGRESS, now, now + self._lease
        )
        try:
            return Work(self._store, await self._store.insert(fresh))
        except AlreadyExists:
            pass
        known = await self._store.get(intent.key)
        if known is None:
            raise KeyInFlight(timedelta(seconds=1))
        return await self._join(intent, known, fresh)

    async def _join(self, intent: Intent, known: Record, fresh: Record) -> Work | Replay:
        is_over = known.created <= fresh.created - RETENTION
        if is_over and known.state in {State.COMPLETED, State.REFUSED}:
            return await self._take(replace(fresh, version=known.version))
        if known.state is State.IN_PROGRESS and known.lease_ends > fresh.created:
            raise KeyInFlight(known.lease_ends - fresh.created)
        if known.fingerprint != intent.fingerprint:
            return await self._other_body(intent, known, fresh)
        if known.state is State.COMPLETED:
            return Replay(known)
        return await self._take(replace(known, state=State.IN_PROGRESS, lease_ends=fresh.lease_ends))

    async def _other_body(self, intent: Intent, known: Record, fresh: Record) -> Work:
        """Another request under this key: an error for a key that the caller chose.

        A natural key is nobody's choice: after a refusal a corrected request is welcome, and after a
        booking the honest answer is that this customer has this slot already.
        """
        if not intent.is_natural:
            raise KeyReused
        if known.state is State.REFUSED:
            return await self._take(replace(fresh, version=known.version))
        if known.state is State.COMPLETED:
            raise RulesBroken((ALREADY_BOOKED,))
        raise KeyInFlight(timedelta(seconds=5))

    async def take_over(self, record: Record) -> Work:
        """Go on with a record that nobody works on; raises KeyInFlight where somebody does after all."""
        return await self._take(
            replace(record, state=State.IN_PROGRESS, lease_ends=self._clock() + self._lease)
        )

    async def _take(self, record: Record) -> Work:
        try:
            return Work(self._store, await self._store.replace(record))
        except Changed as error:
            raise KeyInFlight(timedelta(seconds=1)) from error

    def _reference(self) -> str:
        number = int.from_bytes(sha256(self._new_id().encode()).digest(), "big")
        digits = (ALPHABET[(number >> 5 * place) % len(ALPHABET)] for place in range(REFERENCE_LENGTH))
        return "BK-" + "".join(digits)


ALREADY_BOOKED = Violation(
    "already-booked", "This customer has booked this slot already.", "/customer/email", conflict=True
)


async def settle(change: Awaitable[None]) -> None:
    """Write the end of an intent; a store that fails now must not undo what is booked.

    The record then stays in progress with its attempt, and whoever comes next finds the booking.
    """
    try:
        await change
    except (Changed, StoreUnavailable) as error:
        logger.error(  # noqa: TRY400 (the stack says nothing that the name does not)
            "booking.unrecorded", extra={"event": "booking.unrecorded", "error": type(error).__name__}
        )
