"""The facade with pauses that nobody shares: what `python -m bench.goodput --throttle` compares with.

With PAUSES=worker each worker heeds what it was told itself. With PAUSES=call each call does, and the others
of its worker go on, as they do where the SDK alone tries again.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from shared.graph import places
from shared.graph.board import read, written
from shared.graph.pause import Pause
from shared.graph.places import Mailbox, QueuedCall
from shared.tables import boards


class WithoutPauses(boards.TableBoards):
    """Boards that keep who holds which places, and no pause."""

    async def put(self, mailbox: str, text: str, version: str | None) -> str:
        """Write all but the pause."""
        return await super().put(mailbox, written(replace(read(text), paused_until=0.0)), version)


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


boards.TableBoards = WithoutPauses  # type: ignore[misc]
if os.environ["PAUSES"] == "call":
    places.Mailbox = ToldToOne  # type: ignore[misc]

from function_app import app  # noqa: E402 (it is built as it is imported)

__all__ = ["app"]
