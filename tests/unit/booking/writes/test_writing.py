"""One write: it leaves only in time, and is in doubt until its end is known."""

import asyncio
from datetime import timedelta

import pytest

from shared.booking.ports import Check
from shared.booking.writes.engine import LEAST_TIME, Writing
from shared.booking.writes.locks import HeldLocks, TimeLimit
from shared.booking.writes.pauses import PAUSES
from shared.domain.errors import (
    NOTHING_DONE,
    UNCERTAIN,
    Conflicted,
    GraphError,
    NotBooked,
    OutcomeUnknown,
    Unavailable,
    Unreachable,
    Unreadable,
)
from shared.platform.deadline import deadline
from tests.support.shop import Shop, an_appointment, attempt_of
from tests.support.virtually import virtually
from tests.support.workers import BUDGET, CALL, LOCK_LIFE, LOCK_WAIT

MOMENT = timedelta(milliseconds=1)
LEASE = BUDGET + LOCK_WAIT


async def passes(writing: Writing) -> bool:
    """Whether a write may leave now."""
    try:
        writing.check()
    except NotBooked:
        return False
    return True


@virtually
async def test_a_write_leaves_with_everything_in_time() -> None:
    """Request, lease and locks last."""
    shop = Shop()
    with deadline(BUDGET):
        assert await passes(shop.writing(await shop.lease()))
    assert await passes(shop.writing())


@pytest.mark.parametrize(("left", "may"), [(LEAST_TIME, True), (LEAST_TIME - MOMENT, False)])
@virtually
async def test_no_write_leaves_at_the_end_of_the_request(left: timedelta, may: bool) -> None:
    """Lease and locks would last."""
    shop = Shop()
    with deadline(left):
        assert await passes(shop.writing(await shop.lease())) is may


@virtually
async def test_a_call_that_may_take_no_second_needs_no_second() -> None:
    """Where calls are short the least time is theirs."""
    shop = Shop()
    writing = Writing(HeldLocks(TimeLimit(shop.clock, LOCK_LIFE)), MOMENT)
    with deadline(MOMENT):
        assert await passes(writing)


@virtually
async def test_no_write_leaves_under_a_lease_that_is_over() -> None:
    """Somebody else may have the record by now; the locks were taken later and last."""
    shop = Shop()
    lease = await shop.lease()
    await asyncio.sleep(LEASE.total_seconds())
    assert not await passes(shop.writing(lease))
    assert await passes(shop.writing())


@pytest.mark.parametrize(("early", "may"), [(timedelta(), True), (MOMENT, False)])
@virtually
async def test_no_write_leaves_that_the_locks_may_not_outlast(early: timedelta, may: bool) -> None:
    """There is no lease, and the request has no deadline: only the locks are over too soon."""
    shop = Shop()
    writing = shop.writing()
    await asyncio.sleep((LOCK_LIFE - CALL + early).total_seconds())
    assert await passes(writing) is may


@virtually
async def test_the_check_is_made_where_the_request_leaves() -> None:
    """It is handed to the call, and what it raises is a known end."""
    shop = Shop()
    writing = shop.writing()
    await asyncio.sleep(LOCK_LIFE.total_seconds())

    with pytest.raises(NotBooked):
        await writing.send(lambda check: shop.graph.delete_appointment("shop@contoso.com", "1", check=check))

    assert not writing.held.in_doubt
    assert writing.is_over
    assert shop.wire.calls["delete_appointment"] == 0


@pytest.mark.parametrize("was_in_doubt", [False, True])
@pytest.mark.parametrize("error", NOTHING_DONE)
@virtually
async def test_a_call_that_did_nothing_leaves_the_doubt_as_it_was(
    error: type[Exception],
    was_in_doubt: bool,
) -> None:
    """An earlier call may be in doubt still."""
    shop = Shop()
    writing = shop.writing()
    writing.held.in_doubt = was_in_doubt

    with pytest.raises(error):
        await writing.send(lambda _: failing(error("write")))

    assert writing.held.in_doubt is was_in_doubt
    assert writing.is_over


async def failing(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("error", UNCERTAIN)
@virtually
async def test_a_call_of_which_nobody_knows_is_in_doubt(error: type[Exception]) -> None:
    """What Graph answered is over; what nobody answered may land later."""
    shop = Shop()
    writing = shop.writing()

    with pytest.raises(error):
        await writing.send(lambda _: failing(error("write")))

    assert writing.held.in_doubt
    assert writing.is_over is (error is not Unreachable)


@virtually
async def test_what_is_over_does_not_make_over_what_came_before() -> None:
    """Two calls, of which the first may land later."""
    writing = Shop().writing()
    with pytest.raises(Unreachable):
        await writing.send(lambda _: failing(Unreachable("write")))
    with pytest.raises(Unavailable):
        await writing.send(lambda _: failing(Unavailable("write")))

    assert not writing.is_over


@pytest.mark.parametrize("error", [RuntimeError("!"), asyncio.CancelledError()])
@virtually
async def test_an_error_that_nobody_thought_of_is_in_doubt(error: BaseException) -> None:
    """Whatever was sent may land later."""
    writing = Shop().writing()

    with pytest.raises(type(error)):
        await writing.send(lambda _: failing(error))

    assert writing.held.in_doubt
    assert not writing.is_over


@virtually
async def test_what_was_done_is_in_doubt_until_it_is_proved() -> None:
    """The answer of a call is passed on; only the use case says that the end is known."""
    writing = Shop().writing()

    async def call(_: object) -> str:
        assert writing.held.in_doubt
        return "made"

    assert await writing.send(call) == "made"
    assert writing.held.in_doubt
    assert writing.is_over
    writing.ended()
    assert not writing.held.in_doubt


@virtually
async def test_ended_takes_every_doubt_back() -> None:
    """Also that something might land later."""
    writing = Shop().writing()
    with pytest.raises(Unreachable):
        await writing.send(lambda _: failing(Unreachable("write")))

    writing.ended()

    assert (writing.held.in_doubt, writing.is_over) == (False, True)


@virtually
async def test_the_attempt_is_recorded_before_the_call() -> None:
    """Whoever finds the record later knows what may have been written."""
    shop = Shop()
    lease = await shop.lease()
    writing, attempt = shop.writing(lease), attempt_of(an_appointment(), "customer", shop.clock())

    async def call(_: object) -> None:
        record = await shop.stores.idempotency.get(lease.record.key)
        assert record is not None
        assert record.attempt == attempt

    await writing.send(call, attempt)

    assert writing.attempt == attempt
    assert writing.reference == lease.reference


@virtually
async def test_without_a_record_there_is_nothing_to_be_recorded_in() -> None:
    """As for what the timer takes back."""
    shop = Shop()
    writing = shop.writing()
    await writing.send(lambda _: asyncio.sleep(0), attempt_of(an_appointment(), "customer", shop.clock()))
    assert writing.attempt is None
    assert writing.reference == ""


@pytest.mark.parametrize("is_over", [True, False])
@virtually
async def test_what_is_raised_in_doubt_names_the_reference(is_over: bool) -> None:
    """And whether everything that was sent is over."""
    shop = Shop()
    lease = await shop.lease()
    writing = shop.writing(lease)
    writing.held.in_doubt, writing.is_over = True, is_over

    with pytest.raises(OutcomeUnknown) as raised, writing.failing_closed():
        raise Unreadable("write")

    assert (raised.value.reference, raised.value.is_over) == (lease.reference, is_over)


@virtually
async def test_an_unknown_outcome_is_passed_on_as_it_is() -> None:
    """Whoever raised it knows more."""
    shop = Shop()
    writing = shop.writing(await shop.lease())
    writing.held.in_doubt, own = True, OutcomeUnknown("BK-9")

    with pytest.raises(OutcomeUnknown) as raised, writing.failing_closed():
        raise own

    assert raised.value is own


@virtually
async def test_without_doubt_an_error_is_passed_on_as_it_is() -> None:
    """Nothing was sent: it says itself what happened."""
    writing = Shop().writing()
    with pytest.raises(Unreadable), writing.failing_closed():
        raise Unreadable("write")


@pytest.mark.parametrize(
    ("conflicts", "is_made", "waited"), [(0, True, 0.0), (1, True, 0.3), (2, True, 1.3), (3, False, 1.3)]
)
@virtually
async def test_what_makes_something_new_is_sent_again_after_a_conflict(
    conflicts: int, is_made: bool, waited: float
) -> None:
    """Surely nothing is there; three times in all, and the attempt is recorded once."""
    shop = Shop()
    lease = await shop.lease()
    writing, attempt = shop.writing(lease), attempt_of(an_appointment(), "vic", shop.clock())
    began, sent = shop.clock(), list[bool]()

    async def call(check: Check) -> str:
        check()
        sent.append(writing.held.in_doubt)
        if len(sent) <= conflicts:
            raise Conflicted("appointments.create", 409)
        return "made"

    with deadline(BUDGET):
        if is_made:
            assert await writing.send(call, attempt, again=PAUSES) == "made"
        else:
            with pytest.raises(Conflicted):
                await writing.send(call, attempt, again=PAUSES)

    assert sent == [True] * min(conflicts + 1, 3)
    assert writing.held.in_doubt is is_made
    assert (shop.clock() - began).total_seconds() == pytest.approx(waited)
    assert lease.record.attempt == attempt


@pytest.mark.parametrize("error", [one for one in (*NOTHING_DONE, *UNCERTAIN) if one is not Conflicted])
@virtually
async def test_after_everything_else_nothing_new_is_sent_again(error: type[GraphError]) -> None:
    """What may have been made must not be made twice, and what was refused is refused."""
    shop, sent = Shop(), list[int]()

    async def call(_: Check) -> None:
        sent.append(1)
        raise error("appointments.create", 400)

    with pytest.raises(error):
        await shop.writing().send(call, again=PAUSES)
    assert sent == [1]


@virtually
async def test_a_conflict_without_time_for_another_try_is_told() -> None:
    """The pause has to fit into the request."""
    shop = Shop()

    async def call(_: Check) -> None:
        raise Conflicted("appointments.create", 412)

    with deadline(timedelta(seconds=0.5)), pytest.raises(Conflicted):
        await shop.writing().send(call, again=PAUSES)
