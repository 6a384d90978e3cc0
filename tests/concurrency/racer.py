"""One process of a race at the stores: `python -m tests.concurrency.racer <race> <course>`.

`course` is a JSON object: `endpoint`, `prefix`, `careless` (a store whose insert is unconditional, for
the control), and what the race needs. It says "ready", waits for a line on its standard input, runs,
and prints its result as JSON.
"""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from azure.identity.aio import ManagedIdentityCredential

from shared.booking.ports import AlreadyExists, LockStore, Stores
from shared.booking.records import IdempotencyRecord, State
from shared.booking.writes.locks import Locks
from shared.tables.stores import open_table_stores
from tests.concurrency.careless import careless

NOW = datetime(2026, 12, 1, 16, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TASKS = 5

Course = dict[str, Any]


def clock() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    return uuid4().hex


async def take_one_lock(stores: Stores, course: Course) -> int:
    """How many of this process's tasks got the lock."""
    tries = [stores.locks.try_acquire(course["name"], new_id(), NOW, MINUTE) for _ in range(TASKS)]
    return sum(lock is not None for lock in await asyncio.gather(*tries))


async def insert_one_record(stores: Stores, course: Course) -> int:
    """How many of this process's tasks inserted the record."""

    async def insert() -> bool:
        record = IdempotencyRecord(course["name"], "f", new_id(), State.IN_PROGRESS, NOW, NOW + MINUTE)
        try:
            await stores.idempotency.insert(record)
        except AlreadyExists:
            return False
        return True

    return sum(await asyncio.gather(*(insert() for _ in range(TASKS))))


async def add_up(stores: Stores, course: Course) -> int:
    """Add one to the number in a file several times, each time under the lock; the last number seen.

    Whoever has read for the first time waits for the others to have read as well, which they cannot
    while the lock holds: so without a lock the first additions surely collide.
    """
    locks, file = _locks(stores.locks), Path(course["file"])
    number = 0
    for turn in range(course["rounds"]):
        async with locks.hold([course["name"]]):
            number = _read(file) + 1
            if turn == 0:
                await _meet(file, course["processes"])
            _write(file, number)
    return number


async def _meet(file: Path, processes: int) -> None:
    """Wait until all processes are here, or for a second."""
    _write(file.with_name(f"{file.name}.{os.getpid()}"), 0)
    ends = asyncio.get_running_loop().time() + 1
    while _count(file) < processes and asyncio.get_running_loop().time() < ends:  # noqa: ASYNC110 (processes)
        await asyncio.sleep(0.005)


def _count(file: Path) -> int:
    return len(list(file.parent.glob(f"{file.name}.*")))


def _read(file: Path) -> int:
    return int(file.read_text("ascii"))


def _write(file: Path, number: int) -> None:
    """Replace the number as a whole: whoever reads meanwhile gets the old one or the new one."""
    draft = file.with_name(f"draft-{os.getpid()}-{file.name}")
    draft.write_text(f"{number}", "ascii")
    draft.replace(file)


def _locks(store: LockStore) -> Locks:
    return Locks(store, clock, new_id, life=MINUTE, wait=MINUTE)


RACES = {"lock": take_one_lock, "record": insert_one_record, "add": add_up}


async def main(race: str, course: Course) -> None:
    async with ManagedIdentityCredential() as credential:
        stores = open_table_stores(course["endpoint"], credential, course["prefix"])
        racing = careless(stores) if course["careless"] else stores
        await stores.customers.get("warm", "up")
        print("ready", flush=True)  # noqa: T201
        await asyncio.to_thread(sys.stdin.readline)
        print(json.dumps(await RACES[race](racing, course)), flush=True)  # noqa: T201
        await stores.aclose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
