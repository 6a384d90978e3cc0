"""Until when a booking may be changed, and what counts as free for whoever holds it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.intervals import Interval
from shared.domain.model import (
    Appointment,
    Availability,
    AvailabilityStatus,
    DayView,
    Policy,
    StaffAvailability,
)
from shared.domain.rules.manage import (
    Permission,
    permission,
    released,
    too_late_to_cancel,
    too_late_to_reschedule,
)
from tests.unit.domain.rules.situation import is_sentence

TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
TICK = timedelta(microseconds=1)
POLICY = Policy(QUARTER, 2 * HOUR, timedelta(days=90), True, Availability(), ())
BUSY, FREE, AWAY, SEATS = (
    AvailabilityStatus.BUSY,
    AvailabilityStatus.AVAILABLE,
    AvailabilityStatus.OUT_OF_OFFICE,
    AvailabilityStatus.SLOTS_AVAILABLE,
)


def span(start: float, end: float) -> Interval:
    return Interval(TEN + start * HOUR, TEN + end * HOUR)


def own(**different: object) -> Appointment:
    plain = {"pre_buffer": QUARTER, "post_buffer": QUARTER, **different}
    return Appointment("own", "service", span(0, 1), ("ann",), 1, 1, **plain)  # type: ignore[arg-type]


def items(view: DayView, staff_id: str = "ann") -> list[tuple[AvailabilityStatus, Interval]]:
    return [(one.status, one.span) for one in view.availability[staff_id]]


@pytest.mark.parametrize("rule", [too_late_to_cancel, too_late_to_reschedule])
def test_exactly_the_lead_time_is_enough(rule: Any) -> None:  # noqa: ANN401
    """A moment later it is too late, and so is everything that has begun; nothing in the request is wrong."""
    assert rule(POLICY, TEN, TEN - 2 * HOUR) is None
    for now in (TEN - 2 * HOUR + TICK, TEN, TEN + HOUR):
        broken = rule(POLICY, TEN, now)
        assert broken.code == rule.__name__.replace("_", "-")
        assert is_sentence(broken.detail)
        assert (broken.pointer, broken.conflict) == ("", False)


def test_a_permission_tells_until_when_or_which_rule() -> None:
    """Never both."""
    late = too_late_to_cancel(POLICY, TEN, TEN)
    assert permission(POLICY, TEN, None) == Permission(allowed=True, until=TEN - 2 * HOUR)
    assert permission(POLICY, TEN, late) == Permission(allowed=False, code="too-late-to-cancel")


def test_the_own_time_with_its_buffers_is_free() -> None:
    """Whatever else is busy around it stays busy, and so does everybody else's time."""
    busy = StaffAvailability(BUSY, span(-1, 3))
    view = DayView(span(-9, 9), (own(),), {"ann": (busy,), "bob": (busy,)})

    free = released(view, own(), stays=False)

    assert free.appointments == ()
    assert items(free) == [(BUSY, span(-1, -0.25)), (BUSY, span(1.25, 3)), (FREE, span(-0.25, 1.25))]
    assert items(free, "bob") == [(BUSY, span(-1, 3))]


@pytest.mark.parametrize("status", [AWAY, FREE, AvailabilityStatus.UNKNOWN])
def test_time_off_and_what_nobody_knows_stay_as_they_are(status: AvailabilityStatus) -> None:
    """Somebody who is away does not come back because a booking is moved."""
    item = StaffAvailability(status, span(-1, 3))
    view = DayView(span(-9, 9), (own(),), {"ann": (item,)})
    assert items(released(view, own(), stays=False)) == [(status, span(-1, 3))]


def test_the_seats_of_a_group_are_taken_time_too() -> None:
    """Where the appointment ends with the booking."""
    view = DayView(span(-9, 9), (own(),), {"ann": (StaffAvailability(SEATS, span(0, 1)),)})
    assert items(released(view, own(), stays=False)) == [(FREE, span(0, 1))]


def test_an_appointment_that_stays_has_one_seat_more() -> None:
    """Its time stays taken, and other appointments are as they were."""
    group = Appointment("own", "service", span(0, 1), ("ann",), 5, 2)
    other = Appointment("other", "service", span(2, 3), ("ann",), 5, 2)
    view = DayView(span(-9, 9), (group, other), {"ann": (StaffAvailability(SEATS, span(0, 1)),)})

    left = released(view, group, stays=True)

    assert {one.id: one.filled for one in left.appointments} == {"own": 1, "other": 2}
    assert items(left) == [(SEATS, span(0, 1))]
    nobody = DayView(span(-9, 9), (Appointment("own", "service", span(0, 1), ("ann",), 5, 0),), {})
    assert released(nobody, group, stays=True).appointments[0].filled == 0
