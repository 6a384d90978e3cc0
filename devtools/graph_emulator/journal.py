"""The request log: what reached the emulator, in the order in which it was finished."""

from collections import Counter, deque
from typing import Any

KEPT = 100_000


class Journal:
    """The last requests, and counts of all of them since the log was emptied."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._counts: Counter[str] = Counter()
        self.next_number = 1

    def write(self, entry: dict[str, Any]) -> None:
        """Note one finished request."""
        self._entries.append(entry)
        self._counts[entry["operation"]] += 1
        self.next_number += 1

    def clear(self) -> None:
        """Empty the log and the counts; request ids go on."""
        self._entries.clear()
        self._counts.clear()

    def describe(self) -> dict[str, Any]:
        """Requests, oldest first, and how many there were of each operation."""
        return {"requests": list(self._entries), "counts": dict(self._counts)}
