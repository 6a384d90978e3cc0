"""A worker's share of a mailbox's places: its claim on the board, kept up while the mailbox is in use.

All of it happens beside the calls. A worker that has seen nobody else goes ahead at once; one that has
seen others waits for its share, and looks again some ten times a second. Where the storage says nothing,
calls go ahead by the worker's own limit, divided by how many workers it saw last: a place may be taken
twice then, which costs an answer of 429, but nothing waits for the storage.

Thought through and left: a row for each place (a look reads five rows and more, workers race for what is
free, and a fair share needs all of them at once); limits that adapt to 429s alone (each worker has to be
turned away to learn anything, and a new one learns it at the others' expense).
"""

import asyncio
import logging
import random
from collections.abc import Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, replace
from itertools import takewhile
from math import inf
from typing import Protocol

from shared.booking.ports import Changed, Clock
from shared.graph import board
from shared.graph.board import PLACES, Board, Claim
from shared.graph.kept_board import Boards, KeptBoard
from shared.graph.pause import loop_time

logger = logging.getLogger(__name__)

LOOK = 0.05
"""Seconds between two looks at the board where others are there, more or less."""

FORGOTTEN = 600.0
"""Seconds after which a worker that has seen nobody else does not look before it begins."""

ALONE = 0.5
"""Seconds between two looks where nobody else is there, and until a worker that does nothing leaves."""

PATIENCE = 0.2
"""Seconds that calls wait for the storage."""

AGAIN = 1.0
"""Seconds after which a storage that was silent is asked again."""

TELL_AGAIN = 60.0
"""Seconds between two lines in the log of a storage that is silent."""


@dataclass(frozen=True, slots=True)
class Use:
    """What a worker does with a mailbox.

    `visitors` is how many calls for them were under way or waited at most since the last look, `settles`
    whether there are the timer's.
    """

    visitors: int
    settles: bool


class Sharer(Protocol):
    """A mailbox of this worker, whose calls need places."""

    def use(self) -> Use:
        """What is done with it; asking begins a new count."""
        ...

    @property
    def sent(self) -> int:
        """How many requests Graph may be at work on."""
        ...

    @property
    def paused_for(self) -> float:
        """Seconds for which it is to be left alone."""
        ...

    def leave_alone(self, seconds: float) -> None:
        """Another worker was told so."""
        ...

    def go_on(self) -> None:
        """More calls may be allowed than before."""
        ...


class Sharing:
    """One worker's part of one mailbox."""

    def __init__(self, boards: Boards, worker: str, clock: Clock, name: str, mailbox: Sharer) -> None:
        self._board = KeptBoard(boards, name, worker)
        self._claim = Claim(worker)
        self._clock = clock
        self._mailbox = mailbox
        self._usable = 0
        self._lease_ticks = 0.0
        self._unshared = 0
        self._company_at: float | None = None
        self._told = self._last_use = -inf
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def usable(self) -> int:
        """How many calls of this worker may be under way now; 0 while the board has to be seen first."""
        if self._has_lease:
            return self._usable
        return self._unshared or self._at_once

    @property
    def _at_once(self) -> int:
        """How many calls go ahead before the board is seen: all where nobody else was seen for long.

        The first of all goes ahead alone: a new worker often starts because the others are at their limit.
        One whose lease is over may have stood still, and anything may have happened meanwhile.
        """
        if self._company_at is None:
            return 1
        return PLACES if self._board.mine is None and loop_time() - self._company_at >= FORGOTTEN else 0

    @property
    def average(self) -> float:
        """How many places the worker has in the course of time."""
        return PLACES / len(self._board.seen.claims) if self._board.seen.is_contended else PLACES

    def in_use(self, *, waits: bool = False) -> None:
        """The mailbox is in use from now on; where a call `waits` of which the board knows nothing, look."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._keep(), context=Context())
        elif waits and self.usable < PLACES and not (self._unshared or self._is_told):
            self._woken.set()

    def freed(self) -> None:
        """A call is over: its place may be promised to others."""
        mine = self._board.mine
        if mine is not None and self._usable < mine.held:
            self._woken.set()

    def paused(self) -> None:
        """Graph asked for a pause: others have to know at once."""
        self.in_use()
        self._woken.set()

    async def aclose(self) -> None:
        """Give everything back, as far as the storage answers."""
        task, self._task = self._task, None
        if task is None or task.done():
            return
        task.cancel()
        await asyncio.wait((task,))
        with suppress(Exception):
            async with asyncio.timeout(PATIENCE):
                await self._leave()

    @property
    def _has_lease(self) -> bool:
        """Whether the claim stands by both clocks: either may stand still while the process does."""
        mine = self._board.mine
        return mine is not None and loop_time() < self._lease_ticks and self._now() < mine.until

    @property
    def _is_told(self) -> bool:
        """Whether the board knows that more is wanted."""
        return self._has_lease and self._claim.wanted > self._usable

    @property
    def _waiting(self) -> Sequence[Claim]:
        return [one for one in self._board.seen.claims if one.wanted and not one.held]

    async def _keep(self) -> None:
        """Look, and look again, until the mailbox is not in use any more."""
        while True:
            self._woken.clear()
            began = loop_time()
            is_left = await self._look_in_time()
            self._mailbox.go_on()
            if is_left and not self._is_used(self._mailbox.use()):
                return
            await self._wait(loop_time() - began)

    async def _wait(self, least: float) -> None:
        """Until it is time to look again, but for so many seconds at least: a slow storage is spared."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(least, self._interval())):
                await self._woken.wait()

    def _interval(self) -> float:
        """Seconds until the next look; whoever is next looks most often, and the further behind the less."""
        if self._unshared:
            return AGAIN
        if not self._board.has_others:
            return ALONE
        ahead = len(list(takewhile(lambda one: one.worker != self._claim.worker, self._waiting)))
        return LOOK * random.uniform(0.6, 1.2) * (1 + ahead // PLACES)  # noqa: S311 (no secret)

    async def _look_in_time(self) -> bool:
        """Look; calls go ahead without it as soon as it takes too long, or fails."""
        look, began = asyncio.ensure_future(self._look()), loop_time()
        patience = PATIENCE * max(1.0, len(self._board.seen.claims) / PLACES)
        try:
            while not (await asyncio.wait((look,), timeout=patience))[0]:
                if loop_time() - began < 2 * patience:  # else the process stood still, not the storage
                    self._go_without("Silence")
                began = loop_time()
            self._unshared = 0
            return look.result()
        except Exception as error:  # noqa: BLE001 (whatever it is, calls have to go on)
            self._go_without(type(error).__name__)
            return False
        finally:
            look.cancel()

    async def _look(self) -> bool:
        """Bring claim and board up to date; whether the worker has left it."""
        use = self._mailbox.use()
        if self._is_used(use):
            self._last_use = loop_time()
        elif self._board.seen.is_contended or loop_time() - self._last_use >= ALONE:
            await self._leave()
            return True
        self._claim = replace(self._claim, wanted=min(PLACES, use.visitors), settles=use.settles)
        with suppress(Changed):  # others were faster: the next look comes soon
            await self._board.change(self._revised, self._now)
            self._take_over()
        return False

    def _is_used(self, use: Use) -> bool:
        return bool(use.visitors or use.settles or self._mailbox.sent)

    def _revised(self, old: Board) -> Board:
        new, usable = board.revised(old, self._claim, self._mailbox.sent, self._now())
        self._usable = min(self._usable, usable)  # what is about to be given away is not used any more
        return self._with_pause(new)

    def _without_me(self, old: Board) -> Board:
        return self._with_pause(board.without(old, self._claim.worker, self._now()))

    async def _leave(self) -> None:
        self._usable = 0
        await self._board.change(self._without_me, self._now)
        self._claim = Claim(self._claim.worker)

    def _with_pause(self, new: Board) -> Board:
        left = self._mailbox.paused_for
        return replace(new, paused_until=max(new.paused_until, self._now() + left)) if left else new

    def _take_over(self) -> None:
        """Go by the board from now on."""
        now, mine = self._now(), self._board.mine
        if mine is not None:
            _, self._usable = board.revised(self._board.seen, self._claim, self._mailbox.sent, now)
            self._lease_ticks = loop_time() + mine.until - now
            self._company_at = loop_time() if self._board.has_others else self._company_at or -inf
        if self._board.seen.paused_until > now:
            self._mailbox.leave_alone(self._board.seen.paused_until - now)

    def _go_without(self, reason: str) -> None:
        """Let calls go ahead by as many places as are left for each of the workers that were seen last."""
        self._unshared = max(1, PLACES // max(1, len(self._board.seen.claims)))
        self._mailbox.go_on()
        if loop_time() - self._told >= TELL_AGAIN:
            self._told = loop_time()
            logger.warning("places.unshared", extra={"event": "places.unshared", "error": reason})

    def _now(self) -> float:
        return self._clock().timestamp()
