"""Which records a reading of the list adopts, and what it leaves behind when nobody waits for it."""

import asyncio
import gc
from datetime import datetime

import pytest

from shared.booking.customers.scan import CustomerScans
from shared.booking.records import IndexRow
from shared.booking.writes.locks import customer_lock
from shared.platform.logs import correlation_id
from shared.tables.memory import MemoryCustomers
from tests.support.virtually import virtually
from tests.unit.booking.customers.test_scan import BOX, NOW, Shop


async def test_a_record_on_an_earlier_page_is_still_there() -> None:
    """The index keeps to it, though another record with its address stands before it in the list."""
    shop = Shop(["a@x.org"], ["a@x.org"], ["z@x.org"])
    shop.list.let(3)
    await shop.index.insert(BOX, shop.name("a@x.org"), IndexRow("a@x.org/1"))

    await shop.scans.renew(BOX)

    assert await shop.index.id_of(shop.name("a@x.org")) == "a@x.org/1"


async def test_those_with_nothing_to_adopt_do_not_keep_others_from_it() -> None:
    """Wherever they stand in the index: before or behind the one whose record is gone."""
    shop = Shop(["a@x.org", "b@x.org", "c@x.org"])
    shop.list.let(1)
    for email, known in (("a@x.org", "a@x.org/0"), ("b@x.org", "gone"), ("c@x.org", "c@x.org/0")):
        await shop.index.insert(BOX, shop.name(email), IndexRow(known))

    await shop.scans.renew(BOX)

    assert await shop.index.id_of(shop.name("b@x.org")) == "b@x.org/0"


async def test_one_who_is_being_booked_does_not_keep_others_from_being_adopted() -> None:
    """Only the row whose lock is held stays as it was, until the next reading."""
    emails = ["a@x.org", "b@x.org", "c@x.org"]
    shop = Shop(emails)
    shop.list.let(1)
    for email in emails:
        await shop.index.insert(BOX, shop.name(email), IndexRow("gone"))

    async with shop.locks.hold([customer_lock(BOX, shop.name("b@x.org"))]):
        await shop.scans.renew(BOX)

    assert [await shop.index.id_of(shop.name(email)) for email in emails] == [
        "a@x.org/0",
        "gone",
        "c@x.org/0",
    ]


@pytest.mark.parametrize("fails", [False, True])
async def test_a_reading_that_nobody_waits_for_ends_without_a_complaint(fails: bool) -> None:
    """Neither its end nor its failure is reported as lost."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    shop = Shop(["a@x.org"])
    shop.list.fails = fails
    waiting = asyncio.ensure_future(shop.find("b@x.org"))
    await turns()
    waiting.cancel()
    await asyncio.wait([waiting])
    del waiting  # whose trace holds the reading
    shop.list.let(1)
    await turns()
    gc.collect()
    assert complaints == []
    assert (await shop.index.scanned_at(BOX) is None) is fails


async def turns() -> None:
    """Time for what can go on, to do so."""
    for _ in range(20):
        await asyncio.sleep(0)


class Overheard(MemoryCustomers):
    """Keeps the ids under which a list was marked as read."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []

    async def mark_scanned(self, business: str, at: datetime) -> None:
        self.ids.append(correlation_id.get())
        await super().mark_scanned(business, at)


@virtually
async def test_a_reading_has_the_id_of_whoever_began_it() -> None:
    """Whoever joins it later changes nothing in that."""
    shop, index = Shop(["a@x.org"]), Overheard()
    scans = CustomerScans(shop.list, index, shop.locks, shop.hasher, lambda: NOW)  # type: ignore[arg-type]

    async def renew(name: str) -> None:
        correlation_id.set(name)
        await scans.renew(BOX)

    tasks = [asyncio.ensure_future(renew(name)) for name in ("first", "second")]
    await asyncio.sleep(1)
    shop.list.let(1)
    await asyncio.gather(*tasks)

    assert index.ids == ["first"]
