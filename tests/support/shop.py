"""One worker of a small shop, part by part, in virtual time, with Graph and stores that nothing delays."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from shared.booking.create.request import BookingRequest
from shared.booking.ports import Stores
from shared.booking.records import Attempt, IdempotencyRecord
from shared.booking.use_cases import UseCases
from shared.booking.writes.engine import Writing
from shared.booking.writes.idempotency import Lease, RequestKey
from shared.booking.writes.locks import HeldLocks, TimeLimit, email_hash
from shared.booking.writes.outcomes import Confirmation
from shared.domain.intervals import Interval
from shared.domain.model import Appointment, Attendee, Customer, Draft, Service
from shared.tables.memory import memory_stores
from tests.support.fake_graph import FakeGraph
from tests.support.mailbox import Mailbox
from tests.support.virtually import loop_now
from tests.support.wire import AS_ASKED, Ending, Wire
from tests.support.workers import CALL, LOCK_LIFE, Outside, use_cases
from tests.support.world import CATALOGUE, COURSE, SHOP, TALK, TEN

REQUEST = RequestKey("a0" * 32, "fingerprint")


class Shop:
    """Everything that one worker has, and the mailbox behind it."""

    def __init__(self, stores: Stores | None = None) -> None:
        self.clock = loop_now().clock
        self.wire = Wire(0.0, CALL)
        self.graph = FakeGraph(self.clock, [CATALOGUE], self.wire)
        self.stores = stores or memory_stores()
        self._numbers = count(1)
        self.cases: UseCases = self.hire()
        self.writer = self.cases.create_booking.writer
        self.proof = self.writer.proof
        self.directory = self.cases.create_booking.customers
        self.recognition = self.writer.recognition
        self.reconcile = self.cases.reconcile
        self.records = self.reconcile.records
        self.locks = self.reconcile.locks

    def hire(self) -> UseCases:
        """The use cases of one more worker."""
        return use_cases(Outside(self.graph, self.stores, self.clock, self._new_id))

    @property
    def mailbox(self) -> Mailbox:
        """What really stands in the calendar."""
        return self.graph.mailbox(SHOP)

    def customer(self, name: str) -> Customer:
        """A customer whom Graph has a record of."""
        return self.mailbox.add_customer(Customer(None, name, f"{name}@contoso.com"))

    def seat(
        self, *names: str, service: Service = COURSE, start: datetime = TEN, notes: str = ""
    ) -> Appointment:
        """An appointment with these customers in it, read by id."""
        guests = []
        for name in names:
            who = self.customer(name)
            guests.append(Attendee(who.id, name, who.email))
        span = Interval(start, start + service.default_duration)
        draft = Draft(service, span, service.staff_member_ids[:1], tuple(guests), notes, "UTC")
        return self.mailbox.create(draft, AS_ASKED)

    def names_in(self, appointment_id: str) -> list[str | None]:
        """Who is in an appointment."""
        return [one.name for one in self.mailbox.stored(appointment_id).attendees]

    async def lease(self, request: RequestKey = REQUEST, attempt: Attempt | None = None) -> Lease:
        """A record that is begun, with this attempt."""
        begun = await self.records.begin(request)
        assert isinstance(begun, Lease)
        if attempt is not None:
            await begun.attempt(attempt)
        return begun

    def writing(self, lease: Lease | None = None) -> Writing:
        """The right to write, under locks that nobody else wants."""
        return Writing(HeldLocks(TimeLimit(self.clock, LOCK_LIFE)), CALL, lease)

    def arm(self, operation: str, error: type[Exception] | Any, **more: Any) -> None:  # noqa: ANN401
        """Let the next call of this operation end with an error of this kind (`done`: after its effect)."""
        nth, times = more.pop("nth", 1), more.pop("times", 1)
        more.setdefault("done", 0)
        self.wire.arm(operation, Ending("armed", error, **more), nth=nth, times=times)

    async def index_id(self, name: str) -> str | None:
        """The id that the index has for this customer."""
        row = await self.stores.customers.get(
            SHOP, email_hash(self.cases.hasher, SHOP, f"{name}@contoso.com")
        )
        return None if row is None else row.customer_id

    async def free_locks(self, *names: str) -> list[str]:
        """Which of these locks somebody else could have now."""
        free = []
        for name in names:
            lock = await self.stores.locks.try_acquire(name, "somebody else", self.clock(), timedelta(0, 1))
            if lock is not None:
                await self.stores.locks.release(lock)
                free.append(name)
        return free

    def _new_id(self) -> str:
        return f"id-{next(self._numbers)}"


def wish(name: str = "vic", service: Service = TALK, start: datetime = TEN) -> BookingRequest:
    """A request to book."""
    return BookingRequest(SHOP, service.id, start, Customer(None, name, f"{name}@contoso.com"))


def attempt_of(made: Appointment, customer_id: str, at: datetime, *, is_join: bool = False) -> Attempt:
    """The attempt that this appointment, or a seat in it, is the outcome of."""
    return Attempt(
        business=SHOP,
        service_id=made.service_id,
        span=made.span,
        staff_member_ids=made.staff_member_ids,
        customer_id=customer_id,
        time_zone="UTC",
        at=at,
        locks=("lock",),
        is_join=is_join,
        appointment_id=made.id if is_join else None,
    )


def confirmation(made: Appointment, reference: str = "BK-1") -> Confirmation:
    """The confirmation of this appointment."""
    return Confirmation(reference, CATALOGUE, CATALOGUE.services[made.service_id], made, "UTC")


async def kept_nowhere(record: IdempotencyRecord, made: Confirmation) -> None:
    """Keeps no row of a booking."""


def an_appointment(**different: Any) -> Appointment:  # noqa: ANN401
    """An appointment of which nobody has to know."""
    plain = Appointment("made", TALK.id, Interval(TEN, TEN + TALK.default_duration), ("ann",), 1, 1)
    return replace(plain, **different)
