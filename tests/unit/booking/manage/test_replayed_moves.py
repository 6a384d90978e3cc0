"""The answer to a move without a key is told again only while it is true."""

import asyncio

import pytest

from shared.booking.create.replay import TRUSTED
from shared.booking.manage.wish import Wish
from shared.booking.writes.idempotency import RequestKey
from shared.domain.errors import RulesBroken
from shared.domain.intervals import Interval
from tests.support.virtually import virtually
from tests.support.world import HALF_HOUR, TEN
from tests.unit.booking.manage.desk import LATER, Desk

PAST_TRUST = TRUSTED.total_seconds() + 1


@pytest.mark.parametrize("pause", [0, PAST_TRUST])
@virtually
async def test_who_cancelled_is_not_told_again_that_the_booking_has_moved(pause: float) -> None:
    """It was there already when they asked for it; by now it is nowhere."""
    desk = Desk()
    row = await desk.book()
    await desk.move(row)
    await desk.move(row)
    await desk.cancel(row)
    await asyncio.sleep(pause)

    with pytest.raises(RulesBroken) as caught:
        await desk.move(row)

    assert [one.code for one in caught.value.violations] == ["booking-cancelled"]


@virtually
async def test_who_cancels_while_a_repeated_move_waits_is_told_so() -> None:
    """The row that it came with is of before."""
    desk = Desk()
    row = await desk.book()
    await desk.move(row)
    await desk.move(row)
    before = await desk.row(row.reference)
    await desk.cancel(row)

    with pytest.raises(RulesBroken):
        await desk.manage.reschedule(before, Wish(LATER), None)


@virtually
async def test_the_answer_to_a_chosen_key_is_repeated_whatever_came_after() -> None:
    """That is what such a key means."""
    desk = Desk()
    row = await desk.book()
    key = RequestKey("c" * 64, "", reference=row.reference)
    first = await desk.move(row, key=key)
    await desk.cancel(row)
    await asyncio.sleep(PAST_TRUST)

    assert await desk.move(row, key=key) == first


@virtually
async def test_what_the_staff_moved_away_is_brought_back() -> None:
    """The same wish is a new one, since it is true no more."""
    desk = Desk()
    row = await desk.book()
    await desk.move(row)
    await desk.move(row)
    desk.mailbox.move(row.appointment_id, Interval(TEN, TEN + HALF_HOUR))
    await asyncio.sleep(PAST_TRUST)

    assert (await desk.move(row))["start"] == LATER.isoformat()

    assert desk.shown(row).span.start == LATER
    assert desk.wire.calls["move_appointment"] == 2


@virtually
async def test_a_double_click_costs_no_call_to_graph() -> None:
    """Neither when it is answered while the first is under way, nor directly afterwards."""
    desk = Desk()
    row = await desk.book()
    await desk.move(row)
    first = await desk.move(row)
    desk.wire.calls.clear()

    assert await desk.move(row) == first

    assert not desk.wire.calls
