"""Workers that share a mailbox's places: who is alone pays nothing, nobody is turned away, nobody starves."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.errors import Crowded
from shared.graph.board import LEASE, PLACES, TURN, read, written
from shared.graph.places import QueuedCall
from shared.graph.sharing import ALONE, PATIENCE
from shared.platform.deadline import in_background, is_background
from shared.platform.logs import correlation_id
from tests.support.sharers import NAME, FarBoards, Graph, Worker, crew
from tests.support.virtually import loop_now, virtually

CALL = 0.2
SOON = 0.2
"""Seconds within which every worker that is at work has looked at the board."""


async def one_after_the_other(workers: list[Worker]) -> None:
    """Each was used once, so that it knows of others, and none is in use now."""
    for worker in workers:
        await worker.does(worker.call())
    await asyncio.sleep(4 * ALONE)


async def rush(workers: list[Worker], clients: int, bookings: int) -> None:
    """So many clients, spread over the workers, make so many bookings."""
    numbers = iter(range(bookings))

    async def client() -> None:
        for number in numbers:
            worker = workers[number % len(workers)]
            with suppress(Crowded):
                await worker.does(worker.book())

    await asyncio.gather(*(client() for _ in range(clients)))


# One worker alone


@virtually
async def test_a_worker_that_saw_nobody_else_never_waits_for_the_storage() -> None:
    """Four calls at once go out at once, while the storage hangs."""
    boards = FarBoards()
    [lone] = crew(1, Graph(), boards)
    await one_after_the_other([lone])
    boards.seconds = 3600.0
    began = loop_now().now
    assert await asyncio.gather(*(lone.call() for _ in range(PLACES))) == [began] * PLACES


@virtually
async def test_the_very_first_call_goes_out_at_once_and_the_others_after_one_look() -> None:
    """A new worker may be one of many that start because the others are at their limit."""
    boards = FarBoards(0.01)
    [lone] = crew(1, Graph(), boards)
    sent = await asyncio.gather(*(lone.call() for _ in range(PLACES)))
    assert sent[0] == 0.0
    assert max(sent) == pytest.approx(0.02, abs=0.001)  # one look, one claim


@virtually
async def test_a_lone_worker_costs_two_calls_a_second_while_it_is_at_work_and_none_when_it_is_not() -> None:
    """However many calls it makes."""
    boards = FarBoards()
    [lone] = crew(1, Graph(), boards)
    await asyncio.gather(*(lone.insist(10.0) for _ in range(9)))
    assert len(boards.calls) <= 10 / ALONE + 3
    await asyncio.sleep(2 * ALONE)
    assert not (await boards.shown()).claims
    boards.calls.clear()
    await asyncio.sleep(3600)
    assert boards.calls == []


@virtually
async def test_a_worker_whose_calls_are_short_is_at_work_all_the_same() -> None:
    """Also where none of them is under way as it looks."""
    boards = FarBoards()
    [lone] = crew(1, Graph(), boards)
    await one_after_the_other([lone])
    is_there = []
    for _ in range(50):
        await lone.call(0.01)
        await asyncio.sleep(0.09)
        is_there.append(bool((await boards.shown()).claims))
    assert all(is_there)


@virtually
async def test_a_call_that_comes_while_the_worker_leaves_the_board_is_made() -> None:
    """Whenever it comes: nobody waits for ever."""
    boards = FarBoards(0.1)
    workers = crew(2, Graph(), boards)
    await one_after_the_other(workers)
    for pause in range(40):
        await workers[0].call(patience=5.0)
        await asyncio.sleep(ALONE - 0.2 + pause / 50)


class Asked(FarBoards):
    """Notes for whom it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.for_whom: set[tuple[bool, str]] = set()

    async def put(self, mailbox: str, text: str, version: str | None) -> str:
        self.for_whom.add((is_background(), correlation_id.get()))
        return await super().put(mailbox, text, version)


@virtually
async def test_what_is_done_for_all_calls_is_no_calls_own() -> None:
    """It knows no request's id or deadline, and is not the timer's."""
    boards = Asked()
    [lone] = crew(1, Graph(), boards)
    correlation_id.set("a visitor's")
    with in_background():
        await lone.call()
    await asyncio.sleep(1)
    assert boards.for_whom == {(False, "")}


# Several workers


@pytest.mark.parametrize("count", [2, 3, 5, 10, 20])
@virtually
async def test_nobody_is_turned_away_however_many_workers_there_are(count: int) -> None:
    """And Graph is kept at work: nine tenths of what it can do with few workers, eight with many."""
    graph, boards = Graph(), FarBoards()
    workers = crew(count, graph, boards)
    await one_after_the_other(workers)
    began = loop_now().now
    await rush(workers, clients=24, bookings=60)
    assert (graph.turned_away, graph.peak) == (0, PLACES)
    assert (loop_now().now - began) * 0.75 <= 60 * 3 * CALL / PLACES


@pytest.mark.parametrize("count", [3, 10])
@virtually
async def test_workers_that_do_not_share_are_turned_away(count: int) -> None:
    """The control."""
    graph = Graph()
    workers = crew(count, graph, None)
    await rush(workers, clients=24, bookings=60)
    assert graph.turned_away >= 20


@virtually
async def test_workers_that_start_all_at_once_are_hardly_turned_away() -> None:
    """Ten that have never looked: one call each goes out before they have."""
    graph = Graph()
    await rush(crew(10, graph, FarBoards()), clients=24, bookings=60)
    assert graph.turned_away <= 10


@pytest.mark.parametrize("count", [2, 3, 5, 9])
@virtually
async def test_each_worker_gets_its_share(count: int) -> None:
    """All have more to do than can be done for 30 s; nobody gets less than two thirds of the mean."""
    graph = Graph()
    workers = crew(count, graph, FarBoards())
    await one_after_the_other(workers)
    graph.sent.clear()
    ends = loop_now().now + 30
    await asyncio.gather(*(one.does(one.insist(ends)) for one in workers for _ in range(6)))
    sent = Counter(who for _, who in graph.sent)
    assert min(sent[one.name] for one in workers) >= 2 / 3 * len(graph.sent) / count


class Interrupted(FarBoards):
    """Four more calls of a worker come just as it begins to write that some of its places are another's."""

    def __init__(self) -> None:
        super().__init__()
        self.worker: Worker | None = None
        self.calls_then: list[asyncio.Task[float]] = []

    async def put(self, mailbox: str, text: str, version: str | None) -> str:
        worker = self.worker
        if worker is not None and not self.calls_then:
            mine = read(text).claim(worker.name)
            if mine is None or mine.held < PLACES:
                self.calls_then = [worker.does(worker.call(0.5)) for _ in range(PLACES)]
        return await super().put(mailbox, text, version)


@pytest.mark.parametrize("is_busy", [True, False])
@virtually
async def test_what_is_being_given_away_is_not_used_any_more(is_busy: bool) -> None:
    """A call that comes while the storage still takes down whose the place is waits for the next."""
    graph, boards = Graph(), Interrupted()
    first, second = crew(2, graph, boards)
    await one_after_the_other([first, second])
    calls = [first.does(first.call(2.0 if is_busy else 0.05))]
    await asyncio.sleep(0.2)
    boards.worker = first
    calls += [second.does(second.call(2.0)) for _ in range(PLACES)]
    await asyncio.gather(*calls)
    assert len(boards.calls_then) == PLACES
    await asyncio.gather(*boards.calls_then)
    assert (graph.turned_away, graph.peak) == (0, PLACES)


@virtually
async def test_a_worker_that_waits_gets_a_place_soon() -> None:
    """After the turn of those who have them, the call that is under way, and a look on either side."""
    workers = crew(5, Graph(), FarBoards())
    await one_after_the_other(workers)
    busy = [one.does(one.insist(loop_now().now + 10)) for one in workers[:4] for _ in range(4)]
    await asyncio.sleep(5)
    asked = loop_now().now
    assert await workers[4].does(workers[4].call()) <= asked + TURN + CALL + SOON
    await asyncio.gather(*busy)


@pytest.mark.parametrize("seconds", [2.0, 2.11, 2.23, 2.37, 2.52])
@virtually
async def test_a_worker_that_is_done_hands_its_places_on_at_once(seconds: float) -> None:
    """Not at the end of its turn or its lease."""
    boards = FarBoards()
    first, second = crew(2, Graph(), boards)
    await one_after_the_other([first, second])
    await first.does(first.call())
    held = [first.does(first.call(seconds)) for _ in range(PLACES)]
    await asyncio.sleep(1)
    waiting = second.does(second.call())
    await asyncio.sleep(1)
    assert not waiting.done()
    await asyncio.gather(*held)
    await asyncio.sleep(0.025)  # the storage is asked twice, ten milliseconds each
    handed = (await boards.shown()).claim(second.name)
    assert handed is not None
    assert handed.held
    assert await waiting <= loop_now().now + SOON


@virtually
async def test_a_clean_stop_gives_everything_back() -> None:
    """At once; with a storage that hangs it takes no longer than calls wait for it."""
    boards = FarBoards()
    first, second = crew(2, Graph(), boards)
    await one_after_the_other([first, second])
    await asyncio.gather(first.call(), first.call())
    await first.mailboxes.aclose()
    assert not (await boards.shown()).claims
    await second.call()
    boards.seconds = 3600.0
    began = loop_now().now
    await second.mailboxes.aclose()
    assert loop_now().now - began == pytest.approx(PATIENCE)


@virtually
async def test_the_timer_gets_a_place_among_ten_workers_that_all_have_too_much_to_do() -> None:
    """Every other call on a place that it shares with one visitor at the most."""
    workers = crew(10, Graph(), FarBoards())
    await one_after_the_other(workers)
    ends = loop_now().now + 12
    busy = [one.does(one.insist(ends)) for one in workers for _ in range(4)]
    await asyncio.sleep(1)
    with in_background():
        settled = await workers[9].insist(ends - 1)
    assert settled >= 10 / CALL / 2
    await asyncio.gather(*busy)


# What goes wrong


@virtually
async def test_the_places_of_a_worker_that_dies_are_back_when_its_lease_is_over() -> None:
    """All of them, and before that what it had not is used."""
    graph, boards = Graph(), FarBoards()
    dead, alive = crew(2, graph, boards)
    await one_after_the_other([dead, alive])
    for _ in range(PLACES):
        dead.does(dead.call(0.05))
    for _ in range(6):
        dead.does(dead.insist(1e9))
    await asyncio.sleep(2)
    died = loop_now().now
    loop_now().kill(dead.process)
    sent = await asyncio.gather(*(alive.does(alive.call(5.0)) for _ in range(PLACES)))
    assert max(sent) <= died + LEASE + SOON


@pytest.mark.parametrize(
    ("stood_still", "set_back", "knew_others"),
    [(0.0, 0, True), (10.0, 0, True), (0.0, 10, True), (0.0, 0, False)],
)
@virtually
async def test_a_worker_that_wakes_when_its_lease_is_over_looks_before_it_sends(
    stood_still: float, set_back: int, knew_others: bool
) -> None:
    """Four calls wait for their token as it freezes; the clock that went on tells it."""
    graph, boards = Graph(), FarBoards()
    frozen, other = crew(2, graph, boards)
    await one_after_the_other([frozen, other] if knew_others else [frozen])
    calls = [frozen.does(frozen.call(token=0.5)) for _ in range(PLACES)]
    await asyncio.sleep(0.3)
    loop_now().freeze(frozen.process)
    await asyncio.sleep(2 * LEASE)
    busy = [other.does(other.insist(loop_now().now + 8)) for _ in range(6)]
    await asyncio.sleep(4.0)
    frozen.set_back = timedelta(seconds=set_back)
    loop_now().thaw(frozen.process, stood_still)
    await asyncio.gather(*calls, *busy)
    assert (graph.turned_away, graph.peak) == (0, PLACES)


@virtually
async def test_a_worker_that_froze_while_it_looked_does_not_take_the_storage_for_silent() -> None:
    """The answer was there all the time."""
    graph, boards = Graph(), FarBoards(0.03)
    frozen, other = crew(2, graph, boards)
    await one_after_the_other([frozen, other])
    call = frozen.does(frozen.call())
    await asyncio.sleep(0.01)  # it asks the storage
    loop_now().freeze(frozen.process)
    busy = [other.does(other.insist(loop_now().now + 12)) for _ in range(6)]
    await asyncio.sleep(10)
    loop_now().thaw(frozen.process)
    await asyncio.gather(call, *busy)
    assert (graph.turned_away, graph.peak) == (0, PLACES)


@pytest.mark.parametrize("is_down", [True, False])
@virtually
async def test_what_the_storage_does_not_give_is_taken_without_it(
    is_down: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A call waits for the storage no longer than that, sees no error, and the log has one line."""
    boards = FarBoards()
    first, second = crew(2, Graph(), boards)
    await one_after_the_other([first, second])
    boards.down, boards.seconds = is_down, 0.01 if is_down else 3600.0
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            asked = loop_now().now
            assert await first.call() <= asked + PATIENCE
    events = [one.__dict__ for one in caplog.records if one.msg == "places.unshared"]
    assert [one["event"] for one in events] == ["places.unshared"]
    assert NAME not in f"{events}"


@virtually
async def test_workers_share_again_as_soon_as_the_storage_is_back() -> None:
    """Without it each goes by its own limit; nothing of that stays."""
    graph, boards = Graph(), FarBoards()
    workers = crew(5, graph, boards)
    await one_after_the_other(workers)
    boards.down = True
    busy = [one.does(one.insist(loop_now().now + 20)) for one in workers for _ in range(4)]
    await asyncio.sleep(5)
    assert graph.turned_away
    boards.down = False
    await asyncio.sleep(4)
    graph.turned_away = graph.peak = 0
    await asyncio.gather(*busy)
    assert (graph.turned_away, graph.peak) == (0, PLACES)


@virtually
async def test_without_the_storage_nobody_takes_more_than_a_share_of_what_was_there() -> None:
    """Five that saw each other go on with one place each, not four."""
    graph, boards = Graph(), FarBoards()
    workers = crew(5, graph, boards)
    await one_after_the_other(workers)
    busy = [one.does(one.insist(loop_now().now + 8)) for one in workers for _ in range(4)]
    await asyncio.sleep(2)
    boards.down = True
    await asyncio.sleep(LEASE + 1)
    assert {one.sharing.usable for one in workers} == {1}
    assert not any(one.done() for one in busy)


@virtually
async def test_a_board_that_cannot_be_read_is_written_anew() -> None:
    """Whoever wrote it."""
    boards = FarBoards()
    [lone] = crew(1, Graph(), boards)
    await boards.put(NAME, "no board", None)
    await asyncio.gather(*(lone.call() for _ in range(PLACES)))
    assert [one.held for one in (await boards.shown()).claims] == [PLACES]


@virtually
async def test_a_call_that_is_given_up_keeps_its_place_before_all_workers() -> None:
    """Until Graph must be done with it: ten seconds after it was sent."""
    graph, boards = Graph(), FarBoards()
    first, second = crew(2, graph, boards)
    await one_after_the_other([first, second])
    await first.call()
    began = loop_now().now
    given_up = [first.does(first.call(9.5)) for _ in range(PLACES)]
    await asyncio.sleep(1)
    for one in given_up:
        one.cancel()
    sent = await asyncio.gather(*(second.does(second.call()) for _ in range(PLACES)))
    assert began + 10 <= min(sent) <= began + 10 + SOON


# Pauses


async def told(seconds: float) -> tuple[Graph, Worker, Worker]:
    """Two workers at work, and Graph has just told the first one to wait for so long."""
    graph, boards = Graph(), FarBoards()
    first, second = crew(2, graph, boards)
    await one_after_the_other([first, second])
    for one in (first, second):
        one.does(one.insist(loop_now().now + 20))
    await asyncio.sleep(1.05)
    mine = QueuedCall("x", loop_now().now + 60)
    graph.close(seconds)
    first.box.refused(mine, timedelta(seconds=seconds))
    return graph, first, second


@virtually
async def test_a_pause_is_known_to_all_workers_within_a_tenth_of_a_second() -> None:
    """From then on nobody sends anything before it is over."""
    graph, _, _ = await told(5.0)
    began = loop_now().now
    await asyncio.sleep(15)
    assert not [at for at, _ in graph.sent if began + 0.1 < at < began + 5.0]
    assert {who for at, who in graph.sent if at >= began + 5.0} == {"w0", "w1"}


@virtually
async def test_a_pause_is_on_the_board_before_the_worker_that_was_told_sends_again() -> None:
    """Also where that worker is alone and would look much later."""
    boards = FarBoards()
    [lone] = crew(1, Graph(), boards)
    await one_after_the_other([lone])
    under_way = asyncio.ensure_future(lone.call(2.0))
    await asyncio.sleep(0.1)
    lone.box.refused(QueuedCall("x", loop_now().now + 60), timedelta(seconds=5))
    until = loop_now().clock().timestamp() + 5
    await asyncio.sleep(0.05)
    assert (await boards.shown()).paused_until == pytest.approx(until, abs=0.05)
    await under_way


@virtually
async def test_a_pause_is_never_shortened_by_another_workers() -> None:
    """Neither on the board nor in a worker that knows of the longer one."""
    graph, _, second = await told(5.0)
    began = loop_now().now
    await asyncio.sleep(0.5)
    second.box.refused(QueuedCall("x", loop_now().now + 60), timedelta(seconds=1))
    await asyncio.sleep(15)
    assert not [at for at, _ in graph.sent if began + 0.1 < at < began + 5.0]


@virtually
async def test_who_has_no_time_for_a_pause_that_another_worker_was_told_of_learns_it_at_once() -> None:
    """While it waits for its turn."""
    _, _, second = await told(5.0)
    began = loop_now().now
    busy = [second.does(second.call(0.2, patience=60.0)) for _ in range(PLACES)]
    with pytest.raises(Crowded):
        await second.does(second.call(patience=4.0))
    assert loop_now().now <= began + 0.1
    await asyncio.gather(*busy)


@virtually
async def test_a_pause_outlives_the_worker_that_was_told() -> None:
    """It died; whoever starts then waits as well."""
    graph, first, second = await told(5.0)
    began = loop_now().now
    await asyncio.sleep(0.2)
    loop_now().kill(first.process)
    await second.mailboxes.aclose()
    loop_now().kill(second.process)
    third = crew(1, graph, first.boards)[0]
    await asyncio.gather(third.call(), third.call(), third.call())
    early = [at for at, who in graph.sent if who == "w0" and began + 0.3 < at < began + 5]
    assert len(early) <= 1  # the very first call of a worker goes out before it has looked


async def storm(workers: list[Worker], graph: Graph) -> None:
    """All are at work as Graph turns one away, and it holds it against everybody who comes early."""
    await one_after_the_other(workers)
    graph.lengthens = True
    loop_now().call_later(1.0, setattr, graph, "next_pause", 2.0)
    await rush(workers, clients=10, bookings=15)


@virtually
async def test_under_a_throttle_that_lengthens_five_workers_come_through() -> None:
    """What is early is what was sent before the pause was known; everybody is served."""
    graph = Graph()
    await storm(crew(5, graph, FarBoards()), graph)
    assert graph.early <= PLACES


class Deaf(FarBoards):
    """Keeps no pause."""

    async def put(self, mailbox: str, text: str, version: str | None) -> str:
        return await super().put(mailbox, written(replace(read(text), paused_until=0.0)), version)


@virtually
async def test_without_a_shared_pause_the_throttle_goes_on() -> None:
    """The control: places are shared, pauses are not."""
    graph = Graph()
    rushed = asyncio.ensure_future(storm(crew(5, graph, Deaf()), graph))
    await asyncio.sleep(15)
    assert not rushed.done()
    assert graph.early > 4 * PLACES
