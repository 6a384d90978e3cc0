"""What is in the way of a new appointment with a staff member."""

import pytest

from shared.domain.intervals import Interval, Timeline
from shared.domain.roster import Member, Obstacle
from tests.unit.domain.rules.situation import between

DAY = between("08:00", "17:00")
LUNCH = between("12:00", "13:00")
SLOT = between("12:15", "12:45")
NONE = Timeline(())


def at_work(
    *, hours: Interval = DAY, away: Timeline = NONE, booked: Timeline = NONE, accounted: Interval = DAY
) -> Member:
    """Somebody who is not free at lunch."""
    return Member(
        "ann", Timeline([DAY]) - Timeline([LUNCH]), Timeline([hours]), away, booked, Timeline([accounted])
    )


def test_nothing_is_in_the_way_where_there_is_room() -> None:
    """To the end of the hours, and not beyond it."""
    assert at_work().obstacle(between("16:30", "17:00")) is None
    assert at_work().obstacle(between("16:30", "17:01")) is Obstacle.NOT_WORKING


@pytest.mark.parametrize(
    ("member", "obstacle"),
    [
        (at_work(hours=between("13:00", "17:00"), away=Timeline([LUNCH])), Obstacle.NOT_WORKING),
        (at_work(away=Timeline([LUNCH]), booked=Timeline([LUNCH])), Obstacle.OUT_OF_OFFICE),
        (at_work(booked=Timeline([LUNCH])), Obstacle.BOOKED),
    ],
)
def test_the_first_reason_counts(member: Member, obstacle: Obstacle) -> None:
    """Hours, then absence, then appointments."""
    assert member.obstacle(SLOT) is obstacle
