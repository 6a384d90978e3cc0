"""Servers that tests start on a free port of 127.0.0.1, and end by their process id."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT = 30.0
STOP_LIMIT = 10.0


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(command: Sequence[str], environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a server in its own process group, from the root of the repository."""
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server that `start` began, and wait until it has gone."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(STOP_LIMIT)


def wait_until_ready(process: subprocess.Popen[bytes], url: str, limit: float = START_LIMIT) -> None:
    """Return when the address answers below 500; RuntimeError when the server ends or the limit is over."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode} before it was ready")
        try:
            if httpx.get(url, timeout=2, trust_env=False).status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError(f"no answer from {url} within {limit:g} s")


@contextmanager
def graph_emulator() -> Iterator[str]:
    """The Graph Bookings emulator in its own process; gives its root address."""
    port = free_port()
    root = f"http://127.0.0.1:{port}"
    process = start([sys.executable, "-m", "devtools.graph_emulator", "--port", str(port)])
    try:
        wait_until_ready(process, f"{root}/_emulator/health")
        yield root
    finally:
        stop(process)


@asynccontextmanager
async def running_graph_emulator() -> AsyncIterator[str]:
    """The same for asynchronous tests, without holding up their loop."""
    context = graph_emulator()
    root = await asyncio.to_thread(context.__enter__)
    try:
        yield root
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)
