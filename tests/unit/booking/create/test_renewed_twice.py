"""The staff have deleted a customer's record, and later the one that took its place."""

from tests.support.shop import REQUEST, wish
from tests.support.virtually import virtually
from tests.support.world import COURSE, HALF_HOUR, TEN
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
