"""The ASGI side: requests read from a scope and answers sent, before any function is known."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from devtools.functions_host.routes import decode_path

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class BodyTooLargeError(Exception):
    """The request body passes the limit."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the host sees it: names of headers in lower case, repeats joined with a comma.

    `key` is the function key that came with it, by header or else by query.
    """

    method: str
    path: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    client: str | None
    key: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it goes out."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def read_request(scope: Scope) -> Request:
    """Everything of an ASGI request but its body."""
    headers = _join(
        (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
    )
    raw_path, query = scope["raw_path"], scope["query_string"].decode("latin-1")
    suffix = f"?{query}" if query else ""
    client = scope.get("client")
    return Request(
        method=scope["method"],
        path=decode_path(raw_path),
        url=f"{scope['scheme']}://{headers.get('host', '')}{raw_path.decode('latin-1')}{suffix}",
        headers=headers,
        # Empty values never reach the worker: its protocol drops them, as `parse_qsl` does.
        query=_join(parse_qsl(query)),
        client=client[0] if client else None,
        key=headers.get("x-functions-key", _code(query)),
    )


def _code(query: str) -> str | None:
    """The function key in a query: the first `code`, whatever the case of its name."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return next((value for name, value in pairs if name.lower() == "code"), None)


def _join(pairs: Any) -> dict[str, str]:  # noqa: ANN401 - any iterable of pairs
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


async def read_body(request: Request, receive: Receive, limit: int) -> bytes:
    """The body where Content-Length says that there is one, else empty bytes.

    A chunked body is thrown away, as the host does without its streaming model. Raises BodyTooLargeError
    past `limit` bytes.
    """
    length = request.headers.get("content-length", "")
    declared = int(length) if length.isascii() and length.isdecimal() else 0
    if declared > limit:
        raise BodyTooLargeError
    body, more = bytearray(), declared > 0 or "transfer-encoding" in request.headers
    received = 0
    while more:
        message = await receive()
        chunk = message.get("body", b"")
        received += len(chunk)
        if received > limit:
            raise BodyTooLargeError
        if declared:
            body += chunk
        more = message.get("more_body", False)
    return bytes(body)


async def send_answer(send: Send, answer: Answer, *, method: str) -> None:
    """Send an answer; HEAD gets no body, 204 and 304 neither body nor length."""
    bodiless = answer.status in {204, 304}
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if not bodiless:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    body = b"" if bodiless or method == "HEAD" else answer.body
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
