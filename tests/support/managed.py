"""Customers who have a booking and change it, in the sweeps; and what must be true of it afterwards."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from shared.booking.manage.wish import Wish
from shared.booking.records import BookingRow, IdempotencyRecord, State
from shared.booking.writes.idempotency import RequestKey
from shared.domain.model import Service
from tests.support.remote_stores import at_once
from tests.support.world import (
    BUSY,
    CONFIRMED,
    HALF_HOUR,
    REFUSED,
    SHOP,
    TEN,
    Caller,
    Told,
    Worker,
    World,
    seats_of,
)

CANCEL, MOVE = "cancel", "move"
LATER = TEN + 4 * HALF_HOUR
OPEN = {State.IN_PROGRESS, State.UNKNOWN}


@dataclass(slots=True)
class Managed:
    """Somebody with a booking, who wants it cancelled, or moved to `start` with `staff_id`.

    `told` are the answers to that wish; `moved` is where the booking went before, with an answer.
    """

    owner: Caller
    does: str
    start: datetime | None = None
    staff_id: str | None = None
    key: str = ""
    told: list[Told] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Who wants what."""
        return f"{self.owner.name} ({self.does})"

    @property
    def request(self) -> RequestKey | None:
        """The key that was chosen, if one was."""
        if not self.key:
            return None
        name = sha256(f"{self.does} {self.owner.email} {self.key}".encode()).hexdigest()
        return RequestKey(name, "fingerprint", reference=self.reference)

    @property
    def reference(self) -> str:
        """The booking's reference."""
        reference: str = json.loads(self.owner.told[0].text)["reference"]
        return reference

    def row(self, world: World) -> BookingRow:
        """The booking's row as it is now."""
        found: BookingRow | None = at_once(world.stores.bookings.get(SHOP, self.reference))
        assert found is not None
        return found

    async def change(self, world: World, worker: Worker) -> None:
        """One request to this worker."""
        await world.told(self.told, lambda: self._answer(worker))

    async def _answer(self, worker: Worker) -> str:
        manage = worker.cases.manage
        row = await manage.parts.rows.store.get(SHOP, self.reference)
        assert row is not None
        if self.does == CANCEL:
            return await manage.cancel(row, None, self.request)
        assert self.start is not None
        return await manage.reschedule(row, Wish(self.start, self.staff_id), self.request)

    async def insist(self, world: World, worker: Worker) -> None:
        """Ask until the answer is a final one."""
        while not worker.process.is_dead:
            await asyncio.wait([world.loop.start(worker.process, self.change(world, worker))])
            if self.told and self.told[-1].is_final:
                return
            await asyncio.sleep(max(1.0, float(self.told[-1].text)) if self.told[-1].kind == BUSY else 5.0)


async def booked(world: World, name: str, service: Service, start: datetime = TEN) -> Caller:
    """Somebody who has a booking; what they were told of it is all that they know."""
    owner = Caller(f"{name}@contoso.com", service, start)
    await world.ask(owner, world.hire())
    assert owner.told[-1].kind == CONFIRMED, owner.told
    return owner


def audit_managed(world: World) -> Iterator[str]:
    """Every broken promise about bookings that somebody wanted to change, in words."""
    for one in world.managed:
        yield from _told(one)
        yield from _stands(world, one)


def open_changes(world: World) -> list[str]:
    """Whose change has no end yet."""
    records = ((one, _pending(world, one.row(world))) for one in world.managed)
    return [one.name for one, record in records if record is not None and record.state in OPEN]


def _pending(world: World, row: BookingRow) -> IdempotencyRecord | None:
    found: IdempotencyRecord | None = None
    if row.pending is not None:
        found = at_once(world.stores.idempotency.get(row.pending))
    return found


def _told(one: Managed) -> Iterator[str]:
    """With a key that was chosen, every answer is the same, and nothing else comes after it."""
    confirmed = [told for told in one.told if told.kind == CONFIRMED]
    if one.key and len({told.text for told in confirmed}) > 1:
        yield f"{one.name}: answers differ"
    if one.key and confirmed:
        first = min(told.came for told in confirmed)
        if any(told.kind == REFUSED and told.asked > first for told in one.told):
            yield f"{one.name}: refused after an answer"


def _stands(world: World, one: Managed) -> Iterator[str]:
    """A booking stands once where its row says, or nowhere where that says so; as it was answered last."""
    row, seats = one.row(world), list(seats_of(world, one.owner))
    if one.name in open_changes(world):
        yield f"{one.name}: never settled"
        return
    if row.cancelled is not None:
        yield from (f"{one.name}: cancelled, but in {where}" for where, _ in seats)
    mine = [where for where, _ in seats if row.cancelled is None]
    if len(mine) > 1:
        yield f"{one.name}: stands {len(mine)} times"
    if row.appointment_id in world.edited:
        return
    if row.cancelled is None and mine != [row.appointment_id]:
        yield f"{one.name}: not where its row says, but in {mine}"
    elif row.cancelled is None:
        found = world.mailbox.appointments.get(row.appointment_id)
        if found is None or (found.span, found.staff_member_ids) != (row.span, row.staff_member_ids):
            yield f"{one.name}: not when its row says"
    yield from _as_answered(world, one, row)


def _as_answered(world: World, one: Managed, row: BookingRow) -> Iterator[str]:
    """What the last of all answers said is so."""
    others = [told for other in world.managed if other.owner is one.owner for told in other.told]
    confirmed = sorted((told for told in others if told.kind == CONFIRMED), key=lambda told: told.came)
    if not confirmed:
        return
    if row.cancelled is None and any("cancelled" in told.text for told in confirmed):
        yield f"{one.name}: told cancelled, but it stands"
    last = json.loads(confirmed[-1].text)
    if row.cancelled is None and last["start"] != row.span.start.isoformat():
        pending = [told for told in others if told.came > confirmed[-1].came and told.kind == "pending"]
        if not pending:
            yield f"{one.name}: told {last['start']}, but it stands at {row.span.start.isoformat()}"


@dataclass(frozen=True)
class Changing:
    """A customer changes a booking, and rivals want the time that is given up, and the one that is wanted.

    `others` says who else does what with the same booking.
    """

    name: str
    service: Service
    does: str
    staff_id: str | None = None
    before: Callable[[World], Awaitable[None]] | None = None
    after: Callable[[World], Awaitable[None]] | None = None
    also: str = ""

    async def prepare(self, world: World) -> None:
        """Somebody has a booking."""
        if self.before is not None:
            await self.before(world)
        owner = await booked(world, "vic", self.service)
        if self.after is not None:
            await self.after(world)
        world.managed.append(Managed(owner, self.does, LATER, self.staff_id, key="first"))

    def victim(self, world: World, worker: Worker) -> Coroutine[Any, Any, None]:
        """The owner's request."""
        mine: Managed = world.managed[0]
        return mine.change(world, worker)

    def others(self, world: World, same: Worker) -> Iterable[Coroutine[Any, Any, None]]:
        """One wants the old time, one the new; perhaps the owner wants something else too."""
        yield world.insist(world.caller("rival0", self.service, TEN), same)
        if self.does == MOVE:
            yield world.insist(world.caller("rival1", self.service, LATER), world.hire())
        if self.also:
            other = Managed(world.managed[0].owner, self.also, TEN + 8 * HALF_HOUR, key="second")
            world.managed.append(other)
            yield other.insist(world, world.hire())

    def again(self, world: World) -> Coroutine[Any, Any, None]:
        """The owner insists in another worker."""
        mine: Managed = world.managed[0]
        return mine.insist(world, world.hire())
