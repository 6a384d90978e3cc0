"""The engine's proof: whatever happens at whatever await of a use case, no promise breaks.

By default a sample, the same one each time; `STEPPING_SEED` draws others. `STEPPING=200` draws so many of
each kind of run; `STEPPING=all` makes every end of every call and every stop at every await, and draws 2,000
of their pairs for each scenario (all the pairs are millions).
"""

import os

import pytest

from tests.support import scenarios
from tests.support.staff_edits import GROUP_EDITS, ONE_TO_ONE_EDITS
from tests.support.stepping import Scenario, sweep
from tests.support.stops import Stop

SAMPLE = os.environ.get("STEPPING", "5")
SEED = int(os.environ.get("STEPPING_SEED", "1"))


def how_many(scenario: Scenario) -> tuple[int | None, int]:
    """Runs of each kind, and of pairs; of changes, which are many, fewer unless more are asked for."""
    if SAMPLE == "all":
        return None, 2_000
    many = 5 if scenario in scenarios.MANAGING and "STEPPING" not in os.environ else int(SAMPLE)
    return many, many


@pytest.mark.timeout(0)
@pytest.mark.parametrize("scenario", scenarios.ALL, ids=lambda one: one.name)
def test_no_promise_breaks_wherever_it_is_stopped(scenario: Scenario) -> None:
    """Each end of each call to Graph, each way to be stopped at each await, and both together."""
    sample, pairs = how_many(scenario)

    swept = sweep(scenario, sample=sample, pairs=pairs, seed=SEED)

    assert swept.awaits > 2
    assert not swept.violations, f"{swept}"


EDITED = [
    *((one, ONE_TO_ONE_EDITS) for one in (scenarios.ONE_TO_ONE, scenarios.SETTLE_DONE)),
    *((one, ONE_TO_ONE_EDITS) for one in (scenarios.CANCEL_ONE, scenarios.MOVE_ONE)),
    *((one, GROUP_EDITS) for one in (scenarios.CANCEL_JOINED, scenarios.MOVE_SEAT_TO_OTHERS)),
    (scenarios.ERASE, GROUP_EDITS),
    *((one, GROUP_EDITS) for one in (scenarios.JOIN, scenarios.JOIN_THE_LAST_SEAT, scenarios.SETTLE_JOINED)),
]


@pytest.mark.timeout(0)
@pytest.mark.parametrize(("scenario", "edits"), EDITED, ids=[one.name for one, _ in EDITED])
def test_no_promise_breaks_whenever_the_staff_edit(scenario: Scenario, edits: tuple[Stop, ...]) -> None:
    """The staff edit at each await; only what is just being written is theirs to lose."""
    sample, pairs = how_many(scenario)

    swept = sweep(scenario, stops=edits, sample=sample, pairs=pairs, seed=SEED)

    assert not swept.violations, f"{swept}"
