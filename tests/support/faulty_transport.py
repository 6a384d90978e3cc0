"""Connections to a store that count the calls, and lose, delay or spoil them on request."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import AioHttpTransport

Send = Callable[[], Awaitable[Any]]
Fault = Callable[[Send], Awaitable[Any]]


async def lost(send: Send) -> Any:  # noqa: ANN401 (the SDK's response)
    """The call is done, its answer never arrives."""
    await send()
    raise ServiceResponseError("the connection was reset")


async def unsent(_: Send) -> Any:  # noqa: ANN401
    """No connection can be made."""
    raise ServiceRequestError("the connection was refused")


async def hung(_: Send) -> Any:  # noqa: ANN401
    """No answer comes."""
    await asyncio.Event().wait()


def spoilt(status: int, **headers: str) -> Fault:
    """The call is done, the answer says something else."""

    async def fault(send: Send) -> Any:  # noqa: ANN401
        response = await send()
        response.status_code = status
        response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        return response

    return fault


class FaultyTransport(AioHttpTransport):  # type: ignore[misc]  # the SDK loads it by name, untyped
    """Trusts `authority`, counts `calls`, and treats each call by the next of `faults`, if any."""

    def __init__(self, authority: Path) -> None:
        super().__init__(connection_verify=str(authority))
        self.calls: list[str] = []
        self.faults: deque[Fault] = deque()

    async def send(self, request: Any, **config: Any) -> Any:  # noqa: ANN401
        """One call to the storage."""
        self.calls.append(request.method)

        async def send() -> Any:  # noqa: ANN401
            return await super(FaultyTransport, self).send(request, **config)

        return await (self.faults.popleft()(send) if self.faults else send())
