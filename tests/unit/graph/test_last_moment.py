"""The check of a write is asked as its bytes go out, over a real connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import httpx
import pytest

from shared.domain.errors import NotBooked
from shared.graph.calls import Calls, CheckedTransport, Operation

WRITE = Operation("write", writes=True)
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
TURNS = 10
"""Turns of the loop in which it takes up a connection that is there already."""


class Doubtful:
    """A check that passes so many times: then the process has stood still until the locks were over."""

    def __init__(self, passes: int) -> None:
        self.left = passes

    def __call__(self) -> None:
        if not self.left:
            raise NotBooked
        self.left -= 1


class Listener:
    """Takes what is sent and answers whole requests."""

    def __init__(self) -> None:
        self.heard = b""
        self.address = ""
        self.connections: list[asyncio.Task[None]] = []

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None
        self.connections.append(connection)
        with suppress(ConnectionResetError):
            while part := await reader.read(65_536):
                self.heard += part
                if self.heard.endswith((b"\r\n\r\n", b"{}")):
                    writer.write(ANSWER)
        writer.close()
        with suppress(ConnectionResetError):
            await writer.wait_closed()

    @property
    def is_whole(self) -> bool:
        """Whether what came is a request that somebody could heed."""
        head, _, body = self.heard.partition(b"\r\n\r\n")
        return bool(head) and (b"content-length" not in head.lower() or body == b"{}")


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    listener = Listener()
    server = await asyncio.start_server(listener.take, "127.0.0.1", 0)
    listener.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield listener
    finally:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        await asyncio.gather(*listener.connections)
        server.close()
        await server.wait_closed()


async def send(listener: Listener, method: str, check: Doubtful) -> int:
    """One write; the status of its answer."""
    transport = CheckedTransport(httpx.AsyncHTTPTransport(trust_env=False))
    async with httpx.AsyncClient(transport=transport) as client:
        body = b"" if method == "DELETE" else b"{}"

        async def call() -> httpx.Response:
            return await client.request(method, listener.address, content=body)

        answer = await Calls(timedelta(seconds=10)).run(WRITE, "shop", call, lambda one: one, check)
        return answer.status_code


@pytest.mark.parametrize(("method", "moments"), [("POST", 3), ("PATCH", 3), ("DELETE", 2)])
async def test_nothing_that_anybody_could_heed_is_sent_after_the_check_has_failed(
    method: str, moments: int
) -> None:
    """Before there is a connection, before the head, before the body: whenever the process stood still."""
    for passes in range(moments):
        async with listening() as listener:
            with pytest.raises(NotBooked):
                await send(listener, method, Doubtful(passes))
        assert not listener.is_whole, passes


@pytest.mark.parametrize(("method", "moments"), [("POST", 3), ("DELETE", 2)])
async def test_what_is_sent_whole_is_not_said_to_be_unsent(method: str, moments: int) -> None:
    """A write without a body is whole with its head: nothing is asked after it."""
    async with listening() as listener:
        assert await send(listener, method, Doubtful(moments)) == 204
    assert listener.is_whole
