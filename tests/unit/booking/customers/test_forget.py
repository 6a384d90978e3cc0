"""Forgetting one person in one place: all of their words, nobody else's, and nothing too late."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.booking.customers.forget import Forgetting, Person
from shared.booking.erasures import Erasure
from shared.booking.writes.locks import email_hash, service_start_lock
from shared.booking.writes.notes import block
from shared.domain.errors import NotBooked, Unavailable
from shared.domain.model import Attendee
from shared.platform.deadline import deadline
from tests.support.virtually import virtually
from tests.support.world import COURSE, SHOP, TALK, TEN
from tests.unit.booking.customers.test_erase import ZOE, erased, is_known, past
from tests.unit.booking.manage.desk import DAY, Desk


def zoe_at(desk: Desk) -> Person:
    """Who is to be forgotten."""
    erasure = Erasure("receipt", SHOP, email_hash(desk.cases.hasher, SHOP, ZOE), TEN, TEN)
    return desk.cases.erase_customer._person(erasure)  # noqa: SLF001


@virtually
async def test_all_references_of_an_appointment_for_one_stay_each_on_its_line() -> None:
    """Of what was written between them nothing does."""
    desk = Desk()
    made = await past(desk, "zoe", notes="\n".join([block("BK-1", "A word."), block("BK-2", "Two words.")]))
    await erased(desk)
    kept = desk.mailbox.stored(made).service_notes
    assert kept == "Booked online. Reference: BK-1\nBooked online. Reference: BK-2"


@virtually
async def test_notes_that_were_never_written_stay_empty() -> None:
    """Nothing is put into them."""
    desk = Desk()
    made = await past(desk, "zoe", "bob", service=COURSE)
    desk.mailbox.appointments.put(made, replace(desk.mailbox.stored(made), service_notes=None))
    await erased(desk)
    assert not is_known(desk)
    assert not desk.mailbox.stored(made).service_notes


@pytest.mark.parametrize(
    "seat",
    [Attendee(None, None, None, phone="+1 312 555 0100"), Attendee(None, None, None, notes="Nut allergy!")],
    ids=["phone", "notes"],
)
@virtually
async def test_a_seat_that_says_one_thing_alone_is_cleared(seat: Attendee) -> None:
    """A phone or a note tells of a person too, where the record is known."""
    desk = Desk()
    row = await desk.book("zoe")
    made = await past(desk, "una", service=COURSE)
    seated = desk.mailbox.stored(made)
    hers = replace(seat, customer_id=row.customer_id)
    desk.mailbox.appointments.put(made, replace(seated, attendees=(*seated.attendees, hers)))
    desk.mailbox.keeps_notes = True

    await erased(desk)

    (una, left) = desk.mailbox.stored(made).attendees
    assert una.name == "una"
    assert (left.phone, left.notes) == (None, None)


@virtually
async def test_the_words_of_a_booking_go_whatever_name_the_seat_has_by_now() -> None:
    """The staff wrote another one, and so the words do not begin with it."""
    desk = Desk()
    row = await desk.book("zoe", COURSE, notes="By the window.")
    await desk.book("bob", COURSE, notes="At the door.")
    seen = desk.shown(row)
    renamed = tuple(replace(one, name="Z." if one.email == ZOE else one.name) for one in seen.attendees)
    desk.mailbox.appointments.put(seen.id, replace(seen, attendees=renamed))
    await asyncio.sleep((TEN - desk.clock() + DAY).total_seconds())

    await desk.cases.erase_customer(SHOP, ZOE)

    notes = desk.shown(row).service_notes or ""
    assert "window" not in notes
    assert "At the door." in notes


@virtually
async def test_a_booking_that_begins_at_this_instant_was() -> None:
    """It is cleared as past ones are, and its time stays taken."""
    desk = Desk()
    row = await desk.book("zoe")
    await asyncio.sleep((TEN - desk.clock()).total_seconds())
    assert desk.clock() == TEN
    begun = await desk.cases.erase_customer(SHOP, ZOE)
    assert (begun.cancelled, begun.cleared) == (0, 1)
    assert desk.names_in(row.appointment_id) == [None]


@virtually
async def test_a_seat_that_begins_at_this_instant_was() -> None:
    """What nobody here has a row of is judged alike."""
    desk = Desk()
    made = desk.seat("zoe", service=TALK)
    await asyncio.sleep((TEN - desk.clock()).total_seconds())
    assert await desk.cases.erase_customer.forgetting.appointment(zoe_at(desk), made.id) == "cleared"
    assert desk.names_in(made.id) == [None]


@virtually
async def test_an_appointment_that_graph_does_not_clear_is_free_for_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each try was answered: nothing is in doubt, and the log says that it was not done."""
    desk = Desk()
    await past(desk, "zoe", service=COURSE)
    desk.arm("clear_attendees", Unavailable, times=None)
    await desk.cases.erase_customer(SHOP, ZOE)
    await desk.cases.erase_customer.advance(SHOP)
    (line,) = [one for one in caplog.records if one.message == "erasure.left"]
    assert vars(line)["error"] == "NotBooked"
    assert await desk.free_locks(service_start_lock(SHOP, COURSE.id, TEN - 2 * DAY))


Forget = Callable[[Forgetting, Person, str], Coroutine[None, None, object]]


@pytest.mark.parametrize(
    ("trips", "forget"),
    [
        (7, lambda forgetting, person, made: forgetting.appointment(person, made)),
        (1, lambda forgetting, person, _: forgetting.customer(person, "the record")),
    ],
    ids=["appointment", "customer"],
)
@virtually
async def test_nothing_is_written_in_the_last_second(trips: int, forget: Forget) -> None:
    """Though an answer could come in time: it is refused, and the locks are free."""
    desk = Desk()
    made = await past(desk, "zoe", service=COURSE)
    desk.mailbox.add_customer(replace(desk.customer("zoe"), id="the record"))
    desk.wire.latency = 0.25
    until_then = timedelta(seconds=0.25 * trips)  # two readings, and the way to the place in the queue
    with deadline(until_then + timedelta(seconds=0.95)), pytest.raises(NotBooked):
        await forget(desk.cases.erase_customer.forgetting, zoe_at(desk), made)
    assert desk.names_in(made) == ["zoe"]
    assert "the record" in {one.id for one in desk.mailbox.customers}
