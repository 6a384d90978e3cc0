"""Servers in processes of their own, for development and tests: started, watched, and ended by their ids.

Each has its own process group, so that whatever it starts ends with it.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

ROOT: Final = Path(__file__).resolve().parent.parent
_START_LIMIT: Final = 90.0
_STOP_LIMIT: Final = 15.0


class RunError(Exception):
    """The run cannot start or go on; the message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One server: `environment` is all that it sees of the environment.

    `ready` is an address that answers 200 as soon as it serves; one of `tcp://` is only connected to.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: str


@dataclass(frozen=True, slots=True)
class Running:
    """A part in its own process group, and the file that holds what it says; None where nobody listens."""

    part: Part
    process: subprocess.Popen[bytes]
    log: Path | None = None

    def check(self) -> None:
        """Raise RunError with the end of the log where the process has ended."""
        code = self.process.poll()
        if code is not None:
            raise RunError(f"The {self.part.name} ended with code {code}. The end of its log:\n{self.tail()}")

    def tail(self, lines: int = 60) -> str:
        """The last lines of the log."""
        if self.log is None:
            return ""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])


class StopRequest:
    """Remembers that a signal asked for the end; the loops look at it, so no step is cut in two."""

    def __init__(self) -> None:
        self.came = False

    def listen(self) -> None:
        """Hear Ctrl-C, a polite end and a closed terminal."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: object) -> None:
        self.came = True


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def emulator_part(port: int, environment: Mapping[str, str]) -> Part:
    """The emulator of Microsoft Graph."""
    return Part(
        name="emulator",
        command=[sys.executable, "-m", "devtools.graph_emulator", "--port", str(port)],
        environment=environment,
        ready=f"http://127.0.0.1:{port}/_emulator/health",
    )


def start(part: Part, log: Path | None = None) -> Running:
    """Start a part, its output appended to a file, without waiting until it serves."""
    with open(log or os.devnull, "ab") as output:  # noqa: PTH123 (the null device is no path of ours)
        process = subprocess.Popen(
            part.command,
            cwd=ROOT,
            env=dict(part.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C reaches this process alone, which ends the others in order.
            start_new_session=True,
        )
    return Running(part, process, log)


def _answers(address: str) -> bool:
    if address.startswith("tcp://"):
        return _listens(urlsplit(address))
    # A proxy of the environment has no business between two processes of one machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=5) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False


def _listens(address: SplitResult) -> bool:
    try:
        socket.create_connection((address.hostname or "", address.port or 0), timeout=5).close()
    except OSError:
        return False
    return True


def wait_until_ready(
    running: Running, request: StopRequest | None = None, limit: float = _START_LIMIT
) -> None:
    """Return when the part serves, or an end is asked for.

    Raises RunError, with the log, when the process ends or the limit (in seconds) is over.
    """
    deadline = time.monotonic() + limit
    while not (request and request.came) and not _answers(running.part.ready):
        running.check()
        if time.monotonic() > deadline:
            name, log = running.part.name, running.tail()
            raise RunError(f"The {name} does not answer after {limit:g} s. The end of its log:\n{log}")
        time.sleep(0.05)


def stop(parts: Sequence[Running]) -> None:
    """End all parts and what they started: first politely, then for good.

    Politely is SIGINT, which is what the platform's stop looks like; the Core Tools' host ignores SIGTERM.
    """
    for number, limit in ((signal.SIGINT, _STOP_LIMIT), (signal.SIGKILL, _STOP_LIMIT)):
        deadline = time.monotonic() + limit
        for running in parts:
            signal_group(running.process, number)
        while any(running.process.poll() is None for running in parts) and time.monotonic() < deadline:
            time.sleep(0.05)


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a server and all that it has started; nothing where they have gone."""
    # The group may outlive its first process, so it is asked even where that one has ended.
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


@contextmanager
def running(part: Part, log: Path | None = None) -> Iterator[Running]:
    """The part while it serves, ended afterwards; raises RunError where it does not start."""
    started = start(part, log)
    try:
        wait_until_ready(started)
        yield started
    finally:
        stop([started])


def supervise(parts: Sequence[Part], logs: Path, ready: Callable[[], None]) -> int:
    """Run the parts, each begun when the one before serves, until a signal comes or one of them ends.

    Returns 0 after a signal, 1 where a part could not start or ended by itself. Nothing is left running.
    """
    request = StopRequest()
    request.listen()
    begun: list[Running] = []
    try:
        for part in parts:
            begun.append(start(part, logs / f"{part.name}.log"))
            wait_until_ready(begun[-1], request)
        if not request.came:
            ready()
        while not request.came:
            time.sleep(0.1)
            for item in begun:
                item.check()
    except RunError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        stop(begun)
    return 0
