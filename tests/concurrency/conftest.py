"""A crew of workers, for the tests of doubtful writes."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from devtools.graph_emulator.client import ControlClient
from tests.concurrency.crew import Crew, a_crew
from tests.support.facade import environment


@pytest_asyncio.fixture
async def crew(emulator: ControlClient, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Crew]:
    """A deployment without workers yet, in front of an emulator that is as new."""
    for name, value in environment(emulator).items():
        monkeypatch.setenv(name, value)
    async with a_crew(emulator) as crew:
        yield crew
