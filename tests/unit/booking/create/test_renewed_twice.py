"""The staff have deleted a customer's record, and later the one that took its place."""

import asyncio
from dataclasses import replace

import pytest

from shared.booking.ports import Changed
from shared.booking.records import Attempt, BookingRow, IndexRow, Kind
from shared.booking.writes.idempotency import RequestKey
from shared.booking.writes.locks import email_hash
from shared.domain.errors import Unavailable
from shared.domain.intervals import Interval
from tests.support.shop import REQUEST, wish
from tests.support.virtually import virtually
from tests.support.world import COURSE, HALF_HOUR, SHOP, TALK, TEN
from tests.unit.booking.manage.desk import LATER, Desk, attempt_of


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


@virtually
async def test_whose_seat_names_no_address_moves_by_its_record() -> None:
    """Nobody can be looked for in its place."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    there = desk.mailbox.stored(row.appointment_id)
    bare = replace(there, attendees=tuple(replace(one, email=None) for one in there.attendees))
    desk.mailbox.appointments.put(there.id, bare)
    desk.wire.calls.clear()

    await desk.move(row)

    assert not desk.wire.calls["customer"]
    assert (await desk.row(row.reference)).customer_id == row.customer_id


async def without_time(desk: Desk, row: BookingRow, kind: Kind) -> Attempt:
    """An attempt of vic's whose customer Graph dropped, with no time left to put that right."""
    desk.mailbox.forget_customer("vic@contoso.com")
    elsewhere = attempt_of(row, kind, desk.clock(), is_join=kind is Kind.BOOK, appointment_id="gone")
    lease = await desk.lease(RequestKey("d" * 64, "fingerprint"))
    await lease.attempt(elsewhere)
    await lease.unknown(is_over=True)
    desk.wire.calls.clear()
    await asyncio.sleep(80)
    assert await desk.reconcile.settle_all() == 1
    return elsewhere


@pytest.mark.parametrize("kind", [Kind.BOOK, Kind.CHANGE_SEAT])
@virtually
async def test_what_failed_by_a_record_that_is_gone_is_not_tried_by_it_again(
    kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in booking nor in moving: else every try would need the time that this one had not."""
    desk = Desk()
    row = await desk.book("vic", COURSE)

    await without_time(desk, row, kind)

    assert await desk.index_id("vic") is None
    caplog.clear()
    if kind is Kind.BOOK:
        tried = await desk.book("vic", COURSE, TEN + 6 * HALF_HOUR)
    else:
        await desk.move(row)
        tried = await desk.row(row.reference)
    assert "booking.dropped-customer" not in [one.message for one in caplog.records]
    assert tried.customer_id == await desk.index_id("vic") != row.customer_id


@virtually
async def test_what_failed_otherwise_keeps_its_record() -> None:
    """Graph is asked once, and knows it."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    desk.mailbox.forget_customer = lambda _: None  # type: ignore[method-assign, assignment]

    await without_time(desk, row, Kind.BOOK)

    assert desk.wire.calls["customer"] == 1
    assert await desk.index_id("vic") == row.customer_id


@virtually
async def test_where_graph_cannot_be_asked_the_end_is_known_all_the_same() -> None:
    """The record stays in the index; another try finds out."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    desk.arm("customer", Unavailable)

    await without_time(desk, row, Kind.BOOK)

    assert await desk.index_id("vic") == row.customer_id


@virtually
async def test_where_the_index_has_changed_meanwhile_it_stays() -> None:
    """Somebody else has found another record."""
    desk = Desk()
    row = await desk.book("vic", COURSE)

    async def changed(*_: object) -> IndexRow:
        raise Changed

    desk.stores.customers.replace = changed  # type: ignore[method-assign, assignment]

    await without_time(desk, row, Kind.BOOK)

    assert await desk.index_id("vic") == row.customer_id


@pytest.mark.parametrize("known", [None, "another"])
@virtually
async def test_a_record_that_the_index_does_not_name_is_not_asked_for(known: str | None) -> None:
    """It names none, or another one already."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    index = await desk.stores.customers.get(SHOP, row.person)
    assert index is not None
    await desk.stores.customers.replace(SHOP, row.person, replace(index, customer_id=known))

    await without_time(desk, row, Kind.BOOK)

    assert not desk.wire.calls["customer"]
    assert await desk.index_id("vic") == known


@pytest.mark.parametrize("kind", [Kind.MOVE, Kind.CANCEL])
@virtually
async def test_a_change_that_takes_no_seat_says_nothing_of_the_record(kind: Kind) -> None:
    """Graph drops nobody from an appointment that is moved as a whole."""
    desk = Desk()
    row = await desk.book("vic", TALK)
    desk.mailbox.forget_customer("vic@contoso.com")
    lease = await desk.lease(RequestKey("d" * 64, "fingerprint"))
    await lease.attempt(attempt_of(row, kind, desk.clock(), span=Interval(LATER, LATER + HALF_HOUR)))
    await lease.unknown(is_over=True)
    desk.wire.calls.clear()
    await asyncio.sleep(80)

    await desk.reconcile.settle_all()

    assert not desk.wire.calls["customer"]
    assert await desk.index_id("vic") == row.customer_id
