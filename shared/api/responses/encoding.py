"""From a response model, or a text that is JSON already, to the HTTP answer."""

from collections.abc import Mapping
from hashlib import sha256

import azure.functions as func

from shared.api.responses.model import ResponseModel

NO_STORE = {"Cache-Control": "no-store"}
PUBLIC = "public, max-age=60"


def json_response(
    answer: ResponseModel | str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> func.HttpResponse:
    """An answer that nobody keeps; a text goes out byte for byte."""
    return func.HttpResponse(
        answer if isinstance(answer, str) else answer.to_json(),
        status_code=status,
        headers={**NO_STORE, **(headers or {})},
        mimetype=media_type,
    )


def cacheable(
    request: func.HttpRequest,
    answer: ResponseModel | str,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> func.HttpResponse:
    """An answer that caches may keep for a minute and ask about by its ETag; 304 where it is known."""
    text = answer if isinstance(answer, str) else answer.to_json()
    tag = f'"{sha256(text.encode()).hexdigest()[:32]}"'
    kept = {"ETag": tag, "Cache-Control": PUBLIC, **(headers or {})}
    if _matches(request.headers.get("if-none-match", ""), tag):
        return func.HttpResponse(status_code=304, headers=kept, mimetype=media_type)
    return func.HttpResponse(text, status_code=200, headers=kept, mimetype=media_type)


def _matches(asked: str, tag: str) -> bool:
    """Whether If-None-Match names this tag, compared weakly (RFC 9110, section 13.1.2)."""
    return asked.strip() == "*" or any(one.strip().removeprefix("W/") == tag for one in asked.split(","))
