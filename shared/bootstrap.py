"""The composition root: the only file that knows every concrete class."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from uuid import uuid4

from shared.api import answers, logs
from shared.api.admission import Admission
from shared.api.handlers import Handlers
from shared.api.human_check import AltchaCheck, HumanCheck, NoCheck, TurnstileCheck
from shared.api.limits import Gate
from shared.api.pages import Pages
from shared.api.pages_layout import PagePolicy
from shared.api.pages_steps import Steps
from shared.api.pipeline import correlation_id
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
from shared.settings import Settings
from shared.tables.memory import memory_stores
from shared.tables.stores import open_table_stores

Closers = tuple[Callable[[], Awaitable[None]], ...]


def utc_now() -> datetime:
    """The instant now."""
    return datetime.now(UTC)


def new_id() -> str:
    """A fresh random identifier."""
    return str(uuid4())


def build(environ: Mapping[str, str]) -> Handlers:
    """Everything that a worker needs, without a call to anybody; raises SettingsError."""
    settings = Settings.from_environ(environ)
    logs.install(correlation_id.get)
    graph = gateway(settings)
    held, closers = stores(settings)
    return replace(assemble(settings, graph, held, utc_now), closers=(graph.aclose, *closers))


def build_pages(environ: Mapping[str, str], handlers: Handlers) -> Pages:
    """The booking page over the same use cases; raises SettingsError."""
    settings = Settings.from_environ(environ)
    steps = Steps(
        mailboxes=handlers.mailboxes,
        catalogues=handlers.catalogues,
        availability=handlers.availability,
        clock=utc_now,
        human_check=settings.human_check,
    )
    policy = PagePolicy(settings.frame_ancestors, settings.allowed_return_origins, settings.human_check)
    return Pages(handlers=handlers, steps=steps, policy=policy)


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


def assemble(settings: Settings, graph: Graph, held: Stores, clock: Clock) -> Handlers:
    """The handlers over these ports."""
    return Parts(settings, graph, held, clock).handlers


class Parts:
    """Every part of the facade, each made once, when another one first needs it."""

    def __init__(self, settings: Settings, graph: Graph, held: Stores, clock: Clock) -> None:
        self.settings = settings
        self.timings = settings.timings
        self.graph = graph
        self.stores = held
        self.clock = clock
        self.mailboxes = {alias: one.address for alias, one in settings.businesses.items()}
        self.zones = {one.address: one.time_zone for one in settings.businesses.values() if one.time_zone}

    @cached_property
    def handlers(self) -> Handlers:
        """What the routes call."""
        return Handlers(
            mailboxes=self.mailboxes,
            catalogues=self.catalogues,
            availability=Availability(self.catalogues, self.views, self.clock),
            health=Health(
                graph=self.graph,
                locks=self.stores.locks,
                mailboxes=self.mailboxes,
                zones=self.zones,
                clock=self.clock,
            ),
            create_booking=self.create_booking,
            create_customer=self.create_customer,
            upkeep=self.upkeep,
            records=self.stores.idempotency,
            hasher=self.hasher,
            admission=Admission(self.gate, self.human_check, self.stores.idempotency),
        )

    @cached_property
    def hasher(self) -> Hasher:
        """Keyed by the deployment's secret; without one, by a secret of this process."""
        return Hasher((self.settings.booking_secret or secrets.token_hex(32)).encode())

    @cached_property
    def catalogues(self) -> Catalogues:
        """Businesses, services and staff."""
        public = {one.address for one in self.settings.businesses.values() if one.is_public}
        return Catalogues(self.graph, self.clock, self.zones, public, self.settings.catalogue_kept)

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
        """The calendars."""
        lag = max(LAG, 2 * self.timings.list_lag)
        return DayViews(self.graph, self.stores.ledger, self.clock, lag, self.catalogues.forget)

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
        """Writes and proves."""
        return Writer(
            graph=self.graph,
            customers=self.customers,
            finder=self.finder,
            clock=self.clock,
            call=self.timings.graph_call,
        )

    @cached_property
    def placing(self) -> Placing:
        """Locks, reads and judges."""
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
            render=answers.confirmation,
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
            render=answers.confirmation,
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
        """What the timer does."""
        return Upkeep(
            reconcile=self.reconcile,
            stores=self.stores,
            scans=self.scans,
            businesses=tuple(self.mailboxes.values()),
            clock=self.clock,
        )

    @cached_property
    def gate(self) -> Gate:
        """The limits of the public surface: reads are counted per worker, writes for all workers."""
        worker = Limits(WorkerCounters(), self.hasher, self.clock)
        writes = Limits(self.stores.counters, self.hasher, self.clock)
        return Gate(worker, writes, self.settings.trusted_proxies)

    @cached_property
    def human_check(self) -> HumanCheck:
        """The check for humans that the settings ask for."""
        settings = self.settings
        if settings.human_check == "altcha":
            return AltchaCheck(settings.altcha_hmac_key or "", self.stores.once, self.clock)
        if settings.human_check == "turnstile":
            return TurnstileCheck(settings.turnstile_secret or "", settings.turnstile_site_key or "")
        return NoCheck()
