"""How many bookings a business is asked for in an hour, and how much harder its challenge gets by that."""

import logging
from collections.abc import Sequence
from time import monotonic

from shared.booking.limits import Limits, Quota

logger = logging.getLogger(__name__)

HARDEST = 16
"""How many times the usual work a challenge asks for at most: about a quarter of a minute in a browser."""

KNOWN = 5.0
"""Seconds for which a worker goes by the count that it read last."""


class Demand:
    """Counts proved bookings by business; above the ceiling the challenge grows, and an alert fires once.

    Half the ceiling more doubles the work, up to `HARDEST` times. Counts that cannot be had make nothing
    harder: nobody is kept out by a counter.
    """

    def __init__(self, limits: Limits, quotas: Sequence[Quota]) -> None:
        self._limits = limits
        self._quotas = quotas
        self._seen: dict[str, tuple[float, int]] = {}

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
        read, known = self._seen.get(alias, (-KNOWN, 1))
        if monotonic() - read < KNOWN:
            return known
        used = await self._limits.used("business", alias, self._quotas)
        factor = max(
            (_factor(count, one.most) for one, count in zip(self._quotas, used, strict=False)), default=1
        )
        self._seen[alias] = (monotonic(), factor)
        return factor


def _factor(used: int, ceiling: int) -> int:
    if used < ceiling:
        return 1
    doubled = 1 + 2 * (used - ceiling) // ceiling
    return int(min(HARDEST, 2 ** min(doubled, HARDEST)))
