"""Whoever Graph dropped is put back by a record that says who they are, and nobody else is touched."""

from dataclasses import replace

import pytest

from shared.booking.records import Kind
from shared.booking.writes.notes import block
from shared.domain.errors import Unavailable, Unreachable
from shared.domain.model import Attendee, Customer, Phone
from tests.support.shop import attempt_of
from tests.support.virtually import virtually
from tests.support.wire import AS_ASKED, Ending
from tests.support.world import COURSE, SHOP
from tests.unit.booking.create.test_proof import Desk, Group, attendee, joining
from tests.unit.booking.manage.desk import Desk as ManagedDesk

VIC, ZOE = "vic@contoso.com", "zoe@contoso.com"


def record_of(desk: Desk, email: str) -> Customer:
    """The one record of this address."""
    (found,) = [one for one in desk.mailbox.customers if one.email == email]
    return found


@pytest.mark.parametrize("name", ["zoe", None])
@virtually
async def test_a_renewed_record_has_the_name_of_the_seat(name: str | None) -> None:
    """Or none, where the seat says none."""
    group = Group()
    zoe = replace(group.zoe, name=name)
    group.mailbox.forget_customer(ZOE)
    after = group.after(group.plan.attendee())
    await group.proof.of_join(group.plan, replace(group.before, attendees=(zoe,)), after, group.right)
    assert record_of(group, ZOE).display_name == (name or "")


@virtually
async def test_the_renewed_record_of_who_books_is_all_that_they_said() -> None:
    """Their number too, which no seat tells."""
    group = Group()
    await group.index()
    vic = Customer(None, "Vic Miller", VIC, phones=(Phone("+1 312 555 0100", "mobile"),))
    group.plan = replace(group.plan, request=replace(group.plan.request, customer=vic))
    group.mailbox.forget_customer(VIC)
    after = group.after(group.zoe, group.plan.attendee())
    await group.proof.of_join(group.plan, group.before, after, group.right)
    assert record_of(group, VIC) == replace(vic, id=await group.index_id("vic"))


@virtually
async def test_putting_back_that_was_not_done_is_done_again() -> None:
    """Graph answers 500 and has written nothing."""
    group = Group()
    group.mailbox.forget_customer(ZOE)
    after = group.after(group.zoe, group.plan.attendee())
    group.arm("replace_attendees", Unavailable)
    await group.proof.of_join(group.plan, group.before, after, group.right)
    assert group.names_in(after.id) == ["vic", "zoe"]
    assert group.wire.calls["replace_attendees"] == 2


@virtually
async def test_who_gives_way_goes_though_the_lost_one_is_back_already() -> None:
    """The staff seat her again while Graph fails the list: it is one too many until the doubtful one goes."""
    group = Group()
    attempt = joining(group, group.zoe.customer_id or "", sealed_people=[group.zoe])
    taken = [attendee(group.customer(one)) for one in ("una", "yan")]
    group.mailbox.forget_customer(ZOE)
    group.mailbox.write_notes(group.before.id, block("BK-1", "vic: Nut allergy!"))
    after = group.after(group.zoe, group.plan.attendee(), *taken)

    def seated(operation: str) -> Exception:
        group.mailbox.seat(after.id, record_of(group, ZOE))
        return Unavailable(operation, 500)

    group.wire.arm("replace_attendees", Ending("staff edit", seated, done=0))
    right = replace(group.right, settled="BK-1")
    stands = await group.reconcile.recognise[Kind.BOOK].repair(attempt, (after,), right)

    assert stands is None
    assert group.names_in(after.id) == ["una", "yan", "zoe"]
    assert group.mailbox.stored(after.id).service_notes == ""


@virtually
async def test_a_seat_without_a_record_is_nobody_s_who_has_to_go() -> None:
    """The staff seat somebody from the street at that moment: what was written counts."""
    group = Group()
    group.mailbox.forget_customer(ZOE)
    after = group.after(group.zoe, group.plan.attendee())
    stranger = Attendee(None, "stranger", None)
    walked_in = Ending(
        "walked in", Unreachable, stored=lambda one: replace(one, attendees=(*one.attendees, stranger))
    )
    group.wire.arm("replace_attendees", walked_in)
    proved = await group.proof.of_join(group.plan, group.before, after, group.right)
    assert [one.name for one in proved.attendees] == ["vic", "zoe", "stranger"]


@virtually
async def test_who_has_left_keeps_nobody_else_out() -> None:
    """Zoe cancelled; una, who comes after her in the list, was dropped by Graph."""
    desk = ManagedDesk()
    rows = [await desk.book(name, COURSE) for name in ("zoe", "una", "bob")]
    zoe, una, bob = desk.shown(rows[0]).attendees
    await desk.cancel(rows[0])
    desk.mailbox.forget_customer("una@contoso.com")
    desk.mailbox.replace_attendees(rows[0].appointment_id, (una, bob), AS_ASKED)
    seen = desk.mailbox.appointment(rows[0].appointment_id)

    after = await desk.proof.put_back(SHOP, [zoe, una], seen, desk.writing())

    assert [one.name for one in after.attendees] == ["bob", "una"]


@pytest.mark.parametrize("name", ["vic", None])
@virtually
async def test_the_twin_that_others_have_joined_gets_its_customer_back(name: str | None) -> None:
    """By a record of theirs, which the attempt names from then on; the twin with nobody else goes."""
    desk = Desk(COURSE)
    alone = desk.made(replace(desk.plan.attendee(), name=name))
    joined = desk.made(attendee(desk.customer("zoe")))
    attempt = attempt_of(alone, desk.vic.id or "", desk.clock())
    writing = desk.writing(await desk.lease(attempt=attempt))
    desk.mailbox.forget_customer(VIC)

    recognise = desk.reconcile.recognise[Kind.BOOK]
    stands = await recognise.repair(attempt, (alone, joined), writing)

    assert stands is not None
    assert [one.id for one in desk.mailbox.appointments] == [joined.id]
    assert [one.email for one in stands.attendees] == [ZOE, VIC]
    renewed = record_of(desk, VIC)
    assert renewed.display_name == (name or "")
    assert writing.attempt is not None
    assert writing.attempt.customer_id == renewed.id == stands.attendees[1].customer_id
