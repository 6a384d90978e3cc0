"""The boards of mailboxes in memory, for one process: workers that share an event loop."""

from itertools import count

from shared.booking.ports import Changed
from shared.domain.addresses import comparable_mailbox


class MemoryBoards:
    """Implements Boards."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[str, str | None]] = {}
        self._versions = count(1)

    async def get(self, mailbox: str) -> tuple[str, str | None]:
        """The text with its version; empty, without one, where there is none yet."""
        return self._texts.get(comparable_mailbox(mailbox), ("", None))

    async def put(self, mailbox: str, text: str, version: str | None) -> str:
        """Write over exactly this version and return the new one; raises Changed."""
        if (await self.get(mailbox))[1] != version:
            raise Changed
        written = f"{next(self._versions)}"
        self._texts[comparable_mailbox(mailbox)] = text, written
        return written
