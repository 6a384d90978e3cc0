"""Microsoft's OpenAPI contract of Graph Bookings (beta), for whoever speaks to Graph or plays its part.

The contract is Microsoft's and is not part of the project: `GRAPH_BOOKINGS_OPENAPI` names the file.
"""

import json
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

VARIABLE = "GRAPH_BOOKINGS_OPENAPI"
HOST = "https://graph.microsoft.com"


class ContractViolation(AssertionError):
    """A request or an answer that Microsoft's contract does not allow; the message holds every reason."""


@dataclass(slots=True)
class _Request:
    host_url: str
    path: str
    method: str
    body: bytes | None
    content_type: str
    parameters: RequestParameters


@dataclass(slots=True)
class _Response:
    data: bytes
    status_code: int
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)


class GraphContract:
    """Checks single requests and answers; both raise ContractViolation."""

    def __init__(self, path: Path) -> None:
        document = json.loads(path.read_text("utf-8"))
        document.pop("security", None)  # tokens are no matter of form, and the validator knows no such scheme
        config = Config(extra_media_type_deserializers={"text/plain": json.loads})  # counts are bare numbers
        self._openapi = OpenAPI.from_dict(document, config=config)

    @classmethod
    def from_environ(cls) -> Self:
        """The contract that the environment names; skips the test, with the reason, where it names none."""
        path = os.environ.get(VARIABLE)
        if not path:
            pytest.skip(f"{VARIABLE} is not set: Microsoft's contract is not on this machine")
        return cls.from_file(Path(path))

    @classmethod
    @cache
    def from_file(cls, path: Path) -> Self:
        """The contract of a file, read once: reading takes far longer than checking."""
        return cls(path)

    def check_request(self, method: str, url: str, body: object = None) -> None:
        """A request may be sent like this; `body` as bytes or as a JSON value, `url` with or without host."""
        try:
            self._openapi.validate_request(_request(method, url, body))
        except OpenAPIError as error:
            raise ContractViolation(f"{method} {url}: {_reasons(error)}") from error

    def check_response(
        self,
        method: str,
        url: str,
        status: int,
        body: object = None,
        content_type: str = "application/json",
    ) -> None:
        """The answer to that request may look like this."""
        response = _Response(_encode(body) or b"", status, content_type)
        try:
            self._openapi.validate_response(_request(method, url, None), response)
        except OpenAPIError as error:
            raise ContractViolation(f"{method} {url} -> {status}: {_reasons(error)}") from error


def _request(method: str, url: str, body: object) -> _Request:
    parts = urlsplit(url)
    query: ImmutableMultiDict[str, str] = ImmutableMultiDict(parse_qsl(parts.query, keep_blank_values=True))
    path = "/".join(unquote(segment).replace("/", "_") for segment in parts.path.split("/"))
    parameters = RequestParameters(query=query, header=Headers(), cookie=ImmutableMultiDict())
    return _Request(HOST, path, method.lower(), _encode(body), "application/json", parameters)


def _encode(body: object) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body or None
    return json.dumps(body).encode()


def _reasons(error: BaseException) -> str:
    """The error with everything below it: openapi-core hides the schema's complaints in causes."""
    schema_errors = getattr(error, "schema_errors", None) or ()
    if schema_errors:
        return "; ".join(
            f"{'/'.join(map(str, each.absolute_path))}: {each.message}" for each in schema_errors
        )
    return f"{error}; {_reasons(error.__cause__)}" if error.__cause__ is not None else str(error)
