"""A flood of hostile requests over all routes: no 5xx, small refusals, nothing written for them, memory flat.

`HOSTILE_REQUESTS` says how many are sent (10,000 in `make nightly`) and `HOSTILE_SEED` which ones.
"""

import gc
import logging
import os
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from devtools.functions_host.host import create_host
from shared.booking.ports import Stores
from shared.bootstrap import assemble, gateway, utc_now
from shared.settings import Settings
from shared.tables.memory import memory_stores
from tests.support.facade import KEY, Facade, environment, serve
from tests.support.hostile_requests import Attacker, Hostile

REQUESTS = int(os.environ.get("HOSTILE_REQUESTS", "200"))
SEED = int(os.environ.get("HOSTILE_SEED", "13"))
MOST_REFUSED = 64 * 1024
MOST_CALLS = 11
"""Calls of the port to Graph that one request may cost, whatever it is.

Five for a booking, and two for each of the three rounds in which it may read the calendar.
"""

MOST_GROWTH = 1_000_000
"""Bytes that the second half of the requests may leave behind: caches that have a bound, no more."""

WRITES = (
    "create_appointment",
    "replace_attendees",
    "opt_out",
    "delete_appointment",
    "create_customer",
    "cancel_appointment",
)


class Counting:
    """A gateway to Graph that counts what it is asked for."""

    def __init__(self, graph: object) -> None:
        self._graph = graph
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """The gateway's own method, counted."""
        method = getattr(self._graph, name)

        def counted(*args: object, **named: object) -> Any:  # noqa: ANN401 (whatever the method gives)
            self.calls[name] += 1
            return method(*args, **named)

        return counted


class Target:
    """A facade with one kind of human check, met without a client that would mend requests."""

    def __init__(self, facade: Facade, check: str) -> None:
        secrets = {"BOOKING_SECRET": "s" * 32, "ALTCHA_HMAC_KEY": "a" * 32, "HUMAN_CHECK": check}
        settings = Settings.from_environ({**environment(facade.emulator), **secrets})
        self._gateway = gateway(settings)
        self.graph: Any = Counting(self._gateway)
        self.stores: Stores = memory_stores()
        self._app = assemble(settings, self.graph, self.stores, utc_now, (self._gateway.aclose,))
        self._module = facade.module
        keys = {"FUNCTIONS_HOST_KEYS": f'{{"default": "{KEY}"}}'}
        host_json = {"version": "2.0", "extensions": {"http": {"routePrefix": "api"}}}
        self._host = create_host(
            facade.module.app, host_json, environ={**os.environ, **keys}, run_timers=False
        )

    async def answer(self, sent: Hostile) -> tuple[int, bytes]:
        """Status and body."""
        serve(self._module, self._app)
        path, _, query = sent.target.partition(b"?")
        scope = {
            "type": "http", "http_version": "1.1", "method": sent.method, "scheme": "http", "raw_path": path,
            "path": path.decode("latin-1"), "query_string": query, "headers": sent.headers,
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        status, body = 0, bytearray()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": sent.body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            body.extend(message.get("body", b""))

        await self._host(scope, receive, send)
        return status, bytes(body)

    async def forget(self) -> None:
        """Sweep the stores, which keep for a day what production keeps in tables."""
        later = datetime.now(UTC) + timedelta(days=400)
        held = self.stores
        for store in (held.idempotency, held.locks, held.ledger, held.counters, held.once):
            await store.sweep(later)

    async def aclose(self) -> None:
        """Close what is open."""
        await self._app.aclose()


@pytest_asyncio.fixture
async def targets(facade: Facade) -> AsyncIterator[list[Target]]:
    """One that asks for no proof, and one that does."""
    made = [Target(facade, check) for check in ("off", "altcha")]
    yield made
    for one in made:
        await one.aclose()


@contextmanager
def silence() -> Iterator[None]:
    """No log lines: the harness would keep each of them in memory."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


async def held_memory(targets: list[Target]) -> int:
    """The bytes that are left once the stores are swept."""
    for target in targets:
        await target.forget()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def attack(targets: list[Target], attacker: Attacker, many: int) -> Counter[int]:
    """Send so many requests to the targets in turn and check each answer; how often each status came."""
    told: Counter[int] = Counter()
    for number in range(many):
        sent, target = attacker.next(), targets[number % len(targets)]
        target.graph.calls.clear()

        status, body = await target.answer(sent)

        told[status] += 1
        calls = target.graph.calls
        assert 200 <= status < 500, f"{status} {body[:300]!r} for {sent}"
        assert sum(calls.values()) <= MOST_CALLS, f"{calls} for {sent}"
        if status >= 400:
            assert len(body) <= MOST_REFUSED, f"{len(body)} bytes for {sent}"
            assert not [one for one in WRITES if calls[one]], f"{calls} for {sent}"
    return told


@pytest.mark.timeout(240 + REQUESTS // 10)
async def test_a_flood_of_hostile_requests(targets: list[Target]) -> None:
    """Whatever comes, each answer is ours or the host's, costs little, and leaves nothing behind."""
    attacker = Attacker(SEED)
    tracemalloc.start()
    try:
        with silence():
            told = await attack(targets, attacker, REQUESTS // 2)
            before = await held_memory(targets)
            told += await attack(targets, attacker, REQUESTS - REQUESTS // 2)
            grown = await held_memory(targets) - before
    finally:
        tracemalloc.stop()

    assert {200, 201, 404, 422} <= told.keys(), told
    assert grown <= MOST_GROWTH, f"{grown} bytes are left"
