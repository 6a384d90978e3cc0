"""What clocks show: times that come twice, and zones whose clocks are the same."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from shared.domain.intervals import instants

WEEK = timedelta(days=7)
WEEKS_OF_A_YEAR = 53


def comes_twice(instant: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks in `zone` show the time of this instant twice, since they are put back."""
    shown = instant.astimezone(zone).replace(tzinfo=None, fold=0)
    return len(list(instants(shown, zone))) > 1


def meant(local: datetime, zone: ZoneInfo) -> Sequence[datetime]:
    """What a time without an offset may mean: one instant, two, or one beside those that clocks skip."""
    return list(instants(local, zone)) or [local.replace(tzinfo=zone).astimezone(UTC)]


def same_time(instant: datetime, one: ZoneInfo, other: ZoneInfo) -> bool:
    """Whether clocks in both zones show the same at this instant."""
    return instant.astimezone(one).utcoffset() == instant.astimezone(other).utcoffset()


def same_clock(one: ZoneInfo, other: ZoneInfo, begin: datetime) -> bool:
    """Whether clocks in both zones show the same all year from `begin` on."""
    weeks = (begin + WEEK * n for n in range(WEEKS_OF_A_YEAR))
    return one.key == other.key or all(same_time(week, one, other) for week in weeks)


def same_zone(one: str, other: str) -> bool:
    """Whether both are names of one zone, such as Asia/Calcutta and Asia/Kolkata."""
    return one == other or _rules(one) == _rules(other)


@lru_cache(maxsize=1024)
def _rules(name: str) -> bytes:
    """The zone's rules as the time zone database has them; links are copies there."""
    return resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
