"""Bookings, the SDK and the emulator under throttling that early calls make worse, in virtual time."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from bench.goodput.told_to_one import ToldToOne
from devtools.graph_emulator.default_seed import CONTOSO, PARIS
from devtools.graph_emulator.faults import read_fault
from shared.domain.errors import Crowded, GraphError, Throttled
from shared.graph.board import PLACES
from shared.graph.places import Mailboxes
from shared.platform.deadline import deadline
from tests.support.throttled import Burst
from tests.support.virtually import loop_now, virtually
from tests.support.workers import CALL

INTENTS = 60
RETRY_AFTER = 3.0


class Apart(Mailboxes):
    """Places are shared, pauses are not."""

    def __init__(self) -> None:
        super().__init__(CALL)
        self._known = {CONTOSO: ToldToOne(PLACES, CALL)}


async def throttled_burst(mailboxes: Mailboxes | None = None) -> Burst:
    """All who looked book at once, one call of twenty is turned away, and who comes early makes it longer."""
    burst = Burst(mailboxes)
    await burst.look()
    burst.world.switches.update({"latency": 0.1})
    burst.throttle(RETRY_AFTER, 0.05)
    await burst.book(INTENTS)
    return burst


@virtually
async def test_under_the_lengthening_throttle_every_intent_ends_and_no_call_is_early() -> None:
    """The pause is the mailbox's: all wait for it, and all are booked."""
    burst = await throttled_burst()

    assert burst.wire.turned_away > 0
    assert burst.wire.early == 0
    assert (burst.confirmed, burst.stuck) == (INTENTS, 0)
    assert burst.longest <= 25.0


@virtually
async def test_without_a_shared_pause_hardly_anybody_is_booked() -> None:
    """The control: everybody heeds their own 429 alone, and keeps the mailbox closed for the others."""
    burst = await throttled_burst(Apart())

    assert burst.wire.early > INTENTS
    assert burst.confirmed <= INTENTS // 4


@virtually
async def test_a_call_that_waits_for_its_token_when_a_pause_begins_waits_for_that_too() -> None:
    """The pause is heeded where the request leaves, the last thing before it is sent."""
    burst = Burst()
    burst.world.weather.arm([read_fault({"kind": "status", "status": 429, "retryAfter": 3, "count": 1})])
    first = asyncio.ensure_future(burst.graph.business(CONTOSO))
    burst.token.seconds = 0.015  # the next ones have a place already when the answer to the first comes
    await asyncio.sleep(0.01)
    others = [asyncio.ensure_future(burst.graph.business(CONTOSO)) for _ in range(3)]
    await asyncio.gather(first, *others)

    assert (burst.wire.turned_away, burst.wire.early) == (1, 0)
    assert loop_now().now > 3.0


@pytest.mark.parametrize("retry_after", [0, None])
@virtually
async def test_a_429_that_names_no_wait_is_not_answered_at_once(retry_after: float | None) -> None:
    """Four attempts, each after a longer pause."""
    burst = Burst()
    told = {} if retry_after is None else {"retryAfter": retry_after}
    burst.world.weather.arm([read_fault({"kind": "status", "status": 429, "count": None, **told})])

    with pytest.raises(Throttled):
        await burst.graph.business(CONTOSO)

    assert burst.wire.sent == 4
    assert loop_now().now >= 0.25 + 0.5 + 1


@virtually
async def test_neighbours_of_a_call_that_was_turned_away_for_long_learn_it_at_once() -> None:
    """Nobody sits out a pause that is longer than their time, and nothing of them is sent."""
    burst = Burst()
    burst.world.switches.update({"latency": 0.1})
    wait = {"kind": "status", "status": 429, "retryAfter": 60, "count": 1}
    burst.world.weather.arm([read_fault(wait)])
    with deadline(timedelta(seconds=25)):
        calls = [burst.graph.business(CONTOSO) for _ in range(12)]
        ends = await asyncio.gather(*calls, return_exceptions=True)

    turned_away = [one for one in ends if isinstance(one, Throttled)]
    crowded = [one for one in turned_away if isinstance(one, Crowded)]
    assert (len(turned_away), len(crowded)) == (9, 8)
    assert loop_now().now < 1
    assert all(59 < (one.retry_after or timedelta()).total_seconds() <= 60 for one in crowded)
    assert burst.wire.sent == PLACES


@virtually
async def test_calls_that_are_given_up_never_let_a_fifth_one_be_at_graph() -> None:
    """Visitors whose time is up go, their calls do not: Graph works on."""
    burst = Burst()
    burst.world.switches.update({"latency": 8.0, "concurrency_limit": None})

    async def impatient() -> None:
        with suppress(GraphError), deadline(timedelta(seconds=1)):
            await burst.graph.business(CONTOSO)

    for _ in range(5):
        await asyncio.gather(*(impatient() for _ in range(4)))
    gone = [asyncio.ensure_future(burst.graph.business(CONTOSO)) for _ in range(4)]
    await asyncio.sleep(9)
    for one in gone:
        one.cancel()
    burst.world.switches.update({"latency": 0.0})
    assert (await burst.graph.business(CONTOSO)).display_name

    assert burst.world.throttle.peak == {CONTOSO: PLACES}


@virtually
async def test_a_mailbox_that_hangs_does_not_slow_another() -> None:
    """Places, queue and pause are each mailbox's own."""
    burst = Burst()
    burst.world.weather.arm(
        [read_fault({"kind": "latency", "seconds": 60, "business": CONTOSO, "count": None})]
    )
    hung = [asyncio.ensure_future(burst.graph.business(CONTOSO)) for _ in range(20)]
    await asyncio.sleep(1)
    began = loop_now().now
    await asyncio.gather(*(burst.graph.business(PARIS) for _ in range(4)))

    assert loop_now().now - began < 0.1
    for one in hung:
        one.cancel()
    await asyncio.gather(*hung, return_exceptions=True)
