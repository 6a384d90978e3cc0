"""The way to something remote: every call waits before its effect and after it, and may end badly.

A call is a request that travels, an effect where it arrives, and an answer that travels back. Once a
request was sent its effect no longer depends on the caller: who is cancelled or dies meanwhile stops
nothing. The effect itself never waits, so it happens at one instant.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar, cast

from shared.booking.ports import Check
from shared.domain.errors import Crowded, Unreachable
from shared.platform.deadline import remaining
from tests.support.virtual_time import Process, current_process

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ending:
    """How one call ends.

    `error` makes what the caller is told from the operation's name; None is the true answer. `done` is
    how often the effect happens, `late` how many seconds after the caller knew or gave up. A `silent`
    end tells the caller nothing: the time of the call runs out. `stored` changes what a write makes,
    `shown` what the answer says of it.
    """

    name: str
    error: Callable[[str], Exception] | None = None
    done: int = 1
    late: float = 0.0
    silent: bool = False
    stored: Callable[[Any], Any] | None = None
    shown: Callable[[Any], Any] | None = None


AS_ASKED = Ending("as asked")

Effect = Callable[[Ending], T]
"""What a call does where it arrives; the ending tells whether something else is stored."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A call that was sent, or whose effect has happened: the `number` is the same for both."""

    number: int
    operation: str
    process: Process | None
    is_sent: bool


@dataclass(slots=True)
class _Armed:
    operation: str
    ending: Ending
    skip: int
    times: int | None
    by: Process | None

    def strikes(self, operation: str) -> bool:
        """Whether this call is struck; asking counts."""
        if self.times == 0 or self.operation != operation or self.by not in {None, current_process()}:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times = None if self.times is None else self.times - 1
        return True


@dataclass(frozen=True, slots=True)
class _Outcome:
    """An answer on its way back: a value or an error."""

    value: Any = None
    error: Exception | None = None


class _Request:
    """One call that was sent; `arrived` is done once its effect has happened, `answered` with the outcome."""

    def __init__(self, wire: "Wire", operation: str, effect: Effect[Any], ending: Ending) -> None:
        loop = asyncio.get_running_loop()
        self.operation = operation
        self.arrived: asyncio.Future[None] = loop.create_future()
        self.answered: asyncio.Future[_Outcome] = loop.create_future()
        self._wire, self._effect, self._ending = wire, effect, ending
        self._sent = Logged(len(wire.log), operation, current_process(), is_sent=True)
        wire.log.append(self._sent)
        self._timer = self._after(wire.latency, self._arrive)

    @property
    def is_late(self) -> bool:
        """Whether its effect comes late in any case."""
        return bool(self._ending.late)

    def delay(self, seconds: float) -> None:
        """Arrive so much later."""
        self._timer.cancel()
        self._timer = self._after(seconds, self._arrive)

    def _after(self, seconds: float, what: Callable[[], object]) -> asyncio.TimerHandle:
        # An empty context: what happens at the other end belongs to no worker here.
        return asyncio.get_running_loop().call_later(seconds, what, context=Context())

    def _arrive(self) -> None:
        self._wire.under_way.discard(self)
        ending = self._ending
        if ending.late:
            wait = self._wire.patience.total_seconds() if ending.silent else self._wire.latency
            self._after(wait + ending.late, self._perform)
            outcome = _Outcome()
        else:
            outcome = self._perform()
        if not self.arrived.done():
            self.arrived.set_result(None)
        if not ending.silent:
            error = ending.error(self.operation) if ending.error is not None else outcome.error
            self._after(self._wire.latency, lambda: self._answer(_Outcome(outcome.value, error)))

    def _perform(self) -> _Outcome:
        outcome = _Outcome()
        for _ in range(self._ending.done):
            outcome = self._perform_once()
        return outcome

    def _perform_once(self) -> _Outcome:
        self._wire.log.append(replace(self._sent, is_sent=False))
        try:
            value = self._effect(self._ending)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is the answer)
            return _Outcome(error=error)
        return _Outcome(value if self._ending.shown is None else self._ending.shown(value))

    def _answer(self, outcome: _Outcome) -> None:
        if not self.answered.done():
            self.answered.set_result(outcome)


@dataclass(eq=False)
class Wire:
    """Carries calls; `latency` is the seconds of each way, `patience` the longest that a caller waits.

    `calls` counts what was sent, by operation, `log` has it in order. `guard` is asked wherever a caller
    goes on: it raises for one that must not act any more. With `has_deadline` a request's deadline bounds
    its calls, as it bounds those to Graph.
    """

    latency: float = 0.0
    patience: timedelta = timedelta(seconds=10)
    has_deadline: bool = True
    guard: Callable[[], None] = lambda: None
    calls: "Counter[str]" = field(default_factory=Counter)
    log: list[Logged] = field(default_factory=list)
    under_way: set[_Request] = field(default_factory=set)
    _armed: list[_Armed] = field(default_factory=list)

    def arm(
        self,
        operation: str,
        ending: Ending,
        *,
        nth: int = 1,
        times: int | None = 1,
        by: Process | None = None,
    ) -> None:
        """Let the n-th call of this operation from now on end so, and as many in all (None: every one).

        `by` bounds it to the calls of one process.
        """
        self._armed.append(_Armed(operation, ending, nth - 1, times, by))

    def disarm(self) -> None:
        """Fair weather from now on."""
        self._armed.clear()

    def delay(self, seconds: float, *operations: str) -> int:
        """Let what is on its way arrive so much later (these operations, else all); returns how many.

        What is late in any case stays as late as it is: twice late would be later than Graph ever is.
        """
        found = [one for one in self.under_way if not operations or one.operation in operations]
        found = [one for one in found if not one.is_late]
        for request in found:
            request.delay(seconds)
        return len(found)

    async def call(self, operation: str, effect: Effect[T], check: Check | None = None) -> T:
        """The answer; raises what the effect or the armed ending says, and Unreachable for silence.

        `check` is asked directly before the request is sent: nothing is awaited in between.
        """
        self.guard()
        sent = False
        try:
            async with asyncio.timeout(self._limit()):
                await self._queue()
                if check is not None:
                    check()
                request = self._send(operation, effect)
                sent = True
                await request.arrived
                outcome = await request.answered
        except TimeoutError as error:
            if sent:
                raise Unreachable(operation) from error
            raise Crowded(operation, retry_after=timedelta(seconds=1)) from error
        self.guard()
        if outcome.error is not None:
            raise outcome.error
        return cast(T, outcome.value)

    def _limit(self) -> float:
        most = remaining(self.patience) if self.has_deadline else self.patience
        return most.total_seconds()

    async def _queue(self) -> None:
        """Wait for a place and a token."""
        await asyncio.sleep(self.latency)

    def _send(self, operation: str, effect: Effect[Any]) -> _Request:
        self.calls[operation] += 1
        struck = (one.ending for one in self._armed if one.strikes(operation))
        request = _Request(self, operation, effect, next(struck, AS_ASKED))
        self.under_way.add(request)
        return request


def is_overwritten(log: Sequence[Logged], mark: int) -> bool:
    """Whether the edit lies between a reading of the list and the first write that was made from it.

    The edit happened before the entry `mark` of the log.
    Graph has no etag there: such a write undoes the edit, and nobody can prevent it.
    """
    for landed, one in enumerate(log):
        if landed < mark or one.is_sent or one.operation != "replace_attendees":
            continue
        sent = next(at for at, other in enumerate(log) if other.is_sent and other.number == one.number)
        earlier = [(at, other) for at, other in enumerate(log[:sent]) if other.process is one.process]
        reads = [at for at, other in earlier if other.operation == "appointment" and not other.is_sent]
        writes = [at for at, other in earlier if other.operation == "replace_attendees" and other.is_sent]
        if reads and reads[-1] < mark and not (writes and writes[-1] > reads[-1]):
            return True
    return False
