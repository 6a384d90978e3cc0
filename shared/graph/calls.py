"""One call to Graph: at its mailbox's turn, in time, repeated only where that is safe.

Queue, token and a mailbox's pause may take long, so the pause is waited for and a write is checked in
the HTTP transport, the last thing before it goes out. The waiting ends with the request's deadline; what
Graph has for its answer is counted from its end.

Reads are repeated after 429, after the errors of a server and after a lost connection. A POST is repeated
after 429 alone: after everything else it may have been done. What replaces an appointment or takes it away
is never repeated here, because it has to be read again first. `Retry-After` is honoured as long as it fits
into the request's deadline; otherwise the error carries it. A 429's is the mailbox's (`places.py`).
"""

import asyncio
import logging
import random
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from shared.booking.ports import Check
from shared.domain.errors import (
    Crowded,
    DomainError,
    GraphError,
    NoIdentity,
    Throttled,
    Unavailable,
    Unreachable,
)
from shared.graph.pause import loop_time
from shared.graph.places import Mailbox, Mailboxes, QueuedCall
from shared.graph.translate import domain_error, retry_after
from shared.platform.deadline import remaining
from shared.platform.logs import correlation_id

T = TypeVar("T")
A = TypeVar("A")
logger = logging.getLogger(__name__)

ATTEMPTS = 4
REPEATABLE_READ_STATUS = frozenset({429, 500, 502, 503, 504, 507, 0})
LONGEST_WAIT = timedelta(seconds=25)
"""How long a call without a deadline waits for its turn."""


@dataclass(frozen=True, slots=True)
class Operation:
    """The name of a call, for logs, and what it does: whether it `writes`, and `replaces` what was read.

    `final` are statuses that are Graph's answer to this very question, and no passing failure.
    """

    name: str
    writes: bool = False
    replaces: bool = False
    final: frozenset[int] = frozenset()


class Calls:
    """Runs the SDK's calls at their mailbox's turn, with deadline and bounded repetition."""

    def __init__(self, call_timeout: timedelta, mailboxes: Mailboxes | None = None) -> None:
        self._timeout = call_timeout
        self._mailboxes = mailboxes or Mailboxes(call_timeout)

    async def aclose(self) -> None:
        """Tell other workers that the places of this one are theirs."""
        await self._mailboxes.aclose()

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
        turns = self._mailboxes.of(mailbox)
        queued = QueuedCall(operation.name, loop_time() + remaining(LONGEST_WAIT).total_seconds())
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._once(Sending(operation, turns, queued, self._timeout, check), call, read)
            except GraphError as error:
                if attempt == ATTEMPTS or not may_repeat(operation, error):
                    raise
                await self._before_the_next(turns, queued, error, attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _before_the_next(
        self, turns: Mailbox, queued: QueuedCall, error: GraphError, attempt: int
    ) -> None:
        """Wait, but for a 429's pause, which the transport waits for; raises `error` where time is short."""
        queued.is_again = isinstance(error, Throttled)
        if queued.is_again:
            if turns.expected_wait() > queued.latest - loop_time():
                raise error
            return
        wait = pause(error, attempt)
        if wait >= remaining(self._timeout):
            raise error
        await asyncio.sleep(wait.total_seconds())

    async def _once(self, sent: "Sending", call: Callable[[], Awaitable[A]], read: Callable[[A], T]) -> T:
        with sending(sent):
            try:
                async with asyncio.timeout_at(sent.queued.latest) as sent.limit:
                    async with sent.mailbox.place(sent.queued):
                        sent.begin()
                        return read(await call())
            except TimeoutError as error:
                raise _timed_out(sent) from error
            except DomainError:
                raise
            except Exception as error:
                raise _translated(sent.operation, error, sent) from error


def _translated(operation: Operation, error: Exception, sent: "Sending") -> GraphError:
    translated = domain_error(operation.name, error, was_sent=sent.was_sent)
    event = "graph.throttled" if isinstance(translated, Throttled) else "graph.failed"
    told = {"operation": operation.name, "status": translated.status, "error": type(translated).__name__}
    logger.warning(event, extra={"event": event, **told, **sent.ids})
    return translated


def _timed_out(sent: "Sending") -> GraphError:
    """No answer in time; a call that was not sent, in the queue or without a token, has done nothing."""
    operation = sent.operation
    told = {"operation": operation.name, "sent": sent.was_sent}
    logger.warning("graph.timeout", extra={"event": "graph.timeout", **told, **sent.ids})
    if sent.was_sent:
        return Unreachable(operation.name)
    if sent.awaits_token:
        return NoIdentity(operation.name)
    return Crowded(operation.name, retry_after=timedelta(seconds=sent.mailbox.expected_wait()))


def may_repeat(operation: Operation, error: GraphError) -> bool:
    """Whether the call may be sent again after this error without any doubt about its effect."""
    if isinstance(error, Crowded):
        return False
    if operation.writes:
        return isinstance(error, Throttled) and not operation.replaces
    may_pass = error.status in REPEATABLE_READ_STATUS - operation.final
    return isinstance(error, (Throttled, Unavailable, Unreachable)) and may_pass


def pause(error: GraphError, attempt: int) -> timedelta:
    """How long to wait before the next attempt: what Graph asks for, else doubling with jitter."""
    if error.retry_after is not None:
        return error.retry_after
    return timedelta(seconds=0.25 * 2 ** (attempt - 1) * (1 + random.random()))  # noqa: S311 (no secret)


HEAD_GOES_OUT, BODY_GOES_OUT = "http11.send_request_headers.started", "http11.send_request_body.started"
"""What httpcore says directly before it writes to the connection."""

ID = re.compile("[0-9A-Za-z-]{1,64}")
"""What an id of Graph's may look like to be logged."""


@dataclass(slots=True)
class Sending:
    """One call on its way; `was_sent` tells whether a request of it may have been heeded by Graph.

    `ids` are what Microsoft's support asks for: ours, and Graph's where an answer came.
    """

    operation: Operation
    mailbox: Mailbox
    queued: QueuedCall
    timeout: timedelta
    check: Check | None = None
    was_sent: bool = False
    awaits_token: bool = False
    ids: Mapping[str, str] = field(default_factory=dict)
    limit: asyncio.Timeout | None = None

    def begin(self) -> None:
        """From now on the call has its own time, as far as the request's goes."""
        self._end_at(min(self.queued.latest, loop_time() + self.timeout.total_seconds()))

    def hold_up(self) -> None:
        """From now on only the request's deadline ends the waiting."""
        self._end_at(self.queued.latest)

    def _end_at(self, when: float) -> None:
        if self.limit is not None and not self.limit.expired():
            self.limit.reschedule(when)


_current: ContextVar[Sending | None] = ContextVar("sending", default=None)


@contextmanager
def sending(call: Sending) -> Iterator[None]:
    """The call that is made in this block."""
    token = _current.set(call)
    try:
        yield
    finally:
        _current.reset(token)


def token_wanted(*, is_there: bool) -> None:
    """The call waits for its token, or has it."""
    call = _current.get()
    if call is not None:
        call.awaits_token = not is_there


async def leaving() -> None:
    """A request of the call goes out, once its mailbox is open; raises Crowded and what the check does."""
    call = _current.get()
    if call is None:
        return
    if call.mailbox.is_closed:
        call.hold_up()
        await call.mailbox.reopened(call.queued)
        call.begin()
    if call.check is not None:
        call.check()
    call.was_sent = True
    call.mailbox.leaves(call.queued)


def turned_away() -> Operation | None:
    """What the call, of this operation, has sent was refused at the door: nothing was done."""
    call = _current.get()
    if call is None:
        return None
    call.was_sent = False
    call.mailbox.answered(call.queued)
    return call.operation


def answered(client_request_id: str, response: httpx.Response | None = None) -> None:
    """A request with this id goes out, or was answered: note the ids with the call, and log an answer."""
    call, given = _current.get(), "" if response is None else response.headers.get("request-id", "")
    if call is None:
        return
    call.ids = {"clientRequestId": client_request_id, "graphRequestId": given if ID.fullmatch(given) else ""}
    if response is not None:
        told = {"operation": call.operation.name, "status": response.status_code, **call.ids}
        logger.info("graph.answered", extra={"event": "graph.answered", **told})
        # The mailbox hears of it before anybody else can send.
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            call.mailbox.refused(call.queued, retry_after(response.headers))
        else:
            call.mailbox.answered(call.queued)


async def _last_moment(event: str, about: Mapping[str, Any]) -> None:
    """Ask the check once more: to connect takes time. Nobody heeds the head alone of what has a body."""
    call = _current.get()
    goes_out = event == HEAD_GOES_OUT or (event == BODY_GOES_OUT and about["request"].method != b"DELETE")
    if goes_out and call is not None and call.check is not None:
        call.check()


class CheckedTransport(httpx.AsyncBaseTransport):
    """Asks the call's check before each request, and as its bytes go out; raises what that raises.

    Each request carries the correlation id of the request that it serves as `client-request-id`, by which
    Microsoft's support finds it; where it serves none, one of its own. The SDK would make one up.

    A redirect is an error: nobody knows what was done before it, and tokens go to no other address. The
    SDK would take one for a success.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer; raises httpx.HTTPError."""
        await leaving()
        ours = request.headers["client-request-id"] = correlation_id.get() or str(uuid4())
        answered(ours)
        request.extensions = {**request.extensions, "trace": _last_moment}
        response = await self._transport.handle_async_request(request)
        answered(ours, response)
        if response.is_redirect:
            await response.aclose()
            raise httpx.RemoteProtocolError("redirected")
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()
