"""Whom somebody else's list has dropped is owed the seat, and nobody is told that it was never taken."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from shared.booking.create.seated import sealed
from shared.booking.records import Attempt, BookingRow, Kind, State
from shared.booking.writes.idempotency import Lease, RequestKey
from shared.booking.writes.locks import email_hash
from shared.booking.writes.notes import mark
from shared.domain.errors import OutcomeUnknown
from shared.domain.model import Appointment, Attendee, Customer
from tests.support.shop import attempt_of as booking_of
from tests.support.virtually import virtually
from tests.support.world import COURSE, SHOP
from tests.unit.booking.manage.desk import LATER, Desk, attempt_of

SETTLED = 80
"""Seconds after which nothing of an attempt can land any more."""


def id_in(there: Appointment, name: str) -> str:
    """The record by which somebody sits in an appointment."""
    (found,) = [one.customer_id for one in there.attendees if one.name == name]
    return found or ""


async def vic_s(desk: Desk, how: str) -> tuple[Appointment, Lease]:
    """A seat of vic's of which nobody knows yet: joined, made for them, or moved to."""
    person = email_hash(desk.cases.hasher, SHOP, "vic@contoso.com")
    if how == "moved":
        row = await desk.book("vic", COURSE)
        there = desk.seat("zoe", start=LATER)
        desk.mailbox.seat(there.id, Customer(row.customer_id, "vic", "vic@contoso.com"))
        there = desk.mailbox.stored(there.id)
        change = attempt_of(row, Kind.CHANGE_SEAT, desk.clock(), span=there.span, appointment_id=there.id)
        change = replace(change, leaves=row.appointment_id, is_leaving=True, customer_id=row.customer_id)
        return there, await desk.unknown(row, change)
    lease = await desk.lease(RequestKey("d" * 64, "fingerprint"))
    there = (
        desk.seat("zoe", "vic") if how == "joined" else desk.seat("vic", "zoe", notes=mark(lease.reference))
    )
    attempt = booking_of(there, id_in(there, "vic"), desk.clock(), is_join=how == "joined")
    await lease.attempt(replace(attempt, person=person))
    await lease.unknown(is_over=True)
    return there, lease


async def una_drops_vic(desk: Desk, there: Appointment) -> Lease:
    """Una joins when the staff have deleted vic's record, and her worker dies before it has seen that."""
    attempt = booking_of(there, desk.customer("una").id or "", desk.clock(), is_join=True)
    seated = tuple(one.customer_id or "" for one in there.attendees)
    attempt = replace(
        attempt,
        seated=seated,
        sealed=sealed(there.attendees, desk.parts.booked.sealer),
        person=email_hash(desk.cases.hasher, SHOP, "una@contoso.com"),
        appointment_id=there.id,
    )
    lease = await desk.lease(RequestKey("e" * 64, "fingerprint"), attempt)
    await lease.unknown(is_over=True)
    desk.mailbox.unseat(there.id, "vic@contoso.com")
    desk.mailbox.forget_customer("vic@contoso.com")
    desk.mailbox.seat(there.id, desk.customer("una"))
    return lease


@pytest.mark.parametrize("how", ["joined", "made", "moved"])
@virtually
async def test_who_is_owed_a_seat_is_told_when_they_have_it(how: str) -> None:
    """Not that it failed, and then be put back."""
    desk = Desk()
    there, lease = await vic_s(desk, how)
    await una_drops_vic(desk, there)
    await asyncio.sleep(SETTLED)

    with pytest.raises(OutcomeUnknown):
        await desk.settled(lease)
    for _ in range(2):
        await asyncio.sleep(SETTLED)
        await desk.reconcile.settle_all()

    assert sorted(map(str, desk.names_in(there.id))) == ["una", "vic", "zoe"]
    record = await desk.stores.idempotency.get(lease.record.key)
    assert record is not None
    assert lease.reference in (record.answer or "")


@pytest.mark.parametrize("how", ["joined", "made", "moved"])
@virtually
async def test_who_is_owed_no_seat_is_told_that_it_failed(how: str) -> None:
    """The other request has ended; whoever took vic out, it was not in doubt."""
    desk = Desk()
    there, lease = await vic_s(desk, how)
    other = await una_drops_vic(desk, there)
    await other.refuse()
    await asyncio.sleep(SETTLED)

    assert await desk.settled(lease) is None

    assert "vic" not in desk.names_in(there.id)


@virtually
async def test_who_was_not_in_a_list_is_owed_nothing_by_it() -> None:
    """Una's worker read the list when vic was not there."""
    desk = Desk()
    there, lease = await vic_s(desk, "joined")
    without = replace(there, attendees=tuple(one for one in there.attendees if one.name != "vic"))
    await una_drops_vic(desk, without)
    await asyncio.sleep(SETTLED)

    assert await desk.settled(lease) is None


@virtually
async def test_who_sits_there_need_not_wait_for_what_others_owe() -> None:
    """A second appointment of the same request goes, while somebody else's list is in doubt."""
    desk = Desk()
    there, lease = await vic_s(desk, "made")
    second = desk.seat("vic", notes=mark(lease.reference))
    await una_drops_vic(desk, there)
    desk.mailbox.seat(there.id, desk.customer("vic"))
    await asyncio.sleep(SETTLED)

    assert lease.reference in (await desk.settled(lease) or "")

    assert second.id not in [one.id for one in desk.mailbox.appointments]


@virtually
async def test_a_cancellation_that_was_not_made_waits_for_nobody() -> None:
    """Whoever wanted to leave sits there still; no list owes them anything."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("zoe", COURSE)
    there = desk.shown(row)
    cancel = attempt_of(row, Kind.CANCEL, desk.clock(), appointment_id=there.id)
    lease = await desk.unknown(row, cancel)
    await una_drops_vic(desk, there)
    desk.mailbox.seat(there.id, desk.customer("vic"))
    await asyncio.sleep(SETTLED)

    assert await desk.settled(lease) is None


async def una_drops_all(desk: Desk, how: str, *, has_zoe_s_record: bool = False) -> tuple[Appointment, Lease]:
    """Una joins or moves to zoe, whose records the staff have both deleted; no answer, and nobody is left."""
    there = desk.seat("zoe", start=LATER)
    seated = tuple(one.customer_id or "" for one in there.attendees)
    around: dict[str, Any] = {
        "seated": seated,
        "sealed": sealed(there.attendees, desk.parts.booked.sealer),
    }
    if how == "moved":
        row = await desk.book("una", COURSE)
        change = attempt_of(row, Kind.CHANGE_SEAT, desk.clock(), span=there.span, appointment_id=there.id)
        change = replace(change, leaves=row.appointment_id, is_join=True, **around)
        lease = await desk.unknown(row, change, is_over=False)
    else:
        attempt = booking_of(there, desk.customer("una").id or "", desk.clock(), is_join=True)
        person = email_hash(desk.cases.hasher, SHOP, "una@contoso.com")
        attempt = replace(attempt, person=person, appointment_id=there.id, **around)
        lease = await desk.lease(RequestKey("e" * 64, "fingerprint"), attempt)
        await lease.unknown(is_over=False)
    desk.mailbox.unseat(there.id, "zoe@contoso.com")
    for gone in ("una",) if has_zoe_s_record else ("una", "zoe"):
        desk.mailbox.forget_customer(f"{gone}@contoso.com")
    return there, lease


@pytest.mark.parametrize("how", ["joined", "moved"])
@virtually
async def test_a_list_that_dropped_its_own_customer_too_gives_the_others_back(how: str) -> None:
    """Nothing shows that it was written but who is missing; its own customer is told that it failed."""
    desk = Desk()
    there, lease = await una_drops_all(desk, how)

    with pytest.raises(OutcomeUnknown):  # it could still come
        await desk.settled(lease)
    assert desk.names_in(there.id) == []
    await asyncio.sleep(SETTLED)

    assert await desk.settled(lease) is None
    assert desk.names_in(there.id) == ["zoe"]
    if how == "moved":
        assert "una" in desk.names_in((await desk.row(lease.reference)).appointment_id)


@virtually
async def test_a_list_that_kept_everybody_is_confirmed() -> None:
    """Its own customer sits there, and nobody is missing."""
    desk = Desk()
    there, lease = await una_drops_all(desk, "joined", has_zoe_s_record=True)
    desk.mailbox.seat(there.id, Customer(id_in(there, "zoe"), "zoe", "zoe@contoso.com"))
    desk.mailbox.seat(there.id, desk.customer("una"))
    await asyncio.sleep(SETTLED)

    assert lease.reference in (await desk.settled(lease) or "")


@pytest.mark.parametrize("how", ["joined", "moved"])
@virtually
async def test_whom_the_staff_took_out_before_a_list_that_was_not_written_stays_out(how: str) -> None:
    """Who has a record was not dropped."""
    desk = Desk()
    there, lease = await una_drops_all(desk, how, has_zoe_s_record=True)
    await asyncio.sleep(SETTLED)

    assert await desk.settled(lease) is None
    assert desk.names_in(there.id) == []


@pytest.mark.parametrize("how", ["joined", "moved"])
@virtually
async def test_a_list_whose_appointment_is_gone_gives_nobody_another_seat(how: str) -> None:
    """The staff deleted it meanwhile; the old appointment of who wanted to move stays as it is."""
    desk = Desk()
    there, lease = await una_drops_all(desk, how)
    desk.mailbox.delete(there.id)
    await asyncio.sleep(SETTLED)

    assert await desk.settled(lease) is None
    assert [
        one.name for each in desk.mailbox.appointments for one in desk.mailbox.stored(each.id).attendees
    ] == (["una"] if how == "moved" else [])


@virtually
async def test_of_a_booking_that_was_never_made_nothing_is_read_by_its_id() -> None:
    """It has none."""
    desk = Desk()
    attempt = booking_of(desk.seat("zoe", start=LATER), "una", desk.clock(), is_join=False)
    lease = await desk.lease(RequestKey("e" * 64, "fingerprint"), replace(attempt, appointment_id=None))
    await lease.unknown(is_over=True)
    await asyncio.sleep(SETTLED)
    desk.wire.calls.clear()

    assert await desk.settled(lease) is None
    assert desk.wire.calls["appointment"] == 1  # zoe's, which was made at that time


@pytest.mark.parametrize("is_zoe_dropped", [True, False])
@virtually
async def test_whom_the_list_of_a_move_dropped_is_put_back_though_the_new_seat_is_gone(
    is_zoe_dropped: bool,
) -> None:
    """The staff took out of it who moved; in the old appointment others were dropped along."""
    desk = Desk()
    row = await desk.book("una", COURSE)
    await desk.book("zoe", COURSE)
    old, there = desk.shown(row), desk.seat("vic", start=LATER)
    stay = tuple(one for one in old.attendees if one.name == "zoe")
    change = attempt_of(row, Kind.CHANGE_SEAT, desk.clock(), span=there.span, appointment_id=there.id)
    change = replace(
        change,
        leaves=old.id,
        is_leaving=True,
        seated=(id_in(old, "zoe"),),
        sealed=sealed(stay, desk.parts.booked.sealer),
    )
    lease = await desk.unknown(row, change)
    if is_zoe_dropped:
        desk.mailbox.unseat(old.id, "una@contoso.com")
        desk.mailbox.unseat(old.id, "zoe@contoso.com")
        desk.mailbox.forget_customer("zoe@contoso.com")
    await asyncio.sleep(SETTLED)

    assert await desk.settled(lease) is None
    assert desk.names_in(old.id) == (["zoe"] if is_zoe_dropped else ["una", "zoe"])


@virtually
async def test_two_who_move_the_same_way_do_not_wait_for_each_other() -> None:
    """Vic has yet to leave where una sits; her list drops both where they came to, and owes a seat there."""
    desk = Desk()
    una, vic = await desk.book("una", COURSE), await desk.book("vic", COURSE)
    there = desk.seat("zoe", start=LATER)
    desk.mailbox.seat(there.id, Customer(vic.customer_id, "vic", "vic@contoso.com"))
    there = desk.mailbox.stored(there.id)
    old = desk.mailbox.stored(vic.appointment_id)
    change = attempt_of(vic, Kind.CHANGE_SEAT, desk.clock(), span=there.span, appointment_id=there.id)
    stay = tuple(one for one in old.attendees if one.name != "vic")
    leaving = await desk.unknown(vic, around(desk, replace(change, is_leaving=True), old, stay), key="d" * 64)
    change = attempt_of(una, Kind.CHANGE_SEAT, desk.clock(), span=there.span, appointment_id=there.id)
    joining = await desk.unknown(una, around(desk, replace(change, is_join=True), old, there.attendees))
    for gone in ("una", "vic"):
        desk.mailbox.unseat(there.id, f"{gone}@contoso.com")
        desk.mailbox.forget_customer(f"{gone}@contoso.com")

    for _ in range(3):
        await asyncio.sleep(SETTLED)
        await desk.reconcile.settle_all()

    ended = [await desk.stores.idempotency.get(lease.record.key) for lease in (leaving, joining)]
    assert [one and one.state for one in ended] == [State.COMPLETED, State.REFUSED]
    assert desk.names_in(there.id) == ["zoe", "vic"]
    assert desk.names_in(old.id) == ["una"]


def around(desk: Desk, change: Attempt, old: Appointment, others: tuple[Attendee, ...]) -> Attempt:
    """The change of seat away from `old`, with those who were in its list besides."""
    seated = tuple(one.customer_id or "" for one in others)
    return replace(change, leaves=old.id, seated=seated, sealed=sealed(others, desk.parts.booked.sealer))


async def una_leaves_and_drops_vic(desk: Desk, there: Appointment) -> Lease:
    """Una cancels when the staff have deleted vic's record, and her worker dies before it has seen that."""
    row = await desk.book("una", COURSE)
    assert row.appointment_id == there.id
    stay = tuple(one for one in there.attendees if one.name != "una")
    change = attempt_of(row, Kind.CANCEL, desk.clock(), seated=tuple(one.customer_id or "" for one in stay))
    lease = await desk.unknown(row, replace(change, sealed=sealed(stay, desk.parts.booked.sealer)))
    desk.mailbox.unseat(there.id, "una@contoso.com")
    desk.mailbox.unseat(there.id, "vic@contoso.com")
    desk.mailbox.forget_customer("vic@contoso.com")
    return lease


async def zoe_alone(desk: Desk) -> tuple[BookingRow, BookingRow, Appointment, Lease]:
    """Zoe sits where vic was dropped; the bookings of both, and una's doubt."""
    zoe, vic = await desk.book("zoe", COURSE), await desk.book("vic", COURSE)
    there = desk.shown(vic)
    lease = await una_leaves_and_drops_vic(desk, there)
    assert desk.names_in(there.id) == ["zoe"]
    return zoe, vic, there, lease


@pytest.mark.parametrize("leaves", ["cancelled", "moved", "taken back"])
@virtually
async def test_who_leaves_last_leaves_the_seat_to_whom_another_list_owes_it(leaves: str) -> None:
    """Else nobody could put them back: the appointment would be gone."""
    desk = Desk()
    zoe, vic, there, lease = await zoe_alone(desk)

    if leaves == "cancelled":
        await desk.cancel(zoe)
    elif leaves == "moved":
        await desk.move(zoe)
    else:
        own = await desk.lease(RequestKey("f" * 64, "fingerprint"))
        await desk.proof.take_back(SHOP, there, zoe.customer_id, desk.writing(own))
    assert desk.names_in(there.id) == ["vic"]
    assert (await desk.read(vic)).stands
    await asyncio.sleep(SETTLED)
    await desk.reconcile.settle_all()

    assert desk.names_in(there.id) == ["vic"]
    record = await desk.stores.idempotency.get(lease.record.key)
    assert record is not None
    assert record.state is State.COMPLETED


@pytest.mark.parametrize("ends", ["ended", "left"])
@virtually
async def test_who_leaves_last_takes_the_appointment_along_where_nobody_is_owed_a_seat(ends: str) -> None:
    """The other list has ended, or whom it dropped has cancelled since."""
    desk = Desk()
    zoe, vic, there, lease = await zoe_alone(desk)
    if ends == "ended":
        await lease.refuse()
    else:
        await desk.stores.bookings.replace(replace(await desk.row(vic.reference), cancelled=desk.clock()))

    await desk.cancel(zoe)

    assert desk.mailbox.appointments.get(there.id) is None


@virtually
async def test_a_list_in_doubt_owes_nothing_to_who_is_there(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody has to be put back then."""
    desk = Desk()
    zoe = await desk.book("zoe", COURSE)
    there = desk.shown(zoe)
    await una_leaves_and_drops_vic(desk, there)

    await desk.cancel(zoe)

    assert desk.mailbox.appointments.get(there.id) is None
    assert "booking.dropped-customer" not in [one.message for one in caplog.records]


@virtually
async def test_ones_own_list_in_doubt_owes_nobody_a_seat() -> None:
    """It was never done: the staff have taken vic out since, and deleted the record, and that counts."""
    desk = Desk()
    zoe, vic = await desk.book("zoe", COURSE), await desk.book("vic", COURSE)
    there = desk.shown(zoe)
    stay = tuple(one for one in there.attendees if one.name == "vic")
    change = attempt_of(zoe, Kind.CANCEL, desk.clock(), seated=(vic.customer_id,))
    key = RequestKey("c" * 64, "", reference=zoe.reference)
    await desk.unknown(zoe, replace(change, sealed=sealed(stay, desk.parts.booked.sealer)))
    desk.mailbox.unseat(there.id, "vic@contoso.com")
    desk.mailbox.forget_customer("vic@contoso.com")
    await asyncio.sleep(SETTLED)

    await desk.cancel(zoe, key=key)

    assert desk.mailbox.appointments.get(there.id) is None


@virtually
async def test_an_appointment_for_one_owes_nobody_a_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to look for lists in doubt."""
    desk = Desk()
    row = await desk.book()

    def asked(_: datetime) -> None:
        raise AssertionError

    monkeypatch.setattr(desk.stores.idempotency, "unsettled", asked)
    await desk.cancel(row)
    assert desk.mailbox.appointments.get(row.appointment_id) is None
