"""Times that the lead times refuse need no calendar; both of their bounds are within reach."""

import pytest
from shared.domain.rules.reach import is_within_reach, unread

from shared.domain.model import Catalogue
from tests.unit.domain.rules.situation import BUSINESS, GROUP, MONDAY_AT_SEVEN, NORMAL, between


@pytest.mark.parametrize(
    ("start", "within"),
    [
        ("07:59", False),
        ("08:00", True),
        ("10:00", True),
        ("2026-08-30 07:00", True),
        ("2026-08-30 07:01", False),
        ("2026-05-31 10:00", False),
    ],
)
def test_a_time_is_within_reach_from_the_first_lead_time_to_the_last(start: str, within: bool) -> None:
    """An hour before and ninety days ahead, both included."""
    end = start[:-5] + "23:00"
    assert is_within_reach(NORMAL.context(start, end=end)) is within


def test_nothing_is_known_of_a_calendar_that_nobody_read() -> None:
    """Hours and policy are the business's; no appointment and nobody's availability is in it."""
    catalogue = Catalogue(BUSINESS, {GROUP.service.id: GROUP.service}, {})
    known = unread(catalogue, GROUP.service, between("10:00", "11:00"), MONDAY_AT_SEVEN)
    assert known.groups == {}
    assert known.span == between("2026-05-31 10:00", "2026-06-02 11:00")
