"""The processes of a run: one emulator, several facades, each on a free port and ended by its own id."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from devtools.chaos import scene
from devtools.graph_emulator.tokens import IDENTITY_HEADER, IDENTITY_PATH
from devtools.processes import (
    ROOT,
    Part,
    Running,
    emulator_part,
    free_port,
    signal_group,
    start,
    stop,
    wait_until_ready,
)

START_LIMIT: Final = 60.0
STOP_LIMIT: Final = 10.0
KEYS: Final = 40
"""Function keys: the facade limits what may be asked with one of them in a minute."""


@dataclass(frozen=True, slots=True)
class Timings:
    """The facade's own settings in seconds, short so that much happens in a minute.

    Their relations are those of the defaults: a late write lands within `lock_life - request_budget`
    of its sending, and a list shows a write within `list_lag`.
    """

    request_budget: float = 4.0
    graph_call: float = 1.2
    lock_wait: float = 0.8
    lock_life: float = 7.0
    list_lag: float = 0.8

    def environment(self) -> dict[str, str]:
        """The settings as the facade reads them."""
        return {
            "REQUEST_BUDGET_SECONDS": f"{self.request_budget:g}",
            "GRAPH_CALL_SECONDS": f"{self.graph_call:g}",
            "LOCK_WAIT_SECONDS": f"{self.lock_wait:g}",
            "LOCK_LIFE_SECONDS": f"{self.lock_life:g}",
            "LIST_LAG_SECONDS": f"{self.list_lag:g}",
        }


@dataclass(slots=True)
class Server:
    """One server, which can be killed and started again on the same port."""

    part: Part
    root: str
    log: Path
    _running: Running | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it, without waiting until it is ready."""
        self._running = start(self.part, self.log)

    def kill(self) -> None:
        """End it without a warning, as a worker dies that runs out of memory."""
        if self._running is not None:
            signal_group(self._running.process, signal.SIGKILL)
            self._running.process.wait(STOP_LIMIT)

    def stop(self) -> None:
        """End it in peace."""
        if self._running is not None:
            stop([self._running])

    def wait_until_ready(self) -> None:
        """Return when it answers; RunError, with the end of its log, where it does not."""
        if self._running is not None:
            wait_until_ready(self._running, limit=START_LIMIT)


@dataclass(frozen=True, slots=True)
class Cluster:
    """An emulator and the facades in front of it."""

    emulator: Server
    facades: Sequence[Server]

    async def replace(self, number: int) -> None:
        """Kill a facade and start it again."""
        facade = self.facades[number]
        await asyncio.to_thread(facade.kill)
        await asyncio.to_thread(facade.start)
        await asyncio.to_thread(facade.wait_until_ready)


def function_key(number: int) -> str:
    """The function key with which a client books."""
    return f"key-{number % KEYS}"


@contextmanager
def running_emulator(folder: Path) -> Iterator[Server]:
    """The emulator in a process of its own."""
    port = free_port()
    part = emulator_part(port, os.environ)
    process = Server(part, f"http://127.0.0.1:{port}", folder / "emulator.log")
    with _running([process]):
        yield process


@contextmanager
def running_cluster(
    folder: Path, count: int, timings: Timings, stores: Mapping[str, str], app: Path | None = None
) -> Iterator[Cluster]:
    """An emulator and `count` facades; `stores` are the settings of their stores, `app` a variant of the app.

    The logs go to `folder`.
    """
    with running_emulator(folder) as emulator:
        environment = {**_environment(emulator), **timings.environment(), **stores}
        facades = [
            _facade(folder, number, environment, app or ROOT / "function_app.py") for number in range(count)
        ]
        with _running(facades):
            yield Cluster(emulator, facades)


def _environment(emulator: Server) -> dict[str, str]:
    aliases = [scene.alias(number) for number in range(scene.BUSINESSES)]
    return {
        "BOOKING_BUSINESSES": json.dumps({name: scene.mailbox(name) for name in aliases}),
        "BOOKING_SECRET": "chaos-chaos-chaos-chaos-chaos-chaos",
        "GRAPH_BASE_URL": f"{emulator.root}/beta",
        "IDENTITY_ENDPOINT": emulator.root + IDENTITY_PATH,
        "IDENTITY_HEADER": IDENTITY_HEADER,
        "FUNCTIONS_HOST_KEYS": json.dumps({f"client-{n}": function_key(n) for n in range(KEYS)}),
    }


def _facade(folder: Path, number: int, environment: Mapping[str, str], app: Path) -> Server:
    port = free_port()
    settings = folder / "settings.json"
    settings.write_text("{}", "utf-8")
    command = [
        sys.executable, "-m", "devtools.functions_host", "--port", str(port), "--app", str(app),
        "--settings", str(settings), "--run-timers", "false", "--log-level", "WARNING",
    ]  # fmt: skip
    root = f"http://127.0.0.1:{port}"
    part = Part("facade", command, {**os.environ, **environment}, f"{root}/api/health/live")
    return Server(part, root, folder / f"facade-{number}.log")


@contextmanager
def _running(processes: Sequence[Server]) -> Iterator[None]:
    try:
        for process in processes:
            process.start()
        for process in processes:
            process.wait_until_ready()
        yield
    finally:
        for process in processes:
            process.stop()
