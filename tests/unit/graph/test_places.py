"""A mailbox's turns: who is next, what a pause holds up, who keeps a place, who learns that it is late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from shared.api.problems import problem_of
from shared.domain.errors import Crowded
from shared.graph.pause import LEAST_PAUSE, Pause
from shared.graph.places import Mailbox, Mailboxes, QueuedCall
from shared.platform.deadline import for_booking, in_background
from tests.support.virtually import loop_now, virtually

TEN = timedelta(seconds=10)
FIVE = timedelta(seconds=5)


def visit(patience: float = 25.0) -> QueuedCall:
    """One call that is of use for so long."""
    return QueuedCall("x", loop_now().now + patience)


@asynccontextmanager
async def at_graph(box: Mailbox, patience: float = 25.0) -> AsyncIterator[QueuedCall]:
    """A call that has its place and was sent."""
    mine = visit(patience)
    async with box.place(mine):
        await box.reopened(mine)
        box.leaves(mine)
        yield mine


async def call(box: Mailbox, seconds: float, patience: float = 25.0) -> float:
    """A call that Graph answers after so long; when it was sent."""
    async with at_graph(box, patience) as mine:
        sent = loop_now().now
        await asyncio.sleep(seconds)
        box.answered(mine)
    return sent


async def given_up(box: Mailbox, after: float) -> None:
    """A call that nobody answers and that is given up."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(after), at_graph(box):
            await asyncio.sleep(3600)


def refuse(box: Mailbox, asked: float | None) -> None:
    """Graph turns some call away."""
    box.refused(visit(), None if asked is None else timedelta(seconds=asked))


@pytest.mark.parametrize("asked", [None, timedelta(), timedelta(milliseconds=10)])
@virtually
async def test_a_pause_has_a_lower_bound(asked: timedelta | None) -> None:
    """Retry-After: 0, a hundredth or none at all does not mean at once."""
    pause = Pause()
    pause.begin(asked)
    assert LEAST_PAUSE <= pause.left <= 2 * LEAST_PAUSE


@virtually
async def test_pauses_differ_where_graph_names_none() -> None:
    """Workers that are turned away together do not come back together."""
    pauses = [Pause() for _ in range(20)]
    for one in pauses:
        one.begin(None)
    assert len({one.left for one in pauses}) > 10


@virtually
async def test_pauses_grow_while_graph_names_none_and_begin_anew_with_an_answer() -> None:
    """Each at least twice the least of the one before; one answer of another kind ends that."""
    pause, least = Pause(), []
    for _ in range(3):
        pause.begin(timedelta())
        least.append(pause.left)
        await asyncio.sleep(pause.left)
    pause.heard()
    pause.begin(None)
    assert least[1] >= 2 * LEAST_PAUSE
    assert least[2] >= 4 * LEAST_PAUSE
    assert pause.left <= 2 * LEAST_PAUSE


@virtually
async def test_a_pause_is_never_shortened() -> None:
    """What Graph asked for holds, whatever a later 429 asks for; calls that left before count once."""
    pause = Pause()
    for asked in (7, 2, 0):
        pause.begin(timedelta(seconds=asked))
    assert pause.left == 7


@virtually
async def test_a_pause_holds_up_every_call_of_its_mailbox_alone() -> None:
    """Those that have a place, those in the queue and those to come; another mailbox goes on."""
    boxes = Mailboxes(TEN)
    ours, other = boxes.of("a"), boxes.of("b")
    refuse(ours, 3.0)
    calls = [call(ours, 0.1) for _ in range(9)]
    assert await call(other, 0.1) == 0.0
    assert min(await asyncio.gather(*calls)) >= 3.0


@virtually
async def test_a_pause_that_grows_holds_up_who_waits_already() -> None:
    """A call that left before the pause may be turned away within it."""
    box = Mailbox(4, TEN)
    refuse(box, 3.0)
    waiting = asyncio.ensure_future(call(box, 0.1))
    await asyncio.sleep(2)
    refuse(box, 4.0)
    assert await waiting >= 6.0


@pytest.mark.parametrize("ahead", [0, 1, 4, 9])
@virtually
async def test_who_has_no_time_for_a_pause_learns_it_at_once(ahead: int) -> None:
    """Whether they hold a place, wait in the queue or come later, with how long the pause lasts."""
    box = Mailbox(4, TEN)
    refuse(box, 3.0)
    others = [asyncio.ensure_future(call(box, 0.0)) for _ in range(ahead)]
    late = asyncio.ensure_future(call(box, 0.0, patience=12.0))
    await asyncio.sleep(1)
    refuse(box, 14.0)
    with pytest.raises(Crowded) as caught:
        await late
    assert loop_now().now == 1.0
    assert caught.value.retry_after == timedelta(seconds=14)
    with pytest.raises(Crowded):
        await call(box, 0.0, patience=5.0)
    assert loop_now().now == 1.0
    await asyncio.gather(*others)


@virtually
async def test_who_cannot_be_served_behind_the_queue_learns_it_at_once() -> None:
    """By what calls have taken; who has more time waits, and is served."""
    box = Mailbox(4, TEN)
    for _ in range(40):
        await call(box, 2.0)
    began = loop_now().now
    with for_booking():
        crowd = [asyncio.ensure_future(call(box, 2.0)) for _ in range(20)]
    await asyncio.sleep(0)
    with pytest.raises(Crowded) as caught:
        await call(box, 2.0, patience=6.0)
    assert loop_now().now == began
    assert timedelta(seconds=8) <= (caught.value.retry_after or TEN) <= timedelta(seconds=12)
    await asyncio.gather(*crowd)
    assert loop_now().now == began + 10


@virtually
async def test_who_waits_learns_it_as_soon_as_it_is_known_that_it_takes_too_long() -> None:
    """Calls have become slower: not at the end of their time, and nobody before them is turned away."""
    box = Mailbox(4, TEN)
    for _ in range(40):
        await call(box, 0.5)
    began = loop_now().now
    crowd = [asyncio.ensure_future(call(box, 4.0)) for _ in range(40)]
    told: list[float] = []
    for one in crowd:
        one.add_done_callback(lambda done: told.append(loop_now().now - began) if done.exception() else None)
    answers = await asyncio.gather(*crowd, return_exceptions=True)
    late = [isinstance(one, Crowded) for one in answers]
    assert late == sorted(late)
    assert 12 <= sum(late) <= 20
    assert sorted(told)[len(told) // 2] <= 12
    assert max(told) <= 20


@virtually
async def test_a_mailbox_that_was_slow_is_tried_again() -> None:
    """Who finds a free place is sent, however slow calls were, so that a recovery is seen."""
    box = Mailbox(4, TEN)
    for _ in range(40):
        await given_up(box, 10.0)
    assert await call(box, 0.1, patience=5.0) == loop_now().now - 0.1


def test_who_was_never_sent_is_told_with_503_and_the_wait() -> None:
    """The mailbox cannot be had in time, and the caller has not asked too often."""
    problem = problem_of(Crowded("x", retry_after=timedelta(seconds=14)))
    assert (problem.status, problem.all_headers["Retry-After"]) == (503, "14")


@pytest.mark.parametrize("after", [0.5, 9.5])
@virtually
async def test_a_call_that_is_given_up_keeps_its_place(after: float) -> None:
    """Until Graph must be done with it: ten seconds after it was sent, and no longer."""
    box = Mailbox(4, TEN)
    await asyncio.gather(*(given_up(box, after) for _ in range(4)))
    assert await call(box, 0.1) == 10.0


@virtually
async def test_what_was_not_sent_or_was_answered_gives_its_place_back_at_once() -> None:
    """Nothing of it is at Graph: before the sending, and while the answer is read."""
    box = Mailbox(4, TEN)

    async def is_read() -> None:
        async with at_graph(box) as mine:
            box.answered(mine)
            await asyncio.sleep(3600)

    async def waits_for_token() -> None:
        async with box.place(visit()):
            await asyncio.sleep(3600)

    calls = [asyncio.ensure_future(one()) for one in (is_read, waits_for_token) * 2]
    await asyncio.sleep(1)
    for one in calls:
        one.cancel()
    assert await asyncio.gather(*(call(box, 0.1) for _ in range(4))) == [1.0] * 4


@virtually
async def test_first_come_first_served() -> None:
    """In the order of asking; who was turned away goes before who came later."""
    box, order = Mailbox(1, TEN), []

    async def one(name: str, mine: QueuedCall) -> None:
        async with box.place(mine):
            order.append(name)
            await asyncio.sleep(1)

    calls = [asyncio.ensure_future(one(name, visit())) for name in "abc"]
    await asyncio.sleep(0)
    again = visit()
    again.is_again = True
    calls.append(asyncio.ensure_future(one("again", again)))
    await asyncio.gather(*calls)
    assert order == ["a", "again", "b", "c"]


@virtually
async def test_what_was_begun_is_ended_before_more_is_begun() -> None:
    """The second call of whoever came first goes before the first calls of those who came later."""
    box, order = Mailbox(1, TEN), []

    async def one(name: str, came: float) -> None:
        async with box.place(QueuedCall("x", came + 25)):
            order.append(name)
            await asyncio.sleep(1)

    calls = [asyncio.ensure_future(one(name, n / 10)) for n, name in enumerate("abcd")]
    await asyncio.sleep(0.5)
    calls += [asyncio.ensure_future(one(name, n / 10)) for n, name in enumerate("ABCD")]
    await asyncio.gather(*calls)
    assert order == ["a", "A", "b", "B", "c", "C", "d", "D"]


@virtually
async def test_who_stops_waiting_as_its_turn_comes_loses_no_place() -> None:
    """The place goes to the next."""
    box = Mailbox(1, TEN)
    first = asyncio.ensure_future(call(box, 1.0))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(call(box, 1.0))
    third = asyncio.ensure_future(call(box, 1.0))
    await asyncio.sleep(0)
    first.add_done_callback(lambda _: second.cancel())
    await asyncio.wait((first, second, third))
    assert second.cancelled()
    assert await call(box, 1.0) <= third.result() + 1.0


@virtually
async def test_the_timer_gets_a_place_however_many_visitors_wait() -> None:
    """The next that is free, while none of it is under way."""
    box = Mailbox(4, TEN)
    visitors = [asyncio.ensure_future(call(box, 1.0)) for _ in range(40)]
    await asyncio.sleep(0)
    with in_background():
        assert await call(box, 1.0) == 1.0
    await asyncio.gather(*visitors)


@virtually
async def test_visitors_who_look_around_give_way_to_bookings() -> None:
    """Whoever books is next, however many reads came before; the timer still gets its place."""
    box, order = Mailbox(1, TEN), []

    async def one(name: str) -> None:
        async with box.place(visit()):
            order.append(name)
            await asyncio.sleep(1)

    with for_booking():
        calls = [asyncio.ensure_future(one("first"))]
    await asyncio.sleep(0)
    calls += [asyncio.ensure_future(one("read")) for _ in range(2)]
    with for_booking():
        calls += [asyncio.ensure_future(one("booking")) for _ in range(2)]
    with in_background():
        calls.append(asyncio.ensure_future(one("timer")))
    await asyncio.gather(*calls)
    assert order == ["first", "timer", "booking", "booking", "read", "read"]
