"""Asks for the availability of staff, and finds out about whom Graph refuses to speak."""

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from shared.booking.ports import Clock, Graph
from shared.domain.errors import GraphError
from shared.domain.intervals import Interval
from shared.domain.model import StaffAvailability

logger = logging.getLogger(__name__)

ByStaff = Mapping[str, tuple[StaffAvailability, ...]]

REFUSALS = frozenset({400, 404, 500})
"""What Graph answers to a question about somebody whom it does not know; the others pass by themselves."""

MOST_FAILED = 8
"""So many groups refused, and nobody answered for: then it is no matter of single members."""

REMEMBERED = timedelta(minutes=10)
"""How long nobody asks again for whom Graph refused; a member who comes back is offered after that."""


class StaffCalendar:
    """Asks for the availability of staff; `on_refused` hears whose list of staff is out of date."""

    def __init__(self, graph: Graph, clock: Clock, on_refused: Callable[[str], None]) -> None:
        self._graph = graph
        self._clock = clock
        self._on_refused = on_refused
        self._refused: dict[tuple[str, str], datetime] = {}

    async def read(self, mailbox: str, staff: Sequence[str], span: Interval) -> ByStaff:
        """The items of everybody whom Graph does not refuse; raises GraphError where it speaks of nobody."""
        asked = [one for one in staff if not self._is_refused(mailbox, one)]
        if not asked:  # Graph answers an empty list of staff with an error
            return {}
        try:
            return await self._graph.staff_availability(mailbox, asked, span)
        except GraphError as error:
            if error.status not in REFUSALS:
                raise
            self._on_refused(mailbox)
            if len(asked) == 1:
                raise
            return await self._search(mailbox, asked, span, error)

    def _is_refused(self, mailbox: str, staff_id: str) -> bool:
        since = self._refused.get((mailbox, staff_id))
        return since is not None and self._clock() - since < REMEMBERED

    async def _search(self, mailbox: str, asked: Sequence[str], span: Interval, first: GraphError) -> ByStaff:
        """What is said of those who are not refused, found by halves."""
        found: dict[str, tuple[StaffAvailability, ...]] = {}
        refused: list[str] = []
        failed = 0
        groups = deque(_halves(asked))
        while groups and (found or failed < MOST_FAILED):
            group = groups.popleft()
            try:
                found |= await self._graph.staff_availability(mailbox, group, span)
            except GraphError as error:
                if error.status not in REFUSALS:
                    raise
                failed += 1
                groups += _halves(group)
                refused += group if len(group) == 1 else ()
        if not found:
            raise first
        self._remember(mailbox, refused)
        return found

    def _remember(self, mailbox: str, refused: Sequence[str]) -> None:
        now = self._clock()
        self._refused = {key: at for key, at in self._refused.items() if now - at < REMEMBERED}
        for one in refused:
            self._refused[mailbox, one] = now
            extra = {"event": "staff.refused", "business": mailbox, "subject": f"staff {one}"}
            logger.warning("staff.refused", extra=extra)


def _halves(group: Sequence[str]) -> list[Sequence[str]]:
    """Both halves of a group, none of it if it is one."""
    middle = len(group) // 2
    return [group[:middle], group[middle:]] if middle else []
