"""What became of a booking, and of requests that came to nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.api.forms import Form
from shared.api.pages_choose import heading
from shared.api.pages_errors import Shown
from shared.api.pages_layout import Page
from shared.api.pages_markup import Html, h
from shared.api.pages_visit import Visit
from shared.api.texts import Texts, city
from shared.domain.model import Catalogue
from shared.domain.zones import iana_zone, local_day

POLL = 5
"""Seconds after which the script asks again about a pending booking."""


def result(visit: Visit, booked: Mapping[str, Any], token: str, catalogue: Catalogue | None) -> Page:
    """The page for a booking's state: confirmed, pending or anything that ended otherwise."""
    status = booked["status"]
    if status == "confirmed" and "start" in booked:
        return _confirmed(visit, booked, token, catalogue)
    if status == "pending":
        return _pending(visit, booked["reference"], catalogue)
    key = "cancelled" if status == "cancelled" else "failed"
    t = visit.t
    main = [
        heading(t(f"{key}.title")),
        _reference(t, booked["reference"]),
        h("p", t(f"{key}.text")),
        _again(visit),
    ]
    return Page(t(f"{key}.title"), main, _name(catalogue))


def _confirmed(visit: Visit, booked: Mapping[str, Any], token: str, catalogue: Catalogue | None) -> Page:
    t = visit.t
    entries = [
        (t("confirmed.service"), booked["service"]["name"]),
        (t("confirmed.when"), _when(t, booked["start"], catalogue)),
        (t("confirmed.staff"), ", ".join(one["name"] for one in booked["staff"])),
        (t("confirmed.reference"), h("strong", booked["reference"])),
    ]
    join = booked.get("joinUrl") or ""
    if join.startswith("https://"):
        entries.append((t("confirmed.join"), h("a", t("confirmed.join.link"), href=join, rel="noopener")))
    base = f"/api/v1/businesses/{visit.alias}/bookings/{booked['reference']}"
    main = [
        heading(t("confirmed.title")),
        h("p", t("confirmed.text")),
        h("dl", [[h("dt", name), h("dd", value)] for name, value in entries if value], class_="summary"),
        h("p", h("a", t("confirmed.calendar"), href=f"{base}/calendar.ics?token={token}",
                 download=f"{booked['reference']}.ics", class_="button"), class_="actions"),
        _again(visit),
    ]  # fmt: skip
    return Page(t("confirmed.title"), main, _name(catalogue))


def _when(t: Texts, start: Mapping[str, str], catalogue: Catalogue | None) -> list[Html]:
    """The start in the zone of the booking, and in the business's where it is known and differs."""
    zone = iana_zone(start["timeZone"])
    local = datetime.fromisoformat(start["local"]).astimezone(zone)
    said = t("time.full", date=t.long_date(local_day(local, zone)), time=t.clock(local), city=city(zone))
    lines = [h("time", said, datetime=start["local"])]
    if catalogue is not None:
        theirs = iana_zone(catalogue.business.time_zone)
        if theirs.key != zone.key:
            lines += [h("br"), h("span", t.elsewhere(local, theirs, zone), class_="muted")]
    return lines


def _pending(visit: Visit, reference: str, catalogue: Catalogue | None) -> Page:
    t = visit.t
    main = [
        heading(t("pending.title")),
        h("p", t("pending.text")),
        _reference(t, reference),
        h("p", t("pending.advice")),
        h("p", h("a", t("pending.check"), href="", class_="button", data_poll=POLL), class_="actions"),
    ]
    return Page(t("pending.title"), main, _name(catalogue))


def _reference(t: Texts, reference: str) -> Html:
    return h("p", t("confirmed.reference"), ": ", h("strong", reference))


def _again(visit: Visit) -> Html:
    back = visit.link(step="services", service=None, staff=None, returnUrl=None)
    return h("p", h("a", visit.t("page.again"), href=back, data_swap=True))


def _name(catalogue: Catalogue | None) -> str | None:
    return catalogue.business.display_name if catalogue else None


def failure(visit: Visit, errors: Sequence[Shown], status: int, headers: Mapping[str, str]) -> Page:
    """A page that could not be made, and the way back to the beginning."""
    t = visit.t
    main = [heading(t("page.sorry")), [h("p", one.text) for one in errors], _again(visit)]
    return Page(t("page.sorry"), main, status=status, headers=headers)


def once_more(
    visit: Visit, form: Form, errors: Sequence[Shown], status: int, headers: Mapping[str, str]
) -> Page:
    """A booking that failed where its form cannot be shown again; everything typed goes along."""
    t = visit.t
    kept = {**form.fields, "lang": t.tag}
    hidden = [
        h("input", type="hidden", name=name, value=value)
        for name, value in kept.items()
        if name != "humanCheck"
    ]
    main = [
        heading(t("page.sorry")),
        [h("p", one.text) for one in errors],
        h("form", hidden, h("p", h("button", t("page.retry"), class_="main"), class_="actions"),
          method="post",
          action=f"/api/v1/businesses/{visit.alias}/bookings"),
        _again(visit),
    ]  # fmt: skip
    return Page(t("page.sorry"), main, status=status, headers=headers)
