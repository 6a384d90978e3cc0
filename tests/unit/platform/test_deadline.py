"""Deadlines of requests."""

import asyncio
from datetime import timedelta

from shared.platform.deadline import deadline, remaining

HOUR = timedelta(hours=1)


async def test_without_a_deadline_everything_is_left() -> None:
    """Work outside of a request is bounded by its own most alone."""
    assert remaining(HOUR) == HOUR


async def test_an_inner_deadline_never_outlasts_the_outer_one() -> None:
    """Whatever is called on behalf of a request ends with it."""
    with deadline(timedelta(seconds=10)):
        with deadline(HOUR):
            assert timedelta(seconds=9) < remaining(HOUR) <= timedelta(seconds=10)
        with deadline(timedelta(seconds=1)):
            assert remaining(HOUR) <= timedelta(seconds=1)
        assert remaining(HOUR) > timedelta(seconds=9)
    assert remaining(HOUR) == HOUR


async def test_nothing_is_left_after_the_deadline() -> None:
    """What is left is never negative."""
    with deadline(timedelta(seconds=-5)):
        assert remaining(HOUR) == timedelta()


async def test_tasks_inherit_the_deadline() -> None:
    """Reads that run concurrently for a request share its deadline."""

    async def left() -> timedelta:
        return remaining(HOUR)

    with deadline(timedelta(seconds=1)):
        found = await asyncio.gather(left(), left())
    assert all(one <= timedelta(seconds=1) for one in found)
