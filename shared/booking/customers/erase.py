"""Erases everything of one e-mail address: what the facade booked at once, the rest of the mailbox by and by.

Graph's lists hide who is in an appointment, and it finds no customer by e-mail address. So every appointment
is read by id, and every page of customers. That is done in passes, in the background, in bounded steps that
go on where the last one stopped; the last pass is one that finds nothing, or the `PASSES`-th.
"""

import logging
from collections import deque
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.booking.customers.forget import Done, Forgetting, Person
from shared.booking.erasures import Erasure, Part
from shared.booking.ports import AlreadyExists, Changed, Clock, NewId, Stores
from shared.booking.records import BookingRow, IdempotencyRecord
from shared.booking.writes.idempotency import IdempotencyRecords, RequestKey
from shared.booking.writes.locks import email_hash
from shared.domain.errors import DomainError, Missing, OutcomeUnknown, Rejected, StoreUnavailable
from shared.platform.deadline import deadline, in_background, remaining
from shared.platform.hashes import Hasher

logger = logging.getLogger(__name__)

PASSES = 5
"""After so many passes an erasure ends, and its receipt says what could not be done."""

RUN = timedelta(seconds=45)
"""How long one run of the timer goes on."""

LEAST = timedelta(seconds=2)
"""Nothing is begun with less than this left."""

SLICE = 50
"""Appointments that are read for one erasure before it is another one's turn."""

TRIES = 3
"""How often a receipt is read and written again because the timer has changed it meanwhile."""

RECEIPTS_KEPT = timedelta(days=30)
"""How long a receipt can be asked for after the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseCustomer:
    """Begins erasures, tells how far they are, and goes on with them; raises StoreUnavailable."""

    stores: Stores
    records: IdempotencyRecords
    forgetting: Forgetting
    hasher: Hasher
    clock: Clock
    new_id: NewId
    budget: timedelta

    async def __call__(self, business: str, email: str, request: RequestKey | None = None) -> Erasure:
        """The erasure of this address that is under way, else a new one; what has a booking row is done.

        With a key of the caller's a repetition gets the same receipt, also after the end. Raises KeyReused
        where the key came with another address, and KeyInFlight.
        """
        person = email_hash(self.hasher, business, email)
        if request is None:
            begun, is_new = await self._begun(business, person, self.new_id())
        else:
            begun, is_new = await self._begun_once(business, person, request)
        if not is_new:
            return begun
        logger.info("erasure.begun", extra={"event": "erasure.begun", "receipt": begun.receipt})
        with deadline(self.budget):
            done = await self._bookings(begun)
        return await self._kept(replace(done, part=Part.BOOKINGS) if done.left else done)

    async def _begun(self, business: str, person: str, receipt: str) -> tuple[Erasure, bool]:
        """The erasure of this person, and whether it was begun now."""
        for one in await self.stores.erasures.under_way(business):
            if one.person == person:
                return one, False
        now = self.clock()
        begun = Erasure(receipt, business, person, now, now)
        try:
            return await self.stores.erasures.insert(begun), True
        except AlreadyExists:
            return await self.stores.erasures.get(business, receipt) or begun, False

    async def _begun_once(self, business: str, person: str, request: RequestKey) -> tuple[Erasure, bool]:
        """The same for whoever brings a key; its record ends before anything is erased, so nobody waits.

        A record that cannot be ended ends by itself, and the same request leads to the same receipt.
        """
        lease = await self.records.begin(request)
        if isinstance(lease, IdempotencyRecord):
            known = await self.find(business, lease.answer or "")
            assert known is not None  # noqa: S101 (receipts outlive keys)
            return known, False
        try:
            receipt = self.hasher.name("erasure", request.key, person)[:32]
            begun, is_new = await self._begun(business, person, receipt)
        except Exception:
            await lease.refuse()
            raise
        with suppress(OutcomeUnknown):
            await lease.complete(begun.receipt, "")
        return begun, is_new

    async def find(self, business: str, receipt: str) -> Erasure | None:
        """The erasure of this receipt."""
        return await self.stores.erasures.get(business, receipt)

    async def advance(self, business: str) -> None:
        """Go on with the erasures of one mailbox, each in turn, for the time of one run of the timer.

        A pass that ends is the last in its run: what failed in it may be well by the next.
        """
        with in_background(), deadline(RUN):
            turns = deque(await self.stores.erasures.under_way(business))
            while turns and remaining(RUN) > LEAST:
                before = turns.popleft()
                after = await self._advanced(before)
                if after is not None and after.passes == before.passes:
                    turns.append(after)

    async def _advanced(self, one: Erasure) -> Erasure | None:
        """The erasure after one step; None where that failed, and the next run tries again."""
        try:
            return await self.stores.erasures.replace(replace(await self._step(one), seen=self.clock()))
        except (DomainError, Changed) as error:
            told = {"receipt": one.receipt, "error": type(error).__name__}
            logger.warning("erasure.delayed", extra={"event": "erasure.delayed", **told})
            return None

    async def _step(self, one: Erasure) -> Erasure:
        try:
            if one.part is Part.BOOKINGS:
                return await self._bookings(one)
            if one.part is Part.APPOINTMENTS:
                return await self._appointments(one)
            return await self._customers(one)
        except (Missing, Rejected):
            if one.page is None:
                raise
            return replace(one, page=None, after=None)  # the link is too old: the list from its beginning

    async def _bookings(self, one: Erasure) -> Erasure:
        """What has a row; goes on to the mailbox once nothing of it is left."""
        rows = await self.stores.bookings.of_person(one.business, one.person)
        known = await self.stores.customers.get(one.business, one.person)
        ids = {*one.customer_ids, *(row.customer_id for row in rows), known.customer_id if known else None}
        one = replace(one, customer_ids=tuple(sorted(filter(None, ids))), left={})
        for row in rows:
            if remaining(RUN) < LEAST:
                return one
            one = await self._counted(one, "booking-not-erased", self._booking(one, row))
        return replace(one, part=Part.APPOINTMENTS, found=0)

    async def _booking(self, one: Erasure, row: BookingRow) -> Done:
        """End a booking to come, clear one that was, and forget its row and what its records know."""
        keys, done = {row.key, row.pending}, Done.NOTHING
        if row.cancelled is None and row.span.start > self.clock():
            keys.add(await self.forgetting.places.cancel(row))
            done = Done.CANCELLED
        elif row.cancelled is None:
            done = await self.forgetting.appointment(self._person(one), row.appointment_id, (row.reference,))
        for key in filter(None, keys):
            await self._forget_record(key)
        await self.stores.bookings.delete(row)
        return done

    async def _forget_record(self, key: str) -> None:
        """Let a record that has ended name nobody; its answer, which never did, is replayed as before."""
        known = await self.stores.idempotency.get(key)
        if known is not None and known.attempt is not None and known.has_ended:
            attempt = known.attempt.unnamed()
            await self.stores.idempotency.replace(replace(known, attempt=attempt, look_again=None))

    async def _appointments(self, one: Erasure) -> Erasure:
        """The next appointments of the page; then the next page, then the customers."""
        ids, link = await self.forgetting.graph.appointments_page(one.business, one.page)
        begin = ids.index(one.after) + 1 if one.after in ids else 0
        for appointment_id in ids[begin : begin + SLICE]:
            if remaining(RUN) < LEAST:
                return one
            one = replace(one, read=one.read + 1, after=appointment_id)
            forgotten = self.forgetting.appointment(self._person(one), appointment_id)
            one = await self._counted(one, "appointment-not-erased", forgotten)
        if begin + SLICE < len(ids):
            return one
        part = Part.CUSTOMERS if link is None else Part.APPOINTMENTS
        return replace(one, part=part, page=link, after=None)

    async def _customers(self, one: Erasure) -> Erasure:
        """One page of customers; after the last one the pass ends.

        Graph drops seats whose record is deleted when it writes a list, so the records come last: while an
        appointment is left, they wait for the next pass.
        """
        if one.left and one.page is None and one.passes + 1 < PASSES:
            return await self._passed(one)
        customers, link = await self.forgetting.graph.customers_page(one.business, one.page)
        person = self._person(one)
        for customer in customers:
            if customer.id and person.has(customer.email, customer.id):
                deleted = self.forgetting.customer(person, customer.id)
                one = await self._counted(one, "customer-not-deleted", deleted)
        return replace(one, page=link) if link is not None else await self._passed(one)

    async def _passed(self, one: Erasure) -> Erasure:
        """The next pass; the end after one that found nothing and left nothing."""
        one = await self._counted(one, "index-not-cleared", self.forgetting.index_row(self._person(one)))
        one = await self._unsettled(one)
        passes = one.passes + 1
        if passes < PASSES and (one.found or one.left):
            return replace(one, passes=passes, part=Part.BOOKINGS, page=None, found=0, left={})
        logger.info("erasure.ended", extra={"event": "erasure.ended", "receipt": one.receipt})
        return replace(one, passes=passes, person="", customer_ids=(), page=None, ended=self.clock())

    async def _unsettled(self, one: Erasure) -> Erasure:
        """Requests whose end nobody knows yet: theirs, and those that hold a sealed list of a group."""
        waiting = 0
        async for record in self.stores.idempotency.unsettled(self.clock()):
            attempt = record.attempt
            if attempt is not None and attempt.business == one.business and not record.has_ended:
                waiting += attempt.person == one.person or attempt.sealed is not None
        return replace(one, left={**one.left, "booking-pending": waiting}) if waiting else one

    async def _counted(self, one: Erasure, code: str, work: Awaitable[Done]) -> Erasure:
        """The erasure with what this work did, or with one more thing that could not be done."""
        try:
            done = await work
        except (DomainError, Changed) as error:
            told = {"receipt": one.receipt, "operation": code, "error": type(error).__name__}
            logger.warning("erasure.left", extra={"event": "erasure.left", **told})
            return replace(one, left={**one.left, code: one.left.get(code, 0) + 1})
        return replace(
            one,
            found=one.found + (done is not Done.NOTHING),
            cancelled=one.cancelled + (done is Done.CANCELLED),
            cleared=one.cleared + (done is Done.CLEARED),
            deleted=one.deleted + (done is Done.DELETED),
        )

    async def _kept(self, done: Erasure) -> Erasure:
        """Store what the first request did; the timer may have gone on meanwhile, and its word counts too."""
        cancelled, cleared = done.cancelled, done.cleared
        for _ in range(TRIES):
            try:
                return await self.stores.erasures.replace(done)
            except Changed:
                known = await self.stores.erasures.get(done.business, done.receipt) or done
                done = replace(known, cancelled=known.cancelled + cancelled, cleared=known.cleared + cleared)
        raise StoreUnavailable("erasures.replace", "changed")

    def _person(self, one: Erasure) -> Person:
        return Person(one.business, one.person, frozenset(one.customer_ids), self.hasher)
