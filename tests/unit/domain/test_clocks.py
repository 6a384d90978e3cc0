"""Times that come twice, and zones that are the same by another name."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.domain.clocks import comes_twice, meant, same_clock, same_time, same_zone

CHANGES = [
    ("Europe/Paris", "2026-10-25T01:00", 60),
    ("America/Chicago", "2026-11-01T07:00", 60),
    ("Australia/Lord_Howe", "2027-04-03T15:00", 30),
    ("America/Santiago", "2027-04-04T03:00", 60),
    ("Antarctica/Troll", "2026-10-25T01:00", 120),
]
"""Zones, the instant at which clocks there go back, and by how many minutes."""


@pytest.mark.parametrize(("name", "at", "back"), CHANGES)
def test_times_that_come_twice(name: str, at: str, back: int) -> None:
    """All of the span by which clocks go back, before and after the change, and nothing else."""
    zone, change = ZoneInfo(name), datetime.fromisoformat(at).replace(tzinfo=UTC)
    step = timedelta(minutes=15)
    twice = [change + step * n for n in range(-20, 20) if comes_twice(change + step * n, zone)]
    assert twice == [change + step * n for n in range(-back // 15, back // 15)]
    assert not comes_twice(change + timedelta(days=2), zone)


@pytest.mark.parametrize(
    ("local", "instants"),
    [
        ("2026-10-25T02:30", ["2026-10-25T00:30", "2026-10-25T01:30"]),
        ("2026-10-25T03:30", ["2026-10-25T02:30"]),
        ("2027-03-28T02:30", ["2027-03-28T01:30"]),
    ],
)
def test_what_a_local_time_may_mean(local: str, instants: list[str]) -> None:
    """One instant, two where it comes twice, and one that is near where it does not exist."""
    found = meant(datetime.fromisoformat(local), ZoneInfo("Europe/Paris"))
    assert [f"{one:%Y-%m-%dT%H:%M}" for one in found] == instants


@pytest.mark.parametrize(
    ("one", "other", "is_zone", "is_clock"),
    [
        ("Asia/Calcutta", "Asia/Kolkata", True, True),
        ("US/Central", "America/Chicago", True, True),
        ("Europe/Kiev", "Europe/Kyiv", True, True),
        ("Asia/Saigon", "Asia/Ho_Chi_Minh", True, True),
        ("UTC", "Etc/UTC", True, True),
        ("Europe/Paris", "Europe/Madrid", False, True),
        ("Europe/London", "Africa/Lagos", False, False),
        ("Australia/Sydney", "Australia/Brisbane", False, False),
        ("Asia/Tokyo", "Asia/Tokyo", True, True),
    ],
)
def test_zones_that_are_the_same(one: str, other: str, is_zone: bool, is_clock: bool) -> None:
    """By their rules of all times, and by what clocks show from now on."""
    begin = datetime(2026, 6, 1, tzinfo=UTC)
    assert same_zone(one, other) is is_zone
    assert same_clock(ZoneInfo(one), ZoneInfo(other), begin) is is_clock


def test_two_zones_can_show_the_same_in_one_half_of_the_year() -> None:
    """London and Lagos do in summer."""
    london, lagos = ZoneInfo("Europe/London"), ZoneInfo("Africa/Lagos")
    assert same_time(datetime(2026, 7, 1, tzinfo=UTC), london, lagos)
    assert not same_time(datetime(2026, 1, 1, tzinfo=UTC), london, lagos)
