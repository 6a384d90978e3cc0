"""Locks and idempotency records against a plain model: any order of steps gives what the model says."""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from shared.booking.ports import AlreadyExists, Changed, Stores
from shared.booking.records import IdempotencyRecord, Lock, State
from shared.tables.memory import memory_stores
from tests.support.azurite_server import Azurite

T = TypeVar("T")

NOW = datetime(2026, 12, 1, 16, tzinfo=UTC)
LIFE = timedelta(seconds=60)
NAMES = st.sampled_from(["a", "b"])
OWNERS = st.sampled_from(["me", "you", "they"])
STEPS = st.sampled_from(
    [timedelta(0), timedelta(microseconds=1), LIFE / 2, LIFE - timedelta(microseconds=1), LIFE]
)
STATES = st.sampled_from(list(State))
PICKS = st.integers(min_value=0, max_value=30)

EXAMPLES = {"memory": 150, "azurite": 15}
runs = count()


@dataclass(frozen=True, slots=True)
class Ground:
    """Stores on a loop that stays open over all examples."""

    stores: Stores
    runner: asyncio.Runner
    kind: str

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)


@pytest.fixture(params=["memory", "azurite"])
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    with asyncio.Runner() as runner:
        if request.param == "memory":
            yield Ground(memory_stores(), runner, "memory")
            return
        server: Azurite = request.getfixturevalue("azurite")
        opened = server.stores()
        yield Ground(runner.run(opened.__aenter__()), runner, "azurite")
        runner.run(opened.__aexit__(None, None, None))


def explore(ground: Ground, machine: "type[LockMachine | RecordMachine]") -> None:
    bounds = settings(
        max_examples=EXAMPLES[ground.kind],
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    made: Any = lambda: machine(ground)  # noqa: E731 (a factory does as well as the class that is asked for)
    run_state_machine_as_test(made, settings=bounds)


class LockMachine(RuleBasedStateMachine):
    """The model: a name is held by the last grant until its end, or until that grant is released."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.ground = ground
        self.store = ground.stores.locks
        self.now = NOW
        self.held: dict[str, tuple[str, datetime, int]] = {}
        self.granted: list[tuple[Lock, int]] = []

    @initialize()
    def names_of_its_own(self) -> None:
        self.prefix = f"{next(runs)}-"

    @rule(step=STEPS)
    def time_passes(self, step: timedelta) -> None:
        self.now += step

    @rule(name=NAMES, owner=OWNERS)
    def somebody_asks(self, name: str, owner: str) -> None:
        name = self.prefix + name
        lock = self.ground.do(self.store.try_acquire(name, owner, self.now, LIFE))
        holder, ends, grant = self.held.get(name, (owner, self.now, 0))
        if ends > self.now:
            assert (lock is None) == (holder != owner)
        else:
            ends, grant = self.now + LIFE, len(self.granted) + 1
        if lock is not None:
            assert lock == Lock(name, owner, ends)
            self.held[name] = (owner, ends, grant)
            self.granted.append((lock, grant))
        assert lock is not None or ends > self.now

    @rule(pick=PICKS)
    def somebody_releases_a_lock_of_now_or_long_ago(self, pick: int) -> None:
        if not self.granted:
            return
        lock, grant = self.granted[pick % len(self.granted)]
        self.ground.do(self.store.release(lock))
        if self.held.get(lock.name, ("", NOW, 0))[2] == grant:
            del self.held[lock.name]

    @rule(age=STEPS)
    def the_timer_sweeps(self, age: timedelta) -> None:
        before = self.now - age
        self.ground.do(self.store.sweep(before))
        self.held = {name: one for name, one in self.held.items() if one[1] >= before}


class RecordMachine(RuleBasedStateMachine):
    """The model: one record for each key, each with a version that every write changes."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.ground = ground
        self.store = ground.stores.idempotency
        self.now = NOW
        self.known: dict[str, IdempotencyRecord] = {}
        self.seen: list[IdempotencyRecord] = []

    @initialize()
    def keys_of_its_own(self) -> None:
        self.prefix = f"{next(runs)}-"

    def _write(self, record: IdempotencyRecord) -> None:
        self.known[record.key] = record
        self.seen.append(record)

    @rule(step=STEPS)
    def time_passes(self, step: timedelta) -> None:
        self.now += step

    @rule(key=NAMES, state=STATES)
    def somebody_inserts(self, key: str, state: State) -> None:
        record = IdempotencyRecord(
            self.prefix + key, "f", f"BK-{len(self.seen)}", state, self.now, self.now + LIFE
        )
        try:
            self._write(self.ground.do(self.store.insert(record)))
        except AlreadyExists:
            assert record.key in self.known
        else:
            assert self.known[record.key] == record

    @rule(key=NAMES)
    def somebody_reads(self, key: str) -> None:
        found = self.ground.do(self.store.get(self.prefix + key))
        assert found == self.known.get(self.prefix + key)
        if found is not None:
            assert found.version == self.known[found.key].version

    @rule(pick=PICKS, state=STATES, answer=st.none() | st.text(max_size=5))
    def somebody_replaces_what_was_seen(self, pick: int, state: State, answer: str | None) -> None:
        if not self.seen:
            return
        seen = self.seen[pick % len(self.seen)]
        current = self.known.get(seen.key)
        is_current = current is not None and current.version == seen.version
        try:
            written = self.ground.do(self.store.replace(replace(seen, state=state, answer=answer)))
        except Changed:
            assert not is_current
            return
        assert is_current
        self._write(written)

    @rule()
    def somebody_looks_for_work(self) -> None:
        found = self.ground.do(self._unsettled())
        assert found == {
            one.key
            for one in self.known.values()
            if one.state is State.UNKNOWN or (one.state is State.IN_PROGRESS and one.lease_ends <= self.now)
        }

    async def _unsettled(self) -> set[str]:
        keys = [one.key async for one in self.store.unsettled(self.now)]
        assert len(keys) == len(set(keys))
        return {key for key in keys if key.startswith(self.prefix)}

    @rule(age=STEPS)
    def the_timer_sweeps(self, age: timedelta) -> None:
        before = self.now - age
        self.ground.do(self.store.sweep(before))
        settled = {State.COMPLETED, State.REFUSED}
        self.known = {
            key: one for key, one in self.known.items() if one.state not in settled or one.created >= before
        }


def test_locks_do_what_the_model_does(ground: Ground) -> None:
    """Asking, releasing (late as well) and sweeping in any order, over time."""
    explore(ground, LockMachine)


def test_records_do_what_the_model_does(ground: Ground) -> None:
    """Inserting, replacing (stale as well), looking for work and sweeping in any order, over time."""
    explore(ground, RecordMachine)
