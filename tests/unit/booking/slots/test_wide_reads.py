"""How wide a read is made that serves several at once: about a page of appointments, six weeks at most."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.booking.slots.calendar import LONGEST_READ, MOST_TOGETHER, DayViews
from shared.booking.slots.single_flight import AT_ONCE
from shared.domain.errors import Unavailable
from shared.domain.model import Catalogue
from tests.support.shop import Shop
from tests.support.virtually import virtually
from tests.support.world import CATALOGUE, TALK, TEN

DAY = timedelta(days=1)
LONG = replace(TALK, default_duration=DAY / 2, post_buffer=timedelta())
HALF_DAYS_AROUND = replace(CATALOGUE, services={LONG.id: LONG})
"""Half a day is read before and after what is asked for, so one day costs two, and two cost three."""


def views(shop: Shop) -> DayViews:
    return DayViews(shop.graph, shop.stores.ledger, shop.clock)


async def calls_for(shop: Shop, days: DayViews, catalogue: Catalogue, *ahead: int) -> int:
    """How many reads serve those who want days so far ahead, while as many as can be are under way."""
    shop.wire.latency = 0.1
    shop.wire.calls.clear()
    wanted = [TEN.date() + n * DAY for n in (*(0,) * AT_ONCE, *ahead)]
    await asyncio.gather(*(days.fresh(catalogue, day, day) for day in wanted), return_exceptions=True)
    return shop.wire.calls["calendar_view"] - AT_ONCE


@pytest.mark.parametrize(("more", "reads"), [(0, 1), (1, 2)])
@virtually
async def test_a_read_for_several_lists_about_a_page_and_no_more(more: int, reads: int) -> None:
    """As many as the last read showed of each day: exactly so many are still one read."""
    shop = Shop()
    for n in range(MOST_TOGETHER * 2 // 3 + more):
        shop.seat(f"guest-{n}")
    days = views(shop)
    await days.fresh(HALF_DAYS_AROUND, TEN.date(), TEN.date())
    assert await calls_for(shop, days, HALF_DAYS_AROUND, 0, 1) == reads


@pytest.mark.parametrize(("ahead", "reads"), [(LONGEST_READ - 2, 1), (LONGEST_READ - 1, 2)])
@virtually
async def test_a_read_for_several_is_of_six_weeks_at_most(ahead: int, reads: int) -> None:
    """However empty the calendar is: exactly six weeks, with what is read around the days, are one read."""
    shop = Shop()
    assert await calls_for(shop, views(shop), HALF_DAYS_AROUND, 0, ahead) == reads


@virtually
async def test_those_who_wait_share_a_read_although_all_before_it_failed() -> None:
    """Nothing is known of how full the days are, and nobody is left waiting."""
    shop = Shop()
    shop.arm("calendar_view", Unavailable, times=AT_ONCE)
    began = shop.clock()
    assert await calls_for(shop, views(shop), CATALOGUE, 0, 1, 2) == 1
    assert shop.clock() - began < timedelta(seconds=2)
