"""One request for the booking page: everything about a visit is in its address, nothing in cookies."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import azure.functions as func

from shared.api.requests.campaign import campaign_in_address
from shared.api.requests.return_address import MAX_ADDRESS
from shared.domain.model import Business, Catalogue
from shared.domain.zones import UnknownZone, iana_zone
from shared.pages.languages import chosen
from shared.pages.shop.colors import color_of
from shared.pages.texts import Texts
from shared.pages.zones.names import of_today

KEPT = {
    "lang": 35,
    "theme": 10,
    "color": 7,
    "embed": 300,
    "timeZone": 100,
    "returnUrl": MAX_ADDRESS,
    "service": 128,
    "staff": 128,
}
"""What goes along from step to step, each of so many characters at most: it stands in many addresses."""

SHOWN = frozenset({"lang", "theme", "color", "embed", "timeZone"})

HERE = {"step": 128, "month": 128, "day": 128, "start": 128, "reference": 128, "token": 128, "mailed": 600}
"""What says which page of the visit this is; it goes along when only the language changes."""

THEMES = frozenset({"light", "dark"})
ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-]{1,253}(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a visitor asked for, and how they want to see it.

    `wanted` and `accepted` are the languages that the address and the browser name. `path` and the alias are
    where the page's own forms lead; a `secret` goes along in their bodies, never in an address. `zones` are
    those that a search found, `zone_note` is the key of what to say of it. The `catalogue` is the shop's, as
    soon as it is known.
    """

    alias: str
    t: Texts
    kept: Mapping[str, str] = field(default_factory=dict)
    zone: ZoneInfo | None = None
    here: Mapping[str, str] = field(default_factory=dict)
    wanted: str = ""
    accepted: str = ""
    path: str = "/api/book"
    secret: Mapping[str, str] = field(default_factory=dict)
    zones: Sequence[str] = ()
    zone_note: str | None = None
    catalogue: Catalogue | None = None

    @classmethod
    def of(cls, request: func.HttpRequest, given: Mapping[str, str]) -> "PageRequest":
        """The request that these query parameters or form fields speak of."""
        kept = {name: given[name] for name, most in KEPT.items() if 0 < len(given.get(name, "")) <= most}
        if kept.get("theme") not in THEMES:
            kept.pop("theme", None)
        if not ORIGIN.fullmatch(kept.get("embed", "")):
            kept.pop("embed", None)
        if color_of(kept.get("color")) is None:
            kept.pop("color", None)
        zone = _zone(kept.get("timeZone"))
        if zone is None:
            kept.pop("timeZone", None)
        campaign = campaign_in_address(given)
        if campaign is not None:
            kept["campaign"] = campaign
        wanted, accepted = given.get("lang", ""), request.headers.get("accept-language", "")
        here = {name: given[name] for name, most in HERE.items() if 0 < len(given.get(name, "")) <= most}
        alias, texts = request.route_params.get("business", ""), Texts(chosen(wanted, accepted))
        return cls(alias, texts, kept, zone, here, wanted, accepted)

    def at_shop(self, catalogue: Catalogue | None) -> "PageRequest":
        """The same with the shop, in the language of service or business where the visitor named none."""
        if catalogue is None:
            return self
        service = catalogue.services.get(self.kept.get("service", ""))
        tags = (service.language_tag if service else None, catalogue.business.language_tag)
        texts = Texts(chosen(self.wanted, self.accepted, *tags))
        return replace(self, t=texts, catalogue=catalogue)

    @property
    def color(self) -> str | None:
        """The colour that the page was asked for, else the shop's; None where neither is one."""
        theirs = self.catalogue.business.page.color_code if self.catalogue else None
        return color_of(self.kept.get("color")) or color_of(theirs)

    def without_staff_but(self, people: Container[str]) -> "PageRequest":
        """The same without the person it names if that is none of these ids: a link may name anybody."""
        if self.kept.get("staff", "") in people:
            return self
        return replace(self, kept={name: text for name, text in self.kept.items() if name != "staff"})

    def zone_at(self, business: Business) -> ZoneInfo:
        """The zone in which this visitor reads times."""
        return of_today(self.zone or iana_zone(business.time_zone))

    def in_zone(self, search: str, now: datetime) -> "PageRequest":
        """The same in the zone that somebody searched for; where several fit they are offered."""
        if not search.strip():
            return self
        found = self.t.formats.zones.matching(search, now)
        if len(found) != 1:
            note = "zone.several" if found else "code.unknown-time-zone"
            return replace(self, zones=found, zone_note=note)
        return replace(self, zone=ZoneInfo(found[0]), kept={**self.kept, "timeZone": found[0]})

    def link(self, **changes: str | None) -> str:
        """The address of a step; None leaves out what would go along."""
        return f"/api/book/{self.alias}?" + self._query(**changes)

    def elsewhere_in(self, tag: str) -> str:
        """The address of this very page in another language."""
        return f"{self.path}/{self.alias}?" + self._query(**{**self.here, "lang": tag})

    @property
    def shown(self) -> Mapping[str, str]:
        """How the visitor wants to see pages; good for every page."""
        return {name: text for name, text in self.kept.items() if name in SHOWN}

    def manage_link(self, reference: str, token: str) -> str:
        """The address that opens a booking; no browser sends what stands behind the `#` to anybody."""
        query = urlencode(self.shown)
        return f"/api/manage/{self.alias}" + (f"?{query}" if query else "") + f"#{reference}.{token}"

    def hidden(self, step: str, *left_out: str, **also: str | None) -> Mapping[str, str]:
        """The hidden fields of a form that leads to a step, with and without JavaScript."""
        query = {**self.secret, **self.kept, **also, "step": step}
        return {name: value for name, value in query.items() if value and name not in left_out}

    def _query(self, **changes: str | None) -> str:
        query = {**self.kept, **changes}
        return urlencode({key: value for key, value in query.items() if value})


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return iana_zone(name) if name else None
    except UnknownZone:
        return None
