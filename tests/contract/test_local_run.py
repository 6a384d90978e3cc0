"""`make run`: everything comes up, what is printed books, and nothing is left running."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import pytest

from devtools.local_run import bookable_start, booking_command, find_core_tools, read_key
from devtools.processes import RunError
from tests.support.servers import ROOT, free_port

LIMIT = 120.0
# A server that answers everything with 200, from the standard library alone.
WEB = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *arguments):
        pass

HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
SUPERVISE = """
import os, sys
from pathlib import Path
from devtools.processes import Part, supervise

def part(name, port, script):
    return Part(name, [sys.executable, "-c", script, port], os.environ, f"http://127.0.0.1:{port}/")

first, second, script, logs, web = sys.argv[1:]
parts = [part("first", first, web), part("second", second, script)]
sys.exit(supervise(parts, Path(logs), lambda: print("ready", flush=True)))
"""


@contextmanager
def started(
    command: list[str], environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process with its output, ended with all that it began, whatever the test found."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()  # asked politely it takes its log files away
        try:
            process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            for item in family(process):
                item.kill()
            raise


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """A process and everything that it began, as long as it runs itself."""
    try:
        leader = psutil.Process(process.pid)
        return [*leader.children(recursive=True), leader]
    except psutil.NoSuchProcess:
        return []


def read_until(process: subprocess.Popen[str], mark: str) -> str:
    """What the process prints, up to a line with this mark."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if mark in line:
            return "".join(lines)
    raise AssertionError("".join(lines) + (process.stderr.read() if process.stderr else ""))


def still_running(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Which of these have not gone."""
    return [item for item in processes if item.is_running() and item.status() != psutil.STATUS_ZOMBIE]


@contextmanager
def local_run(**settings: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The real run on free ports."""
    port = free_port()
    environment = {"PORT": str(port), "EMULATOR_PORT": str(free_port()), **settings}
    with started([sys.executable, "-m", "devtools.local_run", "--host", "devtools"], environment) as process:
        yield process, port


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed on this machine")
def test_the_printed_command_books() -> None:
    """The command that is printed books, exactly once; after Ctrl-C nothing is left running."""
    with local_run() as (process, port):
        printed = read_until(process, "Ctrl-C")
        assert f"http://127.0.0.1:{port}/api/book/contoso-lunch" in printed
        assert f"http://127.0.0.1:{port}/api/docs" in printed
        command = printed[printed.index("curl ") : printed.index("Ctrl-C")]
        answers = [
            subprocess.run(
                ["sh", "-c", command], capture_output=True, text=True, timeout=LIMIT, check=True
            ).stdout
            for _ in range(2)
        ]
        assert all(answer.startswith("HTTP/1.1 201") for answer in answers)
        references = {re.search(r"BK-\w+", answer.rpartition("\r\n\r\n")[2]) for answer in answers}
        assert len({found.group() for found in references if found}) == 1
        begun = family(process)
        assert len(begun) == 3
        process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT) == 0
        assert still_running(begun) == []


def test_the_partner_key_opens_the_partner_routes() -> None:
    """The printed key is the one that the facade asks for."""
    with local_run() as (process, port):
        found = re.search(r"partner key: +(\S+)", read_until(process, "Ctrl-C"))
        assert found is not None
        address = f"http://127.0.0.1:{port}/api/v1/partner/businesses/contoso-lunch/bookings"
        statuses = [
            httpx.post(address, json={}, headers={"x-functions-key": key}, trust_env=False).status_code
            for key in ("wrong", found.group(1))
        ]
        assert statuses[0] == 401
        assert statuses[1] not in {401, 404}


def test_facade_that_cannot_start() -> None:
    """The log of a facade that fails is shown, the emulator is ended, and the code is 1."""
    with local_run(BOOKING_BUSINESSES="no json") as (process, _):
        begun = []
        while process.poll() is None:
            begun += [item for item in family(process) if item not in begun]
            time.sleep(0.05)
        _, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 1
    assert "The facade ended with code 1" in errors
    assert "BOOKING_BUSINESSES" in errors
    assert len(begun) >= 2
    assert still_running(begun) == []


@pytest.mark.parametrize("given", ["off", ""])
def test_the_check_is_off_where_that_is_said(given: str) -> None:
    """`HUMAN_CHECK=off` switches it off; an empty value says nothing."""
    with local_run(HUMAN_CHECK=given) as (process, port):
        read_until(process, "Ctrl-C")
        address = f"http://127.0.0.1:{port}/api/v1/businesses/contoso-lunch/challenge"
        slot = {"serviceId": "x", "start": "2026-12-01T10:00:00Z"}
        kind = httpx.get(address, params=slot, trust_env=False).json()["kind"]
    assert kind == (given or "altcha")


@pytest.mark.parametrize("key", ["with space", "lin\nes", "schlüssel"])
def test_a_key_that_no_header_can_hold_is_refused(key: str) -> None:
    """The setting is named, its value is not shown."""
    with pytest.raises(RunError, match="PARTNER_KEY") as caught:
        read_key({"PARTNER_KEY": key})
    assert key not in str(caught.value)


def test_a_key_is_quoted_for_the_shell() -> None:
    """Whatever a key is made of, the printed command sends it as it is."""
    command = booking_command("http://x", bookable_start(datetime.now(UTC)), "a'b$c")
    assert "x-functions-key: a'b$c" in shlex.split(command)


@pytest.mark.parametrize("setting", ["PORT", "EMULATOR_PORT"])
def test_port_in_use(setting: str) -> None:
    """A port that is taken is named, with the setting that moves it; nothing is begun."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with local_run(**{setting: str(port)}) as (process, _):
            _, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 1
    assert f"Port {port} cannot be used" in errors
    assert f"make run {setting}=" in errors


@pytest.mark.parametrize(("settings", "message"), [({"PORT": "http"}, "PORT is not a port: 'http'")])
def test_unreadable_port(settings: dict[str, str], message: str) -> None:
    """A setting that is no port is refused."""
    with local_run(**settings) as (process, _):
        _, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 1
    assert message in errors


def supervised(tmp_path: Path, script: str) -> list[str]:
    """Two web servers under supervision; the second one runs this script."""
    ports = [str(free_port()), str(free_port())]
    return [sys.executable, "-c", SUPERVISE, *ports, script, str(tmp_path), WEB]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_ends_everything(tmp_path: Path, number: signal.Signals) -> None:
    """Any of the three signals ends all servers, with code 0."""
    with started(supervised(tmp_path, WEB)) as process:
        read_until(process, "ready")
        begun = family(process)
        assert len(begun) == 3
        process.send_signal(number)
        assert process.wait(LIMIT) == 0
        assert still_running(begun) == []


def test_signal_before_everything_is_up(tmp_path: Path) -> None:
    """Ctrl-C while a server is still on its way ends everything too."""
    mark = tmp_path / "begun"
    script = f"open({str(mark)!r}, 'w').close()\nimport time\ntime.sleep(600)"
    with started(supervised(tmp_path, script)) as process:
        while not mark.exists():
            time.sleep(0.01)
        begun = family(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT) == 0
        assert still_running(begun) == []


def test_death_of_one_ends_the_others(tmp_path: Path) -> None:
    """When one server ends by itself the others are ended, its log is shown, and the code is 1."""
    with started(supervised(tmp_path, "print('last words')\n" + WEB)) as process:
        read_until(process, "ready")
        begun = family(process)
        victim = next(
            item for item in begun if "last words" in " ".join(item.cmdline()[:3]) and item.pid != process.pid
        )
        victim.kill()
        _, errors = process.communicate(timeout=LIMIT)
        assert process.returncode == 1
        assert "The second ended with code -9" in errors
        assert still_running(begun) == []


def test_grandchildren_are_ended(tmp_path: Path) -> None:
    """A server's own children go with it, also those that ignore the polite signal."""
    script = (
        "import signal, subprocess, sys\n"
        "child = 'import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(600)'\n"
        "subprocess.Popen([sys.executable, '-c', child])\n"
    )
    with started(supervised(tmp_path, script + WEB)) as process:
        read_until(process, "ready")
        begun = family(process)
        assert len(begun) == 4
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT) == 0
        deadline = time.monotonic() + 10
        while still_running(begun) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert still_running(begun) == []


def test_a_host_that_ignores_sigterm_is_ended_in_peace(tmp_path: Path) -> None:
    """The Core Tools' host hears SIGINT alone, and gets it: it ends by itself, before anything is killed."""
    script = (
        "import pathlib, signal, sys\n"
        "def leave(*_):\n"
        f"    pathlib.Path({str(tmp_path / 'left')!r}).touch()\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGINT, leave)\n"
    )
    with started(supervised(tmp_path, script + WEB)) as process:
        read_until(process, "ready")
        begun = family(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT) == 0
        assert still_running(begun) == []
    assert (tmp_path / "left").exists()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-20T12:00:00", "2026-11-23T10:00:00-06:00"),  # a Friday: Sunday is closed
        ("2026-11-23T12:00:00", "2026-11-25T10:00:00-06:00"),
        ("2026-11-24T03:00:00", "2026-11-25T10:00:00-06:00"),  # still Monday in Chicago
        ("2026-06-01T12:00:00", "2026-06-03T10:00:00-05:00"),  # summer time
    ],
)
def test_bookable_start(now: str, expected: str) -> None:
    """The start is 10:00 in Chicago on the next weekday at least two days ahead, with its right offset."""
    assert bookable_start(datetime.fromisoformat(now).replace(tzinfo=UTC)).isoformat() == expected


@pytest.mark.parametrize(
    ("script", "works"),
    [("echo 4.0.6821", True), ("echo 3.1.2", False), ("echo no binary >&2; exit 1", False)],
)
def test_core_tools_must_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, *, works: bool
) -> None:
    """`func` is used only where it answers with a version of this generation."""
    command = tmp_path / "func"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert find_core_tools() == (str(command) if works else None)


def test_every_timer_is_off_where_there_is_no_storage() -> None:
    """Under the Core Tools each timer is switched off by its name: none would find a storage account."""
    source = (ROOT / "function_app.py").read_text("utf-8")
    timers = re.findall(r"@app\.timer_trigger\([^\n]*\)\nasync def (\w+)", source)
    run = (ROOT / "devtools" / "local_run.py").read_text("utf-8")
    assert timers
    assert set(re.findall(r"AzureWebJobs\.(\w+)\.Disabled", run)) == set(timers)
