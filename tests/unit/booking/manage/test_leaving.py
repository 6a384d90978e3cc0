"""Leaving: what is recorded before the list of the old appointment is written."""

from dataclasses import replace

from shared.booking.create.seated import unsealed
from shared.booking.manage.leaving import leaving_attempt
from shared.booking.records import Kind
from tests.support.virtually import virtually
from tests.support.world import COURSE
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
