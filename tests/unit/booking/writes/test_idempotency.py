"""The life of an idempotency record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from shared.booking.records import Attempt, IdempotencyRecord
from shared.booking.writes.idempotency import RETENTION, IdempotencyRecords, Lease, RequestKey
from shared.domain.errors import KeyInFlight, KeyReused, RulesBroken
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


async def test_a_changed_request_after_a_booking_is_told_the_truth(world: World) -> None:
    """The customer has this slot; that is what a form with another note reads."""
    await (await world.begun(RequestKey("key", "body", is_natural=True))).complete("a", "b")

    with pytest.raises(RulesBroken) as caught:
        await world.begun(RequestKey("key", "changed", is_natural=True))

    assert [one.code for one in caught.value.violations] == ["already-booked"]


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
