"""Receipts: one for each request, the same at each repetition, with the counts of all that was done."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.booking.customers.erase import PASSES, SLICE
from shared.booking.erasures import Part
from shared.booking.records import IndexRow, Kind
from shared.booking.writes.idempotency import RETENTION
from shared.booking.writes.locks import email_hash
from shared.domain.errors import Unavailable
from shared.domain.model import Attendee, Customer
from tests.support.fake_graph import PAGE
from tests.support.shop import REQUEST
from tests.support.virtually import virtually
from tests.support.world import COURSE, SHOP, TALK, TEN
from tests.unit.booking.customers.test_erase import ZOE, ended, is_known, texts
from tests.unit.booking.manage.desk import DAY, Desk, attempt_of

ANOTHER = replace(REQUEST, key="b0" * 32)


@virtually
async def test_a_repetition_changes_nothing_of_the_receipt() -> None:
    """It is told as it is, and nothing is begun again."""
    desk = Desk()
    erase = desk.cases.erase_customer
    done = await ended(desk, await erase(SHOP, ZOE, REQUEST))
    assert await erase(SHOP, ZOE, REQUEST) == done
    assert await erase.find(SHOP, done.receipt) == done


@virtually
async def test_another_key_erases_anew_after_the_end() -> None:
    """The person may have come back meanwhile."""
    desk = Desk()
    erase = desk.cases.erase_customer
    first = await ended(desk, await erase(SHOP, ZOE, REQUEST))
    await desk.book("zoe")
    second = await ended(desk, await erase(SHOP, ZOE, ANOTHER))
    assert second.receipt != first.receipt
    assert second.cancelled == 1
    assert not is_known(desk)


@virtually
async def test_a_receipt_follows_from_key_and_person_in_every_version() -> None:
    """A repetition that another version answers, once the key is forgotten, leads to the same one."""
    desk = Desk()
    person = email_hash(desk.cases.hasher, SHOP, ZOE)
    begun = await desk.cases.erase_customer(SHOP, ZOE, REQUEST)
    assert begun.receipt == desk.cases.hasher.name("erasure", REQUEST.key, person)[:32]


@virtually
async def test_what_was_cleared_at_once_counts_though_the_timer_was_faster() -> None:
    """The counts of both stand in the receipt."""
    desk = Desk()
    await desk.book("zoe")
    await asyncio.sleep((TEN - desk.clock() + DAY).total_seconds())
    desk.wire.latency = 1.0
    asked = asyncio.ensure_future(desk.cases.erase_customer(SHOP, ZOE))
    await asyncio.sleep(0.5)
    (under_way,) = await desk.stores.erasures.under_way(SHOP)
    await desk.stores.erasures.replace(replace(under_way, cancelled=2, cleared=7))
    begun = await asked
    assert (begun.cancelled, begun.cleared) == (2, 8)


@virtually
async def test_a_page_that_is_one_slice_is_listed_once() -> None:
    """With its last appointment the page is over."""
    desk = Desk()
    for number in range(SLICE):
        desk.seat("una", service=TALK, start=TEN - timedelta(days=number + 2))
    done = await ended(desk, await desk.cases.erase_customer(SHOP, ZOE))
    assert (done.read, done.passes) == (SLICE, 1)
    assert desk.wire.calls["appointments_page"] == 1


@virtually
async def test_behind_a_link_that_is_too_old_every_appointment_is_read() -> None:
    """Also those before the one that was read last: the list may have another order by then."""
    desk = Desk()
    ids = [desk.seat("una", service=TALK, start=TEN - timedelta(days=n + 2)).id for n in range(5)]
    begun = await desk.cases.erase_customer(SHOP, ZOE)
    old = replace(begun, part=Part.APPOINTMENTS, page="too old", after=ids[2], read=3)
    await desk.stores.erasures.replace(old)
    assert (await ended(desk, begun)).read == 3 + len(ids)


@virtually
async def test_what_has_ended_is_told_as_it_is_when_the_key_is_forgotten() -> None:
    """The same key leads to the receipt that is there."""
    desk = Desk()
    erase = desk.cases.erase_customer
    done = await ended(desk, await erase(SHOP, ZOE, REQUEST))
    await asyncio.sleep(RETENTION.total_seconds())
    assert await erase(SHOP, ZOE, REQUEST) == done
    assert await erase.find(SHOP, done.receipt) == done


@virtually
async def test_who_asks_while_it_is_under_way_does_not_set_it_back() -> None:
    """It goes on where it is."""
    desk = Desk()
    begun = await desk.cases.erase_customer(SHOP, ZOE)
    further = replace(begun, part=Part.CUSTOMERS, found=1)
    await desk.stores.erasures.replace(further)
    assert await desk.cases.erase_customer(SHOP, ZOE) == further
    assert await desk.cases.erase_customer.find(SHOP, begun.receipt) == further


@virtually
async def test_what_was_done_before_the_passes_needs_no_second_one() -> None:
    """A pass that finds nothing is the last one."""
    desk = Desk()
    await desk.book("zoe")
    desk.mailbox.forget_customer(ZOE)
    done = await ended(desk, await desk.cases.erase_customer(SHOP, ZOE))
    assert (done.cancelled, done.passes) == (1, 1)


@virtually
async def test_what_was_made_up_for_is_not_left() -> None:
    """It failed at first, and the timer did it: one pass for the record, and one that finds nothing."""
    desk = Desk()
    await desk.book("zoe")
    desk.arm("appointment", Unavailable)
    done = await ended(desk, await desk.cases.erase_customer(SHOP, ZOE))
    assert (done.cancelled, done.deleted, done.passes, done.left) == (1, 1, 2, {})


@virtually
async def test_each_pass_reads_all_appointments_and_all_pages_of_customers() -> None:
    """From their beginning, wherever the pass before ended."""
    desk = Desk()
    for number in range(3):
        desk.seat("una", service=TALK, start=TEN - timedelta(days=number + 2))
    for _ in range(PAGE):
        desk.customer("bob")
    desk.customer("zoe")
    done = await ended(desk, await desk.cases.erase_customer(SHOP, ZOE))
    assert (done.deleted, done.passes, done.read, done.page) == (1, 2, 2 * 3, None)


@virtually
async def test_records_wait_for_the_last_pass_while_an_appointment_is_left() -> None:
    """Graph would drop the seat; between the passes nothing is said to be left."""
    desk = Desk()
    desk.seat("zoe", service=COURSE, start=TEN - 2 * DAY)
    desk.arm("clear_attendees", Unavailable, times=None)
    erase = desk.cases.erase_customer
    begun = await erase(SHOP, ZOE)
    for number in range(1, PASSES):
        await erase.advance(SHOP)
        under_way = await erase.find(SHOP, begun.receipt)
        assert under_way is not None
        assert (under_way.passes, under_way.left) == (number, {})
        await asyncio.sleep(60)
    assert desk.wire.calls["delete_customer"] == 0
    done = await ended(desk, begun)
    assert (done.passes, done.deleted, done.left) == (PASSES, 1, {"appointment-not-erased": 1})


@pytest.mark.parametrize(
    ("appears_in", "passes", "left"),
    [(timedelta(hours=1), PASSES, {"index-not-cleared": 1}), (timedelta(minutes=1), 1, {})],
)
@virtually
async def test_a_row_of_the_index_stays_while_a_record_may_still_appear(
    appears_in: timedelta, passes: int, left: dict[str, int]
) -> None:
    """It is told where that is longer than all passes last; it goes at the very instant of the first pass."""
    desk = Desk()
    name = email_hash(desk.cases.hasher, SHOP, ZOE)
    await desk.stores.customers.insert(SHOP, name, IndexRow(None, desk.clock() + appears_in))
    done = await ended(desk, await desk.cases.erase_customer(SHOP, ZOE))
    assert (done.passes, done.left) == (passes, left)


@virtually
async def test_all_bookings_that_stay_in_doubt_are_counted() -> None:
    """Two lists that hold nobody knows whom."""
    desk = Desk()
    for number, name in enumerate(("una", "bob")):
        row = await desk.book(name, start=TEN + number * DAY)
        attempt = attempt_of(row, Kind.CANCEL, desk.clock(), sealed="sealed")
        await desk.unknown(row, attempt, key=f"c{number:063}")
    done = await ended(desk, await desk.cases.erase_customer(SHOP, ZOE))
    assert done.left == {"booking-pending": 2}


@virtually
async def test_the_record_that_only_the_index_names_is_theirs() -> None:
    """In a seat without an address, and in the list of customers."""
    desk = Desk()
    known = desk.mailbox.add_customer(Customer(None, "Zoelle", ""))
    name = email_hash(desk.cases.hasher, SHOP, ZOE)
    await desk.stores.customers.insert_missing(SHOP, {name: known.id or ""})
    made = desk.seat("bob", service=COURSE, start=TEN - 2 * DAY)
    seat = Attendee(known.id, "Zoelle", None)
    desk.mailbox.appointments.put(made.id, replace(made, attendees=(*made.attendees, seat)))

    done = await ended(desk, await desk.cases.erase_customer(SHOP, ZOE))

    assert (done.cleared, done.deleted, done.left) == (1, 1, {})
    assert "Zoelle" not in texts(desk)
