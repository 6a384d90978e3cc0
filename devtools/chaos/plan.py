"""What will happen, as a pure function of the seed: who asks for what, what breaks, and when."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from devtools.chaos import scene

Json = dict[str, Any]

ON_ONE_DAY = 34
"""Intents for one business and day: more than its hot starts can take."""

HOT_STARTS = 8
GIVES_UP_WAITING = 1.0
PATIENT = 30.0
LATE_BY = (0.2, 0.8)
"""Seconds by which a late write or answer comes after the facade has stopped waiting for it."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One customer's wish, and how its client behaves.

    `key` is None where the client sends no Idempotency-Key; `twins` clients send the same at once;
    `patience` is how many seconds the client waits for an answer before it asks again; a client that
    `follows` asks the Location of a 202, another repeats its POST; one that `leaves` goes at the first
    sign of trouble; one that `checks` asks for a replay at the end.
    """

    number: int
    business: str
    service: str
    start: datetime
    email: str
    staff_id: str | None
    key: str | None
    twins: int
    patience: float
    follows: bool
    leaves: bool
    checks: bool


@dataclass(frozen=True, slots=True)
class Blow:
    """Bad luck when intent `at` begins: a fault for the emulator, or the number of a process to kill."""

    at: int
    fault: Json | None = None
    kill: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that chaos does; `known` are the customers that exist before, by business."""

    seed: int
    intents: Sequence[Intent]
    blows: Sequence[Blow]
    known: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad it gets: faults and kills for each hundred intents, and the facade's wait for one call."""

    faults: float = 25.0
    kills: float = 0.5
    call_seconds: float = 1.2


def make_plan(seed: int, count: int, first_day: date, processes: int, weather: Weather) -> Plan:
    """The plan for this seed; the days begin at `first_day`."""
    dice = random.Random(f"{seed}/intents")  # noqa: S311 - a plan, no secret
    intents = _intents(dice, count, first_day)
    dice = random.Random(f"{seed}/weather")  # noqa: S311
    blows = [Blow(dice.randrange(count), _fault(dice, weather)) for _ in range(_times(count, weather.faults))]
    blows += [
        Blow(dice.randrange(count), kill=dice.randrange(processes))
        for _ in range(_times(count, weather.kills))
    ]
    return Plan(seed, intents, sorted(blows, key=lambda one: one.at), _known(dice, intents))


def _times(count: int, of_a_hundred: float) -> int:
    return round(count * of_a_hundred / 100)


def _intents(dice: random.Random, count: int, first_day: date) -> list[Intent]:
    taken: set[tuple[str, str, datetime]] = set()
    intents: list[Intent] = []
    while len(intents) < count:
        one = _intent(dice, len(intents), first_day)
        if (one.email, one.service, one.start) not in taken:
            taken.add((one.email, one.service, one.start))
            intents.append(one)
    return intents


def _intent(dice: random.Random, number: int, first_day: date) -> Intent:
    """The businesses take turns, so that those who come at the same time want the same few starts."""
    business = number % scene.BUSINESSES
    day = first_day + timedelta(days=number // scene.BUSINESSES // ON_ONE_DAY)
    hot = random.Random(f"{business}/{day}").sample(scene.starts(day), HOT_STARTS)  # noqa: S311
    service = dice.choice(scene.services(business))
    return Intent(
        number=number,
        business=scene.alias(business),
        service=service.id,
        start=dice.choice(hot),
        email=f"guest{number // 3 + dice.randrange(4)}@example.com",
        staff_id=dice.choice(service.staff) if dice.random() < 0.15 else None,  # noqa: PLR2004
        key=f"key-{number}-{dice.getrandbits(64):x}" if dice.random() < 0.7 else None,  # noqa: PLR2004
        twins=dice.choices((1, 2, 3), (80, 15, 5))[0],
        patience=GIVES_UP_WAITING if dice.random() < 0.25 else PATIENT,  # noqa: PLR2004
        follows=dice.random() < 0.5,  # noqa: PLR2004
        leaves=dice.random() < 0.05,  # noqa: PLR2004
        checks=dice.random() < 0.25,  # noqa: PLR2004
    )


def _known(dice: random.Random, intents: Sequence[Intent]) -> Mapping[str, Sequence[str]]:
    """A third of the customers are in the calendar already."""
    pairs = sorted({(one.business, one.email) for one in intents})
    known: dict[str, list[str]] = {}
    for business, email in pairs:
        if dice.random() < 1 / 3:
            known.setdefault(business, []).append(email)
    return known


WRITES = ("appointments.create", "appointments.patch", "customers.create")
READS = ("appointments.get", "calendarView", "customers.list", "getStaffAvailability", "services.list")


def _fault(dice: random.Random, weather: Weather) -> Json:
    """Three of four strike a write; those after the commit are the ones that hurt."""
    writes = dice.random() < 0.75  # noqa: PLR2004
    operation = dice.choices(WRITES, (5, 4, 2))[0] if writes else dice.choice(READS)
    kind = dice.choices(("status", "throttle", "disconnect", "latency"), (5, 1, 2, 2))[0]
    when = dice.choice(("before", "after"))
    match kind:
        case "status":
            details: Json = {"kind": "status", "status": dice.choice((500, 503, 504)), "when": when}
        case "throttle":  # after its commit no write is answered with a 429
            wait = dice.choice((0.1, 0.5, 2))
            details = {"kind": "status", "status": 429, "retryAfter": wait, "when": "before"}
        case "disconnect":
            details = {"kind": "disconnect", "when": when}
        case _:
            seconds = weather.call_seconds + dice.uniform(*LATE_BY)
            details = {"kind": "latency", "seconds": seconds, "when": when}
    return {"operation": operation, "count": dice.choices((1, 2, 3), (8, 3, 1))[0], **details}
