"""Reminders: read by id beside everything else that a booking reads, and never in its way."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.booking.slots.catalogue import PATIENCE, REMINDERS_KEPT, Reminders
from shared.domain.errors import GraphError, Missing, Unavailable
from shared.domain.model import Reminder
from tests.support.endings import answered
from tests.support.shop import REQUEST, Shop, wish
from tests.support.virtually import loop_now, virtually
from tests.support.wire import Ending
from tests.support.world import CATALOGUE, SHOP, TALK

SOON = (Reminder("See you soon.", timedelta(minutes=15), "allAttendees"),)


def a_shop() -> tuple[Shop, Reminders]:
    shop = Shop()
    shop.mailbox.reminders[TALK.id] = SOON
    return shop, Reminders(shop.graph, shop.clock)


@virtually
async def test_reminders_are_read_once_in_a_quarter_of_an_hour() -> None:
    """For everybody who books meanwhile."""
    shop, reminders = a_shop()
    both = await asyncio.gather(reminders.added(SHOP, TALK), reminders.added(SHOP, TALK))
    assert [one.default_reminders for one in both] == [SOON, SOON]
    await asyncio.sleep(REMINDERS_KEPT.total_seconds() - 1)
    assert (await reminders.added(SHOP, TALK)).default_reminders == SOON
    assert shop.wire.calls == {"reminders": 1}
    await asyncio.sleep(1)
    assert (await reminders.added(SHOP, TALK)) == replace(TALK, default_reminders=SOON)
    assert shop.wire.calls == {"reminders": 2}


@virtually
async def test_reminders_that_the_list_shows_are_not_read() -> None:
    """They are known."""
    shop, reminders = a_shop()
    shown = replace(TALK, default_reminders=SOON)
    assert await reminders.added(SHOP, shown) == shown
    assert not shop.wire.calls


@pytest.mark.parametrize("error", [Unavailable, Missing])
@virtually
async def test_reminders_that_cannot_be_read_are_left_out(
    error: type[GraphError], caplog: pytest.LogCaptureFixture
) -> None:
    """Which is logged; the next booking tries again."""
    shop, reminders = a_shop()
    shop.wire.arm("reminders", Ending("failed", answered(error), done=0))
    assert await reminders.added(SHOP, TALK) == TALK
    (line,) = [one for one in caplog.records if one.name.startswith("shared.")]
    assert (line.message, line.__dict__["subject"]) == ("service.reminders-unread", "service talk")
    assert (line.__dict__["business"], line.__dict__["error"]) == (SHOP, error.__name__)
    assert (await reminders.added(SHOP, TALK)).default_reminders == SOON


@virtually
async def test_nobody_waits_long_for_reminders() -> None:
    """They serve the next booking."""
    shop, reminders = a_shop()
    shop.wire.latency = 1.5
    began = loop_now().now
    assert await reminders.added(SHOP, TALK) == TALK
    assert loop_now().now - began == PATIENCE.total_seconds()
    await asyncio.sleep(1.5)
    assert (await reminders.added(SHOP, TALK)).default_reminders == SOON
    assert shop.wire.calls == {"reminders": 1}


@virtually
async def test_a_booking_has_the_reminders_of_its_service() -> None:
    """Read at the same time as the calendar, so that nothing takes longer."""
    shop, _ = a_shop()
    shop.wire.latency = 0.1
    planner, took = shop.cases.create_booking.planner, []
    for _ in range(2):
        began = loop_now().now
        plan = await planner.plan(wish(), CATALOGUE)
        took.append(loop_now().now - began)
    assert shop.wire.calls == {"calendar_view": 2, "staff_availability": 2, "reminders": 1}
    assert took[0] == pytest.approx(took[1])
    assert plan.draft("BK-1").service.default_reminders == SOON

    await shop.cases.create_booking(wish(), REQUEST)
    assert list(shop.mailbox.reminded.values()) == [SOON]
    assert shop.wire.calls["reminders"] == 1
