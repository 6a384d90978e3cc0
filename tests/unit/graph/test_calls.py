"""Which calls to Graph may be repeated, and after which pause."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from shared.domain.errors import (
    Conflicted,
    Denied,
    GraphError,
    Missing,
    NotSent,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
    Unreadable,
)
from shared.graph.calls import Operation, may_repeat, pause
from shared.graph.translate import retry_after

READ = Operation("read")
WRITE = Operation("write", writes=True)
REPLACING = Operation("replace", writes=True, replaces=True)


@pytest.mark.parametrize(
    ("error", "read", "write", "replacing"),
    [
        (Throttled("x", 429), True, True, False),
        (Unavailable("x", 500), True, False, False),
        (Unavailable("x", 507), True, False, False),
        (Unreachable("x", 502), True, False, False),
        (Unreachable("x", 503), True, False, False),
        (Unreachable("x", 504), True, False, False),
        (Unreachable("x"), True, False, False),
        (Unreachable("x", 404), False, False, False),
        (Unreadable("x"), False, False, False),
        (Conflicted("x", 412), False, False, False),
        (NotSent("x"), False, False, False),
        (Denied("x", 403), False, False, False),
        (Missing("x", 404), False, False, False),
        (Rejected("x", 400), False, False, False),
    ],
)
def test_only_what_is_surely_safe_is_repeated(
    error: GraphError, read: bool, write: bool, replacing: bool
) -> None:
    """A write goes out again after a 429 alone, one that replaces a list not even then."""
    found = (may_repeat(READ, error), may_repeat(WRITE, error), may_repeat(REPLACING, error))
    assert found == (read, write, replacing)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("2.128", 2.128),
        ("0", 0.0),
        ("-3", 0.0),
        ("60", 60.0),
        ("soon", None),
        ("", None),
        ("1e400", None),
        ("nan", None),
    ],
)
def test_retry_after_may_be_fractional_and_is_never_trusted(value: str, wait: float | None) -> None:
    """Seconds with a fraction are honoured, negative ones are none, and nonsense says nothing."""
    expected = None if wait is None else timedelta(seconds=wait)
    assert retry_after({"Retry-After": value}) == expected


def test_retry_after_may_be_a_date() -> None:
    """HTTP allows a date as well."""
    later = datetime.now(UTC) + timedelta(seconds=100)
    found = retry_after({"Retry-After": format_datetime(later, usegmt=True)})
    assert found is not None
    assert timedelta(seconds=90) < found <= timedelta(seconds=100)


def test_pauses_grow_where_graph_names_none() -> None:
    """Each pause is longer than the one before, whatever chance adds."""
    pauses = [pause(Unavailable("x", 503), attempt) for attempt in (1, 3, 5)]
    assert pauses == sorted(pauses)
    assert pause(Throttled("x", 429, timedelta(seconds=7)), 1) == timedelta(seconds=7)
