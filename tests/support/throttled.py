"""The emulator behind a wire with a trip time, in virtual time; counts the calls that came too early."""

import asyncio
from datetime import datetime, timedelta
from typing import Self

import httpx
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential

from devtools.graph_emulator.app import create_app
from devtools.graph_emulator.clock import Clock
from devtools.graph_emulator.default_seed import CONTOSO
from devtools.graph_emulator.faults import read_fault
from shared.booking.create.request import BookingRequest
from shared.booking.slots.availability import SlotQuery
from shared.booking.use_cases import UseCases
from shared.booking.writes.idempotency import RequestKey
from shared.domain.errors import DomainError, GraphError
from shared.domain.model import Customer
from shared.graph.calls import Calls
from shared.graph.client import Connection, build_client, cloud
from shared.graph.gateway import GraphGateway
from shared.graph.places import Mailboxes
from shared.tables.memory import memory_stores
from tests.support.contoso import TASTING
from tests.support.virtual_time import BEGINNING
from tests.support.virtually import loop_now
from tests.support.workers import CALL, Outside, use_cases

ROOT = "http://127.0.0.1"
TRIP = 0.01
"""Seconds that a request and an answer are under way each."""

DAYS_LOOKED_AT = timedelta(days=21)
PATIENCE = 60.0
"""Seconds after which a client that is told to ask again does so no more."""


class LoopClock(Clock):
    """The emulator's time is the loop's."""

    def now(self) -> datetime:
        return loop_now().clock()


class Given(AsyncTokenCredential):
    """One token for ever, which takes `seconds` to be had."""

    def __init__(self, token: str) -> None:
        self._token = token
        self.seconds = 0.0

    async def get_token(self, *_: str, **__: object) -> AccessToken:
        if self.seconds:
            await asyncio.sleep(self.seconds)
        return AccessToken(self._token, 2_000_000_000)

    async def close(self) -> None:
        return None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None


class Wire(httpx.AsyncBaseTransport):
    """Counts what is sent, what is turned away, and what is sent before an asked pause is over."""

    def __init__(self, graph: httpx.AsyncBaseTransport) -> None:
        self._graph = graph
        self._closed_until: dict[str, float] = {}
        self.sent = self.turned_away = self.early = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        mailbox = request.url.path.split("/")[4]
        self.sent += 1
        self.early += loop_now().now < self._closed_until.get(mailbox, 0.0)
        await asyncio.sleep(TRIP)
        answer = await self._graph.handle_async_request(request)
        await asyncio.sleep(TRIP)
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            self.turned_away += 1
            ends = loop_now().now + float(answer.headers.get("retry-after", 0))
            self._closed_until[mailbox] = max(ends, self._closed_until.get(mailbox, 0.0))
        return answer


class Burst:
    """One worker in front of an emulator of its own, and what became of the intents."""

    def __init__(self, mailboxes: Mailboxes | None = None) -> None:
        self.app = create_app()
        self.world = self.app.world
        self.world.clock = LoopClock()
        self.wire = Wire(httpx.ASGITransport(self.app))
        where = cloud("https://graph.microsoft.com", f"{ROOT}/beta")
        self.token = Given(self.world.identity.issue({}))
        connection = Connection(lambda: self.token, where)
        connection.client = build_client(self.token, where, self.wire)
        self.graph = GraphGateway(connection, Calls(CALL, mailboxes))
        ids = iter(f"id-{number}" for number in range(100_000))
        outside = Outside(self.graph, memory_stores(), loop_now().clock, lambda: next(ids))
        self.cases: UseCases = use_cases(outside)
        self.confirmed = self.refused = self.stuck = 0
        self.longest = 0.0

    def throttle(self, retry_after: float, probability: float) -> None:
        """Turn some calls away, and close the mailbox with each."""
        self.world.switches.update({"throttle_lengthens": True})
        fault = {"kind": "status", "status": 429, "retryAfter": retry_after, "probability": probability}
        self.world.weather.arm([read_fault(fault)])

    async def look(self) -> None:
        """Visitors look at the days that will be booked."""
        first = BEGINNING.date()
        await self.cases.availability(SlotQuery(CONTOSO, TASTING.id, first, first + DAYS_LOOKED_AT))

    async def book(self, intents: int) -> None:
        """So many people want starts of their own, all at once, and ask until they are told the end."""
        await asyncio.gather(*(self._insist(number) for number in range(intents)))

    async def _insist(self, number: int) -> None:
        day, hour = divmod(number, 7)
        start = BEGINNING.replace(hour=14) + timedelta(days=1 + day + day // 4 * 3, hours=hour)
        customer = Customer(None, "Ann Beebe", f"p{number}@contoso.com")
        request = BookingRequest(CONTOSO, TASTING.id, start, customer)
        while loop_now().now < PATIENCE:
            asked = loop_now().now
            try:
                await self.cases.create_booking(request, RequestKey(f"{number:064x}", "fingerprint"))
            except DomainError as error:
                self.longest = max(self.longest, loop_now().now - asked)
                self.refused += 1
                wait = error.retry_after if isinstance(error, GraphError) else None
                await asyncio.sleep((wait or timedelta(seconds=5)).total_seconds() + number / 100)
            else:
                self.longest = max(self.longest, loop_now().now - asked)
                self.confirmed += 1
                return
        self.stuck += 1
