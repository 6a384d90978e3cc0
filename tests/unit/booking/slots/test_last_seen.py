"""What this worker saw last and wrote itself: for guesses, and for who judges before the lists show it."""

from dataclasses import replace
from datetime import date, timedelta

from shared.booking.create.booking import RecentWrites
from shared.booking.records import LedgerEntry
from shared.booking.slots.calendar import MOST_DAYS, DayViews, LastSeen
from shared.domain.intervals import Interval
from shared.domain.model import Attendee, DayView
from tests.support.shop import Shop, an_appointment, confirmation
from tests.support.virtually import virtually
from tests.support.workers import LIST_LAG
from tests.support.world import CATALOGUE, SHOP, TEN

DAY = date(2026, 6, 2)
ONE_DAY = timedelta(days=1)
VIEW = DayView(Interval(TEN, TEN + ONE_DAY), (), {})
MADE = an_appointment()


def test_the_view_of_each_day_is_remembered() -> None:
    """By business and day, the newest."""
    seen = LastSeen()
    seen.put(SHOP, DAY, VIEW)
    newer = replace(VIEW, appointments=(MADE,))
    seen.put(SHOP, DAY, newer)
    assert seen.get(SHOP, DAY) is newer
    assert seen.get(SHOP, DAY + ONE_DAY) is None
    assert seen.get("other@contoso.com", DAY) is None


def test_what_was_seen_longest_ago_is_forgotten_first() -> None:
    """Seen again counts as new."""
    seen = LastSeen()
    for n in range(MOST_DAYS):
        seen.put(SHOP, DAY + n * ONE_DAY, VIEW)
    seen.put(SHOP, DAY, VIEW)
    seen.put(SHOP, DAY - ONE_DAY, VIEW)
    assert seen.get(SHOP, DAY) is VIEW
    assert seen.get(SHOP, DAY + ONE_DAY) is None
    assert seen.get(SHOP, DAY + 2 * ONE_DAY) is VIEW


def test_a_booking_is_added_to_the_views_that_are_there() -> None:
    """In place of what they showed of it before."""
    seen = LastSeen()
    other = an_appointment(id="other")
    seen.put(SHOP, DAY, replace(VIEW, appointments=(replace(MADE, filled=0), other)))
    seen.add(SHOP, [DAY - ONE_DAY, DAY], MADE)
    found = seen.get(SHOP, DAY)
    assert found is not None
    assert found.appointments == (other, MADE)
    assert seen.get(SHOP, DAY - ONE_DAY) is None


def test_what_nobody_is_in_and_what_lies_on_another_day_is_not_shown() -> None:
    """The view shows no more of it."""
    for gone in (replace(MADE, filled=0), replace(MADE, span=Interval(TEN + 2 * ONE_DAY, TEN + 3 * ONE_DAY))):
        seen = LastSeen()
        seen.put(SHOP, DAY, replace(VIEW, appointments=(MADE,)))
        seen.add(SHOP, [DAY], gone)
        assert seen.get(SHOP, DAY) == VIEW


@virtually
async def test_only_weeks_that_a_day_lies_in_or_borders_on_are_read_again() -> None:
    """A Tuesday and a Saturday border on no other week, a Monday and a Sunday do."""
    shop, monday = Shop(), date(2026, 6, 8)
    for day, reads in ((0, 2), (1, 1), (5, 1), (6, 2)):
        views = DayViews(shop.graph, shop.stores.ledger, shop.clock)
        weeks = [monday + ONE_DAY * n for n in (-7, 0, 7)]
        for week in weeks:
            await views.shared(CATALOGUE, week, week)
        shop.wire.calls.clear()
        views.drop(SHOP, [monday + ONE_DAY * day])
        for week in weeks:
            await views.shared(CATALOGUE, week, week)
        assert shop.wire.calls["calendar_view"] == reads


@virtually
async def test_a_booking_counts_for_all_workers_at_once() -> None:
    """In the ledger and in what visitors share; nobody's name is in it."""
    shop = Shop()
    views, seen = DayViews(shop.graph, shop.stores.ledger, shop.clock), LastSeen()
    seen.put(SHOP, DAY, VIEW)
    await views.shared(CATALOGUE, DAY, DAY)
    late = Interval(TEN.replace(hour=23, minute=30), TEN.replace(hour=23, minute=59))
    made = an_appointment(
        id="late",
        span=late,
        post_buffer=timedelta(minutes=15),
        attendees=(Attendee("1", "Vic", "vic@contoso.com"),),
        service_notes="mark",
    )

    await RecentWrites(shop.stores.ledger, views, seen, shop.clock, LIST_LAG)(confirmation(made))

    bare = replace(made, attendees=(), service_notes=None)
    entry = LedgerEntry(bare, shop.clock())
    for day in (DAY, DAY + ONE_DAY):
        assert tuple(await shop.stores.ledger.recent(SHOP, [day], shop.clock())) == (entry,)
    found = seen.get(SHOP, DAY)
    assert found is not None
    assert found.appointments == (bare,)
    assert bare in (await views.shared(CATALOGUE, DAY, DAY)).appointments
    assert shop.wire.calls["calendar_view"] == 2
