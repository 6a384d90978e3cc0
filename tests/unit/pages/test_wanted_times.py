"""What a link or a form means by its start, and where other times are looked for."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.domain.slots import Slot
from shared.pages.wanted_times import linked, meant_by, nearest, windows

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "day"),
    [
        ("2026-12-01T10:00:00+01:00", "2026-12-01T09:00", "2026-12-01"),
        ("2026-12-01T10:00:00 01:00", "2026-12-01T09:00", "2026-12-01"),
        ("2026-12-01T10:00 0530", "2026-12-01T04:30", "2026-12-01"),
        ("2026-12-01 10:00 01", "2026-12-01T09:00", "2026-12-01"),
        ("2026-12-01T10:00:00%2B01:00", "2026-12-01T09:00", "2026-12-01"),
        ("2026-12-01T10%3A00%3A00Z", "2026-12-01T10:00", "2026-12-01"),
        ("2026-12-01T10:00:00\u221206:00", "2026-12-01T16:00", "2026-12-01"),
        ("2026-12-01T16:00:00Z.", "2026-12-01T16:00", "2026-12-01"),
        ("2026-12-01T16:00:00Z)>", "2026-12-01T16:00", "2026-12-01"),
        ("2026-12-01T10:00", "2026-12-01T09:00", "2026-12-01"),
        ("2026-12-01 10:00", "2026-12-01T09:00", "2026-12-01"),
        ("2026-10-25T02:30", None, "2026-10-25"),
        ("2027-03-28T02:30", None, "2027-03-28"),
        ("2026-12-01T25:00", None, "2026-12-01"),
        ("0001-01-01T00:00:00+14:00", None, "0001-01-01"),
        ("tomorrow", None, None),
        ("", None, None),
    ],
)
def test_a_link_means_one_start_or_a_day(text: str, start: str | None, day: str | None) -> None:
    """A plus that became a space, a text that was escaped twice, a point behind: all can be read."""
    found, about = linked(text, PARIS)
    assert (f"{found:%Y-%m-%dT%H:%M}" if found else None) == start
    assert (about.isoformat() if about else None) == day


@pytest.mark.parametrize(
    ("text", "hours"),
    [("2026-10-25T02:30", [0, 1]), ("2026-10-25T03:30", [2]), ("2027-03-28T02:30", [1]), ("never", [])],
)
def test_a_form_may_mean_two_instants(text: str, hours: list[int]) -> None:
    """Whatever it may mean is where other times are looked for."""
    assert [one.hour for one in meant_by(text, None, PARIS)] == hours
    assert meant_by(text, NOW, PARIS) == (NOW,)


@pytest.mark.parametrize(
    ("wanted", "days"),
    [
        ([], ["2026-10-01"]),
        (["2026-10-25T00:30"], ["2026-10-24", "2026-10-01"]),
        (["2026-10-01T12:00"], ["2026-10-01", "2026-10-01"]),
        (["2026-01-01T12:00"], ["2026-10-01"]),
        (["2030-01-01T12:00"], ["2026-11-23", "2026-10-01"]),
    ],
)
def test_others_are_looked_for_around_and_then_soon(wanted: list[str], days: list[str]) -> None:
    """Never in the past, and never where nothing can be booked yet."""
    near = [datetime.fromisoformat(one).replace(tzinfo=UTC) for one in wanted]
    found = [one.isoformat() for one in windows(near, NOW, date(2026, 11, 30), PARIS)]
    assert list(dict.fromkeys(found)) == list(dict.fromkeys(days))


def test_the_nearest_are_offered() -> None:
    """In order; both of two that were meant, and not the only one that cannot be had."""
    hours = [Slot(NOW + timedelta(hours=n), NOW + timedelta(hours=n + 1), (), 1, False) for n in range(8)]
    starts = [one.start for one in hours]
    assert [one.start for one in nearest(hours, starts[4:5], 2, same=False)] == [starts[3], starts[5]]
    assert starts[4] in [one.start for one in nearest(hours, starts[4:5], 2, same=True)]
    both = [starts[1], starts[6]]
    assert [one.start for one in nearest(hours, both, 2, same=False)] == both
