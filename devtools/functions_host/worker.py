"""The worker in a process of its own, as in Azure: it may die, and the host answers for it.

Microsoft's host hands calls to a worker process. When that dies, every call that was in it is answered with
500 and no body at all, at once, whatever the function had done already; the host starts another worker, and
the next call waits for it.
"""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import httpcore

from devtools.functions_host.errors import StartError
from devtools.functions_host.wire import Receive, Scope, Send

log = logging.getLogger("functions_host")
_HOP: Final = frozenset({b"connection", b"transfer-encoding", b"keep-alive"})
_POLL_SECONDS: Final = 0.02


def free_port() -> int:
    """A port of this machine that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class WorkerProcess:
    """Hands every request to a worker, and starts another one when that dies.

    `command` starts a worker on `port`. Raises StartError where the first one ends before it serves.
    """

    def __init__(self, command: Sequence[str], port: int) -> None:
        self._command = command
        self._port = port
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._pool = httpcore.AsyncConnectionPool(max_connections=None)

    async def start(self) -> None:
        """Start the first worker and wait until it serves."""
        await self._spawn()
        self._watcher = asyncio.create_task(self._watch())

    def stop_timers(self) -> None:
        """Do nothing: the timers are the worker's."""

    def cancel(self) -> None:
        """Ask the worker to cancel what is running."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the worker without a word."""
        self._signal(signal.SIGKILL)

    async def finish(self) -> None:
        """End the worker, and with it whatever runs there."""
        if self._watcher is not None:
            self._watcher.cancel()
        self.kill()
        if self._process is not None:
            await self._process.wait()
        await self._pool.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request by the worker; where it is lost the answer is 500 without a body."""
        body = await _read(receive)
        status, headers, content = await self._ask(scope, body)
        headers = [(name, value) for name, value in headers if name.lower() not in _HOP]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _ask(self, scope: Scope, body: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        url = httpcore.URL(scheme=b"http", host=b"127.0.0.1", port=self._port, target=target)
        while True:
            await self._ready.wait()
            try:
                answer = await self._pool.request(
                    scope["method"], url, headers=scope["headers"], content=body
                )
            except httpcore.ConnectError:  # no worker has it: it has died, and nobody has noticed yet
                await asyncio.sleep(_POLL_SECONDS)
            except (httpcore.NetworkError, httpcore.ProtocolError):
                return HTTPStatus.INTERNAL_SERVER_ERROR, [(b"content-length", b"0")], b""
            else:
                return answer.status, answer.headers, answer.content

    async def _spawn(self) -> None:
        self._process = await asyncio.create_subprocess_exec(*self._command, stdin=asyncio.subprocess.PIPE)
        while not await self._serves():
            if self._process.returncode is not None:
                raise StartError(f"the worker ended with {self._process.returncode} before it served")
            await asyncio.sleep(_POLL_SECONDS)
        self._ready.set()

    async def _serves(self) -> bool:
        try:
            answer = await self._pool.request("GET", f"http://127.0.0.1:{self._port}/admin/host/ping")
        except (httpcore.NetworkError, httpcore.ProtocolError):
            return False
        return answer.status == HTTPStatus.OK

    async def _watch(self) -> None:
        while self._process is not None:
            code = await self._process.wait()
            self._ready.clear()
            log.error("the worker has died (%d); its calls are answered with 500, and another starts", code)
            await self._spawn()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)


async def _read(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)
