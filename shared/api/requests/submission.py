"""The body of a request: its bounds, and JSON read strictly.

What is too large is refused before anybody reads it; what two readers could take for different values is
refused too (RFC 8259 and RFC 7493).
"""

import json
import re
from dataclasses import dataclass
from math import isfinite
from typing import Any
from urllib.parse import SplitResult, urlsplit

import azure.functions as func

from shared.api.problems import Problem

MAX_BODY = 64 * 1024
"""The most bytes that a body may have; looked at before anything is parsed."""

FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
MAX_TARGET = 2048
"""The most characters that path and query may have together."""

WORD = re.compile("[A-Za-z]{1,40}")
"""A name that may be repeated to whoever sent it: it can be no address, number or token."""

FIELD_NAME = re.compile("[A-Za-z0-9_.-]{1,60}")
"""The same for a field of a form, which bears the name that the maker of the page gave it."""

MAX_DEPTH = 32
"""How deep JSON may be nested; the deepest body of the API needs four."""

TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[][{}]', re.DOTALL)
"""A string, ended or not, or a bracket; possessive, so that each character is looked at once."""


def check_bounds(request: func.HttpRequest) -> None:
    """Refuse what is too large before anybody reads it, and a host that is none.

    Raises Problem 400, 413 and 414.
    """
    url = _url(request)
    if len(url.path) + len(url.query) > MAX_TARGET:
        raise Problem("target-too-long", f"Expected at most {MAX_TARGET} characters of path and query.")
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdecimal() and len(declared.lstrip("0")) > len(str(MAX_BODY)):
        raise _too_large()
    if declared.isascii() and declared.isdecimal() and int(declared) > MAX_BODY:
        raise _too_large()


def _url(request: func.HttpRequest) -> SplitResult:
    """The address that was asked for; the header Host is a part of it (RFC 9112, section 3.2: 400)."""
    try:
        url: SplitResult = urlsplit(request.url)
        _ = url.port  # read here, since it is what refuses a port that is no number
    except ValueError:
        raise Problem("header-invalid", "Expected a Host such as www.contoso.com.") from None
    return url


def bounded(request: func.HttpRequest) -> bytes:
    """The body, if it is not too large; raises Problem 413."""
    body: bytes = request.get_body()
    if len(body) > MAX_BODY:
        raise _too_large()
    return body


def _too_large() -> Problem:
    return Problem("body-too-large", f"Expected at most {MAX_BODY} bytes.")


@dataclass(frozen=True, slots=True)
class Submission:
    """What somebody sent in, whichever way it came: a JSON value, and the Idempotency-Key as it was sent.

    `names` matches the names of its members that may be repeated to whoever sent it. `asks_consent` tells
    that it comes from a page of our own, which asked for it.
    """

    value: object
    key: str | None
    names: re.Pattern[str] = WORD
    asks_consent: bool = False


def json_submission(request: func.HttpRequest) -> Submission:
    """What a JSON body says; raises Problem 400, 413 and 415."""
    return Submission(read_json(request), request.headers.get("idempotency-key"))


def is_form(request: func.HttpRequest) -> bool:
    """Whether the body is a form, by its media type."""
    return media_type(request) in FORMS


def media_type(request: func.HttpRequest) -> str:
    """The body's media type, without its options."""
    declared: str = request.headers.get("content-type", "")
    return declared.partition(";")[0].strip().lower()


def read_json(request: func.HttpRequest) -> Any:  # noqa: ANN401 (any JSON value)
    """The JSON value in the body; raises Problem 400, 413 and 415."""
    if media_type(request) != "application/json":
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
    if _is_deep(text):
        raise ValueError("nested too deeply")
    value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite)
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate has no bytes in UTF-8
    return value


def _is_deep(text: str) -> bool:
    """Whether a JSON text is nested past all use, found without recursion."""
    depth = 0
    for token in TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif token[0] in "]}":
            depth -= 1
    return False


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
