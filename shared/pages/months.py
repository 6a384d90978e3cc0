"""Which month a visitor sees first: the one with the first free time."""

from collections.abc import Iterator
from datetime import date

from shared.domain.intervals import ONE_DAY
from shared.domain.model import AvailabilityType, Policy
from shared.domain.roster import availability_on

MOST_MONTHS = 12
"""How many months are looked through for a visitor who has chosen none; each costs at most two calls."""


def first_of_next(month: date) -> date:
    """The first day of the month after."""
    return last_of(month) + ONE_DAY


def last_of(month: date) -> date:
    """The last day of the month."""
    return (month.replace(day=28) + ONE_DAY * 4).replace(day=1) - ONE_DAY


def open_months(policy: Policy, first: date, last: date) -> Iterator[date]:
    """The first days of the months in which the policy is open on any of the dates `first` to `last`."""
    month = first.replace(day=1)
    while month <= last:
        # The policy's dates are the business's: a visitor's may begin and end on the day beside.
        days = range(max(month, first).toordinal() - 1, min(last_of(month), last).toordinal() + 2)
        if any(_is_open(policy, date.fromordinal(day)) for day in days):
            yield month
        month = first_of_next(month)


def _is_open(policy: Policy, day: date) -> bool:
    return availability_on(policy, day).type is not AvailabilityType.NOT_BOOKABLE
