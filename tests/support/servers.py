"""Servers that tests start on a free port of 127.0.0.1, and end by their process id."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager

from devtools.processes import ROOT, Part, Running, emulator_part, free_port, running

__all__ = ["ROOT", "free_port", "graph_emulator", "running_graph_emulator", "server"]


def server(
    command: Sequence[str], ready: str, environment: Mapping[str, str] | None = None
) -> AbstractContextManager[Running]:
    """A server in its own process, from the root of the repository, which is ready when `ready` answers."""
    return running(Part("server", command, {**os.environ, **(environment or {})}, ready))


@contextmanager
def graph_emulator() -> Iterator[str]:
    """The Graph Bookings emulator in its own process; gives its root address."""
    port = free_port()
    with running(emulator_part(port, os.environ)):
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def running_graph_emulator() -> AsyncIterator[str]:
    """The same for asynchronous tests, without holding up their loop."""
    context = graph_emulator()
    root = await asyncio.to_thread(context.__enter__)
    try:
        yield root
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)
