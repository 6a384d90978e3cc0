"""Bad weather before the table service: slow, answers lost, errors instead of answers.

`python -m devtools.chaos.storage_proxy` stands between the facades and Azurite, speaks TLS with the same
certificate on both sides, and passes every request on as it came, except those that a fault strikes. Faults
are armed over plain HTTP on the control port: `POST /faults` with a list, `GET /faults` for the counts.
"""

import argparse
import asyncio
import json
import ssl
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

HOST: Final = "127.0.0.1"
NO_CONTENT, NOT_MODIFIED = 204, 304
KINDS: Final = ("slow", "lost", "error")
WHEN: Final = ("before", "after")
LARGEST_HEAD: Final = 256 * 1024

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class StorageFault:
    """One armed fault; `method` and `target` (the path with its table) may hold wildcards.

    `slow` waits `seconds`, `lost` breaks the connection, `error` answers with `status`; `before` the table
    service has seen the request, or `after` it has done what was asked. `count` requests are struck.
    """

    kind: str
    when: str = "before"
    method: str = "*"
    target: str = "*"
    count: int = 1
    seconds: float = 0.0
    status: int = 500
    label: str = ""
    struck: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.when not in WHEN:
            raise ValueError(f"a fault is one of {', '.join(KINDS)}, before or after the commit")

    def strikes(self, method: str, target: str) -> bool:
        """Whether this request is struck; asking counts."""
        concerned = fnmatchcase(method, self.method) and fnmatchcase(target, self.target)
        if self.struck >= self.count or not concerned:
            return False
        self.struck += 1
        return True


@dataclass(frozen=True, slots=True)
class Message:
    """One HTTP/1.1 message as it came over the wire."""

    first_line: str
    raw: bytes
    body: bytes = b""

    @property
    def method_and_target(self) -> tuple[str, str]:
        """Of a request: its method and its path with the query."""
        method, target, _ = self.first_line.split(" ", 2)
        return method, target


class Lost(Exception):
    """The connection breaks here."""


class StorageProxy:
    """Passes requests on, and strikes those that are due."""

    def __init__(self, port: int, trust: ssl.SSLContext) -> None:
        self._port = port
        self._trust = trust
        self._faults: list[StorageFault] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a facade, with one of its own to the table service."""
        behind = await asyncio.open_connection(HOST, self._port, ssl=self._trust, limit=LARGEST_HEAD)
        try:
            while True:
                request = await read_message(reader)
                writer.write(await self._answer(request, *behind))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            writer.close()
        except Lost:
            writer.transport.abort()
        finally:
            behind[1].close()

    async def _answer(
        self, request: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes:
        method, target = request.method_and_target
        instead = await self._strike("before", method, target)
        if instead is not None:
            return instead
        writer.write(request.raw)
        await writer.drain()
        answer = await read_message(reader, answers=method)
        return await self._strike("after", method, target) or answer.raw

    async def _strike(self, when: str, method: str, target: str) -> bytes | None:
        """The bytes that come instead of the answer, if any; raises Lost."""
        for fault in self._faults:
            if fault.when == when and fault.strikes(method, target):
                if fault.kind == "lost":
                    raise Lost
                if fault.kind == "error":
                    return _error(fault.status)
                await asyncio.sleep(fault.seconds)
                return None
        return None

    async def control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request to the control port."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            request = await read_message(reader)
            status, value = self._controlled(request)
            body = json.dumps(value).encode()
            writer.write(_head(status, "application/json", len(body)) + body)
            await writer.drain()
        writer.close()

    def _controlled(self, request: Message) -> tuple[str, object]:
        if request.method_and_target[0] == "POST":
            try:
                self._faults.extend([StorageFault(**each) for each in json.loads(request.body)])
            except (TypeError, ValueError) as error:
                return "400 Bad Request", {"error": str(error)}
        return "200 OK", [asdict(each) for each in self._faults]


async def read_message(reader: asyncio.StreamReader, answers: str | None = None) -> Message:
    """The next message; `answers` is the method of the request that it answers, if it is an answer.

    Raises IncompleteReadError at the end of the connection.
    """
    head = await reader.readuntil(b"\r\n\r\n")
    first_line, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if answers is not None and (answers == "HEAD" or _is_bare(first_line)):
        return Message(first_line, head)
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length") or 0))
    return Message(first_line, head + body, body)


def _is_bare(status_line: str) -> bool:
    return int(status_line.split(" ", 2)[1]) in {NO_CONTENT, NOT_MODIFIED}


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    """The chunks with their sizes, as they came."""
    raw = bytearray()
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        raw += line + await reader.readexactly(size + 2)
        if size == 0:
            return bytes(raw)


def _head(status: str, content_type: str, length: int) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {length}", "", "")
    return "\r\n".join(lines).encode()


def _error(status: int) -> bytes:
    """An error as the table service writes it."""
    code = "ServerBusy" if status == 503 else "InternalError"  # noqa: PLR2004 - the status says what it means
    error = {"odata.error": {"code": code, "message": {"lang": "en-US", "value": "The weather is bad."}}}
    body = json.dumps(error).encode()
    return _head(f"{status} {code}", "application/json;odata=minimalmetadata", len(body)) + body


async def run(port: int, control: int, to: int, certificates: Path) -> None:
    """Serve until the process ends."""
    trust = ssl.create_default_context(cafile=str(certificates / "authority.pem"))
    identity = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity.load_cert_chain(certificates / "certificate.pem", certificates / "key.pem")
    proxy = StorageProxy(to, trust)
    async with (
        await asyncio.start_server(proxy.serve, HOST, port, ssl=identity, limit=LARGEST_HEAD) as tables,
        await asyncio.start_server(proxy.control, HOST, control),
    ):
        await tables.serve_forever()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="storage_proxy", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--to", type=int, required=True, help="the table service's port")
    parser.add_argument("--certificates", type=Path, required=True, help="the folder with its certificates")
    options = parser.parse_args()
    asyncio.run(run(options.port, options.control, options.to, options.certificates))


if __name__ == "__main__":
    main()
