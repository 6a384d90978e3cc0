"""Whether what a booking needs answers: Graph for each business, and the store."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.booking.ports import Clock, Graph, LockStore
from shared.booking.slots.single_flight import SingleFlight
from shared.domain.errors import DomainError
from shared.platform.deadline import deadline

LIFE = timedelta(seconds=10)
"""How long an answer is shared, so that asking often costs Graph little."""

PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried; `error` is the kind of failure, None where it answered."""

    name: str
    error: str | None = None


class Health:
    """Tries each business and the store; one try serves everybody for ten seconds."""

    def __init__(
        self,
        *,
        graph: Graph,
        locks: LockStore,
        mailboxes: Mapping[str, str],
        zones: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self._graph = graph
        self._locks = locks
        self._mailboxes = mailboxes
        self._zones = zones
        self._clock = clock
        self._flights: SingleFlight[str, tuple[Check, ...]] = SingleFlight(clock, LIFE, 1)

    async def __call__(self) -> tuple[Check, ...]:
        """What was tried, in the order of the aliases, the store last."""
        return await self._flights.get("all", self._try_all)

    async def _try_all(self) -> tuple[Check, ...]:
        with deadline(PATIENCE):
            tries = [
                _checked(f"graph:{alias}", self._graph.business(mailbox, self._zones.get(mailbox)))
                for alias, mailbox in sorted(self._mailboxes.items())
            ]
            return tuple(await asyncio.gather(*tries, _checked("store", self._store())))

    async def _store(self) -> None:
        now = self._clock()
        lock = await self._locks.try_acquire(f"health\n{now.isoformat()}", "health", now, PATIENCE)
        if lock is not None:
            await self._locks.release(lock)


async def _checked(name: str, attempt: Awaitable[object]) -> Check:
    try:
        await attempt
    except DomainError as error:
        return Check(name, type(error).__name__)
    return Check(name)
