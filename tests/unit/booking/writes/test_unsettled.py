"""What becomes of an attempt that cannot be settled yet, and what is looked at anew under the locks."""

import asyncio
from dataclasses import replace

import pytest

from shared.booking.records import BookingRow, IdempotencyRecord, Kind, State
from shared.booking.writes.idempotency import RequestKey
from shared.domain.errors import OutcomeUnknown
from shared.domain.intervals import Interval
from tests.support.shop import REQUEST
from tests.support.virtually import virtually
from tests.support.world import HALF_HOUR, SHOP
from tests.unit.booking.writes.test_reconcile import LOOK_AGAIN, Completed, Desk, held_for, repaired_after

OTHER = RequestKey("b1" * 32, "fingerprint")


@pytest.mark.parametrize("is_over", [False, True])
@virtually
async def test_who_is_owed_a_seat_is_told_where_the_answer_will_be(is_over: bool) -> None:
    """Somebody else's list has dropped them; whether their own write is over stays as it was."""
    desk = Desk()
    lease = await desk.unknown(is_over=is_over)
    made = desk.booked(lease)
    dropping = replace(desk.attempt(), appointment_id=made.id, seated=("vic",), sealed="people")
    await desk.shop.lease(OTHER, dropping)
    await asyncio.sleep(LOOK_AGAIN.total_seconds())
    desk.knows.bad = True

    with pytest.raises(OutcomeUnknown) as caught:
        await desk.reconcile.earlier(lease)

    assert (caught.value.reference, caught.value.is_over) == (lease.reference, is_over)
    assert desk.knows.repaired == []


@virtually
async def test_what_came_to_need_repair_while_the_locks_were_waited_for_waits_for_the_write() -> None:
    """A change whose own request is still under way: whoever had the locks has changed what was found."""
    desk = Desk()
    desk.reconcile = replace(desk.reconcile, recognise={Kind.CANCEL: desk.knows})
    lease = await desk.shop.lease(attempt=replace(desk.attempt(), kind=Kind.CANCEL))
    desk.booked(lease)

    def spoilt() -> None:
        desk.knows.bad = True

    with pytest.raises(OutcomeUnknown) as caught:
        await repaired_after(desk, lease, spoilt)

    assert (caught.value.reference, caught.value.is_over) == (lease.reference, False)
    assert desk.knows.repaired == []


def row_of(desk: Desk, record: IdempotencyRecord, appointment_id: str) -> BookingRow:
    """The row of the booking that this record is of."""
    attempt = desk.attempt()
    return BookingRow(
        reference=record.reference,
        business=SHOP,
        key=record.key,
        person="hash",
        customer_id="vic",
        service_id=attempt.service_id,
        appointment_id=appointment_id,
        span=attempt.span,
        staff_member_ids=attempt.staff_member_ids,
        time_zone="UTC",
        created=record.created,
    )


@virtually
async def test_of_a_booking_that_nobody_has_changed_no_change_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its row names none."""
    desk = Completed()
    made = await desk.begin(copies=2)
    records, asked = desk.shop.stores.idempotency, list[str | None]()
    read = records.get

    async def get(key: str) -> IdempotencyRecord | None:
        asked.append(key)
        return await read(key)

    await desk.shop.stores.bookings.insert(row_of(desk, await desk.stored(), made[0].id))
    monkeypatch.setattr(records, "get", get)
    await desk.reconcile.settle_all()

    assert desk.knows.repaired == [(made[0].id, made[1].id)]
    assert set(asked) == {(await desk.stored()).key}


@virtually
async def test_the_record_goes_on_knowing_the_twins_that_were_seen() -> None:
    """One of them may be there still, wherever the staff move it."""
    desk = Completed()
    made = await desk.begin(copies=2)

    await desk.reconcile.settle_all()

    kept = (await desk.stored()).attempt
    assert kept is not None
    assert kept.twins == (made[0].id, made[1].id)


@virtually
async def test_a_twin_that_was_recorded_while_the_locks_were_waited_for_is_found_where_it_was_moved_to() -> (
    None
):
    """Whoever had the locks has seen both; the staff have moved one since."""
    desk = Completed()
    made = await desk.begin(copies=2)
    await held_for(desk, 2.0)
    settling = asyncio.ensure_future(desk.reconcile.settle_all())
    await asyncio.sleep(1.0)  # virtual: it has looked, and waits
    stored = await desk.stored()
    assert stored.attempt is not None
    await desk.shop.stores.idempotency.replace(replace(stored, attempt=stored.attempt.with_twins(made)))
    span = made[1].span
    desk.shop.mailbox.move(made[1].id, Interval(span.start + 4 * HALF_HOUR, span.end + 4 * HALF_HOUR))
    await settling

    assert desk.knows.repaired == [(made[0].id, made[1].id)]


@virtually
async def test_a_wish_that_began_anew_while_the_locks_were_waited_for_keeps_its_record() -> None:
    """The same key came again, and its answer was no longer true: what was made before is another booking."""
    desk = Completed()
    await desk.begin(copies=2)
    await held_for(desk, 2.0)
    settling = asyncio.ensure_future(desk.reconcile.settle_all())
    await asyncio.sleep(1.0)
    known = await desk.shop.records.begin(REQUEST)
    assert isinstance(known, IdempotencyRecord)
    lease = await desk.shop.records.begin_anew(REQUEST, known)

    await settling

    stored = await desk.stored()
    assert (stored.reference, stored.state, stored.attempt) == (lease.reference, State.IN_PROGRESS, None)
    await lease.attempt(desk.attempt())


@virtually
async def test_a_record_that_was_cleaned_away_while_the_locks_were_waited_for_stays_away() -> None:
    """The timer goes on with the next."""
    desk = Completed()
    await desk.begin(copies=2)
    await held_for(desk, 2.0)
    settling = asyncio.ensure_future(desk.reconcile.settle_all())
    await asyncio.sleep(1.0)
    record = await desk.stored()
    assert await desk.shop.stores.idempotency.sweep(desk.shop.clock()) == 1

    assert await settling == 0

    assert await desk.shop.stores.idempotency.get(record.key) is None
