"""Moving: an appointment for one with its time, a customer of a group from seat to seat."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.booking.manage.reschedule import _Move
from shared.booking.manage.wish import Wish
from shared.booking.records import Kind, State
from shared.booking.slots.availability import SlotQuery
from shared.booking.writes.idempotency import RequestKey
from shared.booking.writes.locks import staff_day_lock
from shared.domain.errors import (
    BookingPending,
    Conflicted,
    Missing,
    NotBooked,
    NotFound,
    OutcomeUnknown,
    Renewed,
    RulesBroken,
    SlotBusy,
    Throttled,
    Unavailable,
    Unreachable,
)
from shared.domain.intervals import Interval
from shared.domain.model import Customer, PolicySettings, Service
from tests.support.virtually import virtually
from tests.support.wire import Ending
from tests.support.world import CATALOGUE, COURSE, HALF_HOUR, PAIR, QUARTER, SHOP, TALK, TEN
from tests.unit.booking.manage.desk import DAY, LATER, Desk, attempt_of

CHOSEN = RequestKey("e" * 64, "fingerprint")
NEAR = TEN + QUARTER
SETTLED = 80
"""Seconds after which nothing of a write can land any more, and its locks are over."""


def codes(caught: pytest.ExceptionInfo[RulesBroken]) -> list[str]:
    return [one.code for one in caught.value.violations]


@virtually
async def test_an_appointment_for_one_moves_in_five_calls() -> None:
    """The row says where it is, and the old time is free for everybody at once."""
    desk = Desk()
    row = await desk.book(notes="Nuts!")
    before = desk.shown(row)

    answer = await desk.move(row)

    now = await desk.row(row.reference)
    assert answer["start"] == LATER.isoformat()
    assert dict(desk.wire.calls) == {
        "appointment": 2, "calendar_view": 1, "staff_availability": 1, "move_appointment": 1,
    }  # fmt: skip
    assert desk.shown(row) == replace(before, span=Interval(LATER, LATER + HALF_HOUR))
    assert (now.span.start, now.changes, now.pending) == (LATER, 1, None)
    assert (await desk.book("una")).span.start == TEN
    with pytest.raises(RulesBroken):
        await desk.book("zoe", start=LATER)


@virtually
async def test_the_same_form_books_the_old_time_again() -> None:
    """Within the same minute, for the same person."""
    desk = Desk()
    row = await desk.book()
    await desk.move(row)
    desk.made -= 1
    again = await desk.book()
    assert (again.span.start, again.reference != row.reference) == (TEN, True)


@virtually
async def test_a_chosen_key_is_replayed_whatever_came_after() -> None:
    """Byte for byte; without one the same wish is a new one after another move."""
    desk = Desk()
    row = await desk.book()
    key = replace(CHOSEN, reference=row.reference)
    first = await desk.move(row, key=key)
    await desk.move(row, TEN)
    assert await desk.move(row, key=key) == first
    assert desk.shown(row).span.start == TEN


@virtually
async def test_its_own_time_and_buffers_are_free_to_it() -> None:
    """A quarter of an hour later overlaps nothing but itself."""
    desk = Desk()
    row = await desk.book()
    assert (await desk.move(row, NEAR))["start"] == NEAR.isoformat()
    assert (await desk.move(row, TEN))["start"] == TEN.isoformat()
    assert (await desk.move(row, NEAR))["start"] == NEAR.isoformat()
    assert (await desk.row(row.reference)).changes == 3


@virtually
async def test_being_there_already_is_an_answer_like_any_other() -> None:
    """Also where the staff brought it there; nothing is written."""
    desk = Desk()
    row = await desk.book()
    assert (await desk.move(row, TEN))["start"] == TEN.isoformat()
    desk.mailbox.move(row.appointment_id, Interval(LATER, LATER + HALF_HOUR))
    assert (await desk.move(row, LATER, "ann"))["start"] == LATER.isoformat()
    assert desk.wire.calls["move_appointment"] == 0
    assert (await desk.row(row.reference)).changes == 0


@virtually
async def test_whoever_gives_it_gives_it_again_if_they_are_free() -> None:
    """Although somebody else has less to do; where they are not, somebody else does."""
    desk = Desk()
    for name, start in (("una", TEN + 2 * HALF_HOUR), ("zoe", TEN + 6 * HALF_HOUR)):
        await desk.book(name, TALK, start)
    row = await desk.book("vic", PAIR, TEN)
    desk.mailbox.move(row.appointment_id, row.span, "ann")
    assert (await desk.move(row))["staff"] == ["ann"]
    assert (await desk.move(row, TEN + 6 * HALF_HOUR))["staff"] == ["bob"]
    assert (await desk.move(row, TEN + 6 * HALF_HOUR, "bob"))["staff"] == ["bob"]
    assert (await desk.row(row.reference)).staff_member_ids == ("bob",)


@virtually
async def test_the_zone_that_was_named_is_the_customers_from_now_on() -> None:
    """Times are told in it."""
    desk = Desk()
    row = await desk.book()
    await desk.move(row, zone="Europe/Paris")
    assert (await desk.row(row.reference)).time_zone == "Europe/Paris"


@virtually
async def test_what_the_rules_refuse_changes_nothing() -> None:
    """A time that is taken, off the grid, or asked for too late; and a booking that is gone."""
    desk = Desk()
    row = await desk.book()
    await desk.book("una", start=LATER)
    for start, code in ((LATER, "slot-taken"), (LATER + HALF_HOUR / 10, "off-grid")):
        with pytest.raises(RulesBroken) as caught:
            await desk.move(row, start)
        assert code in codes(caught)
    policy = PolicySettings(QUARTER, 3 * DAY, 90 * DAY, allow_staff_selection=True)
    desk.mailbox.catalogue = replace(CATALOGUE, business=replace(CATALOGUE.business, policy=policy))
    desk.cases.catalogues.forget(SHOP)
    with pytest.raises(RulesBroken) as caught:
        await desk.move(row, TEN + 10 * DAY)
    assert codes(caught) == ["too-late-to-reschedule"]
    assert desk.shown(row).span.start == TEN
    desk.mailbox.delete(row.appointment_id)
    with pytest.raises(RulesBroken) as caught:
        await desk.move(row, TEN + 10 * DAY)
    assert codes(caught) == ["booking-cancelled"]


@virtually
async def test_a_service_that_was_hidden_moves_and_one_that_is_gone_does_not() -> None:
    """Its own customers know it."""
    desk = Desk()
    row = await desk.book()
    hidden = replace(TALK, is_hidden_from_customers=True)
    desk.mailbox.catalogue = replace(CATALOGUE, services={**CATALOGUE.services, TALK.id: hidden})
    desk.cases.catalogues.forget(SHOP)
    assert (await desk.move(row))["start"] == LATER.isoformat()
    desk.mailbox.delete_service(TALK.id)
    desk.cases.catalogues.forget(SHOP)
    with pytest.raises(NotFound):
        await desk.move(row, TEN)


@virtually
async def test_who_was_moved_before_the_service_went_is_told_so() -> None:
    """Asked again for what was done: it stands there. What was cancelled is so without a service too."""
    desk = Desk()
    row = await desk.book()
    await desk.move(row, LATER)
    desk.mailbox.delete_service(TALK.id)
    desk.cases.catalogues.forget(SHOP)
    assert (await desk.move(row, LATER))["start"] == LATER.isoformat()
    desk.mailbox.delete(row.appointment_id)
    with pytest.raises(RulesBroken) as caught:
        await desk.move(row, TEN)
    assert codes(caught) == ["booking-cancelled"]


@virtually
async def test_nobody_moves_to_an_appointment_of_no_length() -> None:
    """The shop took the service's length away: that nobody can say how long it takes hides it too."""
    desk = Desk()
    row = await desk.book()
    before = desk.shown(row)
    endless = replace(TALK, default_duration=timedelta(), is_hidden_from_customers=True)
    desk.mailbox.catalogue = replace(CATALOGUE, services={**CATALOGUE.services, TALK.id: endless})
    desk.cases.catalogues.forget(SHOP)

    with pytest.raises(NotFound):
        await desk.move(row)
    with pytest.raises(NotFound):
        await desk.manage.slots(row, SlotQuery(SHOP, TALK.id, TEN.date(), TEN.date()))

    assert desk.shown(row) == before


@virtually
async def test_a_seat_is_joined_then_left() -> None:
    """What was told to the staff goes along; nobody else moves."""
    desk = Desk()
    row = await desk.book("vic", COURSE, notes="Nuts!")
    await desk.book("una", COURSE)
    there = desk.seat("zoe", start=LATER)

    answer = await desk.move(row)

    now = await desk.row(row.reference)
    assert answer["start"] == LATER.isoformat()
    assert now.appointment_id == there.id
    assert desk.names_in(there.id) == ["zoe", "vic"]
    assert desk.names_in(row.appointment_id) == ["una"]
    assert "Nuts!" in (desk.mailbox.stored(there.id).service_notes or "")
    assert "Nuts!" not in (desk.shown(row).service_notes or "")


@virtually
async def test_the_last_seat_takes_its_appointment_along() -> None:
    """But for a moment both stand: to a time that overlaps the old one it cannot be moved."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    with pytest.raises(RulesBroken):
        await desk.move(row, NEAR)
    await desk.move(row, LATER)
    (made,) = desk.mailbox.appointments
    assert (made.span.start, made.id) == (LATER, (await desk.row(row.reference)).appointment_id)


@virtually
async def test_a_group_that_stays_keeps_its_time() -> None:
    """Where others are in it the teacher is taken: an overlapping time is refused."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    with pytest.raises(RulesBroken):
        await desk.move(row, NEAR)
    assert desk.names_in(row.appointment_id) == ["vic", "una"]


@virtually
async def test_a_move_within_the_time_of_a_group_never_leaves_two_that_overlap() -> None:
    """Somebody joins the old group while nobody knows yet whether its only guest has left it."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    desk.wire.arm("delete_appointment", Ending("ignored", None, done=0, silent=True))
    with suppress(RulesBroken, OutcomeUnknown):
        await desk.move(row, NEAR)
    await asyncio.sleep(SETTLED)
    await desk.book("una", COURSE)
    desk.wire.disarm()

    await desk.reconcile.settle_all()

    assert desk.names_in(row.appointment_id) == ["vic", "una"]
    assert len(list(desk.mailbox.appointments)) == 1


@virtually
async def test_a_seat_in_another_group_at_the_time_is_one_too_many() -> None:
    """Whoever is there by another booking is not seated twice."""
    desk = Desk()
    row, other = await desk.book("vic", COURSE), await desk.book("vic", COURSE, LATER)
    with pytest.raises(RulesBroken) as caught:
        await desk.move(row)
    assert codes(caught) == ["already-booked"]
    assert desk.names_in(row.appointment_id) == ["vic"]
    assert desk.names_in(other.appointment_id) == ["vic"]


def sells(desk: Desk, service: Service) -> None:
    """The shop changes a service, and the catalogue is read anew."""
    desk.mailbox.catalogue = replace(CATALOGUE, services={**CATALOGUE.services, service.id: service})
    desk.cases.catalogues.forget(SHOP)


@virtually
async def test_a_service_that_became_one_for_groups_changes_seats() -> None:
    """The appointment for one cannot simply be moved into others' time."""
    desk = Desk()
    row = await desk.book()
    sells(desk, replace(TALK, maximum_attendees_count=3))
    await desk.move(row)
    (made,) = desk.mailbox.appointments
    assert (made.maximum_attendees, made.span.start) == (3, LATER)


@virtually
async def test_nor_does_an_appointment_for_two_go_along_with_its_customer() -> None:
    """Its service is for one by now, but the staff may seat a second one there at any time."""
    desk = Desk()
    sells(desk, replace(COURSE, maximum_attendees_count=2))
    row = await desk.book("vic", COURSE)
    sells(desk, replace(COURSE, maximum_attendees_count=1))
    await desk.move(row)
    (made,) = desk.mailbox.appointments
    assert made.id != row.appointment_id
    assert (made.maximum_attendees, made.span.start) == (1, LATER)


@pytest.mark.parametrize("error", [Conflicted, Throttled, Renewed, Missing])
@virtually
async def test_a_patch_that_was_surely_not_done_is_judged_and_sent_again(error: type[Exception]) -> None:
    """Three times at most."""
    desk = Desk()
    row = await desk.book()
    desk.arm("move_appointment", error, times=2)
    assert (await desk.move(row))["start"] == LATER.isoformat()
    desk.arm("move_appointment", error, times=9)
    with pytest.raises((error, NotBooked)):
        await desk.move(row, TEN)
    assert desk.shown(row).span.start == LATER
    assert not (await desk.read(row)).is_pending


@virtually
async def test_what_the_staff_do_between_the_tries_counts() -> None:
    """They brought it there themselves; they gave it to somebody else, whose locks are not held."""
    desk = Desk()
    row = await desk.book("vic", PAIR)
    staff = row.staff_member_ids[0]
    desk.wire.arm("move_appointment", _conflict(desk, row.appointment_id, LATER, staff))
    assert (await desk.move(row))["start"] == LATER.isoformat()
    other = "bob" if staff == "ann" else "ann"
    desk.wire.arm("move_appointment", _conflict(desk, row.appointment_id, TEN + DAY, other))
    with pytest.raises(SlotBusy):
        await desk.move(row, TEN)
    assert desk.shown(row).span.start == TEN + DAY


def _conflict(desk: Desk, appointment_id: str, start: object, staff: str) -> Ending:
    """A 412, since the staff have just moved it."""

    def strike(operation: str) -> Exception:
        desk.mailbox.move(appointment_id, Interval(start, start + HALF_HOUR), staff)  # type: ignore[arg-type, operator]
        return Conflicted(operation, 412)

    return Ending("412", strike, done=0)


@virtually
async def test_an_answer_that_was_lost_is_looked_for() -> None:
    """Done is done; an error of Graph's own that did nothing is tried again."""
    for error, done in ((Unreachable, 1), (Unavailable, 1), (Unavailable, 0)):
        desk = Desk()
        row = await desk.book()
        desk.arm("move_appointment", error, done=done)
        assert (await desk.move(row))["start"] == LATER.isoformat()


@virtually
async def test_one_that_may_still_land_is_in_doubt() -> None:
    """The booking is pending until it is settled, and slots are not offered meanwhile."""
    desk = Desk()
    row = await desk.book()
    desk.arm("move_appointment", Unreachable)
    with pytest.raises(OutcomeUnknown):
        await desk.move(row)
    standing = await desk.read(row)
    assert standing.is_pending
    assert standing.can_cancel.code == "booking-pending"
    assert (await desk.record(row)).state is State.UNKNOWN
    query = SlotQuery(SHOP, TALK.id, TEN.date(), TEN.date())
    with pytest.raises(BookingPending):
        await desk.manage.slots(await desk.row(row.reference), query)
    with pytest.raises((BookingPending, SlotBusy)):
        await desk.cancel(row)


@virtually
async def test_what_graph_made_of_it_otherwise_is_not_confirmed() -> None:
    """204, and it stands somewhere else."""
    desk = Desk()
    row = await desk.book()
    desk.arm("move_appointment", lambda _: None, done=0, shown=lambda _: None)
    desk.wire.disarm()
    desk.wire.arm("move_appointment", Ending("ignored", None, done=0))
    with pytest.raises(NotBooked):
        await desk.move(row)
    assert (await desk.read(row)).stands
    assert not (await desk.read(row)).is_pending


@virtually
async def test_nobody_free_at_the_last_moment_is_said_honestly() -> None:
    """A plan that has neither a seat nor anybody who gives one."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    reschedule = desk.manage.reschedule
    planned = await reschedule.planner.plan(row, Wish(LATER))
    assert planned.target is not None
    nobody = replace(planned, target=replace(planned.target, staff_id=None, target=None))
    lease = await desk.lease(RequestKey("c" * 64, "", reference=row.reference))
    with pytest.raises(SlotBusy):
        await _Move(reschedule, row, Wish(LATER), "c" * 64).write(nobody, desk.writing(lease))


@virtually
async def test_slots_of_a_booking_are_what_a_move_accepts() -> None:
    """Its own time is free to it, nobody else's is; a booking that may not be moved has none."""
    desk = Desk()
    row = await desk.book()
    await desk.book("una", start=LATER)
    query = SlotQuery(SHOP, TALK.id, TEN.date(), TEN.date())

    own = {one.start for one in (await desk.manage.slots(row, query)).slots}
    everybodys = {one.start for one in (await desk.cases.availability(query)).slots}

    assert {TEN, NEAR} <= own
    assert {TEN, NEAR, LATER}.isdisjoint(everybodys)
    assert LATER not in own
    desk.mailbox.delete(row.appointment_id)
    with pytest.raises(RulesBroken) as caught:
        await desk.manage.slots(row, query)
    assert codes(caught) == ["booking-cancelled"]


@virtually
async def test_it_is_judged_by_the_day_in_the_business_and_its_staff() -> None:
    """Two days' locks where a buffer reaches over midnight; a deleted staff member is nobody's lock."""
    desk = Desk()
    row = await desk.book()
    locks = await desk.manage.reschedule.planner.foresee(row, Wish(LATER))
    assert {one.partition("\n")[0] for one in locks} == {"booking", "staff-day"}
    group = await desk.book("una", COURSE)
    locks = await desk.manage.reschedule.planner.foresee(group, Wish(LATER))
    assert sorted(one.partition("\n")[0] for one in locks) == [
        "booking", "service-start", "service-start", "staff-day",
    ]  # fmt: skip


@virtually
async def test_whoever_leaves_a_group_does_not_wait_for_whoever_books_its_staff() -> None:
    """Somebody is booking the old day of the same staff member; a seat given up is no business of theirs."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    await desk.book("una", COURSE)
    (staff_id,) = row.staff_member_ids
    async with desk.locks.hold([staff_day_lock(SHOP, staff_id, TEN.date())]):
        assert await desk.move(row, LATER + DAY)


@virtually
async def test_a_move_in_doubt_is_settled_by_where_it_is() -> None:
    """There: it has moved. Where it was, or elsewhere, when nothing can land any more: it has not."""
    for start, answers in ((LATER, True), (TEN, False), (TEN + DAY, False)):
        desk = Desk()
        row = await desk.book()
        target = Interval(LATER, LATER + HALF_HOUR)
        lease = await desk.unknown(row, attempt_of(row, Kind.MOVE, desk.clock(), span=target))
        desk.mailbox.move(row.appointment_id, Interval(start, start + HALF_HOUR))
        if answers:
            assert LATER.isoformat() in (await desk.settled(lease) or "")
            assert (await desk.row(row.reference)).span == target
            continue
        with pytest.raises(OutcomeUnknown):
            await desk.settled(lease)
        await _until_settled()
        assert await desk.settled(lease) is None
        assert (await desk.row(row.reference)).span.start == TEN


@virtually
async def test_a_move_of_what_is_gone_by_now_did_not_happen() -> None:
    """The staff cancelled it meanwhile."""
    desk = Desk()
    row = await desk.book()
    lease = await desk.unknown(row, attempt_of(row, Kind.MOVE, desk.clock()))
    desk.mailbox.delete(row.appointment_id)
    await _until_settled()
    assert await desk.settled(lease) is None


async def _until_settled() -> None:
    await asyncio.sleep(80)


@virtually
async def test_customers_are_known_by_record_else_by_address() -> None:
    """Their record may be another one by now; a stranger in their place is not them."""
    desk = Desk()
    row = await desk.book()
    kept = desk.shown(row)
    (vic,) = kept.attendees
    renewed = replace(vic, customer_id="another record")
    stranger = replace(vic, customer_id="somebody", email="somebody@contoso.com")
    for guest, stands in ((renewed, True), (stranger, False)):
        desk.mailbox.appointments.put(kept.id, replace(kept, attendees=(guest,)))
        assert (await desk.read(row)).stands is stands
    desk.mailbox.add_customer(Customer("another record", "vic", "vic@contoso.com"))
