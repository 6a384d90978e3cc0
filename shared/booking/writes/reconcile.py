"""Settles attempts whose outcome was not known: found, surely absent, or still not sure."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from shared.booking.ports import BookingStore, Changed, Clock, IdempotencyStore
from shared.booking.records import Attempt, BookingRow, IdempotencyRecord, Kind, State
from shared.booking.writes.engine import Completion, Writing
from shared.booking.writes.idempotency import IdempotencyRecords, Lease
from shared.booking.writes.locks import Locks, booking_lock
from shared.booking.writes.outcomes import Confirmation
from shared.booking.writes.recognise import Lists, Recognition, lists_in_doubt
from shared.domain.errors import BookingPending, DomainError, OutcomeUnknown
from shared.domain.model import Appointment
from shared.platform.deadline import deadline, in_background, is_background, remaining

logger = logging.getLogger(__name__)

SLOW = timedelta(minutes=10)
"""A record that is still unsettled after this is worth an alert."""

RUN = timedelta(seconds=45)
"""How long one run of the timer settles; what is left waits for the next."""

AT_ONCE = 6
"""Records of one mailbox that are settled side by side."""

LEAST = timedelta(seconds=2)
"""Nothing is begun with less than this left of the run."""


class Recognise(Protocol):
    """What a use case knows of its own attempts, when all that is left of them is the record."""

    async def find(self, attempt: Attempt, reference: str, lists: Lists) -> tuple[Appointment, ...]:
        """The appointments that show that the attempt was done; empty where none does. Raises GraphError."""
        ...

    def needs_repair(self, attempt: Attempt, found: tuple[Appointment, ...]) -> bool:
        """Whether what was found must not stay as it is."""
        ...

    async def repair(
        self, attempt: Attempt, found: tuple[Appointment, ...], writing: Writing
    ) -> Appointment | None:
        """What stands after putting it right, under the attempt's locks; None where it was taken back."""
        ...

    async def take_back(self, attempt: Attempt, found: tuple[Appointment, ...], writing: Writing) -> None:
        """Take the customer out of all of these, under the attempt's locks."""
        ...

    async def confirm(self, attempt: Attempt, reference: str, stands: Appointment) -> Confirmation:
        """The confirmation of what stands; raises GraphError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile:
    """Looks for attempts at Graph; for the next request with the same key, and for the timer.

    `not_made` is told of each that was to take a seat, and left nothing behind; it may raise DomainError.
    """

    recognition: Recognition
    recognise: Mapping[Kind, Recognise]
    records: IdempotencyRecords
    store: IdempotencyStore
    rows: BookingStore
    locks: Locks
    complete: Completion
    not_made: Callable[[Attempt], Awaitable[None]]
    clock: Clock
    budget: timedelta
    call: timedelta

    async def earlier(self, lease: Lease, lists: Lists | None = None) -> str | None:
        """The answer to an earlier attempt; None where it surely left nothing behind.

        Raises OutcomeUnknown, and nothing else, where that cannot be known yet: an attempt whose end
        nobody knows must never look like one that was refused.
        """
        attempt = lease.record.attempt
        if attempt is None:
            return None
        lists = lists or self.recognition.lists(attempt.business)
        # Asked of the instant before looking: what was not settled by then could still turn up.
        is_settled = self.recognition.is_settled(attempt, lists.began)
        is_over = attempt.is_over or is_settled
        try:
            found = await self.recognise[attempt.kind].find(attempt, lease.reference, lists)
            answer = await self._answered(lease, attempt, found, is_over=is_over) if found else None
            if answer is not None:
                return answer
            if found or (is_settled and not await self._is_owed(lease, attempt, attempt.appointment_id)):
                await self._not_made(attempt)
                return None
        except OutcomeUnknown:
            raise
        except Exception as error:
            raise OutcomeUnknown(lease.reference, is_over=attempt.is_over) from error
        raise OutcomeUnknown(lease.reference, is_over=attempt.is_over)

    async def _not_made(self, attempt: Attempt) -> None:
        """The next try begins by what is learnt of this one; its end is known also where that fails."""
        if attempt.takes_seat:
            with suppress(DomainError):
                await self.not_made(attempt)

    async def _answered(
        self, lease: Lease, attempt: Attempt, found: tuple[Appointment, ...], *, is_over: bool
    ) -> str | None:
        """The answer, with what was found put right; None where nothing of it may stay.

        A change ends under its locks, as its row tells whoever puts people back there that this one has left.
        """
        recognise = self.recognise[attempt.kind]
        needs_repair = recognise.needs_repair(attempt, found)
        if not needs_repair and attempt.kind is Kind.BOOK:
            return await self._completed(lease, attempt, found[0])
        if needs_repair and not is_over:
            # A request of ours that is still under way would undo whatever is put right now.
            raise OutcomeUnknown(lease.reference)
        async with self.locks.hold(attempt.locks, self._patience()) as held:
            # What was seen without the locks may be old: somebody may have joined what is taken away below.
            lists = self.recognition.lists(attempt.business)
            found = await recognise.find(attempt, lease.reference, lists)
            if not found:
                raise OutcomeUnknown(lease.reference, is_over=attempt.is_over)
            stands: Appointment | None = found[0]
            if recognise.needs_repair(attempt, found):
                if not is_over:  # it came to need that while the locks were waited for
                    raise OutcomeUnknown(lease.reference)
                is_seated = self.recognition.seat(found[0], attempt) is not None
                if not is_seated and await self._is_owed(lease, attempt, found[0].id):
                    raise OutcomeUnknown(lease.reference, is_over=attempt.is_over)
                writing = Writing(held, self.call, lease)
                await writing.note_twins(found)
                stands = await recognise.repair(attempt, found, writing)
                writing.ended()
            return None if stands is None else await self._completed(lease, attempt, stands)

    async def _is_owed(self, lease: Lease, attempt: Attempt, appointment_id: str | None) -> bool:
        """Whether the customer was in a list that somebody else wrote there, and that has no end yet.

        Whom it dropped gets the seat back, and must not be told before that it failed.
        """
        if not attempt.takes_seat or appointment_id is None:
            return False
        about = (attempt.business, appointment_id, lease.reference)
        others = lists_in_doubt(self.store, self.clock(), *about)
        return any([attempt.customer_id in one.seated async for one in others])

    def _patience(self) -> timedelta | None:
        """How long locks are waited for: as by any request, but longer by the timer, for which nobody waits.

        Else those who keep coming for the same slots could keep a doubt from its end.
        """
        return remaining(self.budget) / 2 if is_background() else None

    async def _completed(self, lease: Lease, attempt: Attempt, stands: Appointment) -> str:
        made = await self.recognise[attempt.kind].confirm(attempt, lease.reference, stands)
        answer, _ = await self.complete(lease, made)
        return answer

    async def settle_all(self) -> int:
        """Settle what can be settled of everything that is not; returns how many records were ended.

        Mailboxes are settled side by side, each within the time of the run.
        """
        waiting: defaultdict[str, list[IdempotencyRecord]] = defaultdict(list)
        async for record in self.store.unsettled(self.clock()):
            waiting[record.attempt.business if record.attempt else ""].append(record)
        with in_background(), deadline(RUN):
            return sum(await asyncio.gather(*(self._settle_mailbox(*box) for box in waiting.items())))

    async def _settle_mailbox(self, business: str, records: Iterable[IdempotencyRecord]) -> int:
        lists = self.recognition.lists(business)
        queue = iter(sorted(records, key=lambda one: one.created))

        async def settle_next() -> int:
            ended = 0
            while remaining(RUN) > LEAST and (record := next(queue, None)) is not None:
                ended += await self._settle(record, lists)
            return ended

        return sum(await asyncio.gather(*(settle_next() for _ in range(AT_ONCE))))

    async def _settle(self, record: IdempotencyRecord, lists: Lists) -> bool:
        """Whether this record has ended; whatever keeps it from that holds up no other one."""
        if self.clock() - record.created > SLOW:
            logger.warning(
                "booking.unsettled", extra={"event": "booking.unsettled", "reference": record.reference}
            )
        try:
            with deadline(self.budget):
                if record.state is State.COMPLETED:
                    return await self._looked_again(record, lists)
                return await self._ended(await self.records.take_over(record), lists)
        except (DomainError, Changed):
            return False

    async def _looked_again(self, record: IdempotencyRecord, lists: Lists) -> bool:
        """Take back what the network made of a request that it delivered twice."""
        attempt = record.attempt
        if attempt is None:
            return False
        if await self._too_many(record, attempt, lists):
            logger.warning("booking.twice", extra={"event": "booking.twice", "reference": record.reference})
            own = booking_lock(attempt.business, record.reference)
            async with self.locks.hold({*attempt.locks, own}, self._patience()) as held:
                writing = Writing(held, self.call, settled=record.reference)
                now = await self.store.get(record.key)  # a change has told it that it is old
                record = now if now is not None and now.reference == record.reference else record
                record = await self._one_of(record, record.attempt or attempt, writing)
                writing.ended()
        attempt = record.attempt or attempt
        kept = attempt if attempt.kind is Kind.BOOK else attempt.unnamed()
        await self.store.replace(replace(record, attempt=kept, look_again=None))
        return False

    async def _too_many(
        self, record: IdempotencyRecord, attempt: Attempt, lists: Lists
    ) -> tuple[Appointment, ...]:
        """The appointments of a booking that stands where it was made, if there are several.

        Where several were seen before, one may be left that its row or record does not name yet. Of one
        that was moved or cancelled since, nothing may be left there but what it came back to.
        """
        row = await self.rows.get(attempt.business, record.reference)
        is_as_made = row is None or _stands_as_made(row, record, attempt)
        found = await self.recognition.twins(attempt, record.reference, lists, record.made_id)
        if is_as_made and {one.id for one in found} != {record.made_id}:
            return found
        return tuple(one for one in found if not _stands_in(row, one))

    async def _one_of(
        self, record: IdempotencyRecord, attempt: Attempt, writing: Writing
    ) -> IdempotencyRecord:
        """The record of the one that stands; the booking's row names it too.

        What was seen without the locks, the booking's own among them, may be old: a change of it may have
        ended since. While one has no end yet, what is there may be its own.
        """
        row = await self.rows.get(attempt.business, record.reference)
        if row is not None and await self._is_changing(row):
            raise BookingPending
        twins = await self._too_many(record, attempt, self.recognition.lists(attempt.business))
        if not twins:
            return record
        known = replace(attempt, twins=tuple(one.id for one in twins))
        if known != attempt:  # the staff may move one of them before it can be taken back
            record = await self.store.replace(replace(record, attempt=known))
        if row is not None and not _stands_as_made(row, record, attempt):
            await self.recognise[attempt.kind].take_back(attempt, twins, writing)
            return record
        if len(twins) == 1:
            return await self._named(row, record, twins[0])
        row = row and await self.rows.replace(replace(row, pending=record.key))
        stands = await self.recognise[attempt.kind].repair(attempt, twins, writing)
        return record if stands is None else await self._named(row, record, stands)

    async def _named(
        self, row: BookingRow | None, record: IdempotencyRecord, stands: Appointment
    ) -> IdempotencyRecord:
        """The record with the one that stands; the row is written first: people are shown what it names."""
        if row is not None and row.appointment_id != stands.id:
            await self.rows.replace(replace(row, appointment_id=stands.id))
        return replace(record, made_id=stands.id)

    async def _is_changing(self, row: BookingRow) -> bool:
        """Whether a change of this booking has begun of which nobody knows yet how it ends."""
        change = None if row.pending is None else await self.store.get(row.pending)
        return change is not None and not change.has_ended

    async def _ended(self, lease: Lease, lists: Lists) -> bool:
        try:
            if await self.earlier(lease, lists) is None:
                await lease.refuse()
        except OutcomeUnknown as error:
            await lease.unknown(is_over=error.is_over)
            return False
        return True


def _stands_in(row: BookingRow | None, one: Appointment) -> bool:
    """Whether this is the appointment in which the booking stands by now."""
    return row is not None and row.cancelled is None and row.appointment_id == one.id


def _stands_as_made(row: BookingRow, record: IdempotencyRecord, attempt: Attempt) -> bool:
    """Whether the booking still stands where this attempt made it, in whichever of its twins."""
    made = (record.made_id, *attempt.twins)
    return row.cancelled is None and row.appointment_id in made and row.span.start == attempt.span.start
