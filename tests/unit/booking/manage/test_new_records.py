"""Whose record the staff deleted gets a new one from whoever joins next, and is recognised all the same."""

import asyncio
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.booking.create.seated import sealed
from shared.booking.records import Attempt, BookingRow, Kind
from shared.booking.writes.idempotency import Lease, RequestKey
from shared.booking.writes.locks import HeldLocks, email_hash
from shared.booking.writes.notes import mark
from shared.domain.errors import OutcomeUnknown
from shared.domain.model import Appointment
from tests.support.shop import attempt_of as booking_of
from tests.support.virtually import virtually
from tests.support.world import COURSE, HALF_HOUR, SHOP, TEN
from tests.unit.booking.manage.desk import LATER, Desk, attempt_of

SETTLED = 80
"""Seconds after which nothing of an attempt can land any more."""


def id_in(there: Appointment, name: str = "vic") -> str:
    """The record by which somebody sits in an appointment."""
    (found,) = [one.customer_id for one in there.attendees if one.name == name]
    return found or ""


async def vic_gets_a_new_record(desk: Desk, there: Appointment) -> None:
    """The staff delete the one that was; who joins then finds vic dropped, and puts them back."""
    desk.mailbox.forget_customer("vic@contoso.com")
    await desk.book("una", COURSE, there.span.start)
    assert id_in(desk.mailbox.stored(there.id)) != id_in(there)


async def in_doubt(desk: Desk, attempt: Attempt, lease: Lease) -> Lease:
    """A booking of vic's of which nobody knows how it ended."""
    person = email_hash(desk.cases.hasher, SHOP, "vic@contoso.com")
    await lease.attempt(replace(attempt, person=person))
    await lease.unknown(is_over=True)
    return lease


async def told(desk: Desk, lease: Lease) -> str | None:
    """What becomes of it when the time has come, and of what is found when it is looked once more."""
    await asyncio.sleep(SETTLED)
    answer = await desk.settled(lease)
    await asyncio.sleep(SETTLED)
    await desk.reconcile.settle_all()
    return answer


async def a_lease(desk: Desk) -> Lease:
    """A request that is begun."""
    return await desk.lease(RequestKey("d" * 64, "fingerprint"))


async def a_seat_in_doubt(desk: Desk) -> tuple[Appointment, Lease]:
    """Vic sits beside zoe, and nobody knows of it."""
    there = desk.seat("zoe", "vic")
    lease = await a_lease(desk)
    await in_doubt(desk, booking_of(there, id_in(there), desk.clock(), is_join=True), lease)
    return there, lease


@virtually
async def test_who_took_a_seat_has_booked() -> None:
    """A seat of which the customer is told that it failed would be nobody's."""
    desk = Desk()
    there, lease = await a_seat_in_doubt(desk)

    await vic_gets_a_new_record(desk, there)

    assert lease.reference in (await told(desk, lease) or "")
    assert sorted(map(str, desk.names_in(there.id))) == ["una", "vic", "zoe"]


@virtually
async def test_who_took_the_last_seat_but_one_too_many_gives_it_up() -> None:
    """By the record that they have now: who is told that nothing was booked has no seat."""
    desk = Desk()
    there, lease = await a_seat_in_doubt(desk)
    await vic_gets_a_new_record(desk, there)
    desk.mailbox.seat(there.id, desk.customer("wim"))

    assert await told(desk, lease) is None

    assert sorted(map(str, desk.names_in(there.id))) == ["una", "wim", "zoe"]


@virtually
async def test_who_took_somebodys_seat_gives_it_up() -> None:
    """Graph dropped zoe when vic came, and by now there is one seat for both."""
    desk = Desk()
    there = desk.seat("zoe", "vic")
    lease = await a_lease(desk)
    (zoe,) = [one for one in there.attendees if one.name == "zoe"]
    attempt = booking_of(there, id_in(there), desk.clock(), is_join=True)
    attempt = replace(attempt, seated=(zoe.customer_id or "",))
    await in_doubt(desk, replace(attempt, sealed=sealed([zoe], desk.parts.booked.sealer)), lease)
    await vic_gets_a_new_record(desk, there)
    desk.mailbox.seat(there.id, desk.customer("wim"))
    desk.mailbox.unseat(there.id, "zoe@contoso.com")
    desk.mailbox.forget_customer("zoe@contoso.com")

    assert await told(desk, lease) is None

    assert sorted(map(str, desk.names_in(there.id))) == ["una", "wim", "zoe"]


@virtually
async def test_whose_group_was_made_has_booked() -> None:
    """The appointment says whose it is, and the customer is in it."""
    desk = Desk()
    lease = await a_lease(desk)
    there = desk.seat("vic", notes=mark(lease.reference))
    await in_doubt(desk, booking_of(there, id_in(there), desk.clock()), lease)

    await vic_gets_a_new_record(desk, there)

    assert lease.reference in (await told(desk, lease) or "")
    assert sorted(map(str, desk.names_in(there.id))) == ["una", "vic"]


@virtually
async def test_whose_group_was_made_twice_sits_where_others_joined() -> None:
    """The other one goes, whatever the record."""
    desk = Desk()
    lease = await a_lease(desk)
    alone = desk.seat("vic", notes=mark(lease.reference))
    desk.mailbox.appointments.put("twin", replace(alone, id="twin"))
    await in_doubt(desk, booking_of(alone, id_in(alone), desk.clock()), lease)
    desk.mailbox.seat("twin", desk.customer("una"))
    desk.mailbox.forget_customer("vic@contoso.com")
    desk.mailbox.unseat("twin", "vic@contoso.com")
    desk.mailbox.seat("twin", desk.customer("vic"))

    assert lease.reference in (await told(desk, lease) or "")
    assert [one.id for one in desk.mailbox.appointments] == ["twin"]
    assert sorted(map(str, desk.names_in("twin"))) == ["una", "vic"]


@pytest.mark.parametrize("is_join", [True, False])
@virtually
async def test_who_moved_has_moved(is_join: bool) -> None:
    """To a group that was there, or to one of their own; nobody sits in two."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    there = replace(desk.seat("zoe", start=LATER), attendees=desk.shown(row).attendees)
    there = replace(there, service_notes="" if is_join else mark(row.reference), filled=1)
    desk.mailbox.appointments.put(there.id, there)
    place = there.id if is_join else None
    changed = attempt_of(
        row, Kind.CHANGE_SEAT, desk.clock(), span=there.span, is_join=is_join, appointment_id=place
    )
    lease = await desk.unknown(row, replace(changed, leaves=row.appointment_id))

    await vic_gets_a_new_record(desk, there)

    assert LATER.isoformat() in (await told(desk, lease) or "")
    assert [one.id for one in desk.mailbox.appointments] == [there.id]
    assert sorted(map(str, desk.names_in(there.id))) == ["una", "vic"]


@virtually
async def test_nothing_is_written_for_who_is_there_again_already() -> None:
    """A change of somebody else's knew vic by the old record: it finds nobody to put back."""
    desk = Desk()
    row = await desk.book("zoe", COURSE)
    await desk.book("vic", COURSE)
    there = desk.mailbox.appointment(row.appointment_id)
    (vic,) = [one for one in there.attendees if one.name == "vic"]
    attempt = attempt_of(row, Kind.CANCEL, desk.clock(), seated=(vic.customer_id,))
    lease = await desk.unknown(row, replace(attempt, sealed=sealed([vic], desk.parts.booked.sealer)))
    desk.mailbox.unseat(there.id, "zoe@contoso.com")
    await vic_gets_a_new_record(desk, there)
    desk.wire.calls.clear()

    assert "cancelled" in (await desk.settled(lease) or "")

    assert not desk.wire.calls["replace_attendees"]
    assert sorted(map(str, desk.names_in(there.id))) == ["una", "vic"]


async def dropped_by_somebody(desk: Desk, row: BookingRow) -> Lease:
    """A list in doubt of una's, which knows vic in this appointment; since then vic's record is gone."""
    there = desk.mailbox.appointment(row.appointment_id)
    una = desk.mailbox.seat(there.id, desk.customer("una"))
    (vic,) = [one for one in there.attendees if one.name == "vic"]
    attempt = booking_of(there, una.id or "", desk.clock(), is_join=True)
    attempt = replace(attempt, seated=(vic.customer_id or "",))
    lease = await a_lease(desk)
    await lease.attempt(replace(attempt, sealed=sealed([vic], desk.parts.booked.sealer)))
    return lease


async def zoe_and_vic(desk: Desk) -> BookingRow:
    """Two in one group; the booking of the second."""
    await desk.book("zoe", COURSE)
    return await desk.book("vic", COURSE)


async def let_go(desk: Desk, lease: Lease) -> list[str]:
    """Who sits there once it is known what became of una's booking."""
    desk.mailbox.forget_customer("vic@contoso.com")
    await lease.unknown(is_over=True)
    assert lease.reference in (await told(desk, lease) or "")
    attempt = lease.record.attempt
    assert attempt is not None
    return sorted(map(str, desk.names_in(attempt.appointment_id or "")))


@pytest.mark.parametrize("change", ["cancel", "move"])
@virtually
async def test_who_left_meanwhile_is_not_put_back(change: str) -> None:
    """They would sit in a group of which they were told that they are out."""
    desk = Desk()
    row = await zoe_and_vic(desk)
    lease = await dropped_by_somebody(desk, row)
    # Their change came first: it holds nobody up that una's is in doubt from now on.
    await (desk.cancel(row) if change == "cancel" else desk.move(row))

    assert await let_go(desk, lease) == ["una", "zoe"]


@pytest.mark.parametrize("change", ["cancel", "move"])
@virtually
async def test_who_left_and_came_back_is_put_back(change: str) -> None:
    """What counts is the booking that stands there now."""
    desk = Desk()
    row = await zoe_and_vic(desk)
    if change == "cancel":
        await desk.cancel(row)
        await desk.book("vic", COURSE)
    else:
        await desk.move(row)
        await desk.move(row, TEN)
    lease = await dropped_by_somebody(desk, row)
    desk.mailbox.unseat(row.appointment_id, "vic@contoso.com")

    assert await let_go(desk, lease) == ["una", "vic", "zoe"]


@virtually
async def test_a_change_ends_under_its_locks() -> None:
    """Else its row would not say yet that the customer left while somebody puts people back there."""
    desk = Desk()
    row = await zoe_and_vic(desk)
    there = replace(desk.seat("wim", start=LATER), attendees=desk.shown(row).attendees[1:])
    desk.mailbox.appointments.put(there.id, there)
    desk.mailbox.unseat(row.appointment_id, "vic@contoso.com")
    changed = attempt_of(
        row, Kind.CHANGE_SEAT, desk.clock(), span=there.span, is_join=True, appointment_id=there.id
    )
    lease = await desk.unknown(row, replace(changed, leaves=row.appointment_id))
    held = await desk.stores.locks.try_acquire("lock", "somebody", desk.clock(), timedelta(seconds=30))
    assert held is not None

    with pytest.raises(OutcomeUnknown):
        await desk.settled(lease)
    assert (await desk.row(row.reference)).left == ()

    await asyncio.sleep(SETTLED)
    assert LATER.isoformat() in (await desk.settled(lease) or "")
    assert (await desk.row(row.reference)).left == (row.appointment_id,)


@virtually
async def test_a_change_that_may_be_under_way_is_not_put_right() -> None:
    """Nothing was amiss when it was found, and vic sits in the old appointment when the locks are had."""
    desk = Desk()
    row = await zoe_and_vic(desk)
    vic = desk.mailbox.customer(row.customer_id)
    there = replace(desk.seat("wim", start=LATER), attendees=desk.shown(row).attendees[1:])
    desk.mailbox.appointments.put(there.id, there)
    desk.mailbox.unseat(row.appointment_id, "vic@contoso.com")
    changed = attempt_of(
        row, Kind.CHANGE_SEAT, desk.clock(), span=there.span, is_join=True, appointment_id=there.id
    )
    lease = await desk.unknown(row, replace(changed, leaves=row.appointment_id), is_over=False)
    hold = desk.locks.hold

    def late(names: Iterable[str], wait: timedelta | None = None) -> AbstractAsyncContextManager[HeldLocks]:
        desk.mailbox.seat(row.appointment_id, vic)
        return hold(names, wait)

    desk.locks.hold = late  # type: ignore[method-assign, assignment]
    desk.wire.calls.clear()

    with pytest.raises(OutcomeUnknown):
        await desk.settled(lease)
    assert not desk.wire.calls["replace_attendees"]


@virtually
async def test_a_booking_remembers_the_last_ten_appointments_that_it_left() -> None:
    """In the order in which it left them; where it came back it stands."""
    desk = Desk()
    row = await zoe_and_vic(desk)
    for number in range(1, 13):
        await desk.book("zoe", COURSE, TEN + number * HALF_HOUR)
    left = [row.appointment_id]
    for number in range(1, 13):
        await desk.move(row, TEN + number * HALF_HOUR)
        left.append((await desk.row(row.reference)).appointment_id)

    await desk.move(row, TEN)

    assert (await desk.row(row.reference)).left == tuple(left[-10:])
