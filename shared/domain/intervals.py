"""Half-open intervals of time, `[start, end)`, and the days, hours and grids of a zone as such.

What is local is computed from the zone that is given: days of 23 or 25 hours, hours that the clocks skip or
show twice.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from typing import Literal, get_args
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
MIDNIGHT = time()


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """The instants from `start` up to, but not including, `end`; both aware, UTC inside the house."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("an interval must not end before it starts")

    @property
    def length(self) -> timedelta:
        """How long the interval lasts."""
        return self.end - self.start

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two share an instant; intervals that only touch do not."""
        return self.start < other.end and other.start < self.end

    def widened(self, before: timedelta, after: timedelta) -> "Interval":
        """The interval with a buffer on either side."""
        return Interval(self.start - before, self.end + after)


_Pair = tuple[datetime, datetime]
_START = itemgetter(0)


class Timeline:
    """A set of instants as sorted, disjoint, non-touching intervals, asked in logarithmic time.

    Built once from any intervals (they may overlap, touch and be unsorted), then only read.
    """

    __slots__ = ("_ends", "_starts")

    def __init__(self, intervals: Iterable[Interval] = ()) -> None:
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []
        self._fill([(i.start, i.end) for i in intervals])

    @classmethod
    def of(cls, pairs: Iterable[_Pair]) -> "Timeline":
        """The same from pairs of a start and an end, for thousands of them: intervals would cost more."""
        made = cls()
        made._fill(pairs)
        return made

    def _fill(self, pairs: Iterable[_Pair]) -> None:
        starts, ends = self._starts, self._ends
        for start, end in sorted(pairs, key=_START):
            if start == end:
                continue
            if not ends or start > ends[-1]:
                starts.append(start)
                ends.append(end)
            elif end > ends[-1]:
                ends[-1] = end

    def __iter__(self) -> Iterator[Interval]:
        return (Interval(start, end) for start, end in self._pairs())

    def __bool__(self) -> bool:
        return bool(self._starts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Timeline):
            return NotImplemented
        return self._starts == other._starts and self._ends == other._ends

    __hash__ = None  # type: ignore[assignment]  # a timeline is compared, never a key

    def __repr__(self) -> str:
        return f"Timeline({list(self)!r})"

    def covers(self, start: datetime, end: datetime) -> bool:
        """Whether every instant of `[start, end)` is in the set."""
        at = bisect_right(self._starts, start)
        return at > 0 and end <= self._ends[at - 1]

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether any instant of `[start, end)` is in the set."""
        at = bisect_right(self._ends, start)
        return at < len(self._starts) and self._starts[at] < end

    def among(self, instants: Sequence[datetime]) -> Iterator[datetime]:
        """Those of some instants, given in order, that are in the set."""
        for start, end in self._pairs():
            yield from instants[bisect_left(instants, start) : bisect_left(instants, end)]

    def within(self, span: Interval) -> "Timeline":
        """The part of the set that lies in `span`."""
        return self & Timeline([span])

    def widened(self, before: timedelta, after: timedelta) -> "Timeline":
        """The set with every interval longer by `before` at its start and by `after` at its end."""
        return Timeline.of([(s - before, e + after) for s, e in self._pairs()])

    def _pairs(self) -> Iterator[_Pair]:
        return zip(self._starts, self._ends, strict=True)

    def __and__(self, other: "Timeline") -> "Timeline":
        return self._in_common(other._starts, other._ends)

    def __or__(self, other: "Timeline") -> "Timeline":
        if not self or not other:
            return self or other
        return Timeline.of([*self._pairs(), *other._pairs()])

    def __sub__(self, other: "Timeline") -> "Timeline":
        if not self or not other:
            return self
        first, last = min(self._starts[0], other._starts[0]), max(self._ends[-1], other._ends[-1])
        return self._in_common([first, *other._ends], [*other._starts, last])

    def _in_common(self, starts: Sequence[datetime], ends: Sequence[datetime]) -> "Timeline":
        """What is in other intervals too, which are sorted and do not touch; empty ones count for nothing."""
        found = Timeline()
        i = j = 0
        while i < len(self._starts) and j < len(starts):
            start, own_end, other_end = max(self._starts[i], starts[j]), self._ends[i], ends[j]
            if own_end <= other_end:
                end = own_end
                i += 1
            else:
                end = other_end
                j += 1
            if start < end:
                found._starts.append(start)
                found._ends.append(end)
        return found


@dataclass(frozen=True, slots=True)
class LocalSpan:
    """Part of a local day, `[start, end)`; an `end` of 00:00 is the midnight that ends the day."""

    start: time
    end: time


Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""As Graph names them; the index of each is what `date.weekday()` gives."""

WeeklyHours = Mapping[int, tuple[LocalSpan, ...]]
"""Weekday (Monday is 0, as `date.weekday()` has it) to that day's open spans; absent is closed."""


def instants(local: datetime, zone: ZoneInfo) -> Iterator[datetime]:
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
        found, instant = [], span.start
        while instant < span.end:
            found.append(instant)
            instant += step
        return found
    midnight = datetime.combine(day, MIDNIGHT)
    shown = (midnight + step * n for n in range(-(-ONE_DAY // step)))
    return sorted(instant for local in shown for instant in instants(local, zone))


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()
