"""How the host serves and ends: as Microsoft's does, and a second way that only tests need.

SIGINT is what the platform's stop looks like. New connections are refused at once, running calls get a time
to end (`--drain-seconds`, there 30), and then their connections are reset and the process is gone: the
functions are told nothing. Microsoft's host ignores SIGTERM. Here it is the other way of ending, which is
not Microsoft's: what still runs after `--grace-seconds` is cancelled, so that a test can see what a
function does when it is cancelled.
"""

import asyncio
import logging
import os
import signal
import socket
import struct
import sys
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final, Protocol

import uvicorn

from devtools.functions_host.errors import StartError
from devtools.functions_host.wire import Receive, Scope, Send

log = logging.getLogger("functions_host")
_IDLE_SECONDS: Final = 130  # Kestrel's own limit for a connection without a request
_LINGER_NOT: Final = struct.pack("ii", 1, 0)  # closing such a socket resets the connection


DRAIN_SECONDS: Final = 30.0
GRACE_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long running calls may go on after a stop, in seconds; without `drain`, SIGINT is ignored."""

    drain: float | None = DRAIN_SECONDS
    grace: float = GRACE_SECONDS


class Served(Protocol):
    """What can be served: a host with its functions, or one whose worker is another process."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""

    async def start(self) -> None:
        """Begin."""

    def stop_timers(self) -> None:
        """Fire no timer any more."""

    def cancel(self) -> None:
        """Cancel what is running."""

    def kill(self) -> None:
        """End what would outlive this process."""

    async def finish(self) -> None:
        """Wait until nothing is running any more."""


class Server(uvicorn.Server):
    """Serves a host, and ends it in the way that the signal asks for."""

    def __init__(self, config: uvicorn.Config, host: Served, patience: Patience) -> None:
        super().__init__(config)
        self._host = host
        self._patience = patience
        self._drains = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take note of the first signal; a second SIGINT ends the draining."""
        if sig == signal.SIGINT and self._patience.drain is None:
            return
        if self.should_exit and sig == signal.SIGINT:
            self._cut()
        if not self.should_exit:
            self._drains = sig == signal.SIGINT
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to run the timers, then to serve."""
        await self._host.start()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Refuse new connections, let running calls end for a time, and end what still runs."""
        limit = asyncio.get_running_loop().call_later(*self._limit())
        self._host.stop_timers()
        await super().shutdown(sockets)
        await self._host.finish()
        limit.cancel()

    def _limit(self) -> tuple[float, Any]:
        if self._drains and self._patience.drain is not None:
            return self._patience.drain, self._cut
        return self._patience.grace, self._host.cancel

    def _cut(self) -> None:
        """Reset every connection and go, without a word to what is running."""
        log.warning("the time to drain is over: %d connections are cut", len(self.server_state.connections))
        for connection in self.server_state.connections:
            raw = connection.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self._host.kill()
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)


def bind(host: str, port: int) -> socket.socket:
    """Listen on a port, before the app is loaded: a caller who comes early waits instead of being refused.

    Raises StartError where the port cannot be used.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # The protocol is named, for asyncio sets TCP_NODELAY only where it is: without it, each answer of a
        # kept connection waits 40 ms for the acknowledgement of its own headers.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        raise StartError(
            f"port {port} of {host} cannot be used ({error.strerror}); --port moves it"
        ) from error
    return listener


def serve(host: Served, listener: socket.socket, patience: Patience) -> bool:
    """Serve until a signal comes; whether the server ever started."""
    # uvicorn raises the signal again after its own end; by then it has done its work.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)
    server = Server(configuration(host), host, patience)
    server.run([listener])
    return server.started


def configuration(host: Served) -> uvicorn.Config:
    """The server in front of a host."""
    return uvicorn.Config(
        host,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_IDLE_SECONDS,
    )
