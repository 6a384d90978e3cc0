"""Servers that belong together: started one after the other, watched, and ended all at once."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
_START_LIMIT: Final = 90.0
_STOP_LIMIT: Final = 15.0


class RunError(Exception):
    """The run cannot start or go on; the message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One server of the run: `ready` is an address that answers 200 as soon as it serves."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: str


@dataclass(frozen=True, slots=True)
class Running:
    """A part in its own process group, and the file that holds what it says."""

    part: Part
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Raise RunError with the end of the log where the process has ended."""
        code = self.process.poll()
        if code is not None:
            raise RunError(f"The {self.part.name} ended with code {code}. The end of its log:\n{self.tail()}")

    def tail(self, lines: int = 60) -> str:
        """Read the last lines of the log."""
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


def start(part: Part, logs: Path) -> Running:
    """Start a part, with its output in a file."""
    log = logs / f"{part.name}.log"
    with log.open("wb") as output:
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
    # A proxy of the environment has no business between two processes of one machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=5) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False


def wait_until_ready(running: Running, request: StopRequest, limit: float = _START_LIMIT) -> None:
    """Return when the part serves, or an end is asked for.

    Raises RunError, with the log, when the process ends or the limit (in seconds) is over.
    """
    deadline = time.monotonic() + limit
    while not request.came and not _answers(running.part.ready):
        running.check()
        if time.monotonic() > deadline:
            name, log = running.part.name, running.tail()
            raise RunError(f"The {name} does not answer after {limit:g} s. The end of its log:\n{log}")
        time.sleep(0.1)


def stop(parts: Sequence[Running]) -> None:
    """End all parts and what they started: first politely, then for good.

    Politely is SIGINT, which is what the platform's stop looks like; the Core Tools' host ignores SIGTERM.
    """
    for number, limit in ((signal.SIGINT, _STOP_LIMIT), (signal.SIGKILL, _STOP_LIMIT)):
        deadline = time.monotonic() + limit
        for running in parts:
            _signal_group(running.process, number)
        while any(running.process.poll() is None for running in parts) and time.monotonic() < deadline:
            time.sleep(0.05)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # The group may outlive its first process, so it is asked even where that one has ended.
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def supervise(parts: Sequence[Part], logs: Path, ready: Callable[[], None]) -> int:
    """Run the parts, each begun when the one before serves, until a signal comes or one of them ends.

    Returns 0 after a signal, 1 where a part could not start or ended by itself. Nothing is left running.
    """
    request = StopRequest()
    request.listen()
    running: list[Running] = []
    try:
        for part in parts:
            running.append(start(part, logs))
            wait_until_ready(running[-1], request)
        if not request.came:
            ready()
        while not request.came:
            time.sleep(0.1)
            for item in running:
                item.check()
    except RunError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        stop(running)
    return 0
