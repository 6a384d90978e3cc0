"""What is told of a change that was settled from its record: the answer, the ledger, the locks, the log."""

import asyncio
import logging
from dataclasses import replace
from datetime import date

import pytest

from shared.booking.records import Attempt, BookingRow, Kind, LedgerEntry
from shared.domain.errors import Missing, OutcomeUnknown, Unreachable
from shared.domain.intervals import Interval
from shared.domain.model import Appointment, Customer
from tests.support.virtually import virtually
from tests.support.world import COURSE, HALF_HOUR, SHOP, TEN
from tests.unit.booking.manage.desk import DAY, LATER, Desk, attempt_of, those_in

SETTLED = 80
"""Seconds after which nothing of an attempt can land any more."""

TOMORROW = Interval(TEN + DAY, TEN + DAY + HALF_HOUR)


async def written(desk: Desk, day: date) -> dict[str, LedgerEntry]:
    """What the ledger has of a day, by the ids of appointments."""
    entries = await desk.stores.ledger.recent(SHOP, [day], desk.clock() - DAY)
    return {one.appointment.id: one for one in entries}


async def seated_there(desk: Desk, row: BookingRow, *others: str) -> Appointment:
    """The new group, with these and the customer in it."""
    there = desk.seat(*others, start=LATER)
    (own,) = [one for one in desk.shown(row).attendees if one.customer_id == row.customer_id]
    desk.mailbox.appointments.put(
        there.id, replace(there, attendees=(*there.attendees, own), filled=len(others) + 1)
    )
    return desk.mailbox.stored(there.id)


def seat_change(desk: Desk, row: BookingRow, there: Appointment, **different: object) -> Attempt:
    """The attempt to change from the booking's seat into one there."""
    about = {"is_join": True, "appointment_id": there.id, "leaves": row.appointment_id}
    return attempt_of(row, Kind.CHANGE_SEAT, desk.clock(), **{"span": there.span} | about | different)


@virtually
async def test_a_settled_move_is_known_on_the_day_it_left_and_on_its_new_one() -> None:
    """Else the old time would be taken for as long as the lists lag behind."""
    desk = Desk()
    row = await desk.book()
    attempt = attempt_of(row, Kind.MOVE, desk.clock(), span=TOMORROW)
    lease = await desk.unknown(row, attempt)
    desk.mailbox.move(row.appointment_id, TOMORROW)

    assert TOMORROW.start.isoformat() in (await desk.settled(lease) or "")

    for day in (TEN.date(), TOMORROW.start.date()):
        entry = (await written(desk, day))[row.appointment_id]
        assert (entry.appointment.span, entry.is_moved) == (TOMORROW, True)


@virtually
async def test_a_settled_cancellation_frees_the_day_on_which_it_was() -> None:
    """The staff had moved the appointment since the row was written; the attempt knows where it was."""
    desk = Desk()
    row = await desk.book()
    lease = await desk.unknown(row, attempt_of(row, Kind.CANCEL, desk.clock(), span=TOMORROW))
    desk.mailbox.delete(row.appointment_id)

    assert '"cancelled"' in (await desk.settled(lease) or "")

    entry = (await written(desk, TOMORROW.start.date()))[row.appointment_id]
    assert (entry.appointment.span, entry.appointment.filled) == (TOMORROW, 0)


@virtually
async def test_a_settled_cancellation_frees_the_appointment_that_its_attempt_names() -> None:
    """Whichever of two the row names by now."""
    desk = Desk()
    row = await desk.book()
    attempt = attempt_of(row, Kind.CANCEL, desk.clock(), appointment_id="the one that went")
    lease = await desk.unknown(row, attempt)

    assert '"cancelled"' in (await desk.settled(lease) or "")

    assert (await written(desk, TEN.date()))["the one that went"].appointment.filled == 0


@virtually
async def test_a_settled_cancellation_tells_the_time_and_staff_that_were_cancelled() -> None:
    """Whatever the staff did with the group afterwards."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    lease = await desk.unknown(row, attempt_of(row, Kind.CANCEL, desk.clock()))
    desk.mailbox.unseat(row.appointment_id, "vic@contoso.com")
    desk.mailbox.move(row.appointment_id, TOMORROW, "ann")

    assert TEN.isoformat() in (await desk.settled(lease) or "")

    answered = (await desk.stores.idempotency.get(lease.record.key) or lease.record).answered
    assert answered is not None
    assert (answered.span, answered.staff_member_ids) == (row.span, ("bob",))


@pytest.mark.parametrize("kind", [Kind.CANCEL, Kind.MOVE, Kind.CHANGE_SEAT])
@virtually
async def test_of_a_deleted_service_the_booking_and_its_appointment_are_told(kind: Kind) -> None:
    """Its name and seats from the calendar, its length from the row; the time zone is the customer's."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    longer = Interval(TEN, TEN + 2 * HALF_HOUR)
    desk.mailbox.delete_service(COURSE.id)
    desk.parts.booked.catalogues.forget(SHOP)
    stands = replace(desk.shown(row), span=longer)
    attempt = attempt_of(row, kind, desk.clock(), span=longer, time_zone="America/Chicago")

    made = await desk.parts.recognise[kind].confirm(attempt, row.reference, stands)

    assert (made.service.display_name, made.service.maximum_attendees_count) == ("Course", 3)
    assert made.service.default_duration == HALF_HOUR
    assert made.time_zone == "America/Chicago"


@pytest.mark.parametrize("is_leaving", [False, True])
@virtually
async def test_a_change_of_seats_with_nothing_left_to_do_is_known_at_once(is_leaving: bool) -> None:
    """Who was in the list of either group still is: nobody has to wait until nothing can land any more."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    there = await seated_there(desk, row, "zoe")
    about = those_in(desk, desk.shown(row), "una") if is_leaving else those_in(desk, there, "zoe")
    attempt = seat_change(desk, row, there, is_leaving=is_leaving, **about)
    desk.mailbox.unseat(row.appointment_id, "vic@contoso.com")
    lease = await desk.unknown(row, attempt, is_over=False)

    assert LATER.isoformat() in (await desk.settled(lease) or "")


@virtually
async def test_whom_a_join_dropped_is_put_back_though_the_old_seat_is_gone() -> None:
    desk = Desk()
    row = await desk.book("vic", COURSE)
    there = await seated_there(desk, row, "zoe")
    lease = await desk.unknown(row, seat_change(desk, row, there, **those_in(desk, there, "zoe")))
    desk.mailbox.delete(row.appointment_id)
    desk.mailbox.unseat(there.id, "zoe@contoso.com")
    desk.mailbox.forget_customer("zoe@contoso.com")
    await asyncio.sleep(SETTLED)

    assert LATER.isoformat() in (await desk.settled(lease) or "")

    assert desk.names_in(there.id) == ["vic", "zoe"]


@virtually
async def test_a_seat_that_was_proved_stays_however_many_the_staff_add() -> None:
    """Only the old seat is left to be given up."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    there = await seated_there(desk, row, "zoe")
    about = those_in(desk, desk.shown(row), "una")
    lease = await desk.unknown(row, seat_change(desk, row, there, is_leaving=True, **about))
    for name in ("yan", "xia"):
        desk.mailbox.seat(there.id, Customer(None, name, f"{name}@contoso.com"))
    await asyncio.sleep(SETTLED)

    assert LATER.isoformat() in (await desk.settled(lease) or "")

    assert desk.names_in(there.id) == ["zoe", "vic", "yan", "xia"]
    assert desk.names_in(row.appointment_id) == ["una"]


async def made_twice(desk: Desk) -> tuple[BookingRow, Attempt]:
    """A booking in a group with una, and its change into a new group that the network made twice."""
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    old = desk.shown(row)
    await desk.move(row)
    moved = await desk.row(row.reference)
    made = desk.mailbox.stored(moved.appointment_id)
    desk.mailbox.appointments.put("twin", replace(made, id="twin"))
    desk.mailbox.appointments.put(old.id, old)
    await desk.stores.bookings.replace(replace(row, version=moved.version))
    attempt = seat_change(desk, row, made, is_join=False, appointment_id=None)
    return row, attempt


@virtually
async def test_who_was_dropped_from_the_old_group_comes_back_there_and_not_into_the_new_one() -> None:
    """Though the new one was made twice, and is put right as well."""
    desk = Desk()
    row, attempt = await made_twice(desk)
    about = those_in(desk, desk.shown(row), "una")
    found = {one.id for one in desk.mailbox.appointments} - {row.appointment_id}
    leaving = replace(attempt, is_leaving=True, appointment_id=min(found), twins=tuple(sorted(found)))
    lease = await desk.unknown(row, replace(leaving, **about))  # type: ignore[arg-type]
    for name in ("vic", "una"):
        desk.mailbox.unseat(row.appointment_id, f"{name}@contoso.com")
    desk.mailbox.forget_customer("una@contoso.com")
    await asyncio.sleep(SETTLED)

    assert LATER.isoformat() in (await desk.settled(lease) or "")
    await asyncio.sleep(SETTLED)
    await desk.reconcile.settle_all()

    assert desk.names_in(row.appointment_id) == ["una"]
    there = (await desk.row(row.reference)).appointment_id
    assert desk.names_in(there) == ["vic"]
    assert {one.id for one in desk.mailbox.appointments} == {row.appointment_id, there}


@virtually
async def test_before_a_settled_change_leaves_the_old_seat_its_record_says_so() -> None:
    """Who stays there, when that was, and which two the network had made, wherever they are moved."""
    desk = Desk()
    row, attempt = await made_twice(desk)
    lease = await desk.unknown(row, attempt)
    await asyncio.sleep(SETTLED)
    desk.arm("replace_attendees", Unreachable, times=None)

    with pytest.raises(OutcomeUnknown):
        await desk.settled(lease)

    kept = await desk.stores.idempotency.get(lease.record.key)
    assert kept is not None
    assert kept.attempt is not None
    assert kept.attempt.is_leaving
    assert kept.attempt.at == desk.clock()
    assert kept.attempt.seated == those_in(desk, desk.shown(row), "una")["seated"]
    assert len(kept.attempt.twins) == 2


@virtually
async def test_an_old_appointment_that_the_calendar_still_shows_is_not_taken_for_gone() -> None:
    """It is looked for on the day on which it was, not on the one to which the customer moved."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    there = await seated_there(desk, row, "zoe")
    desk.mailbox.move(there.id, TOMORROW)
    attempt = seat_change(desk, row, desk.mailbox.stored(there.id))
    lease = await desk.unknown(row, attempt)
    desk.arm("appointment", lambda name: Missing(name, 404), nth=2)

    with pytest.raises(OutcomeUnknown):
        await desk.settled(lease)

    assert desk.names_in(row.appointment_id) == ["vic"]


@virtually
async def test_nobody_is_reported_as_dropped_where_it_cannot_be_told_who_it_was(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The secret was changed since: the cancellation ends all the same."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    about = those_in(desk, desk.shown(row), "una") | {"sealed": "sealed with another secret"}
    lease = await desk.unknown(row, attempt_of(row, Kind.CANCEL, desk.clock(), **about))
    for name in ("vic", "una"):
        desk.mailbox.unseat(row.appointment_id, f"{name}@contoso.com")
    await asyncio.sleep(SETTLED)

    with caplog.at_level(logging.WARNING):
        assert '"cancelled"' in (await desk.settled(lease) or "")

    assert "booking.dropped-customer" not in caplog.messages
