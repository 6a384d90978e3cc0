"""The comparison with the plain way, small and in one process: what it is about really differs."""

import importlib.util
from collections.abc import AsyncIterator
from types import ModuleType

import pytest
import pytest_asyncio

from devtools.compare.audit import Outcome
from devtools.compare.scenarios import Side, happen, scenarios
from devtools.compare.shop import ALIAS, MAILBOX
from tests.support.facade import KEY, ROOT, Facade, connect

PEOPLE = 6


def plain_app() -> ModuleType:
    """The plain way, executed anew."""
    spec = importlib.util.spec_from_file_location("plain", ROOT / "devtools" / "compare" / "plain.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest_asyncio.fixture
async def plain(facade: Facade, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Side]:
    """The plain way in front of the facade's emulator."""
    monkeypatch.setenv("GRAPH_BASE_URL", facade.emulator.graph_root)
    monkeypatch.setenv("BOOKING_BUSINESS", MAILBOX)
    app = plain_app()
    # Closing the client of the SDK leaves its connections open.
    connections = app.adapter._http_client._transport.transport  # noqa: SLF001
    async with app.credential, connections, connect(app) as http:
        yield Side("plain", http)


def quicker(facade: Facade, monkeypatch: pytest.MonkeyPatch) -> None:
    """The facade sells one business more, and nobody waits long."""
    facade.app.handlers.mailboxes[ALIAS] = MAILBOX  # type: ignore[index] # the same for all routes
    monkeypatch.setattr("devtools.compare.scenarios.LATENCY", 0.005)
    facade.http.headers["x-functions-key"] = KEY


@pytest.mark.parametrize(
    ("number", "ours", "theirs"),
    [
        (0, Outcome(1), Outcome(PEOPLE, doubles=PEOPLE - 1)),
        (1, Outcome(5), Outcome(PEOPLE, oversold=PEOPLE - 5)),
        (2, Outcome(PEOPLE), Outcome(PEOPLE, doubles=PEOPLE)),
        (4, Outcome(PEOPLE), Outcome(PEOPLE, doubles=PEOPLE)),
        (7, Outcome(1), Outcome(PEOPLE, doubles=PEOPLE - 1)),
        (9, Outcome(PEOPLE), Outcome(0, lost=PEOPLE)),
    ],
)
async def test_the_plain_way_harms_where_the_facade_does_not(
    facade: Facade, plain: Side, monkeypatch: pytest.MonkeyPatch, number: int, ours: Outcome, theirs: Outcome
) -> None:
    """Races, double clicks and lost answers; whoever can be served is served."""
    quicker(facade, monkeypatch)
    scenario = scenarios(PEOPLE)[number]

    assert await happen(scenario, Side("facade", facade.http), facade.emulator) == ours
    assert await happen(scenario, plain, facade.emulator) == theirs


async def test_whoever_leaves_a_class_stays_in_it_by_the_plain_way(
    facade: Facade, plain: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each writes the list that they have read, with those who left meanwhile: some are in again."""
    quicker(facade, monkeypatch)
    scenario = scenarios(PEOPLE)[11]

    assert await happen(scenario, Side("facade", facade.http), facade.emulator) == Outcome(PEOPLE)
    theirs = await happen(scenario, plain, facade.emulator)
    assert (theirs.confirmed, theirs.doubles, theirs.oversold) == (PEOPLE, 0, 0)
    assert theirs.lost > 0


async def test_a_move_whose_answer_is_lost_harms_neither(
    facade: Facade, plain: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PATCH of times may be sent again: the comparison says so too."""
    quicker(facade, monkeypatch)
    for side in (Side("facade", facade.http), plain):
        assert await happen(scenarios(PEOPLE)[8], side, facade.emulator) == Outcome(PEOPLE)
