"""Who does what in the sweeps: a customer whose request is stopped, and others who want the same."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.errors import Unreachable
from shared.domain.model import Customer, Service
from tests.support.doubled import Doubled
from tests.support.endings import answered
from tests.support.erasing import Erasing
from tests.support.managed import CANCEL, LATER, MOVE, Changing
from tests.support.wire import Ending
from tests.support.world import COURSE, HALF_HOUR, PAIR, STAFF_NOTES, TALK, TEN, Caller, Worker, World


async def nothing(_: World) -> None:
    """Nothing is there before."""


async def somebody_sits_there(world: World) -> None:
    """One of three seats is taken."""
    world.seat("zoe")


async def one_seat_is_left(world: World) -> None:
    """Two of three seats are taken."""
    appointment_id = world.seat("zoe")
    yan = world.mailbox.seat(appointment_id, Customer(None, "yan", "yan@contoso.com"))
    world.guests.append((appointment_id, yan.email))


async def somebody_without_a_record_sits_there(world: World) -> None:
    """The staff deleted the record of who sits there."""
    world.seat("zoe")
    world.mailbox.forget_customer("zoe@contoso.com")


async def somebody_joins(world: World) -> None:
    """Somebody else takes a seat beside the first."""
    appointment = next(iter(world.mailbox.appointments))
    yan = world.mailbox.seat(appointment.id, Customer(None, "yan", "yan@contoso.com"))
    world.mailbox.write_notes(appointment.id, STAFF_NOTES + (appointment.service_notes or ""))
    world.guests.append((appointment.id, yan.email))


async def somebody_sits_later(world: World) -> None:
    """Somebody has an appointment at the time that is wanted."""
    world.seat("yan", start=LATER)


@dataclass(frozen=True)
class Booking:
    """A customer books, and rivals want what only one of them can have, in the same worker and in another."""

    name: str
    service: Service
    rivals: tuple[datetime, ...]
    before: Callable[[World], Awaitable[None]] = nothing

    async def prepare(self, world: World) -> None:
        """The victim is the first caller."""
        world.caller("vic", self.service)
        await self.before(world)

    def victim(self, world: World, worker: Worker) -> Coroutine[Any, Any, None]:
        """The first caller's request."""
        return world.request(world.callers[0], worker)

    def others(self, world: World, same: Worker) -> Iterable[Coroutine[Any, Any, None]]:
        """Every second rival comes to the victim's own worker."""
        for number, start in enumerate(self.rivals):
            rival = world.caller(f"rival{number}", self.service, start)
            yield world.insist(rival, world.hire() if number % 2 else same)

    def again(self, world: World) -> Coroutine[Any, Any, None]:
        """The first caller insists in another worker."""
        return world.insist(world.callers[0], world.hire())


@dataclass(frozen=True)
class NewCustomer:
    """A partner wants a customer's record; somebody books for the same address meanwhile."""

    name: str = "create a customer"

    async def prepare(self, world: World) -> None:
        """Two of the list are others."""
        world.seat("zoe")
        world.caller("vic", start=None)

    def victim(self, world: World, worker: Worker) -> Coroutine[Any, Any, None]:
        """The partner's request."""
        return world.request(world.callers[0], worker)

    def others(self, world: World, same: Worker) -> Iterable[Coroutine[Any, Any, None]]:
        """The same address books for itself, and another one too."""
        both = Caller("vic@contoso.com", TALK, TEN, key="booking")
        world.callers.append(both)
        yield world.insist(both, same)
        yield world.insist(world.caller("rival", TALK, TEN + HALF_HOUR * 2), world.hire())

    def again(self, world: World) -> Coroutine[Any, Any, None]:
        """The partner asks again."""
        return world.insist(world.callers[0], world.hire())


@dataclass(frozen=True)
class Reconciling:
    """The timer settles bookings whose answers were lost, one of them done; the victim is the timer."""

    name: str
    service: Service
    operation: str
    is_done: bool
    before: Callable[[World], Awaitable[None]] = nothing

    async def prepare(self, world: World) -> None:
        """Somebody was told 202, and the locks are over."""
        await self.before(world)
        first = world.hire()
        lost = Ending("lost", answered(Unreachable), done=int(self.is_done))
        world.wire.arm(self.operation, lost, times=None)
        world.wire.arm("calendar_view", Ending("blind", answered(Unreachable), done=0), nth=3, times=None)
        await world.ask(world.caller("vic", self.service), first)
        world.wire.disarm()
        await asyncio.sleep(80.0)

    def victim(self, world: World, worker: Worker) -> Coroutine[Any, Any, None]:
        """The timer."""
        return world.settle(worker)

    def others(self, world: World, same: Worker) -> Iterable[Coroutine[Any, Any, None]]:
        """Two want the slot, or a seat."""
        yield world.insist(world.caller("rival0", self.service), same)
        yield world.insist(world.caller("rival1", self.service), world.hire())

    def again(self, world: World) -> Coroutine[Any, Any, None]:
        """Who was told 202 asks again."""
        return world.insist(world.callers[0], world.hire())


ONE_TO_ONE = Booking("create 1:1", TALK, (TEN, TEN + HALF_HOUR))
GROUP_NEW = Booking("create a group appointment", COURSE, (TEN, TEN))
JOIN = Booking("join a group", COURSE, (TEN, TEN), somebody_sits_there)
JOIN_THE_LAST_SEAT = Booking("join for the last seat", COURSE, (TEN,), one_seat_is_left)
JOIN_BESIDE_THE_FORGOTTEN = Booking(
    "join beside somebody whose record is gone", COURSE, (TEN,), somebody_without_a_record_sits_there
)
CUSTOMER = NewCustomer()
SETTLE_DONE = Reconciling("settle what was booked", TALK, "create_appointment", is_done=True)
SETTLE_NOT_DONE = Reconciling("settle what was not booked", TALK, "create_appointment", is_done=False)
SETTLE_JOINED = Reconciling(
    "settle what was joined", COURSE, "replace_attendees", is_done=True, before=somebody_sits_there
)
CANCEL_ONE = Changing("cancel 1:1", TALK, CANCEL)
CANCEL_SEAT = Changing("cancel a seat", COURSE, CANCEL, after=somebody_joins)
CANCEL_JOINED = Changing("cancel a seat beside others", COURSE, CANCEL, before=somebody_sits_there)
CANCEL_BESIDE_THE_FORGOTTEN = Changing(
    "cancel beside somebody whose record is gone", COURSE, CANCEL, before=somebody_without_a_record_sits_there
)
CANCEL_LAST = Changing("cancel the last seat", COURSE, CANCEL)
MOVE_ONE = Changing("move 1:1", TALK, MOVE)
MOVE_STAFF = Changing("move 1:1 to other staff", PAIR, MOVE, staff_id="bob")
MOVE_SEAT = Changing("move a seat to a new appointment", COURSE, MOVE, before=somebody_sits_there)
MOVE_SEAT_TO_OTHERS = Changing(
    "move a seat to others", COURSE, MOVE, before=somebody_sits_there, after=somebody_sits_later
)
MOVE_LAST_SEAT = Changing("move the last seat", COURSE, MOVE)
CANCEL_AND_MOVE = Changing("cancel 1:1 while it is moved", TALK, CANCEL, also=MOVE)
MOVE_AND_CANCEL = Changing("move a seat while it is cancelled", COURSE, MOVE, also=CANCEL)
ERASE = Erasing()
TWICE_ONE = Doubled("take away what was made twice", TALK)
TWICE_GROUP = Doubled("take away a group that was made twice", COURSE)
TWICE_JOINED = Doubled("keep the one of two that was joined", COURSE, is_joined=True)
TWICE_MOVED = Doubled("take away what a move made twice", COURSE, is_moved=True)
TWICE_CANCELLED = Doubled("take away what was made twice, and cancelled", TALK, also=CANCEL)
TWICE_LEFT = Doubled("keep the one of two that was joined, and left", COURSE, is_joined=True, also=MOVE)
TWICE_MOVED_ON = Doubled(
    "take away what a move made twice, and cancelled", COURSE, is_moved=True, also=CANCEL
)
DOUBLED = (
    TWICE_ONE,
    TWICE_GROUP,
    TWICE_JOINED,
    TWICE_MOVED,
    TWICE_CANCELLED,
    TWICE_LEFT,
    TWICE_MOVED_ON,
)
MANAGING = (
    CANCEL_ONE,
    CANCEL_SEAT,
    CANCEL_JOINED,
    CANCEL_BESIDE_THE_FORGOTTEN,
    CANCEL_LAST,
    MOVE_ONE,
    MOVE_STAFF,
    MOVE_SEAT,
    MOVE_SEAT_TO_OTHERS,
    MOVE_LAST_SEAT,
    CANCEL_AND_MOVE,
    MOVE_AND_CANCEL,
)
ALL = (
    ONE_TO_ONE,
    GROUP_NEW,
    JOIN,
    JOIN_THE_LAST_SEAT,
    JOIN_BESIDE_THE_FORGOTTEN,
    CUSTOMER,
    SETTLE_DONE,
    SETTLE_NOT_DONE,
    SETTLE_JOINED,
    *DOUBLED,
    *MANAGING,
    ERASE,
)
