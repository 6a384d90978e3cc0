"""Reads that are shared by those who asked before they began, and by nobody else."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from shared.booking.ports import Check
from shared.booking.slots.calendar import DayViews
from shared.booking.slots.single_flight import AT_ONCE, SharedReads
from shared.booking.use_cases import UseCases
from shared.domain.errors import Crowded, RulesBroken, Throttled, Unavailable, Unreachable
from shared.domain.intervals import Interval
from shared.domain.model import Appointment, Catalogue, Customer, DayView
from shared.platform.deadline import deadline, is_booking, remaining
from shared.platform.logs import correlation_id
from tests.support.fake_graph import FakeGraph
from tests.support.shop import REQUEST, Shop, wish
from tests.support.virtually import loop_now, virtually
from tests.support.world import CATALOGUE, HALF_HOUR, PAIR, TALK, TEN

DAY = timedelta(days=1)
TAKES = 1.0
LONG = timedelta(seconds=20)


def days(first: int, many: int = 1) -> Interval:
    """So many days from the first on."""
    return Interval(TEN + first * DAY, TEN + (first + many) * DAY)


@dataclass
class Source:
    """Reads that take a second; the answer to each is its number and whose read it is."""

    takes: float = TAKES
    error: Exception | None = None
    spans: list[Interval] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    left: list[timedelta] = field(default_factory=list)
    for_bookings: list[bool] = field(default_factory=list)
    begun: "Counter[str]" = field(default_factory=Counter)
    most: timedelta = 10 * DAY

    async def read(self, key: str, span: Interval) -> str:
        self.begun[key] += 1
        answer = f"{key}{self.begun[key]}"
        self.spans.append(span)
        self.ids.append(correlation_id.get())
        self.left.append(remaining(timedelta(hours=1)))
        self.for_bookings.append(is_booking())
        await asyncio.sleep(self.takes)
        if self.error is not None:
            raise self.error
        return answer

    def fits(self, _: str, span: Interval) -> bool:
        return span.length <= self.most

    def shared(self) -> SharedReads[str, str]:
        return SharedReads(self.read, self.fits)


async def asked(*reads: Awaitable[str]) -> list["asyncio.Future[str]"]:
    """These callers, each of whom has asked, and what can begin has begun."""
    tasks: list[asyncio.Future[str]] = [asyncio.ensure_future(one) for one in reads]
    for _ in range(2):
        await asyncio.sleep(0)
    return tasks


async def ended(tasks: Sequence["asyncio.Future[str]"]) -> list[str | BaseException]:
    return await asyncio.gather(*tasks, return_exceptions=True)


@virtually
async def test_who_is_alone_reads_at_once_and_no_more_than_is_needed() -> None:
    """One read for one caller, again and again."""
    source = Source()
    reads = source.shared()
    assert await reads.get("a", days(0)) == "a1"
    assert await reads.get("a", days(1)) == "a2"
    assert source.spans == [days(0), days(1)]
    assert loop_now().now == 2 * TAKES


@virtually
async def test_while_there_is_room_nobody_waits_for_another() -> None:
    """As many at once as a mailbox has places for."""
    source = Source()
    reads = source.shared()
    tasks = await asked(*(reads.get("a", days(n)) for n in range(AT_ONCE)))
    assert source.spans == [days(n) for n in range(AT_ONCE)]
    assert await ended(tasks) == ["a1", "a2"]


@virtually
async def test_those_who_wait_share_the_next_read() -> None:
    """It begins when there is room, and reaches from the first day to the last."""
    source = Source()
    reads = source.shared()
    tasks = await asked(*(reads.get("a", days(n)) for n in (0, 1, 5, 3, 4)))
    assert await ended(tasks) == ["a1", "a2", "a3", "a3", "a3"]
    assert source.spans[2:] == [days(3, 3)]


@virtually
async def test_a_read_that_has_begun_serves_nobody_who_comes_later() -> None:
    """However many of the same days are under way: the lock was held only afterwards."""
    source = Source()
    reads = source.shared()
    first = await asked(reads.get("a", days(0)), reads.get("a", days(0)))
    await asyncio.sleep(TAKES / 2)
    later = await asked(reads.get("a", days(0)), reads.get("a", days(0)))
    assert await ended([*first, *later]) == ["a1", "a2", "a3", "a3"]
    assert loop_now().now == 2 * TAKES


@virtually
async def test_what_does_not_fit_into_one_read_waits_for_the_one_after() -> None:
    """Whoever is first goes, however wide; who came earlier does not wait for who came later."""
    source = Source()
    reads = source.shared()
    busy = await asked(reads.get("a", days(0)), reads.get("a", days(0)))
    tasks = await asked(*(reads.get("a", days(n)) for n in (0, 40, 5, 47)))
    wide = await asked(reads.get("a", days(0, 30)))
    assert await ended([*busy, *tasks, *wide]) == ["a1", "a2", "a3", "a4", "a3", "a4", "a5"]
    assert source.spans[2:] == [days(0, 6), days(40, 8), days(0, 30)]


@virtually
async def test_other_mailboxes_do_not_wait() -> None:
    """However many wait for one that hangs: the others read as often as if there were no such one."""
    source = Source(takes=24.0)
    reads = source.shared()
    stuck = await asked(*(reads.get("hangs", days(n)) for n in range(9)))
    source.takes = TAKES
    others = "bcdefghij"
    assert await ended(await asked(*(reads.get(one, days(0)) for one in others))) == [f"{n}1" for n in others]
    assert loop_now().now == TAKES
    assert source.begun["hangs"] == AT_ONCE
    await ended(stuck)


@virtually
async def test_who_leaves_spoils_it_for_nobody() -> None:
    """Neither a read under way nor one to come; nothing is read for those who have gone."""
    source = Source()
    reads = source.shared()
    tasks = await asked(*(reads.get("a", days(n)) for n in (0, 1, 2, 3, 40)))
    tasks[0].cancel()
    tasks[2].cancel()
    answers = await ended(tasks)
    assert [answers[n] for n in (1, 3, 4)] == ["a2", "a3", "a4"]
    assert [type(answers[n]) for n in (0, 2)] == [asyncio.CancelledError] * 2
    assert source.spans == [days(0), days(1), days(3), days(40)]
    gone = await asked(*(reads.get("a", days(n)) for n in range(3)))
    gone[2].cancel()
    await ended(gone)
    assert source.begun["a"] == 6


@virtually
async def test_an_error_is_each_ones_own() -> None:
    """The same to all, in an object for each; the next read is another."""
    source = Source(error=Throttled("calendarView", 429, timedelta(seconds=3)))
    reads = source.shared()
    answers = await ended(await asked(*(reads.get("a", days(0)) for _ in range(4))))
    assert len({id(one) for one in answers}) == 4
    for one in answers:
        assert type(one) is Throttled
        assert (one.operation, one.status, one.retry_after) == ("calendarView", 429, timedelta(seconds=3))
        assert str(one) == "calendarView: 429"
    source.error = None
    assert await reads.get("a", days(0)) == "a4"


@virtually
async def test_an_error_of_a_read_that_nobody_waits_for_is_nobody_s() -> None:
    """The event loop has nothing to complain about."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: complaints.append(about))
    reads = Source(error=Unavailable("calendarView", 503)).shared()
    (task,) = await asked(reads.get("a", days(0)))
    task.cancel()
    await ended([task])
    await asyncio.sleep(2 * TAKES)
    assert complaints == []


@virtually
async def test_the_time_of_one_does_not_bound_the_others() -> None:
    """A read has the longest time of those whom it serves; who has less gives up alone."""
    source = Source(takes=4.0)
    reads = source.shared()
    busy = await asked(reads.get("a", days(0)), reads.get("a", days(0)))

    async def within(seconds: float) -> str:
        with deadline(timedelta(seconds=seconds)):
            return await reads.get("a", days(0))

    tasks = await asked(within(6.0), within(15.0))
    answers = await ended(tasks)
    assert isinstance(answers[0], Unreachable)
    assert answers[0].retry_after == timedelta(seconds=4)
    assert answers[1] == "a3"
    assert source.left[2] == timedelta(seconds=11)
    await ended(busy)


@virtually
async def test_who_cannot_be_served_in_time_learns_it_at_once() -> None:
    """And when to come again; while there is room, everybody is let in."""
    source = Source(takes=8.0)
    reads = source.shared()
    with deadline(timedelta(seconds=1)):
        tasks = await asked(*(reads.get("a", days(0)) for _ in range(AT_ONCE)))
        await asyncio.sleep(0.75)
    with deadline(LONG):
        later = await asked(reads.get("a", days(0)))
    await asyncio.sleep(5.25)
    with deadline(timedelta(seconds=5)), pytest.raises(Crowded) as refused:
        await reads.get("a", days(0))
    assert refused.value.retry_after == timedelta(seconds=6)
    assert loop_now().now == 6.0
    assert await ended(later) == ["a3"]
    await ended(tasks)


@virtually
async def test_what_is_known_of_the_wait_is_what_reads_have_taken() -> None:
    """The time until there is room, and a read; where the next is longer than usual, as long as that."""
    source = Source(takes=4.0)
    reads = source.shared()
    waiting = await asked(*(reads.get("a", days(0)) for _ in range(AT_ONCE + 1)))
    await asyncio.sleep(4.5)  # the first two have ended; the third began at 4
    waiting += await asked(reads.get("a", days(0)))
    await asyncio.sleep(1.0)

    async def wait() -> timedelta:
        with deadline(timedelta(milliseconds=1)), pytest.raises(Crowded) as refused:
            await reads.get("a", days(0))
        assert refused.value.retry_after is not None
        return refused.value.retry_after

    assert await wait() == timedelta(seconds=2.5 + 4.0)
    source.takes = 20.0
    await ended(waiting)
    waiting = await asked(*(reads.get("a", days(0)) for _ in range(AT_ONCE)))
    await asyncio.sleep(12.0)
    assert await wait() == timedelta(seconds=12)
    await ended(waiting)


@virtually
async def test_graph_is_asked_under_the_id_of_whoever_came_first() -> None:
    """Of those whom the read serves; visitors who look around give way to it."""
    source = Source()
    reads = source.shared()

    async def named(name: str) -> str:
        correlation_id.set(name)
        return await reads.get("a", days(0))

    await ended(await asked(*(named(name) for name in ("one", "two", "three", "four"))))
    assert source.ids == ["one", "two", "three"]
    assert source.for_bookings == [True] * 3


@virtually
async def test_a_read_that_is_ended_ends_those_who_wait() -> None:
    """As at the end of the process; who waits for the next one is served."""
    source = Source(error=None)

    async def read(key: str, span: Interval) -> str:
        if not source.begun[key]:
            source.begun[key] += 1
            raise asyncio.CancelledError
        return await source.read(key, span)

    reads = SharedReads(read, source.fits)
    answers = await ended(await asked(*(reads.get("a", days(0)) for _ in range(3))))
    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1:] == ["a2", "a3"]


@virtually
async def test_a_mailbox_is_forgotten_when_nobody_asks() -> None:
    """Lists of staff change; what is kept does not grow with them."""
    reads = Source().shared()
    for name in "abc":
        await ended(await asked(*(reads.get(name, days(0)) for _ in range(4))))
    assert not reads._lines  # noqa: SLF001 (what is kept shows nowhere else)


class SlowAnswers(FakeGraph):
    """A calendar whose lists, since the first customer was made, take seconds to be answered."""

    slow = 0.0
    booking: asyncio.Event

    async def create_customer(self, business: str, customer: Customer, *, check: Check) -> Customer:
        self.slow = 2.0
        self.booking.set()
        return await super().create_customer(business, customer, check=check)

    async def calendar_view(self, business: str, span: Interval) -> tuple[Appointment, ...]:
        found = await super().calendar_view(business, span)
        await asyncio.sleep(self.slow)
        return found


def views(shop: Shop) -> DayViews:
    return DayViews(shop.graph, shop.stores.ledger, shop.clock)


@virtually
async def test_whoever_shares_sees_what_a_read_of_their_own_would_show() -> None:
    """Their days, and as much around them, whatever else was read."""
    shop = Shop()
    for n in range(8):
        shop.seat(f"guest-{n}", start=TEN + n * DAY - 12 * HALF_HOUR)
    wanted = [TEN.date() + n * DAY for n in (0, 1, 2, 6, 4)]
    shared = views(shop)
    alone = [await views(shop).fresh(CATALOGUE, day, day) for day in wanted]
    shop.wire.latency = 0.1
    shop.wire.calls.clear()

    together = await asyncio.gather(*(shared.fresh(CATALOGUE, day, day) for day in wanted))

    assert shop.wire.calls["calendar_view"] == shop.wire.calls["staff_availability"] == AT_ONCE + 1
    assert [replace(one, availability={}) for one in together] == [
        replace(one, availability={}) for one in alone
    ]
    assert [one.availability for one in together] == [one.availability for one in alone]


@pytest.mark.parametrize(("a_day", "calls"), [(1, 3), (40, 4)])
def test_a_read_is_made_no_wider_than_about_a_page(a_day: int, calls: int) -> None:
    """In a busy calendar every further page would be another call, one after the other."""

    @virtually
    async def run() -> None:
        shop = Shop()
        for n in range(5 * a_day):
            shop.seat(f"guest-{n}", start=TEN + n % 5 * DAY)
        shared = views(shop)
        await shared.fresh(CATALOGUE, TEN.date(), TEN.date())
        shop.wire.latency = 0.1
        shop.wire.calls.clear()
        wanted = [TEN.date() + n * DAY for n in (0, 0, 0, 4)]
        await asyncio.gather(*(shared.fresh(CATALOGUE, day, day) for day in wanted))
        assert shop.wire.calls["calendar_view"] == calls

    run()


class JoinsBegun(DayViews):
    """The control: whoever wants days that are being read is served by that, locks or not."""

    async def fresh(self, catalogue: Catalogue, first: date, last: date) -> DayView:
        under_way: dict[date, asyncio.Task[DayView]] = self.__dict__.setdefault("under_way", {})
        if first not in under_way or under_way[first].done():
            under_way[first] = asyncio.ensure_future(super().fresh(catalogue, first, last))
        return await asyncio.shield(under_way[first])


async def race() -> tuple[object, int]:
    """Two want Ann at ten; while the first is being booked, a third has Bob's same day read, slowly.

    What the second was told, and how many appointments Ann has.
    """
    shop = Shop()
    shop.wire.latency = 0.05
    shop.graph = graph = SlowAnswers(shop.clock, [CATALOGUE], shop.wire)
    graph.booking = asyncio.Event()
    cases: UseCases = shop.hire()
    first = asyncio.ensure_future(cases.create_booking(wish("una"), REQUEST))
    second = asyncio.ensure_future(cases.create_booking(wish("vic"), replace(REQUEST, key="b1" * 32)))
    await graph.booking.wait()
    third = cases.create_booking(replace(wish("wim", PAIR), staff_id="bob"), replace(REQUEST, key="c2" * 32))
    told = await asyncio.gather(first, second, third, return_exceptions=True)
    return told[1], sum(one.service_id == TALK.id for one in shop.mailbox.appointments)


@pytest.mark.parametrize(("kind", "booked"), [(DayViews, 1), (JoinsBegun, 2)], ids=["ours", "control"])
def test_nobody_judges_by_a_read_that_began_before_their_locks(
    kind: type[DayViews], booked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second has the lock when the first is booked; the third's read began before that."""
    monkeypatch.setattr("shared.booking.use_cases.DayViews", kind)

    @virtually
    async def run() -> None:
        told, appointments = await race()
        assert appointments == booked
        assert isinstance(told, RulesBroken) is (booked == 1)

    run()


@virtually
async def test_a_read_under_locks_is_a_bookings() -> None:
    """Visitors who look around give way to it at the mailbox."""
    seen: list[bool] = []

    async def read(_: str, __: Interval) -> str:
        seen.append(is_booking())
        return "read"

    await SharedReads(read, Source().fits).get("a", days(0))
    assert seen == [True]


@virtually
async def test_days_are_known_where_visitors_have_seen_all_of_their_weeks() -> None:
    """Half of what was asked for would be no guess at the other half."""
    shop = Shop()
    seen, monday = views(shop), TEN.date() + 6 * DAY
    await seen.shared(CATALOGUE, monday - DAY, monday - DAY)
    assert seen.known(CATALOGUE, monday - DAY, monday - DAY) is not None
    assert seen.known(CATALOGUE, monday - DAY, monday) is None
    await seen.shared(CATALOGUE, monday, monday)
    assert seen.known(CATALOGUE, monday - DAY, monday) is not None
