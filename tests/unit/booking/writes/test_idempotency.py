"""The life of an idempotency record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from shared.booking.records import Attempt, IdempotencyRecord
from shared.booking.writes.idempotency import RETENTION, IdempotencyRecords, Lease, RequestKey
from shared.domain.errors import KeyInFlight, KeyReused
from shared.domain.intervals import Interval
from shared.tables.memory import memory_stores

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEASE = timedelta(seconds=30)
REQUEST = RequestKey("key", "body")
ATTEMPT = Attempt("shop", "service", Interval(NOW, NOW + LEASE), ("ann",), "customer", "UTC", NOW)


class World:
    """Records over a store in memory, with a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW
        self.store = memory_stores().idempotency
        numbers = count()
        self.records = IdempotencyRecords(
            self.store, lambda: self.now, lambda: f"id-{next(numbers)}", lease=LEASE, look_again=LEASE
        )

    async def begun(self, request: RequestKey = REQUEST) -> Lease:
        work = await self.records.begin(request)
        assert isinstance(work, Lease)
        return work


@pytest.fixture
def world() -> World:
    return World()


async def test_a_completed_intent_is_replayed(world: World) -> None:
    """The answer comes back as it was stored."""
    await (await world.begun()).complete("the answer", "appointment")

    again = await world.records.begin(REQUEST)

    assert isinstance(again, IdempotencyRecord)
    assert again.answer == "the answer"


async def test_a_key_in_flight_is_refused_until_its_lease_is_over(world: World) -> None:
    """Two workers never work on one intent; a dead one does not block it for ever."""
    first = await world.begun()
    world.now += LEASE - timedelta(seconds=1)
    with pytest.raises(KeyInFlight) as caught:
        await world.begun()
    world.now += timedelta(seconds=1)

    second = await world.begun()

    assert caught.value.retry_after == timedelta(seconds=2)
    assert second.reference == first.reference
    with pytest.raises(KeyInFlight):
        await first.attempt(ATTEMPT)


async def test_an_attempt_survives_its_worker(world: World) -> None:
    """Whoever takes over knows what may have been written."""
    await (await world.begun()).attempt(ATTEMPT)
    world.now += LEASE

    assert (await world.begun()).record.attempt == ATTEMPT


async def test_an_unknown_outcome_can_be_looked_into_at_once(world: World) -> None:
    """A retry need not wait for the lease of a worker that said that it does not know."""
    work = await world.begun()
    await work.attempt(ATTEMPT)
    await work.unknown(is_over=True)

    assert (await world.begun()).record.attempt == replace(ATTEMPT, is_over=True)


async def test_a_refusal_may_be_tried_again(world: World) -> None:
    """Nothing was booked, so the same request may succeed later, under the same reference."""
    work = await world.begun()
    await work.attempt(ATTEMPT)
    await work.refuse()

    again = await world.begun()

    assert (again.reference, again.record.attempt) == (work.reference, None)


@pytest.mark.parametrize("end", ["complete", "refuse"])
async def test_another_body_under_a_chosen_key_is_refused(world: World, end: str) -> None:
    """The key stays with its first body, whatever became of that."""
    work = await world.begun()
    await (work.complete("a", "b") if end == "complete" else work.refuse())

    with pytest.raises(KeyReused):
        await world.begun(RequestKey("key", "another body"))


async def test_a_corrected_request_is_welcome_under_a_natural_key(world: World) -> None:
    """Nobody chose that key: after a refusal a corrected form books."""
    await (await world.begun(RequestKey("key", "body", is_natural=True))).refuse()

    assert await world.begun(RequestKey("key", "corrected", is_natural=True))


@pytest.mark.parametrize(
    "other",
    [
        RequestKey("key", "changed", is_natural=True, caller="me"),
        RequestKey("key", "body", is_natural=True, caller="somebody else"),
        RequestKey("key", "body", is_natural=True),
    ],
)
async def test_a_natural_key_tells_whose_record_it_finds(world: World, other: RequestKey) -> None:
    """Another body, another caller, a caller whom nobody knows: the record is there, and not theirs."""
    mine = RequestKey("key", "body", is_natural=True, caller="me")
    await (await world.begun(mine)).complete("a", "b")

    found = await world.records.begin(other)

    assert isinstance(found, IdempotencyRecord)
    assert (world.records.is_of(other, found), world.records.is_of(mine, found)) == (False, True)


async def test_nobody_is_known_by_nothing(world: World) -> None:
    """Two requests without anything to know their callers by are not of one caller."""
    nameless = RequestKey("key", "body", is_natural=True)
    await (await world.begun(nameless)).complete("a", "b")

    found = await world.records.begin(nameless)

    assert isinstance(found, IdempotencyRecord)
    assert not world.records.is_of(nameless, found)


async def test_a_caller_may_be_known_for_a_while_only(world: World) -> None:
    """As by an address, which somebody else has later."""
    mine = RequestKey("key", "body", is_natural=True, caller="me", caller_for=timedelta(minutes=2))
    await (await world.begun(mine)).complete("a", "b")
    found = await world.records.begin(mine)
    assert isinstance(found, IdempotencyRecord)

    world.now += timedelta(minutes=2)
    assert world.records.is_of(mine, found)
    world.now += timedelta(microseconds=1)
    assert not world.records.is_of(mine, found)


async def test_a_record_that_has_ended_is_begun_anew(world: World) -> None:
    """Under the same key, with a new reference; of two who try, one has it."""
    await (await world.begun()).complete("a", "b")
    found = await world.records.begin(REQUEST)
    assert isinstance(found, IdempotencyRecord)

    anew = await world.records.begin_anew(REQUEST, found)

    assert (anew.record.answer, anew.record.made_id, anew.record.attempt) == (None, None, None)
    assert anew.reference != found.reference
    with pytest.raises(KeyInFlight):
        await world.records.begin_anew(REQUEST, found)


async def test_a_key_is_free_again_after_its_retention(world: World) -> None:
    """A day later the same key is a new intent with a new reference."""
    work = await world.begun()
    await work.complete("a", "b")
    world.now += RETENTION

    again = await world.begun(RequestKey("key", "another body"))

    assert again.reference != work.reference
    assert again.record.answer is None


async def test_an_unknown_outcome_is_never_too_old(world: World) -> None:
    """What is not settled stays, however long that takes."""
    work = await world.begun()
    await work.attempt(ATTEMPT)
    await work.unknown(is_over=False)
    world.now += 2 * RETENTION

    assert (await world.begun()).record.attempt is not None


async def test_references_can_be_read_aloud(world: World) -> None:
    """Eight letters and digits without those that are mistaken for each other."""
    references = {(await world.begun(RequestKey(f"k{n}", "b"))).reference for n in range(200)}

    assert len(references) == 200
    assert all(len(one) == 11 and one.startswith("BK-") for one in references)
    assert not set("".join(one[3:] for one in references)) & set("ILOU")
