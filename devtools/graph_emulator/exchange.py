"""Requests and answers as plain values, read from and written to ASGI."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Json = dict[str, Any]

MAXIMUM_BODY = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; path segments are decoded one by one, so an id may hold an encoded slash."""

    method: str
    path: str
    segments: tuple[str, ...]
    query: dict[str, str]
    query_string: str
    headers: dict[str, str]
    body: bytes
    origin: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer at all: the connection breaks."""


def json_reply(status: int, value: object) -> Reply:
    """An answer with a JSON body."""
    return Reply(status, json.dumps(value, separators=(",", ":")).encode())


async def read_request(scope: Scope, receive: Receive) -> Request:
    """The whole request, its body included; ConnectionError when the client leaves while sending it."""
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    path = raw_path.split(b"?", 1)[0].decode("ascii", "replace")
    query_string: str = scope.get("query_string", b"").decode("ascii", "replace")
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(
        method=scope["method"].upper(),
        path=path,
        segments=tuple(unquote(segment) for segment in path.split("/") if segment),
        query=dict(parse_qsl(query_string, keep_blank_values=True)) if query_string else {},
        query_string=query_string,
        headers=headers,
        body=await _read_body(receive),
        origin=f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}",
    )


async def _read_body(receive: Receive) -> bytes:
    chunks = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client left before its request was complete")
        chunks += message.get("body", b"")
        if len(chunks) > MAXIMUM_BODY:
            raise ConnectionError("the request is larger than the emulator reads")
        if not message.get("more_body", False):
            return bytes(chunks)


async def send_reply(send: Send, reply: Reply) -> None:
    """Write one answer; a 204 has neither a body nor a content type."""
    headers = [(name.lower().encode(), value.encode()) for name, value in reply.headers.items()]
    if reply.status != 204:  # noqa: PLR2004 - the status says what it means
        headers.append((b"content-type", reply.content_type.encode()))
        headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
