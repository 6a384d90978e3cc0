"""What a service, a place or a shop has to say about itself, each piece for its icon or its link."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlsplit

from shared.domain.intervals import LocalSpan
from shared.domain.model import Business, Catalogue, Service
from shared.domain.shop.branding import Branding
from shared.domain.shop.page_settings import PageSettings
from shared.pages.assets import style_address
from shared.pages.page_request import PageRequest
from shared.pages.shop.places import Place, address_line, directions, place_of
from shared.pages.shop.prices import price
from shared.pages.texts import Texts

WEB = frozenset({"http", "https"})
DIALLED = frozenset("+0123456789")
MONDAY = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to know of a service; `kind` names its icon."""

    kind: str
    text: str


def facts(t: Texts, catalogue: Catalogue, service: Service) -> Sequence[Fact]:
    """How long a service takes, what it costs, where it is and how many it is for."""
    found = {
        "time": t.length(service.default_duration),
        "money": price(t, catalogue, service),
        "place": t("service.online") if service.is_location_online else place_of(service.default_location),
        "people": t("service.group", n=service.maximum_attendees_count) if service.is_group else None,
    }
    return [Fact(kind, text) for kind, text in found.items() if text]


def web_link(text: str | None) -> str | None:
    """An address that a page may link to, None for anything else."""
    try:
        url = urlsplit((text or "").strip())
    except ValueError:
        return None
    return url.geturl() if url.scheme in WEB and url.netloc else None


@dataclass(frozen=True, slots=True)
class Shop:
    """The shop around a page: its name, its look, and how it is reached; bare before it is known."""

    page: PageRequest
    branding: Branding = field(default_factory=Branding)

    @property
    def business(self) -> Business | None:
        """The business, None before it is known."""
        return self.page.catalogue.business if self.page.catalogue else None

    @property
    def name(self) -> str | None:
        """What it is called."""
        return self.business.display_name if self.business else None

    @property
    def initial(self) -> str:
        """What stands for a logo where there is none."""
        return next((one for one in self.name or "" if one.isalnum()), "").upper()

    @property
    def style(self) -> str:
        """The address of the style sheet in its colour."""
        return style_address(self.page.color)

    @property
    def settings(self) -> PageSettings:
        """What it set for its pages."""
        return self.business.page if self.business else PageSettings()

    @property
    def links(self) -> Sequence[tuple[str, str]]:
        """Its website, privacy and terms, as far as it has them, each with the key of its words."""
        website = self.business.web_site_url if self.business else None
        found = {
            "shop.website": web_link(website),
            "shop.privacy": web_link(self.settings.privacy_policy_url),
            "shop.terms": web_link(self.settings.terms_url),
        }
        return [(key, url) for key, url in found.items() if url]

    @property
    def legal_links(self) -> Sequence[tuple[str, str]]:
        """What whoever agrees to something wants to read before."""
        return [(key, url) for key, url in self.links if key != "shop.website"]

    @property
    def place(self) -> Place | None:
        """Its own address."""
        line = address_line(self.business.address if self.business else None)
        return Place(line, directions(line)) if line else None

    @property
    def phone(self) -> tuple[str, str] | None:
        """Its telephone number as it is dialled, and as the shop writes it."""
        text = (self.business.phone if self.business else None) or ""
        dialled = "".join(one for one in text if one in DIALLED)
        return (dialled, text) if dialled else None

    @property
    def hours(self) -> Sequence[tuple[str, str]]:
        """The days on which it is open, each with its hours, in the order of the visitor's calendar."""
        hours: Mapping[int, Sequence[LocalSpan]] = self.business.hours if self.business else {}
        formats = self.page.t.formats
        order = [(formats.first_weekday + n) % 7 for n in range(7)]
        names = [full for _, full in formats.weekdays()]
        return [
            (name, ", ".join(self._spans(hours[day])))
            for name, day in zip(names, order, strict=True)
            if hours.get(day)
        ]

    def _spans(self, spans: Sequence[LocalSpan]) -> Iterator[str]:
        clock = self.page.t.formats.clock
        for span in spans:
            times = (clock(datetime.combine(MONDAY, one)) for one in (span.start, span.end))
            yield " \N{EN DASH} ".join(times)

    def text(self, key: str) -> str | None:
        """What the settings say at this place of the page, in its language; None where they say nothing."""
        return self.branding.text(key, self.page.t.tag)
