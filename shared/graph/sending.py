"""The moment in which a request leaves: what is asked directly before it, and that it happened.

Between the decision to write and the sending lie a queue and a token, and either may take long. So the
check is made in the HTTP transport, as the last thing before the request goes out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import httpx

from shared.booking.ports import Check

REDIRECTS = range(300, 400)


@dataclass(slots=True)
class Sending:
    """One call on its way; `was_sent` tells whether any of its requests has gone to the network."""

    check: Check | None = None
    was_sent: bool = False


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


class CheckedTransport(httpx.AsyncBaseTransport):
    """Asks the call's check directly before each request; raises what that raises.

    A redirect is an error: nobody knows what was done before it, and tokens go to no other address. The
    SDK would take one for a success.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer; raises httpx.HTTPError."""
        call = _current.get()
        if call is not None:
            if call.check is not None:
                call.check()
            call.was_sent = True
        response = await self._transport.handle_async_request(request)
        if response.status_code in REDIRECTS:
            await response.aclose()
            raise httpx.RemoteProtocolError("redirected")
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()
