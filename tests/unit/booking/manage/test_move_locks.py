"""Which times a move keeps for itself, old and new, in the days of the business, and who gives it there."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from shared.booking.manage.wish import Wish, bookable
from shared.booking.writes.locks import booking_lock, service_start_lock, staff_day_lock
from shared.domain.errors import NotFound
from shared.domain.model import Service
from tests.support.virtually import virtually
from tests.support.world import CATALOGUE, COURSE, PAIR, SHOP, TALK, TEN
from tests.unit.booking.manage.desk import DAY, LATER, Desk

TODAY, TOMORROW = TEN.date(), (TEN + DAY).date()
FAR = ZoneInfo("Pacific/Auckland")
"""Half a day from Greenwich."""


def day_of(staff_id: str, day: date) -> str:
    return staff_day_lock(SHOP, staff_id, day)


@pytest.mark.parametrize(
    ("service", "staff_id", "times"),
    [
        (TALK, None, {day_of("ann", TODAY), day_of("ann", TOMORROW)}),
        (PAIR, "ann", {day_of("ann", TODAY), day_of("ann", TOMORROW)}),
        (PAIR, "bob", {day_of("ann", TODAY), day_of("bob", TOMORROW)}),
        (
            COURSE,
            None,
            {
                service_start_lock(SHOP, "course", TEN),
                service_start_lock(SHOP, "course", LATER + DAY),
                day_of("bob", TOMORROW),
            },
        ),
    ],
)
@virtually
async def test_a_move_needs_the_locks_that_were_foreseen(
    service: Service, staff_id: str | None, times: set[str]
) -> None:
    """Its own, both times' and those of whoever gives it there; of a group that is left, no staff's day."""
    desk = Desk()
    row = await desk.book("vic", service)
    desk.mailbox.move(row.appointment_id, row.span, *service.staff_member_ids[:1])
    row = replace(row, staff_member_ids=service.staff_member_ids[:1])
    planner, wish = desk.manage.reschedule.planner, Wish(LATER + DAY, staff_id)

    plan = await planner.plan(row, wish)

    assert plan.locks == times | {booking_lock(SHOP, row.reference)}
    assert await planner.foresee(row, wish) == plan.locks


@pytest.mark.parametrize("staff_id", ["ann", "bob"])
@virtually
async def test_whoever_is_named_gives_it_though_those_who_gave_it_are_free(staff_id: str) -> None:
    desk = Desk()
    row = await desk.book("vic", PAIR)

    plan = await desk.manage.reschedule.planner.plan(row, Wish(LATER, staff_id))

    assert plan.target is not None
    assert plan.target.staff_id == staff_id


@virtually
async def test_a_group_that_has_a_seat_left_is_joined_whoever_gives_it() -> None:
    """Those who gave the old one are free then, but nobody gives one more beside it."""
    desk = Desk()
    catalogue, both = desk.mailbox.catalogue, replace(COURSE, staff_member_ids=("ann", "bob"))
    desk.mailbox.catalogue = replace(catalogue, services={**catalogue.services, COURSE.id: both})
    row = await desk.book("vic", both)
    (own,) = desk.shown(row).staff_member_ids
    there = desk.seat("zoe", service=both, start=LATER)
    (other,) = {"ann", "bob"} - {own}
    desk.mailbox.move(there.id, there.span, other)

    plan = await desk.manage.reschedule.planner.plan(row, Wish(LATER))

    assert plan.target is not None
    assert plan.target.target is not None
    assert plan.target.target.id == there.id


def at_nine(day: date) -> datetime:
    """In the morning of this day where the business is; in Greenwich it is still the day before."""
    return datetime.combine(day, time(9), FAR).astimezone(UTC)


@virtually
async def test_the_days_of_a_move_are_those_of_the_business() -> None:
    """They are locked, and they are judged: it opens when in Greenwich it is the evening before."""
    desk = Desk()
    catalogue = desk.mailbox.catalogue
    desk.mailbox.catalogue = replace(catalogue, business=replace(catalogue.business, time_zone=str(FAR)))
    old, new = (TEN + DAY).date(), (TEN + 3 * DAY).date()
    row = await desk.book(start=at_nine(old))
    planner, wish = desk.manage.reschedule.planner, Wish(at_nine(new))
    assert wish.start.date() < new

    expected = {booking_lock(SHOP, row.reference), day_of("ann", old), day_of("ann", new)}
    assert await planner.foresee(row, wish) == expected
    assert (await planner.plan(row, wish)).locks == expected
    assert (await desk.move(row, wish.start))["start"] == wish.start.isoformat()


def test_of_a_service_that_is_gone_it_is_said_that_it_is_the_service() -> None:
    with pytest.raises(NotFound) as caught:
        bookable(CATALOGUE, "gone")
    assert caught.value.what == "service"
