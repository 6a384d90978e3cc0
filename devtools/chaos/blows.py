"""The kinds of bad luck: how often each strikes, and what it does; drawn from the dice of the plan."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Blow:
    """Bad luck of a `kind` when intent `at` begins; `details` are for whom `how` names.

    `how` is `graph` (a fault of the emulator, or several as `faults`), `storage` (a fault of the proxy),
    `edit` (by the staff), `stop` (of a process) or `lag` (of Graph's lists, in seconds).
    """

    at: int
    kind: str
    how: str
    details: Json


@dataclass(frozen=True, slots=True)
class Place:
    """Where and among what a blow strikes: an intent's business, its processes, and times of other days."""

    mailbox: str
    processes: int
    starts: Sequence[datetime]
    call_seconds: float
    late_seconds: float
    list_lag: float


Draw = Callable[[random.Random, Place], Json]

WRITES: Final = ("appointments.create", "appointments.patch", "customers.create", "appointments.delete")
READS: Final = ("appointments.get", "calendarView", "customers.list", "getStaffAvailability", "services.list")
LATE_BY: Final = (0.2, 0.8)
"""Seconds by which a late write or answer comes after the facade has stopped waiting for it."""


def _operation(dice: random.Random) -> str:
    """Three of four strike a write."""
    writes = dice.random() < 0.75  # noqa: PLR2004
    return dice.choices(WRITES, (5, 5, 2, 2))[0] if writes else dice.choice(READS)


def _count(dice: random.Random) -> int:
    return dice.choices((1, 2, 3), (8, 3, 1))[0]


def _when(dice: random.Random) -> str:
    """Those after the commit are the ones that hurt."""
    return dice.choice(("before", "after"))


def _status(dice: random.Random, _: Place) -> Json:
    status = dice.choice((500, 502, 503, 504))
    return {"operation": _operation(dice), "status": status, "when": _when(dice), "count": _count(dice)}


def _throttle(dice: random.Random, _: Place) -> Json:
    """After its commit no write is answered with a 429."""
    wait = dice.choice((0, 0.1, 0.5, 2))
    return {"operation": _operation(dice), "status": 429, "retryAfter": wait, "count": _count(dice)}


def _disconnect(dice: random.Random, _: Place) -> Json:
    return {
        "operation": _operation(dice), "kind": "disconnect", "when": _when(dice), "count": _count(dice)
    }  # fmt: skip


def _latency(dice: random.Random, place: Place) -> Json:
    seconds = place.call_seconds + dice.uniform(*LATE_BY)
    fault = {"operation": _operation(dice), "kind": "latency", "when": _when(dice)}
    return {**fault, "seconds": seconds, "count": _count(dice)}


def _odd_body(dice: random.Random, _: Place) -> Json:
    """Not where it would be an answer like any other: an id alone is enough of a customer or of a service."""
    operation = _operation(dice)
    shapes = ["{}", "null", "[]"]
    if operation.startswith("appointments") or operation == "calendarView":
        shapes += ["id", "start"]
    return {"operation": operation, "kind": "body", "body": dice.choice(shapes)}


def _gateway_page(dice: random.Random, _: Place) -> Json:
    status = dice.choice((500, 502, 503, 504))
    return {"operation": _operation(dice), "status": status, "html": True, "when": _when(dice)}


def _late_write(dice: random.Random, place: Place) -> Json:
    """An error at once, the write seconds later: still within what Graph is trusted to need."""
    seconds, html = dice.uniform(0.3, place.late_seconds), dice.random() < 0.5  # noqa: PLR2004
    fault = {
        "operation": dice.choices(WRITES, (5, 5, 2, 2))[0],
        "kind": "late",
        "status": dice.choice((502, 503)),
    }
    return {**fault, "seconds": seconds, "html": html}


def _twice(dice: random.Random, _: Place) -> Json:
    """Of which both answers are lost: whoever got one has no reason to look for the other."""
    return {"operation": dice.choices(WRITES[:2], (3, 1))[0], "kind": "twice", "answer": "none"}


def _redirect(dice: random.Random, _: Place) -> Json:
    fault = {"operation": dice.choices(WRITES, (5, 5, 2, 2))[0], "status": dice.choice((302, 307, 308))}
    return {**fault, "location": dice.choice(("/beta/elsewhere", "")), "when": "after"}


def _conflict(dice: random.Random, _: Place) -> Json:
    """Exchange touches a new item by itself; nothing was done."""
    return {"operation": dice.choices(WRITES, (2, 5, 1, 2))[0], "status": dice.choice((409, 412))}


def _storage_full(dice: random.Random, _: Place) -> Json:
    operation = dice.choice(("appointments.create", "customers.create"))
    return {"operation": operation, "status": 507, "when": _when(dice)}


def _token_refused(dice: random.Random, _: Place) -> Json:
    return {"operation": _operation(dice), "status": 401}


def _mailbox_missing(dice: random.Random, place: Place) -> Json:
    """Says nothing about the item of the path; harmful where a booking is looked for after a lost answer."""
    code = dice.choice(("ErrorNonExistentMailbox", "ErrorFolderNotFound"))
    gone = {"status": 404, "code": code, "count": _count(dice)}
    if dice.random() < 0.5:  # noqa: PLR2004
        return {"operation": _operation(dice), **gone}
    lost = {"operation": "appointments.create", "kind": "disconnect", "when": "after"}
    looked_for = {"operation": "appointments.get", **gone, "count": dice.choice((3, 12, 24))}
    return {"faults": [{**each, "business": place.mailbox} for each in (lost, looked_for)]}


TABLES: Final = ("*idempotency*", "*locks*", "*customers*", "*ledger*", "*")


def _storage(dice: random.Random) -> Json:
    """Now and then longer than anybody tries again."""
    method = "*" if dice.random() < 0.3 else "P*"  # noqa: PLR2004 - POST, PUT, PATCH
    return {"target": dice.choice(TABLES), "method": method, "count": dice.choice((1, 1, 2, 4, 8))}


def _storage_slow(dice: random.Random, _: Place) -> Json:
    """More than the two seconds after which the facade asks again, at most: such a write lands late."""
    return {**_storage(dice), "kind": "slow", "when": _when(dice), "seconds": dice.uniform(0.3, 2.5)}


def _storage_lost(dice: random.Random, _: Place) -> Json:
    return {**_storage(dice), "kind": "lost", "when": _when(dice)}


def _storage_error(dice: random.Random, _: Place) -> Json:
    return {**_storage(dice), "kind": "error", "when": _when(dice), "status": dice.choice((500, 503))}


def _stop(dice: random.Random, place: Place) -> Json:
    return {"process": dice.randrange(place.processes)}


def _hanging_write(dice: random.Random, place: Place) -> Json:
    """Several writes that are on their way when a process is stopped, and land afterwards."""
    seconds = place.call_seconds + dice.uniform(*LATE_BY)
    fault = {"operation": dice.choice(("appointments.create", "appointments.patch")), "kind": "latency"}
    return {**fault, "seconds": seconds, "count": 6}


def _lag(dice: random.Random, place: Place) -> Json:
    return {"seconds": dice.choice((0.0, place.list_lag * 0.4, place.list_lag * 0.8))}


def _edit(kind: str, window: str | None = None) -> Draw:
    def draw(dice: random.Random, place: Place) -> Json:
        edit: Json = {"business": place.mailbox, "kind": kind, "seed": dice.randrange(1000)}
        if window is not None:
            edit["window"] = window
        if kind == "move":
            edit["to"] = [each.isoformat() for each in dice.sample(place.starts, len(place.starts))]
        return edit

    return draw


KINDS: Final[Mapping[str, tuple[str, float, Draw]]] = {
    "status": ("graph", 11, _status),
    "throttle": ("graph", 2.5, _throttle),
    "disconnect": ("graph", 5, _disconnect),
    "latency": ("graph", 5, _latency),
    "odd-body": ("graph", 4, _odd_body),
    "gateway-page": ("graph", 2, _gateway_page),
    "late-write": ("graph", 2, _late_write),
    "twice": ("graph", 1, _twice),
    "redirect": ("graph", 1, _redirect),
    "conflict": ("graph", 2, _conflict),
    "storage-full": ("graph", 1, _storage_full),
    "token-refused": ("graph", 2, _token_refused),
    "mailbox-missing": ("graph", 2, _mailbox_missing),
    "tables-slow": ("storage", 3, _storage_slow),
    "tables-lost": ("storage", 4, _storage_lost),
    "tables-error": ("storage", 3, _storage_error),
    "lag": ("lag", 1, _lag),
    "kill": ("stop", 0.5, _stop),
    "term": ("stop", 1, _stop),
    "drain": ("stop", 0.5, _stop),
    "freeze": ("stop", 0.5, _stop),
    "roll": ("stop", 0.3, _stop),
    "hanging-write": ("graph", 0, _hanging_write),
    "move": ("edit", 3, _edit("move")),
    "add-customer": ("edit", 2, _edit("add-customer")),
    "remove-customer": ("edit", 2, _edit("remove-customer")),
    "delete-customer": ("edit", 2, _edit("delete-customer")),
    "delete-appointment": ("edit", 1, _edit("delete-appointment")),
    "delete-service": ("edit", 0, _edit("delete-service")),
    "write-window": ("edit", 0, _edit("add-customer", "write")),
    "lag-window": ("edit", 0, _edit("move", "lag")),
}
"""By name: whom it is for, how often it strikes in a hundred intents, and how its details are drawn.

Services are deleted by the plan, which made them for that, and writes hang where something is stopped.
The two windows are armed on request.
"""

WINDOWS: Final[Mapping[str, float]] = {"write-window": 3, "lag-window": 2}
"""How often the staff strike where nobody can notice: between reading and writing, or unlisted yet."""

RATES: Final[Mapping[str, float]] = {kind: rate for kind, (_, rate, _) in KINDS.items()}


def rates(
    only: Sequence[str] = (), without: Sequence[str] = (), *, windows: bool = False
) -> dict[str, float]:
    """How often each kind strikes in a hundred intents; ValueError where a kind is none."""
    unknown = {*only, *without} - set(KINDS)
    if unknown:
        raise ValueError(f"no kind is called {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    every = {**RATES, **(WINDOWS if windows or WINDOWS.keys() & set(only) else {})}
    return {kind: rate for kind, rate in every.items() if (not only or kind in only) and kind not in without}


def draw(dice: random.Random, kind: str, at: int, place: Place) -> Blow:
    """One blow of this kind."""
    how, _, details = KINDS[kind]
    return Blow(at, kind, how, details(dice, place))
