"""Somebody whose data is erased, in the sweeps; and what must be true of it afterwards."""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.booking.erasures import Erasure
from shared.booking.writes.idempotency import RequestKey
from shared.booking.writes.locks import email_hash
from tests.support.managed import LATER
from tests.support.remote_stores import at_once
from tests.support.world import CONFIRMED, COURSE, SHOP, TALK, TEN, Caller, Told, Worker, World

QUINN = "quinn@contoso.com"
MINUTE = 60.0
KEY = RequestKey("e0" * 32, "fingerprint")
RUNS = 3
"""Runs of the timer that are stopped along with the request."""


@dataclass(slots=True)
class Erased:
    """Whom a partner wants erased, under a key of their own, and the receipts that were given."""

    email: str
    told: list[Told] = field(default_factory=list)

    async def ask(self, world: World, worker: Worker) -> None:
        """One request to this worker."""
        await world.told(self.told, lambda: self._receipt(worker))

    async def _receipt(self, worker: Worker) -> str:
        return (await worker.cases.erase_customer(SHOP, self.email, KEY)).receipt


@dataclass(frozen=True)
class Erasing:
    """Somebody with bookings to come and past ones, beside others, is erased: the request and the timer."""

    name: str = "erase a person"

    async def prepare(self, world: World) -> None:
        """Quinn booked twice here, once beside Zoe, and sat beside Yan the day before, without the facade."""
        world.seat("zoe")
        for service, start in ((COURSE, TEN), (TALK, LATER)):
            owner = Caller(QUINN, service, start, key=service.id)
            await world.ask(owner, world.hire())
            assert owner.told[-1].kind == CONFIRMED, owner.told
        past = world.seat("yan", start=TEN - 2 * timedelta(days=1))
        known = next(one for one in world.mailbox.customers if one.email == QUINN)
        world.mailbox.seat(past, known)
        world.erased.append(Erased(QUINN))

    async def victim(self, world: World, worker: Worker) -> None:
        """The request, and the runs of the timer that go on with it."""
        mine: Erased = world.erased[0]
        await mine.ask(world, worker)
        for _ in range(RUNS):
            await worker.cases.erase_customer.advance(SHOP)

    def others(self, world: World, same: Worker) -> Iterable[Coroutine[Any, Any, None]]:
        """The timer; somebody who wants a seat in the group, and somebody who wants the freed time."""
        yield _timer(world)
        yield world.insist(world.caller("rival0", COURSE), same)
        yield world.insist(world.caller("rival1", TALK, LATER), world.hire())

    async def again(self, world: World) -> None:
        """The partner insists in another worker."""
        mine, worker = world.erased[0], world.hire()
        while not (mine.told and mine.told[-1].is_final):
            await asyncio.wait([world.loop.start(worker.process, mine.ask(world, worker))])
            await asyncio.sleep(5)


async def _timer(world: World) -> None:
    """Go on with the erasures each minute, until all have ended."""
    worker = world.hire()
    while True:
        await asyncio.sleep(MINUTE)
        await asyncio.wait([world.loop.start(worker.process, worker.cases.erase_customer.advance(SHOP))])
        if not at_once(world.stores.erasures.under_way(SHOP)):
            return


def audit_erased(world: World) -> Iterator[str]:
    """Every broken promise about people who were erased, in words."""
    for one in world.erased:
        receipts = {told.text for told in one.told if told.is_final}
        if len(receipts) > 1:
            yield f"{one.email}: {len(receipts)} receipts for one request"
        done = [_receipt(world, receipt) for receipt in receipts] or [_any(world)]
        yield from _kept(world, one.email, [each for each in done if each is not None], bool(receipts))


def _kept(world: World, email: str, done: list[Erasure], is_promised: bool) -> Iterator[str]:
    if is_promised and not done:
        yield f"{email}: a receipt of nothing"
    for each in done:
        if each.ended is None:
            yield f"{email}: never erased"
        elif each.left:
            yield f"{email}: left behind {dict(each.left)}"
        else:
            yield from (f"{email}: erased, but in {where}" for where in sorted(_where(world, email)))


def _where(world: World, email: str) -> Iterator[str]:
    """Where the name or the keyed hash of the address still stands; of locks they go when they are swept."""
    name = email.partition("@")[0]
    for one in world.mailbox.appointments:
        if name in repr(one).lower() or email in (one.customer_email or ""):
            yield one.id
    if email in {one.email for one in world.mailbox.customers}:
        yield "the list of customers"
    hashed = email_hash(world.workers[0].cases.hasher, SHOP, email)
    for store in ("idempotency", "customers", "ledger", "bookings", "erasures"):
        if hashed in repr(vars(getattr(world.stores, store))):
            yield f"the store of {store}"


def _receipt(world: World, receipt: str) -> Erasure | None:
    found: Erasure | None = at_once(world.stores.erasures.get(SHOP, receipt))
    return found


def _any(world: World) -> Erasure | None:
    """An erasure that nobody was told of."""
    under_way = at_once(world.stores.erasures.under_way(SHOP))
    return under_way[0] if under_way else None
