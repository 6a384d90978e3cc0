"""Chaos: bad weather, stops, edits by the staff, and not one broken promise; many more intents each night."""

import logging
import os
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from devtools.chaos.__main__ import chaos, features_of
from devtools.chaos.blows import KINDS, WINDOWS, Blow, rates
from devtools.chaos.changes import CANCEL, MOVE
from devtools.chaos.plan import Plan, Weather, make_plan
from devtools.chaos.scene import BUSINESSES, first_day, is_pop_up
from shared.graph.board import PLACES
from tests.support.azurite_server import skip_without_azurite

INTENTS = int(os.environ.get("CHAOS_INTENTS", "100"))
OFTEN = 10
"""So many blows of a kind are not all without effect."""

ENDS = {"appointments.delete", "appointments.cancel"}
"""The calls by which an appointment ends."""

SEED = int(os.environ.get("CHAOS_SEED", "20261201"))


def test_the_plan_is_a_function_of_its_seed() -> None:
    """The same seed gives the same intents, faults and kills; another one gives others."""
    plans = [a_plan(seed=seed) for seed in (1, 1, 2)]

    assert plans[0] == plans[1]
    assert plans[0] != plans[2]


def a_plan(seed: int = 1, count: int = 200, **kinds: Any) -> Plan:  # noqa: ANN401 (the arguments of rates)
    return make_plan(seed, count, first_day(), 3, Weather(rates(**kinds)))


def struck_by(plan: Plan) -> set[str]:
    return {blow.kind for blow in plan.blows}


def test_every_kind_strikes_by_default_but_for_the_two_windows() -> None:
    """Even a short run meets each kind once; where nobody can notice an edit is armed on request."""
    assert struck_by(a_plan(count=40)) == set(KINDS) - set(WINDOWS)
    assert struck_by(a_plan(count=40, windows=True)) == set(KINDS)


def test_kinds_are_chosen_by_name_and_the_rest_stays_as_it_is() -> None:
    """Leaving a kind out changes neither the intents nor the other blows, so that one cause can be found."""
    whole, few, rest = a_plan(), a_plan(only=["term", "lag-window"]), a_plan(without=["status"])

    assert struck_by(few) == {"term", "lag-window"}
    assert list(rest.blows) == [blow for blow in whole.blows if blow.kind != "status"]
    assert rest.intents == whole.intents
    with pytest.raises(ValueError, match="no kind is called flood"):
        rates(only=["flood"])


def test_services_that_are_deleted_are_wanted_until_then() -> None:
    """Each pop-up service is deleted once, after its first customer came."""
    plan = a_plan(count=600)
    first = {one.service: one.number for one in reversed(plan.intents) if is_pop_up(one.service)}
    deleted = {blow.details["service"]: blow.at for blow in plan.blows if blow.kind == "delete-service"}

    assert deleted.keys() == first.keys()
    assert all(deleted[service] > number for service, number in first.items())


def test_half_of_the_intents_change_what_was_booked_before() -> None:
    """Three of ten move, two cancel; often several change the same booking at the same time."""
    plan = a_plan(count=1000)
    counts = Counter(one.does for one in plan.changes)

    assert len(plan.intents) + len(plan.changes) == len({one.number for one in plan.in_order}) == 1000
    assert counts[MOVE] == pytest.approx(300, rel=0.2)
    assert counts[CANCEL] == pytest.approx(200, rel=0.2)
    assert all(choice.of < one.number for one in plan.changes for choice in one.choices)
    assert max(Counter(one.choices[0].of for one in plan.changes).values()) > 1


def test_the_shares_of_moves_and_cancellations_are_chosen() -> None:
    weather = Weather(rates(), moves=0.0, cancellations=0.5)
    changes = make_plan(1, 100, first_day(), 3, weather).changes

    assert {one.does for one in changes} == {CANCEL}
    assert make_plan(1, 100, first_day(), 3, Weather(rates(), moves=0.0, cancellations=0.0)).changes == []


def test_a_seed_chooses_by_which_call_appointments_are_cancelled() -> None:
    """Both are met in a few nights; the intents and all other blows are the same."""
    chosen = [features_of(seed) for seed in range(40)]
    assert chosen == [features_of(seed) for seed in range(40)]
    assert min(Counter(chosen)[one] for one in ("book", "cancel")) > 10

    by_delete, by_post = (
        make_plan(1, 400, first_day(), 3, Weather(rates(), features=one)) for one in ("book", "cancel")
    )
    assert (by_delete.intents, by_delete.changes) == (by_post.intents, by_post.changes)
    struck = [operations(blow) for blow in by_post.blows if "appointments.cancel" in operations(blow)]
    assert len(struck) == sum("appointments.delete" in operations(blow) for blow in by_delete.blows) > 5
    assert 0 < sum("appointments.delete" in one for one in struck) < len(struck) / 2
    assert not any("appointments.cancel" in operations(blow) for blow in by_delete.blows)
    others = [[one for one in plan.blows if not ENDS & set(operations(one))] for plan in (by_delete, by_post)]
    assert others[0] == others[1]


def operations(blow: Blow) -> list[str]:
    """The operations at Graph that a blow strikes."""
    return [one.get("operation", "") for one in blow.details.get("faults", [blow.details])]


def test_every_seat_is_one_bookings_wish() -> None:
    """Nobody's move goes where the same customer has asked for the same service."""
    plan = a_plan(count=1000)
    by_number = {one.number: one for one in plan.intents}
    wishes: dict[tuple[str, str, datetime], int] = {}
    for one in plan.intents:
        wishes[one.email, one.service, one.start] = one.number
    for choice in (each for one in plan.changes for each in one.choices):
        booked = by_number[choice.of]
        assert wishes.setdefault((booked.email, booked.service, choice.start), choice.of) == choice.of


@pytest.mark.timeout(1200 + INTENTS)
def test_no_promise_is_broken_in_chaos(tmp_path: Path) -> None:
    """Whatever is retried, lost, late or killed: one intent is one booking, and no seat is sold twice."""
    skip_without_azurite()

    report = chaos(SEED, INTENTS, "tables", tmp_path)

    logging.getLogger(__name__).info("%s", report)
    assert list(report.broken) == []
    assert [one.places for one in report.places.entries] == [PLACES] * BUSINESSES
    assert sum(report.struck.values()) > INTENTS // 10
    assert [kind for kind, meant in report.armed.items() if meant >= OFTEN and not report.struck[kind]] == []
    assert sum(one.ending == "confirmed" for one in report.told) > INTENTS // 8
    assert {(one.does, one.ending) for told in report.told for one in told.changes} >= {
        (MOVE, "confirmed"),
        (CANCEL, "confirmed"),
    }
