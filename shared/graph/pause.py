"""Until when a mailbox is to be left alone, in seconds of the running loop's clock."""

import asyncio
import random
from datetime import timedelta

LEAST_PAUSE = 0.25
"""Seconds that a pause lasts at least, before jitter; it doubles while Graph names none."""

MOST_DOUBLINGS = 4
TICK = 0.001
"""Seconds by which a pause is outlasted: timers may come a little early, and clocks round."""


def loop_time() -> float:
    """The running loop's clock."""
    return asyncio.get_running_loop().time()


class Pause:
    """Until when nothing may be sent to a mailbox."""

    def __init__(self) -> None:
        self._ends = 0.0
        self._unnamed = 0

    @property
    def left(self) -> float:
        """Seconds until it is over, 0 where there is none."""
        return max(0.0, self._ends - loop_time())

    def begin(self, asked: timedelta | None) -> None:
        """Graph answered 429 and asked for so much; what is asked for already is never shortened."""
        named = 0.0 if asked is None else asked.total_seconds()
        if not self.left:
            self._unnamed = 0 if named else min(self._unnamed + 1, MOST_DOUBLINGS)
        least = LEAST_PAUSE * 2 ** max(0, self._unnamed - 1) * (1 + random.random())  # noqa: S311 (no secret)
        self._ends = max(self._ends, loop_time() + max(named, least))

    def extend(self, seconds: float) -> bool:
        """Last so long at least; whether that is longer than it did."""
        ends = loop_time() + seconds
        is_longer = ends > self._ends + TICK
        self._ends = max(self._ends, ends)
        return is_longer

    def heard(self) -> None:
        """Graph answered something else than 429."""
        if not self.left:
            self._unnamed = 0
