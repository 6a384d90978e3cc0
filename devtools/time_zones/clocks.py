"""Which time zones show the same clock: every change of an offset counts, to the minute."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, reset_tzpath

reset_tzpath(())  # the tables are those of the packaged database, whatever the machine carries

Changes = tuple[tuple[datetime, timedelta], ...]

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@lru_cache(maxsize=4096)
def changes(name: str, start: datetime, end: datetime) -> Changes:
    """The offset of a zone at `start`, then each change before `end` with its new offset."""
    return tuple(_changes(ZoneInfo(name), start, end))


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, timedelta]]:
    before, offset = start, _offset(start, zone)
    yield start, offset
    while before < end:
        after = before + DAY
        if _offset(after, zone) != offset:
            at = _first(before, after, zone)
            offset = _offset(at, zone)
            yield at, offset
        before = after


def _first(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    old = _offset(before, zone)
    while after - before > MINUTE:
        middle = before + (after - before) // 2
        before, after = (middle, after) if _offset(middle, zone) == old else (before, middle)
    return after.replace(second=0, microsecond=0)


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def year(number: int) -> datetime:
    """The beginning of a year in UTC."""
    return datetime(number, 1, 1, tzinfo=UTC)
