"""Writing a booking: one appointment or one seat, whatever Graph answers to it."""

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from shared.booking.create.booking import AppointmentWriter, ManageLink
from shared.booking.create.plan import BookingPlan
from shared.booking.create.seated import unsealed
from shared.booking.ports import Check, Graph
from shared.booking.sealing import Sealer
from shared.booking.writes.engine import Writing
from shared.booking.writes.idempotency import Lease
from shared.booking.writes.notes import carries
from shared.domain.errors import (
    Conflicted,
    Denied,
    Missing,
    NotBooked,
    OutcomeUnknown,
    Rejected,
    RulesBroken,
    SlotBusy,
    Unavailable,
    Unreachable,
    Unreadable,
)
from shared.domain.intervals import Interval
from shared.domain.model import Appointment, Customer, DayView, Draft, Service
from shared.domain.rules.context import RuleContext, ServiceCalendar, SlotRequest
from tests.support.shop import Shop, wish
from tests.support.virtually import virtually
from tests.support.wire import Ending
from tests.support.world import CATALOGUE, COURSE, TALK, TEN

HOUR = timedelta(hours=1)
SEALER = Sealer(b"one secret for all workers")


class Desk(Shop):
    """A shop with a lease for vic's booking."""

    def __init__(self, service: Service = TALK) -> None:
        super().__init__()
        self.vic = self.customer("vic")
        self.service = service

    async def begin(self, target: Appointment | None = None) -> tuple[BookingPlan, Writing, Lease]:
        """The plan by what the calendar shows now."""
        span = Interval(TEN, TEN + self.service.default_duration)
        wide = span.widened(HOUR, HOUR)
        staff = {one: self.mailbox.availability(one, wide) for one in self.service.staff_member_ids}
        view = DayView(wide, self.mailbox.view(wide), staff)
        plan = BookingPlan(
            wish("vic", self.service),
            RuleContext(
                ServiceCalendar.of(CATALOGUE, self.service, view, self.clock()),
                SlotRequest(self.service, span),
            ),
            frozenset({"lock"}),
            staff_id=self.service.staff_member_ids[0],
            target=target,
            customer_id=self.vic.id or "",
        )
        lease = await self.lease()
        return plan, self.writing(lease), lease

    def stale(self) -> None:
        """The staff deleted vic's record."""
        self.mailbox.forget_customer("vic@contoso.com")


@virtually
async def test_a_new_appointment_is_what_was_planned() -> None:
    """One POST, with the mark in it and the attempt recorded before it."""
    desk = Desk()
    plan, writing, lease = await desk.begin()

    made = await desk.writer.create(plan, writing)

    assert plan.is_in(made)
    assert carries(desk.mailbox.stored(made.id), lease.reference)
    assert lease.record.attempt == plan.attempt(desk.clock())
    assert desk.wire.calls == {"create_appointment": 1}
    assert writing.held.in_doubt


class Drafts:
    """Graph, which keeps what is to be written."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.kept: list[Draft] = []

    async def create_appointment(self, business: str, draft: Draft, *, check: Check) -> Appointment:
        self.kept.append(draft)
        return await self._graph.create_appointment(business, draft, check=check)


def linked(desk: Desk, *, is_only_way: bool = True) -> tuple[AppointmentWriter, Drafts]:
    """A writer that knows where bookings are managed."""
    drafts = Drafts(desk.writer.graph)
    writer = replace(
        desk.writer,
        graph=cast("Graph", drafts),
        manage_link=ManageLink(
            lambda mailbox, reference, token: f"https://book/{mailbox}#{reference}.{token}", is_only_way
        ),
    )
    return writer, drafts


@virtually
async def test_an_appointment_for_one_brings_the_link_behind_the_services_own_text() -> None:
    """And there is no second way to manage it, which would know none of our locks."""
    desk = Desk(replace(TALK, maximum_attendees_count=1, additional_information="Bring a pen."))
    plan, writing, lease = await desk.begin()
    writer, drafts = linked(desk)

    await writer.create(plan, writing)

    token = writer.hasher.token(lease.record.key, lease.reference)
    (draft,) = drafts.kept
    assert draft.service.additional_information == (
        f"Bring a pen.\n\nhttps://book/{plan.business}#{lease.reference}.{token}"
    )
    assert not draft.service.is_customer_allowed_to_manage_booking


@pytest.mark.parametrize("is_allowed", [True, False])
@pytest.mark.parametrize("is_only_way", [True, False])
@virtually
async def test_microsofts_own_way_to_manage_stays_where_the_deployment_wants_it(
    is_only_way: bool, is_allowed: bool
) -> None:
    """And the service has it: a setting opens no door that the shop keeps closed."""
    service = replace(TALK, maximum_attendees_count=1, is_customer_allowed_to_manage_booking=is_allowed)
    desk = Desk(service)
    plan, writing, _ = await desk.begin()
    writer, drafts = linked(desk, is_only_way=is_only_way)

    await writer.create(plan, writing)

    (draft,) = drafts.kept
    assert draft.service.is_customer_allowed_to_manage_booking is (is_allowed and not is_only_way)


@pytest.mark.parametrize("case", ["group", "change of seats", "no lease"])
@virtually
async def test_the_link_stands_where_only_its_owner_reads_it(case: str) -> None:
    """Not in what a whole group reads, and not with a token that opens nothing."""
    desk = Desk(COURSE if case == "group" else replace(TALK, maximum_attendees_count=1))
    plan, writing, lease = await desk.begin()
    if case == "change of seats":
        plan = replace(plan, leaves="another")
    if case == "no lease":
        writing = Writing(writing.held, writing.call, None, settled=lease.reference)
    writer, drafts = linked(desk)

    await writer.create(plan, writing)

    assert [draft.service for draft in drafts.kept] == [plan.service]


@virtually
async def test_a_post_without_an_answer_is_looked_for() -> None:
    """And found."""
    desk = Desk()
    plan, writing, _ = await desk.begin()
    desk.arm("create_appointment", Unreachable, done=1)
    assert plan.is_in(await desk.writer.create(plan, writing))
    assert desk.wire.calls["create_appointment"] == 1


@virtually
async def test_a_post_that_was_delivered_twice_stands_once() -> None:
    """Both are found by the mark."""
    desk = Desk()
    plan, writing, _ = await desk.begin()
    desk.arm("create_appointment", Unreachable, done=2)
    made = await desk.writer.create(plan, writing)
    assert [one.id for one in desk.mailbox.appointments] == [made.id]


@pytest.mark.parametrize(("error", "is_over"), [(Unreachable, False), (Unreadable, True)])
@virtually
async def test_what_may_turn_up_later_is_not_sent_again(error: type[Exception], is_over: bool) -> None:
    """It may land, or it is there and was not found; the doubt stays."""
    desk = Desk()
    plan, writing, lease = await desk.begin()
    desk.arm("create_appointment", error)
    with pytest.raises(OutcomeUnknown) as caught:
        await desk.writer.create(plan, writing)
    assert (caught.value.reference, caught.value.is_over) == (lease.reference, is_over)
    assert desk.wire.calls["create_appointment"] == 1
    assert writing.held.in_doubt


@pytest.mark.parametrize(("error", "is_over"), [(Unreachable, False), (Unavailable, True)])
@virtually
async def test_a_look_that_fails_is_an_unknown_outcome(error: type[Exception], is_over: bool) -> None:
    """Whether the write is over is known all the same."""
    desk = Desk()
    plan, writing, lease = await desk.begin()
    desk.arm("create_appointment", error)
    desk.arm("calendar_view", Denied)
    with pytest.raises(OutcomeUnknown) as caught:
        await desk.writer.create(plan, writing)
    assert (caught.value.reference, caught.value.is_over) == (lease.reference, is_over)
    assert writing.held.in_doubt


@virtually
async def test_a_post_that_left_nothing_behind_is_sent_once_more() -> None:
    """Graph fails one for a customer whose record is gone: then with another record."""
    desk = Desk()
    plan, writing, lease = await desk.begin()
    desk.stale()

    made = await desk.writer.create(plan, writing)

    assert desk.wire.calls["create_appointment"] == 2
    assert made.attendees[0].customer_id == await desk.index_id("vic") != desk.vic.id
    assert lease.record.attempt is not None
    assert lease.record.attempt.customer_id == made.attendees[0].customer_id


@virtually
async def test_twice_is_enough() -> None:
    """Nothing was booked, and nothing is in doubt."""
    desk = Desk()
    plan, writing, _ = await desk.begin()
    desk.arm("create_appointment", Unavailable, times=None)
    with pytest.raises(NotBooked):
        await desk.writer.create(plan, writing)
    assert desk.wire.calls["create_appointment"] == 2
    assert not writing.held.in_doubt


@pytest.mark.parametrize(("conflicts", "posts"), [(1, 2), (2, 3), (3, 3)])
@virtually
async def test_a_post_that_met_a_conflict_goes_out_again(conflicts: int, posts: int) -> None:
    """Something else touched the mailbox: three times, and what surely stands nowhere is told as that."""
    desk = Desk()
    desk.arm("create_appointment", Conflicted, times=conflicts)
    plan, writing, _ = await desk.begin()

    if conflicts < posts:
        made = await desk.writer.create(plan, writing)
        assert [one.id for one in desk.mailbox.appointments] == [made.id]
    else:
        with pytest.raises(Conflicted):
            await desk.writer.create(plan, writing)
        assert not writing.held.in_doubt
    assert desk.wire.calls["create_appointment"] == posts


@virtually
async def test_what_graph_refuses_is_told() -> None:
    """At once."""
    desk = Desk()
    plan, writing, _ = await desk.begin()
    desk.arm("create_appointment", Rejected)
    with pytest.raises(Rejected):
        await desk.writer.create(plan, writing)
    assert not writing.held.in_doubt
    assert desk.wire.calls == {"create_appointment": 1}


@virtually
async def test_an_appointment_at_another_time_is_not_the_one_that_was_asked_for() -> None:
    """It is taken back."""
    desk = Desk()
    plan, writing, _ = await desk.begin()

    def later(made: Appointment) -> Appointment:
        return replace(made, span=Interval(made.span.start + HOUR, made.span.end + HOUR))

    desk.wire.arm("create_appointment", Ending("later", stored=later))
    with pytest.raises(NotBooked):
        await desk.writer.create(plan, writing)
    assert list(desk.mailbox.appointments) == []


class Group(Desk):
    """A course with somebody in it."""

    def __init__(self, *names: str) -> None:
        super().__init__(COURSE)
        self.made = self.seat(*(names or ("zoe",)))

    async def join(self) -> tuple[Appointment, Writing, Lease]:
        plan, writing, lease = await self.begin(self.made)
        return await self.writer.join(plan, self.made, writing), writing, lease


@virtually
async def test_who_joins_is_in_with_everybody_else() -> None:
    """The attempt tells who was in before, sealed."""
    group = Group()
    joined, writing, lease = await group.join()
    assert [one.name for one in joined.attendees] == ["zoe", "vic"]
    attempt = lease.record.attempt
    assert attempt is not None
    assert (attempt.is_join, attempt.appointment_id) == (True, group.made.id)
    assert attempt.seated == (group.made.attendees[0].customer_id,)
    assert [one.name for one in unsealed(attempt.sealed, SEALER)] == ["zoe"]
    assert writing.held.in_doubt


@virtually
async def test_nobody_joins_what_filled_up_meanwhile() -> None:
    """By the list that was read for the write, and by the rules."""
    group = Group("zoe", "yan")
    plan, writing, _ = await group.begin(group.made)
    group.mailbox.seat(group.made.id, Customer(None, "una", "una@contoso.com"))
    with pytest.raises(RulesBroken):
        await group.writer.join(plan, group.made, writing)
    assert group.wire.calls["replace_attendees"] == 0
    assert not writing.held.in_doubt


@virtually
async def test_nobody_joins_what_is_gone() -> None:
    """The staff deleted it."""
    group = Group()
    plan, writing, _ = await group.begin(group.made)
    group.mailbox.delete(group.made.id)
    with pytest.raises(SlotBusy):
        await group.writer.join(plan, group.made, writing)
    group = Group()
    plan, writing, _ = await group.begin(group.made)
    group.arm("replace_attendees", Missing)
    with pytest.raises(SlotBusy):
        await group.writer.join(plan, group.made, writing)


@virtually
async def test_nobody_joins_what_was_moved_away() -> None:
    """Then there is no such appointment at that time."""
    group = Group()
    plan, writing, _ = await group.begin(group.made)
    group.mailbox.move(group.made.id, Interval(TEN + HOUR * 2, TEN + HOUR * 3))
    with pytest.raises((SlotBusy, RulesBroken)):
        await group.writer.join(plan, group.made, writing)
    assert group.wire.calls["replace_attendees"] == 0


@virtually
async def test_a_seat_whose_answer_was_lost_is_found() -> None:
    """Read by id."""
    group = Group()
    group.arm("replace_attendees", Unreachable, done=1)
    joined, _, _ = await group.join()
    assert [one.name for one in joined.attendees] == ["zoe", "vic"]
    assert group.wire.calls["replace_attendees"] == 1


@virtually
async def test_nobody_joins_another_appointment_than_the_rules_would_have_it() -> None:
    """Of two at the same time it is the other one by now."""
    group = Group("zoe", "yan")
    other = group.seat("una")
    plan, writing, _ = await group.begin(other)
    assert plan.context.join_target is not None
    assert plan.context.join_target.id == group.made.id
    with pytest.raises(SlotBusy):
        await group.writer.join(plan, other, writing)
    assert group.wire.calls["replace_attendees"] == 0
