"""At most four calls at a time for a mailbox: more, Graph answers with 429."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.booking.deadline import is_background

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
