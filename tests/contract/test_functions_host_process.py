"""The local host as a process: its settings, its start, and HTTP over a real socket."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import azure.functions as func
import httpx
import pytest

from devtools.functions_host.host import create_host
from devtools.functions_host.serving import bind, configuration
from tests.support.servers import ROOT, free_port, server

APP = """
import asyncio, json, os
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route("env")
async def env(req: func.HttpRequest) -> func.HttpResponse:
    names = req.params["names"].split(" ")
    return func.HttpResponse(json.dumps({name: os.environ.get(name) for name in names}))

@app.route("echo")
async def echo(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.get_body() or b"nothing")

@app.route("slow")
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(0.5)
    return func.HttpResponse("done")

@app.timer_trigger(arg_name="timer", schedule="* * * * * *")
async def tick(timer: func.TimerRequest) -> None:
    open(os.environ["TICKED"], "w").close()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An app's folder with its settings."""
    (tmp_path / "function_app.py").write_text(APP)
    (tmp_path / "host.json").write_text('{"extensions": {"http": {"customHeaders": {"X-Custom": "yes"}}}}')
    settings = {
        "Values": {"FROM_FILE": "file", "FROM_BOTH": "file", "TICKED": str(tmp_path / "ticked")},
        "Host": {"CORS": "https://www.contoso.com"},
    }
    (tmp_path / "local.settings.sample.json").write_text(json.dumps(settings))
    return tmp_path


def command(folder: Path, port: int, *more: str) -> list[str]:
    """The command line that serves the folder's app."""
    app = str(folder / "function_app.py")
    return [sys.executable, "-m", "devtools.functions_host", "--app", app, "--port", str(port), *more]


@contextmanager
def served(
    folder: Path, *more: str, environ: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """The host of the folder's app in a process, ready, and a client of it."""
    port = free_port()
    root = f"http://127.0.0.1:{port}"
    with (
        server(command(folder, port, *more), f"{root}/admin/host/status", environ) as started,
        httpx.Client(base_url=root, trust_env=False, timeout=30) as http,
    ):
        yield started.process, http


def wait_for(path: Path) -> None:
    """Wait until a file is there."""
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.01)


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a host that is expected to end by itself."""
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_settings_and_socket(folder: Path) -> None:
    """The environment wins over the settings file, and HTTP over a socket behaves as in process."""
    with served(folder, environ={"FROM_BOTH": "environment"}) as (_, http):
        seen = http.get("/api/env", params={"names": "FROM_FILE FROM_BOTH"}).json()
        assert seen == {"FROM_FILE": "file", "FROM_BOTH": "environment"}
        answer = http.get("/api/echo", headers={"origin": "https://www.contoso.com"})
        assert answer.headers["x-custom"] == "yes"
        assert answer.headers["access-control-allow-origin"] == "https://www.contoso.com"
        assert http.post("/api/echo", content=b"body").content == b"body"
        assert http.post("/api/echo", content=iter([b"chunked"])).content == b"nothing"
        assert http.head("/api/echo").headers["content-length"] == "7"
        assert http.get("/api/nothing").status_code == 404


def test_developers_own_settings_come_first(folder: Path) -> None:
    """local.settings.json is read instead of the sample, and --settings instead of both."""
    (folder / "local.settings.json").write_text('{"Values": {"FROM_FILE": "own", "TICKED": "/dev/null"}}')
    (folder / "other.json").write_text('{"Values": {"FROM_FILE": "other", "TICKED": "/dev/null"}}')
    for more, expected in (((), "own"), (("--settings", str(folder / "other.json")), "other")):
        with served(folder, *more) as (_, http):
            assert http.get("/api/env", params={"names": "FROM_FILE"}).json() == {"FROM_FILE": expected}


def test_timer_runs_while_serving(folder: Path) -> None:
    """A timer fires by itself."""
    with served(folder):
        wait_for(folder / "ticked")


def test_timers_can_be_left_out(folder: Path) -> None:
    """With --run-timers=false a timer of every second does not fire in more than a second of serving."""
    with served(folder, "--run-timers=false") as (_, http):
        for _ in range(3):
            http.get("/api/slow")
    assert not (folder / "ticked").exists()


def test_port_in_use(folder: Path) -> None:
    """A port that is taken is a failure that names it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run(command(folder, port))
    assert ended.returncode == 1
    assert str(port) in ended.stderr


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("function_app.py", "x = 1", "has no `app`"),
        ("function_app.py", "raise ValueError('the reason')", "the reason"),
        ("host.json", "{", "cannot be read as JSON"),
        ("local.settings.sample.json", "[]", "is not a JSON object"),
    ],
)
def test_failed_start(folder: Path, file: str, content: str, message: str) -> None:
    """What stops the start is said on stderr, with code 1."""
    (folder / file).write_text(content)
    ended = run(command(folder, free_port()))
    assert ended.returncode == 1
    assert message in ended.stderr


def test_missing_app(tmp_path: Path) -> None:
    """An app that is not there is named."""
    ended = run(command(tmp_path, free_port()))
    assert ended.returncode == 1
    assert "function_app.py" in ended.stderr


def test_only_apps_with_timers_load_the_schedule_library() -> None:
    """The host starts fast: serving HTTP alone never imports the library that reads schedules."""
    script = (
        "import sys, azure.functions as func\n"
        "from devtools.functions_host.host import create_host\n"
        "app = func.FunctionApp()\n"
        "app.route('x')(lambda req: 'x')\n"
        "create_host(app, environ={})\n"
        "sys.exit('croniter' in sys.modules)"
    )
    assert run([sys.executable, "-c", script]).returncode == 0


async def test_what_is_accepted_sends_at_once() -> None:
    """TCP_NODELAY is set: no answer of a kept connection waits for an acknowledgement of its own head."""
    accepted: asyncio.Future[asyncio.BaseTransport] = asyncio.get_running_loop().create_future()

    class Accept(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            accepted.set_result(transport)

    server = await asyncio.get_running_loop().create_server(Accept, sock=(listener := bind("127.0.0.1", 0)))
    async with server:
        _, writer = await asyncio.open_connection(*listener.getsockname())
        transport = await accepted
        raw = transport.get_extra_info("socket")
        assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        transport.close()
        writer.close()
        await writer.wait_closed()


def test_idle_connections_are_kept() -> None:
    """A connection without a request is kept as long as Kestrel keeps it, not for uvicorn's five seconds."""
    host = create_host(func.FunctionApp(), environ={})
    assert configuration(host).timeout_keep_alive == 130
