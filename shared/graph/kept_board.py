"""The board of one mailbox where all workers keep it, changed by version, as this worker saw it last."""

from collections.abc import Callable
from typing import Protocol

from shared.booking.ports import Changed
from shared.graph.board import Board, Claim, read, says_more, written

TRIES = 5
"""How often a change is made anew because another worker was faster."""


class Boards(Protocol):
    """One text for each mailbox, changed by version only; raises StoreUnavailable."""

    async def get(self, mailbox: str) -> tuple[str, str | None]:
        """The text with its version; empty, without one, where there is none yet."""
        ...

    async def put(self, mailbox: str, text: str, version: str | None) -> str:
        """Write over exactly this version and return the new one; raises Changed."""
        ...


class KeptBoard:
    """One mailbox's; `seen` is what stood there when the `worker` looked last."""

    def __init__(self, boards: Boards, mailbox: str, worker: str) -> None:
        self.seen = Board()
        self._boards = boards
        self._mailbox = mailbox
        self._worker = worker
        self._own: tuple[str, str] | None = None

    @property
    def mine(self) -> Claim | None:
        """The worker's claim."""
        return self.seen.claim(self._worker)

    @property
    def has_others(self) -> bool:
        """Whether other workers have claims."""
        return any(one.worker != self._worker for one in self.seen.claims)

    async def change(self, change: Callable[[Board], Board], now: Callable[[], float]) -> None:
        """Change the board where that tells others anything; raises Changed, StoreUnavailable.

        As long as nobody else writes, what stands there is known: one call looks and changes.
        """
        own, self._own = self._own, None
        for _ in range(TRIES):
            text, version = own or await self._boards.get(self._mailbox)
            old = read(text).at(now())
            new = change(old)
            if not own and not says_more(new, old, self._worker, now()):
                self.seen = old
                return
            own = None
            try:
                version = await self._boards.put(self._mailbox, written(new), version)
            except Changed:
                continue
            self.seen = new
            self._own = None if self.has_others else (written(new), version)
            return
        raise Changed
