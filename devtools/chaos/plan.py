"""What will happen, as a pure function of the seed: who asks for what, what breaks, and when."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from devtools.chaos import scene
from devtools.chaos.blows import Blow, Place, draw, rates
from devtools.chaos.changes import CANCELLATIONS, MOVES, Change, Taken, draw_change, wanted

ON_ONE_DAY = 34
"""Intents for one business and day: more than its hot starts can take."""

HOT_STARTS = 8
GIVES_UP_WAITING = 1.0
PATIENT = 30.0
HANGING = "hanging-write"
DELETE, POST_CANCEL = "appointments.delete", "appointments.cancel"
RARELY = 3
"""One in so many blows at the end of an appointment strikes DELETE, where customers cancel by POST."""

SHORTLY = 3
"""So many intents before a stop writes begin to hang: about as long as a call is waited for."""

POP_UP = 0.12
"""The share of those who want a service that will be deleted."""

DAYS_OF_A_BLOCK = 4
AT_THE_SAME_TIME = 16


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
class Plan:
    """Everything that chaos does; `known` are the customers that exist before, by business.

    `changes` are the intents to move or to cancel what others of the `intents` book; their numbers are in one
    row. `blocks` is how many spans of days there are, each with its own pop-up services.
    """

    seed: int
    intents: Sequence[Intent]
    changes: Sequence[Change]
    blows: Sequence[Blow]
    known: Mapping[str, Sequence[str]]
    blocks: int

    @property
    def in_order(self) -> Sequence[Intent | Change]:
        """Who books and who changes, in the order of their numbers."""
        return sorted([*self.intents, *self.changes], key=lambda one: one.number)


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad it gets: how often each kind strikes in a hundred intents, and what the facade waits for.

    `call_seconds` is how long it waits for one call, `late_seconds` the longest after which Graph still
    does what it was asked, `list_lag` how long lists may hide a write. `moves` and `cancellations` are the
    shares of the intents that change an earlier booking. `features` are the facade's at Graph: with `cancel`
    it ends appointments by POST.
    """

    rates: Mapping[str, float] = field(default_factory=rates)
    call_seconds: float = 1.2
    late_seconds: float = 2.5
    list_lag: float = 0.8
    moves: float = MOVES
    cancellations: float = CANCELLATIONS
    features: str = "book"


def make_plan(seed: int, count: int, first_day: date, processes: int, weather: Weather) -> Plan:
    """The plan for this seed; the days begin at `first_day`."""
    dice = random.Random(f"{seed}/intents")  # noqa: S311 - a plan, no secret
    intents, changes = _intents(dice, count, first_day, weather)
    blows: list[Blow] = []
    for kind, rate in weather.rates.items():
        luck = random.Random(f"{seed}/{kind}")  # noqa: S311 (its own for each kind: others may be left out)
        ats = [luck.randrange(count) for _ in range(_times(count, rate))]
        blows += [draw(luck, kind, at, _place(at, kind, first_day, processes, weather)) for at in ats]
    blows += _deleted_services(random.Random(f"{seed}/services"), intents, weather)  # noqa: S311
    if HANGING in weather.rates:
        place = _place(0, HANGING, first_day, processes, weather)
        stops = [blow for blow in blows if blow.how == "stop"]
        blows = [*(_hanging(seed, stop, place) for stop in stops), *blows]
    if weather.features == "cancel":
        blows = [_at_both_ends(blow) for blow in blows]
    blocks = _block(count - 1) + 1
    return Plan(seed, intents, changes, sorted(blows, key=lambda one: one.at), _known(dice, intents), blocks)


def _at_both_ends(blow: Blow) -> Blow:
    """The same for the two calls by which an appointment may end, where it strikes one of them.

    Customers' cancellations come by the POST then. What is taken back goes by DELETE, of which there are so
    few that all blows meant for one would strike each of them: one in some strikes DELETE too.
    """
    faults = blow.details.get("faults", [blow.details])
    more = [{**one, "operation": POST_CANCEL} for one in faults if one.get("operation") == DELETE]
    kept = [one for one in faults if one.get("operation") != DELETE or blow.at % RARELY == 0]
    return replace(blow, details={"faults": [*kept, *more]}) if more else blow


def _hanging(seed: int, stop: Blow, place: Place) -> Blow:
    """Writes that are under way when a process is stopped, where that does the most harm."""
    dice = random.Random(f"{seed}/{stop.kind}/{stop.at}")  # noqa: S311
    return draw(dice, HANGING, max(0, stop.at - SHORTLY), place)


def _place(at: int, kind: str, first_day: date, processes: int, weather: Weather) -> Place:
    """Where a blow strikes at this intent; the staff move to the next days, where others will want to book.

    Where nobody can notice it they move to the very day that is being booked.
    """
    business, day = at % scene.BUSINESSES, _day(at)
    days = (day,) if kind == "lag-window" else (day + 1, day + 2)
    return Place(
        scene.mailbox(scene.alias(business)),
        processes,
        [start for each in days for start in _hot(business, first_day + timedelta(days=each))],
        weather.call_seconds,
        weather.late_seconds,
        weather.list_lag,
    )


def _deleted_services(dice: random.Random, intents: Sequence[Intent], weather: Weather) -> list[Blow]:
    """Each pop-up service is deleted while people want it."""
    if "delete-service" not in weather.rates:
        return []
    wanted: dict[tuple[str, str], list[int]] = {}
    for one in intents:
        if scene.is_pop_up(one.service):
            wanted.setdefault((one.business, one.service), []).append(one.number)
    return [
        Blow(
            dice.randint(numbers[0], numbers[-1]) + 1,
            "delete-service",
            "edit",
            {"business": scene.mailbox(business), "kind": "delete-service", "service": service},
        )
        for (business, service), numbers in sorted(wanted.items())
    ]


def _times(count: int, of_a_hundred: float) -> int:
    """At least once, where it strikes at all."""
    return max(1, round(count * of_a_hundred / 100)) if of_a_hundred > 0 else 0


def _intents(
    dice: random.Random, count: int, first_day: date, weather: Weather
) -> tuple[list[Intent], list[Change]]:
    """Those who book, and those who change what was booked; what they do has dice of its own."""
    luck = random.Random(dice.getrandbits(64))  # noqa: S311 - a plan, no secret
    taken: Taken = set()
    intents: list[Intent] = []
    changes: list[Change] = []
    for number in range(count):
        does = wanted(luck, weather.moves, weather.cancellations)
        booked = [one for one in intents if one.business == scene.alias(number % scene.BUSINESSES)]
        if does is None or not booked:
            intents.append(_new_intent(dice, number, first_day, taken))
            continue
        before = next((one for one in reversed(changes) if _is_near(one.number, number)), None)
        starts = _hot(number % scene.BUSINESSES, first_day + timedelta(days=_day(number)))
        changes.append(
            draw_change(luck, number, does, booked=booked, before=before, starts=starts, taken=taken)
        )
    return intents, changes


def _is_near(earlier: int, number: int) -> bool:
    """Whether both are of one business and may be under way at the same time."""
    return (number - earlier) % scene.BUSINESSES == 0 and number - earlier <= AT_THE_SAME_TIME


def _new_intent(dice: random.Random, number: int, first_day: date, taken: Taken) -> Intent:
    while True:
        one = _intent(dice, number, first_day)
        if (one.email, one.service, one.start) not in taken:
            taken.add((one.email, one.service, one.start))
            return one


def _intent(dice: random.Random, number: int, first_day: date) -> Intent:
    """The businesses take turns, so that those who come at the same time want the same few starts."""
    business = number % scene.BUSINESSES
    hot = _hot(business, first_day + timedelta(days=_day(number)))
    service = dice.choice(scene.services(business))
    if dice.random() < POP_UP:
        service = scene.pop_up(business, _block(number))
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


def _day(number: int) -> int:
    return number // scene.BUSINESSES // ON_ONE_DAY


def _block(number: int) -> int:
    return _day(number) // DAYS_OF_A_BLOCK


def _hot(business: int, day: date) -> Sequence[datetime]:
    """The few starts that everybody wants on a day."""
    dice = random.Random(f"{business}/{day}")  # noqa: S311
    return dice.sample(scene.starts(day), HOT_STARTS)


def _known(dice: random.Random, intents: Sequence[Intent]) -> Mapping[str, Sequence[str]]:
    """A third of the customers are in the calendar already."""
    pairs = sorted({(one.business, one.email) for one in intents})
    known: dict[str, list[str]] = {}
    for business, email in pairs:
        if dice.random() < 1 / 3:
            known.setdefault(business, []).append(email)
    return known
