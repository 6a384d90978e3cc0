"""Which of several group appointments at one start is joined."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.model import Availability, AvailabilityType
from tests.unit.domain.rules.situation import ANN, GROUP, MONDAY_AT_SEVEN, appointment, hours

MORNINGS = Availability(AvailabilityType.CUSTOM_WEEKLY_HOURS, hours("09:00", "12:00", range(1)))


@pytest.mark.parametrize(
    ("start", "drawn_out", "code"),
    [("11:30", "12:30", "outside-service-hours"), ("16:30", "17:30", "outside-business-hours")],
)
def test_one_that_was_drawn_out_beyond_any_hours_is_passed_by_where_somebody_is_free(
    start: str, drawn_out: str, code: str
) -> None:
    """Beyond those of the service as beyond those of the business; where nobody is, its length is told."""
    long = appointment(start, drawn_out, "ann", maximum_attendees=3, filled=1)
    situation = replace(GROUP, appointments=(long,))
    if code == "outside-service-hours":
        situation = situation.with_policy(general_availability=MORNINGS)

    context = situation.context(start)

    assert (context.join_target, context.free_staff) == (None, ("bob",))
    assert situation.codes(start) == []
    assert replace(situation, staff=(ANN,)).codes(start) == [code]


def test_the_oldest_is_joined_and_one_whose_age_nobody_knows_is_the_youngest() -> None:
    """Of those that are equally full, whatever their ids."""
    made = {"a": None, "b": MONDAY_AT_SEVEN, "c": MONDAY_AT_SEVEN - timedelta(days=1)}
    seats = {
        name: appointment("10:00", "10:30", who, id=name, maximum_attendees=3, filled=1, created=created)
        for (name, created), who in zip(made.items(), ("ann", "bob", "bob"), strict=True)
    }

    def joined(*names: str) -> str | None:
        found = replace(GROUP, appointments=tuple(seats[name] for name in names)).context("10:00").join_target
        return found.id if found else None

    assert (joined("a", "b", "c"), joined("a", "b"), joined("a")) == ("c", "b", "a")
