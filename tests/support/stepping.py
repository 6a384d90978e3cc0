"""Ends a run of a use case at every await, in every way, and looks whether a promise broke.

A scenario says who does what. Its victim runs in a worker of its own; at its n-th suspension it is
stopped. Then the staff, the rivals, the same caller and the timer go on in other workers, until
everything is settled, and the calendar is audited. The suspensions are counted while the victim runs, so
an await that is new is stopped at without a new test.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Protocol, TypeVar

from tests.support.endings import (
    DELIVERED_TWICE,
    EVERY_READ,
    EVERY_STORE_CALL,
    EVERY_WRITE,
    LATE,
    NOT_AS_ASKED,
)
from tests.support.fake_graph import READS, WRITES
from tests.support.promises import audit, unsettled
from tests.support.stops import STOPS, Stop
from tests.support.virtual_time import Process
from tests.support.wire import Ending, is_overwritten
from tests.support.workers import Build, use_cases
from tests.support.world import Worker, World

T = TypeVar("T")
CALLS = frozenset((*READS, *WRITES))
MINUTE = 60.0
SHORTEST_AFTERMATH = 240.0
"""Seconds after the stop in which everything late has landed, and leases and locks are over."""

LONGEST_AFTERMATH = 10
"""Minutes after that in which everything must have come to its end."""


class Scenario(Protocol):
    """Who does what; one scenario makes many worlds."""

    @property
    def name(self) -> str:
        """What the victim does."""
        ...

    async def prepare(self, world: World) -> None:
        """What is there before the victim begins."""
        ...

    def victim(self, world: World, worker: Worker) -> Coroutine[Any, Any, None]:
        """The use case that is stopped."""
        ...

    def others(self, world: World, same: Worker) -> Iterable[Coroutine[Any, Any, None]]:
        """Who else wants the slot, each asking until the answer is final; `same` is a worker that lives."""
        ...

    def again(self, world: World) -> Coroutine[Any, Any, None]:
        """The victim's caller again, with the same key, in another worker."""
        ...


@dataclass(frozen=True, slots=True)
class Trouble:
    """The victim's n-th call of an operation, to Graph or a store, ends badly, so many `times` in a row."""

    operation: str
    nth: int
    ending: Ending
    times: int = 1

    def __str__(self) -> str:
        twice = ", twice" if self.times > 1 else ""
        return f"{self.operation} {self.nth}: {self.ending.name}{twice}"


@dataclass(frozen=True, slots=True)
class Case:
    """One run: what goes wrong, where and how it is stopped, and whether the caller comes back."""

    trouble: Trouble | None = None
    stop: Stop | None = None
    at: int = 0
    returns: bool = True

    def __str__(self) -> str:
        where = f"{self.stop.name} at await {self.at}" if self.stop else "not stopped"
        return (
            f"[{self.trouble or 'fair weather'}; {where}; {'asks again' if self.returns else 'stays away'}]"
        )


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one run; `was_stopped` is false where there was nothing to be stopped.

    `is_unavoidable` where the staff edited what was just being written.
    """

    awaits: int
    calls: "Counter[str]"
    was_stopped: bool
    violations: Sequence[str]
    is_unavoidable: bool = False


@dataclass(slots=True)
class Swept:
    """What came of many runs: awaits of the undisturbed run, runs, and violations by case.

    `unavoidable` counts the runs in which an edit of the staff's was overwritten, and nobody could help it.
    """

    awaits: int = 0
    runs: int = 0
    unavoidable: int = 0
    violations: list[tuple[Case, str]] = field(default_factory=list)

    @property
    def kinds(self) -> "Counter[str]":
        """The violations, without their cases."""
        return Counter(text for _, text in self.violations)

    def __str__(self) -> str:
        shown = "".join(f"\n  {case} {text}" for case, text in self.violations[:20])
        return f"{self.awaits} awaits, {self.runs} runs, {len(self.violations)} violations{shown}"


def play(scenario: Scenario, case: Case, build: Build = use_cases) -> Played:
    """One run in a world of its own."""
    with _quiet():
        world = World(build)
        try:
            return world.loop.run_until_complete(_Run(scenario, case, world).play())
        finally:
            _bury(world)


class _Run:
    def __init__(self, scenario: Scenario, case: Case, world: World) -> None:
        self._scenario, self._case, self._world = scenario, case, world
        self._was_stopped = False

    async def play(self) -> Played:
        world, scenario = self._world, self._scenario
        await scenario.prepare(world)
        world.wire.calls.clear()
        world.store_wire.calls.clear()
        victim = world.hire()
        if self._case.trouble is not None:
            trouble = self._case.trouble
            wire = world.wire if trouble.operation in CALLS else world.store_wire
            wire.arm(
                trouble.operation,
                trouble.ending,
                nth=trouble.nth,
                times=trouble.times,
                by=victim.process,
            )
        stopped: asyncio.Future[None] = world.loop.create_future()
        task = world.loop.start(victim.process, scenario.victim(world, victim))
        victim.process.on_suspension = lambda process, _: self._on_suspension(process, victim, task, stopped)
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
        awaits, calls = victim.process.suspensions, world.wire.calls + world.store_wire.calls
        if self._case.stop is not None and not self._was_stopped:
            return Played(awaits, calls, was_stopped=False, violations=())
        await self._aftermath(victim)
        mark = world.edit_mark
        is_unavoidable = mark is not None and is_overwritten(world.wire.log, mark)
        return Played(awaits, calls, True, audit(world), is_unavoidable)

    def _on_suspension(
        self, process: Process, victim: Worker, task: "asyncio.Task[None]", stopped: "asyncio.Future[None]"
    ) -> BaseException | None:
        stop = self._case.stop
        if stop is None or process.suspensions != self._case.at:
            return None
        process.on_suspension = None
        if stop.is_late and not self._world.wire.delay(LATE, *WRITES):
            return None  # nothing is on its way: the same as without a late write
        if not stop.applies(self._world):
            return None
        self._was_stopped = True
        stopped.set_result(None)
        return stop.act(self._world, victim, task)

    async def _aftermath(self, victim: Worker) -> None:
        """Everybody else goes on until all is settled, or until it should long have been."""
        world, began = self._world, self._world.loop.now
        timer = asyncio.ensure_future(self._timer())
        busy = [asyncio.ensure_future(one) for one in self._busy(victim)]
        if victim.process.is_frozen:
            await self._thaw(victim)
        await asyncio.sleep(max(0.0, began + SHORTEST_AFTERMATH - world.loop.now))
        for _ in range(LONGEST_AFTERMATH):
            if all(one.done() for one in busy) and not unsettled(world):
                break
            await asyncio.sleep(MINUTE)
        world.crashes += ["somebody never got a final answer" for one in busy if not one.done()]
        for one in (timer, *busy):
            one.cancel()
        await asyncio.gather(timer, *busy, return_exceptions=True)

    def _busy(self, victim: Worker) -> Iterator[Coroutine[Any, Any, None]]:
        """The caller who comes back, and those who want the same."""
        if self._case.returns:
            yield self._scenario.again(self._world)
        serves = self._case.stop is None or self._case.stop.serves
        yield from self._scenario.others(self._world, victim if serves else self._world.hire())

    async def _thaw(self, victim: Worker) -> None:
        stop = self._case.stop
        assert stop is not None
        assert stop.wakes is not None
        await asyncio.sleep(stop.wakes)
        self._world.loop.thaw(victim.process, stop.wakes if stop.is_still else 0.0)

    async def _timer(self) -> None:
        world, worker = self._world, self._world.hire()
        while True:
            await asyncio.sleep(MINUTE)
            await asyncio.wait([world.loop.start(worker.process, world.settle(worker))])


def sweep(
    scenario: Scenario,
    *,
    build: Build = use_cases,
    stops: Sequence[Stop] = STOPS,
    sample: int | None = None,
    pairs: int | None = None,
    seed: int = 1,
) -> Swept:
    """Every trouble, every stop at every await, and every stop at every await of every trouble.

    `sample` bounds each of the first two by chance, `pairs` the third.
    """
    calm = play(scenario, Case(), build)
    swept = Swept(awaits=calm.awaits)
    _add(swept, Case(), calm)
    awaits: dict[Trouble, int] = {}
    for trouble in _drawn(list(_troubles(calm.calls)), sample, seed):
        for returns in (True, False):
            case = Case(trouble, returns=returns)
            played = play(scenario, case, build)
            _add(swept, case, played)
        awaits[trouble] = played.awaits
    fair = list(_cases(None, calm.awaits, stops))
    foul = [case for trouble, many in awaits.items() for case in _cases(trouble, many, stops)]
    for case in (*_drawn(fair, sample, seed), *_drawn(foul, pairs, seed)):
        _add(swept, case, play(scenario, case, build))
    return swept


def _add(swept: Swept, case: Case, played: Played) -> None:
    if not played.was_stopped:
        return
    swept.runs += 1
    if played.is_unavoidable:
        swept.unavoidable += bool(played.violations)
        return
    swept.violations += [(case, text) for text in played.violations]


def _drawn(values: Sequence[T], sample: int | None, seed: int) -> Sequence[T]:
    if sample is None or sample >= len(values):
        return values
    return random.Random(seed).sample(values, sample)  # noqa: S311 (a repeatable choice)


def _troubles(calls: "Counter[str]") -> Iterator[Trouble]:
    """Each call of the undisturbed run with each of its ends; a write that is repeated may fail twice."""
    for operation, many in sorted(calls.items()):
        for nth, times in product(range(1, many + 1), (1, 2) if operation in WRITES else (1,)):
            yield from (Trouble(operation, nth, ending, times) for ending in _endings(operation))


def _endings(operation: str) -> Sequence[Ending]:
    if operation not in CALLS:
        return EVERY_STORE_CALL
    if operation == "create_appointment":
        return (*EVERY_WRITE, *NOT_AS_ASKED, *DELIVERED_TWICE)
    return EVERY_WRITE if operation in WRITES else EVERY_READ


def _cases(trouble: Trouble | None, awaits: int, stops: Sequence[Stop]) -> Iterator[Case]:
    for at in range(1, awaits + 1):
        for stop in stops:
            yield Case(trouble, stop, at, returns=True)
            yield Case(trouble, stop, at, returns=False)


@contextmanager
def _quiet() -> Iterator[None]:
    """The same chance in every run, and no logs of what is meant to go wrong."""
    state = random.getstate()
    random.seed(7)
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(disabled)
        random.setstate(state)


def _bury(world: World) -> None:
    """Nothing of this world runs any more."""
    for worker in world.workers:
        world.loop.kill(worker.process)
    world.loop.close()
