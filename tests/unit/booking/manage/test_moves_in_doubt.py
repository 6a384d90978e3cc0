"""What stands in the record of a move before each of its writes, what a lost answer costs, what is told."""

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from shared.booking.manage.reschedule import _Move
from shared.booking.manage.wish import Wish
from shared.booking.records import BookingRow, Kind
from shared.booking.writes.idempotency import RequestKey
from shared.booking.writes.outcomes import Confirmation
from shared.domain.errors import NotBooked, OutcomeUnknown, Unreachable
from shared.domain.model import Service
from tests.support.virtually import virtually
from tests.support.workers import LOCK_LIFE
from tests.support.world import COURSE, TALK, TEN
from tests.unit.booking.manage.desk import LATER, Desk


@virtually
async def test_the_record_of_a_move_says_what_is_moved_and_since_when() -> None:
    """Whoever settles it looks for that appointment, and waits until nothing of it can land any more."""
    desk = Desk()
    row = await desk.book()
    began = desk.clock()
    desk.arm("move_appointment", Unreachable)

    with pytest.raises(OutcomeUnknown):
        await desk.move(row)

    attempt = (await desk.record(row)).attempt
    assert attempt is not None
    assert (attempt.kind, attempt.appointment_id, attempt.leaves) == (Kind.MOVE, row.appointment_id, None)
    assert (attempt.at, attempt.span.start) == (began, LATER)


@virtually
async def test_the_record_of_a_change_of_seats_says_who_stays_before_the_old_one_is_left() -> None:
    """Whom that list drops is known by nothing else if the worker dies."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    una = await desk.book("una", COURSE)
    began = desk.clock()
    desk.arm("replace_attendees", Unreachable, times=None)

    with pytest.raises(OutcomeUnknown):
        await desk.move(row)

    attempt = (await desk.record(row)).attempt
    assert attempt is not None
    assert (attempt.is_leaving, attempt.leaves) == (True, row.appointment_id)
    assert (attempt.seated, attempt.at) == ((una.customer_id,), began)


@virtually
async def test_a_seat_that_was_left_without_an_answer_is_not_left_twice() -> None:
    """Reading by id shows that the customer is out; the move is answered."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    desk.wire.calls.clear()
    desk.arm("replace_attendees", Unreachable, done=1)

    assert (await desk.move(row))["start"] == LATER.isoformat()

    assert desk.names_in(row.appointment_id) == ["una"]
    assert desk.wire.calls["replace_attendees"] == 1


@virtually
async def test_no_move_is_sent_that_the_locks_may_not_outlast() -> None:
    """The check goes along with the write."""
    desk = Desk()
    row = await desk.book()
    reschedule, wish = desk.manage.reschedule, Wish(LATER)
    plan = await reschedule.planner.plan(row, wish)
    writing = desk.writing(await desk.lease(RequestKey("c" * 64, "", reference=row.reference)))
    await asyncio.sleep(LOCK_LIFE.total_seconds())

    with pytest.raises(NotBooked):
        await _Move(reschedule, row, wish, "c" * 64).write(plan, writing)

    assert desk.wire.calls["move_appointment"] == 0
    assert desk.shown(row).span.start == TEN


async def told(desk: Desk, row: BookingRow, wish: Wish) -> Confirmation:
    """What is proved of a move."""
    reschedule = desk.manage.reschedule
    plan = await reschedule.planner.plan(row, wish)
    writing = desk.writing(await desk.lease(RequestKey("c" * 64, "", reference=row.reference)))
    return await _Move(reschedule, row, wish, "c" * 64).write(plan, writing)


@pytest.mark.parametrize(
    ("service", "start", "kind"),
    [(TALK, LATER, Kind.MOVE), (TALK, TEN, Kind.MOVE), (COURSE, LATER, Kind.CHANGE_SEAT)],
)
@pytest.mark.parametrize(("named", "zone"), [(None, "Asia/Tokyo"), ("Europe/Paris", "Europe/Paris")])
@virtually
async def test_a_move_is_told_for_what_it_is_in_the_time_zone_of_the_customer(
    service: Service, start: datetime, kind: Kind, named: str | None, zone: str
) -> None:
    """The one that was named, else that of the booking; also where it stands there already."""
    desk = Desk()
    booked = replace(await desk.book("vic", service), time_zone="Asia/Tokyo")
    row = await desk.stores.bookings.replace(booked)

    made = await told(desk, row, Wish(start, None, named))

    assert (made.kind, made.time_zone, made.appointment.span.start) == (kind, zone, start)


@virtually
async def test_a_move_without_a_key_is_known_by_its_wish_in_every_release() -> None:
    """Whoever repeats it finds its record, whichever release wrote that."""
    desk = Desk()
    row = await desk.book()
    await desk.move(row)
    about = ("move", row.key, row.reference, "0", LATER.isoformat(), "")
    record = await desk.stores.idempotency.get(desk.parts.hasher.name(*about))
    assert record is not None
    assert (record.reference, record.fingerprint) == (row.reference, "")
