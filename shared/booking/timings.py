"""How long things may take."""

from datetime import timedelta
from typing import Protocol


class Timings(Protocol):
    """How long things may take; `docs/guarantees.md` says what each of them bounds."""

    @property
    def request_budget(self) -> timedelta:
        """A whole booking request."""
        ...

    @property
    def graph_call(self) -> timedelta:
        """One call to Graph, its wait in the queue included."""
        ...

    @property
    def lock_wait(self) -> timedelta:
        """Waiting for locks, or for an earlier request with the same key."""
        ...

    @property
    def lock_life(self) -> timedelta:
        """A lock that nobody frees."""
        ...

    @property
    def list_lag(self) -> timedelta:
        """How long Graph's lists may hide a write."""
        ...
