"""What happens around every function: correlation, errors as problems, headers, one line of log."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from time import monotonic
from typing import Any
from uuid import uuid4

import azure.functions as func

from shared.api.hygiene import SAFE_HEADERS, check_bounds
from shared.api.problems import MEDIA_TYPE, Problem, problem_of, seconds
from shared.domain.errors import DomainError

logger = logging.getLogger(__name__)

correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
"""The id of the request at hand; in every log line, every problem and the header Request-Id."""

answer_headers: ContextVar[dict[str, str]] = ContextVar("answer_headers")
"""Headers that the answer to the request at hand gets, whatever it becomes."""

NO_STORE = {"Cache-Control": "no-store"}

Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


async def run(operation: str, handle: Handler, request: func.HttpRequest) -> func.HttpResponse:
    """The handler's answer, or the problem that its error is; it never raises."""
    token = correlation_id.set(str(uuid4()))
    answer_headers.set({"Request-Id": correlation_id.get()})
    began = monotonic()
    try:
        response = await _answered(handle, request)
        for name, value in {**SAFE_HEADERS, **response.headers, **answer_headers.get()}.items():
            response.headers[name] = value
        _log(operation, response.status_code, monotonic() - began)
        return response
    finally:
        correlation_id.reset(token)


async def _answered(handle: Handler, request: func.HttpRequest) -> func.HttpResponse:
    try:
        check_bounds(request)
        return await handle(request)
    except Problem as problem:
        return problem_response(problem)
    except DomainError as error:
        return problem_response(problem_of(error))
    except Exception:
        logger.exception("request.failed", extra={"event": "request.failed"})
        return problem_response(Problem("internal-error"))


def problem_response(problem: Problem) -> func.HttpResponse:
    """A problem document with its headers."""
    headers = {**NO_STORE, **problem.headers}
    if problem.retry_after is not None:
        headers["Retry-After"] = seconds(problem.retry_after)
    return func.HttpResponse(
        problem.body(correlation_id.get()), status_code=problem.status, headers=headers, mimetype=MEDIA_TYPE
    )


def json_response(
    body: str | Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """A JSON answer; a body that is a text already goes out byte for byte."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return func.HttpResponse(
        text, status_code=status, headers={**NO_STORE, **(headers or {})}, mimetype="application/json"
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
