"""How long the request at hand may still take, known to everything that runs on its behalf."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

_ends: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(after: timedelta) -> Iterator[None]:
    """Run the block with a deadline, `after` from now; an earlier one that is set already stays."""
    ends = asyncio.get_running_loop().time() + after.total_seconds()
    outer = _ends.get()
    token = _ends.set(ends if outer is None else min(ends, outer))
    try:
        yield
    finally:
        _ends.reset(token)


def remaining(most: timedelta) -> timedelta:
    """What is left until the deadline, at most `most`; never negative."""
    ends = _ends.get()
    if ends is None:
        return most
    left = timedelta(seconds=ends - asyncio.get_running_loop().time())
    return max(timedelta(), min(left, most))


_is_background: ContextVar[bool] = ContextVar("is_background", default=False)
_is_booking: ContextVar[bool] = ContextVar("is_booking", default=False)


@contextmanager
def in_background() -> Iterator[None]:
    """Run the block as something that nobody waits for: the timer's work."""
    with _set(_is_background):
        yield


def is_background() -> bool:
    """Whether what runs is the timer's work rather than a visitor's request."""
    return _is_background.get()


@contextmanager
def for_booking() -> Iterator[None]:
    """Run the block as a booking or a change of one, to which visitors who look around give way."""
    with _set(_is_booking):
        yield


def is_booking() -> bool:
    """Whether what runs is a booking or a change of one."""
    return _is_booking.get()


@contextmanager
def _set(flag: ContextVar[bool]) -> Iterator[None]:
    token = flag.set(True)
    try:
        yield
    finally:
        flag.reset(token)
