"""The stores on Azure Table Storage in bad weather, and what they cost in good weather.

A fault stands between the real SDK and Azurite: answers are lost after the call was done, calls
never leave, the storage says that it is busy, tokens are refused.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Self

import pytest
import pytest_asyncio
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from shared.booking.ports import AlreadyExists, Changed, Stores
from shared.booking.records import IdempotencyRecord, IndexRow, LedgerEntry, Lock, State
from shared.domain.errors import StoreUnavailable
from shared.domain.intervals import Interval
from shared.domain.model import Appointment
from shared.tables import service
from shared.tables.stores import TableStores, open_table_stores
from shared.tables.table import AT_ONCE, BATCH
from tests.support.azurite_server import Azurite, fresh_prefix
from tests.support.faulty_transport import Fault, FaultyTransport, hung, lost, spoilt, unsent
from tests.support.servers import ROOT

NOW = datetime(2026, 12, 1, 16, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = date(2026, 12, 1)
RECORD = IdempotencyRecord("key", "fingerprint", "BK-7F3KQ29D", State.IN_PROGRESS, NOW, NOW + MINUTE)
ENTRY = LedgerEntry(Appointment("id", "service", Interval(NOW, NOW + MINUTE), ("staff",), 1, 1), NOW)


@dataclass(frozen=True, slots=True)
class Weather:
    """Stores with their tables in place, and the weather that they are in."""

    stores: TableStores
    transport: FaultyTransport

    def expect(self, *faults: Fault) -> None:
        self.transport.faults.extend(faults)

    async def cost(self, work: Awaitable[object]) -> list[str]:
        """The methods of the calls that some work takes."""
        self.transport.calls.clear()
        await work
        return list(self.transport.calls)


@pytest_asyncio.fixture
async def weather(azurite: Azurite) -> AsyncIterator[Weather]:
    transport = FaultyTransport(azurite.authority)
    async with azurite.stores(transport) as stores:
        await stores.create_tables()
        transport.calls.clear()
        yield Weather(stores, transport)


def lock_of(lock: Lock | None) -> Lock:
    assert lock is not None
    return lock


# What it costs


async def test_a_lock_costs_one_call_to_take_and_one_to_free(weather: Weather) -> None:
    """A free lock: one insert, one delete. One that is held: a look at who holds it besides."""
    locks = weather.stores.locks
    taken = lock_of(await locks.try_acquire("slot", "me", NOW, MINUTE))
    assert weather.transport.calls == ["POST"]
    assert await weather.cost(locks.try_acquire("slot", "you", NOW, MINUTE)) == ["POST", "GET"]
    assert await weather.cost(locks.release(taken)) == ["DELETE"]
    await locks.try_acquire("slot", "me", NOW, MINUTE)
    over = NOW + MINUTE
    assert await weather.cost(locks.try_acquire("slot", "you", over, MINUTE)) == ["POST", "GET", "PUT"]


async def test_a_record_costs_one_call_for_each_step(weather: Weather) -> None:
    """Begin, look, and go on are one call each."""
    records = weather.stores.idempotency
    assert await weather.cost(records.insert(RECORD)) == ["POST"]
    assert await weather.cost(records.get("key")) == ["GET"]
    known = await records.get("key")
    assert known is not None
    assert await weather.cost(records.replace(known)) == ["PUT"]
    with pytest.raises(AlreadyExists):
        await weather.cost(records.insert(RECORD))
    assert weather.transport.calls == ["POST"]
    with pytest.raises(Changed):
        await weather.cost(records.replace(known))
    assert weather.transport.calls == ["PUT"]


async def test_the_other_stores_cost_what_they_say(weather: Weather) -> None:
    """The ledger: one call for each day. A hit: two. A customer and a first claim: one."""
    stores = weather.stores
    assert await weather.cost(stores.ledger.record("b", [DAY], ENTRY)) == ["PUT"]
    assert await weather.cost(stores.ledger.recent("b", [DAY], NOW)) == ["GET"]
    assert await weather.cost(stores.counters.hit("visitor", NOW, NOW)) == ["GET", "POST"]
    assert await weather.cost(stores.counters.hit("visitor", NOW, NOW)) == ["GET", "PUT"]
    assert await weather.cost(stores.customers.insert("b", "hash", IndexRow("id"))) == ["POST"]
    assert await weather.cost(stores.customers.get("b", "hash")) == ["GET"]
    assert await weather.cost(stores.once.claim("thing", "me", NOW)) == ["POST"]


async def test_ten_thousand_customers_take_little_more_than_a_hundred_calls(weather: Weather) -> None:
    """Sixteen partitions, a hundred customers in a call: at most one unfilled call for each partition."""
    ids = {f"hash {number}": f"id {number}" for number in range(10_000)}
    calls = await weather.cost(weather.stores.customers.insert_missing("b", ids))
    assert 10_000 / BATCH <= len(calls) <= 10_000 / BATCH + 16
    assert await weather.stores.customers.get("b", "hash 9999") == IndexRow("id 9999")


async def test_a_sweep_deletes_by_the_hundred(weather: Weather) -> None:
    """Two hundred claims over sixteen partitions: one page, one call for each partition."""
    for wave in range(0, 200, 20):
        await asyncio.gather(*(weather.stores.once.claim(f"{wave + n}", "me", NOW) for n in range(20)))
    calls = await weather.cost(weather.stores.once.sweep(NOW + MINUTE))
    assert calls == ["GET", *["POST"] * 16]


async def test_sweeping_more_than_a_page_finds_everything(
    weather: Weather, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep goes on from page to page although it deletes on the way."""
    monkeypatch.setattr("shared.tables.table.PAGE", 7)
    await asyncio.gather(*(weather.stores.once.claim(f"{n}", "me", NOW) for n in range(40)))
    assert await weather.stores.once.sweep(NOW + MINUTE) == 40
    assert await weather.stores.once.sweep(NOW + MINUTE) == 0


async def test_at_most_four_transactions_at_once(weather: Weather) -> None:
    """However many customers there are, the storage sees four calls at a time."""
    under_way = most = 0

    async def watch(send: Callable[[], Awaitable[object]]) -> object:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        try:
            return await send()
        finally:
            under_way -= 1

    weather.expect(*[watch] * 30)
    await weather.stores.customers.insert_missing("b", {f"{number}": "id" for number in range(1_000)})
    assert most == AT_ONCE


async def test_tables_are_made_by_the_first_call_that_misses_one(azurite: Azurite) -> None:
    """Without create_tables the first call makes them all, once; a worker that finds them pays nothing."""
    transport, prefix = FaultyTransport(azurite.authority), fresh_prefix()
    async with azurite.stores(transport, prefix) as stores:
        assert await stores.idempotency.get("key") is None
        assert transport.calls == ["GET", *["POST"] * len(service.KINDS), "GET"]
        await stores.locks.try_acquire("slot", "me", NOW, MINUTE)
        await stores.create_tables()
        assert len(transport.calls) == len(service.KINDS) + 3
    second = FaultyTransport(azurite.authority)
    async with azurite.stores(second, prefix) as stores:
        assert await stores.locks.try_acquire("slot", "you", NOW, MINUTE) is None
        assert second.calls == ["POST", "GET"]


async def test_every_kind_of_call_makes_missing_tables(azurite: Azurite) -> None:
    """Writes, transactions, queries and sweeps notice a missing table as reads do."""

    async def replace_nothing(stores: Stores) -> None:
        with pytest.raises(Changed):
            await stores.idempotency.replace(replace(RECORD, version="W/\"datetime'2026-01-01'\""))

    kinds: list[Callable[[Stores], Awaitable[object]]] = [
        lambda stores: stores.customers.insert_missing("b", {f"{n}": "id" for n in range(40)}),
        lambda stores: stores.customers.insert("b", "hash", IndexRow("id")),
        lambda stores: stores.ledger.recent("b", [DAY], NOW),
        lambda stores: stores.locks.sweep(NOW),
        lambda stores: stores.once.claim("thing", "me", NOW),
        replace_nothing,
    ]
    for kind in kinds:
        async with azurite.stores() as stores:
            await kind(stores)


# Lost answers


@pytest.mark.parametrize("fault", [lost, spoilt(500), spoilt(503)])
async def test_an_insert_whose_answer_was_lost_is_known_as_ours(weather: Weather, fault: Fault) -> None:
    """The second try meets the first one's record (409): it is ours, and its version is good."""
    weather.expect(fault)
    record = await weather.stores.idempotency.insert(RECORD)
    assert weather.transport.calls == ["POST", "POST", "GET"]
    await weather.stores.idempotency.replace(replace(record, state=State.UNKNOWN))


async def test_a_strangers_record_after_a_lost_call_is_not_ours(weather: Weather) -> None:
    """The first try never left, meanwhile another inserted the very same record: it is theirs."""
    await weather.stores.idempotency.insert(RECORD)
    weather.expect(unsent)
    with pytest.raises(AlreadyExists):
        await weather.stores.idempotency.insert(RECORD)


async def test_a_replacement_whose_answer_was_lost_is_known_as_ours(weather: Weather) -> None:
    """The second try meets a new version (412): it is the one that the first try wrote."""
    first = await weather.stores.idempotency.insert(RECORD)
    weather.expect(lost)
    second = await weather.stores.idempotency.replace(replace(first, state=State.UNKNOWN))
    await weather.stores.idempotency.replace(replace(second, state=State.COMPLETED))
    found = await weather.stores.idempotency.get("key")
    assert found is not None
    assert found.state is State.COMPLETED


async def test_a_strangers_replacement_after_a_lost_call_is_not_ours(weather: Weather) -> None:
    """Our try never left, meanwhile another took over: we are told so."""
    first = await weather.stores.idempotency.insert(RECORD)
    await weather.stores.idempotency.replace(first)
    weather.expect(unsent)
    with pytest.raises(Changed):
        await weather.stores.idempotency.replace(first)


async def test_a_lock_whose_answer_was_lost_is_held_and_can_be_freed(weather: Weather) -> None:
    """Taking and stealing: the lock is ours although the answer said nothing, then a stranger's."""
    weather.expect(lost)
    taken = lock_of(await weather.stores.locks.try_acquire("slot", "me", NOW, MINUTE))
    await weather.stores.locks.release(taken)
    await weather.stores.locks.try_acquire("slot", "dead", NOW - MINUTE, MINUTE)
    weather.expect(*[lambda send: send()] * 2, lost)
    stolen = lock_of(await weather.stores.locks.try_acquire("slot", "me", NOW, MINUTE))
    assert stolen == Lock("slot", "me", NOW + MINUTE)
    await weather.stores.locks.release(stolen)
    assert await weather.stores.locks.try_acquire("slot", "you", NOW, MINUTE) is not None


async def test_a_release_whose_answer_was_lost_has_freed_the_lock(weather: Weather) -> None:
    """The second try finds nothing to delete, which is what was wanted."""
    taken = lock_of(await weather.stores.locks.try_acquire("slot", "me", NOW, MINUTE))
    weather.expect(lost)
    await weather.stores.locks.release(taken)
    assert await weather.stores.locks.try_acquire("slot", "you", NOW, MINUTE) is not None


async def test_a_claim_whose_answer_was_lost_is_ours(weather: Weather) -> None:
    """The solved challenge of a visitor is not refused because the storage mumbled."""
    weather.expect(lost)
    assert await weather.stores.once.claim("thing", "me", NOW)


async def test_a_sweep_spares_what_changed_meanwhile(weather: Weather) -> None:
    """A lock that is taken anew between the sweep's look and its delete is not deleted."""
    for name in ("slot", *map(str, range(20))):
        await weather.stores.locks.try_acquire(name, "dead", NOW - 2 * MINUTE, MINUTE)

    async def look_then_let_others_work(send: Callable[[], Awaitable[object]]) -> object:
        page = await send()
        assert await weather.stores.locks.try_acquire("slot", "me", NOW, MINUTE) is not None
        return page

    weather.expect(look_then_let_others_work)
    assert await weather.stores.locks.sweep(NOW) == 20
    assert await weather.stores.locks.try_acquire("slot", "you", NOW, MINUTE) is None


# A storage that is down


@pytest.mark.parametrize("fault", [lost, unsent, spoilt(503), spoilt(429)])
async def test_a_storage_that_stays_down_is_one_error(weather: Weather, fault: Fault) -> None:
    """After three tries every store raises StoreUnavailable, which names the operation and no data."""
    stores = weather.stores
    works: list[Callable[[], Awaitable[object]]] = [
        lambda: stores.idempotency.get("key"),
        lambda: stores.ledger.recent("b", [DAY], NOW),
        lambda: stores.customers.insert_missing("b", {f"{n}": "id" for n in range(2)}),
    ]
    for work in works:
        weather.transport.calls.clear()
        weather.expect(*[fault] * 6)
        with pytest.raises(StoreUnavailable) as caught:
            await work()
        weather.transport.faults.clear()
        assert len(weather.transport.calls) <= 2 * service.TRIES
        assert "key" not in str(caught.value)
    assert await stores.idempotency.get("key") is None


async def test_a_passing_fault_is_not_noticed(weather: Weather) -> None:
    """Two bad answers in a row are repeated."""
    weather.expect(unsent, spoilt(503))
    await weather.stores.customers.insert("b", "hash", IndexRow("id"))
    assert await weather.stores.customers.get("b", "hash") == IndexRow("id")


async def test_the_storage_cannot_make_us_wait_for_long(weather: Weather) -> None:
    """A Retry-After of a minute is cut to a second: the visitor is waiting."""
    weather.expect(spoilt(503, Retry_After="60"))
    began = time.monotonic()
    await weather.stores.customers.get("b", "hash")
    assert 0.9 <= time.monotonic() - began < 10


async def test_a_storage_that_hangs_is_given_up(weather: Weather, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call ends when its time is over, whatever the storage does."""
    monkeypatch.setattr(service, "TOTAL_SECONDS", 0.05)
    weather.expect(hung)
    with pytest.raises(StoreUnavailable, match="timeout"):
        await weather.stores.idempotency.get("key")


# The identity


class WrongToken:
    """A credential whose tokens are for somebody else, or that has none."""

    def __init__(self, token: str | None) -> None:
        self._token = token
        self.asked = 0

    async def get_token(self, *_: str, **__: object) -> AccessToken:
        self.asked += 1
        if self._token is None:
            raise ClientAuthenticationError("no identity is assigned to this app")
        return AccessToken(self._token, int(time.time()) + 3600)

    async def close(self) -> None: ...

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...


@asynccontextmanager
async def opened_with(azurite: Azurite, credential: WrongToken) -> AsyncIterator[TableStores]:
    stores = open_table_stores(
        azurite.endpoint,
        credential,
        fresh_prefix(),
        FaultyTransport(azurite.authority),
    )
    try:
        yield stores
    finally:
        await stores.aclose()


@pytest.mark.filterwarnings(
    "ignore:Testing an element's truth value:DeprecationWarning"  # the SDK's own, about an error in XML
)
async def test_a_token_for_another_audience_is_refused_by_the_storage(azurite: Azurite) -> None:
    """Azurite does check the tokens: one for Graph opens nothing, and that is StoreUnavailable."""
    async with azurite.credential() as credential:
        token = await credential.get_token("https://graph.microsoft.com/.default")
    async with opened_with(azurite, WrongToken(token.token)) as stores:
        with pytest.raises(StoreUnavailable, match=r"40[13]"):
            await stores.idempotency.get("key")


async def test_an_identity_without_a_token_is_asked_once(azurite: Azurite) -> None:
    """Where no token can be had, trying again is azure-identity's business, not the store's."""
    credential = WrongToken(None)
    async with opened_with(azurite, credential) as stores:
        with pytest.raises(StoreUnavailable):
            await stores.idempotency.get("key")
    assert credential.asked == 1


PROBE = """
import asyncio, json, os, sys
from azure.identity.aio import ManagedIdentityCredential
from shared.tables.stores import open_table_stores

async def main():
    async with ManagedIdentityCredential() as credential:
        stores = open_table_stores(sys.argv[1], credential, sys.argv[2])
        await stores.customers.insert_missing("b", {"hash": "id"})
        print(json.dumps((await stores.customers.get("b", "hash")).customer_id))
        await stores.aclose()

asyncio.run(main())
"""


def run(code: str, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def test_a_worker_needs_nothing_but_its_endpoint_and_identity(azurite: Azurite) -> None:
    """As in production: no key, no transport of a test's; the machine's trust is SSL_CERT_FILE."""
    out = run(PROBE, azurite.endpoint, fresh_prefix(), **azurite.environment)
    assert json.loads(out) == "id"


def test_memory_stores_load_no_azure() -> None:
    """STORE=memory starts without the SDK; so does naming the factory of the other stores."""
    code = (
        "import sys, shared.tables.memory as m, shared.tables.stores; m.memory_stores();"
        "print([name for name in sys.modules if name.partition('.')[0] in {'azure', 'aiohttp'}])"
    )
    assert run(code).strip() == "[]"
