"""Graph's limit for Bookings: so many requests at once for one app id and one booking mailbox."""

from collections import Counter


class Throttle:
    """Counts requests in flight; a request whose client has gone still counts until its work is done."""

    def __init__(self) -> None:
        self._in_flight: Counter[tuple[str, str]] = Counter()
        self.peak: dict[str, int] = {}

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
