"""What the lead times leave within reach, and which rules are asked of the rest."""

from datetime import timedelta

import pytest

from shared.domain.intervals import Interval
from shared.domain.model import Catalogue
from shared.domain.rules import OF_CALENDARS, RULES, WITHOUT_CALENDAR, judge
from shared.domain.rules.context import RuleContext, SlotRequest
from shared.domain.rules.timing import is_within_reach, unread
from tests.unit.domain.rules.situation import ANN, BUSINESS, DAY, MINUTE, MONDAY_AT_SEVEN, SERVICE

EARLIEST, LATEST = MONDAY_AT_SEVEN + timedelta(hours=1), MONDAY_AT_SEVEN + 90 * DAY
CATALOGUE = Catalogue(BUSINESS, {SERVICE.id: SERVICE}, {ANN.id: ANN})


def of_nobody_asked(start_after: timedelta) -> RuleContext:
    """A request for half an hour, so long after the earliest start, by a calendar that nobody has read."""
    start = EARLIEST + start_after
    span = Interval(start, start + SERVICE.default_duration)
    return RuleContext(unread(CATALOGUE, SERVICE, span, MONDAY_AT_SEVEN), SlotRequest(SERVICE, span))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(), True),
        (-timedelta.resolution, False),
        (LATEST - EARLIEST, True),
        (LATEST - EARLIEST + timedelta.resolution, False),
    ],
)
def test_the_bounds_are_within_reach(after: timedelta, *, expected: bool) -> None:
    """Exactly the minimum lead time, and exactly the maximum advance; a moment outside is not."""
    assert is_within_reach(of_nobody_asked(after)) == expected


def test_out_of_reach_no_rule_about_the_calendar_is_asked() -> None:
    """Ann's calendar is not known: within reach that stands in the way, beyond it nobody asks."""
    within = [one.code for one in judge(of_nobody_asked(timedelta()))]
    beyond = [one.code for one in judge(of_nobody_asked(-15 * MINUTE))]

    assert within == ["staff-busy"] or "too-soon" not in within
    assert within
    assert beyond == ["too-soon", "outside-business-hours"]


def test_only_the_rules_about_calendars_need_one() -> None:
    """All the others are asked of every request, in the same order."""
    assert [rule.__name__ for rule in OF_CALENDARS] == [
        "staff_hours",
        "out_of_office",
        "slot_taken",
        "staff_taken",
        "seats",
        "personal_calendar",
        "buffers",
        "already_booked",
    ]
    assert [rule for rule in RULES if rule not in OF_CALENDARS] == list(WITHOUT_CALENDAR)
