"""The lease of a record: what is written at each end, and what storage that fails changes."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from shared.booking.ports import Changed
from shared.booking.records import Attempt, IdempotencyRecord, Kind, State
from shared.booking.writes.idempotency import ALPHABET, COME_AGAIN, POLL, RequestKey
from shared.domain.errors import KeyInFlight, OutcomeUnknown, SlotBusy, StoreUnavailable
from shared.platform.deadline import deadline
from shared.tables.memory import MemoryIdempotency, memory_stores
from tests.support.shop import REQUEST, Shop, an_appointment, attempt_of
from tests.support.virtually import virtually
from tests.support.workers import BUDGET, LIST_LAG, LOCK_LIFE, LOCK_WAIT

LEASE = BUDGET + LOCK_WAIT
LOOK_AGAIN = LOCK_LIFE + 2 * LIST_LAG


class Failing(MemoryIdempotency):
    """Fails from when it is told to."""

    reads_fail = writes_fail = False
    loses = False

    async def get(self, key: str) -> IdempotencyRecord | None:
        if self.reads_fail:
            raise StoreUnavailable("get", "503")
        return None if self.loses else await super().get(key)

    async def replace(self, record: IdempotencyRecord) -> IdempotencyRecord:
        if self.writes_fail:
            raise StoreUnavailable("replace", "503")
        return await super().replace(record)


class LeaseShop(Shop):
    """A shop whose records may fail."""

    def __init__(self) -> None:
        self.failing = Failing()
        super().__init__(replace(memory_stores(), idempotency=self.failing))

    async def stored(self) -> IdempotencyRecord:
        found = await MemoryIdempotency.get(self.failing, REQUEST.key)
        assert found is not None
        return found

    async def touch(self, **different: object) -> None:
        """Somebody else writes the record."""
        await MemoryIdempotency.replace(self.failing, replace(await self.stored(), **different))  # type: ignore[arg-type]

    def attempt(self, *, is_join: bool = False) -> Attempt:
        made = attempt_of(an_appointment(), "customer", self.clock(), is_join=is_join)
        return replace(made, sealed="people")


@virtually
async def test_an_attempt_of_who_lost_the_record_is_not_written() -> None:
    """Somebody else has taken over, and told so is who comes too late."""
    shop = LeaseShop()
    lease = await shop.lease()
    await shop.touch()

    with pytest.raises(KeyInFlight) as caught:
        await lease.attempt(shop.attempt())

    assert caught.value.retry_after == COME_AGAIN
    assert (await shop.stored()).attempt is None


@virtually
async def test_a_lease_is_over_after_its_time() -> None:
    """To the moment."""
    lease = await LeaseShop().lease()
    await asyncio.sleep(LEASE.total_seconds() - 0.001)
    assert not lease.is_over
    await asyncio.sleep(0.001)
    assert lease.is_over


@virtually
async def test_a_record_that_is_complete_is_looked_at_again_where_it_may_be_there_twice() -> None:
    """For a new appointment; nobody's name is kept any longer."""
    shop = LeaseShop()
    lease = await shop.lease(attempt=shop.attempt())

    assert await lease.complete("answer", "made") == "answer"

    stored = await shop.stored()
    assert (stored.state, stored.answer, stored.made_id) == (State.COMPLETED, "answer", "made")
    assert stored.look_again == shop.clock() + LOOK_AGAIN
    assert stored.attempt == replace(shop.attempt(), sealed=None)


@pytest.mark.parametrize(
    ("kind", "is_join", "is_named"),
    [
        (Kind.BOOK, True, True),
        (Kind.CHANGE_SEAT, False, True),
        (Kind.CHANGE_SEAT, True, False),
        (Kind.MOVE, False, False),
        (Kind.CANCEL, False, False),
    ],
)
@virtually
async def test_a_record_that_is_complete_names_its_customer_only_where_somebody_asks(
    kind: Kind, is_join: bool, is_named: bool
) -> None:
    """A replay of a booking, and who looks for a second appointment; for others who were in it nobody."""
    shop = LeaseShop()
    named = replace(shop.attempt(is_join=is_join), kind=kind, person="hash", seated=("somebody",))
    lease = await shop.lease(attempt=named)

    await lease.complete("answer", "made")

    kept = (await shop.stored()).attempt
    assert kept is not None
    assert (kept.person, kept.customer_id) == (("hash", "customer") if is_named else ("", ""))
    assert (kept.seated, kept.sealed) == ((), None)
    assert replace(kept, person="hash", customer_id="customer") == replace(named, seated=(), sealed=None)


@virtually
async def test_a_seat_taken_twice_is_one_seat() -> None:
    """Nothing to look at again after a join, or where nothing was attempted."""
    shop = LeaseShop()
    lease = await shop.lease(attempt=shop.attempt(is_join=True))
    await lease.complete("answer", "made")
    assert (await shop.stored()).look_again is None

    shop = LeaseShop()
    await (await shop.lease()).complete("answer", "made")
    assert (await shop.stored()).look_again is None
    assert (await shop.stored()).attempt is None


@virtually
async def test_the_answer_that_is_stored_already_counts() -> None:
    """Somebody else completed the same request."""
    shop = LeaseShop()
    lease = await shop.lease()
    await shop.touch(state=State.COMPLETED, answer="theirs")

    assert await lease.complete("ours", "made") == "theirs"


@pytest.mark.parametrize("trouble", ["no answer", "gone", "unreadable"])
@virtually
async def test_without_a_stored_answer_the_outcome_is_unknown(trouble: str) -> None:
    """Somebody else goes on with the request, and has no answer that could be read."""
    shop = LeaseShop()
    lease = await shop.lease()
    await shop.touch()
    shop.failing.loses = trouble == "gone"
    shop.failing.reads_fail = trouble == "unreadable"

    with pytest.raises(OutcomeUnknown) as caught:
        await lease.complete("ours", "made")

    assert caught.value.is_over
    assert caught.value.reference == lease.reference
    assert isinstance(caught.value.__cause__, Changed)


@virtually
async def test_an_answer_that_cannot_be_stored_is_not_given(caplog: pytest.LogCaptureFixture) -> None:
    """A later one would differ; the record keeps its attempt, and whoever comes next finds what stands."""
    shop = LeaseShop()
    lease = await shop.lease(attempt=shop.attempt())
    shop.failing.writes_fail = True

    with pytest.raises(OutcomeUnknown) as caught:
        await lease.complete("answer", "made")

    assert (caught.value.reference, caught.value.is_over) == (lease.reference, True)
    stored = await shop.stored()
    assert (stored.state, stored.attempt) == (State.IN_PROGRESS, shop.attempt())
    assert [one.message for one in caplog.records if one.name.startswith("shared.")] == ["booking.unrecorded"]


@virtually
async def test_what_stands_is_never_refused() -> None:
    """Whatever goes wrong behind it, and whether or not its record could be written."""
    shop = LeaseShop()
    lease = await shop.lease(attempt=shop.attempt())
    shop.failing.writes_fail = True
    with pytest.raises(OutcomeUnknown):
        await lease.complete("answer", "made")
    shop.failing.writes_fail = False

    await lease.refuse()

    assert (await shop.stored()).state is State.IN_PROGRESS


@virtually
async def test_a_refusal_forgets_the_attempt() -> None:
    """Nothing was written; storage that fails lets the lease end by itself."""
    shop = LeaseShop()
    lease = await shop.lease(attempt=shop.attempt())
    shop.failing.writes_fail = True
    await lease.refuse()
    assert (await shop.stored()).state is State.IN_PROGRESS
    shop.failing.writes_fail = False

    await lease.refuse()

    assert (await shop.stored()).state is State.REFUSED
    assert (await shop.stored()).attempt is None


@virtually
async def test_the_end_of_a_lost_record_is_nobodys_concern(caplog: pytest.LogCaptureFixture) -> None:
    """It is reported and not raised."""
    shop = LeaseShop()
    lease = await shop.lease()
    await shop.touch(caller="somebody else")

    await lease.refuse()
    await lease.unknown(is_over=True)

    assert (await shop.stored()).caller == "somebody else"
    assert [one.message for one in caplog.records if one.name.startswith("shared.")] == [
        "booking.unrecorded"
    ] * 2


@pytest.mark.parametrize("is_over", [False, True])
@virtually
async def test_an_unknown_record_may_be_gone_on_with_at_once(is_over: bool) -> None:
    """From when a write is over, only the lists may lag."""
    shop = LeaseShop()
    lease = await shop.lease(attempt=shop.attempt())
    begun = shop.clock()
    await asyncio.sleep(7)

    await lease.unknown(is_over=is_over)

    stored = await shop.stored()
    assert (stored.state, stored.lease_ends) == (State.UNKNOWN, shop.clock())
    assert stored.attempt is not None
    assert (stored.attempt.is_over, stored.attempt.at) == (is_over, shop.clock() if is_over else begun)


@virtually
async def test_a_write_is_over_from_the_first_time_that_it_is_said() -> None:
    """Saying it again does not put it off."""
    shop = LeaseShop()
    lease = await shop.lease(attempt=shop.attempt())
    await lease.unknown(is_over=True)
    first = shop.clock()
    await asyncio.sleep(7)

    await lease.unknown(is_over=True)

    attempt = (await shop.stored()).attempt
    assert attempt is not None
    assert attempt.at == first


@virtually
async def test_without_an_attempt_there_is_nothing_that_could_be_over() -> None:
    """The record is unknown all the same."""
    shop = LeaseShop()
    lease = await shop.lease()
    await lease.unknown(is_over=True)
    assert ((await shop.stored()).state, (await shop.stored()).attempt) == (State.UNKNOWN, None)


@virtually
async def test_a_repeated_request_waits_for_the_first_one_and_replays() -> None:
    """A double click gets the same answer."""
    shop = LeaseShop()
    first = await shop.lease()
    second = asyncio.ensure_future(shop.records.begin(REQUEST))
    await asyncio.sleep(1)
    await first.complete("answer", "made")

    found = await second

    assert isinstance(found, IdempotencyRecord)
    assert found.answer == "answer"
    assert shop.clock() - first.record.created <= timedelta(seconds=1) + POLL


@virtually
async def test_a_repeated_request_waits_no_longer_than_for_a_lock() -> None:
    """And not to the end of the request's time either."""
    shop = LeaseShop()
    await shop.lease()
    began = shop.clock()

    with pytest.raises(KeyInFlight) as caught:
        await shop.records.begin(REQUEST)
    assert LOCK_WAIT - POLL < shop.clock() - began <= LOCK_WAIT
    assert caught.value.retry_after == COME_AGAIN

    began = shop.clock()
    with deadline(timedelta(seconds=1)), pytest.raises(KeyInFlight):
        await shop.records.begin(REQUEST)
    assert timedelta(seconds=0.8) < shop.clock() - began <= timedelta(seconds=1)


@virtually
async def test_a_record_that_is_swept_meanwhile_is_asked_for_again() -> None:
    """It was there and is gone: nobody knows why."""
    shop = LeaseShop()
    await shop.lease()
    shop.failing.loses = True
    with pytest.raises(KeyInFlight) as caught:
        await shop.records.begin(REQUEST)
    assert caught.value.retry_after == COME_AGAIN


@virtually
async def test_of_two_who_take_over_one_gets_the_record() -> None:
    """The other is told that somebody works on it."""
    shop = LeaseShop()
    lease = await shop.lease(attempt=shop.attempt())
    await lease.unknown(is_over=False)
    found = await shop.stored()
    await asyncio.sleep(5)

    taken = await shop.records.take_over(found)

    stored = await shop.stored()
    assert (stored.state, stored.lease_ends) == (State.IN_PROGRESS, shop.clock() + LEASE)
    assert taken.record == stored
    assert not taken.is_over
    with pytest.raises(KeyInFlight) as caught:
        await shop.records.take_over(found)
    assert caught.value.retry_after == COME_AGAIN


@virtually
async def test_the_record_says_who_began_it_and_until_when() -> None:
    """Written with the first insert."""
    shop = LeaseShop()
    await shop.lease(RequestKey(REQUEST.key, "body", is_natural=True, caller="me"))

    stored = await shop.stored()

    assert (stored.caller, stored.fingerprint, stored.state) == ("me", "body", State.IN_PROGRESS)
    assert (stored.created, stored.lease_ends) == (shop.clock(), shop.clock() + LEASE)


@pytest.mark.parametrize("state", [State.IN_PROGRESS, State.UNKNOWN])
@virtually
async def test_what_has_not_ended_looks_like_anybody_s_booking(state: State) -> None:
    """Whoever guesses service, start and address learns that the slot is busy, after the same wait."""
    shop = LeaseShop()
    mine = RequestKey(REQUEST.key, "body", is_natural=True, caller="me")
    await shop.lease(mine)
    await shop.touch(state=state)
    began = shop.clock()

    with pytest.raises(SlotBusy):
        await shop.records.begin(replace(mine, caller="somebody else"))

    assert shop.clock() - began > timedelta(seconds=2)


@virtually
async def test_a_chosen_key_serves_whoever_has_it() -> None:
    """The caller behind it may change, as from one network to the next."""
    shop = LeaseShop()
    lease = await shop.lease(replace(REQUEST, caller="me"))
    await lease.complete("answer", "made")

    found = await shop.records.begin(replace(REQUEST, caller="me, elsewhere"))

    assert isinstance(found, IdempotencyRecord)


@virtually
async def test_who_asks_again_after_an_unknown_outcome_has_a_lease_of_its_own() -> None:
    """From when it asks, and the record says so."""
    shop = LeaseShop()
    await (await shop.lease(attempt=shop.attempt())).unknown(is_over=False)
    await asyncio.sleep(5)

    again = await shop.lease()

    stored = await shop.stored()
    assert (stored.state, stored.lease_ends) == (State.IN_PROGRESS, shop.clock() + LEASE)
    assert (stored.attempt is not None, again.is_over) == (True, False)
    await asyncio.sleep(LEASE.total_seconds())
    assert again.is_over


@virtually
async def test_a_reference_is_eight_times_five_bits_of_the_hash_of_its_id() -> None:
    """All of them different ones."""
    shop = LeaseShop()
    lease = await shop.lease()
    bits = f"{int(sha256(b'id-1').hexdigest(), 16):0256b}"
    groups = [bits[len(bits) - 5 * n - 5 : len(bits) - 5 * n] for n in range(8)]
    assert lease.reference == "BK-" + "".join(ALPHABET[int(one, 2)] for one in groups)
