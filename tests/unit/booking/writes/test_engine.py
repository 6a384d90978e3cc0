"""The engine: the right locks, one attempt, a known end or none."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from shared.booking.records import Answered, IdempotencyRecord, State
from shared.booking.writes.engine import ROUNDS, Completion, Observer, Writes, Writing
from shared.booking.writes.idempotency import Lease
from shared.booking.writes.locks import Foreseen
from shared.booking.writes.outcomes import Confirmation
from shared.domain.errors import (
    KeyInFlight,
    OutcomeUnknown,
    Rejected,
    SlotBusy,
    StoreUnavailable,
    Throttled,
    Unavailable,
    Unreachable,
)
from shared.platform.deadline import is_booking
from tests.support.shop import REQUEST, Shop, an_appointment, attempt_of, confirmation, kept_nowhere
from tests.support.virtually import virtually
from tests.support.workers import CALL

MADE = an_appointment()
Does = Callable[[Writing], Awaitable[None]]


@dataclass(frozen=True)
class Needs:
    """A plan of which only the locks count."""

    locks: frozenset[str]


@dataclass
class Wish:
    """A use case that says in each round which locks it foresees and which it needs then."""

    does: Does | None = None
    foresees: Sequence[str] = ("a",)
    also: frozenset[str] = frozenset()
    needs: str = "a"
    rounds: int = 0
    written: int = 0
    refuses: Exception | None = None

    async def locks(self) -> Foreseen:
        return Foreseen(frozenset(self.foresees[min(self.rounds, len(self.foresees) - 1)]), self.also)

    async def plan(self) -> Needs:
        self.rounds += 1
        if self.refuses is not None:
            raise self.refuses
        return Needs(frozenset(self.needs))

    async def write(self, plan: Needs, writing: Writing) -> Confirmation:
        assert plan.locks == frozenset(self.needs)
        self.written += 1
        if self.does is not None:
            await self.does(writing)
        return confirmation(MADE, writing.reference)


@dataclass
class Earlier:
    """What became of an earlier attempt."""

    answer: str | None = None
    error: Exception | None = None

    async def earlier(self, lease: Lease) -> str | None:
        assert lease.reference
        if self.error is not None:
            raise self.error
        return self.answer


@dataclass
class Told:
    """An observer."""

    fails: bool = False
    of: list[str] = field(default_factory=list)

    async def __call__(self, made: Confirmation) -> None:
        if self.fails:
            raise StoreUnavailable("ledger.record", "503")
        self.of.append(made.appointment.id)


class Engine:
    """The engine over the stores of one shop."""

    def __init__(self, *observers: Observer, earlier: Earlier | None = None) -> None:
        self.shop = Shop()
        complete = Completion(
            render=lambda made: f"booked {made.appointment.id}",
            observers=observers,
            keep=kept_nowhere,
            clock=self.shop.clock,
        )
        self.writes = Writes(
            records=self.shop.records,
            locks=self.shop.locks,
            reconcile=earlier or Earlier(),
            complete=complete,
            call=CALL,
        )

    async def attempted(self) -> None:
        """An earlier request has recorded its attempt, and nobody knows its end."""
        begun = await self.shop.records.begin(REQUEST)
        assert isinstance(begun, Lease)
        await begun.attempt(attempt_of(MADE, "customer", self.shop.clock()))
        await begun.unknown(is_over=False)

    async def state(self) -> State:
        record = await self.shop.stores.idempotency.get(REQUEST.key)
        assert record is not None
        return record.state


def sends(error: type[Exception] | Exception | None = None) -> Does:
    """Sends something, which ends so."""

    async def does(writing: Writing) -> None:
        async def call(_: object) -> None:
            if isinstance(error, type):
                raise error("write")
            if error is not None:
                raise error

        await writing.send(call)

    return does


@virtually
async def test_what_is_written_and_told_frees_the_locks_and_is_replayed() -> None:
    """The answer is stored as it was given; the use case is not asked a second time."""
    observer = Told()
    engine, use_case = Engine(observer), Wish(sends())

    first = await engine.writes.perform(REQUEST, use_case)
    second = await engine.writes.perform(REQUEST, use_case)

    assert (first.answer, first.is_replay) == ("booked made", False)
    assert (second.answer, second.is_replay, second.reference) == ("booked made", True, first.reference)
    assert (use_case.written, observer.of) == (1, ["made"])
    record = await engine.shop.stores.idempotency.get(REQUEST.key)
    assert record is not None
    assert record.made_id == "made"
    assert record.answered == Answered(engine.shop.clock(), MADE.span, MADE.staff_member_ids)
    assert await engine.shop.free_locks("a") == ["a"]


@virtually
async def test_nothing_is_written_without_the_locks_that_the_facts_call_for() -> None:
    """Three rounds in which the locks never are enough end with a refusal."""
    engine, use_case = Engine(), Wish(sends(), foresees=("a",), needs="ab")

    with pytest.raises(SlotBusy):
        await engine.writes.perform(REQUEST, use_case)

    assert (use_case.rounds, use_case.written) == (ROUNDS, 0)
    assert await engine.state() is State.REFUSED
    assert await engine.shop.free_locks("a", "b") == ["a", "b"]


@virtually
async def test_the_locks_are_changed_where_the_facts_call_for_others() -> None:
    """In the second round the right ones are held; more than needed does no harm."""
    engine, use_case = Engine(), Wish(sends(), foresees=("a", "abc"), needs="bc")

    await engine.writes.perform(REQUEST, use_case)

    assert (use_case.rounds, use_case.written) == (2, 1)


@virtually
async def test_of_the_locks_that_may_be_needed_too_one_that_was_free_saves_a_round() -> None:
    """While it is written the others are free again, for whoever needs them, even if this worker dies."""
    engine, free = Engine(), [""]

    async def does(_: Writing) -> None:
        free[:] = await engine.shop.free_locks("a", "b", "c")

    use_case = Wish(does, foresees=("a",), also=frozenset("bc"), needs="ab")

    await engine.writes.perform(REQUEST, use_case)

    assert (use_case.rounds, use_case.written) == (1, 1)
    assert free == ["c"]


@virtually
async def test_one_that_may_be_needed_and_that_somebody_has_is_waited_for_once_it_is_needed() -> None:
    """Not before: the plan may need another one."""
    engine = Engine()
    async with engine.shop.locks.hold(["b"]):
        other = Wish(foresees=("a",), also=frozenset("bc"), needs="ac")
        await engine.writes.perform(REQUEST, other)
        assert (other.rounds, other.written) == (1, 1)

    dead = engine.shop.locks.hold(["b"])
    (await dead.__aenter__()).in_doubt = True
    await dead.__aexit__(None, None, None)
    use_case = Wish(foresees=("a", "ab"), also=frozenset("b"), needs="ab")
    with pytest.raises(SlotBusy):
        await engine.writes.perform(replace(REQUEST, key="another"), use_case)
    assert (use_case.rounds, use_case.written) == (1, 0)


@virtually
async def test_the_locks_are_held_while_it_is_planned_and_written() -> None:
    """Nobody else gets them meanwhile."""
    engine = Engine()
    free: list[str] = []

    async def does(_: Writing) -> None:
        free.extend(await engine.shop.free_locks("a", "b"))

    await engine.writes.perform(REQUEST, Wish(does, foresees=("a",)))

    assert free == ["b"]


@virtually
async def test_what_is_planned_and_written_goes_before_visitors_who_look_around() -> None:
    """Its calls say that they are a booking's."""
    engine, seen = Engine(), [is_booking()]

    async def does(_: Writing) -> None:
        seen.append(is_booking())

    await engine.writes.perform(REQUEST, Wish(does))

    assert [*seen, is_booking()] == [False, True, False]


@virtually
async def test_a_refusal_before_anything_was_sent_ends_the_record() -> None:
    """The locks are free, and the same key may try again."""
    engine = Engine()
    with pytest.raises(Rejected):
        await engine.writes.perform(REQUEST, Wish(refuses=Rejected("plan")))

    assert await engine.state() is State.REFUSED
    assert await engine.shop.free_locks("a") == ["a"]
    assert (await engine.writes.perform(REQUEST, Wish(sends()))).answer == "booked made"


@pytest.mark.parametrize("error", [Rejected, Throttled])
@virtually
async def test_what_surely_was_not_done_is_told_as_it_is(error: type[Exception]) -> None:
    """The record is refused, and the locks are free."""
    engine = Engine()
    with pytest.raises(error):
        await engine.writes.perform(REQUEST, Wish(sends(error)))

    assert await engine.state() is State.REFUSED
    assert await engine.shop.free_locks("a") == ["a"]


@pytest.mark.parametrize(
    ("error", "is_over"),
    [(Unreachable, False), (Unavailable, True), (RuntimeError("nobody thought of it"), False)],
)
@virtually
async def test_in_doubt_the_locks_stay_and_the_record_is_unknown(
    error: type[Exception] | Exception,
    is_over: bool,
) -> None:
    """Whatever it was, the caller is told where the answer will be."""
    engine = Engine()
    with pytest.raises(OutcomeUnknown) as caught:
        await engine.writes.perform(REQUEST, Wish(sends(error)))

    assert caught.value.is_over is is_over
    record = await engine.shop.stores.idempotency.get(REQUEST.key)
    assert record is not None
    assert (record.state, record.reference) == (State.UNKNOWN, caught.value.reference)
    assert await engine.shop.free_locks("a") == []
    await asyncio.sleep(60)
    assert await engine.shop.free_locks("a") == ["a"]


@virtually
async def test_an_error_after_what_was_sent_is_an_unknown_outcome() -> None:
    """Also one that alone would say that nothing was done."""
    engine = Engine()

    async def does(writing: Writing) -> None:
        await sends()(writing)
        raise Rejected("the reading behind it")

    with pytest.raises(OutcomeUnknown) as caught:
        await engine.writes.perform(REQUEST, Wish(does))

    assert caught.value.is_over
    assert await engine.shop.free_locks("a") == []


@virtually
async def test_what_the_use_case_says_of_its_doubt_counts() -> None:
    """An unknown outcome is passed on as it is, and the record knows whether the write is over."""
    engine = Engine()
    said = OutcomeUnknown("BK-2", is_over=True)

    async def does(writing: Writing) -> None:
        with pytest.raises(Unreachable):
            await sends(Unreachable)(writing)
        raise said

    with pytest.raises(OutcomeUnknown) as caught:
        await engine.writes.perform(REQUEST, Wish(does))

    assert caught.value is said


@virtually
async def test_a_cancelled_write_leaves_its_locks() -> None:
    """What was sent may still land."""
    engine = Engine()
    is_sent = asyncio.Event()

    async def does(writing: Writing) -> None:
        async def hang(_: object) -> None:
            is_sent.set()
            await asyncio.sleep(1000)

        await writing.send(hang)

    task = asyncio.ensure_future(engine.writes.perform(REQUEST, Wish(does)))
    await is_sent.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await engine.state() is State.IN_PROGRESS
    assert await engine.shop.free_locks("a") == []


@virtually
async def test_who_lost_the_record_leaves_it_alone() -> None:
    """It is somebody else's now: neither refused nor unknown."""
    engine = Engine(earlier=Earlier(error=KeyInFlight(CALL)))
    await engine.attempted()
    with pytest.raises(KeyInFlight):
        await engine.writes.perform(REQUEST, Wish(sends()))

    assert await engine.state() is State.IN_PROGRESS


@virtually
async def test_the_answer_to_an_earlier_attempt_is_the_answer() -> None:
    """Nothing is written then."""
    engine, use_case = Engine(earlier=Earlier("booked before")), Wish(sends())
    await engine.attempted()

    outcome = await engine.writes.perform(REQUEST, use_case)

    known = await engine.shop.stores.idempotency.get(REQUEST.key)
    assert known is not None
    assert (outcome.reference, outcome.answer) == (known.reference, "booked before")
    assert use_case.written == 0


@virtually
async def test_nothing_is_looked_for_where_nothing_was_attempted() -> None:
    """A fresh record has no past."""
    engine = Engine(earlier=Earlier("booked before"))
    assert (await engine.writes.perform(REQUEST, Wish(sends()))).answer == "booked made"


@pytest.mark.parametrize("failing", [0, 1])
@virtually
async def test_a_ledger_that_fails_leaves_the_locks_until_the_lists_show_the_booking(failing: int) -> None:
    """The answer goes out all the same, and every other observer is told."""
    observers = [Told(), Told()]
    observers[failing].fails = True
    engine = Engine(*observers)

    assert (await engine.writes.perform(REQUEST, Wish(sends()))).answer == "booked made"

    assert observers[1 - failing].of == ["made"]
    assert await engine.state() is State.COMPLETED
    assert await engine.shop.free_locks("a") == []


@pytest.mark.parametrize(("error", "is_over"), [(Unreachable, False), (Unavailable, True)])
@virtually
async def test_the_record_knows_whether_a_write_is_over(error: type[Exception], is_over: bool) -> None:
    """So that whoever looks need not wait for what cannot land any more."""
    engine = Engine()

    async def does(writing: Writing) -> None:
        async def call(_: object) -> None:
            raise error("write")

        await writing.send(call, attempt_of(MADE, "vic", engine.shop.clock()))

    with pytest.raises(OutcomeUnknown):
        await engine.writes.perform(REQUEST, Wish(does))
    record = await engine.shop.stores.idempotency.get(REQUEST.key)
    assert record is not None
    assert record.attempt is not None
    assert record.attempt.is_over is is_over


@virtually
async def test_without_a_row_nobody_is_told_that_a_booking_stands() -> None:
    """It stands and could never be managed: the end is to be settled, and nothing can land any more."""
    engine, told = Engine(), Told()

    async def fails(record: IdempotencyRecord, made: Confirmation) -> None:
        raise StoreUnavailable("bookings.insert", f"{record.reference} {made.reference}")

    complete = replace(engine.writes.complete, keep=fails, observers=(told,))
    lease = await engine.shop.lease(attempt=attempt_of(MADE, "customer", engine.shop.clock()))

    with pytest.raises(OutcomeUnknown) as caught:
        await complete(lease, confirmation(MADE, lease.reference))

    assert (caught.value.reference, caught.value.is_over) == (lease.reference, True)
    assert told.of == []
    assert lease.record.state is State.IN_PROGRESS
