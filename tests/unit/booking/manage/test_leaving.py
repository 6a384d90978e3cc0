"""Leaving: what is recorded before the old appointment is written or goes, and which notes stay there."""

import asyncio
from dataclasses import replace

import pytest

from shared.booking.create.seated import unsealed
from shared.booking.manage.leaving import Departure, emptied, leaving_attempt
from shared.booking.records import Kind, State
from shared.booking.writes.notes import mark
from shared.domain.errors import NotBooked, OutcomeUnknown, Unavailable, Unreachable
from shared.domain.model import Customer
from tests.support.virtually import virtually
from tests.support.workers import LOCK_LIFE
from tests.support.world import COURSE, SHOP
from tests.unit.booking.manage.desk import LATER, Desk, attempt_of


@virtually
async def test_the_attempt_names_who_stays_in_the_old_appointment() -> None:
    """Not those of the new one: whom the list drops is put back where they sat; nothing of it is over yet."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    old, stands = desk.seat("zoe", "una", service=COURSE), desk.seat("yan", service=COURSE, start=LATER)
    joined = replace(
        attempt_of(row, Kind.CHANGE_SEAT, desk.clock()), seated=("yan",), sealed="yan", is_over=True
    )
    sealer = desk.parts.booked.sealer

    leaving = leaving_attempt(joined, stands, old.attendees, sealer, LATER)

    assert leaving.seated == tuple(one.customer_id for one in old.attendees)
    assert [one.name for one in unsealed(leaving.sealed, sealer)] == ["zoe", "una"]
    assert (leaving.appointment_id, leaving.is_leaving, leaving.is_over) == (stands.id, True, False)
    assert leaving.at == LATER


@pytest.mark.parametrize(
    ("others", "left"),
    [
        ("", "Booked online."),
        ("A ladder.", "A ladder.\nBooked online."),
        ("A ladder.\n", "A ladder.\nBooked online."),
        ("A ladder.\r\n", "A ladder.\r\nBooked online."),
        ("A ladder.\r", "A ladder.\rBooked online."),
    ],
)
@virtually
async def test_what_the_facade_made_still_says_so_in_a_line_of_its_own(others: str, left: str) -> None:
    """Else nobody would take it away once its last customer leaves; the staff's lines stay as they are."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    desk.mailbox.write_notes(row.appointment_id, f"{mark(row.reference)}\n{others}")
    desk.mailbox.seat(row.appointment_id, Customer(None, "una", "una@contoso.com"))

    await desk.cancel(row)

    assert desk.shown(row).service_notes == left


@virtually
async def test_who_leaves_what_the_staff_made_does_not_make_it_the_facades() -> None:
    """It has no notes, and gets none."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    desk.mailbox.seat(row.appointment_id, Customer(None, "una", "una@contoso.com"))
    desk.mailbox.appointments.put(row.appointment_id, replace(desk.shown(row), service_notes=None))

    await desk.cancel(row)

    assert desk.names_in(row.appointment_id) == ["una"]
    assert desk.shown(row).service_notes is None


ENDS = pytest.mark.parametrize(
    ("operation", "sends_reason"), [("delete_appointment", False), ("cancel_appointment", True)]
)


@ENDS
@virtually
async def test_the_record_says_which_appointment_is_to_end_before_it_does(
    operation: str, sends_reason: bool
) -> None:
    """Whoever settles it looks whether that one is gone."""
    desk = Desk(sends_reason=sends_reason)
    row = await desk.book()
    desk.arm(operation, Unreachable)

    with pytest.raises(OutcomeUnknown):
        await desk.cancel(row)

    attempt = (await desk.record(row)).attempt
    assert attempt is not None
    assert (attempt.kind, attempt.appointment_id) == (Kind.CANCEL, row.appointment_id)


@ENDS
@virtually
async def test_no_appointment_is_ended_that_the_locks_may_not_outlast(
    operation: str, sends_reason: bool
) -> None:
    """The check goes along with the write."""
    desk = Desk(sends_reason=sends_reason)
    row = await desk.book()
    attempt = attempt_of(row, Kind.CANCEL, desk.clock())
    leaving = desk.manage.cancel.leaving
    departure = Departure(
        SHOP,
        row.reference,
        desk.shown(row),
        seat=lambda seen: desk.recognition.seat(seen, row),
        attempt=lambda _, __: attempt,
    )
    writing = desk.writing()
    await asyncio.sleep(LOCK_LIFE.total_seconds())

    with pytest.raises(NotBooked):
        await leaving.leave(departure, writing)

    assert desk.wire.calls[operation] == 0
    assert desk.names_in(row.appointment_id) == ["vic"]


@virtually
async def test_a_new_seat_is_not_forgotten_because_the_old_appointment_does_not_go() -> None:
    """Each try is over and did nothing; the seat that was taken before them is there all the same."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    desk.arm("delete_appointment", lambda name: Unavailable(name, 500), times=None)

    with pytest.raises(OutcomeUnknown):
        await desk.move(row)

    assert (await desk.record(row)).state is State.UNKNOWN
    assert [one.span.start for one in desk.mailbox.appointments] == [row.span.start, LATER]


@virtually
async def test_nobody_is_in_what_is_gone() -> None:
    desk = Desk()
    gone = emptied(desk.seat("vic", "una"))
    assert (gone.attendees, gone.filled) == ((), 0)
