"""Who sits in a group without a customer's record keeps the seat, and has one of it."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from shared.booking.records import BookingRow, State
from shared.booking.writes.locks import email_hash
from shared.domain.errors import OutcomeUnknown, Unreachable
from shared.domain.model import Attendee
from tests.support.shop import REQUEST, attempt_of
from tests.support.virtually import virtually
from tests.support.world import COURSE, SHOP
from tests.unit.booking.create.test_proof import Group
from tests.unit.booking.manage.desk import Desk

WIM = Attendee(None, "wim", "wim@contoso.com")
NOBODY = Attendee(None, "somebody", None)
SETTLED = 81


async def with_wim(desk: Desk, *others: str) -> BookingRow:
    """The booking of zoe, in whose group wim sits without a record."""
    row = await desk.book("zoe", COURSE)
    for other in others:
        await desk.book(other, COURSE)
    desk.mailbox.seat_without_record(row.appointment_id, WIM)
    return row


def without_answers(desk: Desk, reads: int) -> None:
    """The next list is written, after so many reads; from then on Graph answers nothing."""
    desk.arm("replace_attendees", Unreachable, done=1)
    desk.arm("appointment", Unreachable, nth=reads + 1, times=None)


async def settled(desk: Desk) -> None:
    """Graph answers again, the worker is gone, and the timer settles what it left."""
    desk.wire.disarm()
    await asyncio.sleep(SETTLED)
    await desk.cases.reconcile.settle_all()


@virtually
async def test_whom_graph_keeps_is_not_seated_twice() -> None:
    """The list that was read after the write shows the address: nobody was dropped."""
    group = Group()
    after = group.after(group.zoe, group.plan.attendee())
    group.mailbox.seat_without_record(after.id, WIM)
    before = replace(group.before, attendees=(group.zoe, WIM))

    await group.proof.of_join(group.plan, before, group.mailbox.stored(after.id), group.right)

    assert sorted(map(str, group.names_in(after.id))) == ["vic", "wim", "zoe"]
    assert group.wire.calls["create_customer"] == 0


@virtually
async def test_whom_graph_drops_when_somebody_joins_is_put_back() -> None:
    """By a record that says who it is."""
    desk = Desk()
    row = await with_wim(desk)
    await desk.book("una", COURSE)
    assert sorted(map(str, desk.names_in(row.appointment_id))) == ["una", "wim", "zoe"]


@virtually
async def test_whom_graph_drops_when_somebody_leaves_is_put_back() -> None:
    """The others stay as they are."""
    desk = Desk()
    row = await with_wim(desk, "una")
    await desk.cancel(row)
    assert sorted(map(str, desk.names_in(row.appointment_id))) == ["una", "wim"]


@virtually
async def test_so_does_the_timer_where_the_worker_of_who_joined_has_died() -> None:
    """The only copy of who was dropped is the sealed one."""
    desk = Desk()
    row = await with_wim(desk)
    without_answers(desk, reads=1)
    with suppress(OutcomeUnknown):
        await desk.book("una", COURSE)
    assert sorted(map(str, desk.names_in(row.appointment_id))) == ["una", "zoe"]

    await settled(desk)

    assert sorted(map(str, desk.names_in(row.appointment_id))) == ["una", "wim", "zoe"]


@virtually
async def test_so_does_the_timer_where_the_worker_of_who_left_has_died() -> None:
    """And the booking is cancelled."""
    desk = Desk()
    row = await with_wim(desk, "una")
    without_answers(desk, reads=2)
    with suppress(OutcomeUnknown):
        await desk.cancel(row)

    await settled(desk)

    assert sorted(map(str, desk.names_in(row.appointment_id))) == ["una", "wim"]
    assert (await desk.row(row.reference)).cancelled is not None


@pytest.mark.parametrize("one", [WIM, NOBODY])
@virtually
async def test_a_list_that_was_never_written_is_not_a_seat(one: Attendee) -> None:
    """Somebody without a record looks lost by every list, and nobody joined."""
    desk = Desk()
    row = await desk.book("zoe", COURSE)
    desk.mailbox.seat_without_record(row.appointment_id, one)
    desk.arm("replace_attendees", Unreachable)
    desk.arm("appointment", Unreachable, nth=2, times=None)
    with suppress(OutcomeUnknown):
        await desk.book("una", COURSE)

    await settled(desk)

    assert desk.names_in(row.appointment_id) == ["zoe", one.name]
    person = email_hash(desk.cases.hasher, SHOP, "una@contoso.com")
    assert await desk.stores.bookings.of_person(SHOP, person) == []


@virtually
async def test_a_seat_is_told_by_the_calendar_where_the_sealed_list_cannot_be_read() -> None:
    """The secret is another one by now: who was dropped is not known, but who is there is."""
    desk = Desk()
    row = await desk.book("zoe", COURSE)
    una = desk.customer("una")
    join = attempt_of(desk.shown(row), una.id or "", desk.clock(), is_join=True)
    about = replace(join, seated=("gone",), sealed="sealed with another secret", is_over=True)
    lease = await desk.lease(REQUEST, about)
    await lease.unknown(is_over=True)

    await settled(desk)

    record = await desk.stores.idempotency.get(REQUEST.key)
    assert record is not None
    assert (record.state, record.answer) == (State.REFUSED, None)
    assert await desk.stores.bookings.get(SHOP, record.reference) is None
