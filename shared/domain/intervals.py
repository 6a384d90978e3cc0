"""Half-open intervals of time, `[start, end)`, and what can be done with them."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta


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


class Timeline:
    """A set of instants as sorted, disjoint, non-touching intervals, asked in logarithmic time.

    Built once from any intervals (they may overlap, touch and be unsorted), then only read.
    """

    __slots__ = ("_ends", "_starts")

    def __init__(self, intervals: Iterable[Interval] = ()) -> None:
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []
        self._fill(sorted([(i.start, i.end) for i in intervals]))

    def _fill(self, ordered: Iterable[_Pair]) -> None:
        # Pairs instead of intervals: timelines are built by the thousand for every list of slots.
        starts, ends = self._starts, self._ends
        for start, end in ordered:
            if start == end:
                continue
            if not ends or start > ends[-1]:
                starts.append(start)
                ends.append(end)
            elif end > ends[-1]:
                ends[-1] = end

    @classmethod
    def _of(cls, ordered: Iterable[_Pair]) -> "Timeline":
        made = cls()
        made._fill(ordered)
        return made

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

    def includes(self, instant: datetime) -> bool:
        """Whether the instant is in the set."""
        at = bisect_right(self._starts, instant) - 1
        return at >= 0 and instant < self._ends[at]

    def covers(self, start: datetime, end: datetime) -> bool:
        """Whether every instant of `[start, end)` is in the set."""
        at = bisect_right(self._starts, start)
        return at > 0 and end <= self._ends[at - 1]

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether any instant of `[start, end)` is in the set."""
        at = bisect_right(self._ends, start)
        return at < len(self._starts) and self._starts[at] < end

    def within(self, span: Interval) -> "Timeline":
        """The part of the set that lies in `span`."""
        return self & Timeline([span])

    def widened(self, before: timedelta, after: timedelta) -> "Timeline":
        """The set with every interval longer by `before` at its start and by `after` at its end."""
        return Timeline._of((s - before, e + after) for s, e in self._pairs())

    def _pairs(self) -> Iterator[_Pair]:
        return zip(self._starts, self._ends, strict=True)

    def __and__(self, other: "Timeline") -> "Timeline":
        return Timeline._of(_shared(list(self._pairs()), list(other._pairs())))

    def __or__(self, other: "Timeline") -> "Timeline":
        return Timeline._of(sorted([*self._pairs(), *other._pairs()]))

    def __sub__(self, other: "Timeline") -> "Timeline":
        if not self or not other:
            return self
        span = Interval(
            min(self._starts[0], other._starts[0]),
            max(self._ends[-1], other._ends[-1]),
        )
        return self & other.gaps(span)

    def gaps(self, span: Interval) -> "Timeline":
        """What of `span` is not in the set."""
        inside = list(self.within(span))
        starts = [span.start, *(i.end for i in inside)]
        ends = [*(i.start for i in inside), span.end]
        return Timeline._of(zip(starts, ends, strict=True))


def _shared(left: list[_Pair], right: list[_Pair]) -> Iterator[_Pair]:
    """What two sorted lists of disjoint pairs have in common, in order."""
    i = j = 0
    while i < len(left) and j < len(right):
        left_start, left_end = left[i]
        right_start, right_end = right[j]
        start, end = max(left_start, right_start), min(left_end, right_end)
        if start < end:
            yield start, end
        if left_end <= right_end:
            i += 1
        else:
            j += 1
