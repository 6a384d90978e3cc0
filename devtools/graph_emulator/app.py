"""The emulator as an ASGI application, for a server or in process."""

import asyncio

import httpx

from devtools.graph_emulator import graph
from devtools.graph_emulator.control import PREFIX, Control
from devtools.graph_emulator.errors import not_emulated
from devtools.graph_emulator.exchange import (
    Lost,
    Receive,
    Reply,
    Request,
    Scope,
    Send,
    json_reply,
    read_request,
    send_reply,
)
from devtools.graph_emulator.router import is_graph
from devtools.graph_emulator.world import World

# The server puts a callable that breaks the connection under this name into the scope's extensions.
ABORT = "emulator.abort"


class Emulator:
    """Microsoft Graph Bookings, the managed identity endpoint and the control plane in one application."""

    def __init__(self, world: World | None = None) -> None:
        self.control = Control(world)
        self._running: set[asyncio.Task[Reply | Lost]] = set()

    @property
    def world(self) -> World:
        """The present state; a reset replaces it."""
        return self.control.world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope; only HTTP and the lifespan protocol are known."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        try:
            request = await read_request(scope, receive)
        except ConnectionError:
            return
        # Shielded: a client that gives up does not stop the work, so its write may land late.
        task = asyncio.create_task(self._answer(request))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        reply = await asyncio.shield(task)
        if isinstance(reply, Lost):
            await _hang_up(scope)
        else:
            await send_reply(send, reply)

    async def settle(self) -> None:
        """Wait until the work of every request is done, those included whose clients have gone."""
        while self._running:
            await asyncio.wait(set(self._running))
        await self.world.weather.settle()

    async def _answer(self, request: Request) -> Reply | Lost:
        if is_graph(request.segments):
            return await graph.answer(self.world, request)
        if request.segments[:1] == (PREFIX,):
            return self.control.answer(request)
        error = not_emulated(request.method, request.path)
        return json_reply(404, {"error": {"code": "NotFound", "message": error.message}})


def create_app(world: World | None = None) -> Emulator:
    """A new emulator, with the default seed where no world is given."""
    return Emulator(world)


async def _hang_up(scope: Scope) -> None:
    """Break the connection without one byte of an answer; in process, raise what httpx would raise."""
    abort = (scope.get("extensions") or {}).get(ABORT)
    if abort is None:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
    await abort()


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
