"""The rows of bookings: who may open them, and how they are kept in step with what was proved."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.booking.create.request import BookingRequest
from shared.booking.ports import Changed
from shared.booking.records import BookingRow, IdempotencyRecord, Kind
from shared.booking.writes.idempotency import RequestKey
from shared.booking.writes.locks import email_hash
from shared.booking.writes.notes import made_here
from shared.booking.writes.outcomes import Confirmation
from shared.domain.errors import BookingPending, OutcomeUnknown, StoreUnavailable
from shared.domain.intervals import Interval
from shared.domain.model import Customer
from tests.support.virtually import virtually
from tests.support.world import CATALOGUE, COURSE, PAIR, SHOP, TALK, TEN
from tests.unit.booking.manage.desk import DAY, Desk


@virtually
async def test_a_booking_has_a_row_before_its_answer() -> None:
    """Ids, times and keyed hashes; nothing that tells who somebody is."""
    desk = Desk()
    row = await desk.book(notes="Nuts!")
    for text in ("'vic", "contoso", "Nuts"):
        assert text not in str(replace(row, business=""))
    assert (row.span.start, row.service_id, row.changes, row.cancelled) == (TEN, TALK.id, 0, None)


@virtually
async def test_the_row_says_what_the_record_and_the_appointment_do() -> None:
    """The customer's time zone and when the request came, too: nothing else keeps them for long."""
    desk = Desk()
    began = desk.clock()
    who = Customer(None, "vic", "vic@contoso.com")
    wish = BookingRequest(SHOP, TALK.id, TEN, who, time_zone="Asia/Tokyo", campaign="spring")
    key = RequestKey("c" * 64, "fingerprint")

    booked = await desk.cases.create_booking(wish, key)

    row = await desk.row(booked.reference)
    (made,) = desk.mailbox.appointments
    (seat,) = made.attendees
    assert row == BookingRow(
        reference=booked.reference,
        business=SHOP,
        key=key.key,
        person=email_hash(desk.cases.hasher, SHOP, who.email),
        customer_id=seat.customer_id or "",
        service_id=TALK.id,
        appointment_id=made.id,
        span=made.span,
        staff_member_ids=("ann",),
        time_zone="Asia/Tokyo",
        created=began,
        campaign="spring",
    )


@virtually
async def test_its_own_token_opens_it_and_nothing_else_does() -> None:
    """Not another booking's, not at another business."""
    desk = Desk()
    row, other = await desk.book(), await desk.book("una", start=TEN + DAY)
    hasher, rows = desk.parts.hasher, desk.parts.rows
    token = hasher.token(row.key, row.reference)
    assert await rows.opened(SHOP, row.reference, token) == row
    assert await rows.opened("other@contoso.com", row.reference, token) is None
    assert await rows.opened(SHOP, other.reference, token) is None
    assert await rows.opened(SHOP, row.reference, hasher.token(other.key, row.reference)) is None
    assert await rows.opened(SHOP, row.reference, "no token") is None


@virtually
async def test_a_row_that_cannot_be_kept_leaves_the_booking_in_doubt() -> None:
    """An answer without a row could never be managed; the timer writes both."""
    desk = Desk()
    rows = desk.stores.bookings
    insert = rows.insert

    async def fails(_: BookingRow) -> BookingRow:
        raise StoreUnavailable("bookings.insert", "armed")

    rows.insert = fails  # type: ignore[method-assign, assignment]
    with pytest.raises(OutcomeUnknown) as caught:
        await desk.book()
    rows.insert = insert  # type: ignore[method-assign]

    await desk.reconcile.settle_all()

    assert (await desk.row(caught.value.reference)).span.start == TEN
    assert len(list(desk.mailbox.appointments)) == 1


@virtually
async def test_a_row_is_written_once_however_often_its_end_is_told() -> None:
    """A second telling of the booking does not bring back what was cancelled since."""
    desk = Desk()
    row = await desk.book()
    record = await desk.stores.idempotency.get(row.key)
    assert record is not None
    made = Confirmation(row.reference, CATALOGUE, TALK, desk.shown(row), "UTC", mailbox=SHOP)
    await desk.cancel(row)
    await desk.parts.rows.keep(record, made)
    assert (await desk.row(row.reference)).cancelled is not None


@virtually
async def test_a_change_that_somebody_else_has_finished_is_not_counted_twice() -> None:
    """The row names it no more."""
    desk = Desk()
    row = await desk.book()
    record = await desk.stores.idempotency.get(row.key)
    assert record is not None
    made = Confirmation(row.reference, CATALOGUE, TALK, desk.shown(row), "UTC", Kind.MOVE, SHOP)
    await desk.parts.rows.keep(record, made)
    assert (await desk.row(row.reference)).changes == 0


@virtually
async def test_a_row_that_keeps_changing_under_our_hands_is_given_up() -> None:
    """The outcome is unknown then, and told again by the timer."""
    desk = Desk()
    row = await desk.book()
    record = await desk.stores.idempotency.get(row.key)
    assert record is not None
    made = Confirmation(row.reference, CATALOGUE, TALK, desk.shown(row), "UTC", Kind.CANCEL, SHOP)
    replace_row, tries = desk.stores.bookings.replace, 0

    async def changed(row: BookingRow) -> BookingRow:
        nonlocal tries
        tries += 1
        if tries > 3:
            return await replace_row(row)
        raise Changed

    desk.stores.bookings.replace = changed  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable) as caught:
        await desk.parts.rows.keep(record, made)
    assert str(caught.value) == "bookings.replace: changed"
    await desk.parts.rows.keep(record, made)
    assert (await desk.row(row.reference)).cancelled is not None


@virtually
async def test_another_change_waits_for_the_one_that_is_in_doubt() -> None:
    """Its own request goes on; one that has ended, or is forgotten, is in nobody's way."""
    desk = Desk()
    row = await desk.book()
    rows = desk.parts.rows
    lease = await desk.lease()
    pending = await desk.stores.bookings.replace(replace(row, pending=lease.record.key))
    with pytest.raises(BookingPending):
        await rows.for_change(pending, "another")
    assert await rows.for_change(pending, lease.record.key) == pending
    await rows.claim(pending, lease.record.key)
    assert await rows.is_pending(pending)
    await lease.refuse()
    assert await rows.for_change(pending, "another") == pending
    forgotten = await desk.stores.bookings.replace(replace(pending, pending="swept long ago"))
    assert not await rows.is_pending(forgotten)
    await desk.stores.bookings.delete(row)
    assert await rows.for_change(row, "another") == row


@virtually
async def test_bookings_to_come_are_counted() -> None:
    """Not those that are over, or cancelled, and nobody else's; the case of the address does not matter."""
    desk = Desk()
    for start in (TEN, TEN + DAY, TEN + 2 * DAY):
        last = await desk.book(start=start)
    await desk.book("una", start=TEN + 3 * DAY)
    await desk.cancel(last)
    assert await desk.parts.rows.count_open(SHOP, "VIC@contoso.com") == 2
    over = await desk.row(last.reference)
    await desk.stores.bookings.replace(replace(over, cancelled=None, span=_past(over)))
    assert await desk.parts.rows.count_open(SHOP, "vic@contoso.com") == 2


@virtually
async def test_a_booking_that_ends_now_is_not_to_come() -> None:
    """Until then it counts."""
    desk = Desk()
    row = await desk.book()
    now = desk.clock()
    for end, count in ((now, 0), (now + timedelta(milliseconds=1), 1)):
        stored = await desk.row(row.reference)
        await desk.stores.bookings.replace(replace(stored, span=Interval(now - timedelta(hours=1), end)))
        assert await desk.parts.rows.count_open(SHOP, "vic@contoso.com") == count


@virtually
async def test_what_is_no_token_costs_no_look_at_the_rows() -> None:
    """Whoever tries many finds out nothing, and keeps the store from no work."""
    desk = Desk()
    row = await desk.book()

    async def fails(*_: str) -> BookingRow:
        raise StoreUnavailable("bookings.get", "armed")

    desk.stores.bookings.get = fails  # type: ignore[method-assign, assignment]

    assert await desk.parts.rows.opened(SHOP, row.reference, "no token") is None


@virtually
async def test_after_a_move_the_row_names_who_gives_it_and_has_left_nothing_where_it_stands() -> None:
    """An appointment that moved with its customer is the one in which they are."""
    desk = Desk()
    row = await desk.book("vic", PAIR)
    (other,) = {"ann", "bob"} - set(row.staff_member_ids)

    await desk.move(row, staff_id=other)

    moved = await desk.row(row.reference)
    assert moved.staff_member_ids == (other,)
    assert (moved.appointment_id, moved.left) == (row.appointment_id, ())


@virtually
async def test_a_change_is_judged_by_the_row_as_it_is_now() -> None:
    """Not as it was when the request came."""
    desk = Desk()
    row = await desk.book()
    await desk.move(row)
    assert await desk.parts.rows.for_change(row, "another") == await desk.row(row.reference)


@virtually
async def test_a_first_answer_that_somebody_else_writes_meanwhile_holds_up_no_cancellation() -> None:
    """Whoever repeats the booking looks again in any case, by its row."""
    desk = Desk()
    row = await desk.book()
    write = desk.stores.idempotency.replace

    async def changed(record: IdempotencyRecord) -> IdempotencyRecord:
        if record.key == row.key:
            raise Changed
        return await write(record)

    desk.stores.idempotency.replace = changed  # type: ignore[method-assign]

    assert (await desk.cancel(row))["status"] == "cancelled"
    assert (await desk.row(row.reference)).cancelled is not None


def _past(row: BookingRow) -> Interval:
    return Interval(row.span.start - timedelta(days=30), row.span.start - timedelta(days=29))


@virtually
async def test_what_the_facade_made_says_so() -> None:
    """At the start of a line, whatever ends it."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    made = desk.shown(row)
    assert made_here(made)
    for notes, is_ours in (
        ("A ladder.\rBooked online.", True),
        ("Booked online.\r\nA ladder.", True),
        ("It was Booked online.", False),
        (None, False),
    ):
        assert made_here(replace(made, service_notes=notes)) is is_ours
