"""Health: what answers and what does not, asked seldom, and nothing left behind."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.booking.health import Check, Health
from shared.booking.records import Lock
from shared.domain.errors import Denied, StoreUnavailable
from shared.tables.memory import MemoryLocks, memory_stores
from tests.support.shop import Shop
from tests.support.virtually import virtually
from tests.support.wire import Ending


class WatchedLocks(MemoryLocks):
    """Keeps what it gave, and fails on demand."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Lock] = []
        self.fails = False

    async def try_acquire(self, name: str, owner: str, now: datetime, life: timedelta) -> Lock | None:
        if self.fails:
            raise StoreUnavailable("locks.try", "503")
        lock = await super().try_acquire(name, owner, now, life)
        if lock is not None:
            self.given.append(lock)
        return lock


class Desk(Shop):
    """A shop that is asked how it is."""

    def __init__(self) -> None:
        self.watched = WatchedLocks()
        super().__init__(replace(memory_stores(), locks=self.watched))
        boxes = {"shop": "shop@contoso.com", "nobody": "nobody@contoso.com"}
        self.health = Health(
            graph=self.graph, locks=self.watched, mailboxes=boxes, zones={}, public=(), clock=self.clock
        )


@virtually
async def test_each_business_and_the_store_is_tried() -> None:
    """In the order of the aliases, the store last; a failure is told by its kind."""
    desk = Desk()
    assert await desk.health() == (
        Check("graph:nobody", "Unavailable"),
        Check("graph:shop", closed="unknown"),
        Check("store"),
    )
    assert await desk.cases.health() == (Check("graph:shop", closed="unknown"), Check("store"))


@virtually
async def test_the_lock_that_is_taken_is_freed() -> None:
    """Nothing of it stays in the store."""
    desk = Desk()
    await desk.health()
    assert [lock.owner for lock in desk.watched.given] == ["health"]
    assert desk.watched.given[0].ends == desk.clock() + timedelta(seconds=5)
    assert await desk.free_locks(desk.watched.given[0].name) == [desk.watched.given[0].name]


@virtually
async def test_each_try_has_a_lock_of_its_own() -> None:
    """One that was left behind, and every lock of a booking, is out of its way."""
    desk = Desk()
    await desk.health()
    await asyncio.sleep(10)
    await desk.health()
    names = [lock.name for lock in desk.watched.given]
    assert len(names) == len(set(names)) == 2
    assert all(name.startswith("health\n") for name in names)


@virtually
async def test_a_store_that_does_not_answer_is_told() -> None:
    """And one that gives no lock has answered."""
    desk = Desk()
    desk.watched.fails = True
    assert (await desk.health())[-1] == Check("store", "StoreUnavailable")

    desk = Desk()
    await desk.watched.try_acquire(f"health\n{desk.clock().isoformat()}", "other", desk.clock(), timedelta(1))
    assert (await desk.health())[-1] == Check("store")


@pytest.mark.parametrize(("age", "calls"), [(9.999, 2), (10.0, 4)])
@virtually
async def test_one_try_serves_everybody_for_ten_seconds(age: float, calls: int) -> None:
    """Then things are tried anew."""
    desk = Desk()
    await desk.health()
    await asyncio.sleep(age)
    desk.arm("business", Denied, times=None)
    found = await desk.health()
    assert desk.wire.calls["business"] == calls
    assert (found[1].error is None) is (calls == 2)


@virtually
async def test_a_business_that_hangs_is_given_up_after_five_seconds() -> None:
    """The others have answered."""
    desk = Desk()
    desk.wire.arm("business", Ending("silence", done=0, silent=True), times=None)
    began = desk.clock()
    assert [one.error for one in await desk.health()] == ["Unreachable", "Unreachable", None]
    assert desk.clock() - began == timedelta(seconds=5)


@virtually
async def test_a_business_without_a_zone_is_read_in_the_one_of_the_settings() -> None:
    """Else it could not be read at all."""
    shop, asked = Shop(), []

    async def business(mailbox: str, time_zone: str | None = None) -> None:
        asked.append((mailbox, time_zone))

    shop.graph.business = business  # type: ignore[assignment, method-assign]
    boxes = {"b": "b@contoso.com", "a": "a@contoso.com"}
    zones = {"b@contoso.com": "Europe/Berlin"}
    locks = shop.stores.locks
    await Health(
        graph=shop.graph, locks=locks, mailboxes=boxes, zones=zones, public=boxes.values(), clock=shop.clock
    )()
    assert asked == [("a@contoso.com", None), ("b@contoso.com", "Europe/Berlin")]


@pytest.mark.parametrize(
    ("published", "access", "closed"),
    [
        (True, "unrestricted", None),
        (False, "unrestricted", "not-published"),
        (True, "restrictedToOrganization", "restricted"),
    ],
)
@virtually
async def test_a_business_that_is_closed_to_the_public_is_named(
    published: bool, access: str, closed: str | None
) -> None:
    """With the reason, unless the settings say that it is public."""
    shop = Shop()
    mailbox = shop.mailbox.catalogue.business.id
    about = replace(shop.mailbox.catalogue.business, is_published=published, access_control=access)
    shop.mailbox.catalogue = replace(shop.mailbox.catalogue, business=about)

    async def found(public: Sequence[str]) -> str | None:
        locks, boxes = shop.stores.locks, {"shop": mailbox}
        health = Health(
            graph=shop.graph, locks=locks, mailboxes=boxes, zones={}, public=public, clock=shop.clock
        )
        return (await health())[0].closed

    assert (await found(()), await found((mailbox,))) == (closed, None)
