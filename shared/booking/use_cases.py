"""The use cases over their ports: how the parts of this room fit together."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from functools import cached_property

from shared.booking.create.attempts import BookingAttempts
from shared.booking.create.booking import AppointmentWriter, CreateBooking, ManageLink, RecentWrites
from shared.booking.create.plan import Planner
from shared.booking.create.proof import Proof
from shared.booking.create.replay import Replays
from shared.booking.customers.directory import Directory
from shared.booking.customers.erase import EraseCustomer
from shared.booking.customers.find_or_create import CreateCustomer
from shared.booking.customers.forget import Forgetting
from shared.booking.customers.scan import CustomerScans
from shared.booking.health import Health
from shared.booking.lookup import FindBooking
from shared.booking.manage.manage import Manage
from shared.booking.manage.parts import Parts
from shared.booking.manage.places import WaysOut
from shared.booking.ports import Clock, Graph, NewId, Stores
from shared.booking.sealing import Sealer
from shared.booking.slots.availability import Availability
from shared.booking.slots.calendar import LAG, DayViews, LastSeen
from shared.booking.slots.catalogue import KEPT, Catalogues, Reminders
from shared.booking.timings import Timings
from shared.booking.upkeep import BOOKINGS_KEPT, Upkeep
from shared.booking.writes.attendees import AttendeeLists
from shared.booking.writes.engine import Completion, Writes
from shared.booking.writes.idempotency import IdempotencyRecords
from shared.booking.writes.locks import Locks
from shared.booking.writes.outcomes import Render
from shared.booking.writes.recognise import Recognition
from shared.booking.writes.reconcile import Reconcile
from shared.platform.hashes import Hasher


class UseCases:
    """What routes, pages and the timer call, each part made once, when another one first needs it.

    `mailboxes` are by alias, `zones` by mailbox where the settings name one; `public` are the mailboxes
    that are sold whatever Microsoft's page shows. `secret` keys every hash, `render` writes the body of a
    confirmation, `catalogue_kept` is how old a catalogue may get that cannot be read again.
    """

    def __init__(
        self,
        graph: Graph,
        stores: Stores,
        clock: Clock,
        *,
        new_id: NewId,
        timings: Timings,
        secret: bytes,
        render: Render,
        mailboxes: Mapping[str, str],
        zones: Mapping[str, str],
        public: Collection[str] = (),
        catalogue_kept: timedelta = KEPT,
        bookings_kept: timedelta = BOOKINGS_KEPT,
        sends_reason: bool = False,
        manage_link: ManageLink | None = None,
    ) -> None:
        self.graph, self.stores, self.clock = graph, stores, clock
        self.mailboxes, self.hasher = mailboxes, Hasher(secret)
        self._new_id, self._timings, self._render, self._zones = new_id, timings, render, zones
        self._public, self._catalogue_kept, self._manage_link = public, catalogue_kept, manage_link
        self.sealer, self._bookings_kept, self._sends_reason = Sealer(secret), bookings_kept, sends_reason

    @cached_property
    def catalogues(self) -> Catalogues:
        """Businesses, services and staff."""
        return Catalogues(self.graph, self.clock, self._zones, self._public, self._catalogue_kept)

    @cached_property
    def availability(self) -> Availability:
        """The slots that can be booked."""
        return Availability(self.catalogues, self._views, self.clock)

    @cached_property
    def create_booking(self) -> CreateBooking:
        """The use case of the house."""
        planner = Planner(
            views=self._views,
            last_seen=self._recent.last_seen,
            customers=self._customers,
            reminders=Reminders(self.graph, self.clock),
            clock=self.clock,
        )
        replays = Replays(
            recognition=self._recognition, attempts=self._booked, render=self._render, clock=self.clock
        )
        return CreateBooking(
            writes=self._writes,
            catalogues=self.catalogues,
            planner=planner,
            customers=self._customers,
            writer=self._writer,
            replays=replays,
            hasher=self.hasher,
            budget=self._timings.request_budget,
        )

    @cached_property
    def create_customer(self) -> CreateCustomer:
        """The use case of the partner route."""
        return CreateCustomer(
            graph=self.graph,
            customers=self._customers,
            records=self._records,
            budget=self._timings.request_budget,
        )

    @cached_property
    def erase_customer(self) -> EraseCustomer:
        """Erasing one person; what is to come is cancelled as everybody cancels it."""
        forgetting = Forgetting(
            graph=self.graph,
            index=self.stores.customers,
            places=WaysOut(self.manage.cancel),
            locks=self._locks,
            clock=self.clock,
            call=self._timings.graph_call,
        )
        return EraseCustomer(
            stores=self.stores,
            records=self._records,
            forgetting=forgetting,
            hasher=self.hasher,
            clock=self.clock,
            new_id=self._new_id,
            budget=self._timings.request_budget,
        )

    @cached_property
    def find_booking(self) -> FindBooking:
        """A booking, for whoever has its token."""
        return FindBooking(self.stores.idempotency, self.hasher)

    @cached_property
    def manage(self) -> Manage:
        """Looking at, cancelling and moving bookings."""
        return Manage(
            parts=self._parts,
            writes=self._writes,
            views=self._views,
            availability=self.availability,
            writer=self._writer,
            budget=self._timings.request_budget,
        )

    @cached_property
    def health(self) -> Health:
        """Whether what a booking needs answers."""
        return Health(
            graph=self.graph,
            locks=self.stores.locks,
            mailboxes=self.mailboxes,
            zones=self._zones,
            public=self._public,
            clock=self.clock,
        )

    @cached_property
    def upkeep(self) -> Upkeep:
        """What the timer does."""
        return Upkeep(
            reconcile=self.reconcile,
            stores=self.stores,
            scans=self._scans,
            erase=self.erase_customer,
            businesses=tuple(self.mailboxes.values()),
            clock=self.clock,
            bookings_kept=self._bookings_kept,
        )

    @cached_property
    def reconcile(self) -> Reconcile:
        """Settles what was not known."""
        return Reconcile(
            recognition=self._recognition,
            recognise=self._parts.recognise,
            records=self._records,
            store=self.stores.idempotency,
            rows=self.stores.bookings,
            locks=self._locks,
            complete=self._completion,
            not_made=self._customers.forget_gone,
            clock=self.clock,
            budget=self._timings.request_budget,
            call=self._timings.graph_call,
        )

    @cached_property
    def _writer(self) -> AppointmentWriter:
        return AppointmentWriter(
            graph=self.graph,
            customers=self._customers,
            recognition=self._recognition,
            lists=self._lists,
            proof=self._proof,
            recent=self._recent,
            sealer=self.sealer,
            clock=self.clock,
            hasher=self.hasher,
            manage_link=self._manage_link,
        )

    @cached_property
    def _parts(self) -> Parts:
        return Parts(
            graph=self.graph,
            stores=self.stores,
            booked=self._booked,
            lists=self._lists,
            hasher=self.hasher,
            clock=self.clock,
            sends_reason=self._sends_reason,
        )

    @cached_property
    def _booked(self) -> BookingAttempts:
        return BookingAttempts(
            recognition=self._recognition, catalogues=self.catalogues, proof=self._proof, sealer=self.sealer
        )

    @cached_property
    def _writes(self) -> Writes:
        return Writes(
            records=self._records,
            locks=self._locks,
            reconcile=self.reconcile,
            complete=self._completion,
            call=self._timings.graph_call,
        )

    @cached_property
    def _completion(self) -> Completion:
        keep = self._parts.rows.keep
        return Completion(render=self._render, observers=(self._recent,), keep=keep, clock=self.clock)

    @cached_property
    def _recent(self) -> RecentWrites:
        list_lag = self._timings.list_lag
        return RecentWrites(self.stores.ledger, self._views, LastSeen(), self.clock, list_lag)

    @cached_property
    def _records(self) -> IdempotencyRecords:
        timings = self._timings
        return IdempotencyRecords(
            self.stores.idempotency,
            self.clock,
            self._new_id,
            lease=timings.request_budget + timings.lock_wait,
            look_again=timings.lock_life + 2 * timings.list_lag,
            wait=timings.lock_wait,
        )

    @cached_property
    def _locks(self) -> Locks:
        life, wait = self._timings.lock_life, self._timings.lock_wait
        return Locks(self.stores.locks, self.clock, self._new_id, life=life, wait=wait)

    @cached_property
    def _recognition(self) -> Recognition:
        timings = self._timings
        return Recognition(self.graph, self.clock, timings.list_lag, timings.lock_life, self.hasher)

    @cached_property
    def _lists(self) -> AttendeeLists:
        return AttendeeLists(self.graph)

    @cached_property
    def _proof(self) -> Proof:
        graph, lists, stores, sealer = self.graph, self._lists, self.stores, self.sealer
        return Proof(graph=graph, customers=self._customers, lists=lists, stores=stores, sealer=sealer)

    @cached_property
    def _views(self) -> DayViews:
        lag = max(LAG, 2 * self._timings.list_lag)
        return DayViews(self.graph, self.stores.ledger, self.clock, lag, self.catalogues.forget)

    @cached_property
    def _scans(self) -> CustomerScans:
        return CustomerScans(self.graph, self.stores.customers, self._locks, self.hasher, self.clock)

    @cached_property
    def _customers(self) -> Directory:
        return Directory(
            graph=self.graph,
            index=self.stores.customers,
            scans=self._scans,
            locks=self._locks,
            hasher=self.hasher,
            clock=self.clock,
            write_life=self._timings.lock_life,
            list_lag=self._timings.list_lag,
            call=self._timings.graph_call,
        )
