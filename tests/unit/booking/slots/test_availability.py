"""Days read in two calls and shared for seconds, and the list of slots made from them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.booking.ports import Check
from shared.booking.records import LedgerEntry
from shared.booking.slots.availability import Availability, SlotQuery
from shared.booking.slots.calendar import LAG, LIFE, LONGEST_READ, DayViews
from shared.booking.slots.catalogue import Catalogues
from shared.domain.errors import NotFound, RulesBroken, Unavailable
from shared.domain.intervals import Interval, day_span
from shared.domain.model import (
    Appointment,
    Attendee,
    AvailabilityStatus,
    Business,
    Catalogue,
    Customer,
    Draft,
    PolicySettings,
    Reminder,
    StaffAvailability,
)
from shared.tables.memory import MemoryLedger
from tests.unit.domain.rules.situation import (
    ANN,
    BOB,
    BUSINESS,
    HOUR,
    MINUTE,
    SERVICE,
    ZONE,
    appointment,
    at,
    is_sentence,
)

MONDAY = date(2026, 6, 1)
DAY = timedelta(days=1)
INVITED = replace(ANN, id="eve", membership_status="pendingAcceptance")
HIDDEN = replace(SERVICE, id="hidden", is_hidden_from_customers=True)
COURSE = replace(SERVICE, id="course", maximum_attendees_count=3, pre_buffer=20 * MINUTE, post_buffer=HOUR)
CATALOGUE = Catalogue(
    BUSINESS,
    {one.id: one for one in (SERVICE, HIDDEN, COURSE)},
    {one.id: one for one in (ANN, BOB, INVITED)},
)


@dataclass
class Calendar:
    """Graph as far as reading goes; counts its calls and how many of them were under way at once."""

    appointments: tuple[Appointment, ...] = ()
    spans: list[Interval] = field(default_factory=list)
    staff: list[tuple[str, ...]] = field(default_factory=list)
    calls: int = 0
    together: int = 0
    under_way: int = 0
    fails: bool = False
    catalogue_: Catalogue = CATALOGUE

    async def _call(self) -> None:
        self.calls += 1
        self.under_way += 1
        self.together = max(self.together, self.under_way)
        await asyncio.sleep(0.01)
        self.under_way -= 1
        if self.fails:
            raise Unavailable("calendarView.list", 503)

    async def catalogue(self, business: str, time_zone: str | None = None) -> Catalogue:
        assert (business, time_zone) == (BUSINESS.id, None)
        return self.catalogue_

    async def business(self, business: str, time_zone: str | None = None) -> Business:
        raise NotImplementedError

    async def calendar_view(self, business: str, span: Interval) -> tuple[Appointment, ...]:
        assert business == BUSINESS.id
        self.spans.append(span)
        await self._call()
        return tuple(a for a in self.appointments if a.span.overlaps(span))

    async def staff_availability(
        self, business: str, staff_ids: Sequence[str], span: Interval
    ) -> Mapping[str, tuple[StaffAvailability, ...]]:
        assert business == BUSINESS.id
        self.staff.append(tuple(staff_ids))
        await self._call()
        return {i: (StaffAvailability(AvailabilityStatus.AVAILABLE, span),) for i in staff_ids}

    async def reminders(self, business: str, service_id: str) -> tuple[Reminder, ...]:
        raise NotImplementedError

    async def appointment(self, business: str, appointment_id: str) -> Appointment:
        raise NotImplementedError

    async def appointments_since(self, business: str, since: datetime) -> tuple[Appointment, ...]:
        raise NotImplementedError

    async def create_appointment(self, business: str, draft: Draft, *, check: Check) -> Appointment:
        raise NotImplementedError

    async def replace_attendees(
        self,
        business: str,
        appointment_id: str,
        attendees: Sequence[Attendee],
        service_notes: str | None = None,
        *,
        check: Check,
    ) -> None:
        raise NotImplementedError

    async def move_appointment(
        self, business: str, appointment_id: str, span: Interval, staff_ids: Sequence[str], *, check: Check
    ) -> None:
        raise NotImplementedError

    async def cancel_appointment(
        self, business: str, appointment_id: str, reason: str, *, check: Check
    ) -> None:
        raise NotImplementedError

    async def opt_out(self, business: str, appointment_id: str, *, check: Check) -> None:
        raise NotImplementedError

    async def delete_appointment(self, business: str, appointment_id: str, *, check: Check) -> None:
        raise NotImplementedError

    async def appointments_page(self, business: str, page: str | None) -> tuple[Sequence[str], str | None]:
        raise NotImplementedError

    async def customers_page(self, business: str, page: str | None) -> tuple[Sequence[Customer], str | None]:
        raise NotImplementedError

    async def clear_attendees(
        self,
        business: str,
        appointment_id: str,
        attendees: Sequence[Attendee],
        service_notes: str,
        *,
        check: Check,
    ) -> None:
        raise NotImplementedError

    async def delete_customer(self, business: str, customer_id: str, *, check: Check) -> None:
        raise NotImplementedError

    def customers(self, business: str) -> AsyncIterator[Sequence[Customer]]:
        raise NotImplementedError

    async def customer(self, business: str, customer_id: str) -> Customer:
        raise NotImplementedError

    async def create_customer(self, business: str, customer: Customer, *, check: Check) -> Customer:
        raise NotImplementedError


class World:
    """Views and the use case over one calendar, a ledger in memory and a clock that is set by hand."""

    def __init__(self, *appointments: Appointment, catalogue: Catalogue = CATALOGUE) -> None:
        self.now = at("07:00").astimezone(UTC)
        self.graph = Calendar(appointments, catalogue_=catalogue)
        self.ledger = MemoryLedger()
        self.views = DayViews(self.graph, self.ledger, lambda: self.now)
        self.availability = Availability(
            Catalogues(self.graph, lambda: self.now, {}), self.views, lambda: self.now
        )

    async def remember(self, written: Appointment, ago: timedelta = timedelta()) -> None:
        entry = LedgerEntry(written, self.now - ago)
        await self.ledger.record(BUSINESS.id, [MONDAY], entry)

    async def fresh(self) -> tuple[Appointment, ...]:
        return (await self.views.fresh(CATALOGUE, MONDAY, MONDAY)).appointments

    def ask(self, **changes: object) -> SlotQuery:
        query = SlotQuery(BUSINESS.id, "haircut", MONDAY, MONDAY)
        return replace(query, **changes)  # type: ignore[arg-type]


# Reading


async def test_a_fresh_view_is_two_calls_at_once() -> None:
    """The calendar and the staff are read side by side, so that a view takes one call's time."""
    world = World()
    await world.views.fresh(CATALOGUE, MONDAY, MONDAY + 6 * DAY)
    assert (world.graph.calls, world.graph.together) == (2, 2)


async def test_a_view_reaches_beyond_its_days() -> None:
    """What an appointment at 23:45 and a neighbour's buffers take lies in the day after: it is read too."""
    world = World()
    view = await world.views.fresh(CATALOGUE, MONDAY, MONDAY)
    day = day_span(MONDAY, ZONE)
    reach = 30 * MINUTE + 20 * MINUTE + HOUR
    assert view.span.start <= day.start - reach
    assert view.span.end >= day.end + reach + 20 * MINUTE
    assert world.graph.spans == [view.span]


async def test_availability_is_asked_for_all_active_staff() -> None:
    """One answer serves every service; who is not active is not asked about."""
    world = World()
    await world.views.fresh(CATALOGUE, MONDAY, MONDAY)
    assert world.graph.staff == [("ann", "bob")]


async def test_a_business_without_active_staff_is_not_asked_about_them() -> None:
    """Graph answers an empty list with an error 500."""
    world = World()
    view = await world.views.fresh(replace(CATALOGUE, staff={}), MONDAY, MONDAY)
    assert world.graph.staff == []
    assert view.availability == {}


async def test_long_ranges_are_read_in_parts_that_join_without_a_gap() -> None:
    """Graph documents no limit for a range, so none is tried."""
    world = World(appointment("2026-07-12 23:00", "2026-07-13 01:00", "ann"))
    view = await world.views.fresh(CATALOGUE, MONDAY, MONDAY + 61 * DAY)
    assert world.graph.calls == 4
    assert max(span.length for span in world.graph.spans) <= (LONGEST_READ + 1) * DAY
    assert view.span.start < day_span(MONDAY, ZONE).start
    assert view.span.end > day_span(MONDAY + 61 * DAY, ZONE).end
    assert len(view.appointments) == 1
    first, second = sorted(world.graph.spans)
    assert first.end > second.start


# What Graph does not show yet


async def test_a_booking_of_ours_counts_before_graph_lists_it() -> None:
    """Lists may lag behind a write; nobody else gets the slot meanwhile. Its attendees stay private."""
    world = World()
    ours = appointment("10:00", "10:30", "ann", attendees=(Attendee("c", "Jordan", "j@contoso.com"),))
    await world.remember(ours)
    assert await world.fresh() == (replace(ours, attendees=()),)


async def test_a_booking_that_graph_still_does_not_list_later_is_gone() -> None:
    """After the lag Graph's word counts: somebody has removed the appointment by hand."""
    world = World()
    await world.remember(appointment("10:00", "10:30", "ann"), ago=LAG + MINUTE)
    assert await world.fresh() == ()


@pytest.mark.parametrize(("listed", "ours", "counts"), [(1, 2, 2), (3, 2, 3)])
async def test_the_larger_number_of_filled_seats_counts(listed: int, ours: int, counts: int) -> None:
    """A join that the list does not show yet takes its seat; one of somebody else's too."""
    shown = appointment("10:00", "10:30", "ann", maximum_attendees=5, filled=listed)
    world = World(shown)
    await world.remember(replace(shown, filled=ours))
    assert await world.fresh() == (replace(shown, filled=counts),)


async def test_what_was_taken_back_does_not_count() -> None:
    """An entry with nobody in it says that the appointment is no more."""
    world = World()
    await world.remember(appointment("10:00", "10:30", "ann", filled=0))
    assert await world.fresh() == ()


async def test_a_booking_of_another_day_is_not_put_into_this_one() -> None:
    """The ledger answers by days, the view is about instants."""
    world = World()
    await world.remember(appointment("2026-06-20 10:00", "2026-06-20 10:30", "ann"))
    assert await world.fresh() == ()


# Sharing


async def test_a_hundred_visitors_cost_two_calls() -> None:
    """Whoever asks for the same days within 15 seconds gets what the first one had read."""
    world = World()
    await asyncio.gather(*(world.availability(world.ask()) for _ in range(50)))
    world.now += LIFE - timedelta(seconds=1)
    await asyncio.gather(*(world.availability(world.ask()) for _ in range(50)))
    assert world.graph.calls == 2


async def test_after_fifteen_seconds_it_is_read_again() -> None:
    """Nobody sees slots that are older."""
    world = World()
    await world.availability(world.ask())
    world.now += LIFE
    await world.availability(world.ask())
    assert world.graph.calls == 4


async def test_other_days_of_the_same_weeks_and_other_services_cost_nothing() -> None:
    """Ranges are read in whole weeks, for all services, so that visitors meet in the cache."""
    world = World()
    await world.availability(world.ask(last=MONDAY + 20 * DAY))
    for first in range(0, 20, 3):
        await world.availability(world.ask(first=MONDAY + first * DAY, last=MONDAY + 20 * DAY))
        await world.availability(world.ask(service_id="course", last=MONDAY + first * DAY))
    assert world.graph.calls == 2


async def test_only_weeks_that_are_missing_are_read_and_in_one_go() -> None:
    """The week that is there is not read again; the three that follow are one read."""
    world = World()
    await world.availability(world.ask())
    world.graph.spans.clear()
    result = await world.availability(world.ask(last=MONDAY + 27 * DAY))
    assert world.graph.calls == 4
    (span,) = world.graph.spans
    assert span.start > day_span(MONDAY + 6 * DAY, ZONE).start
    assert {slot.start.astimezone(ZONE).date() for slot in result.slots} >= {MONDAY, MONDAY + 25 * DAY}


async def test_a_range_of_62_days_costs_two_reads_for_everybody() -> None:
    """The longest range, 100 visitors: four calls at most, side by side."""
    world = World()
    asked = world.ask(last=MONDAY + 61 * DAY)
    await asyncio.gather(*(world.availability(asked) for _ in range(10)))
    assert world.graph.calls <= 4


async def test_the_visitor_who_leaves_does_not_spoil_it_for_the_others() -> None:
    """The read goes on when the request that began it is given up."""
    world = World()
    first = asyncio.create_task(world.availability(world.ask()))
    second = asyncio.create_task(world.availability(world.ask()))
    await asyncio.sleep(0.005)
    first.cancel()
    assert (await second).slots
    assert world.graph.calls == 2


async def test_a_failure_is_not_shared_for_seconds() -> None:
    """Everybody who waited learns of it; the next one reads anew."""
    world = World()
    world.graph.fails = True
    answers = await asyncio.gather(
        *(world.availability(world.ask()) for _ in range(3)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    world.graph.fails = False
    assert (await world.availability(world.ask())).slots


async def test_a_booking_of_ours_is_seen_at_once_by_everybody() -> None:
    """Dropping a day forgets its week, and the weeks that it borders on, of this business only."""
    world = World()
    await world.availability(world.ask(last=MONDAY + 20 * DAY))
    world.views.drop("other@contoso.com", [MONDAY])
    await world.availability(world.ask(last=MONDAY + 20 * DAY))
    assert world.graph.calls == 2
    world.views.drop(BUSINESS.id, [MONDAY + 7 * DAY])
    world.graph.appointments = tuple(appointment("10:00", "10:30", who, id=who) for who in ("ann", "bob"))
    found = await world.availability(world.ask())
    assert at("10:00") not in {slot.start for slot in found.slots}
    calls = world.graph.calls
    await world.availability(world.ask(first=MONDAY + 14 * DAY, last=MONDAY + 20 * DAY))
    assert world.graph.calls == calls


# Slots


async def test_slots_of_a_day() -> None:
    """Monday from 8:00 to 16:30 every quarter of an hour, in UTC, with the policy that counts."""
    found = await World().availability(World().ask())
    assert found.slots[0].start == datetime(2026, 6, 1, 13, 0, tzinfo=UTC)
    assert len(found.slots) == 35
    assert found.refusals == ()
    assert found.policy.time_slot_interval == 15 * MINUTE
    assert found.zone.key == "America/Chicago"
    assert (found.catalogue.staff, found.service, found.is_explained) == (CATALOGUE.staff, SERVICE, False)


async def test_the_dates_are_those_of_the_zone_asked_for() -> None:
    """Tuesday in Tokyo begins while it is Monday 10:00 in Chicago, and ends before Tuesday 10:00."""
    tuesday = MONDAY + DAY
    found = await World().availability(World().ask(first=tuesday, last=tuesday, time_zone="Asia/Tokyo"))
    starts = [slot.start for slot in found.slots]
    assert (starts[0], starts[-1]) == (at("10:00"), at("2026-06-02 09:45"))
    assert found.zone.key == "Asia/Tokyo"


async def test_windows_names_of_zones_are_understood() -> None:
    """What a mobile app on Windows sends."""
    found = await World().availability(World().ask(time_zone="Central Standard Time"))
    assert found.zone.key == "America/Chicago"


async def test_reasons_on_demand() -> None:
    """Every start of the grid is either a slot or a refusal; 8:45 is too soon at 8:00."""
    world = World()
    world.now = at("08:00").astimezone(UTC)
    found = await world.availability(world.ask(explain=True))
    assert found.is_explained
    assert len(found.slots) + len(found.refusals) == 96
    codes = {refusal.start: [v.code for v in refusal.violations] for refusal in found.refusals}
    assert codes[at("08:45").astimezone(UTC)] == ["too-soon"]


async def test_the_evening_before_counts() -> None:
    """An appointment that begins on Sunday and lasts until Monday, 8:30, takes Monday's first slot."""
    late = appointment("2026-05-31 20:00", "08:30", "ann", "bob")
    found = await World(late).availability(World().ask())
    assert found.slots[0].start == at("08:30")


@pytest.mark.parametrize("service_id", ["nobody", "hidden", ""])
async def test_services_that_are_not_for_the_public_do_not_exist(service_id: str) -> None:
    """A hidden service is not told apart from one that is not there."""
    with pytest.raises(NotFound) as refused:
        await World().availability(World().ask(service_id=service_id))
    assert refused.value.what == "service"


async def test_staff_who_do_not_exist() -> None:
    """An id that is nobody's is not found, before the calendar is read."""
    world = World()
    with pytest.raises(NotFound) as refused:
        await world.availability(world.ask(staff_id="zoe"))
    assert (refused.value.what, refused.value.pointer) == ("staff", "/staffId")
    assert world.graph.calls == 0


async def test_slots_of_one_staff_member() -> None:
    """Ann is taken at 10:00, Bob is not."""
    world = World(appointment("10:00", "10:30", "ann"))
    ann, bob = [await world.availability(world.ask(staff_id=who)) for who in ("ann", "bob")]
    assert at("10:00") not in {slot.start for slot in ann.slots}
    assert at("10:00") in {slot.start for slot in bob.slots}
    assert {slot.staff_ids for slot in ann.slots} == {("ann",)}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"first": MONDAY + DAY, "last": MONDAY}, ["range-reversed"]),
        ({"last": MONDAY + 62 * DAY}, ["range-too-long"]),
        ({"first": MONDAY - 3 * DAY, "last": MONDAY - DAY}, ["range-in-the-past"]),
        ({"first": date.min, "last": date.min}, ["range-in-the-past"]),
        ({"first": date.max, "last": date.max}, ["range-too-far"]),
        ({"first": date.max, "last": date.min}, ["range-reversed", "range-in-the-past"]),
        ({"time_zone": "Mars/Olympus"}, ["unknown-time-zone"]),
    ],
)
async def test_ranges_that_are_refused(changes: Mapping[str, object], codes: list[str]) -> None:
    """Each with its code, all at once, and without a call to Graph."""
    world = World()
    with pytest.raises(RulesBroken) as refused:
        await world.availability(world.ask(**changes))
    assert [violation.code for violation in refused.value.violations] == codes
    assert all(is_sentence(violation.detail) for violation in refused.value.violations)
    pointer = "/timeZone" if "time_zone" in changes else "/to"
    assert {violation.pointer for violation in refused.value.violations} == {pointer}
    assert world.graph.calls == 0


async def test_the_longest_range_and_one_that_began_in_the_past() -> None:
    """62 days are allowed; of a range that has begun there are the slots that are still to come."""
    world = World()
    found = await world.availability(world.ask(first=MONDAY - 2 * DAY, last=MONDAY + 59 * DAY))
    assert found.slots[0].start == at("08:00")


@pytest.mark.parametrize("is_explained", [False, True])
@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        ("07:00", date(2026, 8, 31), date(2026, 9, 6)),
        ("07:00", date(2036, 5, 30), date(2036, 6, 1)),
        ("2026-06-01 23:30", MONDAY, MONDAY),
        ("2026-06-01 23:00", MONDAY, MONDAY),
    ],
)
async def test_nobody_is_asked_about_days_that_cannot_be_booked(
    now: str, first: date, last: date, *, is_explained: bool
) -> None:
    """Beyond the maximum advance, or when the rest of the day is too soon: no slot, and no call to Graph."""
    world = World()
    world.now = at(now).astimezone(UTC)

    found = await world.availability(world.ask(first=first, last=last, explain=is_explained))

    codes = {code.code for one in found.refusals for code in one.violations}
    lead_time = "too-soon" if first == MONDAY else "too-far"
    assert (found.slots, world.graph.calls) == ((), 0)
    assert codes == ({lead_time, "outside-business-hours"} if is_explained else set())
    assert len(found.refusals) == (96 * ((last - first).days + 1) if is_explained else 0)


async def test_only_the_days_within_reach_are_read() -> None:
    """Of sixty days, forty-five of them over or too far ahead, two weeks are read."""
    policy = replace(BUSINESS.policy or PolicySettings(), maximum_advance=10 * DAY)
    world = World(catalogue=replace(CATALOGUE, business=replace(BUSINESS, policy=policy)))

    found = await world.availability(world.ask(first=MONDAY - 20 * DAY, last=MONDAY + 39 * DAY))

    assert (found.slots[0].start, found.slots[-1].start) == (at("08:00"), at("2026-06-10 16:30"))
    (span,) = world.graph.spans
    assert (span.start, span.end) == (at("2026-06-01") - 190 * MINUTE, at("2026-06-15") + 190 * MINUTE)


async def test_the_last_instant_of_the_maximum_advance_is_offered() -> None:
    """At exactly the maximum advance something may begin, a moment later nothing."""
    policy = replace(BUSINESS.policy or PolicySettings(), maximum_advance=91 * DAY)
    world = World(catalogue=replace(CATALOGUE, business=replace(BUSINESS, policy=policy)))
    world.now = at("10:00").astimezone(UTC)

    found = await world.availability(world.ask(first=date(2026, 8, 31), last=date(2026, 8, 31)))

    assert found.slots[-1].start == at("2026-08-31 10:00")


@pytest.mark.parametrize(
    ("step", "days", "most", "is_partners"),
    [
        (15, 7, 7, False),
        (15, 8, 7, False),
        (5, 8, 7, False),
        (1, 1, 1, False),
        (1, 2, 1, False),
        (2, 3, 2, False),
        (15, 21, 62, True),
        (5, 20, 20, True),
        (5, 21, 20, True),
        (1, 5, 4, True),
    ],
)
async def test_reasons_are_given_for_a_few_days(step: int, days: int, most: int, is_partners: bool) -> None:
    """Seven days, or as many as have 2,016 starts, and for partners all, or as many as have 5,952.

    More are refused at the parameter, before any call.
    """
    policy = replace(BUSINESS.policy or PolicySettings(), time_slot_interval=step * MINUTE)
    world = World(catalogue=replace(CATALOGUE, business=replace(BUSINESS, policy=policy)))
    asked = world.ask(last=MONDAY + (days - 1) * DAY, explain=True, is_partners=is_partners)
    if days <= most:
        found = await world.availability(asked)
        assert len(found.slots) + len(found.refusals) == days * 1440 // step
        return

    with pytest.raises(RulesBroken) as refused:
        await world.availability(asked)

    (violation,) = refused.value.violations
    assert (violation.code, violation.pointer) == ("range-too-long", "/explain")
    assert f"at most {most} {'days' if most > 1 else 'day'} can be asked for." in violation.detail
    assert world.graph.calls == 0
