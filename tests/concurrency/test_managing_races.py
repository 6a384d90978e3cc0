"""Races for bookings that stand, in virtual time: several workers, and everything remote takes its time.

Each has its control: without the protection the same race breaks a promise, so the audit would see it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.booking.create.plan import BookingPlan
from shared.booking.create.proof import Proof
from shared.booking.manage.rows import BookingRows
from shared.booking.ports import LockStore
from shared.booking.records import BookingRow, Lock
from shared.booking.writes.engine import Writing
from shared.domain.model import Appointment, Customer
from shared.tables.memory import MemoryLocks
from tests.support.managed import CANCEL, LATER, MOVE, Managed, booked
from tests.support.promises import audit, unsettled
from tests.support.world import CONFIRMED, COURSE, REFUSED, TALK, TEN, Worker, World

DAY = timedelta(days=1)
FREE = LATER
MANY, WORKERS = 50, 5
SETTLED = 400.0


class OpenLocks(MemoryLocks):
    """Every lock is granted to everybody."""

    async def try_acquire(self, name: str, owner: str, now: datetime, life: timedelta) -> Lock:
        return Lock(name, owner, now + life, "1")


@contextmanager
def world(locks: LockStore | None = None) -> Iterator[World]:
    """A world, with these locks instead of good ones."""
    made = World()
    if locks is not None:
        made.stores = replace(made.stores, locks=locks)
    try:
        yield made
    finally:
        for worker in made.workers:
            made.loop.kill(worker.process)
        made.loop.close()


def run(made: World, race: Callable[[World], Awaitable[None]], *, settles: bool = True) -> list[str]:
    """The race, the timer after it unless it hides what broke, and what the audit says."""

    async def whole() -> list[str]:
        await race(made)
        if not settles:
            return audit(made)
        timer = made.hire()
        for _ in range(6):
            await asyncio.sleep(SETTLED / 6)
            await asyncio.wait([made.loop.start(timer.process, made.settle(timer))])
        assert unsettled(made) == []
        return audit(made)

    return made.loop.run_until_complete(whole())


async def at_once(made: World, *asked: tuple[Worker, Coroutine[Any, Any, None]]) -> None:
    """All of these, each in its worker."""
    await asyncio.wait([made.loop.start(worker.process, one) for worker, one in asked])


async def move_to_one_slot(made: World) -> None:
    """Fifty customers with appointments on fifty days, who all want the one time that is free."""
    for number in range(MANY):
        owner = await booked(made, f"guest{number}", TALK, TEN + (number + 1) * DAY)
        made.managed.append(Managed(owner, MOVE, FREE, key="mine"))
    workers = [made.hire() for _ in range(WORKERS)]
    asked = [(workers[n % WORKERS], one) for n, one in enumerate(made.managed)]
    await asyncio.gather(*(one.insist(made, worker) for worker, one in asked))


def test_fifty_move_to_one_free_slot_and_one_gets_it() -> None:
    """Everybody else keeps the time that they had, and is told so."""
    with world() as made:
        assert run(made, move_to_one_slot) == []
        endings = [one.told[-1].kind for one in made.managed]
        there = [one for one in made.mailbox.appointments if one.span.start == FREE]
    assert (endings.count(CONFIRMED), endings.count(REFUSED)) == (1, MANY - 1)
    assert len(there) == 1


def test_without_locks_several_move_to_one_slot() -> None:
    """The control."""
    with world(OpenLocks()) as made:
        broken = run(made, move_to_one_slot)
    assert "ann: appointments overlap" in broken


async def cancel_against_move(made: World) -> None:
    """One customer's cancellation and move, in two workers."""
    owner = await booked(made, "vic", COURSE)
    await booked(made, "una", COURSE)
    made.managed += [
        Managed(owner, CANCEL, key="cancel"),
        Managed(owner, MOVE, LATER, key="move"),
    ]
    one, other = made.hire(), made.hire()
    await asyncio.gather(made.managed[0].insist(made, one), made.managed[1].insist(made, other))


@pytest.mark.parametrize("seed", range(5))
def test_a_cancellation_against_a_move_ends_in_one_of_both(seed: int) -> None:
    """Cancelled in any case; moved before that, or refused after it."""

    async def race(made: World) -> None:
        made.wire.latency += seed / 100
        await cancel_against_move(made)

    with world() as made:
        assert run(made, race) == []
        cancelled, moved = (one.told[-1] for one in made.managed)
    assert cancelled.kind == CONFIRMED
    assert moved.kind == CONFIRMED or "booking-cancelled" in moved.text


def test_without_lock_and_claim_a_cancelled_booking_goes_on_standing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: both go ahead, and the customer who was told of the end sits in the other group."""

    async def claim(_: BookingRows, __: BookingRow, ___: str) -> None:
        """Nobody is told."""

    monkeypatch.setattr(BookingRows, "claim", claim)
    assert any(broken(cancel_against_move))


async def cancel_against_the_staff(made: World) -> None:
    """The staff cancel the same appointment in the same moment."""
    owner = await booked(made, "vic", TALK)
    made.managed.append(Managed(owner, CANCEL, key="cancel"))
    row = made.managed[0].row(made)
    made.edited.add(row.appointment_id)

    async def staff() -> None:
        await asyncio.sleep(0.03 * made.store_wire.latency / 0.02)
        if made.mailbox.appointments.get(row.appointment_id) is not None:
            made.mailbox.delete(row.appointment_id)

    await asyncio.gather(made.managed[0].insist(made, made.hire()), staff())


@pytest.mark.parametrize("trips", [0.0, 1.0, 2.0, 4.0, 8.0])
def test_a_cancellation_against_the_staffs_own_is_done_either_way(trips: float) -> None:
    """Whoever was first."""

    async def race(made: World) -> None:
        made.store_wire.latency = 0.02 * trips
        await cancel_against_the_staff(made)

    with world() as made:
        assert run(made, race) == []
        assert made.managed[0].told[-1].kind == CONFIRMED
        assert list(made.mailbox.appointments) == []


def broken(race: Callable[[World], Awaitable[None]]) -> Iterator[list[str]]:
    """What breaks without locks, in worlds whose calls to the stores take longer and longer."""
    for trips in range(12):
        with world(OpenLocks()) as made:
            made.store_wire.latency = 0.01 * trips
            yield run(made, race, settles=False)


async def last_seat(made: World) -> None:
    """A full group: one leaves, ten want the seat."""
    owner = await booked(made, "vic", COURSE)
    (made_first,) = made.mailbox.appointments
    for name in ("una", "zoe"):
        made.mailbox.seat(made_first.id, Customer(None, name, f"{name}@contoso.com"))
    group = made.mailbox.stored(made_first.id)
    made.managed.append(Managed(owner, CANCEL, key="cancel"))
    wanting = [made.caller(f"rival{number}", COURSE, TEN) for number in range(10)]
    workers = [made.hire() for _ in range(3)]
    leaving = asyncio.ensure_future(made.managed[0].insist(made, workers[0]))
    while len(made.mailbox.stored(group.id).attendees) == group.maximum_attendees:  # noqa: ASYNC110 (no event)
        await asyncio.sleep(0.001)
    await asyncio.gather(leaving, *(made.insist(one, workers[n % 3]) for n, one in enumerate(wanting)))
    late = made.caller("late", COURSE, TEN)
    await made.insist(late, workers[1])


def test_the_last_seat_is_freed_and_taken_once() -> None:
    """Nobody sits in it twice, and whoever comes later finds it taken or takes it."""
    with world() as made:
        assert run(made, last_seat) == []
        (group,) = made.mailbox.appointments
        assert len(group.attendees) == group.maximum_attendees
        assert "vic@contoso.com" not in {one.email for one in group.attendees}
        taken = [one for one in made.callers if one.told[-1].kind == CONFIRMED]
    assert len(taken) == 1


def test_without_locks_and_proof_the_last_seat_is_taken_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: somebody is pushed out, or sits where there is no seat."""

    async def of_join(
        _: Proof, __: BookingPlan, ___: Appointment, after: Appointment, ____: Writing
    ) -> Appointment:
        return after

    monkeypatch.setattr(Proof, "of_join", of_join)
    assert any(broken(last_seat))
