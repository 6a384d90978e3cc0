"""Tries an unpacked package out: it must start, load all that it has, and book, with nothing else to import.

The app runs in a bare Python 3.13 without any installed package (`worker.py`), against the emulator of
Graph Bookings in a process of its own. Everything that a deployed facade does is done once, the errors
too: their models are loaded only when an error comes.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

from devtools.graph_emulator.client import ControlClient
from devtools.package.cases import (
    CASES,
    CLOSED_PORT,
    Unfit,
    everything_loads,
    nothing_is_missed,
    settings,
    the_table_store_is_tried,
)
from devtools.package.driver import Worker, bare, running
from devtools.package.errors import PackageError
from devtools.processes import RunError, emulator_part, free_port, start, stop, wait_until_ready


async def prove(folder: Path, python: str) -> frozenset[str]:
    """The modules that the app loaded; raises PackageError unless the package works."""
    command, log = bare(folder, python), folder.parent / "worker.log"
    async with emulator() as control:
        async with running(command, settings(control, STORE="memory"), log) as worker:
            await _hold(worker, everything_loads(worker, folder))
            for case in CASES:
                await _hold(worker, case(worker, control))
            await _hold(worker, nothing_is_missed(worker, folder))
            loaded = frozenset((await worker.send({"modules": True}))["modules"])
        tables = settings(control, STORE="tables", TABLES_ENDPOINT=CLOSED_PORT, HUMAN_CHECK="altcha")
        async with running(command, tables, log) as worker:
            await _hold(worker, the_table_store_is_tried(worker))
            await _hold(worker, nothing_is_missed(worker, folder))
    return loaded


async def _hold(worker: Worker, case: Awaitable[None]) -> None:
    try:
        await case
    except (Unfit, LookupError, ValueError) as error:
        raise PackageError(
            f"the packaged app does not work: {error}\nThe end of its log:\n{worker.log}"
        ) from error


@asynccontextmanager
async def emulator() -> AsyncIterator[ControlClient]:
    """The emulator of Graph in its own process."""
    port = free_port()
    started = start(emulator_part(port, os.environ))
    try:
        await asyncio.to_thread(wait_until_ready, started)
        async with ControlClient(f"http://127.0.0.1:{port}") as control:
            yield control
    except RunError as error:
        raise PackageError(f"the emulator of Graph, with which the package is tried out: {error}") from error
    finally:
        await asyncio.to_thread(stop, [started])
