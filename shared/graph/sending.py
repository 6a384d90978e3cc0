"""A call on its way, as the transport below the SDK sees it: waiting for a token, leaving, turned away."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import httpx

from shared.booking.ports import Check

REDIRECTS = range(300, 400)


@dataclass(slots=True)
class Sending:
    """One call on its way; `was_sent` tells whether a request of it may have been heeded by Graph."""

    check: Check | None = None
    was_sent: bool = False
    awaits_token: bool = False


_current: ContextVar[Sending | None] = ContextVar("sending", default=None)


@contextmanager
def sending(check: Check | None) -> Iterator[Sending]:
    """The call that is made in this block."""
    call = Sending(check)
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


class CheckedTransport(httpx.AsyncBaseTransport):
    """Asks the call's check directly before each request; raises what that raises.

    A redirect is an error: nobody knows what was done before it, and tokens go to no other address. The
    SDK would take one for a success.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer; raises httpx.HTTPError."""
        leaving()
        response = await self._transport.handle_async_request(request)
        if response.status_code in REDIRECTS:
            await response.aclose()
            raise httpx.RemoteProtocolError("redirected")
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()
