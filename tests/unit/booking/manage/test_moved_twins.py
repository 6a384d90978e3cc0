"""What the network made twice is one booking in the end, also where the staff move one of the two."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.booking.records import BookingRow
from shared.booking.writes.idempotency import Lease, RequestKey
from shared.booking.writes.locks import booking_lock
from shared.booking.writes.notes import mark
from shared.domain.errors import OutcomeUnknown, StoreUnavailable, Unavailable, Unreachable
from shared.domain.intervals import Interval
from shared.domain.model import Appointment
from tests.support.shop import attempt_of as booking_of
from tests.support.virtually import virtually
from tests.support.world import SHOP, TALK, TEN
from tests.unit.booking.manage.desk import LATER, Desk

SETTLED = 80
"""Seconds after which nothing of an attempt can land any more."""

ELSEWHERE = Interval(TEN + timedelta(days=7), TEN + timedelta(days=7) + TALK.default_duration)


def ids(desk: Desk) -> list[str]:
    """The appointments in the calendar."""
    return sorted(one.id for one in desk.mailbox.appointments)


def delivered_twice(desk: Desk, made: Appointment) -> None:
    """The same once more, a little younger."""
    created = (made.created or desk.clock()) + timedelta(seconds=1)
    desk.mailbox.appointments.put("twin", replace(made, id="twin", created=created))


async def in_doubt(desk: Desk) -> tuple[Lease, Appointment]:
    """A booking that was delivered twice; nobody knows of either."""
    lease = await desk.lease(RequestKey("e" * 64, "fingerprint"))
    made = desk.seat("vic", service=TALK, notes=mark(lease.reference))
    delivered_twice(desk, made)
    (vic,) = made.attendees
    await lease.attempt(booking_of(made, vic.customer_id or "", desk.clock()))
    await lease.unknown(is_over=True)
    await asyncio.sleep(SETTLED)
    return lease, made


@pytest.mark.parametrize("which", ["the older", "the twin"])
@virtually
async def test_the_staff_move_one_of_a_booking_in_doubt(which: str) -> None:
    """Graph did not take the one away when both were seen."""
    desk = Desk()
    lease, made = await in_doubt(desk)
    desk.arm("delete_appointment", Unavailable, done=0)
    await desk.reconcile.settle_all()
    assert ids(desk) == sorted([made.id, "twin"])

    desk.mailbox.move("twin" if which == "the twin" else made.id, ELSEWHERE, "ann")
    await asyncio.sleep(SETTLED)

    await desk.reconcile.settle_all()
    assert ids(desk) == [made.id]
    record = await desk.stores.idempotency.get(lease.record.key)
    assert record is not None
    assert lease.reference in (record.answer or "")


@virtually
async def test_the_staff_move_one_before_the_request_ends() -> None:
    """Its own worker has seen both, and dies before it can take one away."""
    desk = Desk()
    desk.arm("create_appointment", Unreachable, done=2)
    desk.arm("delete_appointment", Unavailable, done=0)
    with pytest.raises(OutcomeUnknown):
        await desk.book()
    (older, younger) = sorted(desk.mailbox.appointments, key=lambda one: (one.created or TEN, one.id))
    desk.mailbox.move(younger.id, ELSEWHERE, "ann")
    await asyncio.sleep(SETTLED)

    await desk.reconcile.settle_all()

    assert ids(desk) == [older.id]


async def booked_twice(desk: Desk) -> BookingRow:
    """A booking that was answered, and made once more; Graph does not take the second one away at first."""
    row = await desk.book()
    delivered_twice(desk, desk.shown(row))
    desk.arm("delete_appointment", Unavailable, done=0)
    await asyncio.sleep(SETTLED)
    await desk.reconcile.settle_all()
    assert ids(desk) == sorted([row.appointment_id, "twin"])
    return row


@virtually
async def test_the_staff_move_one_of_a_booking_that_was_answered() -> None:
    """What was seen when it was looked for a second one is known when it is looked again."""
    desk = Desk()
    row = await booked_twice(desk)

    desk.mailbox.move("twin", ELSEWHERE, "ann")
    await asyncio.sleep(SETTLED)
    await desk.reconcile.settle_all()

    assert ids(desk) == [row.appointment_id]
    assert (await desk.read(row)).stands


@virtually
async def test_the_staff_move_what_a_booking_left_behind() -> None:
    """The customer has moved theirs, and nothing may be left where it was made."""
    desk = Desk()
    row = await desk.book()
    made = desk.shown(row)
    await desk.move(row)
    delivered_twice(desk, made)
    desk.arm("delete_appointment", Unavailable, done=0)
    await asyncio.sleep(SETTLED)
    await desk.reconcile.settle_all()

    desk.mailbox.move("twin", ELSEWHERE, "ann")
    await asyncio.sleep(SETTLED)
    await desk.reconcile.settle_all()

    assert ids(desk) == [row.appointment_id]
    assert (await desk.read(row)).appointment.span.start == LATER


@virtually
async def test_a_twin_that_is_gone_is_none() -> None:
    """And one that carries another booking's reference by now is somebody else's."""
    desk = Desk()
    row = await booked_twice(desk)
    desk.mailbox.write_notes("twin", mark("BK-0THER000"))
    await asyncio.sleep(SETTLED)
    await desk.reconcile.settle_all()
    assert ids(desk) == sorted([row.appointment_id, "twin"])

    desk.mailbox.delete("twin")
    await asyncio.sleep(SETTLED)
    await desk.reconcile.settle_all()
    assert (await desk.read(row)).stands


async def answered_by_the_younger(desk: Desk) -> BookingRow:
    """A booking whose answer was of the second of two, and nobody has looked yet."""
    row = await desk.book()
    made = desk.shown(row)
    created = (made.created or desk.clock()) - timedelta(seconds=1)
    desk.mailbox.appointments.put("older", replace(made, id="older", created=created))
    await asyncio.sleep(SETTLED)
    return row


async def looked_without(monkeypatch: pytest.MonkeyPatch, desk: Desk, store: Any, name: str) -> None:  # noqa: ANN401
    """A run of the timer in which a store does not take what names the older one."""
    write = store.replace

    async def refuse(one: Any) -> Any:  # noqa: ANN401
        if getattr(one, name) == "older":
            raise StoreUnavailable("replace", "503")
        return await write(one)

    with monkeypatch.context() as patch:
        patch.setattr(store, "replace", refuse)
        await desk.reconcile.settle_all()


@virtually
async def test_the_row_names_what_stands_though_it_could_not_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was answered is taken away: until the row names the other one, nobody is told that it is gone."""
    desk = Desk()
    row = await answered_by_the_younger(desk)

    await looked_without(monkeypatch, desk, desk.stores.bookings, "appointment_id")
    assert ids(desk) == ["older"]
    standing = await desk.read(row)
    assert (standing.stands, standing.is_pending) == (False, True)
    await asyncio.sleep(SETTLED)

    await desk.reconcile.settle_all()

    standing = await desk.read(row)
    assert (standing.stands, standing.is_pending) == (True, False)
    assert ids(desk) == ["older"]


@virtually
async def test_the_record_names_what_stands_though_it_could_not_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The row names it already: that is no change of the booking's since."""
    desk = Desk()
    row = await answered_by_the_younger(desk)

    await looked_without(monkeypatch, desk, desk.stores.idempotency, "made_id")
    assert (await desk.row(row.reference)).appointment_id == "older"
    await asyncio.sleep(SETTLED)

    await desk.reconcile.settle_all()

    assert ids(desk) == ["older"]
    assert (await desk.read(row)).stands
    record = await desk.stores.idempotency.get(row.key)
    assert record is not None
    assert (record.look_again, record.made_id) == (None, "older")


@virtually
async def test_the_staff_take_away_the_one_that_was_answered() -> None:
    """What is left of the two is the booking's, if it was seen."""
    desk = Desk()
    row = await booked_twice(desk)

    desk.mailbox.delete(row.appointment_id)
    await asyncio.sleep(SETTLED)
    await desk.reconcile.settle_all()

    standing = await desk.read(row)
    assert standing.stands
    assert standing.row.appointment_id == "twin"
    assert ids(desk) == ["twin"]


@virtually
async def test_what_the_staff_emptied_is_theirs() -> None:
    """They took the one that was answered away, and the customer out of the other one."""
    desk = Desk()
    row = await booked_twice(desk)

    desk.mailbox.delete(row.appointment_id)
    desk.mailbox.unseat("twin", "vic@contoso.com")
    await asyncio.sleep(SETTLED)
    await desk.reconcile.settle_all()

    assert ids(desk) == ["twin"]
    standing = await desk.read(row)
    assert (standing.stands, standing.is_pending) == (False, False)


@virtually
async def test_once_one_is_taken_away_the_staff_may_cancel_the_other() -> None:
    """That is no doubt."""
    desk = Desk()
    row = await answered_by_the_younger(desk)
    await desk.reconcile.settle_all()
    assert (await desk.read(row)).stands

    desk.mailbox.delete("older")
    standing = await desk.read(row)

    assert (standing.stands, standing.is_pending) == (False, False)


@pytest.mark.parametrize("is_older", [False, True])
@virtually
async def test_the_staff_move_the_one_that_was_answered_before_anybody_has_seen_two(is_older: bool) -> None:
    """The lists show only the other one there; the one that was answered is known by its id."""
    desk = Desk()
    row = await answered_by_the_younger(desk)
    if is_older:
        desk.mailbox.delete("older")
        delivered_twice(desk, desk.shown(row))
    desk.mailbox.move(row.appointment_id, ELSEWHERE, "ann")

    await desk.reconcile.settle_all()

    standing = await desk.read(row)
    assert standing.stands
    assert ids(desk) == [standing.row.appointment_id]


@virtually
async def test_what_goes_while_the_locks_are_waited_for_is_none() -> None:
    """The staff take the second one away themselves; what was seen before counts no longer."""
    desk = Desk()
    row = await answered_by_the_younger(desk)
    name = booking_lock(SHOP, row.reference)
    other = await desk.stores.locks.try_acquire(name, "somebody else", desk.clock(), timedelta(minutes=1))
    assert other is not None
    looking = asyncio.ensure_future(desk.reconcile.settle_all())
    await asyncio.sleep(1)

    desk.mailbox.delete("older")
    await desk.stores.locks.release(other)
    await looking

    assert ids(desk) == [row.appointment_id]
    assert await desk.row(row.reference) == row
    record = await desk.stores.idempotency.get(row.key)
    assert record is not None
    assert (record.look_again, record.made_id) == (None, row.appointment_id)
