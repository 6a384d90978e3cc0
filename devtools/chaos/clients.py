"""The clients: each sends one intent, again and again, until it gets an answer that is final."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic, time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from devtools.chaos import scene
from devtools.chaos.by_hand import Wish
from devtools.chaos.changes import MOVE, Change
from devtools.chaos.cluster import Process, function_key
from devtools.chaos.plan import Intent
from devtools.chaos.told import CONFIRMED, REFUSED, Changed, Shown, Told
from devtools.chaos.visits import (
    ACCEPTED,
    BOOKING_REFUSED,
    CANCELLED,
    CREATED,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MOVE_REFUSED,
    OK,
    PATIENT,
    Visit,
    ending_of,
    json_of,
    start_of,
)


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
        told = Told(f"intent {intent.number}", wish, keyed=intent.key is not None, business=intent.business)
        visits = [_Booking(self, intent, told, self._dice(intent, twin)) for twin in range(intent.twins)]
        told.ending = await ending_of(visits)
        if intent.checks and told.ending == CONFIRMED:
            await visits[0].replay()
        told.ended = time()
        return told

    async def change(
        self, change: Change, bookings: Mapping[int, "asyncio.Task[Told | None]"]
    ) -> Told | None:
        """The booking that was changed, told the answers of all clients; None where none of them stands."""
        for choice in change.choices:
            told = await asyncio.shield(bookings[choice.of])
            if told is None or told.ending != CONFIRMED or not told.token:
                continue
            name = f"{told.name}, {change.does} {change.number}"
            changed = Changed(name, change.does, choice.start, keyed=change.key is not None)
            told.changes.append(changed)
            about = (self, change, told, changed)
            visits = [_Changing(*about, self._dice(change, twin)) for twin in range(change.twins)]
            changed.ending = await ending_of(visits)
            changed.ended = time()
            return told
        return None

    async def look(self, told: Told) -> None:
        """Read a booking once everything is over, which must not be in doubt any more."""
        root, limit = self.facades[0].root, monotonic() + PATIENT
        while monotonic() < limit and told.token:
            try:
                answer = await self.http.get(root + told.address, timeout=PATIENT)
            except httpx.TransportError:
                continue
            if answer.status_code == OK:
                document = json_of(answer)
                told.shown = Shown(document["status"], start_of(document))
                return
            await asyncio.sleep(FIRST_PAUSE)
        told.shown = Shown("unread") if told.token else None

    def _dice(self, intent: Intent | Change, twin: int) -> random.Random:
        return random.Random(f"{self.seed}/{intent.number}/{twin}")  # noqa: S311 - a plan, no secret


class _Booking(Visit):
    """Books."""

    def __init__(self, clients: Clients, intent: Intent, told: Told, dice: random.Random) -> None:
        super().__init__(clients, intent, told, dice)
        self._intent = intent
        self._told = told

    async def replay(self) -> None:
        """Ask once more for what is confirmed: the same bytes must come, said to be a replay.

        Where only a look had told that it is confirmed, a 201 may be the first.
        """
        self._location = None
        for _ in range(20):
            answer = await self._ask()
            if answer is not None and answer.status_code == CREATED:
                is_first = not self._told.bodies
                self._told.bodies.append(answer.content)
                if not is_first and answer.headers.get("idempotent-replayed") != "true":
                    self._told.oddities.append("booked again instead of being replayed")
                return
            self._read(answer)
            await asyncio.sleep(LONGEST_PAUSE)

    async def _send(self, root: str) -> httpx.Response:
        if self._location is not None:
            return await self._get(root)
        return await self._clients.http.post(
            f"{root}/api/v1/partner/businesses/{self._intent.business}/bookings",
            json=_body(self._intent),
            headers=_headers(self._intent),
            timeout=self._patience(),
        )

    def _read(self, answer: httpx.Response | None) -> str | None:
        code = self._counted(answer)
        if answer is None:
            return None
        if answer.status_code == CREATED or (answer.status_code == OK and code == CONFIRMED):
            return self._confirmed(answer)
        if answer.status_code == ACCEPTED and self._intent.follows:
            self._location = answer.headers["location"]
        if self._is_open(answer, code):
            return None
        return self._refused(answer, code, BOOKING_REFUSED)

    def _confirmed(self, answer: httpx.Response) -> str:
        """A 201 is the same for everybody; a 200 tells how the booking stands by then."""
        if answer.status_code == CREATED:
            self._told.bodies.append(answer.content)
        where = self._location or answer.headers.get("location", "")
        self._told.reference = str(json_of(answer)["reference"])
        self._told.token = parse_qs(urlsplit(where).query)["token"][0]
        return CONFIRMED


class _Changing(Visit):
    """Moves a booking, or cancels it, with its token."""

    def __init__(
        self, clients: Clients, change: Change, told: Told, changed: Changed, dice: random.Random
    ) -> None:
        super().__init__(clients, change, changed, dice)
        self._change = change
        self._told = told
        self._changed = changed

    async def _send(self, root: str) -> httpx.Response:
        if self._location is not None:
            return await self._get(root)
        is_move = self._change.does == MOVE
        route = f"bookings/{self._told.reference}/{'reschedule' if is_move else 'cancel'}"
        key = {} if self._change.key is None else {"Idempotency-Key": self._change.key}
        return await self._clients.http.post(
            f"{root}/api/v1/businesses/{self._told.business}/{route}",
            json={"start": self._changed.start.isoformat()} if is_move else {},
            headers={"Booking-Token": self._told.token, **key},
            timeout=self._patience(),
        )

    def _read(self, answer: httpx.Response | None) -> str | None:
        code = self._counted(answer)
        if answer is None:
            return None
        if answer.status_code == ACCEPTED and self._change.follows:
            self._location = answer.headers["location"]
        if self._is_open(answer, code):
            return None
        if answer.status_code != OK:
            self._changed.missed |= {one["code"] for one in json_of(answer).get("errors", ())} & {CANCELLED}
            return self._refused(answer, code, MOVE_REFUSED)
        return self._done(answer, code)

    def _done(self, answer: httpx.Response, code: str) -> str | None:
        """The booking as it was asked for; where it only could be looked at, ask for it once more if not."""
        is_move, start = self._change.does == MOVE, start_of(json_of(answer))
        if code == (CONFIRMED if is_move else "cancelled"):
            if not is_move or start == self._changed.start:
                return CONFIRMED
            if self._location is None:
                self._changed.elsewhere.add(start)
                return CONFIRMED
        if self._location is None:
            self._changed.oddities.append(f"answered {answer.status_code} {answer.text[:300]}")
            return REFUSED
        self._location = None
        return None


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
