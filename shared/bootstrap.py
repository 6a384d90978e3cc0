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
from shared.booking.create.appointment import AppointmentWriter
from shared.booking.create.attempts import BookingAttempts
from shared.booking.create.booking import CreateBooking
from shared.booking.create.plan import Planner
from shared.booking.create.proof import Proof
from shared.booking.create.recent import LastSeen, RecentWrites
from shared.booking.customers.directory import Directory
from shared.booking.customers.find_or_create import CreateCustomer
from shared.booking.customers.scan import CustomerScans
from shared.booking.hashing import Hasher
from shared.booking.health import Health
from shared.booking.limits import Limits, WorkerCounters
from shared.booking.ports import Clock, Graph, Stores
from shared.booking.sealing import Sealer
from shared.booking.slots.availability import Availability
from shared.booking.slots.calendar import LAG, DayViews
from shared.booking.slots.catalogue import Catalogues
from shared.booking.upkeep import Upkeep
from shared.booking.writes.attendees import AttendeeLists
from shared.booking.writes.engine import Completion, Writes
from shared.booking.writes.idempotency import IdempotencyRecords
from shared.booking.writes.locks import Locks
from shared.booking.writes.recognise import Recognition
from shared.booking.writes.reconcile import Reconcile
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

    @cached_property
    def handlers(self) -> Handlers:
        """What the routes call."""
        return Handlers(
            mailboxes=self.mailboxes,
            catalogues=self.catalogues,
            availability=Availability(self.catalogues, self.views, self.clock),
            health=Health(
                graph=self.graph, locks=self.stores.locks, mailboxes=self.mailboxes, clock=self.clock
            ),
            create_booking=self.create_booking,
            create_customer=self.create_customer,
            upkeep=self.upkeep,
            records=self.stores.idempotency,
            hasher=self.hasher,
            admission=Admission(self.gate, self.human_check, self.stores.idempotency),
        )

    @cached_property
    def secret(self) -> bytes:
        """The deployment's secret; without one, a secret of this process."""
        return (self.settings.booking_secret or secrets.token_hex(32)).encode()

    @cached_property
    def hasher(self) -> Hasher:
        """Makes names and tokens."""
        return Hasher(self.secret)

    @cached_property
    def sealer(self) -> Sealer:
        """Seals what must outlive a worker."""
        return Sealer(self.secret)

    @cached_property
    def catalogues(self) -> Catalogues:
        """Businesses, services and staff."""
        businesses = self.settings.businesses.values()
        zones = {one.address: one.time_zone for one in businesses if one.time_zone}
        return Catalogues(self.graph, self.clock, zones)

    @cached_property
    def locks(self) -> Locks:
        """One writer at a time for a slot."""
        timings = self.timings
        return Locks(self.stores.locks, self.clock, new_id, life=timings.lock_life, wait=timings.lock_wait)

    @cached_property
    def recognition(self) -> Recognition:
        """Finds out what became of a write."""
        return Recognition(self.graph, self.clock, self.timings.list_lag, self.timings.lock_life)

    @cached_property
    def views(self) -> DayViews:
        """The calendars."""
        return DayViews(self.graph, self.stores.ledger, self.clock, max(LAG, 2 * self.timings.list_lag))

    @cached_property
    def last_seen(self) -> LastSeen:
        """The days as this worker saw them last."""
        return LastSeen()

    @cached_property
    def scans(self) -> CustomerScans:
        """Reads whole lists of customers."""
        return CustomerScans(self.graph, self.stores.customers, self.locks, self.hasher, self.clock)

    @cached_property
    def customers(self) -> Directory:
        """The customers of the businesses."""
        return Directory(
            graph=self.graph,
            index=self.stores.customers,
            scans=self.scans,
            locks=self.locks,
            hasher=self.hasher,
            clock=self.clock,
            write_life=self.timings.lock_life,
            list_lag=self.timings.list_lag,
            call=self.timings.graph_call,
        )

    @cached_property
    def attendee_lists(self) -> AttendeeLists:
        """Changes lists of attendees."""
        return AttendeeLists(self.graph)

    @cached_property
    def proof(self) -> Proof:
        """Proves bookings, or takes them back."""
        return Proof(graph=self.graph, customers=self.customers, lists=self.attendee_lists)

    @cached_property
    def records(self) -> IdempotencyRecords:
        """One worker at a time for a request."""
        timings = self.timings
        lease = timings.request_budget + timings.lock_wait
        return IdempotencyRecords(
            self.stores.idempotency,
            self.clock,
            new_id,
            lease=lease,
            look_again=timings.lock_life + 2 * timings.list_lag,
            wait=timings.lock_wait,
        )

    @cached_property
    def completion(self) -> Completion:
        """Ends the record of a booking and lets everybody know who judges."""
        recent = RecentWrites(self.stores.ledger, self.views, self.last_seen, self.clock)
        return Completion(render=answers.confirmation, observers=(recent,))

    @cached_property
    def reconcile(self) -> Reconcile:
        """Settles what was not known."""
        return Reconcile(
            recognition=self.recognition,
            recognise=BookingAttempts(catalogues=self.catalogues, proof=self.proof, sealer=self.sealer),
            records=self.records,
            store=self.stores.idempotency,
            locks=self.locks,
            complete=self.completion,
            clock=self.clock,
            budget=self.timings.request_budget,
            call=self.timings.graph_call,
        )

    @cached_property
    def writes(self) -> Writes:
        """The engine of every write."""
        return Writes(
            records=self.records,
            locks=self.locks,
            reconcile=self.reconcile,
            complete=self.completion,
            call=self.timings.graph_call,
        )

    @cached_property
    def create_booking(self) -> CreateBooking:
        """The use case of the house."""
        planner = Planner(
            views=self.views, last_seen=self.last_seen, customers=self.customers, clock=self.clock
        )
        writer = AppointmentWriter(
            graph=self.graph,
            customers=self.customers,
            recognition=self.recognition,
            lists=self.attendee_lists,
            proof=self.proof,
            sealer=self.sealer,
            clock=self.clock,
        )
        return CreateBooking(
            writes=self.writes,
            catalogues=self.catalogues,
            planner=planner,
            customers=self.customers,
            writer=writer,
            hasher=self.hasher,
            budget=self.timings.request_budget,
        )

    @cached_property
    def create_customer(self) -> CreateCustomer:
        """The use case of the partner route."""
        return CreateCustomer(
            graph=self.graph,
            customers=self.customers,
            records=self.records,
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
