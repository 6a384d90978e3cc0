"""What is kept of a request."""

from dataclasses import replace

from shared.booking.records import Kind
from tests.support.shop import attempt_of
from tests.support.virtually import virtually
from tests.unit.booking.manage.desk import LATER, Desk


@virtually
async def test_twins_are_two_at_least_besides_the_one_that_is_left() -> None:
    """Of one appointment there is nothing to be noted."""
    desk = Desk()
    one, other, old = (desk.seat("zoe", start=LATER) for _ in range(3))
    attempt = attempt_of(one, "zoe", desk.clock(), is_join=False)
    moving = replace(attempt, kind=Kind.CHANGE_SEAT, leaves=old.id)

    assert attempt.with_twins([one]) is attempt
    assert attempt.with_twins([one, other]).twins == (one.id, other.id)
    assert moving.with_twins([one, old]) is moving
    assert moving.with_twins([old]) is moving


@virtually
async def test_a_booking_has_left_where_its_customer_cancelled_it_or_moved_it_away_from() -> None:
    """Neither where it stands nor where it never was, whatever became of it."""
    desk = Desk()
    row = await desk.book()
    assert not row.has_left(row.appointment_id)
    assert not row.has_left("another one")

    await desk.cancel(row)
    ended = await desk.row(row.reference)
    assert ended.has_left(row.appointment_id)
    assert not ended.has_left("another one")
    assert replace(row, left=("another one",)).has_left("another one")
