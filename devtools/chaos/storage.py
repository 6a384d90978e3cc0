"""What the facades of a run keep their records in, and the proxy through which they reach it."""

import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from devtools.chaos.cluster import Process, free_port, running
from shared.graph.kept_board import Boards
from tests.support.azurite_server import Azurite, running_azurite

PREFIX: Final = "bookings"
"""Begins the names of a deployment's tables."""


@dataclass(frozen=True, slots=True)
class Storage:
    """The settings with which facades keep their records, and the proxy that can be struck, if any.

    `behind` is what the proxy stands before.
    """

    settings: Mapping[str, str]
    proxy: Process | None = None
    behind: Azurite | None = None

    @asynccontextmanager
    async def boards(self) -> AsyncIterator[Boards | None]:
        """The boards on which the facades share places, past the proxy; none for one facade alone."""
        if self.behind is None:
            yield None
            return
        async with self.behind.stores(prefix=PREFIX) as stores:
            yield stores.boards


@contextmanager
def struck_storage(azurite: Azurite, folder: Path) -> Iterator[tuple[Azurite, Process]]:
    """The same tables through a proxy, and the proxy's process, whose root takes faults."""
    port, control, behind = free_port(), free_port(), urlsplit(azurite.endpoint)
    command = [
        sys.executable, "-m", "devtools.chaos.storage_proxy", "--port", f"{port}",
        "--control", f"{control}", "--to", f"{behind.port}",
        "--certificates", f"{azurite.authority.parent}",
    ]  # fmt: skip
    root = f"http://127.0.0.1:{control}"
    proxy = Process(command, {}, root, "/faults", folder / "storage-proxy.log")
    with running([proxy]):
        yield replace(azurite, endpoint=urlunsplit(behind._replace(netloc=f"127.0.0.1:{port}"))), proxy


@contextmanager
def in_tables(folder: Path) -> Iterator[Storage]:
    """Azurite behind the proxy."""
    with running_azurite() as azurite, struck_storage(azurite, folder) as (struck, proxy):
        tables = {"STORE": "tables", "TABLES_ENDPOINT": struck.endpoint, "HUMAN_CHECK": "off"}
        yield Storage({**tables, **struck.environment}, proxy, azurite)


@contextmanager
def in_memory() -> Iterator[Storage]:
    """For one facade that keeps everything in memory."""
    yield Storage({"STORE": "memory"})
