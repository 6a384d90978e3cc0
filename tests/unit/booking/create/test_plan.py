"""What a booking would write, and the locks that it needs for that."""

import asyncio
from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from shared.booking.create.plan import BookingPlan, Planner, plan
from shared.booking.create.request import BookingRequest
from shared.booking.slots.calendar import DayViews, LastSeen
from shared.booking.slots.catalogue import Reminders
from shared.booking.writes.locks import FIRST_POLL, Foreseen, service_start_lock, staff_day_lock
from shared.booking.writes.notes import mark
from shared.domain.errors import NotFound, RulesBroken
from shared.domain.intervals import Interval, LocalSpan
from shared.domain.model import (
    Address,
    Answer,
    AskedQuestion,
    Attendee,
    Catalogue,
    Customer,
    DayView,
    Question,
    Service,
)
from shared.domain.rules.context import RuleContext, ServiceCalendar, SlotRequest
from tests.support.shop import REQUEST, Shop, wish
from tests.support.virtually import virtually
from tests.support.world import CATALOGUE, COURSE, PAIR, SHOP, TALK, TEN

DAY = date(2026, 6, 2)
HOUR = timedelta(hours=1)
ANN_S_DAY = staff_day_lock(SHOP, "ann", DAY)
BOB_S_DAY = staff_day_lock(SHOP, "bob", DAY)
COURSE_START = service_start_lock(SHOP, COURSE.id, TEN)


class Desk(Shop):
    """A shop whose planner is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.views = DayViews(self.graph, self.stores.ledger, self.clock)
        self.seen = LastSeen()
        self.planner = Planner(
            views=self.views,
            last_seen=self.seen,
            customers=self.directory,
            reminders=Reminders(self.graph, self.clock),
            clock=self.clock,
        )

    async def foresee(self, request: BookingRequest, catalogue: Catalogue = CATALOGUE) -> frozenset[str]:
        names, also = await self.planner.foresee(request, catalogue)
        assert not also
        return names

    async def plan(self, request: BookingRequest, catalogue: Catalogue = CATALOGUE) -> BookingPlan:
        return await self.planner.plan(request, catalogue)


@virtually
async def test_a_new_appointment_needs_the_days_of_its_staff_member() -> None:
    """Read fresh, and remembered for the next guess."""
    desk = Desk()
    made = await desk.plan(wish())
    assert made.locks == {ANN_S_DAY}
    assert (made.staff_id, made.target, made.is_possible) == ("ann", None, True)
    assert desk.seen.get(SHOP, DAY) is not None
    assert desk.wire.calls == {"calendar_view": 1, "staff_availability": 1, "reminders": 1}


@virtually
async def test_a_day_that_the_buffers_reach_is_locked_too() -> None:
    """The staff member is taken from ten hours and a half before the start."""
    desk = Desk()
    long = replace(TALK, pre_buffer=HOUR * 21 / 2)
    span = Interval(TEN, TEN + long.default_duration)
    wide = span.widened(48 * HOUR, 48 * HOUR)
    always = dict.fromkeys(range(7), (LocalSpan(time(0), time(0)),))
    business = replace(CATALOGUE.business, hours=always)
    catalogue = replace(CATALOGUE, services={long.id: long}, business=business)
    view = DayView(wide, (), {"ann": desk.mailbox.availability("ann", wide)})
    context = RuleContext(ServiceCalendar.of(catalogue, long, view, desk.clock()), SlotRequest(long, span))
    assert context.occupied.start.date() == DAY - timedelta(days=1)
    yesterday = staff_day_lock(SHOP, "ann", DAY - timedelta(days=1))
    assert plan(wish(service=long), context).locks == {yesterday, ANN_S_DAY}


@virtually
async def test_a_group_needs_its_start_and_a_new_one_its_staff_as_well() -> None:
    """Whoever joins takes nobody's time."""
    desk = Desk()
    new = await desk.plan(wish(service=COURSE))
    assert new.locks == {COURSE_START, BOB_S_DAY}
    seated = desk.seat("zoe")
    join = await desk.plan(wish(service=COURSE))
    assert join.locks == {COURSE_START}
    assert join.target is not None
    assert (join.target.id, join.staff_id, join.is_possible) == (seated.id, None, True)


@virtually
async def test_the_log_says_why_this_member_of_staff_gives_it() -> None:
    """The one asked for, else the least loaded."""
    desk = Desk()
    chosen = await desk.plan(wish())
    assert (chosen.staff_id, chosen.reason) == ("ann", "least-loaded")
    asked = await desk.plan(replace(wish(), staff_id="ann"))
    assert (asked.staff_id, asked.reason) == ("ann", "asked-for")


@virtually
async def test_where_nobody_is_free_nothing_is_possible() -> None:
    """Refused under the locks; before them it is only a guess."""
    desk = Desk()
    desk.seat("zoe", service=TALK)
    with pytest.raises(RulesBroken):
        await desk.plan(wish())
    assert await desk.foresee(wish()) == frozenset()


@virtually
async def test_what_no_calendar_would_allow_is_refused_before_anything_is_read_for_it() -> None:
    """It needs no calendar."""
    desk = Desk()
    with pytest.raises(RulesBroken):
        await desk.foresee(wish(start=TEN + timedelta(minutes=7)))
    with pytest.raises(NotFound):
        await desk.foresee(replace(wish(), service_id="nothing"))
    assert not desk.wire.calls


@virtually
async def test_a_guess_by_what_was_seen_last_costs_nothing() -> None:
    """Where something is possible by that; else by what visitors saw, however long ago."""
    desk = Desk()
    await desk.plan(wish())
    desk.wire.calls.clear()
    assert await desk.foresee(wish()) == {ANN_S_DAY}
    assert not desk.wire.calls

    desk.seat("zoe", service=TALK)
    with pytest.raises(RulesBroken):
        await desk.plan(wish("una"))
    desk.mailbox.delete(next(one.id for one in desk.mailbox.appointments))
    assert await desk.foresee(wish()) == frozenset()
    await desk.views.shared(CATALOGUE, DAY, DAY)
    desk.wire.calls.clear()
    await asyncio.sleep(3600)
    assert await desk.foresee(wish()) == {ANN_S_DAY}
    assert not desk.wire.calls


@virtually
async def test_of_many_the_one_who_is_free_is_guessed_by_what_visitors_see(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody waits for the lock of somebody else, which a worker that died may have left."""
    monkeypatch.setattr("shared.booking.create.plan.MOST_ALSO", 1)
    desk = Desk()
    desk.seat("zoe", service=TALK, start=TEN)
    assert await desk.foresee(wish(service=PAIR)) == {BOB_S_DAY}
    assert desk.wire.calls == {"calendar_view": 1, "staff_availability": 1}


@virtually
async def test_of_a_few_the_days_of_all_are_taken_where_they_are_free() -> None:
    """The read under the locks says who it is; a lock that a dead worker left is in nobody's way."""
    desk = Desk()
    desk.seat("zoe", service=TALK, start=TEN)
    foreseen = await desk.planner.foresee(wish(service=PAIR), CATALOGUE)
    assert foreseen == Foreseen(frozenset(), frozenset({ANN_S_DAY, BOB_S_DAY}))
    assert not desk.wire.calls
    async with desk.locks.hold([ANN_S_DAY]) as dead:
        dead.in_doubt = True
    began = desk.clock()
    await desk.cases.create_booking(wish(service=PAIR), REQUEST)
    assert desk.clock() - began < FIRST_POLL
    assert desk.wire.calls["calendar_view"] == desk.wire.calls["staff_availability"] == 1


@virtually
async def test_of_a_day_that_visitors_have_seen_only_one_of_several_is_guessed() -> None:
    """The others are left to those who need them."""
    desk = Desk()
    desk.seat("zoe", service=TALK, start=TEN + 4 * HOUR)
    await desk.views.shared(CATALOGUE, DAY, DAY)
    assert await desk.foresee(wish(service=PAIR)) == {BOB_S_DAY}


@virtually
async def test_a_group_of_several_needs_its_start_and_perhaps_somebodys_day() -> None:
    """Only one creates or joins it at a time, whoever gives it."""
    desk = Desk()
    both = replace(COURSE, staff_member_ids=PAIR.staff_member_ids)
    catalogue = replace(CATALOGUE, services={**CATALOGUE.services, COURSE.id: both})
    foreseen = await desk.planner.foresee(wish(service=COURSE), catalogue)
    assert foreseen == Foreseen(frozenset({COURSE_START}), frozenset({ANN_S_DAY, BOB_S_DAY}))


@virtually
async def test_of_a_day_that_nobody_has_seen_nothing_is_read_for_a_guess() -> None:
    """As if everybody were free: a booking costs there what it costs on other days."""
    desk = Desk()
    assert await desk.foresee(wish()) == {ANN_S_DAY}
    assert await desk.foresee(replace(wish(service=PAIR), staff_id="bob")) == {BOB_S_DAY}
    assert await desk.foresee(wish(service=COURSE)) == {COURSE_START, BOB_S_DAY}
    await desk.cases.create_booking(wish(), REQUEST)
    assert desk.wire.calls["calendar_view"] == desk.wire.calls["staff_availability"] == 1


@virtually
async def test_whoever_has_a_booking_there_is_known_by_the_record() -> None:
    """The index knows the customer's id."""
    desk = Desk()
    vic = desk.customer("vic")
    await desk.directory.scans.renew(SHOP)
    assert (await desk.plan(wish())).context.request.customer_id == vic.id
    assert (await desk.plan(wish("nobody"))).context.request.customer_id is None


@virtually
async def test_days_and_index_are_read_side_by_side() -> None:
    """A booking waits for the slower one alone."""
    desk = Desk()
    desk.wire.latency = 1.0
    began = desk.clock()
    await asyncio.gather(desk.plan(wish()), desk.plan(wish("una")))
    assert desk.clock() - began < timedelta(seconds=4)


ASKED = AskedQuestion(Question("q1", "Your age?"), is_required=False)
ASKING = replace(COURSE, questions=(ASKED,), sms_notifications_enabled=True)


def a_plan(service: Service = ASKING, **members: object) -> BookingPlan:
    """A plan with everything in it that can be typed."""
    address = Address(city="Ulm")
    request = BookingRequest(
        SHOP,
        service.id,
        TEN,
        Customer(None, "Vic", "vic@contoso.com"),
        time_zone="Europe/Berlin",
        phone="+4912345",
        notes="by the window",
        address=address,
        answers={"q1": "30", "q2": "not asked"},
        sms_notifications=True,
    )
    span = Interval(TEN, TEN + service.default_duration)
    calendar = ServiceCalendar.of(
        CATALOGUE, service, DayView(span.widened(HOUR, HOUR), (), {}), TEN - 24 * HOUR
    )
    made = BookingPlan(
        request,
        RuleContext(calendar, SlotRequest(service, span)),
        frozenset("ba"),
        staff_id="bob",
        customer_id="vic",
    )
    return replace(made, **members)  # type: ignore[arg-type]


def test_what_the_customer_typed_arrives() -> None:
    """All of it, and the answers to questions that were asked."""
    assert a_plan().attendee() == Attendee(
        customer_id="vic",
        name="Vic",
        email="vic@contoso.com",
        phone="+4912345",
        notes="by the window",
        address=Address(city="Ulm"),
        time_zone="Europe/Berlin",
        answers=(Answer(ASKED, "30"),),
        sms_notifications_enabled=True,
    )


def test_nobody_gets_a_text_message_that_the_service_does_not_send() -> None:
    """Whatever was asked for."""
    assert not a_plan(COURSE).attendee().sms_notifications_enabled


def test_a_draft_is_the_plan_with_its_mark() -> None:
    """One staff member, one customer."""
    made = a_plan()
    draft = made.draft("BK-1")
    assert (draft.service, draft.span, draft.staff_member_ids) == (
        ASKING,
        made.context.request.span,
        ("bob",),
    )
    assert draft.attendees == (made.attendee(),)
    assert (draft.service_notes, draft.customer_time_zone) == (
        f"{mark('BK-1')}\n  | Vic: by the window",
        "Europe/Berlin",
    )
    without = replace(made, request=replace(made.request, notes=None))
    assert without.draft("BK-1").service_notes == mark("BK-1")


def test_the_staff_are_told_that_consent_was_given() -> None:
    """It stands below the booking's reference; nothing does where nobody was asked or agreed."""
    made = a_plan()
    notes = [
        replace(made, request=replace(made.request, consent=one)).staff_note for one in (True, False, None)
    ]
    assert notes == ["Vic: by the window\nConsent: given", "Vic: by the window", "Vic: by the window"]


def test_the_staff_are_told_note_and_extension() -> None:
    """In the customer's own element and in the notes, where others are with the name."""
    made, alone = a_plan(), a_plan(TALK)
    asked = replace(made.request, phone="+12135550199", phone_extension="4571")
    both = "by the window\nPhone: +12135550199 ext. 4571"
    assert replace(made, request=asked).attendee().notes == both
    assert replace(made, request=asked).staff_note == f"Vic: {both}"
    assert replace(alone, request=asked).staff_note == both
    nothing = replace(alone, request=replace(asked, notes=None, phone_extension=None))
    assert (nothing.staff_note, nothing.attendee().notes) == ("", None)


@virtually
async def test_a_note_is_judged_with_the_rest() -> None:
    """Before anything is written."""
    desk, long = Desk(), "x" * 2001
    for judged in (desk.foresee, desk.plan):
        with pytest.raises(RulesBroken, match="note-too-long"):
            await judged(replace(wish(), notes=long))


def test_times_are_read_in_the_visitors_zone_else_in_the_shops() -> None:
    """Whatever the visitor said."""
    made = a_plan()
    assert made.time_zone == "Europe/Berlin"
    assert replace(made, request=replace(made.request, time_zone=None)).time_zone == "UTC"


@virtually
async def test_an_attempt_tells_all_that_is_needed_to_find_it() -> None:
    """For a new appointment and for a seat."""
    made, shop = a_plan(), Shop()
    new = made.attempt(TEN)
    assert (new.business, new.service_id, new.span) == (SHOP, COURSE.id, made.context.request.span)
    assert (new.customer_id, new.time_zone, new.at) == ("vic", "Europe/Berlin", TEN)
    assert (new.locks, new.staff_member_ids) == (("a", "b"), ("bob",))
    assert (new.is_join, new.appointment_id, new.seated, new.sealed) == (False, None, (), None)

    seated = shop.seat("zoe", "una")
    nameless = replace(seated, attendees=(*seated.attendees, Attendee(None, None, None)))
    join = made.attempt(TEN, replace(nameless, staff_member_ids=("ann",)), "sealed")
    ids = tuple(one.customer_id for one in seated.attendees)
    assert (join.is_join, join.appointment_id, join.seated) == (True, seated.id, (*ids, ""))
    assert (join.staff_member_ids, join.sealed) == (("ann",), "sealed")


def test_the_customer_is_known_by_record_and_alone_by_address_too() -> None:
    """In a group two records with one address are two."""
    group, alone = a_plan(), a_plan(TALK)
    theirs, same = Attendee("other", "Vic", "vic@contoso.com"), Attendee("vic", "Vic", None)
    assert group.is_own(same)
    assert not group.is_own(theirs)
    assert (group.email_of_one, alone.email_of_one) == (None, "vic@contoso.com")


@virtually
@pytest.mark.parametrize(("days", "code"), [(-2, "too-soon"), (91, "too-far"), (20_000, "too-far")])
async def test_nobody_is_asked_about_a_start_out_of_reach(days: int, code: str) -> None:
    """A start that the lead times refuse costs no call to Graph, and tells every rule that needs none."""
    desk = Desk()
    request = replace(wish("ann"), start=TEN + timedelta(days=days, hours=10), staff_id="bob")

    with pytest.raises(RulesBroken) as refused:
        await desk.foresee(request)

    codes = [one.code for one in refused.value.violations]
    assert codes == [code, "outside-business-hours", "staff-not-of-service"]
    assert not desk.graph.wire.calls
