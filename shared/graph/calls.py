"""One call to Graph: at most four at a time per mailbox, in time, repeated only where that is safe.

Reads are repeated after 429, 503, 504 and a lost connection. Writes are repeated after 429 alone:
after a 503, a 504 or no answer they may have been done. `Retry-After` is honoured, fractions too,
as long as it fits into the request's deadline; otherwise the error carries it to the caller.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from shared.booking.deadline import remaining
from shared.domain.errors import GraphError, Throttled, Unavailable, Unreachable
from shared.graph.translate import domain_error

T = TypeVar("T")
logger = logging.getLogger(__name__)

MAILBOX_CONCURRENCY = 4
"""Graph answers a fifth concurrent request of an app for one mailbox with 429."""

ATTEMPTS = 4
REPEATABLE_READ_STATUS = frozenset({429, 503, 504, 0})


@dataclass(frozen=True, slots=True)
class Operation:
    """The name of a call, for logs, and whether it changes anything at Graph."""

    name: str
    writes: bool = False


class Bulkhead:
    """Lets a fixed number of calls per mailbox pass at a time, first come, first served."""

    def __init__(self, places: int = MAILBOX_CONCURRENCY) -> None:
        self._places = places
        self._queues: dict[str, asyncio.Semaphore] = {}

    def of(self, mailbox: str) -> asyncio.Semaphore:
        """The mailbox's own queue; the number of mailboxes is bounded by the settings."""
        return self._queues.setdefault(mailbox, asyncio.Semaphore(self._places))


class Calls:
    """Runs the SDK's calls with bulkhead, deadline and bounded repetition."""

    def __init__(self, call_timeout: timedelta, bulkhead: Bulkhead | None = None) -> None:
        self._timeout = call_timeout
        self._bulkhead = bulkhead or Bulkhead()

    async def run(self, operation: Operation, mailbox: str, call: Callable[[], Awaitable[T]]) -> T:
        """The call's result; raises the GraphError branch of the error tree."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._once(operation, mailbox, call)
            except GraphError as error:
                wait = pause(error, attempt)
                if (
                    attempt == ATTEMPTS
                    or not may_repeat(operation, error)
                    or wait >= remaining(self._timeout)
                ):
                    raise
                await asyncio.sleep(wait.total_seconds())
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _once(self, operation: Operation, mailbox: str, call: Callable[[], Awaitable[T]]) -> T:
        left = remaining(self._timeout)
        started = False
        try:
            async with asyncio.timeout(left.total_seconds()), self._bulkhead.of(mailbox):
                started = True
                return await call()
        except TimeoutError as error:
            raise _timed_out(operation, started=started) from error
        except GraphError:
            raise
        except Exception as error:
            raise self._translated(operation, error) from error

    def _translated(self, operation: Operation, error: Exception) -> GraphError:
        translated = domain_error(operation.name, error)
        event = "graph.throttled" if isinstance(translated, Throttled) else "graph.failed"
        logger.warning(
            event,
            extra={
                "event": event,
                "operation": operation.name,
                "status": translated.status,
                "error": type(translated).__name__,
            },
        )
        return translated


def _timed_out(operation: Operation, *, started: bool) -> GraphError:
    """No answer in time; a call that still stood in the queue has surely done nothing."""
    logger.warning(
        "graph.timeout", extra={"event": "graph.timeout", "operation": operation.name, "sent": started}
    )
    return Unreachable(operation.name) if started else Throttled(operation.name, 429, timedelta(seconds=1))


def may_repeat(operation: Operation, error: GraphError) -> bool:
    """Whether the call may be sent again after this error without any doubt about its effect."""
    if operation.writes:
        return isinstance(error, Throttled)
    return isinstance(error, (Throttled, Unavailable, Unreachable)) and error.status in REPEATABLE_READ_STATUS


def pause(error: GraphError, attempt: int) -> timedelta:
    """How long to wait before the next attempt: what Graph asks for, else doubling with jitter."""
    if error.retry_after is not None:
        return error.retry_after
    return timedelta(seconds=0.25 * 2 ** (attempt - 1) * (1 + random.random()))  # noqa: S311 (no secret)
