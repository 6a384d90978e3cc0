"""Timelines against the plainest model there is: the set of the minutes that they contain."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.intervals import Interval, Timeline

BASE = datetime(2026, 6, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LENGTH = 40

Pairs = list[tuple[int, int]]
pairs = st.lists(
    st.tuples(st.integers(0, LENGTH), st.integers(0, LENGTH)).map(lambda p: (min(p), max(p))), max_size=8
)
span = st.tuples(st.integers(0, LENGTH), st.integers(0, LENGTH)).map(lambda p: (min(p), max(p)))


def at(minute: int) -> datetime:
    return BASE + MINUTE * minute


def timeline(given_pairs: Pairs) -> Timeline:
    return Timeline(Interval(at(start), at(end)) for start, end in given_pairs)


def minutes_of(given_pairs: Pairs) -> set[int]:
    return {minute for start, end in given_pairs for minute in range(start, end)}


def minutes_in(found: Timeline) -> set[int]:
    return {(i.start - BASE) // MINUTE + n for i in found for n in range(i.length // MINUTE)}


@given(pairs)
def test_a_timeline_holds_exactly_the_instants_of_its_intervals(one: Pairs) -> None:
    """Whatever the order and the overlaps of the intervals, the minutes are theirs."""
    assert minutes_in(timeline(one)) == minutes_of(one)


@given(pairs)
def test_intervals_of_a_timeline_neither_overlap_nor_touch_nor_are_empty(one: Pairs) -> None:
    """The stored form is the shortest one, so equal sets are equal timelines."""
    listed = list(timeline(one))
    assert all(i.start < i.end for i in listed)
    assert all(a.end < b.start for a, b in pairwise(listed))
    assert timeline(one) == Timeline(Interval(at(m), at(m + 1)) for m in minutes_of(one))
    assert bool(timeline(one)) == bool(minutes_of(one))


@pytest.mark.parametrize(
    ("combine", "expected"),
    [
        (lambda a, b: a & b, set.intersection),
        (lambda a, b: a | b, set.union),
        (lambda a, b: a - b, set.difference),
    ],
    ids=["and", "or", "minus"],
)
@given(one=pairs, other=pairs)
def test_set_operations_are_those_of_sets(
    combine: Callable[[Timeline, Timeline], Timeline],
    expected: Callable[[set[int], set[int]], set[int]],
    one: Pairs,
    other: Pairs,
) -> None:
    """Intersection, union and difference do to the minutes what they do to sets, in the shortest form."""
    minutes = expected(minutes_of(one), minutes_of(other))
    assert combine(timeline(one), timeline(other)) == Timeline(Interval(at(m), at(m + 1)) for m in minutes)


@given(pairs, span)
def test_questions_about_a_span_are_about_each_of_its_minutes(one: Pairs, asked: tuple[int, int]) -> None:
    """`covers` means all, `touches` any and `within` those inside."""
    start, end = asked
    inside, whole, line = minutes_of(one) & set(range(start, end)), set(range(start, end)), timeline(one)
    if start < end:
        assert line.covers(at(start), at(end)) == (inside == whole)
        assert line.touches(at(start), at(end)) == bool(inside)
    assert minutes_in(line.within(Interval(at(start), at(end)))) == inside


@given(pairs, st.sets(st.integers(-1, LENGTH + 1)))
def test_those_among_some_instants_are_those_in_the_set(one: Pairs, minutes: set[int]) -> None:
    """In their order; the start of an interval is in it, its end is not."""
    instants = [at(minute) for minute in sorted(minutes)]
    found = [at(minute) for minute in sorted(minutes & minutes_of(one))]
    assert list(timeline(one).among(instants)) == found


@given(pairs, st.integers(0, 9), st.integers(0, 9))
def test_a_widened_timeline_reaches_beyond_every_interval(one: Pairs, before: int, after: int) -> None:
    """Widening is the union of all the widened intervals, even where they grow together."""
    wider = timeline(one).widened(MINUTE * before, MINUTE * after)
    assert wider == timeline([(s - before, e + after) for s, e in one if s < e])


@given(span, span)
def test_intervals_that_only_touch_do_not_overlap(one: tuple[int, int], other: tuple[int, int]) -> None:
    """Intervals are half-open: two share an instant or they do not, and their ends are not in them."""
    first, second = (Interval(at(s), at(e)) for s, e in (one, other))
    both = set(range(*one)) & set(range(*other))
    if first.length and second.length:
        assert first.overlaps(second) == bool(both)


def test_an_interval_cannot_end_before_it_starts() -> None:
    """A mistake in arithmetic shows where it is made."""
    with pytest.raises(ValueError, match="before it starts"):
        Interval(at(1), at(0))


def test_timelines_compare_with_timelines_only() -> None:
    """Comparison with anything else is left to the other side."""
    assert Timeline() != []
    assert "2026" in repr(timeline([(0, 1)]))
