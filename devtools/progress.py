"""How far a long command is, on one line of the terminal; nothing where the output goes elsewhere."""

import sys
from types import TracebackType
from typing import Self, TextIO

ERASED = "\r\x1b[K"
"""The line, as if nothing had been written."""


class Progress:
    """Counts steps and shows them; the line is gone at the end."""

    def __init__(self, what: str, total: int, out: TextIO = sys.stderr) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._out = out if out.isatty() else None

    def __enter__(self) -> Self:
        self._show()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write(ERASED)

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        self._show()

    def _show(self) -> None:
        self._write(f"{ERASED}{self._what} {self._done:,} of {self._total:,}")

    def _write(self, text: str) -> None:
        if self._out is not None:
            self._out.write(text)
            self._out.flush()
