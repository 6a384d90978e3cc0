"""JSON bodies, read strictly: what two readers could take for different values is refused."""

import json
import re
from math import isfinite
from typing import Any

import azure.functions as func

from shared.api.problems import Problem
from shared.api.requests.bounds import bounded

MAX_DEPTH = 32
"""How deep JSON may be nested; the deepest body of the API needs four."""

STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def read_json(request: func.HttpRequest) -> Any:  # noqa: ANN401 (any JSON value)
    """The JSON value in the body; raises Problem 400, 413 and 415."""
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem("media-type-unsupported", "Expected Content-Type: application/json.")
    try:
        return strict_json(bounded(request))
    except (ValueError, RecursionError):
        raise Problem("body-unreadable", "Expected a JSON document in UTF-8 with a Content-Length.") from None


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
