"""An event loop whose time passes only when nothing else is to be done, and processes that share it.

A `Process` stands for one worker: everything that it starts belongs to it, in fresh contexts too. It can
be killed (nothing of it ever runs again) and frozen (nothing of it runs until it is thawed, and its
monotonic clock goes on or stands still meanwhile).
"""

import asyncio
import heapq
import warnings
from asyncio import base_events, events
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, ContextVar, copy_context
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")
BEGINNING = datetime(2026, 6, 1, 6, tzinfo=UTC)
"""The wall clock when a loop is at 0: a Monday."""

OnSuspension = Callable[["Process", "Stepped"], BaseException | None]
"""Told of every suspension; an exception that it returns is raised at that await."""


class Process:
    """One worker; `suspensions` counts how often its tasks gave up control."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_dead = False
        self.is_frozen = False
        self.suspensions = 0
        self.behind = 0.0
        self.on_suspension: OnSuspension | None = None
        self.tasks: list[asyncio.Task[Any]] = []
        self.held: list[events.Handle] = []


_process: ContextVar[Process | None] = ContextVar("process", default=None)


def current_process() -> Process | None:
    """The process to which the running code belongs; None for the world outside."""
    return _process.get()


class Stepped(Coroutine[Any, Any, Any]):
    """A coroutine of a process that tells it of each of its suspensions."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], process: Process) -> None:
        self.inner = coroutine
        self._process = process

    def send(self, value: Any) -> Any:  # noqa: ANN401
        """Go on to the next suspension."""
        return self._suspended(self.inner.send(value))

    def throw(self, *error: Any) -> Any:  # noqa: ANN401
        """Go on with an exception."""
        return self._suspended(self.inner.throw(*error))

    def close(self) -> None:
        """End."""
        self.inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        raise AssertionError("a task steps this, nobody awaits it")

    def _suspended(self, awaited: Any) -> Any:  # noqa: ANN401
        process = self._process
        process.suspensions += 1
        error = None if process.on_suspension is None else process.on_suspension(process, self)
        if error is None:
            return awaited
        if awaited is not None:
            awaited._asyncio_future_blocking = False  # noqa: SLF001 (the task will never see it)
        return self._suspended(self.inner.throw(error))


class _Handle(events.Handle):
    """A callback that runs only while its process does."""

    def _run(self) -> None:
        process = _process_of(self)
        if process is None or not (process.is_dead or process.is_frozen):
            super()._run()
        elif process.is_frozen and not process.is_dead:
            process.held.append(self)


class _TimerHandle(events.TimerHandle, _Handle):
    """The same at a time."""


def _process_of(handle: events.Handle) -> Process | None:
    context: Context = handle._context  # type: ignore[attr-defined]  # noqa: SLF001
    return context.get(_process)


class Stalled(AssertionError):
    """Nothing is left that could ever happen, and the run is not at its end."""


class _Selector:
    """Lets time pass instead of waiting for sockets, of which there are none."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[object]:
        if timeout is None:
            raise Stalled
        self._loop.now += timeout
        return []


class VirtualLoop(base_events.BaseEventLoop):
    """A loop without sockets, threads and signals; `now` is the seconds since the world's beginning."""

    _ready: "deque[events.Handle]"
    _scheduled: list[Any]

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._begun: list[tuple[asyncio.Task[Any], Coroutine[Any, Any, Any], Context]] = []
        self._selector = _Selector(self)
        self.set_task_factory(self._new_task)
        self.set_exception_handler(_unheard)

    def time(self) -> float:
        """The monotonic clock of whoever asks."""
        process = _process.get()
        return self.now if process is None else self.now - process.behind

    def clock(self) -> datetime:
        """The wall clock, the same for all."""
        return BEGINNING + timedelta(seconds=self.now)

    def start(self, process: Process, coroutine: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Run a coroutine in a process."""
        return self.create_task(coroutine, context=self.inside(process))

    def inside(self, process: Process) -> Context:
        """A fresh context of the process."""
        context = Context()
        context.run(_process.set, process)
        return context

    def kill(self, process: Process) -> None:
        """Nothing of the process ever runs again."""
        process.is_dead = True

    def freeze(self, process: Process) -> None:
        """Nothing of the process runs until it is thawed."""
        process.is_frozen = True

    def thaw(self, process: Process, stood_still: float = 0.0) -> None:
        """Let it go on; for so many seconds its monotonic clock stood still meanwhile."""
        process.is_frozen = False
        process.behind += stood_still
        for handle in self._scheduled:
            if stood_still and _process_of(handle) is process:
                handle._when += stood_still  # noqa: SLF001
        heapq.heapify(self._scheduled)
        held, process.held = process.held, []
        for handle in held:
            if stood_still and isinstance(handle, events.TimerHandle):
                self._put_off(handle, stood_still)
            else:
                self._ready.append(handle)

    def _put_off(self, handle: Any, seconds: float) -> None:  # noqa: ANN401
        handle._when += seconds  # noqa: SLF001
        handle._scheduled = True  # noqa: SLF001
        heapq.heappush(self._scheduled, handle)

    def _new_task(
        self,
        loop: asyncio.AbstractEventLoop,
        coroutine: Any,  # noqa: ANN401
        context: Context | None = None,
        **more: Any,  # noqa: ANN401
    ) -> "asyncio.Task[Any]":
        process = _process.get() if context is None else context.get(_process, _process.get())
        context = copy_context() if context is None else context
        if process is None:
            task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, context=context, **more)
        else:
            context.run(_process.set, process)
            coroutine = Stepped(coroutine, process)
            task = asyncio.Task(coroutine, loop=loop, context=context, **more)
            process.tasks.append(task)
        self._begun.append((task, coroutine, context))
        return task

    def close(self) -> None:
        """End what is half done, unheard, so that nothing of it runs when it is forgotten."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for task, coroutine, context in self._begun:
                if not task.done():
                    task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001
                    context.run(_close, coroutine)
            self._begun.clear()
        super().close()

    def _call_soon(self, callback: Any, args: Any, context: Any) -> events.Handle:  # noqa: ANN401
        handle = _Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Any,  # noqa: ANN401
        *args: Any,  # noqa: ANN401
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run a callback at a time of the caller's clock."""
        process = _process.get()
        at = when if process is None else when + process.behind
        timer = _TimerHandle(at, callback, args, self, context)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True  # type: ignore[attr-defined]  # noqa: SLF001
        return timer

    def _process_events(self, event_list: object) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps who would have to be woken."""


def _unheard(_: object, __: object) -> None:
    """What nobody asked for is no news in a world in which things are broken on purpose."""


def _close(coroutine: Coroutine[Any, Any, Any]) -> None:
    for _ in range(9):  # one that catches its end and goes on has to be told again
        try:
            coroutine.close()
        except BaseException:  # noqa: BLE001, S112 (it has its say, and is not heard)
            continue
        return
