"""A small shop in virtual time, the workers in front of it, and everybody who asks for something."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

from shared.booking.create.request import BookingRequest
from shared.booking.ports import Stores
from shared.booking.use_cases import UseCases
from shared.booking.writes.idempotency import RequestKey
from shared.domain.errors import (
    BookingPending,
    DomainError,
    GraphError,
    KeyInFlight,
    OutcomeUnknown,
    Refused,
    RulesBroken,
    StoreUnavailable,
)
from shared.domain.intervals import Interval, LocalSpan
from shared.domain.model import (
    Attendee,
    Business,
    Catalogue,
    Customer,
    Draft,
    PolicySettings,
    Service,
    StaffMember,
)
from shared.tables.memory import memory_stores
from tests.support.fake_graph import FakeGraph
from tests.support.mailbox import Mailbox
from tests.support.remote_stores import remote
from tests.support.virtual_time import BEGINNING, Process, VirtualLoop, current_process
from tests.support.wire import AS_ASKED, Wire
from tests.support.workers import CALL, Build, Outside, use_cases

SHOP = "shop@contoso.com"
HALF_HOUR = timedelta(minutes=30)
QUARTER = timedelta(minutes=15)
TEN = BEGINNING.replace(hour=10) + timedelta(days=1)
TALK = Service("talk", "Talk", HALF_HOUR, post_buffer=QUARTER, staff_member_ids=("ann",))
COURSE = Service("course", "Course", HALF_HOUR, maximum_attendees_count=3, staff_member_ids=("bob",))
PAIR = Service("pair", "Pair", HALF_HOUR, post_buffer=QUARTER, staff_member_ids=("ann", "bob"))
HOURS = dict.fromkeys(range(7), (LocalSpan(time(8), time(18)),))
CATALOGUE = Catalogue(
    Business(SHOP, "Shop", "UTC", HOURS, PolicySettings(QUARTER, timedelta(), timedelta(days=90), True)),
    {one.id: one for one in (TALK, COURSE, PAIR)},
    {one: StaffMember(one, one.title(), "UTC") for one in ("ann", "bob")},
)
STAFF_NOTES = "Bring a ladder.\r\n"
"""What the staff wrote into the appointments that are there before."""

TRIP = 0.02
"""Seconds that anything remote takes each way."""

CONFIRMED, REFUSED, PENDING, BUSY, NOTHING = "confirmed", "refused", "pending", "busy", "nothing"


FINAL = ("RulesBroken", "NotFound")
"""Refusals that asking again does not change."""


class Dead(BaseException):
    """Raised in what a dead process would still do."""


@dataclass(frozen=True, slots=True)
class Told:
    """One answer: what it says, in which words, when was asked and when it came, in the world's seconds."""

    kind: str
    text: str
    asked: float
    came: float

    @property
    def is_final(self) -> bool:
        """Whether asking again is of no use: it is booked, or refused for good."""
        return self.kind == CONFIRMED or (self.kind == REFUSED and self.text.startswith(FINAL))


@dataclass(slots=True)
class Caller:
    """Somebody who wants one thing, under one key, and what they were told.

    `start` is None for who wants no appointment but a customer's record.
    """

    email: str
    service: Service
    start: datetime | None
    key: str = ""
    told: list[Told] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Who this is."""
        return self.email.partition("@")[0]

    @property
    def note(self) -> str:
        """What this caller tells the staff."""
        return f"Note of {self.name}.\n{STAFF_NOTES}"

    @property
    def intent(self) -> RequestKey:
        """The key and the body's fingerprint, the same each time."""
        return RequestKey(sha256(f"{self.email} {self.key}".encode()).hexdigest(), "fingerprint")

    @property
    def customer(self) -> Customer:
        """Who this is to Graph."""
        return Customer(None, self.name, self.email)

    @property
    def is_content(self) -> bool:
        """Whether the last answer is a final one."""
        return bool(self.told) and self.told[-1].is_final


class Worker:
    """A process with its use cases."""

    def __init__(self, process: Process, cases: UseCases) -> None:
        self.process = process
        self.cases = cases


class World:
    """Everything outside of the workers, in one state."""

    def __init__(self, build: Build = use_cases) -> None:
        self.loop = VirtualLoop()
        self.wire = Wire(TRIP, CALL, guard=_only_the_living)
        self.store_wire = Wire(TRIP, timedelta(hours=1), has_deadline=False, guard=_only_the_living)
        self.graph = FakeGraph(self.loop.clock, [CATALOGUE], self.wire)
        self.stores: Stores = memory_stores()
        self.callers: list[Caller] = []
        self.workers: list[Worker] = []
        self.managed: list[Any] = []
        self.erased: list[Any] = []
        self.guests: list[tuple[str, str]] = []
        self.crashes: list[str] = []
        self.edited: set[str] = set()
        self.removed: list[tuple[str, str]] = []
        self.edit_mark: int | None = None
        self._build = build
        self._ids = count(1)

    @property
    def mailbox(self) -> Mailbox:
        """What really stands in the calendar."""
        return self.graph.mailbox(SHOP)

    def hire(self) -> Worker:
        """A worker that has just started."""
        process = Process(f"worker {len(self.workers) + 1}")
        outside = Outside(self.graph, remote(self.stores, self.store_wire), self.loop.clock, self._new_id)
        self.workers.append(Worker(process, self._build(outside)))
        return self.workers[-1]

    def caller(self, name: str, service: Service = TALK, start: datetime | None = TEN) -> Caller:
        """Somebody new."""
        self.callers.append(Caller(f"{name}@contoso.com", service, start))
        return self.callers[-1]

    def seat(self, name: str, service: Service = COURSE, start: datetime = TEN) -> str:
        """An appointment that somebody has already; its id."""
        who = self.mailbox.add_customer(Customer(None, name, f"{name}@contoso.com"))
        guest = Attendee(who.id, name, who.email)
        span = Interval(start, start + service.default_duration)
        draft = Draft(service, span, service.staff_member_ids[:1], (guest,), STAFF_NOTES, "UTC")
        made = self.mailbox.create(draft, AS_ASKED)
        self.guests.append((made.id, who.email))
        return made.id

    async def ask(self, caller: Caller, worker: Worker) -> None:
        """One request of this caller to this worker, which ends when the worker's answer is there."""
        await asyncio.wait([self.loop.start(worker.process, self.request(caller, worker))])

    async def insist(self, caller: Caller, worker: Worker) -> None:
        """Ask until the answer is a final one, as clients with patience do."""
        while not worker.process.is_dead:
            await self.ask(caller, worker)
            if caller.is_content:
                return
            await asyncio.sleep(_pause(caller.told[-1]))

    async def request(self, caller: Caller, worker: Worker) -> None:
        """What runs in the worker; whatever comes out of it is what the caller is told."""
        await self.told(caller.told, lambda: self._answer(caller, worker))

    async def told(self, told: list[Told], answer: Callable[[], Awaitable[str]]) -> None:
        """Add what comes out of a request to what was told."""
        asked = self.loop.now
        kind, text = NOTHING, "no answer"
        try:
            text = await answer()
            kind = CONFIRMED
        except OutcomeUnknown as error:
            kind, text = PENDING, error.reference
        except (KeyInFlight, BookingPending) as error:
            kind, text = BUSY, f"{error.retry_after.total_seconds() if error.retry_after else 1}"
        except (Refused, GraphError) as error:
            kind, text = REFUSED, _words(error)
        except StoreUnavailable:
            kind, text = BUSY, "5"
        except Exception as error:  # noqa: BLE001 (the host answers 500, whatever it is)
            text = type(error).__name__
            self._note(error)
        finally:
            told.append(Told(kind, text, asked, self.loop.now))

    async def _answer(self, caller: Caller, worker: Worker) -> str:
        if caller.start is None:
            found, _ = await worker.cases.create_customer(SHOP, caller.customer, caller.intent)
            return found.id or ""
        request = BookingRequest(SHOP, caller.service.id, caller.start, caller.customer, notes=caller.note)
        return (await worker.cases.create_booking(request, caller.intent)).body

    async def settle(self, worker: Worker) -> None:
        """One run of the timer in this worker; what the error tree knows is tried again next time."""
        try:
            await worker.cases.reconcile.settle_all()
        except DomainError:
            return
        except Exception as error:  # noqa: BLE001 (the host logs it)
            self._note(error)

    def _note(self, error: Exception) -> None:
        if not isinstance(error, Unforeseen):
            self.crashes.append(f"{type(error).__name__}: {error}")

    def _new_id(self) -> str:
        return f"id-{next(self._ids)}"


class Unforeseen(RuntimeError):
    """An error that nobody thought of."""


def _only_the_living() -> None:
    process = current_process()
    if process is not None and process.is_dead:
        raise Dead


def _words(error: DomainError) -> str:
    codes = [one.code for one in error.violations] if isinstance(error, RulesBroken) else []
    return " ".join([type(error).__name__, *codes])


def _pause(told: Told) -> float:
    return max(1.0, float(told.text)) if told.kind == BUSY else 5.0


def seats_of(world: World, caller: Caller) -> Iterator[tuple[str, Attendee]]:
    """Where this caller sits in appointments of the service: ids of appointments and what stands there."""
    for one in world.mailbox.appointments:
        yield from (
            (one.id, guest)
            for guest in one.attendees
            if one.service_id == caller.service.id and guest.email == caller.email
        )
