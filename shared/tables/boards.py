"""The boards on which workers share the places of a mailbox, in Azure Table Storage: one entity for each."""

from shared.booking.ports import AlreadyExists, Changed
from shared.tables.keys import Key, of_business
from shared.tables.table import Table, version_of


class TableBoards:
    """Implements Boards: looking is one call, changing is one call."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(self, mailbox: str) -> tuple[str, str | None]:
        """The text with its version; empty, without one, where there is none yet."""
        entity = await self._table.get(_key(mailbox))
        return ("", None) if entity is None else (str(entity["Text"]), version_of(entity))

    async def put(self, mailbox: str, text: str, version: str | None) -> str:
        """Write over exactly this version and return the new one; raises Changed."""
        values = {"Text": text}
        if version is not None:
            return await self._table.replace(_key(mailbox), values, version)
        try:
            return await self._table.insert(_key(mailbox), values)
        except AlreadyExists as error:
            raise Changed from error


def _key(mailbox: str) -> Key:
    return Key(of_business(mailbox), "board")
