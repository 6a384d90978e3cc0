"""The proxy before the table service passes everything on, except what a fault strikes."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import trustme

from devtools.chaos.storage_proxy import HOST, StorageProxy, read_message

Json = dict[str, Any]


class Place:
    """A service that counts what it did, behind the proxy, and clients of both ports."""

    def __init__(self) -> None:
        self.done: list[tuple[str, bytes]] = []
        self.was_asked = asyncio.Event()
        self.tables: httpx.AsyncClient
        self.control: httpx.AsyncClient

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer everything: 204 to a DELETE, the rest in chunks."""
        try:
            while True:
                request = await read_message(reader)
                self.done.append((request.method_and_target[0], request.body))
                self.was_asked.set()
                if request.method_and_target[0] == "DELETE":
                    writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                else:
                    writer.write(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n")
                    writer.write(b"5\r\nhello\r\n0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            writer.close()

    async def arm(self, **fault: object) -> None:
        (await self.control.post("/faults", json=[fault])).raise_for_status()

    async def struck(self) -> list[int]:
        return [each["struck"] for each in (await self.control.get("/faults")).json()]


@asynccontextmanager
async def a_place() -> AsyncIterator[Place]:
    authority, place = trustme.CA(), Place()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(HOST).configure_cert(server)
    authority.configure_trust(client)
    async with await asyncio.start_server(place.serve, HOST, 0, ssl=server) as behind:
        proxy = StorageProxy(behind.sockets[0].getsockname()[1], client)
        async with (
            await asyncio.start_server(proxy.serve, HOST, 0, ssl=server) as tables,
            await asyncio.start_server(proxy.control, HOST, 0) as control,
        ):
            ports = [each.sockets[0].getsockname()[1] for each in (tables, control)]
            async with (
                httpx.AsyncClient(
                    base_url=f"https://{HOST}:{ports[0]}", verify=client, trust_env=False
                ) as one,
                httpx.AsyncClient(base_url=f"http://{HOST}:{ports[1]}", trust_env=False) as other,
            ):
                place.tables, place.control = one, other
                yield place


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with a_place() as running:
        yield running


async def test_requests_and_answers_pass_as_they_are(place: Place) -> None:
    """Bodies with a length, in chunks, and none at all, over one connection."""
    first = await place.tables.post("/account/locks", content=b"row")
    second = await place.tables.delete("/account/locks(1)")
    third = await place.tables.post("/account/locks", content=chunks())

    assert [first.text, second.status_code, third.text] == ["hello", 204, "hello"]
    assert place.done == [("POST", b"row"), ("DELETE", b""), ("POST", b"3\r\nrow\r\n0\r\n\r\n")]


async def chunks() -> AsyncIterator[bytes]:
    yield b"row"


@pytest.mark.parametrize(("when", "done"), [("before", 0), ("after", 1)])
async def test_an_answer_is_lost_before_and_after_the_commit(place: Place, when: str, done: int) -> None:
    await place.arm(kind="lost", when=when)

    with pytest.raises(httpx.TransportError):
        await place.tables.post("/account/locks", content=b"row")

    assert (len(place.done), await place.struck()) == (done, [1])
    assert (await place.tables.post("/account/locks", content=b"row")).status_code == 201


@pytest.mark.parametrize(("when", "done"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(("status", "code"), [(500, "InternalError"), (503, "ServerBusy")])
async def test_an_error_comes_instead_of_the_answer(
    place: Place, when: str, done: int, status: int, code: str
) -> None:
    await place.arm(kind="error", when=when, status=status)

    answer = await place.tables.post("/account/locks", content=b"row")

    assert (answer.status_code, answer.json()["odata.error"]["code"]) == (status, code)
    assert len(place.done) == done


async def test_a_slow_write_lands_after_its_caller_has_gone(place: Place) -> None:
    await place.arm(kind="slow", seconds=0.2)

    with pytest.raises(httpx.ReadTimeout):
        await place.tables.post("/account/locks", content=b"row", timeout=0.05)

    assert place.done == []
    await place.was_asked.wait()
    assert place.done == [("POST", b"row")]


async def test_a_request_is_struck_once_before_and_once_after(place: Place) -> None:
    for when in ("before", "before", "after"):
        await place.arm(kind="slow", when=when)

    await place.tables.post("/account/locks", content=b"row")

    assert await place.struck() == [1, 0, 1]


async def test_faults_choose_by_method_and_table_and_are_spent(place: Place) -> None:
    await place.arm(kind="error", method="P*", target="*locks*", count=2)

    statuses = [
        (await place.tables.request(method, f"/account/{table}")).status_code
        for method, table in [("DELETE", "locks"), ("POST", "ledger"), *[("POST", "locks")] * 3]
    ]

    assert statuses == [204, 201, 500, 500, 201]
    assert await place.struck() == [2]


@pytest.mark.parametrize("wrong", [{"kind": "gone"}, {"kind": "lost", "when": "during"}, {"colour": 1}])
async def test_a_fault_that_means_nothing_is_refused(place: Place, wrong: Json) -> None:
    assert (await place.control.post("/faults", json=[wrong])).status_code == 400
    assert await place.struck() == []
