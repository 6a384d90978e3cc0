"""Recognising: what an attempt resulted in, by what Graph shows; not there only where the lists agree."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.booking.records import Attempt
from shared.booking.writes.notes import mark
from shared.booking.writes.recognise import CLOCKS_DIFFER
from shared.domain.errors import Missing, Unavailable, Unreachable
from shared.domain.intervals import Interval
from shared.domain.model import Appointment
from shared.platform.deadline import deadline
from tests.support.shop import Shop, an_appointment, attempt_of
from tests.support.virtually import virtually
from tests.support.wire import Ending
from tests.support.workers import LIST_LAG, LOCK_LIFE
from tests.support.world import COURSE, SHOP, TALK, TEN

OURS = "BK-1234ABCD"
MOMENT = timedelta(milliseconds=1)
DAY = timedelta(days=1)


class Desk(Shop):
    """A shop with an attempt to book a talk."""

    def __init__(self) -> None:
        super().__init__()
        self.attempt = attempt_of(an_appointment(id=""), "vic", self.clock())

    def booked(self, reference: str = OURS) -> Appointment:
        return self.seat("vic", service=TALK, notes=mark(reference))

    def move(self, made: Appointment, by: timedelta) -> None:
        span = Interval(made.span.start + by, made.span.end + by)
        self.mailbox.move(made.id, span)

    async def ids(self, *, is_thorough: bool = True, attempt: Attempt | None = None) -> list[str]:
        lists = self.recognition.lists(SHOP)
        found = await self.recognition.find(attempt or self.attempt, OURS, lists, is_thorough=is_thorough)
        return [one.id for one in found]


@virtually
async def test_an_appointment_is_found_by_its_mark() -> None:
    """Not by its time alone."""
    desk = Desk()
    desk.booked("BK-OTHER")
    assert await desk.ids() == []
    made = desk.booked()
    assert await desk.ids() == [made.id]
    assert await desk.ids(is_thorough=False) == [made.id]


@virtually
async def test_all_that_carry_the_mark_are_found_the_oldest_first() -> None:
    """The network delivered a request twice."""
    desk = Desk()
    first = desk.booked()
    await asyncio.sleep(1)
    second = desk.booked()
    stored = desk.mailbox.appointments
    stored.put(first.id, replace(desk.mailbox.stored(first.id), created=desk.clock() + MOMENT))

    assert await desk.ids() == [second.id, first.id]


@pytest.mark.parametrize("by", [timedelta(hours=1), 40 * DAY])
@virtually
async def test_what_the_staff_moved_is_found_by_a_thorough_look_alone(by: timedelta) -> None:
    """Within the day or out of it."""
    desk = Desk()
    made = desk.booked()
    desk.move(made, by)

    assert await desk.ids(is_thorough=False) == []
    assert await desk.ids() == [made.id]
    found = await desk.recognition.find(desk.attempt, OURS, desk.recognition.lists(SHOP))
    assert [one.id for one in found] == [made.id]


@virtually
async def test_what_was_given_another_service_is_found_too() -> None:
    """By when it was created."""
    desk = Desk()
    made = desk.booked()
    desk.mailbox.appointments.put(made.id, replace(desk.mailbox.stored(made.id), service_id=COURSE.id))

    assert await desk.ids(is_thorough=False) == []
    assert await desk.ids() == [made.id]


EARLIEST = -CLOCKS_DIFFER
LATEST = LOCK_LIFE + CLOCKS_DIFFER


@pytest.mark.parametrize(
    ("after", "found"),
    [(EARLIEST, True), (EARLIEST - MOMENT, False), (LATEST, True), (LATEST + MOMENT, False)],
)
@virtually
async def test_what_cannot_be_of_the_attempt_is_not_read(after: timedelta, found: bool) -> None:
    """It lands under its locks or never, and Graph's clock may differ from ours by minutes, not more."""
    desk = Desk()
    made = desk.booked()
    desk.move(made, timedelta(hours=1))
    created = desk.attempt.at + after
    desk.mailbox.appointments.put(made.id, replace(desk.mailbox.stored(made.id), created=created))

    assert await desk.ids() == ([made.id] if found else [])
    assert desk.wire.calls["appointment"] == (1 if found else 0)


@virtually
async def test_what_was_created_nobody_knows_when_is_read() -> None:
    """It may be ours."""
    desk = Desk()
    made = desk.booked()
    desk.move(made, timedelta(hours=1))
    desk.mailbox.appointments.put(made.id, replace(desk.mailbox.stored(made.id), created=None))
    assert await desk.ids() == [made.id]


@virtually
async def test_what_was_found_in_place_needs_no_thorough_look() -> None:
    """One list and one reading by id."""
    desk = Desk()
    desk.booked()
    await desk.ids()
    assert desk.wire.calls == {"calendar_view": 1, "appointment": 1}


@virtually
async def test_one_that_is_listed_and_not_there_is_a_contradiction() -> None:
    """A 404 of one reading must not count as absent; another one that is found does."""
    desk = Desk()
    made = desk.booked()
    desk.arm("appointment", Missing)
    with pytest.raises(Unavailable, match=r"^appointments\.get: "):
        await desk.ids()

    desk.booked()
    desk.arm("appointment", Missing)
    assert await desk.ids() != [made.id]


@virtually
async def test_a_seat_is_looked_for_where_it_was_to_be() -> None:
    """By the appointment's id, the customer by the record's."""
    desk = Desk()
    made = desk.seat("zoe", "vic")
    zoe, vic = (one.customer_id or "" for one in made.attendees)
    attempt = attempt_of(made, vic, desk.clock(), is_join=True)

    assert await desk.ids(attempt=attempt) == [made.id]
    assert await desk.ids(attempt=replace(attempt, customer_id="nobody")) == []
    assert await desk.ids(attempt=replace(attempt, customer_id=zoe)) == [made.id]
    assert desk.wire.calls == {"appointment": 3}


@virtually
async def test_a_group_that_is_gone_is_gone_only_where_the_list_agrees() -> None:
    """Else nothing was seen."""
    desk = Desk()
    made = desk.seat("zoe", "vic")
    other = desk.seat("yan", start=TEN + timedelta(hours=2))
    attempt = attempt_of(made, made.attendees[1].customer_id or "", desk.clock(), is_join=True)
    desk.arm("appointment", Missing)
    with pytest.raises(Unavailable, match=r"^appointments\.get: "):
        await desk.ids(attempt=attempt)

    desk.mailbox.delete(made.id)
    assert await desk.ids(attempt=attempt) == []
    assert other.id in {one.id for one in desk.mailbox.appointments}


@virtually
async def test_an_attempt_to_join_nothing_finds_nothing() -> None:
    """A record without the appointment's id."""
    desk = Desk()
    made = desk.seat("zoe")
    attempt = replace(attempt_of(made, "vic", desk.clock(), is_join=True), appointment_id=None)
    assert await desk.ids(attempt=attempt) == []


@virtually
async def test_watching_ends_with_the_first_look_that_finds_it() -> None:
    """The lists show it after two seconds."""
    desk = Desk()
    desk.graph.lag(timedelta(seconds=2))
    made = desk.booked()
    began = desk.clock()

    found = await desk.recognition.watch(desk.attempt, OURS)

    assert [one.id for one in found] == [made.id]
    assert timedelta(seconds=2) <= desk.clock() - began < timedelta(seconds=3)
    assert desk.wire.calls["appointments_since"] == 0


@virtually
async def test_watching_ends_when_the_lists_must_show_it() -> None:
    """Only then it is absent, and only the last look is a thorough one."""
    desk = Desk()
    began = desk.clock()

    assert await desk.recognition.watch(desk.attempt, OURS) == ()

    assert LIST_LAG <= desk.clock() - began < LIST_LAG + timedelta(seconds=0.1)
    assert desk.wire.calls["appointments_since"] == 1
    assert desk.wire.calls["calendar_view"] == 8


@virtually
async def test_the_last_look_finds_what_was_moved() -> None:
    """By the staff, while it was looked for in its place."""
    desk = Desk()
    made = desk.booked()
    desk.move(made, timedelta(hours=1))
    assert [one.id for one in await desk.recognition.watch(desk.attempt, OURS)] == [made.id]


@virtually
async def test_each_look_reads_anew() -> None:
    """What lands while it is watched is found."""
    desk = Desk()
    task = asyncio.ensure_future(desk.recognition.watch(desk.attempt, OURS))
    await asyncio.sleep(1)
    made = desk.booked()
    assert [one.id for one in await task] == [made.id]
    assert desk.clock() - desk.attempt.at < timedelta(seconds=3)


@virtually
async def test_without_time_for_the_last_look_nobody_knows() -> None:
    """And nobody sleeps through the end of the request."""
    desk = Desk()
    began = desk.clock()

    with deadline(timedelta(seconds=3)), pytest.raises(Unavailable, match=r"^calendarView\.list: "):
        await desk.recognition.watch(desk.attempt, OURS)

    assert desk.clock() - began < timedelta(seconds=3)


@virtually
async def test_a_look_that_fails_is_told() -> None:
    """Nothing was seen."""
    desk = Desk()
    desk.arm("calendar_view", Unreachable)
    with pytest.raises(Unreachable):
        await desk.recognition.watch(desk.attempt, OURS)


@pytest.mark.parametrize(
    ("is_over", "age", "settled"),
    [
        (False, LOCK_LIFE + 2 * LIST_LAG, True),
        (False, LOCK_LIFE + 2 * LIST_LAG - MOMENT, False),
        (True, 2 * LIST_LAG, True),
        (True, 2 * LIST_LAG - MOMENT, False),
    ],
)
@virtually
async def test_what_is_not_seen_was_surely_never_done_after_a_while(
    is_over: bool,
    age: timedelta,
    settled: bool,
) -> None:
    """The time in which a write may land, and twice that in which the lists may hide it."""
    desk = Desk()
    attempt = replace(desk.attempt, is_over=is_over)
    assert desk.recognition.is_settled(attempt, attempt.at + age) is settled


@virtually
async def test_twins_are_looked_for_only_where_the_lists_show_another_one() -> None:
    """The known one alone costs no reading by id; one that is not known may be what is left of two."""
    desk = Desk()
    first = desk.booked()
    lists = desk.recognition.lists(SHOP)
    assert await desk.recognition.twins(desk.attempt, OURS, lists, first.id) == ()
    assert desk.wire.calls == {"calendar_view": 1}
    found = await desk.recognition.twins(desk.attempt, OURS, lists, None)
    assert [one.id for one in found] == [first.id]
    assert desk.wire.calls == {"calendar_view": 1, "appointment": 1}

    second = desk.booked()
    lists = desk.recognition.lists(SHOP)
    found = await desk.recognition.twins(desk.attempt, OURS, lists, first.id)
    assert [one.id for one in found] == [first.id, second.id]


@pytest.mark.parametrize("nth", [1, 2])
@virtually
async def test_of_twins_that_are_listed_all_must_be_read(nth: int) -> None:
    """A 404 for one of them may be passing: it is there still, and would stay."""
    desk = Desk()
    first = desk.booked()
    desk.booked()
    desk.arm("appointment", Missing, nth=nth)
    with pytest.raises(Unavailable):
        await desk.recognition.twins(desk.attempt, OURS, desk.recognition.lists(SHOP), first.id)


@pytest.mark.parametrize("different", ["service", "time", "staff", "reference"])
@virtually
async def test_what_differs_is_no_twin(different: str) -> None:
    """Another service, time or staff member costs no reading; another reference is another booking."""
    desk = Desk()
    ours = desk.booked()
    other = desk.booked("BK-OTHER" if different == "reference" else OURS)
    stored = desk.mailbox.stored(other.id)
    if different == "service":
        desk.mailbox.appointments.put(other.id, replace(stored, service_id=COURSE.id))
    if different == "time":
        desk.move(other, timedelta(minutes=15))
    if different == "staff":
        desk.mailbox.move(other.id, stored.span, "bob")

    found = await desk.recognition.twins(desk.attempt, OURS, desk.recognition.lists(SHOP), ours.id)
    assert [one.id for one in found] == ([ours.id] if different == "reference" else [])
    assert desk.wire.calls["appointment"] == (2 if different == "reference" else 0)


@virtually
async def test_what_many_look_for_is_read_once() -> None:
    """The day, each appointment, and what was created since the earliest attempt of all."""
    desk = Desk()
    made = desk.booked()
    lists = desk.recognition.lists(SHOP)
    one, other = Interval(TEN, TEN + MOMENT), Interval(TEN + timedelta(hours=3), TEN + timedelta(hours=4))
    await asyncio.gather(lists.around(one), lists.around(other))
    await asyncio.gather(lists.appointment(made.id), lists.appointment(made.id))
    await lists.created_since(desk.attempt.at)
    await lists.created_since(desk.attempt.at + timedelta(seconds=1))
    assert desk.wire.calls == {"calendar_view": 1, "appointment": 1, "appointments_since": 1}

    await lists.created_since(desk.attempt.at - timedelta(seconds=1))
    await lists.around(Interval(TEN + DAY, TEN + DAY + MOMENT))
    assert desk.wire.calls == {"calendar_view": 2, "appointment": 1, "appointments_since": 2}
    assert lists.began == desk.clock()


@virtually
async def test_the_day_reaches_to_the_end_of_what_is_looked_for() -> None:
    """From midnight, in UTC, and over the next one where the appointment does."""
    desk = Desk()
    spans: list[Interval] = []
    view = desk.mailbox.view

    def watched(span: Interval) -> tuple[Appointment, ...]:
        spans.append(span)
        return view(span)

    desk.mailbox.view = watched  # type: ignore[method-assign]
    lists = desk.recognition.lists(SHOP)
    midnight = TEN.replace(hour=0)
    late = TEN.replace(hour=23, minute=59, second=59, microsecond=5)
    await lists.around(Interval(late, late + timedelta(hours=2)))
    await lists.around(Interval(TEN.replace(minute=1, second=2, microsecond=3), TEN + timedelta(hours=1)))

    assert spans == [Interval(midnight, late + timedelta(hours=2)), Interval(midnight, midnight + DAY)]


@virtually
async def test_who_is_cancelled_while_looking_takes_nobody_along() -> None:
    """The others share the reading."""
    desk = Desk()
    desk.wire.latency = 1.0
    lists = desk.recognition.lists(SHOP)
    span = Interval(TEN, TEN + MOMENT)
    first = asyncio.ensure_future(lists.around(span))
    second = asyncio.ensure_future(lists.around(span))
    await asyncio.sleep(0.5)
    first.cancel()

    assert await second == ()


@virtually
async def test_a_silent_list_is_an_error() -> None:
    """After the time of one call."""
    desk = Desk()
    desk.wire.arm("calendar_view", Ending("silence", done=0, silent=True))
    with pytest.raises(Unreachable):
        await desk.ids()


@virtually
async def test_a_reading_that_failed_fails_nobody_else() -> None:
    """The next who asks reads again; that an appointment is not there is an answer, and is kept."""
    desk = Desk()
    made = desk.booked()
    desk.wire.arm("appointment", Ending("unavailable", done=0, error=Unavailable))
    lists = desk.recognition.lists(SHOP)
    with pytest.raises(Unavailable):
        await lists.appointment(made.id)
    assert (await lists.appointment(made.id)).id == made.id

    for _ in range(2):
        with pytest.raises(Missing):
            await lists.appointment("gone")
    assert desk.wire.calls["appointment"] == 3
