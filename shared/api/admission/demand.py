"""How many bookings a business is asked for in an hour, and how much harder its challenge gets by that."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.booking.limits import Limits, Quota
from shared.booking.ports import Clock

logger = logging.getLogger(__name__)

HARDEST = 16
"""How many times the usual work a challenge asks for at most: about a quarter of a minute in a browser."""

KNOWN = timedelta(seconds=5)
"""For how long a worker goes by the count that it read last."""


class Demand:
    """Counts proved bookings by business; above the ceiling the challenge grows, and an alert fires once.

    Half the ceiling more doubles the work, up to `HARDEST` times. Counts that cannot be had make nothing
    harder: nobody is kept out by a counter.
    """

    def __init__(self, limits: Limits, quotas: Sequence[Quota], clock: Clock) -> None:
        self._limits = limits
        self._quotas = quotas
        self._clock = clock
        self._seen: dict[str, tuple[datetime, int]] = {}

    async def count(self, alias: str) -> None:
        """One more proved booking is asked for; never refuses it."""
        for one in await self._limits.hit("business", alias, self._quotas):
            if one.used == one.quota.most + 1:
                logger.warning(
                    "limits.crowded",
                    extra={
                        "event": "limits.crowded",
                        "business": alias,
                        "count": one.used,
                        "policy": one.quota.name,
                    },
                )

    async def factor(self, alias: str) -> int:
        """How many times the usual work the challenge of this business asks for now."""
        now = self._clock()
        if alias in self._seen and now - self._seen[alias][0] < KNOWN:
            return self._seen[alias][1]
        used = await self._limits.used("business", alias, self._quotas)
        factors = (_factor(count, one.most) for one, count in zip(self._quotas, used, strict=False))
        self._seen[alias] = (now, max(factors, default=1))
        return self._seen[alias][1]


def _factor(used: int, ceiling: int) -> int:
    if used < ceiling:
        return 1
    doubled = 1 + 2 * (used - ceiling) // ceiling
    return int(min(HARDEST, 2 ** min(doubled, HARDEST)))
