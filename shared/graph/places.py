"""A mailbox's turns at Graph: four places, first come first served, and the pause that a 429 asks for.

Graph answers a fifth concurrent request of an app for one mailbox with 429, and whoever asks again before
`Retry-After` is over makes it worse for all. So places and pause are the mailbox's, not the call's, and
not the worker's either (`shared/graph/sharing.py`). Who cannot be served in time learns it at once, from
what is ahead and how long calls usually take.

All times are seconds of the running loop's clock.
"""

import asyncio
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from shared.domain.errors import Crowded
from shared.graph.board import PLACES
from shared.graph.pause import TICK, Pause, loop_time
from shared.graph.sharing import Sharing, Use
from shared.platform.deadline import is_background, is_booking

WEIGHT = 1 / 8
"""How much the latest call counts in how long calls usually take."""


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


class _Turn:
    """A call that waits in the queue."""

    def __init__(self, queued: QueuedCall) -> None:
        self.queued = queued
        self.came: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Mailbox:
    """The places and the pause of one mailbox, as this worker has them.

    Bookings go before visitors who look around. What settles bookings in the background is let in next
    while none of it is under way, so that it gets one of the places however many visitors wait.
    """

    def __init__(
        self, places: int, call_timeout: timedelta, share: "Callable[[Mailbox], Sharing] | None" = None
    ) -> None:
        self.pause = Pause()
        self._places = places
        self._call_timeout = call_timeout.total_seconds()
        self._sharing = share and share(self)
        self._usual = 0.0
        self._taken = self._sent = self._settling = self._most = 0
        self._bookings: deque[_Turn] = deque()
        self._visitors: deque[_Turn] = deque()
        self._background: deque[_Turn] = deque()
        self._held_up: list[asyncio.Future[None]] = []

    @asynccontextmanager
    async def place(self, queued: QueuedCall) -> AsyncIterator[None]:
        """One place, for as long as the block lasts; raises Crowded where it cannot be had in time.

        A call that is given up while Graph may be at work on it keeps its place until Graph must be done.
        """
        in_background = is_background()
        await self._take(queued)
        self._settling += in_background
        free_at = 0.0
        try:
            yield
        except asyncio.CancelledError:
            free_at = self._done_by(queued)
            raise
        finally:
            self._settling -= in_background
            was_sent, queued.sent_at = queued.sent_at is not None, None
            if free_at > loop_time():
                asyncio.get_running_loop().call_at(free_at, self._give_back, was_sent)
            else:
                self._give_back(was_sent)

    @property
    def is_closed(self) -> bool:
        """Whether nothing may be sent now: Graph asked for a pause, or others have the places."""
        return self.pause.left > 0 or self._sent >= self._usable

    async def reopened(self, queued: QueuedCall) -> None:
        """Wait until something may be sent; raises Crowded as soon as it is known to take too long."""
        while self.is_closed:
            self._refuse_if_late(queued)
            self._in_use(waits=True)
            longer = asyncio.get_running_loop().create_future()
            self._held_up.append(longer)
            pause = self.pause.left
            await asyncio.wait((longer,), timeout=pause + TICK if pause else None)

    def leaves(self, queued: QueuedCall) -> None:
        """A request goes out now."""
        self._sent += queued.sent_at is None
        queued.sent_at = loop_time()

    def refused(self, queued: QueuedCall, asked: timedelta | None) -> None:
        """Graph answered 429: nobody is sent until the pause is over, and who has no time for it goes."""
        self._done(queued)
        self.pause.begin(asked)
        self._turn_away_late()
        self._wake()
        if self._sharing is not None:
            self._sharing.paused()

    def answered(self, queued: QueuedCall) -> None:
        """Graph gave any other answer: it is done with the request."""
        self.pause.heard()
        self._measure(queued)
        self._done(queued)

    def use(self) -> Use:
        """What this worker does here; the count of visitors' calls begins anew."""
        most, self._most = self._most, self._wanted
        settles = bool(self._settling or self._background)
        return Use(max(most, self._wanted), settles)

    @property
    def sent(self) -> int:
        """How many requests Graph may be at work on."""
        return self._sent

    @property
    def paused_for(self) -> float:
        """Seconds that are left of the pause."""
        return self.pause.left

    def leave_alone(self, seconds: float) -> None:
        """Graph has told another worker so; what is asked for already is never shortened."""
        if self.pause.extend(seconds):
            self._turn_away_late()
            self._wake()

    def go_on(self) -> None:
        """Let in whoever may be under way now."""
        while self._taken < self._usable and (turn := self._next()) is not None:
            self._taken += 1
            turn.came.set_result(None)
        self._wake()

    def expected_wait(self, ahead: int = 0) -> float:
        """Seconds until a call has its answer that waits behind so many, by what is known now."""
        places = self._places if self._sharing is None else self._sharing.average
        return self.pause.left + self._usual * (1 + ahead // places)

    async def aclose(self) -> None:
        """Tell the other workers that the places are theirs."""
        if self._sharing is not None:
            await self._sharing.aclose()

    @property
    def _usable(self) -> int:
        return self._places if self._sharing is None else min(self._places, self._sharing.usable)

    @property
    def _wanted(self) -> int:
        return self._taken - self._settling + len(self._bookings) + len(self._visitors)

    def _in_use(self, *, waits: bool) -> None:
        self._most = max(self._most, self._wanted)
        if self._sharing is not None:
            self._sharing.in_use(waits=waits)

    def _done(self, queued: QueuedCall) -> None:
        self._sent -= queued.sent_at is not None
        queued.sent_at = None

    def _done_by(self, queued: QueuedCall) -> float:
        """When Graph must be done with a call that is given up; 0 where nothing of it is there."""
        self._measure(queued)
        return 0.0 if queued.sent_at is None else queued.sent_at + self._call_timeout

    def _measure(self, queued: QueuedCall) -> None:
        if queued.sent_at is not None:
            self._usual += (loop_time() - queued.sent_at - self._usual) * WEIGHT

    async def _take(self, queued: QueuedCall) -> None:
        if self._taken < self._usable and self.pause.left <= queued.latest - loop_time():
            self._taken += 1
            self._in_use(waits=False)
            return
        queue, others = self._queue()
        before = _place_in(queue, queued)
        self._refuse_if_late(queued, ahead=0 if queued.is_again else others + before + 1)
        turn = _Turn(queued)
        queue.insert(before, turn)
        self._in_use(waits=True)
        try:
            await turn.came
        except asyncio.CancelledError:
            if turn.came.done() and not turn.came.cancelled() and turn.came.exception() is None:
                self._give_back()  # it was given a place that it has no use for any more
            raise

    def _queue(self) -> tuple[deque[_Turn], int]:
        """Where the call that is made now waits, and how many go before all of that queue."""
        if is_background():
            return self._background, 0
        return (self._bookings, 0) if is_booking() else (self._visitors, len(self._bookings))

    def _refuse_if_late(self, queued: QueuedCall, ahead: int = 0) -> None:
        if self.expected_wait(ahead) > queued.latest - loop_time():
            raise self._crowded(queued, ahead)

    def _turn_away_late(self) -> None:
        """End the waiting of those who have no time for what is before them."""
        for queue in ((*self._bookings, *self._visitors), self._background):
            waiting = [turn for turn in queue if not turn.came.done()]
            for ahead, turn in enumerate(waiting):
                if self.expected_wait(ahead) > turn.queued.latest - loop_time():
                    turn.came.set_exception(self._crowded(turn.queued, ahead))

    def _wake(self) -> None:
        held_up, self._held_up = self._held_up, []
        for one in held_up:
            if not one.done():
                one.set_result(None)

    def _crowded(self, queued: QueuedCall, ahead: int = 0) -> Crowded:
        return Crowded(queued.operation, retry_after=timedelta(seconds=self.expected_wait(ahead)))

    def _give_back(self, was_sent: bool = False) -> None:
        """A call is over: its place is for whoever is next, of this worker or of another."""
        self._taken -= 1
        self._sent -= was_sent
        self.go_on()
        self._turn_away_late()
        if self._sharing is not None:
            self._sharing.freed()

    def _next(self) -> _Turn | None:
        """Who is next in the queues."""
        queues = [self._bookings, self._visitors, self._background]
        if self._background and not self._settling:
            queues.insert(0, queues.pop())
        for queue in queues:
            while queue:
                turn = queue.popleft()
                if not turn.came.done():
                    return turn
        return None


def _place_in(queue: deque[_Turn], queued: QueuedCall) -> int:
    """Before whoever came later: requests have the same time, so theirs is over later.

    So what was begun is ended before more is begun, and a crowd does not fail as a whole.
    """
    latest = [turn.queued.latest for turn in queue]
    return (bisect_left if queued.is_again else bisect_right)(latest, queued.latest)


class Mailboxes:
    """Every mailbox's own places and pause; of this worker alone, unless `share` knows the others by name."""

    def __init__(
        self,
        call_timeout: timedelta,
        places: int = PLACES,
        share: Callable[[str, Mailbox], Sharing] | None = None,
    ) -> None:
        self._call_timeout = call_timeout
        self._places = places
        self._share = share
        self._known: dict[str, Mailbox] = {}

    def of(self, mailbox: str) -> Mailbox:
        """The mailbox's own; the number of mailboxes is bounded by the settings."""
        if mailbox not in self._known:
            share = None if self._share is None else partial(self._share, mailbox)
            self._known[mailbox] = Mailbox(self._places, self._call_timeout, share)
        return self._known[mailbox]

    async def aclose(self) -> None:
        """Tell the other workers of each mailbox that the places are theirs."""
        for one in self._known.values():
            await one.aclose()
