"""What stands in the record of a cancellation, by which it is known, and what others learn of its end."""

from dataclasses import replace

import pytest

from shared.booking.create.seated import unsealed
from shared.booking.manage.cancel import cancelled
from shared.booking.records import Attempt, Kind
from shared.booking.writes.idempotency import RequestKey
from shared.booking.writes.locks import booking_lock, service_start_lock
from shared.domain.errors import OutcomeUnknown, RulesBroken, Unreachable
from tests.support.virtually import virtually
from tests.support.world import COURSE, SHOP, TEN
from tests.unit.booking.manage.desk import DAY, Desk


@virtually
async def test_the_record_of_a_cancellation_says_all_that_is_needed_to_end_it() -> None:
    """Who leaves what and when, who stays, and under which locks; the staff have moved it meanwhile."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    una = await desk.book("una", COURSE)
    moved = replace(row.span, start=TEN + DAY, end=TEN + DAY + row.span.length)
    desk.mailbox.move(row.appointment_id, moved, "ann")
    await desk.stores.bookings.replace(replace(row, time_zone="America/Chicago"))
    began = desk.clock()
    desk.arm("replace_attendees", Unreachable, times=None)

    with pytest.raises(OutcomeUnknown):
        await desk.cancel(row)

    attempt = (await desk.record(row)).attempt
    assert attempt is not None
    assert [one.name for one in unsealed(attempt.sealed, desk.parts.booked.sealer)] == ["una"]
    locks = (booking_lock(SHOP, row.reference), service_start_lock(SHOP, COURSE.id, TEN + DAY))
    assert replace(attempt, sealed=None) == Attempt(
        business=SHOP,
        service_id=COURSE.id,
        span=moved,
        staff_member_ids=("ann",),
        customer_id=row.customer_id,
        time_zone="America/Chicago",
        at=began,
        locks=tuple(sorted(locks)),
        appointment_id=row.appointment_id,
        seated=(una.customer_id,),
        kind=Kind.CANCEL,
        person=row.person,
    )


@virtually
async def test_a_cancellation_without_a_key_is_known_by_its_booking_in_every_release() -> None:
    """Whoever repeats it finds its record, whichever release wrote that."""
    desk = Desk()
    row = await desk.book()
    name = desk.parts.hasher.name("cancel", row.key, row.reference)
    assert desk.manage.cancel.own_key(row) == RequestKey(name, "", reference=row.reference)


@virtually
async def test_a_cancellation_is_told_in_the_time_zone_of_the_customer() -> None:
    desk = Desk()
    row = replace(await desk.book(), time_zone="America/Chicago")
    assert cancelled(await desk.manage.parts.standings.read(row), ()).time_zone == "America/Chicago"


@virtually
async def test_a_reason_reaches_nobody_in_a_group_of_two() -> None:
    """Who leaves is not in what is mailed about it; nothing is cancelled."""
    desk = Desk(sends_reason=True)
    row = await desk.book("vic", COURSE)
    desk.mailbox.appointments.put(row.appointment_id, replace(desk.shown(row), maximum_attendees=2))

    with pytest.raises(RulesBroken) as caught:
        await desk.cancel(row, "I am ill.")

    assert [one.code for one in caught.value.violations] == ["reason-not-sent"]
    assert desk.names_in(row.appointment_id) == ["vic"]


@virtually
async def test_what_the_staff_took_away_counts_for_nobody_once_its_customer_cancels() -> None:
    """The lists may show it for a while yet."""
    desk = Desk()
    row = await desk.book()
    desk.mailbox.delete(row.appointment_id)

    await desk.cancel(row)

    written = await desk.stores.ledger.recent(SHOP, [TEN.date()], desk.clock() - DAY)
    assert [(one.appointment.id, one.appointment.filled) for one in written] == [(row.appointment_id, 0)]
