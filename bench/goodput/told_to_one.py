"""Pauses that nobody shares: a 429 is remembered by the one call that got it, and its neighbours go on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

from shared.graph.pause import Pause
from shared.graph.places import Mailbox, QueuedCall


class ToldToOne(Mailbox):
    """Each task has a pause of its own."""

    def __init__(self, *given: Any, **more: Any) -> None:  # noqa: ANN401 (those of Mailbox)
        self._own: WeakKeyDictionary[Any, Pause] = WeakKeyDictionary()
        super().__init__(*given, **more)

    @property
    def pause(self) -> Pause:
        """The running task's."""
        return self._own.setdefault(asyncio.current_task(), Pause())

    @pause.setter
    def pause(self, _: Pause) -> None:
        """There is none that all share."""

    @asynccontextmanager
    async def place(self, queued: QueuedCall) -> AsyncIterator[None]:
        """A place, once the task's own pause is over: others have it meanwhile."""
        await self.reopened(queued)
        async with super().place(queued):
            yield
