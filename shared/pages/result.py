"""What became of a booking, as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.api.responses.booking import BookingConfirmed
from shared.domain.model import Catalogue, Service
from shared.domain.roster import effective_policy
from shared.domain.zones import iana_zone
from shared.pages.calendars.web import web_calendars
from shared.pages.details import elsewhere
from shared.pages.page_request import PageRequest
from shared.pages.shop.places import Place, meeting_place
from shared.pages.shop.prices import price

POLL = 5
"""Seconds after which the script asks again about a pending booking."""


@dataclass(frozen=True, slots=True)
class ConfirmedView:
    """A booking that stands; `mailed` is where its confirmation goes, None where that is not known."""

    page: PageRequest
    booked: BookingConfirmed
    token: str
    catalogue: Catalogue | None
    mailed: str | None
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the booking."""
        return iana_zone(self.booked.start.time_zone)

    @property
    def start(self) -> datetime:
        """The start, with its offset."""
        return datetime.fromisoformat(self.booked.start.local)

    @property
    def end(self) -> datetime:
        """The end, with its offset."""
        return datetime.fromisoformat(self.booked.end.local)

    @property
    def service(self) -> Service | None:
        """The service as the shop has it now."""
        return self.catalogue.services.get(self.booked.service.id) if self.catalogue else None

    @property
    def length(self) -> str:
        """How long it takes."""
        return self.page.t.length(self.end - self.start)

    @property
    def price(self) -> str | None:
        """What it costs, None if nobody said."""
        return price(self.page.t, self.catalogue, self.service) if self.catalogue and self.service else None

    @property
    def place(self) -> Place | None:
        """Where it is; None online, and where nobody knows."""
        if self.catalogue is None or self.service is None or self.service.is_location_online:
            return None
        return meeting_place(self.catalogue, None, self.service.default_location)

    @property
    def until(self) -> datetime | None:
        """Until when it can be moved or cancelled, None where that is over or not known."""
        if self.catalogue is None or self.service is None:
            return None
        policy = effective_policy(self.catalogue.business, self.service)
        last = self.start - policy.minimum_lead_time
        return last if last > self.now else None

    @property
    def other_calendars(self) -> Sequence[tuple[str, str]]:
        """Calendars on the web, each with the address that puts the booking there."""
        shop = self.catalogue.business.display_name if self.catalogue else ""
        title = ", ".join(filter(None, (self.booked.service.name, shop)))
        place = self.place.text if self.place else (self.booked.join_url or "")
        return web_calendars(title, (self.start, self.end), self.booked.reference, place)

    @property
    def elsewhere(self) -> str | None:
        """The business's own time, where it is known and differs."""
        return elsewhere(self.page.t, self.catalogue, self.start, self.zone)

    @property
    def staff(self) -> str:
        """Who is there."""
        return ", ".join(one.name for one in self.booked.staff)

    @property
    def join_links(self) -> Sequence[tuple[str, str]]:
        """Where to join, if that is an address that a page may link to, each with the key of its words."""
        return join_links(self.booked.join_url, self.booked.browser_join_url)

    @property
    def manage(self) -> str:
        """The address of the page that looks at, moves and cancels it."""
        return self.page.manage_link(self.booked.reference, self.token)

    @property
    def secret(self) -> Mapping[str, str]:
        """What opens that page without a script."""
        return {**self.page.shown, "reference": self.booked.reference, "token": self.token}

    @property
    def calendar(self) -> str:
        """The address of the file for calendars."""
        path = f"/api/v1/businesses/{self.page.alias}/bookings/{self.booked.reference}/calendar.ics"
        return f"{path}?token={self.token}"


def join_links(url: str | None, in_browser: str | None) -> Sequence[tuple[str, str]]:
    """Those of the two that a page may link to, each with the key of its words."""
    links = (("confirmed.join-link", url or ""), ("confirmed.join-browser", in_browser or ""))
    return [(key, where) for key, where in links if where.startswith("https://")]
