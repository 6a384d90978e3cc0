"""The mark by which a booking is found again: at the start of a line, and no note can make one."""

import pytest

from shared.booking.writes.notes import carries, mark
from tests.support.shop import an_appointment

OURS = "BK-1234ABCD"


@pytest.mark.parametrize(
    "notes",
    [
        mark(OURS),
        f"Notes of the staff\n{mark(OURS)}",
        f"Notes\r\n{mark(OURS)}\r\nmore notes",
        f"Notes\r{mark(OURS)}",
        f"{mark('BK-OTHER')}\n{mark(OURS)}",
        f"{mark(OURS)} - window seat",
        f"{mark(OURS)}, moved",
    ],
)
def test_a_mark_is_known_at_the_start_of_a_line(notes: str) -> None:
    """Whatever the staff write around it."""
    assert carries(an_appointment(service_notes=notes), OURS)


@pytest.mark.parametrize(
    "notes",
    [
        None,
        "",
        "Notes of the staff",
        mark("BK-OTHER"),
        mark(OURS + "X"),
        mark(OURS + "9"),
        mark(OURS + "X, moved"),
        f"He said: {mark(OURS)}",
        f" {mark(OURS)}",
        f"first\n    {mark(OURS)}",
        f"first\v{mark(OURS)}",
        OURS,
    ],
)
def test_nothing_else_is_a_mark(notes: str | None) -> None:
    """Another reference, a longer one, or what somebody typed."""
    assert not carries(an_appointment(service_notes=notes), OURS)
