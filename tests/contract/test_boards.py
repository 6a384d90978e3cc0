"""What workers share is kept alike in memory and in tables: changed by version, one text for each mailbox."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from shared.booking.ports import Changed
from shared.graph.kept_board import Boards
from tests.support.azurite_server import Azurite
from tests.support.boards import MemoryBoards
from tests.support.faulty_transport import FaultyTransport, lost

MAILBOX = "contosolunchdelivery@contoso.com"


@pytest_asyncio.fixture(params=["memory", "azurite"])
async def boards(request: pytest.FixtureRequest) -> AsyncIterator[Boards]:
    if request.param == "memory":
        yield MemoryBoards()
        return
    server: Azurite = request.getfixturevalue("azurite")
    async with server.stores() as opened:
        yield opened.boards


async def test_a_board_comes_back_as_it_was_put(boards: Boards) -> None:
    """With the version under which it was put; before that it is empty and has none."""
    assert await boards.get(MAILBOX) == ("", None)
    version = await boards.put(MAILBOX, "one", None)
    assert await boards.get(MAILBOX) == ("one", version)
    version = await boards.put(MAILBOX, "two" * 5_000, version)
    assert await boards.get(MAILBOX) == ("two" * 5_000, version)


async def test_a_board_is_changed_by_whoever_saw_it_last(boards: Boards) -> None:
    """Nobody overwrites what somebody else has put since, nor puts a first one twice."""
    first = await boards.put(MAILBOX, "one", None)
    second = await boards.put(MAILBOX, "two", first)
    for stale in (None, first):
        with pytest.raises(Changed):
            await boards.put(MAILBOX, "three", stale)
    assert await boards.get(MAILBOX) == ("two", second)


async def test_of_many_that_put_at_once_one_is_first(boards: Boards) -> None:
    """The others know that they were not."""
    for version in (None, (await boards.put("other@contoso.com", "", None))):
        mailbox = MAILBOX if version is None else "other@contoso.com"
        ends = await asyncio.gather(
            *(boards.put(mailbox, f"{number}", version) for number in range(8)), return_exceptions=True
        )
        assert sum(isinstance(one, Changed) for one in ends) == 7


async def test_mailboxes_have_boards_of_their_own_however_they_are_spelt(boards: Boards) -> None:
    """The spelling of an address makes no other mailbox."""
    version = await boards.put(MAILBOX, "one", None)
    await boards.put("other@contoso.com", "two", None)
    assert await boards.get(MAILBOX.upper()) == ("one", version)


async def test_a_look_and_a_change_are_one_call_each(azurite: Azurite) -> None:
    """Also where the answer to a change is lost: its author knows it again."""
    transport = FaultyTransport(azurite.authority)
    async with azurite.stores(transport) as stores:
        await stores.create_tables()
        transport.calls.clear()
        version = await stores.boards.put(MAILBOX, "one", None)
        await stores.boards.get(MAILBOX)
        version = await stores.boards.put(MAILBOX, "two", version)
        assert transport.calls == ["POST", "GET", "PUT"]
        transport.faults.append(lost)
        version = await stores.boards.put(MAILBOX, "three", version)
        assert await stores.boards.get(MAILBOX) == ("three", version)
