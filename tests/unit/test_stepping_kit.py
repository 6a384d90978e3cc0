"""The test kit itself: it stops at every await, what is stopped stays stopped, and it sees what breaks."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from contextvars import Context
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from shared.booking.ports import Graph
from shared.booking.records import Lock
from shared.booking.use_cases import UseCases
from shared.domain.errors import Throttled, Unavailable, Unreachable
from shared.tables.memory import MemoryLocks
from tests.support import scenarios
from tests.support.endings import EVERY_STORE_CALL
from tests.support.remote_stores import Remote
from tests.support.stepping import Case, Trouble, play, sweep
from tests.support.stops import STOPS
from tests.support.virtual_time import Process, Stalled, VirtualLoop, current_process
from tests.support.wire import Ending, Logged, Wire, is_overwritten
from tests.support.workers import Build, Outside, use_cases
from tests.support.world import SHOP, Worker, World

BY_NAME = {one.name: one for one in STOPS}
Work = Callable[[VirtualLoop], Coroutine[Any, Any, None]]


def run(work: Work) -> VirtualLoop:
    """This work on a loop of its own."""
    loop = VirtualLoop()
    try:
        loop.run_until_complete(work(loop))
    finally:
        loop.close()
    return loop


# Time and processes.


def test_time_passes_only_when_nothing_else_is_to_be_done() -> None:
    """An hour is over at once, on both clocks."""

    async def work(loop: VirtualLoop) -> None:
        began = loop.clock()
        await asyncio.sleep(3600)
        assert loop.clock() - began == timedelta(hours=1)

    assert run(work).now == 3600


def test_a_run_that_cannot_go_on_fails() -> None:
    """Nobody waits for ever."""

    async def work(loop: VirtualLoop) -> None:
        await loop.create_future()

    with pytest.raises(Stalled):
        run(work)


def test_what_a_process_starts_belongs_to_it() -> None:
    """In a fresh context too, so that a shared reading dies with its worker."""
    process = Process("worker")
    seen: list[Process | None] = []

    async def inner() -> None:
        seen.append(current_process())

    async def outer() -> None:
        await asyncio.get_running_loop().create_task(inner(), context=Context())
        await asyncio.create_task(inner())

    async def work(loop: VirtualLoop) -> None:
        await loop.start(process, outer())
        assert current_process() is None

    run(work)
    assert seen == [process, process]
    assert process.suspensions == 2


@dataclass
class Ticking:
    """Something that notes its monotonic clock each second, for five seconds at most."""

    ticks: list[float] = field(default_factory=list)

    async def __call__(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(5):
                while True:
                    await asyncio.sleep(1)
                    self.ticks.append(loop.time())
        except TimeoutError:
            self.ticks.append(-1)


def test_what_is_killed_never_runs_again() -> None:
    """Not even to tidy up."""
    ticking, process = Ticking(), Process("worker")

    async def work(loop: VirtualLoop) -> None:
        loop.start(process, ticking())
        await asyncio.sleep(1.5)
        loop.kill(process)
        await asyncio.sleep(100)

    run(work)
    assert ticking.ticks == [1]


@pytest.mark.parametrize(
    ("stood_still", "ticks"),
    [(0.0, [1, -1]), (100.0, [1, 2, 3, 4, -1])],
    ids=["its clock went on", "its clock stood still"],
)
def test_what_is_frozen_goes_on_when_it_is_thawed(stood_still: float, ticks: list[float]) -> None:
    """With its clock going on, everything is overdue at once; with its clock standing still, nothing is."""
    ticking, process = Ticking(), Process("worker")

    async def work(loop: VirtualLoop) -> None:
        task = loop.start(process, ticking())
        await asyncio.sleep(1.5)
        loop.freeze(process)
        await asyncio.sleep(100)
        assert ticking.ticks == [1]
        loop.thaw(process, stood_still)
        await task

    run(work)
    assert ticking.ticks == ticks


# The wire.


@dataclass
class Effects:
    """Counts how often something happened, and when last."""

    count: int = 0
    at: float = -1.0

    def __call__(self, _: Ending) -> str:
        self.count += 1
        self.at = asyncio.get_running_loop().time()
        return "done"


def unavailable(operation: str) -> Exception:
    return Unavailable(operation, 500)


ENDS = [
    (Ending("not done", unavailable, done=0), Unavailable, 0, -1.0),
    (Ending("done", unavailable), Unavailable, 1, 2.0),
    (Ending("done late", unavailable, late=30), Unavailable, 1, 33.0),
    (Ending("silence", done=0, silent=True), Unreachable, 0, -1.0),
    (Ending("silence, done", silent=True), Unreachable, 1, 2.0),
    (Ending("silence, done late", silent=True, late=30), Unreachable, 1, 42.0),
]


@pytest.mark.parametrize(("ending", "error", "count", "at"), ENDS, ids=[one[0].name for one in ENDS])
def test_each_ending_does_what_it_says(ending: Ending, error: type[Exception], count: int, at: float) -> None:
    """A second to wait, one there and one back; ten until a caller gives up."""
    effects = Effects()

    async def work(_: VirtualLoop) -> None:
        wire = Wire(latency=1.0)
        wire.arm("write", ending, nth=2)
        await wire.call("write", Effects())
        with pytest.raises(error):
            await wire.call("write", effects)
        await asyncio.sleep(100)

    loop = run(work)
    assert loop.now < 120
    assert effects.count == count
    assert effects.at == pytest.approx(at + 3 if count else -1.0)


def test_a_write_that_is_delivered_twice_is_done_twice() -> None:
    """The caller sees one answer."""
    effects = Effects()

    async def work(_: VirtualLoop) -> None:
        wire = Wire()
        wire.arm("write", Ending("twice", done=2))
        assert await wire.call("write", effects) == "done"

    run(work)
    assert effects.count == 2


def test_a_sent_write_happens_whatever_becomes_of_its_caller() -> None:
    """Cancelled on the way there: it arrives all the same, late if it is told to."""
    effects = Effects()

    async def work(_: VirtualLoop) -> None:
        wire = Wire(latency=1.0)
        task = asyncio.ensure_future(wire.call("write", effects))
        await asyncio.sleep(1.5)
        task.cancel()
        assert wire.delay(30.0, "write") == 1
        await asyncio.sleep(100)

    run(work)
    assert (effects.count, effects.at) == (1, 31.5)


def test_what_is_late_is_not_made_late_twice() -> None:
    """Graph is assumed to finish within a time, which both together would pass."""
    effects = Effects()

    async def work(_: VirtualLoop) -> None:
        wire = Wire(latency=1.0)
        wire.arm("write", Ending("done late", unavailable, late=30))
        task = asyncio.ensure_future(wire.call("write", effects))
        await asyncio.sleep(1.5)
        assert wire.delay(30.0, "write") == 0
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(100)

    run(work)
    assert (effects.count, effects.at) == (1, 33.0)


def test_a_caller_who_gives_up_in_the_queue_has_sent_nothing() -> None:
    """As the gateway has it: throttled by ourselves, surely not done."""
    effects = Effects()

    async def work(_: VirtualLoop) -> None:
        wire = Wire(latency=11.0)
        with pytest.raises(Throttled):
            await wire.call("write", effects)
        await asyncio.sleep(100)

    run(work)
    assert effects.count == 0


def log(*steps: str) -> list[Logged]:
    """`r1` is a reading that happened, `s2` a write that was sent, `d2` the same one done."""
    operations = {"r": "appointment", "s": "replace_attendees", "d": "replace_attendees"}
    return [Logged(int(one[1:]), operations[one[0]], None, one[0] == "s") for one in steps]


@pytest.mark.parametrize(
    ("steps", "mark", "expected"),
    [
        (("r1", "s2", "d2"), 1, True),
        (("r1", "s2", "d2"), 2, True),
        (("r1", "s2", "d2"), 3, False),
        (("r1", "s2", "d2"), 0, False),
        (("r1", "s2", "d2", "s3", "d3"), 3, False),
        (("r1", "s2", "d2", "r3", "s4", "d4"), 3, False),
        (("r1", "s2", "d2", "r3", "s4", "d4"), 4, True),
    ],
)
def test_only_the_first_write_after_a_reading_may_undo_an_edit(
    steps: tuple[str, ...], mark: int, expected: bool
) -> None:
    """A list that is sent a second time without being read again is no excuse."""
    assert is_overwritten(log(*steps), mark) is expected


# The sweep.


@dataclass(frozen=True)
class Waiting:
    """A victim with so many awaits, which does nothing else."""

    awaits: int
    name: str = "wait"

    async def prepare(self, world: World) -> None:
        world.caller("vic")

    async def victim(self, world: World, worker: Worker) -> None:
        assert worker in world.workers
        for _ in range(self.awaits):
            await asyncio.sleep(0.1)

    def others(self, world: World, same: Worker) -> Iterable[Coroutine[Any, Any, None]]:
        assert same in world.workers
        return ()

    async def again(self, world: World) -> None:
        assert world.callers


def test_a_new_await_is_stopped_at_without_a_new_test() -> None:
    """Runs grow with the awaits: each of seven stops, with and without a second request."""
    runs = [sweep(Waiting(awaits)) for awaits in (3, 4)]

    stops = [one for one in STOPS if not one.is_late]
    assert [one.awaits for one in runs] == [3, 4]
    assert runs[1].runs - runs[0].runs == 2 * len(stops) == 14
    assert runs[0].runs == 1 + 3 * 2 * len(stops)


def test_an_undisturbed_run_breaks_nothing() -> None:
    """Nothing is stopped, nothing fails: every scenario whose calendar is in order ends well."""
    in_order = [one for one in scenarios.ALL if one is not scenarios.JOIN_BESIDE_THE_FORGOTTEN]

    assert [play(one, Case()).violations for one in in_order] == [[]] * len(in_order)


def test_calls_of_the_stores_are_calls_too() -> None:
    """What a sweep makes fail is what the undisturbed run calls, Graph and stores alike."""
    calls = play(scenarios.JOIN, Case()).calls

    assert {"replace_attendees", "idempotency.replace", "locks.release", "ledger.record"} <= set(calls)


def test_a_storage_that_fails_is_no_end_of_the_world() -> None:
    """The answer could not be stored: the booking stands, once, and is found again."""
    lost = Trouble("idempotency.replace", 2, EVERY_STORE_CALL[0])

    assert [play(scenarios.ONE_TO_ONE, Case(lost, returns=one)).violations for one in (True, False)] == [
        [],
        [],
    ]


def test_a_run_is_the_same_each_time() -> None:
    """The same case has the same awaits, calls and violations."""
    case = Case(Trouble("create_appointment", 1, Ending("lost", unavailable)), BY_NAME["paused for 8 s"], 20)

    first, second = (play(scenarios.ONE_TO_ONE, case) for _ in range(2))

    assert first == second
    assert isinstance(first.calls, Counter)


class LocksForAll(MemoryLocks):
    """Locks that anybody has at any time."""

    async def try_acquire(self, name: str, owner: str, now: datetime, life: timedelta) -> Lock | None:
        return Lock(name, owner, now + life, owner)


def without_locks(outside: Outside) -> UseCases:
    """Workers whose locks keep nobody out."""
    shared = outside.stores.locks
    assert isinstance(shared, Remote)
    locks = Remote("locks", LocksForAll(), Wire())
    return use_cases(replace(outside, stores=replace(outside.stores, locks=locks)))


@pytest.mark.parametrize(
    ("scenario", "broken"),
    [
        (scenarios.ONE_TO_ONE, "ann: appointments overlap"),
        (scenarios.GROUP_NEW, "bob: appointments overlap"),
        (scenarios.JOIN_THE_LAST_SEAT, "rival0: confirmed, but in no such appointment"),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_it_sees_writing_without_locks(scenario: scenarios.Booking, broken: str) -> None:
    """A rival who comes while the victim pauses between looking and writing gets the same slot."""
    paused = BY_NAME["paused for 8 s"]
    kinds: Counter[str] = Counter()
    for at in range(1, play(scenario, Case()).awaits + 1, 4):
        kinds += Counter(play(scenario, Case(None, paused, at), without_locks).violations)

    assert kinds[broken] > 0


class BlindGraph:
    """A Graph whose list of customers shows nobody."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._graph, name)

    async def customers_page(self, business: str, page: str | None) -> tuple[tuple[()], None]:
        assert (business, page) == (SHOP, None)
        return (), None


class RowsForAll:
    """Rows of bookings that nobody is found by."""

    def __init__(self, rows: Any) -> None:  # noqa: ANN401
        self._rows = rows

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._rows, name)

    async def of_person(self, business: str, person: str) -> tuple[()]:
        assert (business, bool(person)) == (SHOP, True)
        return ()


def without_customers(outside: Outside) -> UseCases:
    """Workers who never see a customer's record."""
    return use_cases(replace(outside, graph=cast(Graph, BlindGraph(outside.graph))))


def without_rows(outside: Outside) -> UseCases:
    """Workers who find nobody's rows."""
    rows = cast(Any, RowsForAll(outside.stores.bookings))
    return use_cases(replace(outside, stores=replace(outside.stores, bookings=rows)))


@pytest.mark.parametrize(
    ("build", "where"),
    [
        (without_customers, "the list of customers"),
        (without_rows, "the store of bookings"),
    ],
)
def test_it_sees_what_is_left_of_a_person(build: Build, where: str) -> None:
    """At Graph, and in our own stores."""
    left = play(scenarios.ERASE, Case(), build).violations

    assert f"quinn@contoso.com: erased, but in {where}" in left
