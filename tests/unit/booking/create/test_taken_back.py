"""Taking back: by record or address, again where it was not done, and never too late."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.errors import NotBooked, Unavailable
from shared.domain.intervals import Interval
from shared.domain.model import Appointment, Attendee, Customer
from tests.support.virtually import virtually
from tests.support.workers import CALL, LOCK_LIFE
from tests.support.world import COURSE
from tests.unit.booking.create.test_proof import Desk, Group, take_back

VIC = "vic@contoso.com"


def beside_una(desk: Desk) -> Appointment:
    """An appointment for vic alone, by another record of his, to which the staff have added una."""
    made = desk.made(Attendee(desk.customer("other").id, "vic", VIC))
    desk.mailbox.seat(made.id, Customer(None, "una", "una@contoso.com"))
    return made


@virtually
async def test_leaving_that_was_not_done_is_done_again() -> None:
    """Graph answers 500 and has written nothing."""
    group = Group()
    group.after(group.zoe, group.plan.attendee())
    group.arm("replace_attendees", Unavailable)
    await take_back(group, group.before)
    assert group.names_in(group.before.id) == ["zoe"]
    assert group.wire.calls["replace_attendees"] == 2


@virtually
async def test_who_is_known_by_the_address_leaves_in_the_second_try_too() -> None:
    """Whatever the record."""
    desk = Desk()
    made = beside_una(desk)
    desk.arm("replace_attendees", Unavailable)
    await take_back(desk, made, VIC)
    assert desk.names_in(made.id) == ["una"]
    assert desk.wire.calls["replace_attendees"] == 2


@virtually
async def test_who_was_taken_out_by_the_address_is_not_taken_for_dropped() -> None:
    """Though Graph has no record of them any more, nobody puts them back."""
    desk = Desk()
    made = beside_una(desk)
    for email in (VIC, "other@contoso.com"):
        desk.mailbox.forget_customer(email)
    await take_back(desk, made, VIC)
    assert desk.names_in(made.id) == ["una"]
    assert desk.wire.calls["create_customer"] == 0


@virtually
async def test_what_is_not_as_asked_goes_though_graph_made_another_record() -> None:
    """The only customer is known by the address."""
    desk = Desk()
    made = desk.made(Attendee(desk.customer("other").id, "vic", VIC))
    hour = timedelta(hours=1)
    later = replace(made, span=Interval(made.span.start + hour, made.span.end + hour))
    with pytest.raises(NotBooked):
        await desk.proof.of_answer(desk.plan, desk.draft, later, desk.right)
    assert list(desk.mailbox.appointments) == []


@pytest.mark.parametrize("is_empty", [False, True])
@virtually
async def test_nothing_is_sent_under_locks_that_do_not_outlast_it(is_empty: bool) -> None:
    """Neither what spares the customer a mail nor what takes the appointment away."""
    desk = Desk()
    made = desk.made(desk.plan.attendee())
    if is_empty:
        desk.mailbox.unseat(made.id, VIC)
    await asyncio.sleep((LOCK_LIFE - CALL).total_seconds() + 1)
    with pytest.raises(NotBooked):
        await take_back(desk, made)
    assert desk.wire.calls == {"appointment": 1}
    assert [one.id for one in desk.mailbox.appointments] == [made.id]


@virtually
async def test_a_seat_in_a_twin_is_left_and_the_others_keep_theirs() -> None:
    """A group was made twice, and somebody has joined the second one."""
    desk = Desk(COURSE)
    first, twin = desk.made(desk.plan.attendee()), desk.made(desk.plan.attendee())
    desk.mailbox.seat(twin.id, Customer(None, "una", "una@contoso.com"))
    assert await desk.proof.of_found(desk.plan, (first, twin), desk.right) == first
    assert desk.names_in(first.id) == ["vic"]
    assert desk.names_in(twin.id) == ["una"]


@virtually
async def test_what_was_found_without_its_customer_is_filled() -> None:
    """The POST had no answer, and Graph dropped the customer from what it made."""
    desk = Desk(COURSE)
    await desk.index()
    desk.mailbox.forget_customer(VIC)
    made = desk.made(desk.plan.attendee())
    assert made.attendees == ()
    proved = await desk.proof.of_found(desk.plan, (made,), desk.right)
    assert [one.name for one in proved.attendees] == ["vic"]
    assert desk.names_in(made.id) == ["vic"]
