"""The ways in which chaos stops a process, and what its clients make of a host that lost its worker."""

import json
from collections.abc import Iterator
from math import inf
from pathlib import Path
from time import monotonic

import httpx
import pytest

from devtools.chaos.clients import Clients
from devtools.chaos.cluster import Cluster, Process, running_emulator
from devtools.chaos.plan import Weather, make_plan
from devtools.chaos.scene import first_day
from devtools.chaos.told import CONFIRMED, REFUSED
from devtools.graph_emulator.client import ControlClient

MAILBOX = "someone@contoso.com"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    """Any server does: the emulator forgets its world when it begins again."""
    with running_emulator(tmp_path) as emulator:
        yield emulator


@pytest.mark.parametrize("kind", ["kill", "term", "drain", "roll"])
async def test_a_stopped_process_begins_again(process: Process, kind: str) -> None:
    began = monotonic()
    async with ControlClient(process.root) as control:
        await control.seed(businesses=[{"id": MAILBOX}])
        await Cluster(process, [process]).stop(kind, 0, frozen=0)

        assert MAILBOX not in (await control.state())["businesses"]
    assert process.was_stopping_since(began)
    assert not process.was_stopping_since(monotonic())


async def test_a_frozen_process_goes_on_where_it_was(process: Process) -> None:
    began = monotonic()
    async with ControlClient(process.root) as control:
        await control.seed(businesses=[{"id": MAILBOX}])
        await Cluster(process, [process]).stop("freeze", 0, frozen=0.1)

        assert MAILBOX in (await control.state())["businesses"]
    assert not process.was_stopping_since(began)


@pytest.mark.parametrize(("last_stop", "ending"), [(inf, CONFIRMED), (-1.0, REFUSED)])
async def test_a_host_that_lost_its_worker_gave_no_answer(
    tmp_path: Path, last_stop: float, ending: str
) -> None:
    """A 500 without a problem means nothing while the process is being stopped, and is odd otherwise."""
    body = json.dumps({"status": "confirmed", "reference": "BK-00000001"})
    confirmed = httpx.Response(201, content=body, headers={"location": "/there?token=abc"})
    answers = [httpx.Response(500), *([confirmed] * 3)]
    transport = httpx.MockTransport(lambda _: answers.pop(0))
    facade = Process([], {}, "http://facade", "", tmp_path / "log", last_stop)
    plan = make_plan(1, 40, first_day(), 1, Weather())
    intent = next(one for one in plan.intents if one.twins == 1 and not one.leaves and not one.checks)

    async with httpx.AsyncClient(transport=transport) as http:
        told = await Clients(http, [facade], seed=1, limit=60).book(intent)

    assert told.ending == ending
    assert bool(told.oddities) is (ending == REFUSED)


@pytest.mark.parametrize(("first", "is_odd"), [("booked", True), ("replayed", False), ("looked", False)])
async def test_what_was_answered_before_is_said_to_be_a_replay(
    tmp_path: Path, first: str, is_odd: bool
) -> None:
    """Where only a look had told that it is confirmed, the first answer may come then."""
    body = json.dumps({"status": "confirmed", "reference": "BK-00000001"})
    there = {"location": "/there?token=abc"}
    confirmed = httpx.Response(201, content=body, headers=there)
    answers = [confirmed, confirmed]
    if first == "replayed":
        answers = [confirmed, httpx.Response(201, content=body, headers={"idempotent-replayed": "true"})]
    if first == "looked":
        pending = httpx.Response(202, content=json.dumps({"status": "pending"}), headers=there)
        answers = [pending, httpx.Response(200, content=body), confirmed]
    transport = httpx.MockTransport(lambda _: answers.pop(0))
    facade = Process([], {}, "http://facade", "", tmp_path / "log", 0.0)
    plan = make_plan(1, 400, first_day(), 1, Weather())
    alone = (one for one in plan.intents if one.twins == 1 and not one.leaves)
    intent = next(one for one in alone if one.checks and one.follows)

    async with httpx.AsyncClient(transport=transport) as http:
        told = await Clients(http, [facade], seed=1, limit=60).book(intent)

    assert told.ending == CONFIRMED
    assert bool(told.oddities) is is_odd
    assert answers == []
