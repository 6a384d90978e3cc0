"""The clients: each sends one intent, again and again, until it gets an answer that is final."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic, time
from typing import Any, Final

import httpx

from devtools.chaos import scene
from devtools.chaos.audit import CONFIRMED, LEFT, REFUSED, STUCK, Told
from devtools.chaos.by_hand import Wish
from devtools.chaos.cluster import Process, function_key
from devtools.chaos.plan import Intent

FIRST_PAUSE: Final = 0.8
LONGEST_PAUSE: Final = 3.0
GROWTH: Final = 1.4
"""Clients wait longer each time, like good ones, but in seconds, so that a run does not take for ever."""

IMPATIENT_TRIES: Final = 2
PATIENT: Final = 30.0

OK, CREATED, ACCEPTED, NOT_FOUND, CONFLICT, THROTTLED, UNAVAILABLE = 200, 201, 202, 404, 409, 429, 503
NOT_YET: Final = frozenset(
    {
        (OK, "pending"),
        (ACCEPTED, "pending"),
        (CONFLICT, "slot-busy"),
        (CONFLICT, "idempotency-key-in-flight"),
    }
)
"""Answers after which a client asks again; so does it after every 429 and 503."""

BY_STAFF: Final = frozenset({(NOT_FOUND, "service-not-found"), (OK, "cancelled")})
"""Final answers that only an edit by the staff allows."""


@dataclass(frozen=True, slots=True)
class Clients:
    """Sends intents to any of the facades; `limit` is after how many seconds an intent is stuck."""

    http: httpx.AsyncClient
    facades: Sequence[Process]
    seed: int
    limit: float

    async def book(self, intent: Intent) -> Told:
        """What all the clients of an intent were told, its twins' answers among them."""
        wish = Wish(scene.mailbox(intent.business), intent.service, intent.start, intent.email)
        told = Told(f"intent {intent.number}", wish, keyed=intent.key is not None)
        visits = [_Visit(self, intent, told, self._dice(intent, twin)) for twin in range(intent.twins)]
        endings = set(await asyncio.gather(*(visit.end() for visit in visits)))
        told.ending = next(one for one in (STUCK, CONFIRMED, REFUSED, LEFT) if one in endings)
        if intent.checks and told.ending == CONFIRMED:
            await visits[0].replay()
        told.ended = time()
        return told

    def _dice(self, intent: Intent, twin: int) -> random.Random:
        return random.Random(f"{self.seed}/{intent.number}/{twin}")  # noqa: S311 - a plan, no secret


class _Visit:
    """One client with one intent."""

    def __init__(self, clients: Clients, intent: Intent, told: Told, dice: random.Random) -> None:
        self._clients = clients
        self._intent = intent
        self._told = told
        self._dice = dice
        self._location: str | None = None
        self._tries = 0

    async def end(self) -> str:
        """How it ended for this client."""
        limit = monotonic() + self._clients.limit
        while monotonic() < limit:
            asked = time()
            ending = self._read(await self._ask())
            if ending == CONFIRMED:
                self._told.confirmed.append(time())
            if ending == REFUSED:
                self._told.refused.append(asked)
            if ending is not None:
                return ending
            if self._intent.leaves:
                return LEFT
            await asyncio.sleep(self._pause())
        return STUCK

    async def replay(self) -> None:
        """Ask once more for what is confirmed: the same bytes must come, said to be a replay."""
        self._location = None
        for _ in range(20):
            answer = await self._ask()
            if answer is not None and answer.status_code == CREATED:
                self._told.bodies.append(answer.content)
                if answer.headers.get("idempotent-replayed") != "true":
                    self._told.oddities.append("booked again instead of being replayed")
                return
            self._read(answer)
            await asyncio.sleep(LONGEST_PAUSE)

    async def _ask(self) -> httpx.Response | None:
        """The answer of whichever facade; None where none came."""
        self._tries += 1
        facade, asked = self._dice.choice(self._clients.facades), monotonic()
        try:
            answer = await self._send(facade.root)
        except httpx.TransportError:
            return None
        # A host that loses its worker says 500 or 503 without a problem: no answer of the facade's.
        lost = answer.is_server_error and not _json(answer) and facade.was_stopping_since(asked)
        return None if lost else answer

    async def _send(self, root: str) -> httpx.Response:
        if self._location is not None:
            return await self._clients.http.get(root + self._location, timeout=self._patience())
        return await self._clients.http.post(
            f"{root}/api/v1/partner/businesses/{self._intent.business}/bookings",
            json=_body(self._intent),
            headers=_headers(self._intent),
            timeout=self._patience(),
        )

    def _read(self, answer: httpx.Response | None) -> str | None:
        """The ending that an answer is, if it is one; everything is counted."""
        if answer is None:
            self._told.codes["no answer"] += 1
            return None
        document = _json(answer)
        code = str(document.get("code") or document.get("status"))
        self._told.codes[f"{answer.status_code} {code}"] += 1
        if answer.status_code == CREATED or (answer.status_code == OK and code == CONFIRMED):
            self._told.bodies.append(answer.content)
            return CONFIRMED
        if answer.status_code == ACCEPTED and self._intent.follows:
            self._location = answer.headers["location"]
        if (answer.status_code, code) in NOT_YET or answer.status_code in {THROTTLED, UNAVAILABLE}:
            if "code" not in document and answer.status_code not in {ACCEPTED, OK}:
                self._told.oddities.append(f"answered {answer.status_code} without a problem document")
            return None
        if (answer.status_code, code) in BY_STAFF:
            self._told.missed.add(code)
            return REFUSED
        if (answer.status_code, code) not in {(OK, "failed"), (CONFLICT, "booking-conflict")}:
            self._told.oddities.append(f"answered {answer.status_code} {answer.text[:300]}")
        return REFUSED

    def _pause(self) -> float:
        longest = min(FIRST_PAUSE * GROWTH**self._tries, LONGEST_PAUSE)
        return longest * self._dice.uniform(0.5, 1.0)

    def _patience(self) -> float:
        return self._intent.patience if self._tries <= IMPATIENT_TRIES else PATIENT


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _body(intent: Intent) -> dict[str, Any]:
    return {
        "serviceId": intent.service,
        "start": intent.start.isoformat(),
        "staffId": intent.staff_id,
        "customer": {"name": intent.email.partition("@")[0], "email": intent.email},
    }


def _headers(intent: Intent) -> dict[str, str]:
    key = {} if intent.key is None else {"Idempotency-Key": intent.key}
    return {"x-functions-key": function_key(intent.number), **key}
