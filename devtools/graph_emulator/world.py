"""Everything that one emulator is made of, and one call as its handlers see it."""

from dataclasses import dataclass, field

from devtools.graph_emulator.clock import Clock
from devtools.graph_emulator.errors import item_not_found
from devtools.graph_emulator.exchange import Json, Request
from devtools.graph_emulator.faults import Weather
from devtools.graph_emulator.journal import Journal
from devtools.graph_emulator.outbox import Outbox
from devtools.graph_emulator.router import Route
from devtools.graph_emulator.staff_edits import StaffEdits
from devtools.graph_emulator.store import Business, Tenant
from devtools.graph_emulator.switches import Switches
from devtools.graph_emulator.throttle import Throttle
from devtools.graph_emulator.tokens import Identity
from devtools.graph_emulator.wire import utc_stamp


@dataclass(slots=True)
class World:
    """The state of one emulator; a reset makes a new one."""

    tenant: Tenant = field(default_factory=Tenant)
    switches: Switches = field(default_factory=Switches)
    clock: Clock = field(default_factory=Clock)
    weather: Weather = field(default_factory=Weather)
    identity: Identity = field(default_factory=Identity)
    outbox: Outbox = field(default_factory=Outbox)
    journal: Journal = field(default_factory=Journal)
    throttle: Throttle = field(default_factory=Throttle)
    staff_edits: StaffEdits = field(default_factory=StaffEdits)

    def stamp(self) -> str:
        """The emulator's time as Graph writes it."""
        return utc_stamp(self.clock.now())


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised request, routed and with its body read."""

    world: World
    request: Request
    route: Route
    found: Business | None
    body: object = None

    @property
    def business(self) -> Business:
        """The business of the path; only operations under one ask for it."""
        if self.found is None:
            raise item_not_found()
        return self.found

    @property
    def switches(self) -> Switches:
        """The present weather."""
        return self.world.switches

    @property
    def item(self) -> str:
        """The id at the end of the path."""
        return self.route.item or ""

    def context(self, path: str) -> Json:
        """The `@odata.context` of an answer."""
        return {"@odata.context": f"{self.request.origin}/{self.route.version}/$metadata#{path}"}
