"""What happens to any booking site: races, double clicks, answers that get lost."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Final

import httpx

from devtools.compare.audit import Outcome, Wish, outcome
from devtools.compare.shop import ALIAS, ANN, CLASS, MAILBOX, TALK, seed, slot
from devtools.graph_emulator.client import ControlClient

TRIES: Final = 6
"""How often somebody sends the form before they give up."""

LATENCY: Final = 0.05
"""Seconds that each call to Graph takes, so that people really meet."""

LONGEST_PAUSE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Side:
    """One way to book: its name, and a client of its HTTP."""

    name: str
    http: httpx.AsyncClient


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something that happens; `wishes` people want something, each sends `clicks` times at once."""

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
    )


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
    """Let it happen to this side, in a calendar that is empty before."""
    await emulator.reset()
    await emulator.seed(businesses=[seed()])
    await emulator.switch(latency=LATENCY)
    if scenario.faults:
        await emulator.arm(*scenario.faults)
    told = await asyncio.gather(*(_insist(wish, scenario.clicks, side) for wish in scenario.wishes))
    return outcome(told, await emulator.appointments(MAILBOX))


async def _insist(wish: Wish, clicks: int, side: Side) -> Wish:
    """What somebody is told in the end, by any of the answers."""
    key = f"order-{wish.email}"
    answers = await asyncio.gather(*(_ask(wish, key, side) for _ in range(clicks)))
    return replace(wish, is_confirmed=any(answers))


async def _ask(wish: Wish, key: str, side: Side) -> bool:
    """Whether it is confirmed; sent again after no answer, a failure and a request to wait."""
    for _ in range(TRIES):
        answer = await _answer(lambda: _send(wish, key, side))
        if answer is None:
            await asyncio.sleep(LATENCY)
        elif answer.status_code >= 500 or "retry-after" in answer.headers:  # noqa: PLR2004 (HTTP)
            await asyncio.sleep(min(float(answer.headers.get("retry-after", LATENCY)), LONGEST_PAUSE))
        else:
            return answer.status_code == httpx.codes.CREATED
    return False


async def _answer(send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response | None:
    try:
        return await send()
    except httpx.HTTPError:
        return None


async def _send(wish: Wish, key: str, side: Side) -> httpx.Response:
    body = {
        "serviceId": wish.service,
        "start": wish.start.isoformat(),
        "staffId": ANN,
        "customer": {"name": wish.email.partition("@")[0], "email": wish.email},
    }
    return await side.http.post(
        f"/api/v1/partner/businesses/{ALIAS}/bookings", json=body, headers={"Idempotency-Key": key}
    )
