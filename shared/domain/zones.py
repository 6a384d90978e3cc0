"""Time zones: names, local times that do not exist or occur twice, days of 23 or 25 hours.

Everything is computed from the zone that is named; the zone of the process plays no part.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

from shared.domain.errors import Violation
from shared.domain.intervals import Interval, Timeline
from shared.domain.model import LocalSpan, WeeklyHours

ONE_DAY = timedelta(days=1)
MIDNIGHT = time()
LONGEST_NAME = 100


class UnknownZone(ValueError):
    """The name is neither an IANA zone nor a Windows one."""


class LocalTimeRefused(ValueError):
    """A local time that names no instant, or two; `violation` says so to the caller."""

    code = ""
    detail = ""

    @property
    def violation(self) -> Violation:
        """The broken rule, lying at the booking request's `start`."""
        return Violation(self.code, self.detail)


class NonexistentLocalTime(LocalTimeRefused):
    """The clocks skip this local time, as they do with 2:30 when summer time begins at 2:00."""

    code = "nonexistent-local-time"
    detail = "This local time does not exist: the clocks are put forward over it."


class AmbiguousLocalTime(LocalTimeRefused):
    """The clocks show this local time twice, as they do with 1:30 when summer time ends at 2:00."""

    code = "ambiguous-local-time"
    detail = "This local time occurs twice that day: send the start with its offset from UTC."


def iana_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name, a Windows name or a Windows display name; raises UnknownZone.

    Windows names follow CLDR's table; display names look like `(UTC-08:00) Pacific Time (US & Canada)`.
    """
    wanted = name.strip()
    if len(wanted) > LONGEST_NAME:
        raise UnknownZone("the name of the time zone is too long")
    return _zone(wanted)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    if name in _iana_names():
        return ZoneInfo(name)
    found = _windows_names().get(name.casefold()) or _from_display_name(name)
    if found is None:
        raise UnknownZone("no such time zone")
    return ZoneInfo(found)


@cache
def _iana_names() -> frozenset[str]:
    # The list that tzdata ships, because the machine's own directory also holds names such as
    # `localtime`, whose meaning depends on the machine.
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("utf-8").split()) - {"Factory"}


@cache
def _windows_names() -> dict[str, str]:
    return {windows.casefold(): iana for windows, iana in win_tz.items()}


_DISPLAY_NAME = re.compile(r"\(UTC(?:(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>\d\d))?\) (?P<places>.+)")


def _from_display_name(name: str) -> str | None:
    parts = _DISPLAY_NAME.fullmatch(name)
    if parts is None:
        return None
    places = parts["places"]
    if places == "Coordinated Universal Time":
        return "UTC"
    windows = places.replace(" Time (US & Canada)", " Standard Time")
    if windows.casefold() in _windows_names():
        return _windows_names()[windows.casefold()]
    offset = timedelta(hours=int(parts["hours"] or 0), minutes=int(parts["minutes"] or 0))
    return _zone_of_a_city(places.split(", "), -offset if parts["sign"] == "-" else offset)


def _zone_of_a_city(cities: Iterable[str], standard_offset: timedelta) -> str | None:
    # A display name lists cities and the standard offset; a city counts only where both agree.
    for city in cities:
        for name in sorted(_iana_names()):
            if name.endswith("/" + city.replace(" ", "_")) and _standard_offset(name) == standard_offset:
                return name
    return None


def _standard_offset(name: str) -> timedelta:
    january, july = (
        datetime(2026, month, 1, tzinfo=ZoneInfo(name)).utcoffset() or timedelta() for month in (1, 7)
    )
    return min(january, july)


def to_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a local time in `zone`; a time with an offset is taken as the instant it names.

    Raises NonexistentLocalTime and AmbiguousLocalTime for a local time without an offset.
    """
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    instants = list(_instants(local, zone))
    if not instants:
        raise NonexistentLocalTime(NonexistentLocalTime.detail)
    if len(instants) > 1:
        raise AmbiguousLocalTime(AmbiguousLocalTime.detail)
    return instants[0]


def _instants(local: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The instants at which clocks in `zone` show a naive local time, in order: none, one or two."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first <= second:
        yield first
        if first < second:
            yield second


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The date that clocks in `zone` show at an instant."""
    return instant.astimezone(zone).date()


def day_span(day: date, zone: ZoneInfo) -> Interval:
    """The whole local day in UTC: 24 hours, or what the clock changes of that day make of it."""
    return Interval(_boundary(day, MIDNIGHT, zone), _boundary(day + ONE_DAY, MIDNIGHT, zone))


def _boundary(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first instant of `day` at which the clocks show `at` or, where they skip it, something later."""
    local = datetime.combine(day, at)
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return first if first <= second else _transition(second, first, zone)


def _transition(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant in `(before, after]` at which the offset changes, to the second."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def hours_timeline(hours: WeeklyHours, zone: ZoneInfo, first: date, last: date) -> Timeline:
    """The weekly hours on the local dates `first` to `last`, both included, as UTC.

    An opening or closing time that the clocks skip means the moment they skip it, one that they show
    twice means the first. A span that ends before it starts runs on into the next day.
    """
    days = (first + ONE_DAY * n for n in range(-1, (last - first).days + 1))
    spans = [_utc_span(day, span, zone) for day in days for span in hours.get(day.weekday(), ())]
    return Timeline(spans).within(Interval(day_span(first, zone).start, day_span(last, zone).end))


def _utc_span(day: date, span: LocalSpan, zone: ZoneInfo) -> Interval:
    runs_over = span.end < span.start or span.end == MIDNIGHT
    end_day = day + ONE_DAY if runs_over else day
    return Interval(_boundary(day, span.start, zone), _boundary(end_day, span.end, zone))


def on_grid(instant: datetime, step: timedelta, zone: ZoneInfo) -> bool:
    """Whether clocks in `zone` show a multiple of `step`, counted from midnight on the clock's face.

    A step has whole seconds.
    """
    shown = instant.astimezone(zone)
    since_midnight = shown.hour * 3600 + shown.minute * 60 + shown.second
    return not shown.microsecond and since_midnight % (step.days * 86400 + step.seconds) == 0


def grid(day: date, step: timedelta, zone: ZoneInfo) -> list[datetime]:
    """All instants of a local day that are `on_grid`, in order, in UTC."""
    span = day_span(day, zone)
    if span.length == ONE_DAY and _offset(span.start, zone) == _offset(span.end, zone):
        return [span.start + step * n for n in range(-(-ONE_DAY // step))]
    midnight = datetime.combine(day, MIDNIGHT)
    shown = (midnight + step * n for n in range(-(-ONE_DAY // step)))
    return sorted(instant for local in shown for instant in _instants(local, zone))


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()
