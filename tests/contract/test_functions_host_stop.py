"""How the local host ends, and what it answers when its worker dies: as Microsoft's does, tried with it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.servers import free_port, server

# `hold` says that it runs, then waits until the file `go` is there; it writes down how it ended.
APP = """
import asyncio, os, time
from pathlib import Path
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route("hold")
async def hold(req: func.HttpRequest) -> func.HttpResponse:
    folder = Path(os.environ["FOLDER"])
    (folder / "begun").touch()
    try:
        while not (folder / "go").exists():
            await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        (folder / "cancelled").touch()
        raise
    (folder / "ended").touch()
    return func.HttpResponse("done")

@app.route("stuck")
def stuck(req: func.HttpRequest) -> func.HttpResponse:
    (Path(os.environ["FOLDER"]) / "begun").touch()
    time.sleep(600)

@app.route("pid")
async def pid(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(str(os.getpid()))
"""


@contextmanager
def served(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The host of that app in a process, ready, and its port."""
    (folder / "function_app.py").write_text(APP)
    port = free_port()
    command = [sys.executable, "-m", "devtools.functions_host", "--port", str(port), *more]
    command += ["--app", str(folder / "function_app.py")]
    with server(command, f"http://127.0.0.1:{port}/admin/host/status", {"FOLDER": str(folder)}) as running:
        yield running.process, port


@contextmanager
def calling(folder: Path, port: int, name: str = "hold") -> Iterator[socket.socket]:
    """A connection with a call that is running."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as raw:
        raw.sendall(f"GET /api/{name} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        wait_for(folder / "begun")
        yield raw


def wait_for(path: Path) -> None:
    """Wait until a file is there."""
    while not path.exists():
        time.sleep(0.01)


def refused(port: int) -> bool:
    """Whether nobody listens any more."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
    except ConnectionRefusedError:
        return True
    return False


def wait_until_refused(port: int) -> None:
    """Wait until new connections are refused."""
    while not refused(port):
        time.sleep(0.01)


def read_all(raw: socket.socket) -> bytes:
    """Everything until the connection ends."""
    return b"".join(iter(lambda: raw.recv(65536), b""))


WORKERS = pytest.mark.parametrize("worker", ["inside", "separate"])


@WORKERS
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_running_call_may_end(tmp_path: Path, number: signal.Signals, worker: str) -> None:
    """Either signal closes the door at once, and lets a call that ends in time be answered."""
    patience = ("--drain-seconds", "600", "--grace-seconds", "600")
    with served(tmp_path, "--worker", worker, *patience) as (process, port), calling(tmp_path, port) as raw:
        os.kill(process.pid, number)
        wait_until_refused(port)
        assert process.poll() is None
        (tmp_path / "go").touch()
        answer = read_all(raw)
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b"done")
        assert process.wait() == 0


@WORKERS
def test_a_call_that_outlives_the_draining_is_cut(tmp_path: Path, worker: str) -> None:
    """After --drain-seconds the connection is reset, and the function is told nothing."""
    with served(tmp_path, "--drain-seconds", "0.5", "--worker", worker) as (process, port):
        begun = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]
        with calling(tmp_path, port) as raw:
            os.kill(process.pid, signal.SIGINT)
            with pytest.raises(ConnectionResetError):
                read_all(raw)
        assert process.wait() == 0
        psutil.wait_procs(begun)
    assert not (tmp_path / "cancelled").exists()
    assert not (tmp_path / "ended").exists()


@WORKERS
def test_a_call_that_outlives_the_grace_is_cancelled(tmp_path: Path, worker: str) -> None:
    """After SIGTERM and --grace-seconds the function sees its cancellation, and the caller an empty 500."""
    with served(tmp_path, "--grace-seconds", "0.2", "--worker", worker) as (process, port):
        with calling(tmp_path, port) as raw:
            os.kill(process.pid, signal.SIGTERM)
            answer = read_all(raw)
        assert process.wait() == 0
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 500")
    assert body == b""
    assert (tmp_path / "cancelled").exists()


def test_a_second_interrupt_ends_the_draining(tmp_path: Path) -> None:
    """Somebody who presses Ctrl-C twice need not wait."""
    with served(tmp_path, "--drain-seconds", "600") as (process, port), calling(tmp_path, port):
        os.kill(process.pid, signal.SIGINT)
        wait_until_refused(port)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_idle_host_ends_at_once(tmp_path: Path, number: signal.Signals) -> None:
    """A kept connection without a call holds up nobody."""
    patience = ("--drain-seconds", "600", "--grace-seconds", "600")
    with served(tmp_path, *patience) as (process, port), httpx.Client(trust_env=False) as http:
        http.get(f"http://127.0.0.1:{port}/api/pid")
        os.kill(process.pid, number)
        assert process.wait() == 0


@pytest.mark.parametrize(("number", "patience"), [(signal.SIGINT, "--drain"), (signal.SIGTERM, "--grace")])
def test_a_stuck_thread_cannot_keep_the_process(
    tmp_path: Path, number: signal.Signals, patience: str
) -> None:
    """A synchronous function that never ends goes with it."""
    with served(tmp_path, f"{patience}-seconds", "0.2") as (process, port), calling(tmp_path, port, "stuck"):
        os.kill(process.pid, number)
        assert process.wait() == 0


def test_a_worker_that_dies_is_answered_for(tmp_path: Path) -> None:
    """The call in it gets 500 and no body at once; the next call waits for another worker."""
    with served(tmp_path, "--worker", "separate") as (_, port), httpx.Client(trust_env=False) as http:
        root = f"http://127.0.0.1:{port}/api"
        worker = int(http.get(f"{root}/pid").text)
        with calling(tmp_path, port) as raw:
            os.kill(worker, signal.SIGKILL)
            head, _, body = raw.recv(65536).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 500")
        assert b"content-length: 0" in head.lower()
        assert body == b""
        another = int(http.get(f"{root}/pid", timeout=60).text)
    assert another != worker
    assert not (tmp_path / "cancelled").exists()


def test_a_late_function_costs_everybody_the_worker(tmp_path: Path) -> None:
    """A function that passes functionTimeout takes the worker along: the others get their empty 500 too."""
    (tmp_path / "host.json").write_text('{"functionTimeout": "00:00:02"}')
    with served(tmp_path, "--worker", "separate") as (_, port):
        worker = httpx.get(f"http://127.0.0.1:{port}/api/pid", trust_env=False).text
        with calling(tmp_path, port) as late, calling(tmp_path, port) as other:
            answers = [raw.recv(65536).partition(b"\r\n\r\n") for raw in (late, other)]
        another = httpx.get(f"http://127.0.0.1:{port}/api/pid", trust_env=False, timeout=60).text
    assert [(head[:12], body) for head, _, body in answers] == [(b"HTTP/1.1 500", b"")] * 2
    assert another != worker


def test_a_worker_does_not_hear_an_interrupt(tmp_path: Path) -> None:
    """Ctrl-C in a terminal reaches every process; the worker learns nothing of the stop."""
    with served(tmp_path, "--worker", "separate") as (process, port), httpx.Client(trust_env=False) as http:
        (worker,) = psutil.Process(process.pid).children()
        worker.send_signal(signal.SIGINT)
        seen = {http.get(f"http://127.0.0.1:{port}/api/pid").text for _ in range(300)}
    assert seen == {str(worker.pid)}


def test_a_worker_ends_with_its_host(tmp_path: Path) -> None:
    """A host that is killed leaves no worker behind."""
    with served(tmp_path, "--worker", "separate") as (process, _):
        (worker,) = psutil.Process(process.pid).children()
        process.kill()
        process.wait()
        psutil.wait_procs([worker])


def test_a_worker_that_cannot_start_stops_the_host(tmp_path: Path) -> None:
    """What is wrong with the app is said once, with code 1."""
    (tmp_path / "function_app.py").write_text("x = 1")
    app = str(tmp_path / "function_app.py")
    command = [sys.executable, "-m", "devtools.functions_host", "--app", app, "--port", str(free_port())]
    ended = subprocess.run([*command, "--worker", "separate"], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "has no `app`" in ended.stderr
