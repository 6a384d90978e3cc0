"""How a booking stands: who is in no appointment any more has either lost the seat or will get it back."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from shared.booking.manage.standing import as_known
from shared.booking.records import BookingRow, IdempotencyRecord, Kind, State
from shared.domain.errors import BookingPending, OutcomeUnknown, Unreachable
from shared.domain.intervals import Interval
from shared.domain.model import Appointment, Service
from shared.domain.rules.manage import Permission
from tests.support.shop import REQUEST
from tests.support.virtually import virtually
from tests.support.world import COURSE, HALF_HOUR, PAIR, QUARTER, SHOP, TEN
from tests.unit.booking.manage.desk import DAY, LATER, Desk, attempt_of

LOCKS_ARE_OVER = 61
SETTLED = 20


async def dropped(desk: Desk, name: str = "zoe") -> BookingRow:
    """A booking whose seat Graph dropped with the list of somebody else, whose worker then lost its way."""
    row = await desk.book(name, COURSE)
    desk.mailbox.forget_customer(f"{name}@contoso.com")
    desk.arm("replace_attendees", Unreachable, done=1)
    desk.arm("appointment", Unreachable, nth=2, times=None)
    with suppress(OutcomeUnknown):
        await desk.book("una", COURSE)
    desk.wire.disarm()
    await asyncio.sleep(LOCKS_ARE_OVER)
    assert desk.names_in(row.appointment_id) == ["una"]
    return row


@virtually
async def test_who_will_be_put_back_is_not_told_that_the_booking_is_cancelled() -> None:
    """Neither to look at, nor to be moved or cancelled: the end of somebody else's write is awaited."""
    desk = Desk()
    row = await dropped(desk)

    standing = await desk.read(row)
    assert (standing.stands, standing.is_pending) == (False, True)
    for change in (desk.move, desk.cancel):
        with pytest.raises(BookingPending):
            await change(row)
    assert (await desk.row(row.reference)).cancelled is None

    await asyncio.sleep(SETTLED)
    await desk.cases.reconcile.settle_all()
    assert not (await desk.read(row)).is_pending
    assert (await desk.move(row))["start"] == LATER.isoformat()


@virtually
async def test_nor_while_somebody_is_about_to_put_them_back() -> None:
    """The record in doubt was taken over a moment ago."""
    desk = Desk()
    row = await dropped(desk)
    waiting = [one async for one in desk.stores.idempotency.unsettled(desk.clock())]
    assert [one.state for one in waiting] == [State.UNKNOWN]
    await desk.records.take_over(waiting[0])

    assert (await desk.read(row)).is_pending


@virtually
async def test_who_was_taken_out_by_the_staff_has_no_booking_any_more() -> None:
    """Doubts about other appointments and businesses, those without a list and the own one hold up nobody."""
    desk = Desk()
    row = await desk.book("zoe", COURSE)
    other = await desk.book("una", COURSE, start=TEN + DAY)
    attempt = attempt_of(row, Kind.CANCEL, desk.clock(), sealed="sealed")
    doubts = (
        replace(attempt, appointment_id=other.appointment_id),
        replace(attempt, business="other@contoso.com"),
        replace(attempt, sealed=None),
    )
    for at, one in enumerate(doubts):
        request = replace(REQUEST, key=f"f{at:063}")
        await (await desk.lease(request, one)).unknown(is_over=True)
    await (await desk.lease(replace(REQUEST, key="e" * 64))).unknown(is_over=True)
    own = replace(REQUEST, key="d" * 64, reference=row.reference)
    await (await desk.lease(own, attempt)).unknown(is_over=True)
    desk.mailbox.unseat(row.appointment_id, "zoe@contoso.com")

    standing = await desk.read(row)

    assert (standing.stands, standing.is_pending) == (False, False)


@virtually
async def test_who_is_in_no_group_any_more_is_not_shown_what_became_of_it() -> None:
    """The others' appointment is theirs: where the staff moved it, and who is in it."""
    desk = Desk()
    row = await desk.book("zoe", COURSE)
    await desk.book("una", COURSE)
    desk.mailbox.unseat(row.appointment_id, "zoe@contoso.com")
    desk.mailbox.move(row.appointment_id, Interval(LATER, LATER + HALF_HOUR), "ann")

    assert (await desk.read(row)).appointment == as_known(row, COURSE)


@pytest.mark.parametrize("is_leaving", [False, True])
@pytest.mark.parametrize("member", ["appointment_id", "leaves"])
@virtually
async def test_a_list_may_be_that_of_the_appointment_that_somebody_leaves(
    member: str, is_leaving: bool
) -> None:
    """Of a change of seats each list may have dropped those who were in it; one at a time is in doubt."""
    desk = Desk()
    row = await desk.book("zoe", COURSE)
    change = attempt_of(row, Kind.CHANGE_SEAT, desk.clock(), sealed="sealed", appointment_id="another")
    left: dict[str, Any] = {member: row.appointment_id}
    attempt = replace(change, is_leaving=is_leaving, **left)
    await (await desk.lease(replace(REQUEST, key="f" * 64), attempt)).unknown(is_over=True)
    desk.mailbox.unseat(row.appointment_id, "zoe@contoso.com")

    assert (await desk.read(row)).is_pending == (is_leaving == (member == "leaves"))


@virtually
async def test_what_is_gone_is_shown_as_it_was_known_last() -> None:
    """With nobody in it, and with what the service says of its length, its seats and its buffers."""
    desk = Desk()
    row = await desk.book("zoe", PAIR)
    before = desk.shown(row)
    desk.mailbox.delete(row.appointment_id)
    assert (await desk.read(row)).appointment == Appointment(
        id=row.appointment_id,
        service_id=PAIR.id,
        span=before.span,
        staff_member_ids=before.staff_member_ids,
        maximum_attendees=PAIR.maximum_attendees_count,
        filled=0,
        pre_buffer=PAIR.pre_buffer,
        post_buffer=PAIR.post_buffer,
        service_name="Pair",
    )


@virtually
async def test_both_buffers_of_what_is_gone_are_those_of_its_service() -> None:
    """Before it and after it."""
    desk = Desk()
    row = await desk.book("zoe", PAIR)
    known = as_known(row, replace(PAIR, pre_buffer=2 * QUARTER))
    assert (known.pre_buffer, known.post_buffer) == (2 * QUARTER, QUARTER)


@virtually
async def test_what_is_pending_or_cancelled_may_be_neither_cancelled_nor_moved() -> None:
    """Each says why, and names no time until which it might have been."""
    desk = Desk()
    row = await desk.book()
    pending = replace(await desk.read(row), is_pending=True)
    await desk.cancel(row)
    for standing, code in ((pending, "booking-pending"), (await desk.read(row), "booking-cancelled")):
        refused = Permission(allowed=False, code=code)
        assert (standing.can_cancel, standing.can_reschedule) == (refused, refused)


@virtually
async def test_of_a_booking_that_nobody_changes_no_request_is_read() -> None:
    """There is none that its row names; the customer was taken out by the staff."""
    desk = Desk()
    row = await desk.book("zoe", COURSE)
    desk.mailbox.unseat(row.appointment_id, "zoe@contoso.com")
    get, read = desk.stores.idempotency.get, []

    async def noted(key: str) -> IdempotencyRecord | None:
        read.append(key)
        return await get(key)

    desk.stores.idempotency.get = noted  # type: ignore[method-assign]

    assert not (await desk.read(row)).stands
    assert not read


@pytest.mark.parametrize(("is_there", "name", "seats"), [(True, "Course", 3), (False, "", 1)])
@virtually
async def test_of_a_deleted_service_is_shown_what_its_appointment_says(
    is_there: bool, name: str, seats: int
) -> None:
    """Where that is gone as well, its length is still known from the row."""
    desk = Desk()
    row = await desk.book("zoe", COURSE)
    desk.mailbox.delete_service(COURSE.id)
    desk.cases.catalogues.forget(SHOP)
    if not is_there:
        desk.mailbox.delete(row.appointment_id)

    assert (await desk.read(row)).service == Service(
        COURSE.id, name, HALF_HOUR, maximum_attendees_count=seats
    )
