"""Bookings for a backend: a person's, a period's, as they stand now."""

from dataclasses import replace

from shared.booking.records import BookingRow
from tests.support.virtually import virtually
from tests.support.world import COURSE, SHOP, TEN
from tests.unit.booking.manage.desk import DAY, LATER, Desk


@virtually
async def test_a_persons_bookings_come_by_start_and_page_by_page() -> None:
    """Whatever the case of the address; nobody else's."""
    desk = Desk()
    for days in (2, 0, 1):
        await desk.book(start=TEN + days * DAY)
    await desk.book("una", start=TEN + 3 * DAY)

    first = await desk.manage.of_person(SHOP, "VIC@contoso.com", None, 2)
    place = (first[-1].span.start, first[-1].reference)
    rest = await desk.manage.of_person(SHOP, "vic@contoso.com", place, 2)

    assert [one.span.start for one in (*first, *rest)] == [TEN + days * DAY for days in range(3)]


@virtually
async def test_a_period_is_in_the_days_of_the_business() -> None:
    """Both days are in it."""
    desk = Desk()
    for days in range(4):
        await desk.book(start=TEN + days * DAY)
    both = ((TEN + DAY).date(), (TEN + 2 * DAY).date())

    found = await desk.manage.starting(SHOP, both, None, 10)

    assert [one.span.start for one in found] == [TEN + DAY, TEN + 2 * DAY]
    assert len(await desk.manage.starting(SHOP, both, None, 1)) == 1


@virtually
async def test_what_is_shown_is_read_and_nothing_else() -> None:
    """One call for each, none for what was cancelled here."""
    desk = Desk()
    one, gone, seat = (
        await desk.book(),
        await desk.book("una", start=TEN + DAY),
        await desk.book("zoe", COURSE),
    )
    await desk.cancel(gone)
    rows = [await desk.row(each.reference) for each in (one, gone, seat)]
    desk.wire.calls.clear()

    shown = await desk.manage.listed(rows)

    assert [each.stands for each in shown] == [True, False, True]
    assert dict(desk.wire.calls) == {"appointment": 2}


@virtually
async def test_who_moves_while_somebody_looks_is_not_shown_as_cancelled() -> None:
    """The row was read before the move and the appointment after it; somebody else stays in the group."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    await desk.move(row)
    standing = await desk.manage.read(row)
    assert (standing.stands, standing.appointment.span.start) == (True, LATER)
    assert (await desk.manage.listed([row]))[0].stands


@virtually
async def test_who_keeps_moving_while_somebody_looks_is_pending() -> None:
    """Wherever they are by now, it is not known that they cancelled."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    await desk.move(row)
    rows, times = desk.stores.bookings, iter(range(100))
    get = rows.get

    async def moved_on(business: str, reference: str) -> BookingRow | None:
        found = await get(business, reference)
        return found and replace(found, appointment_id=f"gone-{next(times)}")

    rows.get = moved_on  # type: ignore[method-assign]
    standing = await desk.manage.read(row)
    assert (standing.stands, standing.is_pending) == (False, True)


@virtually
async def test_who_cancelled_is_shown_so_whenever_the_row_was_read() -> None:
    """And where the row is gone, what was known of it counts."""
    desk = Desk()
    row = await desk.book()
    await desk.cancel(row)
    for _ in range(2):
        standing = await desk.manage.read(row)
        assert (standing.stands, standing.is_pending) == (False, False)
        await desk.stores.bookings.delete(row)
