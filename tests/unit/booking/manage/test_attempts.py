"""What becomes of changes whose worker died: recognised by what Graph shows, and brought to an end."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.booking.manage.attempts import CancelAttempts
from shared.booking.records import BookingRow, Kind
from shared.booking.writes.locks import HeldLocks
from shared.booking.writes.notes import mark
from shared.domain.errors import OutcomeUnknown
from shared.domain.model import Appointment, Customer, Service
from tests.support.virtually import virtually
from tests.support.world import COURSE, SHOP, TALK, TEN
from tests.unit.booking.manage.desk import LATER, Desk, attempt_of, those_in

SETTLED = 80
"""Seconds after which nothing of an attempt can land any more."""


@virtually
async def test_a_cancellation_is_done_once_the_customer_is_nowhere_there() -> None:
    """Gone with the appointment, or out of it."""
    desk = Desk()
    alone, seat = await desk.book(), await desk.book("una", COURSE)
    await desk.book("zoe", COURSE)
    first = await desk.unknown(alone, attempt_of(alone, Kind.CANCEL, desk.clock()))
    desk.mailbox.delete(alone.appointment_id)
    assert '"cancelled"' in (await desk.settled(first) or "")
    assert (await desk.row(alone.reference)).cancelled is not None
    desk.mailbox.unseat(seat.appointment_id, "una@contoso.com")
    second = await desk.lease()
    await second.attempt(attempt_of(seat, Kind.CANCEL, desk.clock()))
    second.record = replace(second.record, reference=seat.reference)
    assert '"cancelled"' in (await desk.settled(second) or "")
    assert (await desk.row(seat.reference)).cancelled is not None


@virtually
async def test_a_cancellation_that_did_not_happen_leaves_the_booking_as_it_was() -> None:
    """Known once nothing can land any more."""
    desk = Desk()
    row = await desk.book()
    lease = await desk.unknown(row, attempt_of(row, Kind.CANCEL, desk.clock()), is_over=False)
    with pytest.raises(OutcomeUnknown):
        await desk.settled(lease)
    await asyncio.sleep(SETTLED)
    assert await desk.settled(lease) is None
    assert (await desk.read(row)).stands


@virtually
async def test_whoever_was_dropped_along_with_the_customer_is_put_back() -> None:
    """Their record is gone, and so was the only other copy of who they are, but for the sealed one."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    seen = desk.shown(row)
    attempt = attempt_of(row, Kind.CANCEL, desk.clock(), **those_in(desk, seen, "una"))
    lease = await desk.unknown(row, attempt)
    for name in ("vic", "una"):
        desk.mailbox.unseat(row.appointment_id, f"{name}@contoso.com")
    desk.mailbox.seat(row.appointment_id, Customer(None, "zoe", "zoe@contoso.com"))
    desk.mailbox.forget_customer("una@contoso.com")
    await asyncio.sleep(SETTLED)

    assert '"cancelled"' in (await desk.settled(lease) or "")

    assert desk.names_in(row.appointment_id) == ["zoe", "una"]


@virtually
async def test_whoever_was_dropped_is_put_back_though_nobody_else_is_left() -> None:
    """Graph leaves an empty appointment behind, which is not one that is gone."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    attempt = attempt_of(row, Kind.CANCEL, desk.clock(), **those_in(desk, desk.shown(row), "una"))
    lease = await desk.unknown(row, attempt)
    for name in ("vic", "una"):
        desk.mailbox.unseat(row.appointment_id, f"{name}@contoso.com")
    desk.mailbox.forget_customer("una@contoso.com")
    await asyncio.sleep(SETTLED)

    assert '"cancelled"' in (await desk.settled(lease) or "")

    assert desk.names_in(row.appointment_id) == ["una"]


@virtually
async def test_nobody_is_put_back_where_the_appointment_is_gone() -> None:
    """The staff deleted it."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    attempt = attempt_of(row, Kind.CANCEL, desk.clock(), **those_in(desk, desk.shown(row), "una"))
    lease = await desk.unknown(row, attempt)
    desk.mailbox.delete(row.appointment_id)
    desk.mailbox.forget_customer("una@contoso.com")
    await asyncio.sleep(SETTLED)

    assert '"cancelled"' in (await desk.settled(lease) or "")


@virtually
async def test_whoever_was_dropped_as_somebody_moved_is_put_back_though_nobody_else_is_left() -> None:
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    there = await joined(desk, row)
    about = those_in(desk, desk.shown(row), "una")
    attempt = change_of_seat(desk, row, there, is_leaving=True, **about)
    lease = await desk.unknown(row, attempt)  # type: ignore[arg-type]
    for name in ("vic", "una"):
        desk.mailbox.unseat(row.appointment_id, f"{name}@contoso.com")
    desk.mailbox.forget_customer("una@contoso.com")
    await asyncio.sleep(SETTLED)

    assert LATER.isoformat() in (await desk.settled(lease) or "")

    assert desk.names_in(row.appointment_id) == ["una"]


@virtually
async def test_a_row_that_was_swept_meanwhile_is_not_needed() -> None:
    """The attempt says enough to answer, and there is nothing left to be changed."""
    desk = Desk()
    row = await desk.book()
    lease = await desk.unknown(row, attempt_of(row, Kind.CANCEL, desk.clock()))
    desk.mailbox.delete(row.appointment_id)
    await desk.stores.bookings.delete(row)
    assert '"cancelled"' in (await desk.settled(lease) or "")
    assert await desk.stores.bookings.get(SHOP, row.reference) is None


@virtually
async def test_of_a_row_that_was_swept_the_attempt_knows_all_but_its_first_request() -> None:
    """And what was never needed again: the campaign, how often it was changed."""
    desk = Desk()
    row = await desk.book()
    attempt = attempt_of(row, Kind.CANCEL, desk.clock())
    attempts = desk.parts.recognise[Kind.CANCEL]
    assert isinstance(attempts, CancelAttempts)
    await desk.stores.bookings.delete(row)

    found = await attempts._row(attempt, row.reference)  # noqa: SLF001

    assert found == BookingRow(
        reference=row.reference,
        business=SHOP,
        key="",
        person=row.person,
        customer_id=row.customer_id,
        service_id=row.service_id,
        appointment_id=row.appointment_id,
        span=row.span,
        staff_member_ids=row.staff_member_ids,
        time_zone="UTC",
        created=attempt.at,
    )
    nowhere = await attempts._row(replace(attempt, appointment_id=None), row.reference)  # noqa: SLF001
    assert nowhere.appointment_id == ""


async def joined(desk: Desk, row: BookingRow, name: str = "zoe") -> Appointment:
    """The new group, with the customer in it."""
    there = desk.seat(name, start=LATER)
    seen = desk.shown(row)
    (vic,) = [one for one in seen.attendees if one.customer_id == row.customer_id]
    kept = replace(there, attendees=(*there.attendees, vic), filled=2)
    desk.mailbox.appointments.put(there.id, kept)
    return kept


def change_of_seat(desk: Desk, row: BookingRow, there: Appointment, **different: object) -> object:
    return attempt_of(
        row,
        Kind.CHANGE_SEAT,
        desk.clock(),
        **{"span": there.span, "is_join": True, "appointment_id": there.id, "leaves": row.appointment_id}
        | different,
    )


@virtually
async def test_whoever_has_the_new_seat_leaves_the_old_one() -> None:
    """As soon as nothing can land any more; the booking has moved then."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    there = await joined(desk, row)
    lease = await desk.unknown(row, change_of_seat(desk, row, there), is_over=False)  # type: ignore[arg-type]
    with pytest.raises(OutcomeUnknown):
        await desk.settled(lease)
    await asyncio.sleep(SETTLED)

    assert LATER.isoformat() in (await desk.settled(lease) or "")

    assert desk.names_in(row.appointment_id) == ["una"]
    assert desk.names_in(there.id) == ["zoe", "vic"]
    assert (await desk.row(row.reference)).appointment_id == there.id


@virtually
async def test_whoever_has_no_new_seat_has_not_moved() -> None:
    """And keeps the old one."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    there = desk.seat("zoe", start=LATER)
    lease = await desk.unknown(row, change_of_seat(desk, row, there))  # type: ignore[arg-type]
    await asyncio.sleep(SETTLED)
    assert await desk.settled(lease) is None
    assert desk.names_in(row.appointment_id) == ["vic"]
    assert (await desk.row(row.reference)).appointment_id == row.appointment_id


@virtually
async def test_a_new_seat_that_is_one_too_many_is_given_up_and_the_old_one_kept() -> None:
    """The staff filled the new group meanwhile."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    there = await joined(desk, row)
    for name in ("yan", "xia"):
        desk.mailbox.seat(there.id, Customer(None, name, f"{name}@contoso.com"))
    lease = await desk.unknown(row, change_of_seat(desk, row, there))  # type: ignore[arg-type]
    await asyncio.sleep(SETTLED)
    assert await desk.settled(lease) is None
    assert desk.names_in(row.appointment_id) == ["vic"]
    assert desk.names_in(there.id) == ["zoe", "yan", "xia"]


@virtually
async def test_a_move_that_was_in_the_middle_of_leaving_is_finished() -> None:
    """The old seat is given up, or is already; whoever was dropped there is put back."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    before = desk.shown(row)
    there = await joined(desk, row)
    attempt = change_of_seat(desk, row, there, is_leaving=True, **those_in(desk, before, "una"))
    lease = await desk.unknown(row, attempt)  # type: ignore[arg-type]
    for name in ("vic", "una"):
        desk.mailbox.unseat(row.appointment_id, f"{name}@contoso.com")
    desk.mailbox.seat(row.appointment_id, Customer(None, "yan", "yan@contoso.com"))
    desk.mailbox.forget_customer("una@contoso.com")
    await asyncio.sleep(SETTLED)
    assert LATER.isoformat() in (await desk.settled(lease) or "")
    assert desk.names_in(row.appointment_id) == ["yan", "una"]


@pytest.mark.parametrize("is_old_gone", [True, False])
@virtually
async def test_a_move_whose_old_seat_is_gone_is_done(is_old_gone: bool) -> None:
    """With its appointment, or alone."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    there = await joined(desk, row)
    lease = await desk.unknown(row, change_of_seat(desk, row, there, is_leaving=True))  # type: ignore[arg-type]
    if is_old_gone:
        desk.mailbox.delete(row.appointment_id)
    else:
        desk.mailbox.unseat(row.appointment_id, "vic@contoso.com")
    assert LATER.isoformat() in (await desk.settled(lease) or "")
    assert (await desk.row(row.reference)).appointment_id == there.id


@virtually
async def test_a_move_whose_new_seat_the_staff_took_away_did_not_happen() -> None:
    """The booking is what the old appointment shows."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    there = await joined(desk, row)
    lease = await desk.unknown(row, change_of_seat(desk, row, there, is_leaving=True))  # type: ignore[arg-type]
    desk.mailbox.delete(there.id)
    await asyncio.sleep(SETTLED)
    assert await desk.settled(lease) is None
    assert (await desk.read(row)).stands


@pytest.mark.parametrize("is_leaving", [True, False])
@virtually
async def test_a_new_appointment_that_was_made_twice_is_one(is_leaving: bool) -> None:
    """The booking is in the one that stands; the other goes."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.move(row)
    moved = await desk.row(row.reference)
    made = desk.mailbox.stored(moved.appointment_id)
    twin = replace(made, id="twin")
    desk.mailbox.appointments.put(twin.id, twin)
    una = desk.mailbox.seat(twin.id, Customer(None, "una", "una@contoso.com"))
    record = await desk.stores.idempotency.get(_key_of_the_move(desk))
    assert record is not None
    assert record.attempt is not None
    attempt = replace(record.attempt, is_leaving=is_leaving)
    await desk.stores.idempotency.replace(replace(record, attempt=attempt))
    await asyncio.sleep(SETTLED)

    await desk.reconcile.settle_all()

    assert [one.id for one in desk.mailbox.appointments] == [twin.id]
    assert (await desk.row(row.reference)).appointment_id == twin.id
    assert una.email in {one.email for one in desk.mailbox.stored(twin.id).attendees}


def _key_of_the_move(desk: Desk) -> str:
    records = desk.stores.idempotency._records  # type: ignore[attr-defined]  # noqa: SLF001
    (key,) = [key for key, one in records.items() if one.attempt and one.attempt.kind is Kind.CHANGE_SEAT]
    return str(key)


@virtually
async def test_nothing_is_left_where_a_seat_was_taken_twice_before_the_next_move() -> None:
    """The customer has gone on to another time by then."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.move(row)
    made = desk.mailbox.stored((await desk.row(row.reference)).appointment_id)
    await desk.move(row, TEN)
    desk.mailbox.appointments.put("twin", replace(made, id="twin"))
    await asyncio.sleep(SETTLED)

    await desk.reconcile.settle_all()

    assert [one.span.start for one in desk.mailbox.appointments] == [TEN]


@virtually
async def test_whoever_comes_back_while_somebody_looks_for_a_second_seat_keeps_theirs() -> None:
    """What was read of the booking before the locks were held is old by then: the move back has ended."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    back = replace(desk.shown(row), id="back")
    await desk.move(row)
    moved = await desk.row(row.reference)
    desk.mailbox.appointments.put(back.id, back)
    await asyncio.sleep(SETTLED)
    hold = desk.locks.hold

    @asynccontextmanager
    async def late(
        names: Iterable[str], wait: timedelta | None = None, *, also: Iterable[str] = ()
    ) -> AsyncIterator[HeldLocks]:
        if (await desk.row(row.reference)).appointment_id == moved.appointment_id:
            desk.mailbox.delete(moved.appointment_id)
            await desk.stores.bookings.replace(replace(moved, appointment_id=back.id, span=back.span))
        async with hold(names, wait, also=also) as held:
            yield held

    desk.locks.hold = late  # type: ignore[method-assign]

    await desk.reconcile.settle_all()

    assert (await desk.row(row.reference)).appointment_id == back.id
    assert (await desk.read(row)).stands


@pytest.mark.parametrize("service", [TALK, COURSE])
@virtually
async def test_who_moves_while_somebody_looks_for_a_second_appointment_is_where_they_moved(
    service: Service,
) -> None:
    """There once, and the row says so; nothing is left where the network had made it twice."""
    desk = Desk()
    row = await desk.book("vic", service)
    desk.mailbox.appointments.put("twin", replace(desk.shown(row), id="twin"))
    await asyncio.sleep(SETTLED)
    hold = desk.locks.hold
    has_moved: list[bool] = []

    @asynccontextmanager
    async def late(
        names: Iterable[str], wait: timedelta | None = None, *, also: Iterable[str] = ()
    ) -> AsyncIterator[HeldLocks]:
        if not has_moved:
            has_moved.append(True)
            await desk.move(row)
        async with hold(names, wait, also=also) as held:
            yield held

    desk.locks.hold = late  # type: ignore[method-assign]

    await desk.reconcile.settle_all()

    assert (await desk.read(row)).appointment.span.start == LATER
    assert (await desk.read(row)).stands
    assert [one.span.start for one in desk.mailbox.appointments] == [LATER]


@virtually
async def test_no_seat_is_taken_back_while_a_change_of_the_booking_has_no_end() -> None:
    """It may be the very seat to which the customer is on the way."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    made = desk.shown(row)
    await desk.move(row)
    desk.mailbox.appointments.put("twin", replace(made, id="twin"))
    await asyncio.sleep(SETTLED)
    lease = await desk.unknown(row, attempt_of(row, Kind.CHANGE_SEAT, desk.clock()))

    complete = [one async for one in desk.stores.idempotency.unsettled(desk.clock()) if one.answer]
    for one in complete:
        await desk.reconcile._settle(one, desk.recognition.lists(SHOP))  # noqa: SLF001
    assert len(complete) == 2
    assert "twin" in [one.id for one in desk.mailbox.appointments]

    await lease.refuse()
    await desk.reconcile.settle_all()
    assert [one.span.start for one in desk.mailbox.appointments] == [LATER]


@virtually
async def test_a_whole_move_needs_no_repair() -> None:
    """It is there or not."""
    desk = Desk()
    row = await desk.book()
    moves, attempt = desk.parts.recognise[Kind.MOVE], attempt_of(row, Kind.MOVE, desk.clock())
    found = (desk.shown(row),)
    assert not moves.needs_repair(attempt, found)
    assert await moves.repair(attempt, found, desk.writing()) is found[0]


@pytest.mark.parametrize("change", ["cancelled", "moved"])
@virtually
async def test_nothing_is_left_where_a_booking_was_made_twice(change: str) -> None:
    """It was cancelled, or moved, before anybody looked again."""
    desk = Desk()
    row = await desk.book()
    made = desk.shown(row)
    if change == "moved":
        await desk.move(row)
    else:
        await desk.cancel(row)
    desk.mailbox.appointments.put("twin", replace(made, id="twin"))
    await asyncio.sleep(SETTLED)

    await desk.reconcile.settle_all()

    left = [(one.id, one.span.start) for one in desk.mailbox.appointments]
    assert left == ([(made.id, LATER)] if change == "moved" else [])


@virtually
async def test_a_booking_that_stands_where_it_was_made_is_left_alone() -> None:
    """Somebody else's beside it, too; nothing is read by id."""
    desk = Desk()
    row = await desk.book()
    desk.seat("zoe", service=TALK, start=TEN)
    await asyncio.sleep(SETTLED)
    await desk.reconcile.settle_all()
    assert len(list(desk.mailbox.appointments)) == 2
    assert (await desk.read(row)).stands


@virtually
async def test_the_row_follows_the_twin_that_stands() -> None:
    """Others have joined the younger one, so that is the one that is kept."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    made = desk.shown(row)
    desk.mailbox.appointments.put("twin", replace(made, id="twin"))
    desk.mailbox.seat("twin", Customer(None, "una", "una@contoso.com"))
    await asyncio.sleep(SETTLED)
    await desk.reconcile.settle_all()
    assert [one.id for one in desk.mailbox.appointments] == ["twin"]
    assert (await desk.row(row.reference)).appointment_id == "twin"
    assert (await desk.read(row)).stands


async def dropped_from_the_twin(desk: Desk, *others: str) -> BookingRow:
    """A booking that was delivered twice; these joined the twin, from which Graph dropped its customer."""
    row = await desk.book("vic", COURSE)
    desk.mailbox.appointments.put("twin", replace(desk.shown(row), id="twin"))
    for name in others:
        desk.mailbox.unseat("twin", "vic@contoso.com")
        desk.mailbox.seat("twin", Customer(None, name, f"{name}@contoso.com"))
    desk.mailbox.forget_customer("vic@contoso.com")
    await asyncio.sleep(SETTLED)
    return row


@virtually
async def test_who_was_dropped_from_the_twin_that_others_have_joined_sits_with_them() -> None:
    """Otherwise the staff member would give two courses at one time."""
    desk = Desk()
    row = await dropped_from_the_twin(desk, "una")

    await desk.reconcile.settle_all()

    assert [one.id for one in desk.mailbox.appointments] == ["twin"]
    assert desk.names_in("twin") == ["una", "vic"]
    assert (await desk.row(row.reference)).appointment_id == "twin"
    assert (await desk.read(row)).stands


@virtually
async def test_where_the_twin_is_full_whoever_is_confirmed_stays_where_they_are() -> None:
    """Nobody's seat is taken from them."""
    desk = Desk()
    row = await dropped_from_the_twin(desk, "una", "zoe", "yan")

    await desk.reconcile.settle_all()

    assert desk.names_in("twin") == ["una", "zoe", "yan"]
    assert desk.names_in(row.appointment_id) == ["vic"]
    assert (await desk.read(row)).stands


@virtually
async def test_whoever_joins_before_the_locks_are_had_keeps_their_seat() -> None:
    """What was read to recognise the move is old by then: the last seat is the last no more."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    there = await joined(desk, row)
    lease = await desk.unknown(row, change_of_seat(desk, row, there))  # type: ignore[arg-type]
    hold = desk.locks.hold

    def late(names: Iterable[str], wait: timedelta | None = None) -> AbstractAsyncContextManager[HeldLocks]:
        desk.mailbox.seat(row.appointment_id, Customer(None, "una", "una@contoso.com"))
        return hold(names, wait)

    desk.locks.hold = late  # type: ignore[method-assign, assignment]

    assert LATER.isoformat() in (await desk.settled(lease) or "")

    assert desk.names_in(row.appointment_id) == ["una"]


@virtually
async def test_an_old_appointment_that_is_gone_when_the_locks_are_had_needs_no_leaving() -> None:
    """The staff cancelled it in between."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    there = await joined(desk, row)
    lease = await desk.unknown(row, change_of_seat(desk, row, there))  # type: ignore[arg-type]
    hold = desk.locks.hold

    def late(names: Iterable[str], wait: timedelta | None = None) -> AbstractAsyncContextManager[HeldLocks]:
        desk.mailbox.delete(row.appointment_id)
        return hold(names, wait)

    desk.locks.hold = late  # type: ignore[method-assign, assignment]

    assert LATER.isoformat() in (await desk.settled(lease) or "")
    assert [one.id for one in desk.mailbox.appointments] == [there.id]


@pytest.mark.parametrize("reads", [1, 2, 3, 4])
@virtually
async def test_an_old_appointment_may_go_after_each_look_at_it(reads: int) -> None:
    """The staff cancel it: the seat is left then, too."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    there = await joined(desk, row)
    lease = await desk.unknown(row, change_of_seat(desk, row, there))  # type: ignore[arg-type]
    look, seen = desk.mailbox.appointment, []

    def once_more(appointment_id: str) -> Appointment:
        found = look(appointment_id)
        seen.append(appointment_id)
        if seen.count(row.appointment_id) == reads and appointment_id == row.appointment_id:
            desk.mailbox.delete(row.appointment_id)
        return found

    desk.mailbox.appointment = once_more  # type: ignore[method-assign]

    assert LATER.isoformat() in (await desk.settled(lease) or "")
    assert [one.id for one in desk.mailbox.appointments] == [there.id]


@virtually
async def test_a_new_appointment_without_its_customer_forgets_who_it_was_made_for() -> None:
    """Somebody else sits there by now: it stays, without the mark and the note of who never sat in it."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    made = desk.seat("una", start=LATER, notes=f"{mark(row.reference)}\n  | vic: Nuts!\nA ladder.")
    attempt = change_of_seat(desk, row, made, is_join=False, appointment_id=None)
    lease = await desk.unknown(row, attempt)  # type: ignore[arg-type]

    assert await desk.settled(lease) is None

    assert desk.mailbox.stored(made.id).service_notes == "A ladder."
    assert desk.names_in(made.id) == ["una"]
    assert desk.names_in(row.appointment_id) == ["vic"]
