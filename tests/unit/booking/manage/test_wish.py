"""What a move asks for, and what of the booking goes along."""

from dataclasses import replace

import pytest

from shared.booking.create.request import BookingRequest
from shared.booking.manage.wish import MovePlan, Wish
from shared.booking.records import BookingRow
from shared.domain.errors import RulesBroken
from shared.domain.model import Customer, Service
from tests.support.virtually import virtually
from tests.support.world import COURSE, PAIR, SHOP
from tests.unit.booking.manage.desk import LATER, Desk


async def planned(desk: Desk, row: BookingRow, wish: Wish) -> MovePlan:
    """The plan by what is there now."""
    return await desk.manage.reschedule.planner.plan(row, wish)


@pytest.mark.parametrize(("service", "staff"), [(PAIR, "ann"), (COURSE, "bob")])
@virtually
async def test_the_booking_goes_along_as_it_is(service: Service, staff: str) -> None:
    """Who, for whom, with which words, in which campaign; the time and the staff are the ones asked for."""
    desk = Desk()
    row = replace(await desk.book("vic", service, notes="Nuts!"), campaign="spring", time_zone="Asia/Tokyo")

    plan = await planned(desk, row, Wish(LATER, staff))

    target, (seat,) = plan.target, desk.shown(row).attendees
    assert target is not None
    who = Customer(None, "vic", "vic@contoso.com")
    told = {"time_zone": "Asia/Tokyo", "staff_id": staff, "notes": "Nuts!", "campaign": "spring"}
    assert target.request == BookingRequest(SHOP, service.id, LATER, who, **told)  # type: ignore[arg-type]
    assert (target.customer_id, target.person, target.element) == (row.customer_id, row.person, seat)
    assert (target.staff_id, target.leaves, target.locks) == (staff, row.appointment_id, plan.locks)


@virtually
async def test_a_guest_without_a_name_or_address_goes_along() -> None:
    """Graph may show of them nothing but the record."""
    desk = Desk()
    row = await desk.book("vic", PAIR)
    shown = desk.shown(row)
    bare = tuple(replace(one, name=None, email=None) for one in shown.attendees)
    desk.mailbox.appointments.put(shown.id, replace(shown, attendees=bare))

    plan = await planned(desk, row, Wish(LATER))

    assert plan.target is not None
    assert plan.target.request.customer == Customer(None, "", "")


@virtually
async def test_a_new_record_goes_along_and_where_none_is_shown_the_one_that_booked() -> None:
    """Graph may have given the guest another record since, or show none."""
    for shown_id, expected in (("renewed", "renewed"), (None, "as booked")):
        desk = Desk()
        row = await desk.book("vic", PAIR)
        shown = desk.shown(row)
        guests = tuple(replace(one, customer_id=shown_id) for one in shown.attendees)
        desk.mailbox.appointments.put(shown.id, replace(shown, attendees=guests))
        row = replace(row, customer_id="as booked")

        plan = await planned(desk, row, Wish(LATER))

        assert plan.target is not None
        assert plan.target.customer_id == expected


@virtually
async def test_who_is_named_has_to_be_free() -> None:
    """Though a colleague is: the one who was asked for, or nobody."""
    desk = Desk()
    row = await desk.book("vic", PAIR)
    taken = await desk.book("una", PAIR, LATER)
    (busy,) = taken.staff_member_ids

    with pytest.raises(RulesBroken) as caught:
        await planned(desk, row, Wish(LATER, busy))

    assert [one.pointer for one in caught.value.violations] == ["/staffId"]


@pytest.mark.parametrize("known_by", ["record", "address"])
@virtually
async def test_nobody_is_seated_twice_however_they_are_known(known_by: str) -> None:
    """Whoever sits in the other group under the same record, or under the same address."""
    desk = Desk()
    row = await desk.book("vic", COURSE)
    other = await desk.book("una", COURSE, LATER)
    (vic,), there = desk.shown(row).attendees, desk.shown(other)
    twin = (
        replace(vic, email="other@contoso.com")
        if known_by == "record"
        else replace(vic, customer_id="another record")
    )
    desk.mailbox.appointments.put(there.id, replace(there, attendees=(*there.attendees, twin)))

    with pytest.raises(RulesBroken) as caught:
        await desk.move(row)

    assert [one.code for one in caught.value.violations] == ["already-booked"]
    assert desk.names_in(row.appointment_id) == ["vic"]
