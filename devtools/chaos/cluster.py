"""The processes of a run: one emulator, several facades, each on a free port and ended by its own id."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from math import inf
from pathlib import Path
from typing import Final

import httpx

from devtools.chaos import scene
from devtools.graph_emulator.tokens import IDENTITY_HEADER, IDENTITY_PATH

ROOT: Final = Path(__file__).resolve().parent.parent.parent
START_LIMIT: Final = 60.0
STOP_LIMIT: Final = 10.0
DRAIN_SECONDS: Final = 1.5
GRACE_SECONDS: Final = 0.5
"""How long work may go on after a stop: less than a slow call to Graph lasts."""
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

    @property
    def late_write(self) -> float:
        """How long after its sending a write may still be done, with some room."""
        return self.lock_life - self.request_budget - 0.5

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
class Process:
    """One server, which can be killed and started again on the same port."""

    command: Sequence[str]
    environment: Mapping[str, str]
    root: str
    health: str
    log: Path
    last_stop: float = -1.0
    """When it was last told to stop, by `time.monotonic`, or `inf` while it is on its way down or up."""
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self) -> None:
        """Start it, without waiting until it is ready."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it without a warning, as a worker dies that runs out of memory."""
        self._end(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGTERM, patience: float = STOP_LIMIT) -> None:
        """Ask it to end, and kill it where it has not done so after so many seconds."""
        try:
            self._end(how, patience)
        except subprocess.TimeoutExpired:
            self._end(signal.SIGKILL)

    def send(self, how: signal.Signals) -> None:
        """Send a signal to it and what it started."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, how)

    def was_stopping_since(self, moment: float) -> bool:
        """Whether it was on its way down or up at that `time.monotonic`, or has been since."""
        return self.last_stop >= moment

    def wait_until_ready(self) -> None:
        """Return when it answers; RuntimeError, with the end of its log, where it does not."""
        limit = time.monotonic() + START_LIMIT
        while time.monotonic() < limit and self._process is not None and self._process.poll() is None:
            try:
                if httpx.get(self.root + self.health, timeout=5, trust_env=False).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise RuntimeError(f"{self.command} is not ready:\n{self.log.read_text('utf-8')[-2000:]}")

    def _end(self, how: signal.Signals, patience: float = STOP_LIMIT) -> None:
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, how)
            self._process.wait(patience)


@dataclass(frozen=True, slots=True)
class Cluster:
    """An emulator and the facades in front of it; `storage` is the proxy before their tables, if any."""

    emulator: Process
    facades: Sequence[Process]
    storage: Process | None = None
    _turns: defaultdict[int, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def stop(self, kind: str, number: int, frozen: float) -> None:
        """Stop a facade, or all of them in turn, in one of the ways in which a platform does.

        `kill` is without a warning, `term` a SIGTERM, after whose grace running work is cancelled, `drain` a
        SIGINT, after which work is waited for, cut and killed; each begins again. `roll` terminates all, one
        after the other. `freeze` lets one stand still for `frozen` seconds.
        """
        if kind == "roll":
            for each in range(len(self.facades)):
                await self.stop("term", each, frozen)
            return
        async with self._turns[number]:
            await asyncio.to_thread(
                _freeze if kind == "freeze" else _replace, self.facades[number], kind, frozen
            )


def _freeze(facade: Process, _: str, seconds: float) -> None:
    facade.send(signal.SIGSTOP)
    time.sleep(seconds)
    facade.send(signal.SIGCONT)


def _replace(facade: Process, kind: str, _: float) -> None:
    facade.last_stop = inf
    if kind == "kill":
        facade.kill()
    elif kind == "term":
        facade.stop(signal.SIGTERM, patience=2 * STOP_LIMIT)
    else:
        facade.stop(signal.SIGINT, patience=DRAIN_SECONDS)
    facade.start()
    facade.wait_until_ready()
    facade.last_stop = time.monotonic()


def function_key(number: int) -> str:
    """The function key with which a client books."""
    return f"key-{number % KEYS}"


@contextmanager
def running_emulator(folder: Path) -> Iterator[Process]:
    """The emulator in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "devtools.graph_emulator", "--port", str(port)]
    root = f"http://127.0.0.1:{port}"
    process = Process(command, {}, root, "/_emulator/health", folder / "emulator.log")
    with running([process]):
        yield process


@contextmanager
def running_cluster(
    folder: Path,
    count: int,
    timings: Timings,
    stores: Mapping[str, str],
    storage: Process | None = None,
) -> Iterator[Cluster]:
    """An emulator and `count` facades; `stores` are the settings of their stores.

    The logs go to `folder`.
    """
    with running_emulator(folder) as emulator:
        environment = {**_environment(emulator), **timings.environment(), **stores}
        facades = [facade(folder, number, environment, ROOT / "function_app.py") for number in range(count)]
        with running(facades):
            yield Cluster(emulator, facades, storage)


def _environment(emulator: Process) -> dict[str, str]:
    aliases = [scene.alias(number) for number in range(scene.BUSINESSES)]
    return {
        "BOOKING_BUSINESSES": json.dumps({name: scene.mailbox(name) for name in aliases}),
        "BOOKING_SECRET": "chaos-chaos-chaos-chaos-chaos-chaos",
        "GRAPH_BASE_URL": f"{emulator.root}/beta",
        "IDENTITY_ENDPOINT": emulator.root + IDENTITY_PATH,
        "IDENTITY_HEADER": IDENTITY_HEADER,
        "FUNCTIONS_HOST_KEYS": json.dumps({f"client-{n}": function_key(n) for n in range(KEYS)}),
    }


def facade(folder: Path, number: int, environment: Mapping[str, str], app: Path) -> Process:
    """A local host with the functions of this file."""
    port = free_port()
    settings = folder / "settings.json"
    settings.write_text("{}", "utf-8")
    command = [
        sys.executable, "-m", "devtools.functions_host", "--port", str(port), "--app", str(app),
        "--settings", str(settings), "--run-timers", "false", "--log-level", "WARNING", *_ways_to_stop(),
    ]  # fmt: skip
    root = f"http://127.0.0.1:{port}"
    return Process(command, environment, root, "/api/health/live", folder / f"facade-{number}.log")


@contextmanager
def running(processes: Sequence[Process]) -> Iterator[None]:
    """Start the processes, wait until all are ready, and end them in the end."""
    try:
        for process in processes:
            process.start()
        for process in processes:
            process.wait_until_ready()
        yield
    finally:
        for process in processes:
            process.stop()


@cache
def _ways_to_stop() -> tuple[str, ...]:
    """How long the host waits before it cuts and cancels, where it lets that be said."""
    command = [sys.executable, "-m", "devtools.functions_host", "--help"]
    known = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    wanted = {"--drain-seconds": DRAIN_SECONDS, "--grace-seconds": GRACE_SECONDS}
    return tuple(word for name, value in wanted.items() if name in known for word in (name, f"{value:g}"))


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
