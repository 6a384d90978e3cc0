"""The bench under the throttle counts as too early whoever could have known of the pause."""

import pytest

from bench.goodput.throttle import NEWS, unheard

LATE = NEWS + 0.1


@pytest.mark.parametrize(
    ("turned_away", "found"),
    [
        ([], []),
        ([10.0], []),
        ([10.0, 10.0 + NEWS], []),
        ([10.0, 10.0 + LATE], [10.0 + LATE]),
        ([10.0 + LATE, 10.0], [10.0 + LATE]),
        ([10.0, 11.0, 12.0], []),
        ([10.0, 10.1, 11.05], [11.05]),
        ([10.0, 10.4, 10.8, 11.2, 12.3], [10.8, 11.2]),
    ],
    ids=[
        "nobody",
        "the first",
        "on its way",
        "late",
        "in any order",
        "new pauses",
        "lengthened",
        "again and again",
    ],
)
def test_a_call_is_too_early_when_its_pause_is_old_news(turned_away: list[float], found: list[float]) -> None:
    """Each that comes early lengthens the pause; its news is as old as its first call."""
    assert unheard(turned_away, 1.0) == found
