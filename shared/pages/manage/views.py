"""What the pages of a booking show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.api.responses.managed import BookingNow, booking_now
from shared.booking.manage.standing import Standing
from shared.domain.zones import iana_zone
from shared.pages.choose import utc_text
from shared.pages.details import elsewhere
from shared.pages.page_request import PageRequest
from shared.pages.result import join_links
from shared.pages.shop.places import Place, meeting_place
from shared.pages.shop.prices import price_text

MOVED, CANCELLED = "manage.moved", "manage.cancelled"
EVENTS: Mapping[str, str] = {MOVED: "rescheduled", CANCELLED: "cancelled"}


@dataclass(frozen=True, slots=True)
class BookingView:
    """A booking as it stands now, in the visitor's zone, else in that of the booking."""

    page: PageRequest
    standing: Standing

    @property
    def now(self) -> BookingNow:
        """The booking as the API tells it."""
        return booking_now(self.standing)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which its times are shown."""
        return self.page.zone or iana_zone(self.standing.row.time_zone)

    @property
    def start(self) -> datetime:
        """When it begins."""
        return self.standing.appointment.span.start

    @property
    def until(self) -> datetime | None:
        """Until when it can be moved and cancelled, None where it cannot."""
        may = (self.standing.can_cancel, self.standing.can_reschedule)
        return min((one.until for one in may if one.until is not None), default=None)

    @property
    def forbidden(self) -> Sequence[str]:
        """Why it cannot be moved or cancelled, in words."""
        may = (self.standing.can_cancel, self.standing.can_reschedule)
        return [self.page.t.code(one.code) for one in may if one.code is not None]

    def event(self, done: str | None) -> str | None:
        """What the website around the page is told that was just done, None where nothing was."""
        return EVENTS.get(done or "")

    @property
    def price(self) -> str | None:
        """What it costs, None if nobody said."""
        price = self.now.price
        return price_text(self.page.t, price.type, price.amount, price.currency)

    @property
    def end(self) -> datetime:
        """When it ends."""
        return self.standing.appointment.span.end

    @property
    def place(self) -> Place | None:
        """Where it is; None online, and where nobody knows."""
        if self.standing.service.is_location_online or self.join_links:
            return None
        where = self.standing.appointment.location or self.standing.service.default_location
        return meeting_place(self.standing.catalogue, self.now.place, where)

    @property
    def staff(self) -> str:
        """Who is there."""
        return ", ".join(one.name for one in self.now.staff)

    @property
    def join_links(self) -> Sequence[tuple[str, str]]:
        """Where to join, each with the key of its words."""
        return join_links(self.now.join_url, self.now.browser_join_url)

    @property
    def calendar(self) -> str:
        """Where the file for calendars is."""
        row = self.standing.row
        return f"/api/v1/businesses/{self.page.alias}/bookings/{row.reference}/calendar.ics"

    def elsewhere(self, instant: datetime) -> str | None:
        """The business's own time, where it differs."""
        return elsewhere(self.page.t, self.standing.catalogue, instant, self.zone)


@dataclass(frozen=True, slots=True)
class MoveView:
    """Another time for a booking, before it is moved there."""

    booking: BookingView
    start: datetime

    @property
    def staff(self) -> str | None:
        """Who was chosen to give it, None where nobody in particular was."""
        found = self.booking.standing.catalogue.staff.get(self.booking.page.kept.get("staff", ""))
        return found.display_name if found is not None else None

    @property
    def hidden(self) -> Mapping[str, str]:
        """What moves it: once, and only while it is the booking that was looked at."""
        changes = str(self.booking.standing.row.changes)
        return self.booking.page.hidden("move", start=utc_text(self.start), changes=changes)

    @property
    def back(self) -> Mapping[str, str]:
        """What leads back to the times."""
        return self.booking.page.hidden(
            "days", day=self.start.astimezone(self.booking.zone).date().isoformat()
        )
