"""Chaos: thousands of intents, bad weather, killed processes, and not one broken promise."""

import logging
import os
from pathlib import Path

import pytest

from devtools.chaos.__main__ import chaos
from devtools.chaos.plan import Weather, make_plan
from devtools.chaos.scene import first_day
from tests.support.azurite_server import skip_without_azurite

INTENTS = int(os.environ.get("CHAOS_INTENTS", "2000"))
SEED = int(os.environ.get("CHAOS_SEED", "20261201"))


def test_the_plan_is_a_function_of_its_seed() -> None:
    """The same seed gives the same intents, faults and kills; another one gives others."""
    plans = [make_plan(seed, 200, first_day(), 3, Weather()) for seed in (1, 1, 2)]

    assert plans[0] == plans[1]
    assert plans[0] != plans[2]


@pytest.mark.timeout(1200 + INTENTS)
def test_no_promise_is_broken_in_chaos(tmp_path: Path) -> None:
    """Whatever is retried, lost, late or killed: one intent is one booking, and no seat is sold twice."""
    skip_without_azurite()

    report = chaos(SEED, INTENTS, "tables", tmp_path)

    logging.getLogger(__name__).info("%s", report)
    assert list(report.broken) == []
    assert sum(report.struck.values()) > INTENTS // 10
    assert sum(one.ending == "confirmed" for one in report.told) > INTENTS // 4
