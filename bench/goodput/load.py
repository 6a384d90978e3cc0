"""The clients: each books one visitor after the other, and comes again when it is told to."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from uuid import uuid4

import httpx

from bench.goodput import shop
from devtools.chaos.cluster import function_key

PATIENCE = 60.0
"""Seconds after which a visitor gives up."""

GIVEN_UP = "given up"

TIMEOUT = 120.0


def client() -> httpx.AsyncClient:
    """As many connections as there are visitors."""
    limits = httpx.Limits(max_connections=None)
    return httpx.AsyncClient(timeout=TIMEOUT, limits=limits, trust_env=False)


@dataclass(frozen=True, slots=True)
class Door:
    """A way to book: the address below a worker's root, and the workers, asked in turns."""

    path: str
    roots: Sequence[str]


@dataclass(slots=True)
class Told:
    """What the visitors were told: when they began and were confirmed, and every other answer.

    `refused` are the seconds within which somebody learned that they have to come again.
    """

    waits: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Clients:
    """Sends the visitors of shops through a door, `patience` seconds long each; `told` is by shop."""

    http: httpx.AsyncClient
    door: Door
    patience: float = PATIENCE
    told: dict[int, Told] = field(default_factory=dict)
    _roots: dict[int, Iterator[str]] = field(default_factory=dict)

    async def book(
        self, shops: Sequence[int], visitors: int, clients: int, name: str, *, is_rehearsal: bool = False
    ) -> None:
        """Let so many visitors of all shops together book; each client serves one shop."""
        self.told |= {one: Told() for one in shops}
        queues = {one: iter(range(visitors // len(shops))) for one in shops}
        servers = [shops[number % len(shops)] for number in range(max(clients, len(shops))) if shops]
        await asyncio.gather(*(self._serve(one, queues[one], name, is_rehearsal) for one in servers))

    async def _serve(self, one: int, queue: Iterator[int], name: str, is_rehearsal: bool) -> None:
        for number in queue:
            body = shop.booking(number, f"{name}{one}n{number}", is_rehearsal=is_rehearsal)
            await self._visit(one, number, body)

    async def _visit(self, one: int, number: int, body: shop.Json) -> None:
        told, began = self.told[one], time.perf_counter()
        headers = {"x-functions-key": function_key(number), "Idempotency-Key": str(uuid4())}
        while time.perf_counter() - began < self.patience:
            asked = time.perf_counter()
            path = self.door.path.format(business=shop.alias(one))
            answer = await self.http.post(self._root(one) + path, json=body, headers=headers)
            now = time.perf_counter()
            if answer.status_code == httpx.codes.CREATED:
                told.waits.append(now - began)
                told.ends.append(now)
                return
            told.answers[_kind(answer)] += 1
            if "retry-after" not in answer.headers:
                return
            told.refused.append(now - asked)
            await asyncio.sleep(float(answer.headers["retry-after"]))
        told.answers[GIVEN_UP] += 1

    def _root(self, one: int) -> str:
        """The workers in turns, for each shop by itself."""
        return next(self._roots.setdefault(one, cycle(self.door.roots)))


def _kind(answer: httpx.Response) -> str:
    """The status, with the code of a problem of ours."""
    try:
        return f"{answer.status_code} {answer.json().get('code', '')}".strip()
    except ValueError:
        return str(answer.status_code)
