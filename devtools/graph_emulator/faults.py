"""Bad weather on order: status codes, lost connections and delays, before or after the work is done."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from devtools.graph_emulator.errors import GraphError

_CODES = {429: "ApplicationThrottled", 503: "serviceNotAvailable"}
_MEMBERS = {
    "operation", "business", "kind", "status", "retryAfter", "seconds", "when", "count", "skip",
    "probability", "seed", "code", "message",
}  # fmt: skip
_NAMES = {"retryAfter": "retry_after"}


@dataclass(slots=True)
class Fault:
    """One armed fault; `operation` may hold wildcards (`appointments.*`), no business means every business.

    `skip` requests pass before it strikes, then `count` are struck (None: all), each with `probability` drawn
    from its own seeded sequence.
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
    struck: int = 0
    _dice: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - repeatable weather, no secret
        if self.kind not in {"status", "disconnect", "latency"}:
            raise ValueError(f"a fault is a status, a disconnect or a latency, not {self.kind!r}")
        if self.when not in {"before", "after"}:
            raise ValueError(f"a fault strikes before or after the commit, not {self.when!r}")

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
        """The error that a `status` fault answers with."""
        code = self.code or _CODES.get(self.status, "UnknownError")
        return GraphError(self.status, code, self.message, self.retry_after)

    def describe(self) -> dict[str, Any]:
        """The fault as it was armed, with what is left of it."""
        names = {value: key for key, value in _NAMES.items()}
        shown = (name for name in self.__slots__ if not name.startswith("_"))
        return {names.get(name, name): getattr(self, name) for name in shown}

    def _concerns(self, operation: str, business: str | None) -> bool:
        if self.business is not None and self.business.lower() != (business or "").lower():
            return False
        return fnmatchcase(operation, self.operation)


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
        for fault in self._left:
            if fault.when == when and fault.strikes(operation, business):
                yield fault
                if fault.kind != "latency":
                    return

    def describe(self) -> list[dict[str, Any]]:
        """All armed faults, spent ones too."""
        return [fault.describe() for fault in self._armed]
