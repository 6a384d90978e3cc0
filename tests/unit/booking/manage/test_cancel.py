"""Cancelling: what is done away with, what is refused, and what is left."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.booking.manage.cancel import REASON_NOT_SENT
from shared.booking.records import State
from shared.booking.writes.idempotency import RequestKey
from shared.domain.errors import (
    BookingPending,
    Conflicted,
    GraphError,
    Missing,
    NotBooked,
    OutcomeUnknown,
    Renewed,
    RulesBroken,
    SlotBusy,
    Throttled,
    Unavailable,
    Unreachable,
)
from shared.domain.model import Customer, PolicySettings, Service
from tests.support.virtually import virtually
from tests.support.wire import Ending
from tests.support.world import CATALOGUE, COURSE, HALF_HOUR, QUARTER, SHOP, TALK, TEN
from tests.unit.booking.manage.desk import DAY, Desk

CHOSEN = RequestKey("e" * 64, "fingerprint")


def code(caught: pytest.ExceptionInfo[RulesBroken]) -> list[str]:
    return [one.code for one in caught.value.violations]


@virtually
async def test_an_appointment_for_one_goes_in_two_calls() -> None:
    """Its time is free at once: nobody's own write is remembered as taking it."""
    desk = Desk()
    row = await desk.book()

    answer = await desk.cancel(row)

    assert answer["status"] == "cancelled"
    assert dict(desk.wire.calls) == {"appointment": 1, "delete_appointment": 1}
    assert list(desk.mailbox.appointments) == []
    assert (await desk.row(row.reference)).cancelled == desk.clock()
    assert (await desk.row(row.reference)).pending is None
    again = await desk.book("una")
    assert again.span.start == TEN


@virtually
async def test_the_same_form_books_again_within_the_same_minute() -> None:
    """Its answer is not repeated any more, and the new booking has a name of its own."""
    desk = Desk()
    row = await desk.book()
    await desk.cancel(row)
    desk.made -= 1

    again = await desk.book()

    assert again.reference != row.reference
    assert len(list(desk.mailbox.appointments)) == 1
    assert not (await desk.read(row)).stands


@virtually
async def test_a_chosen_key_is_replayed_whatever_came_after() -> None:
    """Cancelling what is cancelled is an answer like the first."""
    desk = Desk()
    row = await desk.book()
    first = await desk.cancel(row, key=replace(CHOSEN, reference=row.reference))
    assert await desk.cancel(row, key=replace(CHOSEN, reference=row.reference)) == first
    assert (await desk.cancel(row))["status"] == "cancelled"
    assert (await desk.cancel(row))["status"] == "cancelled"
    assert desk.wire.calls["delete_appointment"] == 1


@virtually
async def test_what_the_staff_took_away_is_cancelled() -> None:
    """The appointment, or the customer from it; nothing is written at Graph."""
    desk = Desk()
    alone, seat = await desk.book(), await desk.book("una", COURSE)
    await desk.book("zoe", COURSE)
    desk.mailbox.delete(alone.appointment_id)
    desk.mailbox.unseat(seat.appointment_id, "una@contoso.com")

    for row in (alone, seat):
        assert (await desk.cancel(row))["status"] == "cancelled"
        assert (await desk.row(row.reference)).cancelled is not None
    assert set(desk.wire.calls) <= {"appointment", "calendar_view"}
    assert desk.names_in(seat.appointment_id) == ["zoe"]


@virtually
async def test_a_seat_is_left_with_its_note_and_the_others_stay() -> None:
    """In four calls; what the staff wrote stays byte for byte."""
    desk = Desk()
    first = await desk.book("vic", COURSE, notes="Nuts!")
    second = await desk.book("una", COURSE, notes="Milk!")
    kept = desk.shown(first).service_notes or ""
    desk.mailbox.write_notes(first.appointment_id, "Bring a ladder.\r\n" + kept)

    await desk.cancel(first)

    left = desk.shown(second)
    assert dict(desk.wire.calls) == {"appointment": 3, "replace_attendees": 1}
    assert desk.names_in(second.appointment_id) == ["una"]
    assert (left.service_notes or "").startswith("Bring a ladder.\r\n")
    assert "Milk!" in (left.service_notes or "")
    assert first.reference not in (left.service_notes or "")
    assert "Nuts" not in (left.service_notes or "")


@virtually
async def test_the_last_to_leave_takes_the_facades_own_appointment_along() -> None:
    """Also where whoever it was made for has left long before, and took their line along."""
    desk = Desk()
    first, second = await desk.book("vic", COURSE), await desk.book("una", COURSE)
    await desk.cancel(first)
    third = await desk.book("zoe", COURSE)

    await desk.cancel(second)
    await desk.cancel(third)

    assert list(desk.mailbox.appointments) == []


@virtually
async def test_an_appointment_of_the_staffs_stays_when_the_last_one_leaves() -> None:
    """It is theirs to cancel."""
    desk = Desk()
    made = desk.seat("zoe", notes="The staff's own")
    row = await desk.book("vic", COURSE)
    assert row.appointment_id == made.id
    desk.mailbox.unseat(made.id, "zoe@contoso.com")

    await desk.cancel(row)

    assert desk.names_in(made.id) == []
    assert desk.mailbox.stored(made.id).service_notes == "The staff's own"


@virtually
async def test_whoever_lost_their_record_is_put_back() -> None:
    """Graph drops them with the list that we write."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    desk.mailbox.forget_customer("una@contoso.com")

    await desk.cancel(row)

    assert desk.names_in(row.appointment_id) == ["una"]


@virtually
async def test_whoever_lost_their_record_is_put_back_though_nothing_is_found_right_after() -> None:
    """Graph says in passing that the appointment is gone: the end is not known, and settled later."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    desk.mailbox.forget_customer("una@contoso.com")
    desk.wire.calls.clear()
    desk.arm("appointment", Missing, nth=3)

    with pytest.raises(OutcomeUnknown):
        await desk.cancel(row)
    await asyncio.sleep(80)
    await desk.cases.reconcile.settle_all()

    assert desk.names_in(row.appointment_id) == ["una"]
    assert (await desk.row(row.reference)).cancelled is not None


@virtually
async def test_exactly_the_lead_time_is_enough_and_what_counts_is_where_it_is_now() -> None:
    """The staff moved it nearer; a service of the shop's that is gone has the business's lead time."""
    desk = Desk()
    row = await desk.book(start=TEN + DAY)
    policy = PolicySettings(QUARTER, DAY, 90 * DAY, True)
    desk.mailbox.catalogue = replace(CATALOGUE, business=replace(CATALOGUE.business, policy=policy))
    desk.cases.catalogues.forget(SHOP)
    row_of_una = await desk.book("una", start=TEN + DAY + 2 * HALF_HOUR)
    desk.mailbox.move(row.appointment_id, replace(row.span, start=TEN - DAY, end=TEN - DAY + HALF_HOUR))
    desk.mailbox.delete_service(TALK.id)
    desk.cases.catalogues.forget(SHOP)

    with pytest.raises(RulesBroken) as caught:
        await desk.cancel(row)
    assert code(caught) == ["too-late-to-cancel"]
    assert (await desk.cancel(row_of_una))["status"] == "cancelled"


@virtually
async def test_a_reason_goes_where_it_reaches_somebody() -> None:
    """To everybody in an appointment that ends; never to nobody."""
    quiet, telling = Desk(), Desk(sends_reason=True)
    row = await quiet.book()
    with pytest.raises(RulesBroken) as caught:
        await quiet.cancel(row, "I am ill.")
    assert caught.value.violations == (REASON_NOT_SENT,)

    seat, alone, last = await telling.book("una", COURSE), await telling.book(), None
    with pytest.raises(RulesBroken) as caught:
        await telling.cancel(seat, "I am ill.")
    assert caught.value.violations == (REASON_NOT_SENT,)
    await telling.cancel(alone, "I am ill.")
    last = await telling.cancel(seat)
    assert last["status"] == "cancelled"
    assert telling.mailbox.mails == [("vic@contoso.com", "I am ill."), ("una@contoso.com", "")]
    assert telling.wire.calls["delete_appointment"] == 0


@pytest.mark.parametrize("service", [TALK, COURSE])
@pytest.mark.parametrize("error", [Conflicted, Throttled, Renewed])
@virtually
async def test_what_was_surely_not_done_is_looked_at_and_done_again(
    service: object, error: type[Exception]
) -> None:
    """Three times at most; then it is said, and the booking stands as it was."""
    desk = Desk()
    row = await desk.book("vic", service)  # type: ignore[arg-type]
    desk.arm("delete_appointment", error, times=2)
    assert (await desk.cancel(row))["status"] == "cancelled"
    row = await desk.book("una", service)  # type: ignore[arg-type]
    desk.arm("delete_appointment", error, times=9)
    with pytest.raises(error):
        await desk.cancel(row)
    assert (await desk.read(row)).stands


@virtually
async def test_a_404_that_the_calendar_contradicts_is_no_end() -> None:
    """Graph says that nothing is there, by id and by list it is: it is not called cancelled."""
    desk = Desk()
    row = await desk.book()
    desk.arm("delete_appointment", Missing, times=9)
    with pytest.raises(NotBooked):
        await desk.cancel(row)
    assert (await desk.read(row)).stands
    desk.wire.disarm()
    desk.arm("appointment", Missing)
    with pytest.raises(Unavailable):
        await desk.cancel(row)
    assert (await desk.read(row)).stands


@virtually
async def test_an_answer_that_was_lost_is_looked_for() -> None:
    """Done is done; an error of Graph's own that did nothing is tried again."""
    for error, done in ((Unreachable, 1), (Unavailable, 1), (Unavailable, 0)):
        desk = Desk()
        row = await desk.book()
        desk.arm("delete_appointment", error, done=done)
        assert (await desk.cancel(row))["status"] == "cancelled"
        assert list(desk.mailbox.appointments) == []


@virtually
async def test_one_that_may_still_land_is_in_doubt_and_keeps_everything_else_waiting() -> None:
    """The same request goes on with it; any other one is told to come again."""
    desk = Desk()
    row = await desk.book()
    desk.arm("delete_appointment", Unreachable)
    with pytest.raises(OutcomeUnknown) as caught:
        await desk.cancel(row)
    assert caught.value.reference == row.reference
    assert (await desk.read(row)).is_pending
    with pytest.raises((BookingPending, SlotBusy)):
        await desk.move(row)
    assert (await desk.record(row)).state is State.UNKNOWN


@virtually
async def test_who_cancels_twice_does_not_make_others_think_that_the_group_is_gone() -> None:
    """Nobody looks at it the second time, so nothing is known of those who stay."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    await desk.cancel(row)
    again = RequestKey("f" * 64, "fingerprint", reference=row.reference)
    await desk.cancel(row, key=again)

    written = await desk.stores.ledger.recent(SHOP, [TEN.date()], desk.clock() - DAY)

    assert [one.appointment.filled for one in written] == [1]


@virtually
async def test_somebody_who_joins_meanwhile_keeps_their_seat() -> None:
    """The appointment that was to end is left instead, and the other way round."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    desk.arm("delete_appointment", Conflicted)
    desk.mailbox.seat(row.appointment_id, Customer(None, "una", "una@contoso.com"))
    await desk.cancel(row)
    assert desk.names_in(row.appointment_id) == ["una"]


@pytest.mark.parametrize("service", [TALK, COURSE])
@virtually
async def test_what_the_staff_take_away_while_it_is_cancelled_is_cancelled(service: Service) -> None:
    """The whole appointment, or the customer alone, directly before our own write."""
    desk = Desk()
    row = await desk.book("vic", service)
    gone = _strike(lambda: desk.mailbox.delete(row.appointment_id), Missing)
    desk.wire.arm("delete_appointment", gone)
    assert (await desk.cancel(row))["status"] == "cancelled"
    seat = await desk.book("vic", COURSE, TEN + DAY)
    await desk.book("una", COURSE, TEN + DAY)
    email = "vic@contoso.com"
    desk.wire.arm(
        "replace_attendees", _strike(lambda: desk.mailbox.unseat(seat.appointment_id, email), Conflicted)
    )
    assert (await desk.cancel(seat))["status"] == "cancelled"
    assert desk.names_in(seat.appointment_id) == ["una"]


@virtually
async def test_whoever_is_the_last_one_suddenly_ends_the_appointment() -> None:
    """The others left while the list was being read again."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    unseat = _strike(lambda: desk.mailbox.unseat(row.appointment_id, "una@contoso.com"), Conflicted)
    desk.wire.arm("replace_attendees", unseat)
    assert (await desk.cancel(row))["status"] == "cancelled"
    assert list(desk.mailbox.appointments) == []


def _strike(act: Callable[[], None], error: type[GraphError]) -> Ending:
    """A write that is not done, since the staff do something first."""

    def strike(operation: str) -> Exception:
        act()
        return error(operation, 412)

    return Ending("struck", strike, done=0)


@virtually
async def test_it_tells_until_when_it_may_be_changed() -> None:
    """Or which rule forbids it."""
    desk = Desk()
    row = await desk.book()
    standing = await desk.read(row)
    assert (standing.can_cancel.until, standing.can_reschedule.until) == (TEN, TEN)
    desk.mailbox.move(row.appointment_id, replace(row.span, start=desk.clock() - DAY, end=desk.clock()))
    late = await desk.read(row)
    assert late.can_cancel.code == "too-late-to-cancel"
    assert late.can_reschedule.code == "too-late-to-reschedule"
    desk.mailbox.delete(row.appointment_id)
    assert (await desk.read(row)).can_cancel.code == "booking-cancelled"


@virtually
async def test_a_booking_whose_record_is_forgotten_is_cancelled_all_the_same() -> None:
    """Keys are kept for a day, rows for a month."""
    desk = Desk()
    row = await desk.book(start=TEN + 3 * DAY)
    await asyncio.sleep(2 * DAY.total_seconds())
    await desk.stores.idempotency.sweep(desk.clock() - DAY)
    assert await desk.stores.idempotency.get(row.key) is None
    assert (await desk.cancel(row))["status"] == "cancelled"


@virtually
async def test_somebody_else_changed_the_row_meanwhile() -> None:
    """Whoever claims second begins anew."""
    desk = Desk()
    row = await desk.book()
    stale = await desk.row(row.reference)
    await desk.stores.bookings.replace(replace(stale, campaign="other"))
    with pytest.raises(SlotBusy):
        await desk.parts.rows.claim(stale, "mine")
