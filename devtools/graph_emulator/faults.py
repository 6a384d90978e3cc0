"""Bad weather on order: errors, lost connections, delays, odd answers, before or after the work is done."""

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from devtools.graph_emulator.errors import GraphError
from devtools.graph_emulator.exchange import Json, Reply

_CODES = {
    401: "InvalidAuthenticationToken",
    404: "ErrorItemNotFound",
    409: "ErrorIrresolvableConflict",
    412: "ErrorIrresolvableConflict",
    429: "ApplicationThrottled",
    503: "serviceNotAvailable",
    507: "insufficientStorage",
}
_MEMBERS = {
    "operation", "business", "kind", "status", "retryAfter", "seconds", "when", "count", "skip",
    "probability", "seed", "code", "message", "html", "location", "body", "answer", "label",
    "alone",
}  # fmt: skip
_CHOICES = {
    "kind": ("status", "disconnect", "latency", "late", "twice", "body"),
    "when": ("before", "after"),
    "body": ("{}", "null", "[]", "id", "start"),
    "answer": ("first", "second", "none"),
}
_ONLY_WHEN = {"late": "before", "twice": "before", "body": "after"}
_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
_NAMES = {"retryAfter": "retry_after"}


class BadWeather(GraphError):
    """The error of a fault, which may come as a gateway's page or as a redirect."""

    def __init__(self, fault: "Fault") -> None:
        code = fault.code or _CODES.get(fault.status, "UnknownError")
        super().__init__(fault.status, code, fault.message, fault.retry_after)
        self._fault = fault

    def dress(self, reply: Reply) -> Reply:
        """The answer to Graph's own error, in the form that the fault asks for."""
        if self._fault.location is not None:
            reply = replace(reply, headers={**reply.headers, "Location": self._fault.location})
        if not self._fault.html:
            return reply
        return replace(reply, body=_PAGE.format(self._fault.status).encode(), content_type="text/html")


@dataclass(slots=True)
class Fault:
    """One armed fault; `operation` may hold wildcards (`appointments.*`), no business means every business.

    `skip` requests pass before it strikes, then `count` are struck (None: all), each with `probability` drawn
    from its own seeded sequence. `late` answers with the error at once and does the work `seconds` later;
    `twice` does the work two times and gives the `answer` of one, or none; `body` replaces the body of a
    2xx. One that strikes `alone` spares a request that is delayed already, so that delays do not add up.
    `label` is for whoever counts.
    """

    operation: str = "*"
    business: str | None = None
    kind: str = "status"
    status: int = 503
    retry_after: float | None = None
    seconds: float = 0.0
    when: str = "before"
    count: int | None = 1
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    code: str | None = None
    message: str = ""
    html: bool = False
    location: str | None = None
    body: str = "{}"
    answer: str = "second"
    alone: bool = False
    label: str = ""
    struck: int = 0
    _dice: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - repeatable weather, no secret
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"the {name} of a fault is one of {', '.join(choices)}")
        self.when = _ONLY_WHEN.get(self.kind, self.when)

    def strikes(self, operation: str, business: str | None) -> bool:
        """Whether this request is struck; asking counts."""
        if self.count == 0 or not self._concerns(operation, business):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self._dice.random() >= self.probability:
            return False
        self.struck += 1
        self.count = None if self.count is None else self.count - 1
        return True

    def error(self) -> GraphError:
        """The error that a `status` or `late` fault answers with."""
        return BadWeather(self)

    def odd(self, reply: Reply) -> Reply:
        """The same status, or 200 where 204 would forbid a body, with a body that Graph should not send."""
        status = 200 if reply.status == 204 else reply.status  # noqa: PLR2004 - the status says what it means
        return Reply(status, _odd_body(self.body, reply.body), headers=reply.headers)

    def describe(self) -> dict[str, Any]:
        """The fault as it was armed, with what is left of it."""
        names = {value: key for key, value in _NAMES.items()}
        shown = (name for name in self.__slots__ if not name.startswith("_"))
        return {names.get(name, name): getattr(self, name) for name in shown}

    def _concerns(self, operation: str, business: str | None) -> bool:
        if self.business is not None and self.business.lower() != (business or "").lower():
            return False
        return fnmatchcase(operation, self.operation)


def _odd_body(shape: str, body: bytes) -> bytes:
    """`id` leaves nothing but the id, `start` is null; in a page each of the elements is changed so."""
    if shape not in {"id", "start"}:
        return shape.encode()
    whole = json.loads(body or b"{}")
    if isinstance(whole.get("value"), list):
        return json.dumps({**whole, "value": [_odd_entity(shape, each) for each in whole["value"]]}).encode()
    return json.dumps(_odd_entity(shape, whole)).encode()


def _odd_entity(shape: str, value: Json) -> Json:
    return {"id": value.get("id")} if shape == "id" else {**value, "start": None}


def read_fault(value: dict[str, Any]) -> Fault:
    """A fault from its JSON, the members of a `match` object among its own; ValueError if wrong."""
    given = {**value, **value.get("match", {})}
    given.pop("match", None)
    unknown = set(given) - _MEMBERS
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(_MEMBERS))}")
    if given.get("probability") is not None and "count" not in given:
        given["count"] = None
    return Fault(**{_NAMES.get(name, name): each for name, each in given.items()})


class Weather:
    """The armed faults, asked in the order in which they were armed."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self._left: list[Fault] = []
        self._later: set[asyncio.Task[None]] = set()

    def arm(self, faults: list[Fault]) -> None:
        """Add faults to those armed already."""
        self._armed.extend(faults)
        self._left.extend(faults)

    def clear(self) -> None:
        """Fair weather."""
        self._armed.clear()
        self._left.clear()

    def strike(self, when: str, operation: str, business: str | None) -> Iterator[Fault]:
        """The faults that strike this request at this point: delays first come, at most one that ends it."""
        self._left = [fault for fault in self._left if fault.count != 0]
        is_delayed = False
        for fault in self._left:
            spared = fault.when != when or (fault.alone and is_delayed)
            if not spared and fault.strikes(operation, business):
                yield fault
                if fault.kind != "latency":
                    return
                is_delayed = True

    def later(self, seconds: float, work: Callable[[], object]) -> None:
        """Do the work of a request that was answered already; an error of it reaches nobody."""
        task = asyncio.create_task(_after(seconds, work))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    @property
    def under_way(self) -> int:
        """How many requests were answered whose work is still to be done."""
        return len(self._later)

    async def settle(self) -> None:
        """Wait until the work of every answered request is done."""
        while self._later:
            await asyncio.wait(set(self._later))

    def describe(self) -> list[dict[str, Any]]:
        """All armed faults, spent ones too."""
        return [fault.describe() for fault in self._armed]


async def _after(seconds: float, work: Callable[[], object]) -> None:
    await asyncio.sleep(seconds)
    with suppress(GraphError):
        work()
