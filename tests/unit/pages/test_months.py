"""The months in which anything can be free at all."""

from dataclasses import replace
from datetime import date

from shared.domain.model import Availability, AvailabilityType, AvailabilityWindow
from shared.domain.roster import DEFAULT
from shared.pages.months import first_of_next, last_of, open_months

CLOSED = Availability(AvailabilityType.NOT_BOOKABLE)
SEASON = AvailabilityWindow(date(2027, 3, 31), date(2027, 5, 2), Availability())


def test_only_open_months_are_looked_through() -> None:
    """A policy that is closed but for a season leaves its months; an open one all."""
    closed = replace(DEFAULT, general_availability=CLOSED, custom_availabilities=(SEASON,))
    first, last = date(2026, 11, 20), date(2027, 6, 10)
    assert list(open_months(closed, first, last)) == [date(2027, month, 1) for month in (3, 4, 5)]
    assert len(list(open_months(DEFAULT, first, last))) == 8
    assert list(open_months(DEFAULT, last, first)) == []


def test_a_day_beside_counts_for_visitors_elsewhere() -> None:
    """The first of a month at the business is the last of the month before for visitors west of it."""
    first = AvailabilityWindow(date(2027, 3, 1), date(2027, 3, 1), Availability())
    policy = replace(DEFAULT, general_availability=CLOSED, custom_availabilities=(first,))
    assert list(open_months(policy, date(2027, 1, 1), date(2027, 4, 1))) == [
        date(2027, 2, 1),
        date(2027, 3, 1),
    ]


def test_months_have_their_lengths() -> None:
    """Also in leap years, and at the end of a year."""
    assert last_of(date(2028, 2, 1)) == date(2028, 2, 29)
    assert first_of_next(date(2026, 12, 31)) == date(2027, 1, 1)
