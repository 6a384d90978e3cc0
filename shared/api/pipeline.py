"""What happens around every function: correlation, errors as problems, headers, one line of log."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from time import monotonic
from uuid import uuid4

import azure.functions as func

from shared.api.problems import MEDIA_TYPE, Problem, problem_of
from shared.api.requests.submission import check_bounds
from shared.api.responses.model import NO_STORE
from shared.domain.errors import DomainError
from shared.platform.logs import correlation_id

logger = logging.getLogger(__name__)

SAFE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Access-Control-Expose-Headers": (
        "Location, Retry-After, Idempotent-Replayed, Request-Id, RateLimit, RateLimit-Policy, ETag"
    ),
}
"""On every answer that does not bring its own; host.json has those that suit answers of the host too."""

answer_headers: ContextVar[dict[str, str]] = ContextVar("answer_headers")
"""Headers that the answer to the request at hand gets, whatever it becomes."""

Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


async def run(operation: str, handle: Handler, request: func.HttpRequest) -> func.HttpResponse:
    """The handler's answer, or the problem that its error is; it never raises."""
    token = correlation_id.set(str(uuid4()))
    answer_headers.set({"Request-Id": correlation_id.get()})
    began = monotonic()
    try:
        check_bounds(request)
        response = sendable(await handle(request))
    except Exception as error:  # noqa: BLE001 (whatever went wrong, the caller gets a problem)
        response = problem_response(problem_for(error))
    try:
        for name, value in {**SAFE_HEADERS, **response.headers, **_own_headers(response)}.items():
            response.headers[name] = value
        _log(operation, response.status_code, monotonic() - began)
        return response
    finally:
        correlation_id.reset(token)


def _own_headers(response: func.HttpResponse) -> Mapping[str, str]:
    """The headers of this request's answer; how much a visitor has left is in none that caches keep."""
    given = answer_headers.get()
    if not response.headers.get("Cache-Control", "").startswith("public"):
        return given
    return {name: value for name, value in given.items() if not name.startswith("RateLimit")}


def sendable(response: func.HttpResponse) -> func.HttpResponse:
    """The response, if it can be sent; raises ValueError for a header that cannot."""
    for name, value in response.headers.items():
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"the header {name} cannot be sent")
    return response


def problem_for(error: Exception) -> Problem:
    """The problem that a caller sees for an error; one that nobody thought of is logged."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, DomainError):
        return problem_of(error)
    logger.error("request.failed", extra={"event": "request.failed"}, exc_info=error)
    return Problem("internal-error")


def problem_response(problem: Problem) -> func.HttpResponse:
    """A problem document with its headers."""
    return func.HttpResponse(
        problem.document(correlation_id.get()).to_json(),
        status_code=problem.status,
        headers={**NO_STORE, **problem.all_headers},
        mimetype=MEDIA_TYPE,
    )


def _log(operation: str, status: int, took: float) -> None:
    logger.info(
        "request",
        extra={
            "event": "request",
            "operation": operation,
            "status": status,
            "milliseconds": round(took * 1000),
        },
    )
