"""A collection that is read by id as it is, and in lists as it was a moment ago."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from shared.booking.ports import Clock

T = TypeVar("T")
ALWAYS = datetime.min.replace(tzinfo=UTC)


class Lagging(Generic[T]):
    """Values by id, in the order of their creation.

    A write is seen by `get` at once, and by `visible` when `lag` is over: until then a new value is
    missing, a changed one has its old form, a removed one is still there.
    """

    def __init__(self, clock: Clock) -> None:
        self.lag = timedelta()
        self._clock = clock
        self._past: dict[str, list[tuple[datetime, T | None]]] = {}

    def __iter__(self) -> Iterator[T]:
        return (past[-1][1] for past in self._past.values() if past[-1][1] is not None)

    def get(self, key: str) -> T | None:
        """The value as it is now."""
        past = self._past.get(key)
        return None if past is None else past[-1][1]

    def put(self, key: str, value: T | None) -> None:
        """Insert or replace a value; None takes it away."""
        past = self._past.setdefault(key, [(ALWAYS, None)])
        past.append((self._clock() + self.lag, value))

    def visible(self) -> list[T]:
        """What lists show at this moment."""
        now = self._clock()
        shown = (self._shown(past, now) for past in self._past.values())
        return [value for value in shown if value is not None]

    @staticmethod
    def _shown(past: list[tuple[datetime, T | None]], now: datetime) -> T | None:
        return next(value for since, value in reversed(past) if since <= now)
