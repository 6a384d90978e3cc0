"""Finds out whether a write whose outcome is unknown was done, by looking at Graph itself."""

import asyncio
from datetime import datetime, timedelta

from shared.booking.deadline import remaining
from shared.booking.order import carries, includes
from shared.booking.ports import Attempt, Clock, Graph
from shared.domain.errors import GraphError, Missing
from shared.domain.model import Appointment

PAUSES = (0.0, 0.25, 0.5, 1.0)
"""Seconds before the first looks; the last value goes on until it is over."""


class Finder:
    """Looks for attempts; `list_lag` is how long Graph's lists may hide what was written.

    `lock_life` bounds how long after its start a write that nobody answered may still land: it was
    sent under a lock, with a deadline, and Graph is assumed to finish within the rest of that time.
    """

    def __init__(self, graph: Graph, clock: Clock, list_lag: timedelta, lock_life: timedelta) -> None:
        self._graph = graph
        self._clock = clock
        self._list_lag = list_lag
        self._lock_life = lock_life

    async def find(self, attempt: Attempt, reference: str) -> Appointment | None:
        """The appointment in which the attempt resulted, read by id; raises GraphError."""
        if attempt.appointment_id is not None:
            return await self._joined(attempt.business, attempt.appointment_id, attempt.customer_id)
        for listed in await self._graph.calendar_view(attempt.business, attempt.span):
            if listed.service_id == attempt.service_id and listed.span.start == attempt.span.start:
                found = await self._read(attempt.business, listed.id)
                if found is not None and carries(found, reference):
                    return found
        return None

    async def watch(self, attempt: Attempt, reference: str) -> Appointment | None:
        """Look until found or until the lists must show it; None means that it is surely absent.

        Raises GraphError where looking fails or the request's time is up before the lists are sure.
        For attempts that Graph answered: one without an answer may still land after this.
        """
        loop = asyncio.get_running_loop()
        sure_at = loop.time() + self._list_lag.total_seconds()
        looks = 0
        while True:
            began = loop.time()
            found = await self.find(attempt, reference)
            if found is not None or began >= sure_at:
                return found
            pause = min(PAUSES[min(looks + 1, len(PAUSES) - 1)], max(0.0, sure_at - loop.time()) + 0.001)
            if remaining(self._lock_life).total_seconds() <= pause:
                raise GraphError("calendarView.list")
            await asyncio.sleep(pause)
            looks += 1

    def is_settled(self, attempt: Attempt, now: datetime) -> bool:
        """Whether an attempt that is not found by now was surely never done."""
        writing = timedelta() if attempt.answered else self._lock_life
        return now - attempt.at >= writing + 2 * self._list_lag

    async def _joined(self, business: str, appointment_id: str, customer_id: str) -> Appointment | None:
        found = await self._read(business, appointment_id)
        return found if found is not None and includes(found, customer_id) else None

    async def _read(self, business: str, appointment_id: str) -> Appointment | None:
        try:
            return await self._graph.appointment(business, appointment_id)
        except Missing:
            return None
