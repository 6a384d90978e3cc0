"""What happens to any booking site: races, double clicks, lost answers; booking, moving, cancelling."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Final
from urllib.parse import quote

import httpx

from devtools.compare.audit import Outcome, Wish, outcome
from devtools.compare.shop import ALIAS, ANN, CLASS, MAILBOX, SEATS, TALK, class_of, seed, slot
from devtools.graph_emulator.client import ControlClient

TRIES: Final = 6
"""How often somebody sends the form before they give up."""

LATENCY: Final = 0.05
"""Seconds that each call to Graph takes, so that people really meet."""

LONGEST_PAUSE: Final = 5.0

BOOKINGS: Final = f"/api/v1/partner/businesses/{ALIAS}/bookings"


@dataclass(frozen=True, slots=True)
class Side:
    """One way to book: its name, and a client of its HTTP."""

    name: str
    http: httpx.AsyncClient

    @property
    def is_plain(self) -> bool:
        """Whether it is that of Microsoft's documentation."""
        return self.name == "plain"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something that happens; `wishes` people want something, each sends `clicks` times at once.

    Those who already `had` a place have booked it before: they want another one, or none any more.
    """

    title: str
    wishes: Sequence[Wish]
    clicks: int = 1
    faults: Sequence[dict[str, object]] = ()


def scenarios(size: int) -> Sequence[Scenario]:
    """All of them, each for about this many people."""
    after = {"operation": "appointments.create", "when": "after", "count": size}
    return (
        Scenario(f"{size} people at once, one appointment", _people(size, TALK, one_slot=True)),
        Scenario(f"{size} people at once, five seats", _people(size, CLASS, one_slot=True)),
        Scenario(f"{size} double clicks", _people(size, TALK), clicks=2),
        Scenario(f"{size} double clicks on a class", _people(size, CLASS), clicks=2),
        Scenario(f"{size} lost answers", _people(size, TALK), faults=[{**after, "kind": "disconnect"}]),
        Scenario(
            f"{size} answers 503 though booked",
            _people(size, TALK),
            faults=[{**after, "kind": "status", "status": 503, "retryAfter": 0.1}],
        ),
        Scenario(
            f"{size} answers 500 though booked",
            _people(size, CLASS),
            faults=[{**after, "kind": "status", "status": 500}],
        ),
        *_changes(size),
    )


def _changes(size: int) -> Sequence[Scenario]:
    """Those in which people want what they have changed."""
    lost: Sequence[dict[str, object]] = [
        {"operation": operation, "when": "after", "kind": "disconnect", "count": size}
        for operation in ("appointments.patch", "appointments.cancel", "appointments.delete")
    ]
    free = slot(next(_slots))
    return (
        Scenario(f"{size} people move to one free time", [_moving(one, free) for one in _people(size, TALK)]),
        Scenario(
            f"{size} moves with lost answers",
            [_moving(one, slot(next(_slots))) for one in _people(size, TALK)],
            faults=lost,
        ),
        Scenario(
            f"{size} cancellations with lost answers", list(map(_leaving, _people(size, TALK))), faults=lost
        ),
        Scenario(f"{size} double clicks on cancel", list(map(_leaving, _people(size, TALK))), clicks=2),
        Scenario(
            f"{size} people leave their classes at once",
            [
                _leaving(one)
                for begin in range(0, size, SEATS[CLASS])
                for one in _people(min(SEATS[CLASS], size - begin), CLASS, one_slot=True)
            ],
        ),
    )


def _moving(wish: Wish, start: datetime) -> Wish:
    return replace(wish, start=start, had=wish.start)


def _leaving(wish: Wish) -> Wish:
    return replace(wish, start=None, had=wish.start)


_numbers = count(1)
_slots = count()


def _people(size: int, service: str, *, one_slot: bool = False) -> Sequence[Wish]:
    """New people, in slots that nobody has asked for before: the facade remembers for two minutes."""
    shared = next(_slots)
    return [
        Wish(f"person{next(_numbers)}@contoso.com", service, slot(shared if one_slot else next(_slots)))
        for _ in range(size)
    ]


async def happen(scenario: Scenario, side: Side, emulator: ControlClient) -> Outcome:
    """Let it happen to this side, in a calendar that is empty before but for what people had."""
    await emulator.reset()
    await emulator.seed(businesses=[seed()])
    had = await _had(scenario, side, emulator)
    await emulator.switch(latency=LATENCY)
    if scenario.faults:
        await emulator.arm(*scenario.faults)
    told = await asyncio.gather(
        *(_insist(wish, scenario.clicks, side, had.get(wish.email, "")) for wish in scenario.wishes)
    )
    return outcome(told, await emulator.appointments(MAILBOX))


async def _had(scenario: Scenario, side: Side, emulator: ControlClient) -> Mapping[str, str]:
    """What everybody calls the booking that they have, by e-mail address, once they have it.

    The plain way knows no seats in a class that is there already, so that class is put into its calendar.
    """
    classes: dict[datetime, list[str]] = {}
    named: dict[str, str] = {}
    for wish in scenario.wishes:
        if wish.had is not None and side.is_plain and wish.service == CLASS:
            classes.setdefault(wish.had, []).append(wish.email)
        elif wish.had is not None:
            answer = await _book(replace(wish, start=wish.had), f"before-{wish.email}", side)
            said = answer.raise_for_status().json()
            named[wish.email] = said.get("reference") or said["id"]
    for start, people in classes.items():
        made = await emulator.seed(business=MAILBOX, **class_of(start, people))
        named |= dict.fromkeys(people, made[MAILBOX]["appointments"][0])
    return named


async def _insist(wish: Wish, clicks: int, side: Side, has: str) -> Wish:
    """What somebody is told in the end, by any of the answers."""
    key = f"order-{wish.email}"
    answers = await asyncio.gather(*(_ask(wish, key, side, has) for _ in range(clicks)))
    return replace(wish, is_confirmed=any(answers))


async def _ask(wish: Wish, key: str, side: Side, has: str) -> bool:
    """Whether it is confirmed; sent again after no answer, a failure and a request to wait."""
    for _ in range(TRIES):
        answer = await _answer(lambda: _send(wish, key, side, has))
        if answer is None:
            await asyncio.sleep(LATENCY)
        elif answer.status_code >= 500 or "retry-after" in answer.headers:  # noqa: PLR2004 (HTTP)
            await asyncio.sleep(min(float(answer.headers.get("retry-after", LATENCY)), LONGEST_PAUSE))
        else:
            return answer.is_success
    return False


async def _answer(send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response | None:
    try:
        return await send()
    except httpx.HTTPError:
        return None


async def _send(wish: Wish, key: str, side: Side, has: str) -> httpx.Response:
    if not has:
        return await _book(wish, key, side)
    does, body = ("reschedule", {"start": wish.start.isoformat()}) if wish.start else ("cancel", {})
    who = {"email": wish.email} if side.is_plain else {}
    return await side.http.post(
        f"{BOOKINGS}/{quote(has, safe='')}/{does}", params=who, json=body, headers={"Idempotency-Key": key}
    )


async def _book(wish: Wish, key: str, side: Side) -> httpx.Response:
    body = {
        "serviceId": wish.service,
        "start": wish.start and wish.start.isoformat(),
        "staffId": ANN,
        "customer": {"name": wish.email.partition("@")[0], "email": wish.email},
    }
    return await side.http.post(BOOKINGS, json=body, headers={"Idempotency-Key": key})
