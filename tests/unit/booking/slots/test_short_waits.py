"""Reads for callers who have little time left."""

import asyncio
from datetime import timedelta

import pytest

from shared.booking.slots.single_flight import AT_ONCE
from shared.domain.errors import Crowded, Unreachable
from shared.platform.deadline import deadline
from tests.support.virtually import virtually
from tests.unit.booking.slots.test_shared_reads import Source, asked, days, ended


@virtually
async def test_half_a_second_is_enough_for_a_short_read_that_begins_at_once() -> None:
    """While there is room nobody is turned away."""
    with deadline(timedelta(seconds=0.5)):
        assert await Source(takes=0.1).shared().get("a", days(0)) == "a1"


@virtually
async def test_whose_time_is_too_short_is_told_what_they_waited_for() -> None:
    """Both who was turned away and who waited in vain."""
    reads = Source().shared()
    with deadline(timedelta(seconds=0.5)), pytest.raises(Unreachable, match=r"^shared read: "):
        await reads.get("a", days(0))
    tasks = await asked(*(reads.get("b", days(0)) for _ in range(AT_ONCE)))
    await asyncio.sleep(0.2)
    with deadline(timedelta()), pytest.raises(Crowded, match=r"^shared read: "):
        await reads.get("b", days(0))
    await ended(tasks)
