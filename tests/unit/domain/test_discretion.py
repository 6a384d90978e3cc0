"""What the public reads of a broken rule: who has booked and where the staff are stays out of it."""

import pytest

from shared.domain.discretion import PRIVATE, TAKEN, neutral
from shared.domain.errors import Violation

SOON = Violation("too-soon", "This time is too soon.", "/start")
AWAY = Violation("staff-out-of-office", "Nobody is there at this time.", "/staffId", conflict=True)


@pytest.mark.parametrize("code", sorted(PRIVATE))
def test_what_tells_of_people_reads_as_taken(code: str) -> None:
    """Each of these codes, wherever it points: the time is taken."""
    assert neutral([Violation(code, "Ann is away.", "/staffId")]) == (TAKEN,)
    assert (TAKEN.code, TAKEN.pointer, TAKEN.conflict) == ("slot-taken", "/start", True)


def test_other_rules_stay_as_they_are() -> None:
    """In their order, and what is taken once."""
    full = Violation("full", "All seats of this appointment are taken.", conflict=True)
    assert neutral([SOON, AWAY, full]) == (SOON, TAKEN)
