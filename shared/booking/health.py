"""Whether what a booking needs answers: Graph for each business, and the store."""

import asyncio
from collections.abc import Awaitable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.booking.ports import Clock, Graph, LockStore
from shared.booking.slots.single_flight import SingleFlight
from shared.domain.errors import DomainError
from shared.domain.publication import closed_to_public
from shared.platform.deadline import deadline

LIFE = timedelta(seconds=10)
"""How long an answer is shared, so that asking often costs Graph little."""

PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried; `error` is the kind of failure, None where it answered.

    `closed` is why the public is not sold anything of a business that answered.
    """

    name: str
    error: str | None = None
    closed: str | None = None


class Health:
    """Tries each business and the store; one try serves everybody for ten seconds."""

    def __init__(
        self,
        *,
        graph: Graph,
        locks: LockStore,
        mailboxes: Mapping[str, str],
        zones: Mapping[str, str],
        public: Collection[str],
        clock: Clock,
    ) -> None:
        self._graph = graph
        self._locks = locks
        self._mailboxes = mailboxes
        self._zones = zones
        self._public = public
        self._clock = clock
        self._flights: SingleFlight[str, tuple[Check, ...]] = SingleFlight(clock, LIFE, 1)

    async def __call__(self) -> tuple[Check, ...]:
        """What was tried, in the order of the aliases, the store last."""
        return await self._flights.get("all", self._try_all)

    async def _try_all(self) -> tuple[Check, ...]:
        with deadline(PATIENCE):
            tries = [
                _checked(f"graph:{alias}", self._business(mailbox))
                for alias, mailbox in sorted(self._mailboxes.items())
            ]
            return tuple(await asyncio.gather(*tries, _checked("store", self._store())))

    async def _business(self, mailbox: str) -> str | None:
        """Why the business that Graph shows is closed to the public."""
        found = await self._graph.business(mailbox, self._zones.get(mailbox))
        return None if mailbox in self._public else closed_to_public(found)

    async def _store(self) -> None:
        now = self._clock()
        lock = await self._locks.try_acquire(f"health\n{now.isoformat()}", "health", now, PATIENCE)
        if lock is not None:
            await self._locks.release(lock)


async def _checked(name: str, attempt: Awaitable[str | None]) -> Check:
    try:
        return Check(name, closed=await attempt)
    except DomainError as error:
        return Check(name, type(error).__name__)
