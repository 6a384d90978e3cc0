"""The rows of bookings: written with each record's end, opened by a token, changed one request at a time."""

import logging
from contextlib import suppress
from dataclasses import dataclass, replace

from shared.booking.ports import AlreadyExists, BookingStore, Changed, Clock, IdempotencyStore
from shared.booking.records import BookingRow, IdempotencyRecord, Kind
from shared.booking.writes.idempotency import RETENTION
from shared.booking.writes.locks import email_hash
from shared.booking.writes.outcomes import Confirmation
from shared.domain.errors import BookingPending, SlotBusy, StoreUnavailable
from shared.platform.hashes import Hasher

logger = logging.getLogger(__name__)

LEFT = 10
"""How many of the appointments that a booking moved away from are remembered."""

TRIES = 3
"""How often a row is read and written again because somebody else has changed it meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRows:
    """The rows of all businesses; every method raises StoreUnavailable."""

    store: BookingStore
    requests: IdempotencyStore
    hasher: Hasher
    clock: Clock

    async def opened(self, business: str, reference: str, token: str) -> BookingRow | None:
        """The row of this business that the token opens."""
        key = self.hasher.key_of(token, reference)
        row = None if key is None else await self.store.get(business, reference)
        return row if row is not None and row.key == key else None

    async def count_open(self, business: str, email: str) -> int:
        """How many bookings to come this address has, as far as we know."""
        now = self.clock()
        rows = await self.store.of_person(business, email_hash(self.hasher, business, email))
        return sum(one.cancelled is None and one.span.end > now for one in rows)

    async def is_pending(self, row: BookingRow) -> bool:
        """Whether a change of this booking has begun of which nobody knows yet how it ends."""
        record = None if row.pending is None else await self.requests.get(row.pending)
        return record is not None and not record.has_ended

    async def for_change(self, row: BookingRow, key: str) -> BookingRow:
        """The row as it is now, for the request with this key; raises BookingPending.

        Asked under the booking's lock. A change in doubt has to end before another one begins.
        """
        fresh = await self.store.get(row.business, row.reference) or row
        if fresh.pending != key and await self.is_pending(fresh):
            raise BookingPending
        return fresh

    async def claim(self, row: BookingRow, key: str) -> None:
        """Tell everybody that this request changes the booking from now on; raises SlotBusy."""
        if row.pending == key:
            return
        try:
            await self.store.replace(replace(row, pending=key))
        except Changed as error:
            raise SlotBusy from error

    async def keep(self, record: IdempotencyRecord, made: Confirmation) -> None:
        """Write what became of a booking, before its record ends; once, however often this is told."""
        if made.kind is Kind.BOOK:
            with suppress(AlreadyExists):
                await self.store.insert(_row_of(record, made))
            return
        for _ in range(TRIES):
            row = await self.store.get(made.mailbox, made.reference)
            changed = row and self._changed(row, record, made)
            if row is None or changed is None or changed == row:
                return
            await self._outdate(row.key)
            try:
                await self.store.replace(changed)
            except Changed:
                continue
            return
        raise StoreUnavailable("bookings.replace", "changed")

    async def _outdate(self, key: str) -> None:
        """Let nobody repeat the answer to a booking without looking: it is true no longer."""
        known = await self.requests.get(key)
        if known is not None and known.answered is not None:
            answered = replace(known.answered, at=known.answered.at - RETENTION)
            with suppress(Changed):
                await self.requests.replace(replace(known, answered=answered))

    def _changed(self, row: BookingRow, record: IdempotencyRecord, made: Confirmation) -> BookingRow | None:
        """The row after this change; None where it knows of it already."""
        if made.kind is Kind.CANCEL:
            return replace(row, cancelled=row.cancelled or self.clock(), pending=None)
        attempt = record.attempt
        if row.pending != record.key or attempt is None:
            return None
        stands = made.appointment
        return replace(
            row,
            appointment_id=stands.id,
            span=stands.span,
            staff_member_ids=stands.staff_member_ids,
            customer_id=attempt.customer_id,
            time_zone=attempt.time_zone,
            changes=row.changes + 1,
            pending=None,
            left=_left(row, stands.id),
        )


def _left(row: BookingRow, appointment_id: str) -> tuple[str, ...]:
    """The appointments that the booking moved away from, once it stands in this one."""
    gone = [one for one in (*row.left, row.appointment_id) if one != appointment_id]
    return tuple(gone[-LEFT:])


def _row_of(record: IdempotencyRecord, made: Confirmation) -> BookingRow:
    attempt, stands = record.attempt, made.appointment
    assert attempt is not None  # noqa: S101 (what stands was attempted)
    return BookingRow(
        reference=record.reference,
        business=made.mailbox,
        key=record.key,
        person=attempt.person,
        customer_id=attempt.customer_id,
        service_id=attempt.service_id,
        appointment_id=stands.id,
        span=stands.span,
        staff_member_ids=stands.staff_member_ids,
        time_zone=attempt.time_zone,
        created=record.created,
        campaign=attempt.campaign,
    )
