"""Where a visitor stands on the booking page: everything about it is in the address, nothing in cookies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import azure.functions as func

from shared.api.pages_markup import Html, h
from shared.api.texts import Texts, chosen
from shared.domain.model import Business
from shared.domain.zones import UnknownZone, iana_zone

KEPT = ("lang", "theme", "embed", "timeZone", "returnUrl", "service", "staff")
"""What goes along from step to step."""

HERE = ("step", "month", "day", "start", "reference", "token")
"""What says which page of the visit this is; it goes along when only the language changes."""

THEMES = frozenset({"light", "dark"})
ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-]{1,253}(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for the booking page of a business."""

    alias: str
    t: Texts
    kept: Mapping[str, str] = field(default_factory=dict)
    zone: ZoneInfo | None = None
    here: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, request: func.HttpRequest, given: Mapping[str, str]) -> "Visit":
        """The visit that these query parameters or form fields speak of."""
        kept = {name: given[name] for name in KEPT if given.get(name)}
        if kept.get("theme") not in THEMES:
            kept.pop("theme", None)
        if not ORIGIN.fullmatch(kept.get("embed", "")):
            kept.pop("embed", None)
        zone = _zone(kept.get("timeZone"))
        if zone is None:
            kept.pop("timeZone", None)
        tag = chosen(given.get("lang", ""), request.headers.get("accept-language", ""))
        here = {name: given[name] for name in HERE if given.get(name)}
        return cls(request.route_params.get("business", ""), Texts(tag), kept, zone, here)

    def zone_at(self, business: Business) -> ZoneInfo:
        """The zone in which this visitor reads times."""
        return self.zone or iana_zone(business.time_zone)

    def link(self, **changes: str | None) -> str:
        """The address of a step; None leaves out what would go along."""
        query = {**self.kept, **changes}
        return f"/api/book/{self.alias}?" + urlencode({key: value for key, value in query.items() if value})

    def form(self, step: str, *children: object, leave_out: tuple[str, ...] = (), **also: str | None) -> Html:
        """A form that leads to a step by GET, with and without JavaScript."""
        query = {**self.kept, **also, "step": step}
        hidden = [
            h("input", type="hidden", name=name, value=value)
            for name, value in query.items()
            if value and name not in leave_out
        ]
        return h("form", hidden, children, method="get", action=f"/api/book/{self.alias}", data_swap=True)


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return iana_zone(name) if name else None
    except UnknownZone:
        return None
