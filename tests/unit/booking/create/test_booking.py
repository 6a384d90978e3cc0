"""The use case of the house, whole: one request, one booking, under the real engine."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.booking.records import IndexRow, LedgerEntry, State
from shared.booking.slots.availability import SlotQuery
from shared.booking.slots.calendar import LAG
from shared.booking.use_cases import UseCases
from shared.booking.writes.locks import service_start_lock, staff_day_lock
from shared.domain.errors import Missing, NotFound, OutcomeUnknown, RulesBroken, SlotBusy, Unreachable
from shared.domain.model import Appointment
from tests.support.shop import REQUEST, Shop, an_appointment, wish
from tests.support.virtually import virtually
from tests.support.wire import Ending
from tests.support.workers import LIST_LAG, Timings, render
from tests.support.world import CATALOGUE, COURSE, SHOP, TALK, TEN
from tests.unit.booking.manage.desk import LATER
from tests.unit.booking.manage.desk import Desk as ManagedDesk

OTHER = replace(REQUEST, key="b1" * 32)
MOMENT = timedelta(milliseconds=1)
ANN_S_DAY = staff_day_lock(SHOP, "ann", TEN.date())


@virtually
async def test_a_request_is_one_booking_with_one_token() -> None:
    """Repeated, it is the same one."""
    shop = Shop()
    first = await shop.cases.create_booking(wish(), REQUEST)
    again = await shop.cases.create_booking(wish(), REQUEST)
    assert [one.service_id for one in shop.mailbox.appointments] == [TALK.id]
    assert (first.is_replay, again.is_replay) == (False, True)
    assert (first.reference, first.token, first.body) == (again.reference, again.token, again.body)
    record = await shop.cases.find_booking(SHOP, first.reference, first.token)
    assert record is not None
    assert (record.key, record.answer) == (REQUEST.key, first.body)


@virtually
async def test_the_confirmation_names_the_booking_and_tells_times_in_the_visitors_zone() -> None:
    """The reference that is answered, and the zone that was asked for."""
    shop = Shop()
    shown = UseCases(
        shop.graph,
        shop.stores,
        shop.clock,
        new_id=lambda: "id",
        timings=Timings(),
        secret=b"secret",
        render=lambda made: f"{made.reference} {made.time_zone}",
        mailboxes={"shop": SHOP},
        zones={},
    )
    booked = await shown.create_booking(replace(wish(), time_zone="Europe/Paris"), REQUEST)
    assert booked.body == f"{booked.reference} Europe/Paris"


@virtually
async def test_the_index_is_asked_once_for_a_known_customer() -> None:
    """What the plan was judged by is what is written."""
    shop = Shop()
    await shop.cases.create_booking(wish(), REQUEST)
    get, asked = shop.stores.customers.get, list[str]()

    async def counted(business: str, name: str) -> IndexRow | None:
        asked.append(name)
        return await get(business, name)

    shop.stores.customers.get = counted  # type: ignore[method-assign, assignment]
    await shop.cases.create_booking(wish(start=TEN + timedelta(hours=2)), OTHER)
    assert len(asked) == 1


@virtually
async def test_a_booking_counts_for_every_worker_on_the_days_of_the_business() -> None:
    """Before Graph lists it, and where it is noon of the next day already."""
    shop = Shop()
    far = replace(CATALOGUE.business, time_zone="Pacific/Kiritimati")
    shop.mailbox.catalogue = replace(CATALOGUE, business=far)
    shop.graph.lag(timedelta(minutes=1))
    late = TEN.replace(hour=22)
    await shop.cases.create_booking(wish(start=late), REQUEST)
    with pytest.raises(RulesBroken, match="slot-taken"):
        await shop.hire().create_booking(wish("una", start=late), OTHER)


@virtually
async def test_a_known_customer_is_not_looked_for() -> None:
    """The index has the record."""
    shop = Shop()
    await shop.cases.create_booking(wish(), REQUEST)
    shop.wire.calls.clear()
    await shop.cases.create_booking(wish(start=TEN + timedelta(hours=2)), OTHER)
    assert "create_customer" not in shop.wire.calls
    assert "customers" not in shop.wire.calls


@virtually
async def test_a_second_customer_joins_a_group() -> None:
    """One appointment for both."""
    shop = Shop()
    await shop.cases.create_booking(wish(service=COURSE), REQUEST)
    await shop.cases.create_booking(wish("una", service=COURSE), OTHER)
    assert [[who.name for who in one.attendees] for one in shop.mailbox.appointments] == [["vic", "una"]]


@virtually
async def test_two_who_want_the_same_get_it_once() -> None:
    """In two workers at once."""
    shop = Shop()
    shop.wire.latency = 0.05
    tries = (shop.cases.create_booking(wish(), REQUEST), shop.hire().create_booking(wish("una"), OTHER))
    ended = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(isinstance(one, RulesBroken) for one in ended) == [False, True]
    assert len(list(shop.mailbox.appointments)) == 1


@virtually
async def test_the_locks_that_the_facts_called_for_are_taken_in_the_next_round() -> None:
    """Foreseen was a seat, which was gone when the context were read: the staff's day is needed as well."""
    shop = Shop()
    seated = shop.seat("zoe")
    await shop.cases.availability(SlotQuery(SHOP, COURSE.id, TEN.date(), TEN.date()))
    shop.mailbox.delete(seated.id)

    await shop.cases.create_booking(wish(service=COURSE), REQUEST)

    record = await shop.stores.idempotency.get(REQUEST.key)
    assert record is not None
    assert record.attempt is not None
    needed = (service_start_lock(SHOP, COURSE.id, TEN), staff_day_lock(SHOP, "bob", TEN.date()))
    assert record.attempt.locks == tuple(sorted(needed))


@virtually
async def test_a_move_counts_for_every_worker_before_graph_lists_it() -> None:
    """The list still has it where it was, and nobody else gets the new time."""
    desk = ManagedDesk()
    row = await desk.book()
    desk.graph.lag(timedelta(minutes=1))
    await desk.move(row, LATER)
    with pytest.raises(RulesBroken, match="slot-taken"):
        await desk.hire().create_booking(wish("una", start=LATER), OTHER)


@virtually
async def test_a_group_that_the_staff_took_away_keeps_nobody_from_its_time() -> None:
    """Our own write counts until the lists show it; what they should show by now, and do not, is gone."""
    shop = Shop()
    await shop.cases.create_booking(
        wish("zoe", start=TEN + timedelta(hours=2)), replace(REQUEST, key="c1" * 32)
    )
    await asyncio.sleep(LIST_LAG.total_seconds())  # one write of that day is old enough, and is another one's
    await shop.cases.create_booking(wish(service=COURSE), REQUEST)
    [_, made] = list(shop.mailbox.appointments)
    shop.mailbox.delete(made.id)

    await asyncio.sleep(LIST_LAG.total_seconds() / 2)
    for _ in range(2):  # as it is too early to know
        with pytest.raises(SlotBusy):
            await shop.cases.create_booking(wish("una", service=COURSE), OTHER)
    await asyncio.sleep(LIST_LAG.total_seconds() / 2)
    with pytest.raises(SlotBusy):
        await shop.cases.create_booking(wish("una", service=COURSE), OTHER)
    await shop.hire().create_booking(wish("una", service=COURSE), OTHER)

    assert [[who.name for who in one.attendees] for one in shop.mailbox.appointments] == [["zoe"], ["una"]]


@virtually
async def test_what_was_taken_away_is_forgotten_on_the_days_of_the_business() -> None:
    """Where it is noon of the next day already, half a world away."""
    shop = Shop()
    far = replace(CATALOGUE.business, time_zone="Pacific/Kiritimati")
    shop.mailbox.catalogue = replace(CATALOGUE, business=far)
    late = TEN.replace(hour=22)
    await shop.cases.create_booking(wish(service=COURSE, start=late), REQUEST)
    [made] = list(shop.mailbox.appointments)
    shop.mailbox.delete(made.id)
    await asyncio.sleep(LIST_LAG.total_seconds())

    with pytest.raises(SlotBusy):
        await shop.cases.create_booking(wish("una", service=COURSE, start=late), OTHER)
    seen = shop.writer.recent.last_seen.get(SHOP, late.date() + timedelta(days=1))
    assert seen is not None
    assert seen.appointments == ()
    await shop.hire().create_booking(wish("una", service=COURSE, start=late), OTHER)

    assert [[who.name for who in one.attendees] for one in shop.mailbox.appointments] == [["una"]]


@virtually
async def test_a_group_that_the_lists_show_is_not_forgotten() -> None:
    """Whatever reading it says."""
    shop = Shop()
    await shop.cases.create_booking(wish(service=COURSE), REQUEST)
    await asyncio.sleep(2 * LIST_LAG.total_seconds())
    for _ in range(2):
        shop.arm("appointment", Missing)
        with pytest.raises(SlotBusy):
            await shop.cases.create_booking(wish("una", service=COURSE), OTHER)
    await shop.cases.create_booking(wish("una", service=COURSE), OTHER)
    assert [[who.name for who in one.attendees] for one in shop.mailbox.appointments] == [["vic", "una"]]


@virtually
async def test_nobody_books_where_somebody_else_writes() -> None:
    """Their lock is waited for in vain."""
    shop = Shop()
    assert await shop.stores.locks.try_acquire(ANN_S_DAY, "other", shop.clock(), timedelta(minutes=1))
    with pytest.raises(SlotBusy):
        await shop.cases.create_booking(wish(), REQUEST)
    assert list(shop.mailbox.appointments) == []


@virtually
async def test_a_plan_with_nothing_to_write_is_busy() -> None:
    """Judged to be right, and nobody is there: no rule says so, so the writer does."""
    shop = Shop()
    planner = shop.cases.create_booking.planner
    booking = replace(shop.cases.create_booking, planner=_Emptied(planner))  # type: ignore[arg-type]
    with pytest.raises(SlotBusy):
        await booking(wish(), REQUEST)
    assert list(shop.mailbox.appointments) == []


class _Emptied:
    """A planner whose plans name neither a staff member nor an appointment."""

    def __init__(self, planner: object) -> None:
        self._planner = planner

    async def foresee(self, *given: object) -> frozenset[str]:
        found: frozenset[str] = await self._planner.foresee(*given)  # type: ignore[attr-defined]
        return found

    async def plan(self, *given: object) -> object:
        return replace(await self._planner.plan(*given), staff_id=None, target=None)  # type: ignore[attr-defined]


@virtually
async def test_a_request_ends_within_its_budget() -> None:
    """Silence all the way: told where the answer will be."""
    shop = Shop()
    shop.wire.arm("create_appointment", Ending("silence", done=0, silent=True))
    began = shop.clock()
    with pytest.raises(OutcomeUnknown):
        await shop.cases.create_booking(wish(), REQUEST)
    assert shop.clock() - began <= timedelta(seconds=25)
    assert await shop.free_locks(ANN_S_DAY) == []


@virtually
async def test_the_timer_ends_what_the_request_could_not() -> None:
    """The same answer as the request would have had."""
    shop = Shop()
    shop.arm("create_appointment", Unreachable, done=1)
    shop.arm("calendar_view", Unreachable, nth=2, times=None)
    with pytest.raises(OutcomeUnknown) as caught:
        await shop.cases.create_booking(wish(), REQUEST)
    shop.wire.disarm()
    await asyncio.sleep(80)

    await shop.cases.upkeep()

    record = await shop.stores.idempotency.get(REQUEST.key)
    assert record is not None
    assert (record.state, record.reference) == (State.COMPLETED, caught.value.reference)
    booked = await shop.cases.create_booking(wish(), REQUEST)
    assert (booked.is_replay, booked.body) == (True, record.answer)


class LongLag(Shop):
    """A shop whose lists are said to lag for so long."""

    async def shown(self, lag: timedelta, age: timedelta) -> bool:
        """Whether our own write of this age counts though Graph does not list it."""
        cases = UseCases(
            self.graph,
            self.stores,
            self.clock,
            new_id=lambda: "id",
            timings=Timings(list_lag=lag),
            secret=b"secret",
            render=render,
            mailboxes={"shop": SHOP},
            zones={},
        )
        made: Appointment = an_appointment()
        await self.stores.ledger.record(SHOP, [TEN.date()], LedgerEntry(made, self.clock() - age))
        found = await cases.availability(SlotQuery(SHOP, TALK.id, TEN.date(), TEN.date()))
        return TEN not in {one.start for one in found.slots}


@pytest.mark.parametrize(("lag", "counts"), [(LIST_LAG, LAG), (timedelta(minutes=5), timedelta(minutes=10))])
@virtually
async def test_our_own_writes_count_for_twice_the_lists_lag(lag: timedelta, counts: timedelta) -> None:
    """At least for two minutes; then Graph's word counts."""
    assert await LongLag().shown(lag, counts)
    assert not await LongLag().shown(lag, counts + MOMENT)


@virtually
async def test_a_hidden_service_is_booked_for_a_partner_alone() -> None:
    """To everybody else it does not exist, and nothing is asked of the calendar."""
    shop = Shop()
    hidden = replace(TALK, is_hidden_from_customers=True)
    shop.mailbox.catalogue = replace(CATALOGUE, services={**CATALOGUE.services, TALK.id: hidden})
    with pytest.raises(NotFound):
        await shop.cases.create_booking(wish(), REQUEST)
    assert dict(shop.wire.calls) == {"catalogue": 1}

    await shop.cases.create_booking(replace(wish(), is_partners=True), OTHER)
    assert [one.service_id for one in shop.mailbox.appointments] == [TALK.id]
