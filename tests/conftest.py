"""Fixtures that several folders share: the emulator, a facade in front of it, and the stores."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from devtools.graph_emulator.client import ControlClient
from shared.booking.ports import Stores
from shared.tables.memory import memory_stores
from tests.support.azurite_server import Azurite, running_azurite
from tests.support.facade import Facade, connect, environment, load_app
from tests.support.servers import graph_emulator

LONGEST_CALL = 10.0
"""Seconds that a call to Graph may take."""


LONG = ("e2e", "browser", "concurrency", "test_stepping.py", "infra", "contract", "api")
"""Folders and files that take long, the longest first: what is short at the end leaves no process idle."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long ones, else in the order of chance."""
    items.sort(key=lambda item: _turn(item.path))


def _turn(path: Path) -> int:
    return min((place for place, name in enumerate(LONG) if name in path.parts), default=len(LONG))


@pytest.fixture(scope="session")
def emulator_root() -> Iterator[str]:
    """The root address of an emulator that all tests of this process share, one after the other."""
    with graph_emulator() as root:
        yield root


@pytest_asyncio.fixture
async def emulator(emulator_root: str) -> AsyncIterator[ControlClient]:
    """The emulator, as new."""
    async with ControlClient(emulator_root) as control:
        await control.reset()
        yield control
        # Others use the same emulator without asking for a new one: nothing of a test stays behind.
        await control.reset()


@pytest_asyncio.fixture
async def facade(emulator: ControlClient, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Facade]:
    """A facade that has just started, with everything in memory."""
    for name, value in environment(emulator).items():
        monkeypatch.setenv(name, value)
    module = load_app({})
    async with connect(module) as http:
        yield Facade(http, emulator, module)
        await given_up()
        await module.facade.aclose()
    await asyncio.sleep(0)


async def given_up() -> None:
    """The end of what nobody waits for any more: a connection that is being made cannot be closed."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=LONGEST_CALL)


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """Azurite's table service for all tests of this process; each takes tables of its own."""
    with running_azurite() as server:
        yield server


@pytest_asyncio.fixture(params=["memory", "azurite"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    """Empty stores, of either kind."""
    if request.param == "memory":
        yield memory_stores()
        return
    server: Azurite = request.getfixturevalue("azurite")
    async with server.stores() as opened:
        yield opened
