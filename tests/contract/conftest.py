"""The gateway in front of the emulator, and either Graph for the tests that both pass."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from devtools.graph_emulator.client import ControlClient
from shared.graph.calls import Calls
from shared.graph.client import Connection, cloud
from shared.graph.credentials import credential
from shared.graph.gateway import GraphGateway
from tests.contract.graph_sides import Gateway, GraphSide, InMemory
from tests.support.contoso import CATALOGUE, JORDAN_MILLER
from tests.support.facade import MAILBOX
from tests.support.fake_graph import FakeGraph

CALL = timedelta(seconds=2)


@pytest_asyncio.fixture
async def gateway(emulator: ControlClient, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    for name, value in emulator.identity_environment.items():
        monkeypatch.setenv(name, value)
    where = cloud("https://graph.microsoft.com", emulator.graph_root)
    connection = Connection(lambda: credential("managed_identity", None), where)
    made = Gateway(GraphGateway(connection, Calls(CALL)), connection, emulator)
    made.record()
    yield made
    await made.graph.aclose()


@pytest.fixture(params=["gateway", "fake"])
def side(request: pytest.FixtureRequest) -> GraphSide:
    """Either Graph, with the lunch delivery and one customer."""
    if request.param == "gateway":
        made: Gateway = request.getfixturevalue("gateway")
        return made
    graph = FakeGraph(lambda: datetime.now(UTC), [CATALOGUE])
    graph.mailbox(MAILBOX).add_customer(JORDAN_MILLER)
    return InMemory(graph)
