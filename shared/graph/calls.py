"""One call to Graph: at most four at a time per mailbox, in time, repeated only where that is safe.

Reads are repeated after 429, after the errors of a server and after a lost connection. A POST or a
DELETE is repeated after 429 alone: after everything else it may have been done. A PATCH is never repeated
here, because what it replaces has to be read again first. `Retry-After` is honoured, fractions too, as
long as it fits into the request's deadline; otherwise the error carries it to the caller.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from shared.booking.deadline import remaining
from shared.booking.ports import Check
from shared.domain.errors import DomainError, GraphError, Throttled, Unavailable, Unreachable
from shared.graph.bulkhead import Bulkhead
from shared.graph.sending import Sending, sending
from shared.graph.translate import domain_error

T = TypeVar("T")
A = TypeVar("A")
logger = logging.getLogger(__name__)

ATTEMPTS = 4
REPEATABLE_READ_STATUS = frozenset({429, 500, 502, 503, 504, 507, 0})


@dataclass(frozen=True, slots=True)
class Operation:
    """The name of a call, for logs, and what it does at Graph: whether it `writes`, and `replaces` a list.

    `final` are statuses that are Graph's answer to this very question, and no passing failure.
    """

    name: str
    writes: bool = False
    replaces: bool = False
    final: frozenset[int] = frozenset()


class Calls:
    """Runs the SDK's calls with bulkhead, deadline and bounded repetition."""

    def __init__(self, call_timeout: timedelta, bulkhead: Bulkhead | None = None) -> None:
        self._timeout = call_timeout
        self._bulkhead = bulkhead or Bulkhead()

    async def run(
        self,
        operation: Operation,
        mailbox: str,
        call: Callable[[], Awaitable[A]],
        read: Callable[[A], T],
        check: Check | None = None,
    ) -> T:
        """What `read` makes of the answer; `check` is asked directly before each sending.

        Raises the GraphError branch of the error tree, and what `check` raises.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._once(operation, mailbox, call, read, check)
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

    async def _once(
        self,
        operation: Operation,
        mailbox: str,
        call: Callable[[], Awaitable[A]],
        read: Callable[[A], T],
        check: Check | None,
    ) -> T:
        left = remaining(self._timeout)
        with sending(check) as sent:
            try:
                async with asyncio.timeout(left.total_seconds()), self._bulkhead.of(mailbox).one():
                    return read(await call())
            except TimeoutError as error:
                raise _timed_out(operation, sent) from error
            except DomainError:
                raise
            except Exception as error:
                raise _translated(operation, error, sent) from error


def _translated(operation: Operation, error: Exception, sent: Sending) -> GraphError:
    translated = domain_error(operation.name, error, was_sent=sent.was_sent)
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


def _timed_out(operation: Operation, sent: Sending) -> GraphError:
    """No answer in time; a call that was not sent, in the queue or without a token, has done nothing."""
    logger.warning(
        "graph.timeout", extra={"event": "graph.timeout", "operation": operation.name, "sent": sent.was_sent}
    )
    if sent.was_sent:
        return Unreachable(operation.name)
    return Throttled(operation.name, 429, timedelta(seconds=1))


def may_repeat(operation: Operation, error: GraphError) -> bool:
    """Whether the call may be sent again after this error without any doubt about its effect."""
    if operation.writes:
        return isinstance(error, Throttled) and not operation.replaces
    may_pass = error.status in REPEATABLE_READ_STATUS - operation.final
    return isinstance(error, (Throttled, Unavailable, Unreachable)) and may_pass


def pause(error: GraphError, attempt: int) -> timedelta:
    """How long to wait before the next attempt: what Graph asks for, else doubling with jitter."""
    if error.retry_after is not None:
        return error.retry_after
    return timedelta(seconds=0.25 * 2 ** (attempt - 1) * (1 + random.random()))  # noqa: S311 (no secret)
