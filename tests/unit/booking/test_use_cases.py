"""How the parts are put together: what the settings say, and what one part tells another."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.booking.create.booking import ManageLink
from shared.booking.slots.catalogue import KEPT
from shared.booking.upkeep import BOOKINGS_KEPT, RESCAN
from shared.domain.errors import Rejected, Unavailable
from shared.domain.model import Appointment, Draft
from tests.support.shop import Shop
from tests.support.virtually import virtually
from tests.support.world import PAIR, SHOP, TEN
from tests.unit.booking.manage.desk import Desk, rehired

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("kept", [None, KEPT - 5 * MINUTE, KEPT + 5 * MINUTE])
@virtually
async def test_a_catalogue_serves_for_as_long_as_the_settings_say(kept: timedelta | None) -> None:
    """While it cannot be read again; for 15 minutes where they say nothing."""
    shop = Shop()
    cases = rehired(shop.cases, **{} if kept is None else {"catalogue_kept": kept})
    await cases.catalogues.get(SHOP)
    shop.arm("catalogue", Unavailable, times=None)

    await asyncio.sleep(((kept or KEPT) - MINUTE).total_seconds())
    assert (await cases.catalogues.get(SHOP)).business.id == SHOP
    await asyncio.sleep(MINUTE.total_seconds())
    with pytest.raises(Unavailable):
        await cases.catalogues.get(SHOP)


async def ten_minutes(desk: Desk) -> None:
    """What the timer does in ten minutes, in one of which it sweeps."""
    for _ in range(10):
        await desk.cases.upkeep()
        await asyncio.sleep(MINUTE.total_seconds())


@pytest.mark.parametrize("kept", [None, timedelta(days=2)])
@virtually
async def test_a_booking_stays_for_as_long_as_the_settings_say(kept: timedelta | None) -> None:
    """After its end; for 30 days where they say nothing."""
    desk = Desk(**{} if kept is None else {"bookings_kept": kept})
    row = await desk.book()
    gone = row.span.end + (kept or BOOKINGS_KEPT)

    await asyncio.sleep((gone - 11 * MINUTE - desk.clock()).total_seconds())
    await ten_minutes(desk)
    assert await desk.stores.bookings.get(SHOP, row.reference) is not None
    await asyncio.sleep(2 * MINUTE.total_seconds())
    await ten_minutes(desk)
    assert await desk.stores.bookings.get(SHOP, row.reference) is None


@virtually
async def test_the_timer_finds_whom_the_staff_added_by_hand() -> None:
    """An hour after the list of customers was read last."""
    desk = Desk()
    await desk.book("vic")
    desk.customer("zoe")
    await asyncio.sleep(RESCAN.total_seconds())
    await desk.cases.upkeep()

    known = desk.mailbox.customers
    assert [one.id for one in known if one.email == "zoe@contoso.com"] == [await desk.index_id("zoe")]


@virtually
async def test_the_mail_has_the_link_where_the_settings_want_one() -> None:
    """With the mailbox, the reference and the token that the caller has been told."""
    desk = Desk(manage_link=ManageLink(lambda mailbox, reference, _: f"https://book/{mailbox}/{reference}"))
    create, told = desk.graph.create_appointment, list[str | None]()

    async def kept(business: str, draft: Draft, **more: Any) -> Appointment:  # noqa: ANN401
        told.append(draft.service.additional_information)
        return await create(business, draft, **more)

    desk.graph.create_appointment = kept  # type: ignore[method-assign]
    row = await desk.book("vic", PAIR)
    assert told == [f"https://book/{SHOP}/{row.reference}"]


@virtually
async def test_a_member_of_the_staff_whom_graph_refuses_has_the_list_read_again() -> None:
    """Whoever is gone from it is asked for no more, though it would have served for a minute."""
    shop = Shop()
    shop.arm("staff_availability", lambda operation: Rejected(operation, 400))
    catalogue = await shop.cases.catalogues.get(SHOP)
    left = {name: one for name, one in catalogue.staff.items() if name != "ann"}
    shop.mailbox.catalogue = replace(catalogue, staff=left)

    await shop.cases.create_booking.planner.views.fresh(catalogue, TEN.date(), TEN.date())

    assert set((await shop.cases.catalogues.get(SHOP)).staff) == {"bob"}
