"""What the calendar looks like: whole local days, read in two calls, fresh or shared for seconds.

Graph's lists may lag behind a write, so the facade's own recent writes are merged in. Availability is
asked for all active staff, so that one answer serves every service of the business.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from shared.booking.ports import Clock, Graph, Ledger
from shared.booking.records import LedgerEntry
from shared.booking.slots.single_flight import SharedReads, SingleFlight
from shared.booking.slots.staff_calendar import StaffCalendar
from shared.domain.intervals import ONE_DAY, Interval, day_span, local_day
from shared.domain.model import Appointment, Catalogue, DayView, Service
from shared.domain.roster import ACTIVE
from shared.domain.zones import iana_zone

LIFE = timedelta(seconds=15)
"""How long visitors share what was read."""

LAG = timedelta(minutes=2)
"""How long a write of ours may be missing from Graph's lists; until then it counts as done."""

LONGEST_READ = 42
"""Days in one call: six weeks hold any calendar month. Graph documents no limit, so longer is cut."""

MOST_TOGETHER = 150
"""Appointments, about, in a read that is made wider for several: fewer than Graph lists in one page."""

MOST_DAYS = 256
"""Views of days that are remembered, over all businesses."""

WEEK = 7
LIMIT = 512
"""Weeks kept, over all businesses."""

_Asked = tuple[str, tuple[str, ...]]
"""A mailbox and the staff of it who are asked for."""

_Listed = Callable[[_Asked, Interval], Awaitable[DayView]]


class DayViews:
    """Views of businesses' calendars; every date is local to the business, first and last included."""

    def __init__(
        self,
        graph: Graph,
        ledger: Ledger,
        clock: Clock,
        lag: timedelta = LAG,
        on_refused: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._lag = lag
        self._graph = graph
        self._staff = StaffCalendar(graph, clock, on_refused)
        self._ledger = ledger
        self._clock = clock
        self._reads = SharedReads(self._listed, self._fits)
        self._a_day: dict[str, float] = {}
        self._weeks: SingleFlight[tuple[str, date], DayView] = SingleFlight(clock, LIFE, LIMIT)

    async def fresh(self, catalogue: Catalogue, first: date, last: date) -> DayView:
        """The days as they are now: two concurrent Graph calls for each six weeks; raises GraphError.

        While others of the same business wait for theirs, it is one read for all of them; it begins after
        this call in any case, so whoever holds locks may judge by it.
        """
        return await self._days(catalogue, first, last, self._reads.get)

    async def _days(self, catalogue: Catalogue, first: date, last: date, listed: _Listed) -> DayView:
        cuts = range(0, (last - first).days + 1, LONGEST_READ)
        parts = [(first + ONE_DAY * n, min(last, first + ONE_DAY * (n + LONGEST_READ - 1))) for n in cuts]
        return _merged(await asyncio.gather(*(self._read(catalogue, *part, listed) for part in parts)))

    async def shared(self, catalogue: Catalogue, first: date, last: date) -> DayView:
        """The days as they were at most 15 seconds ago, in whole weeks shared by all visitors.

        Whatever weeks are missing are read together, so that a visitor costs at most one `fresh`, and
        visitors who ask for the same weeks at once cost one between them. Raises GraphError.
        """
        missing = _Together(lambda start, end: self._days(catalogue, start, end, self._listed))
        mailbox = catalogue.business.id
        reads = (self._weeks.get((mailbox, week), missing.reader(week)) for week in _weeks(first, last))
        return _merged(await asyncio.gather(*reads))

    def known(self, catalogue: Catalogue, first: date, last: date) -> DayView | None:
        """The days as visitors saw them last, however long ago, for guesses; None where nobody did."""
        seen = [self._weeks.known((catalogue.business.id, week)) for week in _weeks(first, last)]
        found = [view for view in seen if view is not None]
        return _merged(found) if len(found) == len(seen) else None

    def drop(self, business: str, days: Iterable[date]) -> None:
        """Forget what is shared of the weeks in which these days lie, or which they border on."""
        near = {day + ONE_DAY * n for day in days for n in (-1, 0, 1)}
        weeks = {_monday(day) for day in near}
        self._weeks.drop(lambda key: key[0] == business and key[1] in weeks)

    async def _read(self, catalogue: Catalogue, first: date, last: date, listed: _Listed) -> DayView:
        span = _span(catalogue, first, last)
        staff = tuple(one.id for one in catalogue.staff.values() if one.membership_status == ACTIVE)
        found, recent = await asyncio.gather(
            listed((catalogue.business.id, staff), span), self.recent(catalogue, span)
        )
        seen = _within(found, span)
        return replace(seen, appointments=_with_recent(seen.appointments, recent, span))

    async def _listed(self, of: _Asked, span: Interval) -> DayView:
        """What Graph says, without our own writes."""
        mailbox, staff = of
        appointments, availability = await asyncio.gather(
            self._graph.calendar_view(mailbox, span), self._staff.read(mailbox, staff, span)
        )
        self._a_day[mailbox] = len(appointments) / max(1.0, span.length / ONE_DAY)
        return DayView(span, appointments, availability)

    def _fits(self, of: _Asked, span: Interval) -> bool:
        """Whether a read of this span lists about a page: every further one would be another call."""
        days = span.length / ONE_DAY
        return days <= LONGEST_READ and days * self._a_day.get(of[0], 0.0) <= MOST_TOGETHER

    async def recent(self, catalogue: Catalogue, span: Interval) -> tuple[LedgerEntry, ...]:
        """What we wrote so lately that Graph's lists may not show it; raises StoreUnavailable."""
        days = days_of(span, iana_zone(catalogue.business.time_zone))
        return await self._ledger.recent(catalogue.business.id, days, self._clock() - self._lag)


class LastSeen:
    """The view of each day as this worker saw it last: good for guesses, never for judging."""

    def __init__(self) -> None:
        self._views: OrderedDict[tuple[str, date], DayView] = OrderedDict()

    def get(self, business: str, day: date) -> DayView | None:
        """The view of this local day of the business."""
        return self._views.get((business, day))

    def put(self, business: str, day: date, view: DayView) -> None:
        """Remember a view; the one that was seen longest ago goes first."""
        self._views[business, day] = view
        self._views.move_to_end((business, day))
        while len(self._views) > MOST_DAYS:
            self._views.popitem(last=False)

    def add(self, business: str, days: Iterable[date], booked: Appointment) -> None:
        """Let the views of these days show an appointment, unless nobody is in it any more."""
        for key in ((business, day) for day in days):
            if key in self._views:
                view = self._views[key]
                others = tuple(one for one in view.appointments if one.id != booked.id)
                shown = (booked,) if booked.filled and booked.span.overlaps(view.span) else ()
                self._views[key] = replace(view, appointments=(*others, *shown))


def days_of(span: Interval, zone: ZoneInfo) -> tuple[date, ...]:
    """The local days that a span touches, in order."""
    first, last = local_day(span.start, zone), local_day(span.end, zone)
    return tuple(first + ONE_DAY * n for n in range((last - first).days + 1))


class _Together:
    """Collects the weeks that nobody has read yet, and reads from the first to the last at once."""

    def __init__(self, read: Callable[[date, date], Awaitable[DayView]]) -> None:
        self._read = read
        self._weeks: list[date] = []
        self._reading: asyncio.Future[DayView] | None = None

    def reader(self, week: date) -> Callable[[], Awaitable[DayView]]:
        """What reads this week, together with the others whose readers are called in the same moment."""

        async def read() -> DayView:
            self._weeks.append(week)
            await asyncio.sleep(0)  # the readers of the other weeks were scheduled along with this one
            if self._reading is None:
                end = max(self._weeks) + ONE_DAY * (WEEK - 1)
                self._reading = asyncio.ensure_future(self._read(min(self._weeks), end))
            return await asyncio.shield(self._reading)

        return read


def _monday(day: date) -> date:
    return day - ONE_DAY * day.weekday()


def _weeks(first: date, last: date) -> list[date]:
    monday = _monday(first)
    return [monday + ONE_DAY * n for n in range(0, (last - monday).days + 1, WEEK)]


def _span(catalogue: Catalogue, first: date, last: date) -> Interval:
    """The days and as much around them as an appointment in them, or a neighbour's buffer, can reach."""
    zone = iana_zone(catalogue.business.time_zone)
    reach = max(map(_reach, catalogue.services.values()), default=timedelta())
    margin = max(reach, timedelta(hours=1))
    return Interval(day_span(first, zone).start, day_span(last, zone).end).widened(margin, margin)


def _reach(service: Service) -> timedelta:
    return service.default_duration + 2 * (service.pre_buffer + service.post_buffer)


def _within(view: DayView, span: Interval) -> DayView:
    """What a view says about a part of it."""
    if view.span == span:
        return view
    appointments = tuple(one for one in view.appointments if one.span.overlaps(span))
    availability = {
        one: tuple(replace(item, span=_cut(item.span, span)) for item in items if item.span.overlaps(span))
        for one, items in view.availability.items()
    }
    return DayView(span, appointments, availability)


def _cut(whole: Interval, span: Interval) -> Interval:
    return Interval(max(whole.start, span.start), min(whole.end, span.end))


def _with_recent(
    listed: Iterable[Appointment], recent: Iterable[LedgerEntry], span: Interval
) -> tuple[Appointment, ...]:
    """What Graph lists, and our own writes that it does not show yet or shows with fewer seats filled.

    An entry with nobody in it is one that was taken back. Where one that we moved is listed at another
    time or with other staff, nobody knows which of them is older, so both are taken.
    """
    found = {appointment.id: appointment for appointment in listed}
    elsewhere: list[Appointment] = []
    for entry in recent:
        ours, shown = entry.appointment, found.get(entry.appointment.id)
        if shown is not None:
            found[ours.id] = replace(shown, filled=max(shown.filled, ours.filled))
        is_missing = shown is None or (entry.is_moved and not _is_same(shown, ours))
        if is_missing and ours.filled and ours.span.overlaps(span):
            elsewhere.append(replace(ours, attendees=()))
    return (*found.values(), *elsewhere)


def _is_same(shown: Appointment, ours: Appointment) -> bool:
    """Whether it is listed as we wrote it."""
    return (shown.span, {*shown.staff_member_ids}) == (ours.span, {*ours.staff_member_ids})


def _merged(views: Iterable[DayView]) -> DayView:
    """Several views as one; an appointment in more than one of them counts once."""
    parts = list({id(view): view for view in views}.values())
    if len(parts) == 1:
        return parts[0]
    span = Interval(min(v.span.start for v in parts), max(v.span.end for v in parts))
    appointments = {a.id: a for v in parts for a in v.appointments}
    staff = {staff_id for v in parts for staff_id in v.availability}
    availability = {i: tuple(x for v in parts for x in v.availability.get(i, ())) for i in staff}
    return DayView(span, tuple(appointments.values()), availability)
