"""What this worker saw last, and what the facade wrote itself: both count before Graph's lists show it."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from shared.booking.ports import Clock, Ledger
from shared.booking.records import Kind, LedgerEntry
from shared.booking.slots.calendar import DayViews, days_of
from shared.booking.writes.outcomes import Confirmation
from shared.domain.model import Appointment, DayView
from shared.domain.zones import iana_zone

LIMIT = 256
"""Views of days that are remembered, over all businesses."""


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
        while len(self._views) > LIMIT:
            self._views.popitem(last=False)

    def add(self, business: str, days: Iterable[date], booked: Appointment) -> None:
        """Let the views of these days show an appointment, unless nobody is in it any more."""
        for key in ((business, day) for day in days):
            if key in self._views:
                view = self._views[key]
                others = tuple(one for one in view.appointments if one.id != booked.id)
                shown = (booked,) if booked.filled and booked.span.overlaps(view.span) else ()
                self._views[key] = replace(view, appointments=(*others, *shown))


class RecentWrites:
    """Lets everybody who judges know of a booking that stands, before Graph lists it."""

    def __init__(self, ledger: Ledger, views: DayViews, last_seen: LastSeen, clock: Clock) -> None:
        self._ledger = ledger
        self._views = views
        self._last_seen = last_seen
        self._clock = clock

    async def __call__(self, made: Confirmation) -> None:
        """Remember it and what it changed, in all workers; raises StoreUnavailable.

        The last form of an appointment counts on all days on which it was or is.
        """
        business = made.catalogue.business
        zone, written = iana_zone(business.time_zone), self._clock()
        stands = () if made.kind is Kind.CANCEL else (made.appointment,)
        forms = {one.id: one for one in (*made.changed, *stands)}
        days = {one: set[date]() for one in forms}
        for one in (*made.changed, *stands):
            days[one.id].update(days_of(one.occupied, zone))
        for one in forms.values():
            booked = replace(one, attendees=(), service_notes=None)
            self._views.drop(business.id, days[one.id])
            self._last_seen.add(business.id, days[one.id], booked)
            await self._ledger.record(business.id, days[one.id], LedgerEntry(booked, written))
