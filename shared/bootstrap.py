"""The composition root: the only file that knows every concrete class."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from uuid import uuid4

from shared.api.admission.altcha_check import AltchaCheck
from shared.api.admission.human_check import HumanCheck, NoCheck
from shared.api.admission.rate_limits import RateLimits
from shared.api.admission.turnstile_check import TurnstileCheck
from shared.api.admission.visitors import Admission
from shared.api.handlers import Handlers
from shared.api.pipeline import correlation_id
from shared.api.responses.booking import confirmation
from shared.booking.availability import Availability
from shared.booking.catalogues import Catalogues
from shared.booking.create import CreateBooking
from shared.booking.customer import CreateCustomer
from shared.booking.customer_scans import CustomerScans
from shared.booking.customers import Customers
from shared.booking.finder import Finder
from shared.booking.hashing import Hasher
from shared.booking.health import Health
from shared.booking.idempotency import Intents
from shared.booking.limits import Limits, WorkerCounters
from shared.booking.locks import Locks
from shared.booking.lookup import FindBooking
from shared.booking.placing import Placing
from shared.booking.ports import Clock, Graph, Stores
from shared.booking.reconcile import Reconcile
from shared.booking.upkeep import Upkeep
from shared.booking.views import LAG, DayViews
from shared.booking.writer import Writer
from shared.graph.calls import Calls
from shared.graph.client import Connection, cloud
from shared.graph.credentials import credential
from shared.graph.gateway import GraphGateway
from shared.pages.languages import LANGUAGES
from shared.pages.policy import PagePolicy
from shared.pages.routes import Pages
from shared.platform import logs
from shared.settings import Settings
from shared.tables.memory import memory_stores
from shared.tables.stores import open_table_stores

Closers = tuple[Callable[[], Awaitable[None]], ...]


def utc_now() -> datetime:
    """The clock of a deployment, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """An identifier that nothing else has: an owner of locks and leases."""
    return str(uuid4())


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything that the route table calls; `timer` settles and tidies up."""

    handlers: Handlers
    pages: Pages
    timer: Callable[[], Awaitable[None]]
    closers: Closers = ()

    async def aclose(self) -> None:
        """Close every connection; the next call opens what it needs anew."""
        for close in self.closers:
            await close()


def build(environ: Mapping[str, str]) -> App:
    """Everything that a worker needs, without a call to anybody; raises SettingsError."""
    settings = Settings.from_environ(environ)
    logs.install(correlation_id.get)
    graph, (held, closers) = gateway(settings), stores(settings)
    return assemble(settings, graph, held, utc_now, (graph.aclose, *closers))


def gateway(settings: Settings) -> GraphGateway:
    """The gateway to Graph; nothing is opened before the first call."""
    where = cloud(settings.graph_root, settings.graph_base_url)
    connection = Connection(lambda: credential(settings.graph_credential, settings.client_id), where)
    return GraphGateway(connection, Calls(settings.timings.graph_call))


def stores(settings: Settings) -> tuple[Stores, Closers]:
    """The stores that the settings ask for, and what closes them."""
    if settings.store == "tables":
        identity = credential(settings.graph_credential, settings.client_id)
        tables = open_table_stores(settings.tables_endpoint or "", identity)
        return tables, (tables.aclose, identity.close)
    return memory_stores(), ()


def assemble(settings: Settings, graph: Graph, held: Stores, clock: Clock, closers: Closers = ()) -> App:
    """The app over these ports."""
    parts = Parts(settings, graph, held, clock)
    own, all_workers = (Limits(one, parts.hasher, clock) for one in (WorkerCounters(), held.counters))
    limits = RateLimits(own, all_workers, settings.trusted_proxies)
    handlers = handlers_over(parts, Admission(limits, human_check(parts), held.idempotency))
    return App(handlers=handlers, pages=pages_over(parts, handlers), timer=parts.upkeep, closers=closers)


def handlers_over(parts: "Parts", admission: Admission) -> Handlers:
    """What the routes of the API call."""
    return Handlers(
        mailboxes=parts.mailboxes,
        languages=tuple(LANGUAGES),
        catalogues=parts.catalogues,
        availability=parts.availability,
        health=parts.health,
        create_booking=parts.create_booking,
        create_customer=parts.create_customer,
        find_booking=parts.find_booking,
        hasher=parts.hasher,
        admission=admission,
    )


def pages_over(parts: "Parts", handlers: Handlers) -> Pages:
    """What the routes of the pages call."""
    settings = parts.settings
    return Pages(
        mailboxes=parts.mailboxes,
        catalogues=parts.catalogues,
        availability=parts.availability,
        find_booking=parts.find_booking,
        visit=handlers.admission.limits.visit,
        book_json=handlers.book,
        book_as_visitor=handlers.book_as_visitor,
        policy=PagePolicy(settings.frame_ancestors, settings.allowed_return_origins, settings.human_check),
        clock=parts.clock,
    )


def human_check(parts: "Parts") -> HumanCheck:
    """The check for humans that the settings ask for."""
    asked = parts.settings
    if asked.human_check == "altcha":
        return AltchaCheck(asked.altcha_hmac_key or "", parts.stores.once, parts.clock)
    if asked.human_check == "turnstile":
        return TurnstileCheck(asked.turnstile_secret or "", asked.turnstile_site_key or "")
    return NoCheck()


class Parts:
    """The use cases over their ports, each part made once, when another one first needs it."""

    def __init__(self, settings: Settings, graph: Graph, held: Stores, clock: Clock) -> None:
        self.settings, self.timings = settings, settings.timings
        self.graph, self.stores, self.clock = graph, held, clock
        self.mailboxes = {alias: one.address for alias, one in settings.businesses.items()}

    @cached_property
    def availability(self) -> Availability:
        """The slots that can be booked."""
        return Availability(self.catalogues, self.views, self.clock)

    @cached_property
    def health(self) -> Health:
        """Whether what a booking needs answers."""
        return Health(graph=self.graph, locks=self.stores.locks, mailboxes=self.mailboxes, clock=self.clock)

    @cached_property
    def find_booking(self) -> FindBooking:
        """A booking, for whoever has its token."""
        return FindBooking(self.stores.idempotency, self.hasher)

    @cached_property
    def hasher(self) -> Hasher:
        """Keyed by the deployment's secret; without one, by a secret of this process."""
        return Hasher((self.settings.booking_secret or secrets.token_hex(32)).encode())

    @cached_property
    def catalogues(self) -> Catalogues:
        """Businesses with their services and staff, in the zones that the settings name."""
        businesses = self.settings.businesses.values()
        zones = {one.address: one.time_zone for one in businesses if one.time_zone}
        return Catalogues(self.graph, self.clock, zones)

    @cached_property
    def locks(self) -> Locks:
        """One writer at a time for a slot."""
        timings = self.timings
        return Locks(self.stores.locks, self.clock, new_id, life=timings.lock_life, wait=timings.lock_wait)

    @cached_property
    def finder(self) -> Finder:
        """Finds out what became of a write."""
        return Finder(self.graph, self.clock, self.timings.list_lag, self.timings.lock_life)

    @cached_property
    def views(self) -> DayViews:
        """The days of the calendars, read once for everybody who asks at the same time."""
        return DayViews(self.graph, self.stores.ledger, self.clock, max(LAG, 2 * self.timings.list_lag))

    @cached_property
    def scans(self) -> CustomerScans:
        """Reads whole lists of customers."""
        return CustomerScans(self.graph, self.stores.customers, self.hasher, self.clock)

    @cached_property
    def customers(self) -> Customers:
        """The customers of the businesses."""
        return Customers(
            graph=self.graph,
            index=self.stores.customers,
            scans=self.scans,
            locks=self.locks,
            hasher=self.hasher,
            clock=self.clock,
            write_life=self.timings.lock_life,
            list_lag=self.timings.list_lag,
        )

    @cached_property
    def writer(self) -> Writer:
        """Writes appointments, and proves that they stand."""
        return Writer(
            graph=self.graph,
            customers=self.customers,
            finder=self.finder,
            clock=self.clock,
            call=self.timings.graph_call,
        )

    @cached_property
    def placing(self) -> Placing:
        """Finds a place for a booking under the locks that keep it."""
        return Placing(
            views=self.views,
            customers=self.customers,
            locks=self.locks,
            writer=self.writer,
            ledger=self.stores.ledger,
            clock=self.clock,
        )

    @cached_property
    def intents(self) -> Intents:
        """One worker at a time for an intent."""
        lease = self.timings.request_budget + self.timings.lock_wait
        return Intents(self.stores.idempotency, self.clock, new_id, lease)

    @cached_property
    def reconcile(self) -> Reconcile:
        """Settles what was not known."""
        return Reconcile(
            graph=self.graph,
            finder=self.finder,
            locks=self.locks,
            catalogues=self.catalogues,
            placing=self.placing,
            intents=self.intents,
            store=self.stores.idempotency,
            render=confirmation,
            clock=self.clock,
            budget=self.timings.request_budget,
        )

    @cached_property
    def create_booking(self) -> CreateBooking:
        """The use case of the house."""
        return CreateBooking(
            catalogues=self.catalogues,
            placing=self.placing,
            reconcile=self.reconcile,
            intents=self.intents,
            hasher=self.hasher,
            render=confirmation,
            clock=self.clock,
            budget=self.timings.request_budget,
        )

    @cached_property
    def create_customer(self) -> CreateCustomer:
        """The use case of the partner route."""
        return CreateCustomer(
            graph=self.graph,
            customers=self.customers,
            intents=self.intents,
            budget=self.timings.request_budget,
        )

    @cached_property
    def upkeep(self) -> Upkeep:
        """What the timer does each minute: settle, and tidy up."""
        return Upkeep(
            reconcile=self.reconcile,
            stores=self.stores,
            scans=self.scans,
            businesses=tuple(self.mailboxes.values()),
            clock=self.clock,
        )
