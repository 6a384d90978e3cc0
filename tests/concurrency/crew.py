"""Workers of one deployment in this process: each a facade of its own, all with the same stores.

Their clock can be moved, so that leases and locks end without waiting for them; time-outs of calls to
Graph run in real time and are short.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from devtools.graph_emulator.client import ControlClient
from shared import bootstrap
from shared.booking.ports import Check, Stores
from shared.domain.model import Appointment, Draft
from shared.graph.gateway import GraphGateway
from shared.settings import Settings
from shared.tables.memory import memory_stores
from tests.support.facade import Facade, connect, environment, load_app, serve

SECONDS = {
    "REQUEST_BUDGET_SECONDS": "4",
    "GRAPH_CALL_SECONDS": "0.5",
    "LOCK_WAIT_SECONDS": "0.3",
    "LOCK_LIFE_SECONDS": "6",
    "LIST_LAG_SECONDS": "0.3",
}
LEASE = timedelta(seconds=5)
"""More than a dead worker's hold on an intent."""

LOCKS_END = timedelta(seconds=8)
"""More than the life of a lock, and the time in which lists may lag besides."""


class MovedClock:
    """The time of this machine, and as much more as was asked for."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def move(self, by: timedelta) -> None:
        self._ahead += by


Compose = Callable[[Settings], GraphGateway]


@dataclass(frozen=True, slots=True)
class Crew:
    """A deployment: its stores, its clock, and as many workers as are hired."""

    emulator: ControlClient
    open: AsyncExitStack = field(repr=False)
    stores: Stores = field(default_factory=memory_stores)
    clock: MovedClock = field(default_factory=MovedClock)

    async def hire(
        self,
        stores: Stores | None = None,
        graph: Compose | None = None,
        seconds: Mapping[str, str] = SECONDS,
    ) -> Facade:
        """One more worker; other stores, another way to Graph and other timings make a variant."""
        environ = {**environment(self.emulator), **seconds, **SECRET}
        settings = Settings.from_environ(environ)
        port = graph(settings) if graph is not None else bootstrap.gateway(settings)
        module = load_app({})
        app = bootstrap.assemble(settings, port, stores or self.stores, self.clock, (port.aclose,))
        serve(module, app)
        http: httpx.AsyncClient = await self.open.enter_async_context(connect(module))
        self.open.push_async_callback(module.facade.aclose)
        return Facade(http, self.emulator, module)


SECRET = {"BOOKING_SECRET": "one secret for all the workers of the crew"}


@asynccontextmanager
async def a_crew(emulator: ControlClient) -> AsyncIterator[Crew]:
    """A crew without workers yet."""
    async with AsyncExitStack() as stack:
        yield Crew(emulator, stack)
    await asyncio.sleep(0)


class Hangs(GraphGateway):
    """A worker that dies around its POST: what it was doing never goes on, and nothing is tidied up."""

    def __init__(self, settings: Settings, *, after_commit: bool) -> None:
        inner = bootstrap.gateway(settings)
        super().__init__(inner._connection, inner._calls)  # noqa: SLF001 (the same gateway, but mortal)
        self._after_commit = after_commit
        self.is_dead = asyncio.Event()

    async def create_appointment(self, business: str, draft: Draft, *, check: Check) -> Appointment:
        if self._after_commit:
            await super().create_appointment(business, draft, check=check)
        self.is_dead.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable: nobody wakes the dead")
