"""One reading of the list of customers for all who wait, to its end whatever becomes of them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from shared.booking.customers.scan import AT_ONCE, CustomerScans
from shared.booking.records import IndexRow
from shared.booking.writes.locks import Locks, customer_lock, email_hash
from shared.domain.errors import Unavailable, Unreachable
from shared.domain.model import Customer
from shared.platform.deadline import deadline, remaining
from shared.platform.hashes import Hasher
from shared.tables.memory import MemoryCustomers, MemoryLocks
from tests.support.workers import LOCK_LIFE

NOW = datetime(2026, 12, 1, 16, tzinfo=UTC)
BOX = "shop@contoso.com"
MOMENT = timedelta(milliseconds=20)


class List:
    """Graph's list of customers: pages that come one by one as they are let through."""

    def __init__(self, *pages: Sequence[str]) -> None:
        self.pages = pages
        self.readings = 0
        self.fails = False
        self.left = timedelta()
        self.gate = asyncio.Semaphore(0)

    async def customers(self, business: str) -> AsyncIterator[Sequence[Customer]]:
        assert business == BOX
        self.readings += 1
        for number, page in enumerate(self.pages):
            await self.gate.acquire()
            self.left = remaining(timedelta(minutes=5))
            if self.fails:
                raise Unavailable("customers.list")
            yield [Customer(f"{email}/{number}", email, email) for email in page]

    def let(self, pages: int) -> None:
        """Let so many pages through."""
        for _ in range(pages):
            self.gate.release()


class WatchedIndex(MemoryCustomers):
    """Keeps what was inserted."""

    def __init__(self) -> None:
        super().__init__()
        self.inserted: list[Mapping[str, str]] = []

    async def insert_missing(self, business: str, ids: Mapping[str, str]) -> None:
        self.inserted.append(dict(ids))
        await super().insert_missing(business, ids)

    async def id_of(self, name: str) -> str | None:
        row = await self.get(BOX, name)
        return None if row is None else row.customer_id


class Shop:
    """A business with these pages of customers."""

    def __init__(self, *pages: Sequence[str]) -> None:
        self.list = List(*pages)
        self.index = WatchedIndex()
        self.hasher = Hasher(b"secret")
        self.locks = Locks(MemoryLocks(), lambda: NOW, lambda: "me", life=LOCK_LIFE, wait=MOMENT)
        self.scans = CustomerScans(
            self.list,  # type: ignore[arg-type]
            self.index,
            self.locks,
            self.hasher,
            lambda: NOW,
        )

    async def find(self, email: str) -> str | None:
        found, started = await self.scans.find(BOX, self.name(email))
        assert started == NOW
        return found

    def name(self, email: str) -> str:
        return email_hash(self.hasher, BOX, email)


async def test_whoever_is_found_need_not_wait_for_the_end() -> None:
    """The second page answers who is on it; the reading goes on without anybody, and fills the index."""
    shop = Shop(["a@x.org"], ["b@x.org"], ["c@x.org"])
    shop.list.let(2)

    assert await shop.find("b@x.org") == "b@x.org/1"
    assert await shop.find("a@x.org") == "a@x.org/0"
    assert await shop.index.scanned_at(BOX) is None

    shop.list.let(1)
    await shop.scans.renew(BOX)

    assert await shop.index.id_of(shop.name("c@x.org")) == "c@x.org/2"
    assert await shop.index.scanned_at(BOX) == NOW
    assert shop.list.readings == 1


async def test_all_who_ask_at_once_share_one_reading() -> None:
    """A hundred addresses, known and unknown, cost one reading."""
    shop = Shop([f"{number}@x.org" for number in range(50)])
    asking = [asyncio.create_task(shop.find(f"{number}@x.org")) for number in range(100)]
    await asyncio.sleep(0)
    shop.list.let(1)

    found = await asyncio.gather(*asking)

    assert [one is not None for one in found] == [True] * 50 + [False] * 50
    assert shop.list.readings == 1


async def test_a_list_that_takes_longer_than_a_request_is_read_all_the_same() -> None:
    """Who cannot wait is told so; who asks later finds the reading further on, and not begun again."""
    shop = Shop(["a@x.org"], ["b@x.org"])
    shop.list.let(1)
    with deadline(MOMENT), pytest.raises(Unreachable) as caught:
        await shop.find("b@x.org")
    assert caught.value.operation == "customer scan"
    shop.list.let(1)

    assert await shop.find("b@x.org") == "b@x.org/1"
    assert shop.list.readings == 1
    assert shop.list.left == timedelta(minutes=5)  # the deadline of the first is not the reading's


async def test_the_timer_does_not_wait_for_a_long_list() -> None:
    """Its reading goes on; the next run of the timer, or whoever looks for somebody, joins it."""
    shop = Shop(["a@x.org"], ["b@x.org"])
    for _ in shop.list.pages:
        with deadline(MOMENT):
            await shop.scans.renew(BOX)
        assert await shop.index.scanned_at(BOX) is None
        shop.list.let(1)
    await shop.scans.renew(BOX)

    assert await shop.index.scanned_at(BOX) == NOW
    assert shop.list.readings == 1


async def test_only_what_the_index_does_not_hold_is_written() -> None:
    """A second reading of an unchanged list writes nothing, and never over what somebody is creating."""
    shop = Shop(["a@x.org", "b@x.org"])
    shop.list.let(2)
    begun = await shop.index.insert(BOX, shop.name("b@x.org"), IndexRow(None, NOW))
    await shop.scans.renew(BOX)
    shop.index.inserted.clear()

    await shop.scans.renew(BOX)

    assert shop.index.inserted == [{}]
    assert await shop.index.get(BOX, shop.name("b@x.org")) == begun


async def test_a_record_in_place_of_one_that_is_gone_is_adopted_under_the_customers_lock() -> None:
    """The staff deleted a record and made another one: the index follows, but not while somebody creates."""
    shop = Shop(["a@x.org"])
    shop.list.let(2)
    await shop.index.insert(BOX, shop.name("a@x.org"), IndexRow("gone"))
    async with shop.locks.hold([customer_lock(BOX, shop.name("a@x.org"))]):
        await shop.scans.renew(BOX)
    assert await shop.index.id_of(shop.name("a@x.org")) == "gone"

    await shop.scans.renew(BOX)

    assert await shop.index.id_of(shop.name("a@x.org")) == "a@x.org/0"


async def test_of_two_records_with_one_address_the_first_counts() -> None:
    """However often the list is read, the index does not go to and fro between them."""
    shop = Shop(["a@x.org"], ["A@X.org"])
    shop.list.let(4)

    for _ in range(2):
        await shop.scans.renew(BOX)

        assert await shop.index.id_of(shop.name("a@x.org")) == "a@x.org/0"


async def test_a_failure_reaches_all_who_wait_and_the_next_reading_begins_anew() -> None:
    """Nobody takes a list that was not read to its end for one in which an address is missing."""
    shop = Shop(["a@x.org"])
    shop.list.fails = True
    shop.list.let(1)
    for failed in await asyncio.gather(*(shop.find("b@x.org") for _ in range(3)), return_exceptions=True):
        assert isinstance(failed, Unavailable)
    assert await shop.index.scanned_at(BOX) is None
    shop.list.fails = False
    shop.list.let(1)

    assert await shop.find("b@x.org") is None
    assert shop.list.readings == 2


async def test_a_long_list_is_written_in_parts() -> None:
    """Each as long as the storage takes at once, the rest at the end."""
    many = [f"{n}@contoso.com" for n in range(AT_ONCE + 5)]
    shop = Shop(many[:800], many[800:AT_ONCE], many[AT_ONCE:])
    shop.list.let(3)
    await shop.scans.renew(BOX)
    assert [len(part) for part in shop.index.inserted] == [AT_ONCE, 5]
    assert len({name for part in shop.index.inserted for name in part}) == AT_ONCE + 5


async def test_a_reading_that_the_worker_ends_with_is_over() -> None:
    """The next one begins anew."""
    shop = Shop(["ann@contoso.com"])
    waiting = asyncio.ensure_future(shop.find("ann@contoso.com"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for task in asyncio.all_tasks() - {waiting, asyncio.current_task()}:
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    shop.list.let(1)
    assert await shop.find("ann@contoso.com") is not None
    assert shop.list.readings == 2
