"""The ways in which a write to Graph may end, by what Graph answers and what was done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from shared.domain.errors import (
    Conflicted,
    Denied,
    GraphError,
    Missing,
    NotSent,
    Rejected,
    StoreUnavailable,
    Throttled,
    Unavailable,
    Unreachable,
    Unreadable,
)
from shared.domain.model import Appointment
from tests.support.wire import Ending

LATE = 30.0
"""Seconds after the caller gave up: within the time in which Graph is assumed to finish."""


def answered(
    kind: type[GraphError], status: int = 0, pause: float | None = None
) -> Callable[[str], GraphError]:
    """What makes this error for an operation; `pause` is its Retry-After in seconds."""
    wait = None if pause is None else timedelta(seconds=pause)
    return lambda operation: kind(operation, status, wait)


def refused(kind: type[GraphError], status: int = 0, pause: float | None = None) -> Ending:
    """An answer that says that surely nothing was done."""
    return Ending(f"{status or kind.__name__}", answered(kind, status, pause), done=0)


def doubtful(kind: type[GraphError], status: int = 0, *, may_be_late: bool) -> tuple[Ending, ...]:
    """An answer that says nothing about what was done: nothing, everything, and perhaps later."""
    name, error = f"{status or kind.__name__}", answered(kind, status)
    ways = (Ending(f"{name}, not done", error, done=0), Ending(f"{name}, done", error))
    return (*ways, Ending(f"{name}, done late", error, late=LATE)) if may_be_late else ways


SURELY_NOT_DONE = (
    refused(Rejected, 400),
    refused(Denied, 401),
    refused(Denied, 403),
    refused(Missing, 404),
    refused(Conflicted, 409),
    refused(Conflicted, 412),
    refused(Throttled, 429, 2.0),
    refused(Throttled, 429, 600.0),
    refused(NotSent),
)

OVER = (*doubtful(Unavailable, 500, may_be_late=False), *doubtful(Unavailable, 507, may_be_late=False))

UNDER_WAY = (
    *doubtful(Unreachable, 504, may_be_late=True),
    *doubtful(Unreachable, may_be_late=True),
    Ending("silence, not done", done=0, silent=True),
    Ending("silence, done", silent=True),
    Ending("silence, done late", silent=True, late=LATE),
)

LATE_AFTER_AN_ERROR = (
    *doubtful(Unreachable, 502, may_be_late=True),
    *doubtful(Unreachable, 503, may_be_late=True),
)
"""A proxy's error, behind which the write may still be going on."""

UNREADABLE = (Ending("2xx, unreadable", answered(Unreadable, 201)),)

DELIVERED_TWICE = (Ending("delivered twice", done=2),)
"""For POST of an appointment; a customer's second record is nobody's and does no harm."""


def _without_customers(made: Appointment) -> Appointment:
    return replace(made, attendees=(), filled=0)


def _an_hour_later(made: Appointment) -> Appointment:
    later = timedelta(hours=1)
    return replace(made, span=replace(made.span, start=made.span.start + later, end=made.span.end + later))


NOT_AS_ASKED = (
    Ending("the answer shows nobody", shown=_without_customers),
    Ending("made without the customer", stored=_without_customers),
    Ending("made at another time", stored=_an_hour_later),
)
"""For POST of an appointment."""

EVERY_WRITE = (
    *SURELY_NOT_DONE, *OVER, *UNDER_WAY, *LATE_AFTER_AN_ERROR, *UNREADABLE,
)  # fmt: skip
"""What may happen to any write."""

EVERY_READ = (
    refused(Unavailable, 500),
    refused(Unreachable, 503),
    refused(Missing, 404),
    refused(Throttled, 429, 2.0),
    refused(Denied, 403),
    refused(Unreachable),
    Ending("silence", done=0, silent=True),
    refused(Unreadable, 200),
)
"""What may happen to any reading."""


def _store_fails(operation: str) -> StoreUnavailable:
    return StoreUnavailable(operation, "armed")


EVERY_STORE_CALL = (
    Ending("no storage, not done", _store_fails, done=0),
    Ending("no storage, done", _store_fails),
)
"""What may happen to any call of a store."""
