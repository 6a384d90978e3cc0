"""The catalogues of the businesses, read once a minute per worker however many ask, and reminders."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.booking.ports import Clock, Graph
from shared.booking.slots.single_flight import SingleFlight
from shared.domain.errors import Denied, GraphError, Missing, NotFound, UnknownBusinessZone
from shared.domain.model import Catalogue, Reminder, Service
from shared.domain.publication import closed_to_public

logger = logging.getLogger(__name__)

LIFE = timedelta(seconds=60)
LIMIT = 256

KEPT = timedelta(minutes=15)
"""How old a catalogue may be that serves while it cannot be read again."""

PATIENCE = timedelta(seconds=2)
"""How long anybody waits for a new catalogue where the last one still serves, and for reminders."""

PAUSE = timedelta(seconds=10)
"""After a failure the last one serves at once for so long."""

TOLD = (Denied, Missing, UnknownBusinessZone)
"""Answers rather than failures: the last catalogue would only hide them."""


@dataclass(slots=True)
class _Last:
    """The last catalogue that was read, when that was, and until when nobody need try anew."""

    catalogue: Catalogue
    read: datetime
    pause_ends: datetime


class Catalogues:
    """Business, services, staff and questions by mailbox; four Graph calls, shared for 60 seconds.

    A catalogue that cannot be read again serves until it is older than `kept`. `zones` are those that the
    settings name by mailbox; `public` are the mailboxes that are sold whatever Microsoft's page shows.
    """

    def __init__(
        self,
        graph: Graph,
        clock: Clock,
        zones: Mapping[str, str],
        public: Collection[str] = (),
        kept: timedelta = KEPT,
    ) -> None:
        self._graph = graph
        self._clock = clock
        self._zones = zones
        self._public = public
        self._kept = kept
        self._last: dict[str, _Last] = {}
        self._flights: SingleFlight[str, Catalogue] = SingleFlight(clock, LIFE, LIMIT)

    async def get(self, business: str) -> Catalogue:
        """The catalogue of this mailbox; raises GraphError."""
        last = self._serving(business)
        if last is None:
            return await self._flights.get(business, lambda: self._read(business))
        if self._clock() < last.pause_ends:
            return last.catalogue
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                return await self._flights.get(business, lambda: self._read(business))
        except TOLD:
            raise
        except (GraphError, TimeoutError):
            last.pause_ends = self._clock() + PAUSE
            logger.warning("catalogue.stale", extra={"event": "catalogue.stale", "business": business})
            return last.catalogue

    async def for_public(self, business: str) -> Catalogue:
        """The same for the public; raises NotFound where the shop is closed to it, and GraphError."""
        return _open(await self.get(business))

    def check_open(self, business: str) -> None:
        """Raise NotFound where the shop is known to be closed to the public; asks nobody."""
        known = self.known(business)
        if known is not None:
            _open(known)

    def known(self, business: str) -> Catalogue | None:
        """The catalogue as it was read last, if it still serves; asks nobody."""
        last = self._serving(business)
        return None if last is None else last.catalogue

    def forget(self, business: str) -> None:
        """Have the catalogue read again for whoever asks next; the last one serves where that fails."""
        self._flights.drop(lambda mailbox: mailbox == business)

    def _serving(self, business: str) -> _Last | None:
        last = self._last.get(business)
        return last if last is not None and self._clock() - last.read < self._kept else None

    async def _read(self, business: str) -> Catalogue:
        """Read it now, and decide whether it is for the public."""
        read = await self._graph.catalogue(business, self._zones.get(business))
        closed = None if business in self._public else closed_to_public(read.business)
        before = self._last.get(business)
        if closed is not None and (before is None or before.catalogue.closed_to_public != closed):
            extra = {"event": "business.closed-to-public", "business": business, "reason": closed}
            logger.warning("business.closed-to-public", extra=extra)
        now = self._clock()
        catalogue = replace(read, closed_to_public=closed)
        self._last[business] = _Last(catalogue, now, now)
        return catalogue


def _open(catalogue: Catalogue) -> Catalogue:
    """The catalogue; a shop that is closed to the public is to the public one that does not exist."""
    if catalogue.closed_to_public is not None:
        raise NotFound("business")
    return catalogue


def offered_service(catalogue: Catalogue, service_id: str, *, to_partner: bool = False) -> Service:
    """The service with this id; raises NotFound for one that does not exist or is hidden alike.

    To a partner a hidden service is like every other one.
    """
    service = catalogue.services.get(service_id)
    if service is None or not catalogue.offers(service, to_partner=to_partner):
        raise NotFound("service", "/serviceId")
    return replace(service, is_hidden_from_customers=False) if to_partner else service


REMINDERS_KEPT = timedelta(minutes=15)
"""How long reminders that were read serve the bookings of this worker."""

REMINDERS_LIMIT = 1024
"""Services whose reminders are remembered, over all businesses."""


class Reminders:
    """The reminders of services, which Graph shows only to who reads that one service by its id.

    Read once in a while for all bookings of a service together.
    """

    def __init__(self, graph: Graph, clock: Clock) -> None:
        self._graph = graph
        self._flights: SingleFlight[tuple[str, str], tuple[Reminder, ...]] = SingleFlight(
            clock, REMINDERS_KEPT, REMINDERS_LIMIT
        )

    async def added(self, business: str, service: Service) -> Service:
        """The service with its reminders; without them where they cannot be read, which is logged."""
        if service.default_reminders:
            return service
        key = (business, service.id)
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                found = await self._flights.get(key, lambda: self._graph.reminders(*key))
        except (GraphError, TimeoutError) as error:
            extra = {"business": business, "subject": f"service {service.id}", "error": type(error).__name__}
            logger.warning("service.reminders-unread", extra={"event": "service.reminders-unread", **extra})
            return service
        return replace(service, default_reminders=found)
