"""A mailbox's turns at Graph: four places, first come first served, and the pause that a 429 asks for.

Graph answers a fifth concurrent request of an app for one mailbox with 429, and whoever asks again before
`Retry-After` is over makes it worse for all. So places and pause are the mailbox's, not the call's. Who
cannot be served in time learns it at once, from what is ahead and how long calls usually take.

All times are seconds of the running loop's clock.
"""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from shared.domain.errors import Crowded
from shared.platform.deadline import is_background

MAILBOX_CONCURRENCY = 4
"""Graph answers a fifth concurrent request of an app for one mailbox with 429."""

LEAST_PAUSE = 0.25
"""Seconds that a pause lasts at least, before jitter; it doubles while Graph names none."""

MOST_DOUBLINGS = 4
TICK = 0.001
"""Seconds by which a pause is outlasted: timers may come a little early, and clocks round."""

WEIGHT = 1 / 8
"""How much the latest call counts in how long calls usually take."""


def loop_time() -> float:
    """The running loop's clock."""
    return asyncio.get_running_loop().time()


@dataclass(slots=True)
class QueuedCall:
    """One call's way through its mailbox: it is of no use after `latest`.

    `sent_at` is when a request of it went out that Graph may still be at work on; `is_again` puts a
    call that Graph turned away before those that came after it.
    """

    operation: str
    latest: float
    is_again: bool = False
    sent_at: float | None = None


class Pause:
    """Until when nothing may be sent to a mailbox."""

    def __init__(self) -> None:
        self._ends = 0.0
        self._unnamed = 0

    @property
    def left(self) -> float:
        """Seconds until it is over, 0 where there is none."""
        return max(0.0, self._ends - loop_time())

    def begin(self, asked: timedelta | None) -> None:
        """Graph answered 429 and asked for so much; what is asked for already is never shortened."""
        named = 0.0 if asked is None else asked.total_seconds()
        if not self.left:
            self._unnamed = 0 if named else min(self._unnamed + 1, MOST_DOUBLINGS)
        least = LEAST_PAUSE * 2 ** max(0, self._unnamed - 1) * (1 + random.random())  # noqa: S311 (no secret)
        self._ends = max(self._ends, loop_time() + max(named, least))

    def heard(self) -> None:
        """Graph answered something else than 429."""
        if not self.left:
            self._unnamed = 0


class _Turn:
    """A call that waits in the queue."""

    def __init__(self, queued: QueuedCall) -> None:
        self.queued = queued
        self.came: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Mailbox:
    """The places and the pause of one mailbox.

    What settles bookings in the background is let in next while none of it is under way, so that it
    gets one of the places however many visitors wait.
    """

    def __init__(self, places: int, call_timeout: timedelta) -> None:
        self.pause = Pause()
        self._places = self._free = places
        self._call_timeout = call_timeout.total_seconds()
        self._usual = 0.0
        self._settling = 0
        self._visitors: deque[_Turn] = deque()
        self._background: deque[_Turn] = deque()
        self._held_up: list[asyncio.Future[None]] = []

    @asynccontextmanager
    async def place(self, queued: QueuedCall) -> AsyncIterator[None]:
        """One place, for as long as the block lasts; raises Crowded where it cannot be had in time.

        A call that is given up while Graph may be at work on it keeps its place until Graph must be done.
        """
        in_background = is_background()
        await self._take(self._background if in_background else self._visitors, queued)
        self._settling += in_background
        free_at = 0.0
        try:
            yield
        except asyncio.CancelledError:
            free_at = self._done_by(queued)
            raise
        finally:
            self._settling -= in_background
            queued.sent_at = None
            if free_at > loop_time():
                asyncio.get_running_loop().call_at(free_at, self._give_back)
            else:
                self._give_back()

    async def reopened(self, queued: QueuedCall) -> None:
        """Wait until no pause is left; raises Crowded as soon as it is known to last too long."""
        while self.pause.left:
            self._refuse_if_late(queued)
            longer = asyncio.get_running_loop().create_future()
            self._held_up.append(longer)
            await asyncio.wait((longer,), timeout=self.pause.left + TICK)

    def sent(self, queued: QueuedCall) -> None:
        """A request goes out now."""
        queued.sent_at = loop_time()

    def refused(self, queued: QueuedCall, asked: timedelta | None) -> None:
        """Graph answered 429: nobody is sent until the pause is over, and who has no time for it goes."""
        queued.sent_at = None
        self.pause.begin(asked)
        held_up, self._held_up = self._held_up, []
        for one in held_up:
            if not one.done():
                one.set_result(None)
        for turn in (*self._visitors, *self._background):
            if not turn.came.done() and self.expected_wait() > turn.queued.latest - loop_time():
                turn.came.set_exception(self._crowded(turn.queued))

    def answered(self, queued: QueuedCall) -> None:
        """Graph gave any other answer: it is done with the request."""
        self.pause.heard()
        self._measure(queued)
        queued.sent_at = None

    def expected_wait(self, ahead: int = 0) -> float:
        """Seconds until a call has its answer that waits behind so many, by what is known now."""
        return self.pause.left + self._usual * (1 + ahead // self._places)

    def _done_by(self, queued: QueuedCall) -> float:
        """When Graph must be done with a call that is given up; 0 where nothing of it is there."""
        self._measure(queued)
        return 0.0 if queued.sent_at is None else queued.sent_at + self._call_timeout

    def _measure(self, queued: QueuedCall) -> None:
        if queued.sent_at is not None:
            self._usual += (loop_time() - queued.sent_at - self._usual) * WEIGHT

    async def _take(self, queue: "deque[_Turn]", queued: QueuedCall) -> None:
        if self._free and self.pause.left <= queued.latest - loop_time():
            self._free -= 1
            return
        self._refuse_if_late(queued, ahead=0 if queued.is_again else len(queue) + 1)
        turn = _Turn(queued)
        (queue.appendleft if queued.is_again else queue.append)(turn)
        try:
            await turn.came
        except asyncio.CancelledError:
            if turn.came.done() and not turn.came.cancelled() and turn.came.exception() is None:
                self._give_back()  # it was given a place that it has no use for any more
            raise

    def _refuse_if_late(self, queued: QueuedCall, ahead: int = 0) -> None:
        if self.expected_wait(ahead) > queued.latest - loop_time():
            raise self._crowded(queued, ahead)

    def _crowded(self, queued: QueuedCall, ahead: int = 0) -> Crowded:
        return Crowded(queued.operation, retry_after=timedelta(seconds=self.expected_wait(ahead)))

    def _give_back(self) -> None:
        """Hand a place to whoever is next, else keep it."""
        queues = [self._visitors, self._background]
        if self._background and not self._settling:
            queues.reverse()
        for queue in queues:
            while queue:
                turn = queue.popleft()
                if not turn.came.done():
                    turn.came.set_result(None)
                    return
        self._free += 1


class Mailboxes:
    """Every mailbox's own places and pause, of this worker."""

    def __init__(self, call_timeout: timedelta, places: int = MAILBOX_CONCURRENCY) -> None:
        self._call_timeout = call_timeout
        self._places = places
        self._known: dict[str, Mailbox] = {}

    def of(self, mailbox: str) -> Mailbox:
        """The mailbox's own; the number of mailboxes is bounded by the settings."""
        if mailbox not in self._known:
            self._known[mailbox] = Mailbox(self._places, self._call_timeout)
        return self._known[mailbox]
