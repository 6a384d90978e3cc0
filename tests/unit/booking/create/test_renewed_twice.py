"""The staff have deleted a customer's record, and later the one that took its place."""

from dataclasses import replace

import pytest

from shared.booking.writes.locks import email_hash
from tests.support.shop import REQUEST, wish
from tests.support.virtually import virtually
from tests.support.world import COURSE, HALF_HOUR, SHOP, TEN
from tests.unit.booking.manage.desk import LATER, Desk


async def deleted_twice(desk: Desk) -> str:
    """The reference of a seat whose record is gone, as is the one that the index names."""
    row = await desk.book("vic", COURSE)
    desk.mailbox.forget_customer("vic@contoso.com")
    await desk.book("vic", COURSE, TEN + 6 * HALF_HOUR)
    desk.mailbox.forget_customer("vic@contoso.com")
    return row.reference


@virtually
async def test_who_moves_gets_a_record_that_is_there() -> None:
    """Not the one that the index names."""
    desk = Desk()
    row = await desk.row(await deleted_twice(desk))

    assert (await desk.move(row))["start"] == LATER.isoformat()

    assert desk.names_in((await desk.row(row.reference)).appointment_id) == ["vic"]


@virtually
async def test_whom_somebody_else_s_list_drops_is_put_back() -> None:
    """By a record that Graph does not drop as well."""
    desk = Desk()
    row = await desk.row(await deleted_twice(desk))

    await desk.book("una", COURSE)

    assert sorted(map(str, desk.names_in(row.appointment_id))) == ["una", "vic"]


@virtually
async def test_a_record_that_was_just_made_is_not_looked_for() -> None:
    """Only the one that was deleted is."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    desk.mailbox.forget_customer("vic@contoso.com")

    await desk.cases.create_booking(wish("una", service=COURSE), REQUEST)

    assert sorted(map(str, desk.names_in(row.appointment_id))) == ["una", "vic"]
    assert desk.wire.calls["create_customer"] == 2
    assert desk.wire.calls["customer"] == 1


@pytest.mark.parametrize("joins", [False, True])
@virtually
async def test_who_moves_takes_the_record_that_has_taken_the_place(
    caplog: pytest.LogCaptureFixture, *, joins: bool
) -> None:
    """Who came by the old one would be dropped at each try, and there may never be time to put it right."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    desk.mailbox.forget_customer("vic@contoso.com")
    await desk.book("vic", COURSE, TEN + 6 * HALF_HOUR)
    if joins:
        await desk.book("una", COURSE, LATER)
    caplog.clear()
    desk.wire.calls.clear()

    await desk.move(row)

    assert "booking.dropped-customer" not in [one.message for one in caplog.records]
    assert desk.wire.calls["customer"] == 2
    assert not desk.wire.calls["customers"]
    moved = await desk.row(row.reference)
    assert "vic" in desk.names_in(moved.appointment_id)
    assert moved.customer_id == await desk.index_id("vic")


@virtually
async def test_who_moves_with_the_record_that_is_known_asks_for_none() -> None:
    """The index has no other one."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    desk.wire.calls.clear()
    await desk.move(row)
    assert not desk.wire.calls["customer"]


@virtually
async def test_of_two_records_that_are_there_the_one_of_the_seat_moves() -> None:
    """Though the index names the other one."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    other = desk.customer("vic")
    name = email_hash(desk.cases.hasher, SHOP, "vic@contoso.com")
    known = await desk.stores.customers.get(SHOP, name)
    assert known is not None
    await desk.stores.customers.replace(SHOP, name, replace(known, customer_id=other.id))

    await desk.move(row)

    assert (await desk.row(row.reference)).customer_id == row.customer_id
