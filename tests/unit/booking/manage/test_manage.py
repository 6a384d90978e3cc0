"""Bookings for a backend: a person's, a period's, as they stand now."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.booking.records import BookingRow
from shared.booking.slots.availability import SlotQuery
from shared.domain.intervals import Interval
from shared.domain.model import Customer
from tests.support.virtually import virtually
from tests.support.world import COURSE, QUARTER, SHOP, TEN
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
async def test_a_period_comes_page_by_page() -> None:
    """Each page begins behind the last booking of the one before."""
    desk = Desk()
    for days in range(3):
        await desk.book(start=TEN + days * DAY)
    whole = (TEN.date(), (TEN + 2 * DAY).date())

    first = await desk.manage.starting(SHOP, whole, None, 2)
    place = (first[-1].span.start, first[-1].reference)
    rest = await desk.manage.starting(SHOP, whole, place, 2)

    assert [one.span.start for one in (*first, *rest)] == [TEN + days * DAY for days in range(3)]
    assert len(rest) == 1


@virtually
async def test_a_period_begins_and_ends_at_midnight_where_the_business_is() -> None:
    """Half a day from Greenwich, and to the very second."""
    desk = Desk()
    catalogue = desk.mailbox.catalogue
    row = await desk.book()
    day = (TEN + DAY).date()
    begins = datetime.combine(day, time(), ZoneInfo("Pacific/Auckland")).astimezone(UTC)
    before = timedelta(seconds=-1)
    starts = {"before": before, "first": timedelta(), "last": DAY + before, "after": DAY}
    for reference, at in starts.items():
        span = Interval(begins + at, begins + at + QUARTER)
        await desk.stores.bookings.insert(replace(row, reference=reference, span=span))
    abroad = replace(catalogue.business, time_zone="Pacific/Auckland")
    desk.mailbox.catalogue = replace(catalogue, business=abroad)
    desk.parts.booked.catalogues.forget(SHOP)

    found = await desk.manage.starting(SHOP, (day, day), None, 10)

    assert [one.reference for one in found] == ["first", "last"]


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


@virtually
async def test_what_stands_where_the_row_says_is_read_once() -> None:
    """Though the row has changed since it was read."""
    desk = Desk()
    row = await desk.book()
    await desk.move(row)
    desk.wire.calls.clear()

    assert (await desk.manage.read(row)).appointment.span.start == LATER

    assert dict(desk.wire.calls) == {"appointment": 1}


@virtually
async def test_who_moved_twice_while_somebody_looked_is_shown_where_they_are() -> None:
    """Nothing is in doubt where the last look finds them."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    await desk.move(row)
    moved = await desk.row(row.reference)
    seen = iter([replace(row, appointment_id="on the way"), moved])

    async def on_the_way(business: str, reference: str) -> BookingRow | None:
        assert (business, reference) == (SHOP, row.reference)
        return next(seen)

    desk.stores.bookings.get = on_the_way  # type: ignore[method-assign]

    standing = await desk.manage.read(row)

    assert (standing.stands, standing.is_pending) == (True, False)


@virtually
async def test_who_could_leave_a_group_is_offered_no_time_that_overlaps_it() -> None:
    """It stays where it is, with everybody else in it and who gives it."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    desk.mailbox.seat(row.appointment_id, Customer(None, "una", "una@contoso.com"))
    query = SlotQuery(SHOP, COURSE.id, TEN.date(), TEN.date())

    offered = {one.start for one in (await desk.manage.slots(row, query)).slots}

    assert LATER in offered
    assert {TEN - QUARTER, TEN + QUARTER}.isdisjoint(offered)
