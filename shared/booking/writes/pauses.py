"""The waits before a write that surely did nothing is made again."""

import asyncio
from datetime import timedelta

from shared.domain.errors import GraphError
from shared.platform.deadline import remaining

PAUSES = (timedelta(seconds=0.3), timedelta(seconds=1))
"""The waits between the rounds, where Graph asks for no longer one."""


async def wait(pause: timedelta | None, error: GraphError) -> None:
    """Wait as long as Graph asks for; raises the error after the last round, or where there is no time."""
    longest = max(pause or timedelta(), error.retry_after or timedelta())
    if pause is None or longest >= remaining(longest + pause):
        raise error
    await asyncio.sleep(longest.total_seconds())
