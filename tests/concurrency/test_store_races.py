"""Races at the stores: exactly one wins, among tasks and among processes, and the control oversells."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import pytest

from shared.booking.ports import AlreadyExists, Changed, Stores
from shared.booking.records import IdempotencyRecord, State
from shared.tables.memory import memory_stores
from tests.concurrency.careless import careless
from tests.concurrency.racer import TASKS
from tests.support.azurite_server import Azurite, fresh_prefix
from tests.support.servers import ROOT

NOW = datetime(2026, 12, 1, 16, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RACERS = 12
PROCESSES = 3
ROUNDS = 3


async def winners(stores: Stores, now: datetime = NOW) -> int:
    """How many of several tasks get the same lock at the same time."""
    tries = [stores.locks.try_acquire("slot", uuid4().hex, now, MINUTE) for _ in range(RACERS)]
    return sum(lock is not None for lock in await asyncio.gather(*tries))


async def inserted(stores: Stores) -> int:
    """How many of several tasks insert the record of the same key."""

    async def insert(number: int) -> bool:
        record = IdempotencyRecord("key", "f", f"BK-{number}", State.IN_PROGRESS, NOW, NOW + MINUTE)
        try:
            await stores.idempotency.insert(record)
        except AlreadyExists:
            return False
        return True

    return sum(await asyncio.gather(*map(insert, range(RACERS))))


# Tasks


async def test_one_task_gets_a_free_lock(stores: Stores) -> None:
    """All ask for a lock that nobody has: one gets it."""
    assert await winners(stores) == 1


async def test_one_task_gets_a_lock_that_is_over(stores: Stores) -> None:
    """All ask for a lock whose time is over: one gets it; the etag decides."""
    await stores.locks.try_acquire("slot", "dead", NOW - MINUTE, MINUTE)
    assert await winners(stores) == 1


async def test_control_locks_that_look_first_have_several_winners() -> None:
    """The control: with a look and then a write several win the same race."""
    assert await winners(careless(memory_stores())) > 1


async def test_one_task_inserts_a_record(stores: Stores) -> None:
    """All insert the same key: one does."""
    assert await inserted(stores) == 1


async def test_control_records_that_look_first_are_inserted_several_times() -> None:
    """The control: with a look and then a write several insert the same key."""
    assert await inserted(careless(memory_stores())) > 1


async def test_one_task_takes_over_a_record(stores: Stores) -> None:
    """All replace the same version: one does."""
    record = await stores.idempotency.insert(IdempotencyRecord("key", "f", "BK", State.UNKNOWN, NOW, NOW))

    async def take_over(number: int) -> bool:
        try:
            await stores.idempotency.replace(replace(record, reference=f"BK-{number}"))
        except Changed:
            return False
        return True

    assert sum(await asyncio.gather(*map(take_over, range(RACERS)))) == 1


async def test_no_hit_is_lost(stores: Stores) -> None:
    """All add to the same count: each sees another number."""
    hits = await asyncio.gather(*(stores.counters.hit("visitor", NOW, NOW + MINUTE) for _ in range(RACERS)))
    assert sorted(hits) == list(range(1, RACERS + 1))


async def test_no_hit_is_lost_between_workers(azurite: Azurite) -> None:
    """Two workers, each with its own queue, add to the same count: each hit sees another number."""
    prefix = fresh_prefix()
    async with azurite.stores(prefix=prefix) as one, azurite.stores(prefix=prefix) as two:
        await one.create_tables()
        hits = await asyncio.gather(
            *(stores.counters.hit("visitor", NOW, NOW + MINUTE) for stores in (one, two) for _ in range(6))
        )
    assert sorted(hits) == list(range(1, 13))


async def test_a_thing_is_claimed_once(stores: Stores) -> None:
    """All claim the same thing: one may have it."""
    claims = await asyncio.gather(*(stores.once.claim("thing", f"{n}", NOW) for n in range(RACERS)))
    assert sum(claims) == 1


# Processes


@contextmanager
def racer(azurite: Azurite, race: str, course: dict[str, Any]) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.concurrency.racer", race, json.dumps(course)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **azurite.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        with process:
            yield process
    finally:
        process.kill()


def stream(given: IO[str] | None) -> IO[str]:
    assert given is not None
    return given


def run_race(azurite: Azurite, race: str, **course: object) -> Sequence[int]:
    """The result of each process; all start together, once all are ready."""
    full = {"endpoint": azurite.endpoint, "prefix": fresh_prefix(), "careless": False, **course}
    with ExitStack() as stack:
        racers = [stack.enter_context(racer(azurite, race, full)) for _ in range(PROCESSES)]
        for one in racers:
            assert stream(one.stdout).readline() == "ready\n"
        for one in racers:
            stream(one.stdin).write("go\n")
            stream(one.stdin).flush()
        return [json.loads(stream(one.stdout).readline()) for one in racers]


def test_one_process_gets_a_lock(azurite: Azurite) -> None:
    """Several tasks in each of several processes ask for a lock: one task of all gets it."""
    assert sum(run_race(azurite, "lock", name="slot")) == 1


def test_control_an_upsert_gives_the_lock_to_everybody(azurite: Azurite) -> None:
    """The control: with an upsert instead of an insert everybody gets the same lock."""
    assert sum(run_race(azurite, "lock", name="slot", careless=True)) == PROCESSES * TASKS


def test_one_process_inserts_a_record(azurite: Azurite) -> None:
    """Several tasks in each of several processes insert a key: one task of all does."""
    assert sum(run_race(azurite, "record", name="key")) == 1


@pytest.fixture
def number(tmp_path: Path) -> Path:
    file = tmp_path / "number"
    file.write_text("0", "ascii")
    return file


def test_no_addition_under_the_lock_is_lost(azurite: Azurite, number: Path) -> None:
    """Processes that read, wait and write under a lock of `Locks` never overwrite each other."""
    run_race(azurite, "add", name="number", file=str(number), rounds=ROUNDS, processes=PROCESSES)
    assert int(number.read_text("ascii")) == PROCESSES * ROUNDS


def test_control_without_the_lock_additions_are_lost(azurite: Azurite, number: Path) -> None:
    """The control: with locks that several may hold, some additions are overwritten."""
    run_race(
        azurite, "add", name="number", file=str(number), rounds=ROUNDS, processes=PROCESSES, careless=True
    )
    assert int(number.read_text("ascii")) < PROCESSES * ROUNDS
