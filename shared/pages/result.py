"""What became of a booking, as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.api.responses.booking import BookingConfirmed
from shared.domain.model import Catalogue
from shared.domain.zones import iana_zone
from shared.pages.details import elsewhere
from shared.pages.page_request import PageRequest

POLL = 5
"""Seconds after which the script asks again about a pending booking."""


@dataclass(frozen=True, slots=True)
class ConfirmedView:
    """A booking that stands."""

    page: PageRequest
    booked: BookingConfirmed
    token: str
    catalogue: Catalogue | None

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the booking."""
        return iana_zone(self.booked.start.time_zone)

    @property
    def start(self) -> datetime:
        """The start, with its offset."""
        return datetime.fromisoformat(self.booked.start.local)

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
