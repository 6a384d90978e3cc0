"""The rows of bookings: who may open them, and how they are kept in step with what was proved."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.booking.ports import Changed
from shared.booking.records import BookingRow, Kind
from shared.booking.writes.notes import made_here
from shared.booking.writes.outcomes import Confirmation
from shared.domain.errors import BookingPending, OutcomeUnknown, StoreUnavailable
from shared.domain.intervals import Interval
from tests.support.virtually import virtually
from tests.support.world import CATALOGUE, COURSE, SHOP, TALK, TEN
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
    with pytest.raises(StoreUnavailable):
        await desk.parts.rows.keep(record, made)
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
