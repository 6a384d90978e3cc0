"""The ways to end a run at an await, or to interrupt it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from tests.support.world import Unforeseen, Worker, World


@dataclass(frozen=True, slots=True)
class Stop:
    """A way to end a run, or to interrupt it.

    `wakes` is after how many seconds a frozen worker goes on, `is_still` whether its monotonic clock
    stood still meanwhile. With `is_late` the write that is on its way lands `LATE` seconds later. Whether
    the worker `serves` others afterwards, and whether the stop `applies` at that moment.
    """

    name: str
    act: Callable[[World, Worker, "asyncio.Task[None]"], BaseException | None]
    wakes: float | None = None
    is_still: bool = False
    is_late: bool = False
    serves: bool = False
    applies: Callable[[World], bool] = lambda _: True


def _kill(world: World, worker: Worker, _: object) -> None:
    world.loop.kill(worker.process)


def _cancel(_: World, __: Worker, task: "asyncio.Task[None]") -> None:
    task.cancel()


def _shut_down(_: World, worker: Worker, __: object) -> None:
    for task in worker.process.tasks:
        task.cancel()


def _raise(*_: object) -> BaseException:
    return Unforeseen()


def _freeze(world: World, worker: Worker, _: object) -> None:
    world.loop.freeze(worker.process)


STOPS = (
    Stop("killed", _kill),
    Stop("killed, the write lands late", _kill, is_late=True),
    Stop("cancelled", _cancel, serves=True),
    Stop("cancelled, the write lands late", _cancel, is_late=True, serves=True),
    Stop("shut down", _shut_down),
    Stop("an unexpected error", _raise, serves=True),
    Stop("an unexpected error, the write lands late", _raise, is_late=True, serves=True),
    Stop("paused for 8 s", _freeze, wakes=8.0),
    Stop("frozen for 100 s", _freeze, wakes=100.0),
    Stop("suspended for 100 s with its clock", _freeze, wakes=100.0, is_still=True),
)
