"""What a call to Graph failed with, in the words of the domain: the one table of Graph's errors."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
from azure.core.exceptions import AzureError
from kiota_abstractions.api_error import APIError

from shared.domain.errors import (
    Conflicted,
    Denied,
    GraphError,
    Missing,
    NoIdentity,
    NotSent,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
    Unreadable,
)
from shared.platform.azure_transport import NOT_SENT

logger = logging.getLogger(__name__)

SURE: Mapping[int, type[GraphError]] = {401: Denied, 403: Denied, 429: Throttled}
"""What these answers mean, whoever gave them: the request was turned away at the door."""

BY_STATUS: Mapping[int, type[GraphError]] = {404: Missing, 409: Conflicted, 412: Conflicted}
"""What these answers mean where the error in them is Graph's."""

OVER = frozenset({500, 507})
"""With an error of Graph's: it has given up, and nothing of the request lands later."""

ABOUT_THE_MAILBOX = frozenset({"ErrorNonExistentMailbox", "ErrorFolderNotFound"})
"""Codes that speak of the mailbox: a 404 with one of them says nothing of the item that was named."""

ITEM_IS_GONE = "ErrorItemNotFound"
"""The code that means 404 whatever the status says."""


def domain_error(operation: str, error: Exception, *, was_sent: bool) -> GraphError:
    """The domain's word for whatever the SDK, httpx or azure-identity raised.

    `was_sent` tells whether the request had gone to the transport by then.
    """
    if isinstance(error, APIError):
        return _answered(operation, error)
    if isinstance(error, NOT_SENT):
        return NotSent(operation)
    if isinstance(error, AzureError) and not was_sent:
        return NoIdentity(operation)
    if isinstance(error, httpx.HTTPError):
        return Unreachable(operation)
    logger.error("graph.unreadable", extra={"event": "graph.unreadable", "error": type(error).__name__})
    # Before the sending it was the SDK's writer that failed; after it, the answer cannot be read.
    return Unreadable(operation) if was_sent else NotSent(operation)


def _answered(operation: str, error: APIError) -> GraphError:
    status, wait = error.response_status_code or 0, retry_after(error.response_headers or {})
    return _kind(status, _code(error))(operation, status, wait)


def _kind(status: int, code: str | None) -> type[GraphError]:
    """The one table of Graph's errors; `code` is None where the error is not Graph's own document."""
    if status in SURE:
        return SURE[status]
    if code is None or code in ABOUT_THE_MAILBOX:
        return Unreachable
    if code == ITEM_IS_GONE:
        return Missing
    if status in OVER:
        return Unavailable
    if 400 <= status < 500:  # noqa: PLR2004 (HTTP: the request is at fault)
        return BY_STATUS.get(status, Rejected)
    return Unreachable


def _code(error: APIError) -> str | None:
    main = getattr(error, "error", None)
    code = getattr(main, "code", None)
    return code if isinstance(code, str) else None


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The header's wait: seconds, also fractional ones, or an HTTP date; None where it says nothing."""
    value = headers.get("Retry-After") or headers.get("retry-after")
    if not value:
        return None
    try:
        return max(timedelta(), timedelta(seconds=float(value)))
    except (ValueError, OverflowError):
        pass
    try:
        return max(timedelta(), parsedate_to_datetime(value) - datetime.now(UTC))
    except (ValueError, TypeError):
        return None
