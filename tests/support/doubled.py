"""A booking that the network made twice, in the sweeps; whoever looks at it is never told that it is gone."""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from shared.domain.errors import DomainError
from shared.domain.model import Customer, Service
from tests.support.managed import LATER, MOVE, Managed, booked
from tests.support.world import HALF_HOUR, STAFF_NOTES, TEN, Worker, World

LOOK = "look"
OLDER = "older"
SURE = 80.0
"""Seconds after which the timer looks whether there are two."""

LOOKS, BETWEEN = 400, 0.5
"""How often the owner looks, and the seconds in between."""


@dataclass(frozen=True)
class Doubled:
    """The timer takes one of two away, of which the younger was answered; the victim is the timer.

    With `is_joined` somebody else sits in the older one, with `is_moved` it is a move that was made twice.
    The owner looks at it; with `also` they cancel or move it.
    """

    name: str
    service: Service
    is_joined: bool = False
    is_moved: bool = False
    also: str = ""

    async def prepare(self, world: World) -> None:
        """Somebody has a booking, and knows nothing of the other one."""
        if self.is_moved:
            world.seat("zoe", self.service)
        mine = Managed(await booked(world, "vic", self.service), LOOK)
        if self.is_moved:
            mine = Managed(mine.owner, MOVE, LATER, key="first")
            await mine.insist(world, world.hire())
        elif not self.also:
            world.callers.append(mine.owner)
        made = world.mailbox.stored(mine.row(world).appointment_id)
        created = (made.created or made.span.start) - timedelta(seconds=1)
        world.mailbox.appointments.put(OLDER, replace(made, id=OLDER, created=created))
        if self.is_joined:
            yan = world.mailbox.seat(OLDER, Customer(None, "yan", "yan@contoso.com"))
            world.mailbox.write_notes(OLDER, STAFF_NOTES + (made.service_notes or ""))
            world.guests.append((OLDER, yan.email))
        world.managed.append(mine)
        await asyncio.sleep(SURE)

    def victim(self, world: World, worker: Worker) -> Coroutine[Any, Any, None]:
        """The timer."""
        return world.settle(worker)

    def others(self, world: World, same: Worker) -> Iterable[Coroutine[Any, Any, None]]:
        """Two want the slot, or a seat; the owner looks, or changes the booking.

        Where somebody has joined one of the two, one more fills it: who came after that would join the other
        one, and neither could be taken away.
        """
        start = LATER if self.is_moved else TEN
        yield world.insist(world.caller("rival0", self.service, start), same)
        if not self.is_joined:
            yield world.insist(world.caller("rival1", self.service, start), world.hire())
        if self.also:
            change = Managed(world.managed[0].owner, self.also, TEN + 8 * HALF_HOUR, key="second")
            world.managed.append(change)
            yield change.insist(world, world.hire())
        else:
            yield _looks(world, world.hire())

    def again(self, world: World) -> Coroutine[Any, Any, None]:
        """The owner sends the same once more; who wants something else does not."""
        mine: Managed = world.managed[0]
        if self.also:
            return asyncio.sleep(0)
        return mine.insist(world, world.hire()) if self.is_moved else world.insist(mine.owner, world.hire())


async def _looks(world: World, worker: Worker) -> None:
    for _ in range(LOOKS):
        look = world.loop.start(worker.process, _is_gone(world, worker))
        await asyncio.wait([look])
        if look.result():
            world.crashes.append(f"{world.managed[0].name}: told that it is gone")
            return
        await asyncio.sleep(BETWEEN)


async def _is_gone(world: World, worker: Worker) -> bool:
    mine: Managed = world.managed[0]
    try:
        standing = await worker.cases.manage.read(mine.row(world))
    except DomainError:
        return False
    return not standing.stands and not standing.is_pending
