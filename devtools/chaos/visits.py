"""One client with one wish, which asks again and again until it gets an answer that is final."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from time import monotonic, time
from typing import TYPE_CHECKING, Any, Final, Protocol

import httpx

from devtools.chaos.told import CONFIRMED, LEFT, REFUSED, STUCK, Changed, Told

if TYPE_CHECKING:
    from devtools.chaos.clients import Clients

FIRST_PAUSE: Final = 0.8
LONGEST_PAUSE: Final = 3.0
GROWTH: Final = 1.4
"""Clients wait longer each time, like good ones, but in seconds, so that a run does not take for ever."""

IMPATIENT_TRIES: Final = 2
PATIENT: Final = 30.0

OK, CREATED, ACCEPTED, NOT_FOUND, CONFLICT, UNPROCESSABLE = 200, 201, 202, 404, 409, 422
THROTTLED, UNAVAILABLE = 429, 503
NOT_YET: Final = frozenset(
    {
        (OK, "pending"),
        (ACCEPTED, "pending"),
        (CONFLICT, "slot-busy"),
        (CONFLICT, "booking-pending"),
        (CONFLICT, "idempotency-key-in-flight"),
    }
)
"""Answers after which a client asks again; so does it after every 429 and 503."""

BY_STAFF: Final = frozenset({(NOT_FOUND, "service-not-found"), (OK, "cancelled")})
"""Final answers that only an edit by the staff allows."""

CANCELLED: Final = "booking-cancelled"
ASK_AGAIN: Final = frozenset({THROTTLED, UNAVAILABLE})
BOOKING_REFUSED: Final = frozenset({(OK, "failed"), (CONFLICT, "booking-conflict")})
MOVE_REFUSED: Final = frozenset({(CONFLICT, "booking-conflict"), (UNPROCESSABLE, "booking-rules-broken")})


class Manners(Protocol):
    """How a client behaves."""

    @property
    def patience(self) -> float: ...  # noqa: D102

    @property
    def leaves(self) -> bool: ...  # noqa: D102


async def ending_of(visits: Sequence["Visit"]) -> str:
    """The ending of them all: stuck if one is, else confirmed to one of them, and so on."""
    endings = set(await asyncio.gather(*(visit.end() for visit in visits)))
    return next(one for one in (STUCK, CONFIRMED, REFUSED, LEFT) if one in endings)


class Visit(ABC):
    """One client with one wish; what it is told is noted in `notes`."""

    def __init__(
        self, clients: "Clients", manners: Manners, notes: Told | Changed, dice: random.Random
    ) -> None:
        self._clients = clients
        self._manners = manners
        self._notes = notes
        self._dice = dice
        self._location: str | None = None
        self._tries = 0

    @abstractmethod
    async def _send(self, root: str) -> httpx.Response:
        """Ask this facade."""

    @abstractmethod
    def _read(self, answer: httpx.Response | None) -> str | None:
        """The ending that an answer is, if it is one; everything is counted."""

    async def end(self) -> str:
        """How it ended for this client."""
        limit = monotonic() + self._clients.limit
        while monotonic() < limit:
            asked = time()
            self._notes.asked = min(self._notes.asked, asked)
            ending = self._read(await self._ask())
            if ending == CONFIRMED:
                self._notes.confirmed.append(time())
            if ending == REFUSED:
                self._notes.refused.append(asked)
            if ending is not None:
                return ending
            if self._manners.leaves:
                return LEFT
            await asyncio.sleep(self._pause())
        return STUCK

    async def _ask(self) -> httpx.Response | None:
        """The answer of whichever facade; None where none came."""
        self._tries += 1
        facade, asked = self._dice.choice(self._clients.facades), monotonic()
        try:
            answer = await self._send(facade.root)
        except httpx.TransportError:
            return None
        # A host that loses its worker says 500 or 503 without a problem: no answer of the facade's.
        lost = answer.is_server_error and not json_of(answer) and facade.was_stopping_since(asked)
        return None if lost else answer

    async def _get(self, root: str) -> httpx.Response:
        return await self._clients.http.get(f"{root}{self._location}", timeout=self._patience())

    def _counted(self, answer: httpx.Response | None) -> str:
        """The code of an answer, or its status."""
        if answer is None:
            self._notes.codes["no answer"] += 1
            return ""
        document = json_of(answer)
        code = str(document.get("code") or document.get("status"))
        self._notes.codes[f"{answer.status_code} {code}"] += 1
        return code

    def _is_open(self, answer: httpx.Response, code: str) -> bool:
        """Whether the client has to ask again."""
        if (answer.status_code, code) not in NOT_YET and answer.status_code not in ASK_AGAIN:
            return False
        if "code" not in json_of(answer) and answer.status_code not in {ACCEPTED, OK}:
            self._notes.oddities.append(f"answered {answer.status_code} without a problem document")
        return True

    def _refused(self, answer: httpx.Response, code: str, known: Container[tuple[int, str]]) -> str:
        """Refused; in a way that is `known`, or that nobody should ever see."""
        if (answer.status_code, code) in BY_STAFF:
            self._notes.missed.add(code)
        elif (answer.status_code, code) not in known:
            self._notes.oddities.append(f"answered {answer.status_code} {answer.text[:300]}")
        return REFUSED

    def _pause(self) -> float:
        longest = min(FIRST_PAUSE * GROWTH**self._tries, LONGEST_PAUSE)
        return longest * self._dice.uniform(0.5, 1.0)

    def _patience(self) -> float:
        return self._manners.patience if self._tries <= IMPATIENT_TRIES else PATIENT


def start_of(document: Mapping[str, Any]) -> datetime:
    """When a booking begins, by the answer about it."""
    return datetime.fromisoformat(document["start"]["utc"])


def json_of(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object that an answer is; empty where it is none."""
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
