"""Graph's limit for Bookings: so many requests at once for one app id and one booking mailbox."""

import asyncio
from collections import Counter


class Throttle:
    """Counts requests in flight; a request whose client has gone still counts until its work is done."""

    def __init__(self) -> None:
        self._in_flight: Counter[tuple[str, str]] = Counter()
        self._closed: dict[tuple[str, str], tuple[float, float]] = {}
        self.peak: dict[str, int] = {}
        self.early: Counter[str] = Counter()

    def close(self, app_id: str, business: str, seconds: float) -> None:
        """Turn away what comes within so many seconds; what does come begins them anew."""
        self._closed[app_id, business] = (_time() + seconds, seconds)

    def is_early(self, app_id: str, business: str) -> float | None:
        """The seconds for which a mailbox that is closed is closed anew by this request; None: it is open."""
        ends, seconds = self._closed.get((app_id, business), (0.0, 0.0))
        if _time() >= ends:
            return None
        self.early[business] += 1
        self.close(app_id, business, seconds)
        return seconds

    def enter(self, app_id: str, business: str, limit: int | None) -> bool:
        """Take a place, or False where all are taken; `peak` also counts those that got none."""
        key = (app_id, business)
        waiting = self._in_flight[key] + 1
        self.peak[business] = max(self.peak.get(business, 0), waiting)
        if limit is not None and waiting > limit:
            return False
        self._in_flight[key] = waiting
        return True

    def leave(self, app_id: str, business: str) -> None:
        """Give the place back."""
        key = (app_id, business)
        self._in_flight[key] -= 1
        if self._in_flight[key] <= 0:
            del self._in_flight[key]

    @property
    def in_flight(self) -> int:
        """All requests under way now."""
        return sum(self._in_flight.values())


def _time() -> float:
    return asyncio.get_running_loop().time()
