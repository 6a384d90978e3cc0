"""What crosses between host and worker: `func.HttpRequest` in, whatever a function returns out."""

import json
from collections.abc import Mapping
from http.cookies import Morsel
from typing import Any, Final
from urllib.parse import quote

from azure.functions import HttpRequest, HttpResponse
from azure.functions.http import HttpRequest as WorkerHttpRequest
from azure.functions.http import HttpResponseConverter

from devtools.functions_host.wire import Answer, Request

_TEXT: Final = (("content-type", "text/plain; charset=utf-8"),)
_SET_BY_THE_SERVER: Final = frozenset({"content-length", "transfer-encoding", "connection"})


class BadReturnError(Exception):
    """A function returned what the host cannot send."""


def to_function(request: Request, body: bytes, route_values: Mapping[str, str]) -> HttpRequest:
    """The request object that the worker hands to a function."""
    return WorkerHttpRequest(
        method=request.method,
        url=request.url,
        headers=request.headers,
        params=request.query,
        route_params=route_values,
        body_type="bytes",
        body=body,
    )


def from_function(result: object) -> Answer:
    """Turn what a function returned into an answer. Raises BadReturnError for what has no HTTP form."""
    if isinstance(result, HttpResponse):
        answer = _from_response(result)
    elif isinstance(result, str):
        answer = _from_text(result)
    else:
        raise BadReturnError(f"a function must return HttpResponse or str, not {type(result).__name__}")
    for name, value in answer.headers:
        if not (name + value).isascii() or not value.isprintable():
            raise BadReturnError(f"header {name} holds a character that a header cannot carry")
    return answer


def _from_response(response: HttpResponse) -> Answer:
    encoded = HttpResponseConverter.encode(response, expected_type=None).value
    headers = [
        (name, str(datum.value))
        for name, datum in encoded["headers"].items()
        if name.lower() not in _SET_BY_THE_SERVER
    ]
    jars = encoded["cookies"] or []
    cookies = [("set-cookie", _cookie(morsel)) for jar in jars for morsel in jar.values()]
    return Answer(int(encoded["status_code"].value), (*headers, *cookies), bytes(encoded["body"].value))


def _cookie(morsel: Morsel[str]) -> str:
    """A cookie as ASP.NET writes it: its order of attributes, an escaped value, and a path always."""
    parts = [f"{morsel.key}={quote(morsel.value, safe='-._~')}"]
    parts += [f"{name}={morsel[name]}" for name in ("expires", "max-age", "domain") if morsel[name]]
    parts.append(f"path={morsel['path'] or '/'}")
    parts += ["secure"] if morsel["secure"] else []
    parts += [f"samesite={morsel['samesite'].lower()}"] if morsel["samesite"] else []
    parts += ["httponly"] if morsel["httponly"] else []
    return "; ".join(parts)


def _from_text(text: str) -> Answer:
    """A text as an answer; one that happens to be JSON is rewritten, and may even become a whole response."""
    try:
        content = json.loads(text) if text else None
    except ValueError:
        return Answer(200, _TEXT, text.encode())
    members = {key.lower(): value for key, value in content.items()} if isinstance(content, dict) else {}
    if "body" in members:
        return _from_members(members)
    return Answer(204) if content is None else Answer(200, _TEXT, _pretty(content, text))


def _from_members(members: Mapping[str, Any]) -> Answer:
    status = members.get("statuscode", members.get("status", 200))
    given = members.get("headers")
    headers = given if isinstance(given, dict) else {}
    named = tuple((name, str(value)) for name, value in headers.items())
    has_type = any(name.lower() == "content-type" for name in headers)
    body = members["body"]
    return Answer(
        int(status) if str(status).isdecimal() else 200,
        named if has_type else (*named, *_TEXT),
        b"" if body is None else _pretty(body, json.dumps(body)),
    )


def _pretty(content: object, original: str) -> bytes:
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, dict | list):
        return json.dumps(content, indent=2, ensure_ascii=False).encode()
    return original.encode()
