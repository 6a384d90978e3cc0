"""Bad weather before the tables: what goes wrong where a lock trusts a storage that does not answer."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from devtools.chaos.cluster import Process
from devtools.chaos.storage import struck_storage
from shared.booking.ports import LockStore
from shared.tables.stores import TableStores
from shared.tables.table import Table
from tests.concurrency.careless import FreesAnybodys, GrantsWhenBlind
from tests.concurrency.crew import SECONDS, Crew
from tests.concurrency.test_controls import broken, few_seats, race
from tests.support.azurite_server import Azurite

NOW = datetime(2026, 12, 1, 16, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Weather:
    """Tables behind the proxy."""

    azurite: Azurite
    proxy: Process

    async def arm(self, **fault: object) -> None:
        """Order one fault of the storage."""
        async with httpx.AsyncClient(base_url=self.proxy.root, trust_env=False) as http:
            (await http.post("/faults", json=[fault])).raise_for_status()

    async def struck(self) -> int:
        """How many requests were struck so far."""
        async with httpx.AsyncClient(base_url=self.proxy.root, trust_env=False) as http:
            return sum(each["struck"] for each in (await http.get("/faults")).json())

    @asynccontextmanager
    async def stores(self) -> AsyncIterator[TableStores]:
        """Stores in tables of their own, which are there already."""
        async with self.azurite.stores() as stores:
            await stores.customers.get("warm", "up")
            yield stores


@pytest.fixture
def weather(azurite: Azurite, tmp_path: Path) -> Iterator[Weather]:
    with struck_storage(azurite, tmp_path) as (struck, proxy):
        yield Weather(struck, proxy)


CHANCES = 5
"""Who comes first is a matter of luck: so often the careless way may do without harm."""


@pytest.mark.parametrize("kind", ["error", "lost"])
@pytest.mark.parametrize("guarded", [True, False])
async def test_a_lock_that_cannot_be_had_taken_for_a_free_one_sells_seats_twice(
    crew: Crew, weather: Weather, kind: str, *, guarded: bool
) -> None:
    """For a while the table of locks gives no usable answer to those who race for the same seats."""
    found = ""
    for _ in range(1 if guarded else CHANCES):
        await crew.emulator.reset()
        found = await race_without_locks(crew, weather, kind, guarded=guarded)
        if found:
            break

    assert await weather.struck() > 0
    assert bool(re.search("customers on 3 seats|overlap|is in no appointment", found)) is not guarded, found


async def race_without_locks(crew: Crew, weather: Weather, kind: str, *, guarded: bool) -> str:
    """What broke."""
    await few_seats(crew)
    await crew.emulator.switch(latency=0.4)  # longer than the pauses after which the storage is asked again
    longer = {"LOCK_WAIT_SECONDS": "2", "GRAPH_CALL_SECONDS": "2", "LOCK_LIFE_SECONDS": "8"}
    patient = {**SECONDS, **longer}
    async with weather.stores() as stores:
        locks = stores.locks if guarded else GrantsWhenBlind(Table(stores.service, "locks"))
        workers = [await crew.hire(stores=replace(stores, locks=locks), seconds=patient) for _ in range(3)]
        await weather.arm(kind=kind, method="POST", target="*locks*", count=150)
        return await broken(crew, await race(workers, people=6))


@pytest.mark.parametrize("guarded", [True, False])
async def test_a_lock_freed_late_frees_the_next_ones_lock(weather: Weather, *, guarded: bool) -> None:
    """A slow storage frees a lock when it is over already and has another owner."""
    async with weather.stores() as stores:
        locks: LockStore = stores.locks if guarded else FreesAnybodys(Table(stores.service, "locks"))
        first = await locks.try_acquire("slot", "first", NOW, MINUTE)
        assert first is not None
        await weather.arm(kind="slow", method="DELETE", target="*locks*", seconds=0.5)
        freeing = asyncio.create_task(locks.release(first))
        while not await weather.struck():
            continue
        assert await locks.try_acquire("slot", "second", NOW + MINUTE, MINUTE) is not None
        await freeing

        third = await locks.try_acquire("slot", "third", NOW + MINUTE, MINUTE)

    assert (third is None) is guarded
