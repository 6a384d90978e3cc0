"""Serves the emulator on 127.0.0.1, with connections that can be broken on request."""

import asyncio
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from devtools.graph_emulator.app import ABORT, Emulator
from devtools.graph_emulator.exchange import Receive, Scope, Send

HOST = "127.0.0.1"


class BreakableProtocol(H11Protocol):
    """HTTP/1.1 that lends the application its transport's `abort`, since ASGI has no way to hang up."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wrap the application for this connection."""
        super().connection_made(transport)
        inner = self.app

        async def abort() -> None:
            transport.abort()
            # The server notices the loss in its next turn; until then it would answer with a 500.
            while not self.cycle.disconnected:  # noqa: ASYNC110 - the server has no event to wait for
                await asyncio.sleep(0)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[ABORT] = abort
            await inner(cast("Any", scope), cast("Any", receive), cast("Any", send))

        self.app = cast("Any", app)


def serve(app: Emulator, port: int) -> None:
    """Serve until the process is told to end."""
    config = uvicorn.Config(
        cast("Any", app),
        host=HOST,
        port=port,
        http=BreakableProtocol,
        ws="none",
        access_log=False,
        proxy_headers=False,
        log_level="warning",
        server_header=False,
    )
    uvicorn.Server(config).run()
