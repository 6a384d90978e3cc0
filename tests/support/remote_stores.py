"""Stores at the other end of a wire: every call waits before its effect and after it."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import fields
from functools import partial
from typing import Any

from shared.booking.ports import Stores
from tests.support.wire import Wire


class Remote:
    """Any store whose own methods never wait; what it does happens at one instant, away from the caller."""

    def __init__(self, name: str, store: object, wire: Wire) -> None:
        self._name = name
        self._store = store
        self._wire = wire

    def __getattr__(self, method: str) -> Callable[..., Any]:
        bound = getattr(self._store, method)
        operation = f"{self._name}.{method}"
        return partial(self._stream if inspect.isasyncgenfunction(bound) else self._call, operation, bound)

    async def _call(
        self,
        operation: str,
        method: Callable[..., Awaitable[Any]],
        *given: object,
        **more: object,
    ) -> Any:  # noqa: ANN401
        return await self._wire.call(operation, lambda _: at_once(method(*given, **more)))

    async def _stream(
        self,
        operation: str,
        method: Callable[..., AsyncIterator[Any]],
        *given: object,
    ) -> AsyncIterator[Any]:
        for one in await self._wire.call(operation, lambda _: at_once(_all(method(*given)))):
            yield one


def remote(stores: Stores, wire: Wire) -> Stores:
    """The same stores at the other end of a wire."""
    each = {one.name: Remote(one.name, getattr(stores, one.name), wire) for one in fields(stores)}
    return Stores(**each)


def at_once(awaited: Awaitable[Any]) -> Any:  # noqa: ANN401
    """The result of something that never waits."""
    assert isinstance(awaited, Coroutine)
    try:
        awaited.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a store in memory must not wait")


async def _all(values: AsyncIterator[Any]) -> list[Any]:
    return [one async for one in values]
