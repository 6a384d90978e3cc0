"""Proving: what stands is what was asked for, with everybody in it; what is not is taken back."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.booking.create.plan import BookingPlan
from shared.booking.create.seated import sealed
from shared.booking.records import Attempt, Kind
from shared.booking.sealing import Sealer
from shared.booking.writes.engine import Writing
from shared.booking.writes.locks import email_hash
from shared.booking.writes.notes import block, carries
from shared.domain.errors import (
    Conflicted,
    KeyInFlight,
    Missing,
    NotBooked,
    Renewed,
    Throttled,
    Unavailable,
    Unreachable,
)
from shared.domain.intervals import Interval
from shared.domain.model import Appointment, Attendee, Customer, DayView, Draft, Service
from shared.domain.rules.context import RuleContext, ServiceCalendar, SlotRequest
from tests.support.shop import Shop, attempt_of, wish
from tests.support.virtually import virtually
from tests.support.wire import AS_ASKED, Ending
from tests.support.world import CATALOGUE, COURSE, SHOP, TALK, TEN

HOUR = timedelta(hours=1)
SEALER = Sealer(b"one secret for all workers")


class Desk(Shop):
    """A shop, and the plan of vic's booking."""

    def __init__(self, service: Service = TALK) -> None:
        super().__init__()
        self.service = service
        self.vic = self.customer("vic")
        span = Interval(TEN, TEN + service.default_duration)
        calendar = ServiceCalendar.of(
            CATALOGUE, service, DayView(span.widened(HOUR, HOUR), (), {}), self.clock()
        )
        self.plan = BookingPlan(
            wish("vic", service),
            RuleContext(calendar, SlotRequest(service, span, customer_email="vic@contoso.com")),
            frozenset({"lock"}),
            staff_id=service.staff_member_ids[0],
            customer_id=self.vic.id or "",
        )
        self.right = self.writing()
        self.right.held.in_doubt = True

    @property
    def draft(self) -> Draft:
        return self.plan.draft("BK-1")

    def made(self, *attendees: Attendee) -> Appointment:
        """What Graph made of the draft, with these in it."""
        return self.mailbox.create(replace(self.draft, attendees=attendees), AS_ASKED)

    async def index(self, customer_id: str | None = None) -> None:
        """Let the index know vic."""
        if customer_id is None:
            customer_id = self.vic.id
        name = email_hash(self.directory.hasher, SHOP, "vic@contoso.com")
        await self.stores.customers.insert_missing(SHOP, {name: customer_id or ""})


def attendee(customer: Customer) -> Attendee:
    return Attendee(customer.id, customer.display_name, customer.email)


@virtually
async def test_an_answer_that_fits_is_proof_enough() -> None:
    """No call more."""
    desk = Desk()
    made = desk.made(desk.plan.attendee())

    assert await desk.proof.of_answer(desk.plan, desk.draft, made, desk.right) == made

    assert not desk.wire.calls


@pytest.mark.parametrize("wrong", ["start", "end", "staff", "more staff"])
@virtually
async def test_an_appointment_for_another_time_or_staff_member_is_taken_back(
    wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Though the customer is in it; then the end is known."""
    desk = Desk()
    made = desk.made(desk.plan.attendee())
    span = made.span
    different = {
        "start": {"span": Interval(span.start + HOUR, span.end + HOUR)},
        "end": {"span": Interval(span.start, span.end + HOUR)},
        "staff": {"staff_member_ids": ("bob",)},
        "more staff": {"staff_member_ids": ("ann", "bob")},
    }[wrong]

    with pytest.raises(NotBooked):
        await desk.proof.of_answer(desk.plan, desk.draft, replace(made, **different), desk.right)  # type: ignore[arg-type]

    assert list(desk.mailbox.appointments) == []
    assert not desk.right.held.in_doubt
    assert [one.message for one in caplog.records if one.name.startswith("shared.")] == ["booking.distorted"]


@virtually
async def test_the_order_of_the_staff_says_nothing() -> None:
    """Several of them are the same several."""
    desk = Desk()
    draft = replace(desk.draft, staff_member_ids=("ann", "bob"))
    made = replace(desk.made(desk.plan.attendee()), staff_member_ids=("bob", "ann"))
    assert await desk.proof.of_answer(desk.plan, draft, made, desk.right) == made


@virtually
async def test_an_answer_that_shows_nobody_is_read_by_id() -> None:
    """There the customer is."""
    desk = Desk()
    made = desk.made(desk.plan.attendee())

    proved = await desk.proof.of_answer(desk.plan, desk.draft, replace(made, attendees=()), desk.right)

    assert proved.id == made.id
    assert desk.plan.is_in(proved)
    assert desk.wire.calls == {"appointment": 1}


@virtually
async def test_the_only_customer_is_known_by_the_address_whatever_the_record() -> None:
    """Graph made a second record."""
    desk = Desk()
    made = desk.made(Attendee(desk.customer("other").id, "vic", "VIC@contoso.com"))
    assert await desk.proof.of_new(desk.plan, made, desk.right) == made


@virtually
async def test_a_customer_whom_graph_dropped_is_put_back_with_a_renewed_record() -> None:
    """A new group appointment that was made with nobody in it."""
    desk = Desk(COURSE)
    await desk.index()
    desk.mailbox.forget_customer("vic@contoso.com")
    made = desk.made(desk.plan.attendee())
    assert made.attendees == ()

    proved = await desk.proof.of_new(desk.plan, made, desk.right)

    assert desk.names_in(made.id) == ["vic"]
    assert proved.attendees[0].customer_id == await desk.index_id("vic") != desk.vic.id


@virtually
async def test_an_appointment_without_its_customer_is_taken_back() -> None:
    """Graph drops the renewed record as well."""
    desk = Desk(COURSE)
    await desk.index()
    made = desk.made()
    nobody = Ending("nobody", stored=lambda one: replace(one, attendees=()))
    desk.wire.arm("replace_attendees", nobody)

    with pytest.raises(NotBooked):
        await desk.proof.of_new(desk.plan, made, desk.right)

    assert list(desk.mailbox.appointments) == []
    assert not desk.right.held.in_doubt


@virtually
async def test_an_appointment_that_cannot_be_filled_is_taken_back() -> None:
    """Creating the record failed for good."""
    desk = Desk(COURSE)
    await desk.index()
    desk.mailbox.forget_customer("vic@contoso.com")
    made = desk.made()
    desk.arm("create_customer", Unreachable)

    with pytest.raises(NotBooked):
        await desk.proof.of_new(desk.plan, made, desk.right)

    assert list(desk.mailbox.appointments) == []
    assert not desk.right.held.in_doubt


@virtually
async def test_who_lost_the_record_takes_nothing_back() -> None:
    """Somebody else goes on with this request, and with the appointment."""
    desk = Desk(COURSE)
    await desk.index()
    lease = await desk.lease(attempt=attempt_of(desk.made(), desk.vic.id or "", desk.clock()))
    desk.mailbox.forget_customer("vic@contoso.com")
    made = desk.made()
    writing = desk.writing(lease)
    writing.held.in_doubt = True
    await desk.stores.idempotency.replace(lease.record)

    with pytest.raises(KeyInFlight):
        await desk.proof.of_new(desk.plan, made, writing)

    assert made.id in {one.id for one in desk.mailbox.appointments}
    assert writing.held.in_doubt


class Group(Desk):
    """vic joins an appointment with zoe in it."""

    def __init__(self, *others: str) -> None:
        super().__init__(COURSE)
        self.before = self.seat("zoe", *others)

    def after(self, *attendees: Attendee) -> Appointment:
        """The list as Graph took it."""
        self.mailbox.replace_attendees(self.before.id, attendees, AS_ASKED)
        return self.mailbox.appointment(self.before.id)

    @property
    def zoe(self) -> Attendee:
        return self.before.attendees[0]


@virtually
async def test_a_list_with_everybody_in_it_is_proof_enough() -> None:
    """Whoever the staff seated as well."""
    group = Group()
    after = group.after(group.zoe, group.plan.attendee(), attendee(group.customer("yan")))
    assert await group.proof.of_join(group.plan, group.before, after, group.right) == after
    assert not group.wire.calls


@virtually
async def test_a_list_with_one_too_many_is_stepped_back_from(caplog: pytest.LogCaptureFixture) -> None:
    """The staff seated somebody at the same time: their customer stays."""
    group = Group("una")
    after = group.after(*group.before.attendees, group.plan.attendee(), attendee(group.customer("yan")))
    assert after.filled == after.maximum_attendees + 1

    with pytest.raises(NotBooked):
        await group.proof.of_join(group.plan, group.before, after, group.right)

    assert group.names_in(after.id) == ["zoe", "una", "yan"]
    assert not group.right.held.in_doubt
    assert [one.message for one in caplog.records if one.name.startswith("shared.")] == ["booking.overfull"]


@virtually
async def test_stepping_back_that_fails_leaves_the_doubt() -> None:
    """The locks stay, and the timer goes on with it."""
    group = Group("una")
    after = group.after(*group.before.attendees, group.plan.attendee(), attendee(group.customer("yan")))
    group.arm("appointment", Unreachable)
    with pytest.raises(Unreachable):
        await group.proof.of_join(group.plan, group.before, after, group.right)
    assert group.right.held.in_doubt


@virtually
async def test_who_was_pushed_out_is_put_back_with_a_renewed_record(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The staff deleted zoe's record; Graph dropped her without a word."""
    group = Group()
    group.mailbox.forget_customer("zoe@contoso.com")
    after = group.after(group.zoe, group.plan.attendee())
    assert [one.name for one in after.attendees] == ["vic"]

    proved = await group.proof.of_join(group.plan, group.before, after, group.right)

    assert [one.name for one in proved.attendees] == ["vic", "zoe"]
    assert proved.attendees[1].customer_id != group.zoe.customer_id
    assert [one.message for one in caplog.records if one.name.startswith("shared.")] == [
        "booking.dropped-customer"
    ]


@virtually
async def test_whom_the_staff_took_out_stays_out() -> None:
    """Zoe's record is there: nobody but the staff can have done that."""
    group = Group()
    after = group.after(group.plan.attendee())
    name = email_hash(group.directory.hasher, SHOP, "zoe@contoso.com")
    await group.stores.customers.insert_missing(SHOP, {name: group.zoe.customer_id or ""})
    # The index knows zoe's id as a stale one; the list has her record still.

    proved = await group.proof.of_join(group.plan, group.before, after, group.right)

    assert [one.name for one in proved.attendees] == ["vic"]
    assert group.wire.calls["replace_attendees"] == 0


@virtually
async def test_whom_the_staff_brought_and_took_out_stays_out() -> None:
    """The index has never heard of zoe: the staff made her record after the list was read."""
    group = Group()
    after = group.after(group.plan.attendee())
    await group.stores.customers.mark_scanned(SHOP, group.clock())

    proved = await group.proof.of_join(group.plan, group.before, after, group.right)

    assert [one.name for one in proved.attendees] == ["vic"]
    assert [one.id for one in group.mailbox.customers if one.email == group.zoe.email] == [
        group.zoe.customer_id
    ]


@virtually
async def test_who_was_pushed_out_is_not_given_up_while_the_list_has_the_old_record() -> None:
    """It lags behind: the record itself is gone. Until the two agree nobody knows, and the locks stay."""
    group = Group()
    name = email_hash(group.directory.hasher, SHOP, "zoe@contoso.com")
    await group.stores.customers.insert_missing(SHOP, {name: group.zoe.customer_id or ""})
    group.graph.lag(HOUR)
    group.mailbox.forget_customer("zoe@contoso.com")
    after = group.after(group.zoe, group.plan.attendee())

    with pytest.raises(NotBooked):
        await group.proof.of_join(group.plan, group.before, after, group.right)

    assert group.right.held.in_doubt
    await asyncio.sleep(HOUR.total_seconds())
    await group.proof.put_back(SHOP, group.before.attendees, after, group.writing())
    assert group.names_in(after.id) == ["vic", "zoe"]


@virtually
async def test_both_are_put_back_where_both_were_dropped() -> None:
    """In one list."""
    group = Group()
    await group.index()
    for email in ("zoe@contoso.com", "vic@contoso.com"):
        group.mailbox.forget_customer(email)
    after = group.after(group.zoe, group.plan.attendee())

    proved = await group.proof.of_join(group.plan, group.before, after, group.right)

    assert [one.name for one in proved.attendees] == ["zoe", "vic"]
    assert group.wire.calls["replace_attendees"] == 1
    assert proved.attendees[1].customer_id == await group.index_id("vic")


@virtually
async def test_who_cannot_be_put_back_was_edited_by_the_staff(caplog: pytest.LogCaptureFixture) -> None:
    """Somebody without an address, of whom no record can be made."""
    group = Group()
    nameless = replace(group.zoe, email=None)
    before = replace(group.before, attendees=(nameless,))
    after = group.after(group.plan.attendee())

    proved = await group.proof.of_join(group.plan, before, after, group.right)

    assert [one.name for one in proved.attendees] == ["vic"]
    assert "booking.outside-edit" in [one.message for one in caplog.records if one.name.startswith("shared.")]
    assert group.wire.calls["create_customer"] == 0


@virtually
async def test_who_joins_and_is_dropped_again_has_not_joined() -> None:
    """Not even with a renewed record."""
    group = Group()
    await group.index()
    group.mailbox.forget_customer("vic@contoso.com")
    after = group.after(group.zoe, group.plan.attendee())
    only_zoe = Ending("dropped again", stored=lambda one: replace(one, attendees=one.attendees[:1], filled=1))
    group.wire.arm("replace_attendees", only_zoe)

    with pytest.raises(NotBooked):
        await group.proof.of_join(group.plan, group.before, after, group.right)

    assert group.names_in(after.id) == ["zoe"]
    assert not group.right.held.in_doubt


@virtually
async def test_the_attempt_names_the_renewed_record() -> None:
    """Before the list is written with it: whoever finds the record looks for that one."""
    group = Group()
    await group.index()
    lease = await group.lease(
        attempt=attempt_of(group.before, group.vic.id or "", group.clock(), is_join=True)
    )
    writing = group.writing(lease)
    group.mailbox.forget_customer("vic@contoso.com")
    after = group.after(group.zoe, group.plan.attendee())

    await group.proof.of_join(group.plan, group.before, after, writing)

    assert writing.attempt is not None
    assert writing.attempt.customer_id == await group.index_id("vic") != group.vic.id


@virtually
async def test_putting_others_back_needs_no_new_attempt() -> None:
    """The one that is recorded covers it."""
    group = Group()
    attempt = attempt_of(group.before, group.vic.id or "", group.clock(), is_join=True)
    lease = await group.lease(attempt=attempt)
    version = lease.record.version
    group.mailbox.forget_customer("zoe@contoso.com")
    after = group.after(group.zoe, group.plan.attendee())

    await group.proof.of_join(group.plan, group.before, after, group.writing(lease))

    assert (lease.record.version, lease.record.attempt) == (version, attempt)


@virtually
async def test_putting_back_keeps_who_came_meanwhile_and_nobody_twice() -> None:
    """The list is read again before it is written."""
    group = Group()
    group.mailbox.forget_customer("zoe@contoso.com")
    after = group.after(group.zoe, group.plan.attendee())
    group.mailbox.seat(after.id, Customer(None, "yan", "yan@contoso.com"))
    group.arm("replace_attendees", Unavailable, done=1)

    proved = await group.proof.of_join(group.plan, group.before, after, group.right)

    assert [one.name for one in proved.attendees] == ["vic", "yan", "zoe"]
    assert group.wire.calls["replace_attendees"] == 1


async def take_back(desk: Desk, made: Appointment, email: str | None = None) -> Writing:
    await desk.proof.take_back(SHOP, made, desk.vic.id or "", desk.right, email)
    return desk.right


@virtually
async def test_taking_back_leaves_the_others_in() -> None:
    """A list without this customer."""
    group = Group()
    group.after(group.zoe, group.plan.attendee())
    await take_back(group, group.before)
    assert group.names_in(group.before.id) == ["zoe"]
    assert group.wire.calls["delete_appointment"] == 0


@virtually
async def test_taking_back_pushes_nobody_out() -> None:
    """Whose record the staff have deleted, Graph drops with the list that takes the customer out."""
    group = Group("una")
    group.after(*group.before.attendees, group.plan.attendee())
    group.mailbox.forget_customer("zoe@contoso.com")
    await take_back(group, group.before)
    assert group.names_in(group.before.id) == ["una", "zoe"]


@virtually
async def test_taking_back_the_last_one_takes_the_appointment_away() -> None:
    """Also one that nobody is in."""
    desk = Desk()
    made = desk.made(desk.plan.attendee())
    await take_back(desk, made)
    assert list(desk.mailbox.appointments) == []
    assert desk.wire.calls["replace_attendees"] == 0
    assert desk.mailbox.mailed == []


@pytest.mark.parametrize("error", [Conflicted, Throttled, Unavailable, Unreachable])
@virtually
async def test_who_cannot_be_opted_out_is_mailed(error: type[Exception]) -> None:
    """Rather than left with an appointment that they are told of as failed."""
    desk = Desk()
    made = desk.made(desk.plan.attendee())
    desk.arm("opt_out", error)
    await take_back(desk, made)
    assert list(desk.mailbox.appointments) == []
    assert desk.mailbox.mailed == ["vic@contoso.com"]
    assert desk.wire.calls["opt_out"] == 1


@virtually
async def test_whoever_comes_while_the_customer_is_opted_out_keeps_their_appointment() -> None:
    """It is read once more before it would go."""
    desk = Desk()
    made = desk.made(desk.plan.attendee())
    opt_out = desk.mailbox.opt_out

    def noted(appointment_id: str) -> None:
        opt_out(appointment_id)
        desk.mailbox.seat(appointment_id, Customer(None, "una", "una@contoso.com"))

    desk.mailbox.opt_out = noted  # type: ignore[method-assign]
    await take_back(desk, made)
    assert desk.names_in(made.id) == ["una"]
    assert desk.wire.calls["delete_appointment"] == 0


@virtually
async def test_where_nobody_is_left_nobody_is_opted_out() -> None:
    """It is deleted as it was read."""
    desk = Desk()
    made = desk.made(desk.plan.attendee())
    desk.mailbox.unseat(made.id, "vic@contoso.com")
    await take_back(desk, made)
    assert list(desk.mailbox.appointments) == []
    assert dict(desk.wire.calls) == {"appointment": 1, "delete_appointment": 1}


@virtually
async def test_taking_back_by_the_address_too() -> None:
    """Where Graph made another record of it."""
    desk = Desk()
    made = desk.made(Attendee(desk.customer("other").id, "vic", "vic@contoso.com"))
    await take_back(desk, made)
    assert len(list(desk.mailbox.appointments)) == 1
    await take_back(desk, made, "vic@contoso.com")
    assert list(desk.mailbox.appointments) == []


@pytest.mark.parametrize("error", [Conflicted, Throttled, Renewed])
@virtually
async def test_whoever_came_while_graph_asked_for_a_wait_keeps_their_appointment(
    error: type[Exception],
) -> None:
    """What was to go as a whole is read again: the staff have added somebody."""
    desk = Desk()
    made = desk.seat("vic")

    def strike(operation: str) -> Exception:
        desk.mailbox.seat(made.id, Customer(None, "una", "una@contoso.com"))
        return error(operation)

    desk.wire.arm("delete_appointment", Ending("turned away", strike, done=0))
    await take_back(desk, made, "vic@contoso.com")
    assert desk.names_in(made.id) == ["una"]


@pytest.mark.parametrize("error", [Conflicted, Throttled, Renewed])
@virtually
async def test_what_graph_goes_on_turning_away_is_not_taken_back(error: type[Exception]) -> None:
    """Three times at most; nothing was done, and that is said."""
    desk = Desk()
    made = desk.seat("vic")
    desk.arm("delete_appointment", error, times=9)
    with pytest.raises(error):
        await take_back(desk, made, "vic@contoso.com")
    assert desk.wire.calls["delete_appointment"] == 3
    assert desk.names_in(made.id) == ["vic"]


@virtually
async def test_there_is_nothing_to_take_back_where_nobody_is_in() -> None:
    """Nor where the appointment is gone, before or meanwhile."""
    group = Group()
    await take_back(group, group.before)
    assert group.wire.calls == {"appointment": 1}
    group.mailbox.delete(group.before.id)
    await take_back(group, group.before)
    desk = Desk()
    made = desk.made(desk.plan.attendee())
    desk.arm("delete_appointment", Missing, done=1)
    await take_back(desk, made)


@pytest.mark.parametrize(
    ("operation", "nth"), [("appointment", 1), ("appointment", 2), ("delete_appointment", 1)]
)
@virtually
async def test_what_the_lists_show_is_not_gone(operation: str, nth: int) -> None:
    """A 404 may be passing: the appointment would stay, and nobody would look for it again."""
    desk = Desk()
    made = desk.made(desk.plan.attendee())
    desk.arm(operation, Missing, nth=nth)
    with pytest.raises(Unavailable) as caught:
        await take_back(desk, made)
    assert caught.value.operation == "appointments.get"


@virtually
async def test_leaving_that_was_done_is_known() -> None:
    """Whatever Graph said of it."""
    group = Group()
    group.after(group.zoe, group.plan.attendee())
    group.arm("replace_attendees", Unreachable, done=1)
    await take_back(group, group.before)
    assert group.names_in(group.before.id) == ["zoe"]
    assert group.wire.calls["replace_attendees"] == 1


@virtually
async def test_what_a_customer_who_is_not_in_it_told_the_staff_goes_too() -> None:
    """Graph made the appointment without its customer, and somebody joined it before anybody looked."""
    desk = Desk(COURSE)
    zoe = desk.customer("zoe")
    made = desk.made(attendee(zoe))
    notes = "\n".join(["For the staff.", block("BK-1", "vic: Nut allergy!"), block("BK-2", "zoe: Hello.")])
    desk.mailbox.write_notes(made.id, notes)
    writing = replace(desk.right, settled="BK-1")

    for _ in range(2):  # the second time nothing is left to be done
        await desk.proof.take_back(SHOP, made, desk.vic.id or "", writing)

    stands = desk.mailbox.stored(made.id)
    assert [one.name for one in stands.attendees] == ["zoe"]
    assert stands.service_notes == f"For the staff.\n{block('BK-2', 'zoe: Hello.')}"
    assert desk.wire.calls["replace_attendees"] == 1


# What becomes of an attempt when all that is left of it is the record.


def joining(group: Group, *seated: str, sealed_people: Sequence[Attendee] = ()) -> Attempt:
    attempt = attempt_of(group.before, group.vic.id or "", group.clock(), is_join=True)
    return replace(attempt, seated=seated, sealed=sealed(sealed_people, SEALER))


def judged(desk: Desk, attempt: Attempt, *found: Appointment) -> bool:
    recognise = desk.reconcile.recognise[Kind.BOOK]
    return recognise.needs_repair(attempt, found)


@virtually
async def test_a_new_appointment_may_stand_with_its_customer_alone() -> None:
    """One without must not, and of two one is too many."""
    desk = Desk(COURSE)
    attempt = attempt_of(desk.made(), desk.vic.id or "", desk.clock())
    theirs, empty = desk.made(desk.plan.attendee()), desk.made()

    assert not judged(desk, attempt, theirs)
    assert judged(desk, attempt, empty)
    assert judged(desk, attempt, desk.made(attendee(desk.customer("zoe"))))
    assert judged(desk, attempt, theirs, theirs)


@virtually
async def test_whoever_is_in_an_appointment_for_one_is_the_customer() -> None:
    """Graph may have made another record; but nobody is nobody."""
    desk = Desk(TALK)
    attempt = attempt_of(desk.made(), desk.vic.id or "", desk.clock())
    assert not judged(desk, attempt, desk.made(attendee(desk.customer("other"))))
    assert judged(desk, attempt, desk.made())


@virtually
async def test_a_seat_may_stand_where_nobody_is_too_many_or_lost() -> None:
    """Exactly full is not too full."""
    group = Group("una")
    zoe, una = (one.customer_id or "" for one in group.before.attendees)
    full = group.after(*group.before.attendees, group.plan.attendee())
    assert not judged(group, joining(group, zoe, una), full)
    assert judged(group, joining(group, zoe, una, "lost"), full)
    overfull = group.after(*full.attendees, attendee(group.customer("yan")))
    assert judged(group, joining(group, zoe, una), overfull)


@virtually
async def test_an_overfull_appointment_is_stepped_back_from_later_too() -> None:
    """The one who joined last leaves; the doubt was settled by the timer."""
    group = Group("una")
    overfull = group.after(*group.before.attendees, group.plan.attendee(), attendee(group.customer("yan")))
    stands = await group.reconcile.recognise[Kind.BOOK].repair(joining(group), (overfull,), group.right)
    assert stands is None
    assert group.names_in(overfull.id) == ["zoe", "una", "yan"]


@virtually
async def test_of_two_appointments_the_one_that_most_have_joined_stands(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The other is taken back; among equals the oldest stands."""
    desk = Desk(COURSE)
    attempt = attempt_of(desk.made(), desk.vic.id or "", desk.clock())
    first, second = desk.made(desk.plan.attendee()), desk.made(desk.plan.attendee())
    joined = desk.made(desk.plan.attendee(), attendee(desk.customer("zoe")))

    assert await desk.reconcile.recognise[Kind.BOOK].repair(attempt, (first, second), desk.right) == first
    assert await desk.reconcile.recognise[Kind.BOOK].repair(attempt, (first, joined), desk.right) == joined
    left = {one.id for one in desk.mailbox.appointments}
    assert joined.id in left
    assert not {first.id, second.id} & left
    assert [one.message for one in caplog.records if one.name.startswith("shared.")] == [
        "booking.taken-back"
    ] * 2


@virtually
async def test_who_was_lost_is_put_back_from_what_was_sealed() -> None:
    """A worker died between the list and the proof; the others who are in it stay."""
    group = Group("una")
    zoe, una = group.before.attendees
    attempt = joining(
        group, zoe.customer_id or "", una.customer_id or "", sealed_people=group.before.attendees
    )
    group.mailbox.forget_customer("zoe@contoso.com")
    after = group.after(zoe, una, group.plan.attendee())

    stands = await group.reconcile.recognise[Kind.BOOK].repair(attempt, (after,), group.right)

    assert stands is not None
    assert [one.name for one in stands.attendees] == ["una", "vic", "zoe"]


async def lost_and_refilled(*others: str) -> tuple[Group, Appointment | None]:
    """The list that dropped zoe landed late; others took the seats before anybody could put her back."""
    group = Group()
    zoe, taken = group.zoe, [attendee(group.customer(one)) for one in others]
    attempt = joining(group, zoe.customer_id or "", sealed_people=[zoe])
    group.mailbox.forget_customer("zoe@contoso.com")
    group.mailbox.write_notes(group.before.id, f"For the staff.\n{block('BK-1', 'Nut allergy!')}")
    after = group.after(zoe, group.plan.attendee(), *taken)
    group.right = replace(group.right, settled="BK-1")
    return group, await group.reconcile.recognise[Kind.BOOK].repair(attempt, (after,), group.right)


@virtually
async def test_who_is_in_doubt_gives_way_to_who_was_lost() -> None:
    """There is no seat left for both, and nobody was told that the doubtful one is booked."""
    group, stands = await lost_and_refilled("una", "yan")

    assert stands is None
    assert group.names_in(group.before.id) == ["una", "yan", "zoe"]
    assert group.mailbox.stored(group.before.id).service_notes == "For the staff.\n"
    assert group.wire.calls["replace_attendees"] == 1  # at no time was it overfull, or anybody out


@virtually
async def test_more_who_were_lost_than_seats_are_all_put_back(caplog: pytest.LogCaptureFixture) -> None:
    """All of them were told that they are booked: nobody is pushed out, and the staff are told."""
    group = Group("una")
    people = group.before.attendees
    ids = [one.customer_id or "" for one in people]
    attempt = joining(group, *ids, sealed_people=people)
    for name in ("zoe", "una"):
        group.mailbox.forget_customer(f"{name}@contoso.com")
    taken = [attendee(group.customer(one)) for one in ("yan", "bob")]
    after = group.after(group.plan.attendee(), *taken)

    stands = await group.reconcile.recognise[Kind.BOOK].repair(attempt, (after,), group.right)

    assert stands is None
    assert group.names_in(group.before.id) == ["yan", "bob", "zoe", "una"]
    assert "booking.overfull" in [one.message for one in caplog.records]


@virtually
async def test_with_a_seat_for_each_nobody_gives_way(caplog: pytest.LogCaptureFixture) -> None:
    """Exactly full is not too full."""
    group, stands = await lost_and_refilled("una")

    assert "booking.overfull" not in [one.message for one in caplog.records]
    assert stands is not None
    assert group.names_in(group.before.id) == ["vic", "una", "zoe"]
    assert carries(stands, "BK-1")


@virtually
async def test_whom_nobody_knows_any_more_cannot_be_put_back() -> None:
    """Sealed with another secret, or not at all."""
    group = Group()
    attempt = replace(joining(group, group.zoe.customer_id or ""), sealed="unreadable")
    after = group.after(group.plan.attendee())
    assert await group.reconcile.recognise[Kind.BOOK].repair(attempt, (after,), group.right) == after
    assert (
        await group.reconcile.recognise[Kind.BOOK].repair(
            replace(attempt, sealed=None), (after,), group.right
        )
        == after
    )


@virtually
async def test_a_confirmation_shows_the_appointment_as_it_is() -> None:
    """With the service as it is, or as the appointment remembers one that was deleted."""
    desk = Desk(COURSE)
    made = desk.made(desk.plan.attendee())
    attempt = attempt_of(made, desk.vic.id or "", desk.clock())
    confirmed = await desk.reconcile.recognise[Kind.BOOK].confirm(attempt, "BK-1", made)
    assert (confirmed.reference, confirmed.service, confirmed.appointment) == ("BK-1", COURSE, made)
    assert confirmed.time_zone == attempt.time_zone

    other = desk.hire()
    desk.mailbox.delete_service(COURSE.id)
    confirmed = await other.reconcile.recognise[Kind.BOOK].confirm(attempt, "BK-1", made)
    assert confirmed.service == Service(
        COURSE.id, "Course", COURSE.default_duration, maximum_attendees_count=3
    )
    nameless = replace(made, service_name=None)
    confirmed = await other.reconcile.recognise[Kind.BOOK].confirm(attempt, "BK-1", nameless)
    assert not confirmed.service.display_name


@virtually
async def test_what_was_delivered_twice_stands_once() -> None:
    """The oldest that was found; its twins are taken back by record or address."""
    desk = Desk()
    other = Attendee(desk.customer("other").id, "vic", "vic@contoso.com")
    first, second, third = desk.made(desk.plan.attendee()), desk.made(desk.plan.attendee()), desk.made(other)
    assert await desk.proof.of_found(desk.plan, (first, second, third), desk.right) == first
    assert [one.id for one in desk.mailbox.appointments] == [first.id]
