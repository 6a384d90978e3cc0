"""One call to Graph: at most four at a time per mailbox, in time, repeated only where that is safe.

Queue and token may take long, so a write is checked in the HTTP transport, the last thing before it goes out.

Reads are repeated after 429, after the errors of a server and after a lost connection. A POST or a
DELETE is repeated after 429 alone: after everything else it may have been done. A PATCH is never repeated
here, because what it replaces has to be read again first. `Retry-After` is honoured, fractions too, as
long as it fits into the request's deadline; otherwise the error carries it to the caller.
"""

import asyncio
import logging
import random
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

import httpx

from shared.booking.ports import Check
from shared.domain.errors import DomainError, GraphError, NoIdentity, Throttled, Unavailable, Unreachable
from shared.graph.translate import domain_error
from shared.platform.deadline import is_background, remaining
from shared.platform.logs import correlation_id

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

    def __init__(self, call_timeout: timedelta, bulkhead: "Bulkhead | None" = None) -> None:
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
                is_late = attempt == ATTEMPTS or wait >= remaining(self._timeout)
                if is_late or not may_repeat(operation, error):
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
        with sending(operation, check) as sent:
            try:
                async with asyncio.timeout(left.total_seconds()), self._bulkhead.of(mailbox).one():
                    return read(await call())
            except TimeoutError as error:
                raise _timed_out(operation, sent) from error
            except DomainError:
                raise
            except Exception as error:
                raise _translated(operation, error, sent) from error


def _translated(operation: Operation, error: Exception, sent: "Sending") -> GraphError:
    translated = domain_error(operation.name, error, was_sent=sent.was_sent)
    event = "graph.throttled" if isinstance(translated, Throttled) else "graph.failed"
    told = {"operation": operation.name, "status": translated.status, "error": type(translated).__name__}
    logger.warning(event, extra={"event": event, **told, **sent.ids})
    return translated


def _timed_out(operation: Operation, sent: "Sending") -> GraphError:
    """No answer in time; a call that was not sent, in the queue or without a token, has done nothing."""
    told = {"operation": operation.name, "sent": sent.was_sent}
    logger.warning("graph.timeout", extra={"event": "graph.timeout", **told, **sent.ids})
    if sent.was_sent:
        return Unreachable(operation.name)
    if sent.awaits_token:
        return NoIdentity(operation.name)
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


REDIRECTS = range(300, 400)
ID = re.compile("[0-9A-Za-z-]{1,64}")
"""What an id of Graph's may look like to be logged."""


@dataclass(slots=True)
class Sending:
    """One call on its way; `was_sent` tells whether a request of it may have been heeded by Graph.

    `ids` are what Microsoft's support asks for: ours, and Graph's where an answer came.
    """

    operation: Operation
    check: Check | None = None
    was_sent: bool = False
    awaits_token: bool = False
    ids: Mapping[str, str] = field(default_factory=dict)


_current: ContextVar[Sending | None] = ContextVar("sending", default=None)


@contextmanager
def sending(operation: Operation, check: Check | None) -> Iterator[Sending]:
    """The call that is made in this block."""
    call = Sending(operation, check)
    token = _current.set(call)
    try:
        yield call
    finally:
        _current.reset(token)


def token_wanted(*, is_there: bool) -> None:
    """The call waits for its token, or has it."""
    call = _current.get()
    if call is not None:
        call.awaits_token = not is_there


def leaving() -> None:
    """A request of the call goes out now; raises what the call's check raises."""
    call = _current.get()
    if call is not None:
        if call.check is not None:
            call.check()
        call.was_sent = True


def turned_away() -> None:
    """What the call has sent was refused at the door: nothing was done."""
    call = _current.get()
    if call is not None:
        call.was_sent = False


def answered(client_request_id: str, response: httpx.Response | None = None) -> None:
    """A request with this id goes out, or was answered: note the ids with the call, and log an answer."""
    call, given = _current.get(), "" if response is None else response.headers.get("request-id", "")
    if call is None:
        return
    call.ids = {"clientRequestId": client_request_id, "graphRequestId": given if ID.fullmatch(given) else ""}
    if response is not None:
        told = {"operation": call.operation.name, "status": response.status_code, **call.ids}
        logger.info("graph.answered", extra={"event": "graph.answered", **told})


class CheckedTransport(httpx.AsyncBaseTransport):
    """Asks the call's check directly before each request; raises what that raises.

    Each request carries the correlation id of the request that it serves as `client-request-id`, by which
    Microsoft's support finds it; where it serves none, one of its own. The SDK would make one up.

    A redirect is an error: nobody knows what was done before it, and tokens go to no other address. The
    SDK would take one for a success.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer; raises httpx.HTTPError."""
        leaving()
        ours = request.headers["client-request-id"] = correlation_id.get() or str(uuid4())
        answered(ours)
        response = await self._transport.handle_async_request(request)
        answered(ours, response)
        if response.status_code in REDIRECTS:
            await response.aclose()
            raise httpx.RemoteProtocolError("redirected")
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


MAILBOX_CONCURRENCY = 4
"""Graph answers a fifth concurrent request of an app for one mailbox with 429."""


class Places:
    """The places of one mailbox: first come, first served.

    What settles bookings in the background is let in next while none of it is under way, so that it
    gets one of the places however many visitors wait.
    """

    def __init__(self, free: int) -> None:
        self._free = free
        self._settling = 0
        self._visitors: deque[asyncio.Future[None]] = deque()
        self._background: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """One place, for as long as the block lasts."""
        in_background = is_background()
        await self._take(self._background if in_background else self._visitors)
        self._settling += in_background
        try:
            yield
        finally:
            self._settling -= in_background
            self._give_back()

    async def _take(self, queue: "deque[asyncio.Future[None]]") -> None:
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back()  # it was given a place that it has no use for any more
            raise

    def _give_back(self) -> None:
        """Hand a place to whoever is next, else keep it."""
        queues = [self._visitors, self._background]
        if self._background and not self._settling:
            queues.reverse()
        for queue in queues:
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._free += 1


class Bulkhead:
    """Lets a fixed number of calls pass at a time for each mailbox."""

    def __init__(self, places: int = MAILBOX_CONCURRENCY) -> None:
        self._places = places
        self._mailboxes: dict[str, Places] = {}

    def of(self, mailbox: str) -> Places:
        """The mailbox's own places; the number of mailboxes is bounded by the settings."""
        return self._mailboxes.setdefault(mailbox, Places(self._places))
