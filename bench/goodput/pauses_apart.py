"""The facade with pauses that nobody shares: what `python -m bench.goodput --throttle` compares with.

With PAUSES=worker each worker heeds what it was told itself. With PAUSES=call each call does, and the others
of its worker go on, as they do where the SDK alone tries again.
"""

import os
from dataclasses import replace

from bench.goodput.told_to_one import ToldToOne
from shared.graph import places
from shared.graph.board import read, written
from shared.tables import boards


class WithoutPauses(boards.TableBoards):
    """Boards that keep who holds which places, and no pause."""

    async def put(self, mailbox: str, text: str, version: str | None) -> str:
        """Write all but the pause."""
        return await super().put(mailbox, written(replace(read(text), paused_until=0.0)), version)


boards.TableBoards = WithoutPauses  # type: ignore[misc]
if os.environ["PAUSES"] == "call":
    places.Mailbox = ToldToOne  # type: ignore[misc]

from function_app import app  # noqa: E402 (it is built as it is imported)

__all__ = ["app"]
