"""What keeps HTTP clean: bounds before parsing, strict JSON, validators for caches, safe headers."""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func

from shared.api.problems import Problem

MAX_BODY = 64 * 1024
"""The most bytes that a body may have; looked at before anything is parsed."""

MAX_TARGET = 2048
"""The most characters that path and query may have together."""

MAX_DEPTH = 32
"""How deep JSON may be nested; the deepest body of the API needs four."""

SAFE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Access-Control-Expose-Headers": (
        "Location, Retry-After, Idempotent-Replayed, Request-Id, RateLimit, RateLimit-Policy, ETag"
    ),
}
"""On every answer that does not bring its own; host.json has those that suit answers of the host too."""

WORD = re.compile("[A-Za-z]{1,40}")
"""A name that may be repeated to whoever sent it: it can be no address, number or token."""

STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)

PUBLIC = "public, max-age=60"


def check_bounds(request: func.HttpRequest) -> None:
    """Refuse what is too large before anybody reads it; raises Problem 413 and 414."""
    url = urlsplit(request.url)
    if len(url.path) + len(url.query) > MAX_TARGET:
        raise Problem("target-too-long", f"Expected at most {MAX_TARGET} characters of path and query.")
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdecimal() and len(declared.lstrip("0")) > len(str(MAX_BODY)):
        raise _too_large()
    if declared.isascii() and declared.isdecimal() and int(declared) > MAX_BODY:
        raise _too_large()


def bounded(request: func.HttpRequest) -> bytes:
    """The body, if it is not too large; raises Problem 413."""
    body: bytes = request.get_body()
    if len(body) > MAX_BODY:
        raise _too_large()
    return body


def _too_large() -> Problem:
    return Problem("body-too-large", f"Expected at most {MAX_BODY} bytes.")


def strict_json(body: bytes) -> Any:  # noqa: ANN401 (any JSON value)
    """The one value that the bytes stand for; raises ValueError where readers could differ about it.

    Refused besides bad syntax: other encodings than UTF-8, members that come twice, NaN and
    infinities, numbers past all range, lone surrogates, deep nesting (RFC 8259 and RFC 7493).
    """
    text = body.decode("utf-8")
    if _depth(text) > MAX_DEPTH:
        raise ValueError("nested too deeply")
    value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite)
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate has no bytes in UTF-8
    return value


def _depth(text: str) -> int:
    """The nesting of a JSON text, found without recursion."""
    deepest = depth = 0
    for character in STRING.sub("", text):
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member comes twice")
    return members


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError("a number past all range")
    return value


def cacheable(
    request: func.HttpRequest,
    body: str | Mapping[str, Any],
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> func.HttpResponse:
    """An answer that caches may keep for a minute and ask about by its ETag; 304 where it is known."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    tag = f'"{sha256(text.encode()).hexdigest()[:32]}"'
    kept = {"ETag": tag, "Cache-Control": PUBLIC, **(headers or {})}
    if _matches(request.headers.get("if-none-match", ""), tag):
        return func.HttpResponse(status_code=304, headers=kept, mimetype=media_type)
    return func.HttpResponse(text, status_code=200, headers=kept, mimetype=media_type)


def _matches(asked: str, tag: str) -> bool:
    """Whether If-None-Match names this tag, compared weakly (RFC 9110, section 13.1.2)."""
    return asked.strip() == "*" or any(one.strip().removeprefix("W/") == tag for one in asked.split(","))
