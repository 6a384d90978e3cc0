"""No place of a mailbox is lost for more than its lease: the workers' boards, seen while workers die.

The boards are read past the faults of the storage, each second, and in the end by a worker that is new.
Rules of the product's own tell only what a new worker gets; whether that is right is judged here.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import time
from typing import Final

from shared.booking.ports import Changed
from shared.domain.errors import StoreUnavailable
from shared.graph.board import LEASE, PLACES, Board, Claim, read, revised, without
from shared.graph.kept_board import Boards, KeptBoard

LOOK_EVERY: Final = 1.0
ASK_EVERY: Final = 0.1
NEWCOMER: Final = "newcomer"

HESITATION: Final = 0.5
"""Seconds for which a worker may stand still between reading a board and writing it."""


@dataclass(frozen=True, slots=True)
class Look:
    """What stood on a mailbox's board; `at` is when its answer had come, in seconds since 1970."""

    mailbox: str
    at: float
    board: Board


@dataclass(frozen=True, slots=True)
class Entry:
    """How many places a new worker had after so many seconds, and what stood on the board then."""

    mailbox: str
    places: int
    seconds: float
    board: Board


@dataclass(slots=True)
class Seen:
    """What was seen of boards that workers share; without `entries` they share none."""

    looks: list[Look] = field(default_factory=list)
    entries: Sequence[Entry] = ()

    def __str__(self) -> str:
        if not self.entries:
            return "places: not shared"
        claims = [(look, claim) for look in self.looks for claim in look.board.claims]
        workers = {claim.worker for _, claim in claims}
        fewest = min(one.places for one in self.entries)
        silent = {(claim.worker, look.mailbox) for look, claim in claims if _runs_out(look, claim)}
        longest = max(one.seconds for one in self.entries)
        return (
            f"places: {len(self.looks)} looks at {len(self.entries)} boards, {len(workers)} workers, "
            f"of whom {len({worker for worker, _ in silent})} let {len(silent)} leases with places run out; "
            f"in the end a new worker had {fewest} of {PLACES} within {longest:.2f} s"
        )


def audit_places(seen: Seen) -> list[str]:
    """Every broken promise about places, each once."""
    broken = [one for look in seen.looks for one in (*_too_many(look), *_too_long(look), *_kept(look))]
    if seen.entries and not any(look.board.claims for look in seen.looks):
        broken.append("no worker was ever seen on a board")
    broken += [
        f"{one.mailbox}: a new worker gets {one.places} of {PLACES} places; {_holders(one.board)}"
        for one in seen.entries
        if one.places < PLACES
    ]
    return list(dict.fromkeys(broken))


def _too_many(look: Look) -> Iterator[str]:
    """Those whose lease lasts hold four places at most."""
    held = sum(one.held for one in look.board.claims if one.until > look.at)
    if held > PLACES:
        yield f"{look.mailbox}: {held} places are held; {_holders(look.board)}"


def _too_long(look: Look) -> Iterator[str]:
    """No lease ends later than if it had begun just now."""
    for one in look.board.claims:
        if one.held and one.until > look.at + LEASE:
            yield f"{look.mailbox}: {one.worker} holds places for more than {LEASE:g} s"


def _kept(look: Look) -> Iterator[str]:
    """Whoever writes leaves out those whose lease is over: the latest lease tells when that was."""
    written = max((one.until for one in look.board.claims if one.until <= look.at + LEASE), default=0) - LEASE
    for one in look.board.claims:
        if one.held and one.until + HESITATION < written:
            yield f"{look.mailbox}: {one.worker} was left {one.held} when its lease was over"


def _runs_out(look: Look, claim: Claim) -> bool:
    """Whether a worker that holds places says nothing: others renew their lease when half of it is over."""
    return claim.held > 0 and claim.until - look.at < LOOK_EVERY


def _holders(board: Board) -> str:
    held = [f"{one.worker} {one.held}" for one in board.claims if one.held and one.worker != NEWCOMER]
    return f"held by {', '.join(held)}" if held else "nobody holds any"


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks at the boards of some mailboxes, if there are any; `now` gives seconds since 1970."""

    boards: Boards | None
    mailboxes: Sequence[str]
    now: Callable[[], float] = time
    seen: Seen = field(default_factory=Seen)

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Look again and again while the block lasts."""
        task = asyncio.create_task(self._look_on())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def enter(self, patience: float) -> None:
        """Ask for all places of each mailbox as a new worker does, for so many seconds at most."""
        if self.boards is not None:
            entering = [self._enter(self.boards, one, patience) for one in self.mailboxes]
            self.seen.entries = await asyncio.gather(*entering)

    async def _look_on(self) -> None:
        while self.boards is not None:
            for mailbox in self.mailboxes:
                with suppress(StoreUnavailable):  # a busy machine; the next look comes soon
                    text, _ = await self.boards.get(mailbox)
                    self.seen.looks.append(Look(mailbox, self.now(), read(text)))
            await asyncio.sleep(LOOK_EVERY)

    async def _enter(self, boards: Boards, mailbox: str, patience: float) -> Entry:
        board, began, places = KeptBoard(boards, mailbox, NEWCOMER), self.now(), 0

        def ask(old: Board) -> Board:
            nonlocal places
            new, places = revised(old, Claim(NEWCOMER, PLACES), 0, self.now())
            return new

        while places < PLACES and self.now() < began + patience:
            try:
                await board.change(ask, self.now)
            except (Changed, StoreUnavailable):
                places = 0  # what is not written down is nobody's
            if places < PLACES:
                await asyncio.sleep(ASK_EVERY)
        entry = Entry(mailbox, places, self.now() - began, board.seen)
        with suppress(Changed, StoreUnavailable):
            await board.change(lambda old: without(old, NEWCOMER, self.now()), self.now)
        return entry
