"""The catalogues of the businesses, read once a minute per worker however many ask."""

from collections.abc import Mapping
from datetime import timedelta

from shared.booking.ports import Clock, Graph
from shared.booking.slots.single_flight import SingleFlight
from shared.domain.model import Catalogue

LIFE = timedelta(seconds=60)
LIMIT = 256


class Catalogues:
    """Business, services, staff and questions by mailbox; four Graph calls, shared for 60 seconds."""

    def __init__(self, graph: Graph, clock: Clock, zones: Mapping[str, str]) -> None:
        self._graph = graph
        self._zones = zones
        self._flights: SingleFlight[str, Catalogue] = SingleFlight(clock, LIFE, LIMIT)

    async def get(self, business: str) -> Catalogue:
        """The catalogue of this mailbox; raises GraphError."""
        zone = self._zones.get(business)
        return await self._flights.get(business, lambda: self._graph.catalogue(business, zone))
