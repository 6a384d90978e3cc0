"""Reconciling: found, surely absent, or still not sure; one record never holds up another."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from shared.booking.ports import Changed
from shared.booking.records import Attempt, IdempotencyRecord, Kind, State
from shared.booking.writes.engine import Completion, Writing
from shared.booking.writes.idempotency import Lease, RequestKey
from shared.booking.writes.locks import booking_lock
from shared.booking.writes.notes import mark
from shared.booking.writes.outcomes import Confirmation
from shared.booking.writes.recognise import Lists
from shared.booking.writes.reconcile import AT_ONCE, SLOW, Reconcile
from shared.domain.errors import OutcomeUnknown, StoreUnavailable, Unavailable, Unreachable
from shared.domain.model import Appointment, Customer
from shared.platform.deadline import is_background
from tests.support.shop import REQUEST, Shop, an_appointment, attempt_of, confirmation, kept_nowhere
from tests.support.virtually import virtually
from tests.support.workers import CALL, LIST_LAG, LOCK_LIFE, LOCK_WAIT
from tests.support.world import SHOP, TALK

SETTLED = LOOK_AGAIN = LOCK_LIFE + 2 * LIST_LAG


@dataclass
class Knows:
    """What the use case says of what was found."""

    graph: Shop
    bad: bool = False
    takes_back: bool = False
    repaired: list[tuple[str, ...]] = field(default_factory=list)
    fails: Exception | None = None
    taken_back: list[str] = field(default_factory=list)
    free: list[str] = field(default_factory=list)
    writing: Writing | None = None
    seen: tuple[Appointment, ...] = ()
    held: set[str] = field(default_factory=set)

    async def find(self, attempt: Attempt, reference: str, lists: Lists) -> tuple[Appointment, ...]:
        return await self.graph.recognition.find(attempt, reference, lists)

    def needs_repair(self, attempt: Attempt, found: tuple[Appointment, ...]) -> bool:
        assert attempt.business == SHOP
        return self.bad or len(found) > 1

    async def repair(
        self, attempt: Attempt, found: tuple[Appointment, ...], writing: Writing
    ) -> Appointment | None:
        assert set(attempt.locks) <= set(writing.held.names)
        self.held = set(writing.held.names)
        self.repaired.append(tuple(one.id for one in found))
        self.seen = found
        self.free = await self.graph.free_locks("lock")
        self.writing = writing
        await writing.send(lambda _: asyncio.sleep(0))
        if self.fails is not None:
            raise self.fails
        return None if self.takes_back else found[-1]

    async def take_back(self, attempt: Attempt, found: tuple[Appointment, ...], writing: Writing) -> None:
        assert set(attempt.locks) <= set(writing.held.names)
        self.held = set(writing.held.names)
        self.taken_back += [one.id for one in found]

    async def confirm(self, attempt: Attempt, reference: str, stands: Appointment) -> Confirmation:
        assert attempt.business == SHOP
        return confirmation(stands, reference)


class Desk:
    """A shop with a timer, and records of which nobody knows how they ended."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.knows = Knows(self.shop)
        shop = self.shop.reconcile
        self.told: list[str] = []
        self.others: list[asyncio.Future[None]] = []

        async def told(made: Confirmation) -> None:
            self.told.append(made.appointment.id)

        complete = Completion(
            render=lambda made: f"booked {made.appointment.id}",
            observers=[told],
            keep=kept_nowhere,
            clock=shop.clock,
        )
        self.reconcile: Reconcile = replace(shop, recognise={Kind.BOOK: self.knows}, complete=complete)

    def booked(self, lease: Lease) -> Appointment:
        return self.shop.seat("vic", service=TALK, notes=mark(lease.reference))

    def attempt(self) -> Attempt:
        return attempt_of(an_appointment(), "vic", self.shop.clock())

    async def unknown(self, key: RequestKey = REQUEST, *, is_over: bool = False) -> Lease:
        lease = await self.shop.lease(key, self.attempt())
        await lease.unknown(is_over=is_over)
        return await self.shop.records.take_over(lease.record)

    async def stored(self, key: str = REQUEST.key) -> IdempotencyRecord:
        found = await self.shop.stores.idempotency.get(key)
        assert found is not None
        return found


@virtually
async def test_without_an_attempt_nothing_was_sent() -> None:
    """Nothing is read."""
    desk = Desk()
    assert await desk.reconcile.earlier(await desk.shop.lease()) is None
    assert not desk.shop.wire.calls


@virtually
async def test_what_is_found_is_confirmed_and_told() -> None:
    """The record is complete with the answer."""
    desk = Desk()
    lease = await desk.unknown()
    made = desk.booked(lease)

    assert await desk.reconcile.earlier(lease) == f"booked {made.id}"

    assert desk.told == [made.id]
    assert (await desk.stored()).state is State.COMPLETED
    assert desk.knows.repaired == []


@pytest.mark.parametrize("is_over", [False, True])
@virtually
async def test_what_is_not_found_may_turn_up_until_it_is_settled(is_over: bool) -> None:
    """By the time before the look, not by the time after it."""
    desk = Desk()
    lease = await desk.unknown(is_over=is_over)
    wait = (2 * LIST_LAG if is_over else SETTLED).total_seconds()
    desk.shop.wire.latency = 0.1

    await asyncio.sleep(wait - 0.05)
    with pytest.raises(OutcomeUnknown) as caught:
        await desk.reconcile.earlier(lease)
    assert (caught.value.reference, caught.value.is_over) == (lease.reference, is_over)

    assert await desk.reconcile.earlier(lease) is None


@pytest.mark.parametrize("error", [Unreachable, Unavailable, RuntimeError])
@pytest.mark.parametrize("is_over", [False, True])
@virtually
async def test_a_look_that_fails_is_an_unknown_outcome(error: type[Exception], is_over: bool) -> None:
    """Never one that looks like a refusal, however long ago it was."""
    desk = Desk()
    lease = await desk.unknown(is_over=is_over)
    await asyncio.sleep(SETTLED.total_seconds())
    desk.shop.arm("calendar_view", error)

    with pytest.raises(OutcomeUnknown) as caught:
        await desk.reconcile.earlier(lease)

    assert (caught.value.reference, caught.value.is_over) == (lease.reference, is_over)


@virtually
async def test_what_must_not_stay_is_repaired_once_the_write_is_over() -> None:
    """A request still under way would undo it; under the attempt's locks, which are free afterwards."""
    desk = Desk()
    lease = await desk.unknown()
    made = desk.booked(lease)
    desk.knows.bad = True

    with pytest.raises(OutcomeUnknown) as caught:
        await desk.reconcile.earlier(lease)
    assert desk.knows.repaired == []
    assert (caught.value.reference, caught.value.is_over) == (lease.reference, False)

    await asyncio.sleep(SETTLED.total_seconds())
    assert await desk.reconcile.earlier(lease) == f"booked {made.id}"
    assert desk.knows.repaired == [(made.id,)]
    assert desk.knows.free == []
    assert desk.knows.writing is not None
    assert (desk.knows.writing.lease, desk.knows.writing.call) == (lease, CALL)
    assert await desk.shop.free_locks("lock") == ["lock"]


async def held_for(desk: Desk, seconds: float) -> None:
    """Another process has the lock for so long from now on."""
    other = await desk.shop.stores.locks.try_acquire("lock", "other", desk.shop.clock(), LOCK_LIFE)
    assert other is not None

    async def released() -> None:
        await asyncio.sleep(seconds)
        await desk.shop.stores.locks.release(other)

    desk.others.append(asyncio.ensure_future(released()))


@pytest.mark.parametrize("is_twin", [False, True])
@virtually
async def test_the_timer_waits_for_locks_longer_than_a_request(is_twin: bool) -> None:
    """Nobody waits for it, and who keeps coming for the same slots must not keep a doubt from its end."""
    desk = Desk()
    lease = await desk.unknown(is_over=True)
    made = [desk.booked(lease) for _ in range(2)]
    if is_twin:
        await lease.complete("answer", made[0].id, None)
        kept = await desk.stored()
        await desk.shop.stores.idempotency.replace(replace(kept, look_again=desk.shop.clock()))
    else:
        await lease.unknown(is_over=True)
    waits = desk.reconcile.budget / 2
    assert waits > 2 * LOCK_WAIT

    await held_for(desk, (waits - timedelta(seconds=1)).total_seconds())
    assert await desk.reconcile.settle_all() == (0 if is_twin else 1)
    assert desk.knows.repaired == [tuple(one.id for one in made)]


@virtually
async def test_the_timer_leaves_time_for_what_it_waits_for() -> None:
    """After half of its time a lock is too late; a request gives up sooner, since somebody waits for it."""
    desk = Desk()
    lease = await desk.unknown(is_over=True)
    desk.booked(lease)
    desk.knows.bad = True
    waits = desk.reconcile.budget / 2
    await held_for(desk, LOCK_LIFE.total_seconds())

    began = desk.shop.clock()
    with pytest.raises(OutcomeUnknown):
        await desk.reconcile.earlier(lease)
    assert desk.shop.clock() - began < 2 * LOCK_WAIT
    await lease.unknown(is_over=True)
    began = desk.shop.clock()
    assert await desk.reconcile.settle_all() == 0
    assert waits - LOCK_WAIT < desk.shop.clock() - began < waits + LOCK_WAIT
    assert desk.knows.repaired == []


@virtually
async def test_a_write_that_is_over_is_repaired_at_once() -> None:
    """Graph has answered it."""
    desk = Desk()
    lease = await desk.unknown(is_over=True)
    made = desk.booked(lease)
    desk.knows.bad = True
    assert await desk.reconcile.earlier(lease) == f"booked {made.id}"
    assert desk.knows.repaired == [(made.id,)]


async def repaired_after(desk: Desk, lease: Lease, meanwhile: Callable[[], object]) -> str | None:
    """What comes of a repair that waits for its lock, while the one who has it changes what was found."""
    desk.shop.wire.latency = 0.1
    other = await desk.shop.stores.locks.try_acquire("lock", "other", desk.shop.clock(), LOCK_LIFE)
    assert other is not None
    repairing = asyncio.ensure_future(desk.reconcile.earlier(lease))
    await asyncio.sleep(1.0)  # virtual: it has looked, and waits
    assert desk.shop.wire.calls["appointment"] == 1
    assert not repairing.done()
    meanwhile()
    await desk.shop.stores.locks.release(other)
    return await repairing


@virtually
async def test_what_is_repaired_is_what_stands_there_under_the_locks() -> None:
    """Somebody joined while the locks were waited for: by the older look the appointment was one's alone."""
    desk = Desk()
    lease = await desk.unknown(is_over=True)
    made = desk.booked(lease)
    desk.knows.bad = True

    assert await repaired_after(
        desk, lease, lambda: desk.shop.mailbox.seat(made.id, Customer(None, "zoe", "zoe@contoso.com"))
    )

    assert [[guest.name for guest in one.attendees] for one in desk.knows.seen] == [["vic", "zoe"]]


@virtually
async def test_what_is_right_again_under_the_locks_is_left_alone() -> None:
    """Whoever had the locks put it right."""
    desk = Desk()
    lease = await desk.unknown(is_over=True)
    made = desk.booked(lease)
    desk.knows.bad = True

    def put_right() -> None:
        desk.knows.bad = False

    assert await repaired_after(desk, lease, put_right) == f"booked {made.id}"
    assert desk.knows.repaired == []
    assert await desk.shop.free_locks("lock") == ["lock"]


@virtually
async def test_what_cannot_be_seen_under_the_locks_is_looked_for_again_later() -> None:
    """It was there a moment ago: that it left nothing behind is not known yet."""
    desk = Desk()
    lease = await desk.unknown(is_over=True)
    made = desk.booked(lease)
    desk.knows.bad = True

    with pytest.raises(OutcomeUnknown) as caught:
        await repaired_after(desk, lease, lambda: desk.shop.mailbox.delete(made.id))

    assert (caught.value.reference, caught.value.is_over) == (lease.reference, True)
    assert desk.knows.repaired == []
    assert await desk.shop.free_locks("lock") == ["lock"]


@virtually
async def test_what_was_taken_back_left_nothing_behind() -> None:
    """Though the attempt is not settled yet by its age."""
    desk = Desk()
    lease = await desk.unknown(is_over=True)
    desk.booked(lease)
    desk.knows.bad = desk.knows.takes_back = True
    assert await desk.reconcile.earlier(lease) is None
    assert desk.told == []


@virtually
async def test_a_repair_that_fails_leaves_the_locks() -> None:
    """What it sent may still land."""
    desk = Desk()
    lease = await desk.unknown(is_over=True)
    desk.booked(lease)
    desk.knows.bad, desk.knows.fails = True, Unreachable("repair")

    with pytest.raises(OutcomeUnknown) as caught:
        await desk.reconcile.earlier(lease)

    assert caught.value.is_over
    assert await desk.shop.free_locks("lock") == []


@virtually
async def test_the_timer_ends_what_can_be_ended() -> None:
    """Found and confirmed, or surely absent and refused; the rest stays unknown."""
    desk = Desk()
    keys = [RequestKey(name * 32, "body") for name in ("a1", "b2", "c3")]
    absent = await desk.unknown(keys[0])
    await asyncio.sleep(SETTLED.total_seconds())
    found, doubtful = await desk.unknown(keys[1]), await desk.unknown(keys[2])
    for lease in (absent, found, doubtful):
        await lease.unknown(is_over=False)
    made = desk.booked(found)

    assert await desk.reconcile.settle_all() == 2

    states = [(await desk.stored(key.key)).state for key in keys]
    assert states == [State.REFUSED, State.COMPLETED, State.UNKNOWN]
    assert (await desk.stored(keys[1].key)).answer == f"booked {made.id}"
    assert desk.shop.wire.calls["calendar_view"] == 1


@virtually
async def test_the_timer_goes_on_with_what_a_dead_worker_left() -> None:
    """Once the lease is over; without an attempt nothing was sent."""
    desk = Desk()
    await desk.shop.lease()
    assert await desk.reconcile.settle_all() == 0
    await asyncio.sleep(30)
    assert await desk.reconcile.settle_all() == 1
    assert (await desk.stored()).state is State.REFUSED


@virtually
async def test_a_record_that_cannot_be_read_holds_up_no_other_one() -> None:
    """Of the same mailbox, or of another."""
    desk = Desk()
    keys = [RequestKey(name * 32, "body") for name in ("a1", "b2")]
    elsewhere = await desk.shop.lease(keys[0], replace(desk.attempt(), business="other@contoso.com"))
    await elsewhere.unknown(is_over=False)
    found = await desk.unknown(keys[1])
    await found.unknown(is_over=False)
    desk.booked(found)

    assert await desk.reconcile.settle_all() == 1

    assert (await desk.stored(keys[0].key)).state is State.UNKNOWN
    assert (await desk.stored(keys[1].key)).state is State.COMPLETED


@virtually
async def test_what_was_seen_of_a_write_that_is_over_is_kept() -> None:
    """The next run need not wait longer."""
    desk = Desk()
    lease = await desk.unknown(is_over=True)
    await lease.unknown(is_over=True)
    before = await desk.stored()

    assert await desk.reconcile.settle_all() == 0

    after = await desk.stored()
    assert (after.state, after.attempt) == (State.UNKNOWN, before.attempt)
    assert after.version != before.version


@virtually
async def test_the_timer_is_nobodys_visitor() -> None:
    """Its readings give way."""
    desk = Desk()
    lease = await desk.unknown()
    await lease.unknown(is_over=False)
    desk.booked(lease)
    seen: list[bool] = []

    async def confirm(attempt: Attempt, reference: str, stands: Appointment) -> Confirmation:  # noqa: ARG001
        seen.append(is_background())
        return confirmation(stands, reference)

    desk.knows.confirm = confirm  # type: ignore[method-assign]
    await desk.reconcile.settle_all()
    assert seen == [True]
    assert not is_background()


@virtually
async def test_a_run_settles_some_side_by_side_the_oldest_first() -> None:
    """And begins nothing where its time is nearly over."""
    desk = Desk()
    started: list[str] = []
    keys = [RequestKey(f"{n:02}" * 32, "body") for n in range(9)]
    for key in reversed(keys):
        lease = await desk.unknown(key)
        await lease.unknown(is_over=False)
        desk.booked(lease)
        await asyncio.sleep(0.001)
    busy = most = 0

    async def confirm(attempt: Attempt, reference: str, stands: Appointment) -> Confirmation:  # noqa: ARG001
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        started.append(reference)
        await asyncio.sleep(43)
        busy -= 1
        return confirmation(stands, reference)

    desk.knows.confirm = confirm  # type: ignore[method-assign]
    ended = await desk.reconcile.settle_all()

    assert (ended, most) == (AT_ONCE, AT_ONCE)
    oldest = [(await desk.stored(key.key)).reference for key in reversed(keys)][:AT_ONCE]
    assert started == oldest


@virtually
async def test_with_time_left_a_run_goes_on() -> None:
    """All nine, in two rounds."""
    desk = Desk()
    for n in range(9):
        lease = await desk.unknown(RequestKey(f"{n:02}" * 32, "body"))
        await lease.unknown(is_over=False)
        desk.booked(lease)

    async def confirm(attempt: Attempt, reference: str, stands: Appointment) -> Confirmation:  # noqa: ARG001
        await asyncio.sleep(20)
        return confirmation(stands, reference)

    desk.knows.confirm = confirm  # type: ignore[method-assign]
    assert await desk.reconcile.settle_all() == 9


@pytest.mark.parametrize(("age", "warned"), [(SLOW, False), (SLOW + timedelta(microseconds=1), True)])
@virtually
async def test_what_stays_unsettled_is_worth_an_alert(
    age: timedelta,
    warned: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With its reference."""
    desk = Desk()
    lease = await desk.unknown()
    await lease.unknown(is_over=False)
    await asyncio.sleep(age.total_seconds())
    await desk.reconcile.settle_all()
    found = [one.__dict__["reference"] for one in caplog.records if one.message == "booking.unsettled"]
    assert found == ([lease.reference] if warned else [])


@virtually
async def test_a_record_that_somebody_else_took_meanwhile_is_left_alone() -> None:
    """It changed, or its storage fails."""
    desk = Desk()
    lease = await desk.unknown()
    await lease.unknown(is_over=False)
    replace_record = desk.shop.stores.idempotency.replace
    for error in (Changed(), StoreUnavailable("replace", "503")):

        async def fails(_: IdempotencyRecord, error: Exception = error) -> IdempotencyRecord:
            raise error

        desk.shop.stores.idempotency.replace = fails  # type: ignore[assignment, method-assign]
        assert await desk.reconcile.settle_all() == 0
    desk.shop.stores.idempotency.replace = replace_record  # type: ignore[method-assign]
    assert (await desk.stored()).state is State.UNKNOWN


class Completed(Desk):
    """A booking that was confirmed, and is due to be looked at again."""

    async def begin(self, copies: int = 1) -> list[Appointment]:
        lease = await self.shop.lease(attempt=self.attempt())
        made = [self.booked(lease) for _ in range(copies)]
        await lease.complete("answer", made[0].id)
        await asyncio.sleep(LOOK_AGAIN.total_seconds())
        return made


@virtually
async def test_a_booking_that_is_there_once_is_looked_at_once() -> None:
    """Then never again."""
    desk = Completed()
    made = await desk.begin()

    assert await desk.reconcile.settle_all() == 0

    stored = await desk.stored()
    assert (stored.state, stored.look_again, stored.made_id) == (State.COMPLETED, None, made[0].id)
    assert desk.shop.wire.calls == {"calendar_view": 1}
    await desk.reconcile.settle_all()
    assert desk.shop.wire.calls == {"calendar_view": 1}


@pytest.mark.parametrize(("kind", "is_named"), [(Kind.BOOK, True), (Kind.CHANGE_SEAT, False)])
@virtually
async def test_a_change_that_was_looked_at_again_names_nobody(kind: Kind, is_named: bool) -> None:
    """A booking goes on naming its customer, for who repeats it."""
    desk = Completed()
    await desk.begin()
    stored = await desk.stored()
    assert stored.attempt is not None
    named = replace(stored.attempt, kind=kind, person="hash")
    await desk.shop.stores.idempotency.replace(replace(stored, attempt=named))

    await desk.reconcile.settle_all()

    kept = await desk.stored()
    assert kept.attempt == (named if is_named else named.unnamed())
    assert kept.look_again is None


@virtually
async def test_nothing_is_looked_at_again_too_early() -> None:
    """The lists may hide the twin still."""
    desk = Completed()
    lease = await desk.shop.lease(attempt=desk.attempt())
    await lease.complete("answer", desk.booked(lease).id)
    await asyncio.sleep(LOOK_AGAIN.total_seconds() - 0.001)
    await desk.reconcile.settle_all()
    assert not desk.shop.wire.calls


@pytest.mark.parametrize("takes_back", [False, True])
@virtually
async def test_twins_are_repaired_under_their_locks(
    takes_back: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And under the booking's own, which whoever changes it holds. The record names what stands."""
    desk = Completed()
    made = await desk.begin(copies=2)
    desk.knows.takes_back = takes_back

    await desk.reconcile.settle_all()

    stored = await desk.stored()
    assert stored.made_id == made[0 if takes_back else 1].id
    assert (stored.answer, stored.look_again) == ("answer", None)
    assert desk.knows.repaired == [(made[0].id, made[1].id)]
    assert desk.knows.free == []
    assert desk.knows.held == {"lock", booking_lock(SHOP, stored.reference)}
    assert await desk.shop.free_locks(*desk.knows.held) == list(desk.knows.held)
    assert desk.knows.writing is not None
    assert (desk.knows.writing.lease, desk.knows.writing.call) == (None, CALL)
    assert desk.knows.writing.reference == stored.reference
    assert "booking.twice" in [one.message for one in caplog.records if one.name.startswith("shared.")]


@virtually
async def test_what_is_left_of_two_is_named_and_nothing_is_written_to_it() -> None:
    """The one that was answered is gone by now, whoever took it away."""
    desk = Completed()
    made = await desk.begin(copies=2)
    desk.shop.mailbox.delete(made[0].id)

    await desk.reconcile.settle_all()

    stored = await desk.stored()
    assert (stored.made_id, stored.answer, stored.look_again) == (made[1].id, "answer", None)
    assert desk.knows.repaired == []


@virtually
async def test_twins_that_could_not_be_repaired_are_looked_at_again() -> None:
    """In the next run."""
    desk = Completed()
    await desk.begin(copies=2)
    desk.knows.fails = Unreachable("repair")
    await desk.reconcile.settle_all()
    assert (await desk.stored()).look_again is not None
    assert await desk.shop.free_locks("lock") == []


@virtually
async def test_a_record_without_an_attempt_has_no_twin() -> None:
    """As one of an older version."""
    desk = Desk()
    lease = await desk.shop.lease()
    await lease.complete("answer", "made")
    await desk.shop.stores.idempotency.replace(replace(lease.record, look_again=desk.shop.clock()))
    assert await desk.reconcile.settle_all() == 0
    assert not desk.shop.wire.calls


@virtually
async def test_the_time_of_one_record_is_bounded() -> None:
    """By the budget of a request."""
    desk = Desk()
    desk.reconcile = replace(desk.reconcile, budget=timedelta(seconds=1))
    lease = await desk.unknown()
    await lease.unknown(is_over=False)
    desk.shop.wire.latency = 1.0
    began = desk.shop.clock()
    await desk.reconcile.settle_all()
    assert desk.shop.clock() - began < CALL


@virtually
async def test_a_booking_whose_answer_could_not_be_stored_is_over() -> None:
    """It stands; the next run need not wait until it could no longer land."""
    desk = Desk()
    lease = await desk.unknown()
    await lease.unknown(is_over=False)
    desk.booked(lease)
    records = desk.shop.stores.idempotency
    write = records.replace

    async def fails(record: IdempotencyRecord) -> IdempotencyRecord:
        if record.state is State.COMPLETED:
            raise StoreUnavailable("replace", "503")
        return await write(record)

    records.replace = fails  # type: ignore[method-assign]
    assert await desk.reconcile.settle_all() == 0
    stored = await desk.stored()
    assert stored.attempt is not None
    assert (stored.state, stored.attempt.is_over) == (State.UNKNOWN, True)
