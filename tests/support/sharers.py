"""Workers that share the places of one mailbox, in virtual time: a board behind a wire, and Graph's limit."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from shared.domain.errors import StoreUnavailable
from shared.graph import board
from shared.graph.board import PLACES, Board
from shared.graph.places import Mailbox, Mailboxes, QueuedCall
from shared.graph.sharing import Sharing
from tests.support.boards import MemoryBoards
from tests.support.virtual_time import Process
from tests.support.virtually import loop_now

T = TypeVar("T")
NAME = "shop@contoso.com"
TEN = timedelta(seconds=10)
RETRY_AFTER = 0.5


class FarBoards:
    """Boards at the end of a wire: each call takes `seconds`; while it is `down` each is refused then."""

    def __init__(self, seconds: float = 0.01) -> None:
        self.seconds = seconds
        self.down = False
        self.calls: list[tuple[float, str]] = []
        self._inner = MemoryBoards()

    async def get(self, mailbox: str) -> tuple[str, str | None]:
        return await self._far("get", partial(self._inner.get, mailbox))

    async def put(self, mailbox: str, text: str, version: str | None) -> str:
        return await self._far("put", partial(self._inner.put, mailbox, text, version))

    async def shown(self) -> Board:
        """What stands there."""
        return board.read((await self._inner.get(NAME))[0])

    async def _far(self, verb: str, call: Callable[[], Awaitable[T]]) -> T:
        self.calls.append((loop_now().now, verb))
        await asyncio.sleep(self.seconds / 2)
        if self.down:
            raise StoreUnavailable("boards", "down")
        done = await call()
        await asyncio.sleep(self.seconds / 2)
        return done


class Graph:
    """One mailbox there: a fifth call at once is turned away, and one that comes in a pause as well.

    Where it `lengthens`, what comes early begins the pause anew.
    """

    def __init__(self, *, lengthens: bool = False) -> None:
        self.lengthens = lengthens
        self.in_flight = self.peak = self.turned_away = self.early = 0
        self.next_pause = 0.0
        self.sent: list[tuple[float, str]] = []
        self._closed_until = 0.0

    async def call(self, seconds: float, who: str = "") -> float | None:
        """None once it is done after so long, else the seconds to wait."""
        now = loop_now().now
        self.sent.append((now, who))
        is_early = now < self._closed_until
        self.early += is_early
        self.peak = max(self.peak, self.in_flight + 1)
        if self.next_pause:
            pause, self.next_pause = self.next_pause, 0.0
            return self.close(pause)
        if self.in_flight >= PLACES or (is_early and self.lengthens):
            return self.close(RETRY_AFTER)
        self.in_flight += 1
        loop_now().call_later(
            seconds, self._done, context=Context()
        )  # it goes on whatever becomes of the caller
        await asyncio.sleep(seconds)
        return None

    def close(self, seconds: float) -> float:
        """A 429, with a pause of so many seconds."""
        self.turned_away += 1
        self._closed_until = max(self._closed_until, loop_now().now + seconds)
        return seconds

    def _done(self) -> None:
        self.in_flight -= 1


class Worker:
    """One worker with its own view of the mailbox."""

    def __init__(self, name: str, graph: Graph, boards: FarBoards | None) -> None:
        self.process = Process(name)
        self.name = name
        self.graph = graph
        self.boards = boards
        self.set_back = timedelta()
        self.done: list[float] = []
        share = None if boards is None else self._sharing(boards)
        self.mailboxes = Mailboxes(TEN, share=share)
        self.box = self.mailboxes.of(NAME)

    def _sharing(self, boards: FarBoards) -> Callable[[str, Mailbox], Sharing]:
        def share(name: str, mailbox: Mailbox) -> Sharing:
            self.sharing = Sharing(boards, self.name, self.clock, name, mailbox)
            return self.sharing

        return share

    def clock(self) -> datetime:
        """The wall clock as this worker has it."""
        return loop_now().clock() - self.set_back

    def does(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Something that happens in this worker: it dies and freezes with it."""
        return loop_now().start(self.process, work)

    async def call(self, seconds: float = 0.2, patience: float = 60.0, token: float = 0.0) -> float:
        """A call that is repeated after 429; when it was sent for good."""
        mine = QueuedCall("x", asyncio.get_running_loop().time() + patience)
        while True:
            async with self.box.place(mine):
                await asyncio.sleep(token)
                await self.box.reopened(mine)
                sent = loop_now().now
                self.box.leaves(mine)
                wait = await self.graph.call(seconds, self.name)
                if wait is None:
                    self.box.answered(mine)
                    self.done.append(loop_now().now)
                    return sent
                self.box.refused(mine, timedelta(seconds=wait))
            mine.is_again = True

    async def insist(self, until: float) -> int:
        """One call after the other until then; how many."""
        calls = 0
        while loop_now().now < until:
            await self.call()
            calls += 1
        return calls

    async def book(self) -> None:
        """What a booking does at Graph: two reads at once, the storage for a moment, a write."""
        await asyncio.gather(self.call(), self.call())
        await asyncio.sleep(0.02)
        await self.call()


def crew(count: int, graph: Graph, boards: FarBoards | None) -> list[Worker]:
    """So many workers, who look at the board at the same random moments in every run."""
    random.seed(1)
    return [Worker(f"w{number}", graph, boards) for number in range(count)]
