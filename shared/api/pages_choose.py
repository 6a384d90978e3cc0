"""The steps before the form: the service, then the day and the time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from shared.api.answers import staff as staff_of
from shared.api.pages_layout import Page
from shared.api.pages_markup import Html, h
from shared.api.pages_month import month_table
from shared.api.pages_visit import Visit
from shared.api.pages_zones import choices
from shared.api.texts import Texts, city, offset
from shared.domain.model import Catalogue, Service
from shared.domain.policy import effective_policy
from shared.domain.slots import Slot
from shared.domain.zones import iana_zone, local_day

PRICES = frozenset({"free", "priceVaries", "callUs"})


def shell(visit: Visit) -> Page:
    """The page before anything is known; it needs nobody's answer."""
    t = visit.t
    then = visit.link(step="days" if "service" in visit.kept else "services")
    waiting = h("p", t("page.loading"), class_="muted")
    by_hand = h("noscript", h("p", h("a", t("service.choose"), href=then)))
    return Page(t("page.title"), [h("h2", t("page.title")), waiting, by_hand], load=then)


def services(visit: Visit, catalogue: Catalogue) -> Page:
    """Every service that customers may book."""
    t = visit.t
    offered = [one for one in catalogue.services.values() if not one.is_hidden_from_customers]
    offered.sort(key=lambda one: (one.display_name.casefold(), one.id))
    cards = [h("li", _card(t, catalogue, one)) for one in offered]
    listed = visit.form("days", h("ul", cards, class_="services"), leave_out=("service", "staff"))
    main = [heading(t("service.choose")), listed if offered else h("p", t("service.none"))]
    return Page(t("service.choose"), main, catalogue.business.display_name)


def heading(text: str, identifier: str = "step") -> Html:
    """The heading of a step; focus goes there when the step appears."""
    return h("h2", text, id=identifier, tabindex="-1", data_focus=True)


def _card(t: Texts, catalogue: Catalogue, service: Service) -> Html:
    return h(
        "button",
        h("strong", service.display_name),
        h("span", service.description) if service.description else None,
        h("span", facts(t, catalogue, service), class_="muted"),
        name="service",
        value=service.id,
        class_="card",
    )


def facts(t: Texts, catalogue: Catalogue, service: Service) -> str:
    """How long a service takes, what it costs and where it is, in one line."""
    place = t("service.online") if service.is_location_online else None
    if place is None and service.default_location:
        place = service.default_location.display_name
    group = t("service.group", n=service.maximum_attendees_count) if service.is_group else None
    parts = (t.length(service.default_duration), price(t, catalogue, service), group, place)
    return " · ".join(part for part in parts if part)


def price(t: Texts, catalogue: Catalogue, service: Service) -> str | None:
    """What a service costs, None where nobody said."""
    kind = service.default_price_type
    if kind in PRICES:
        return t(f"price.{kind}")
    amount = t.money(service.default_price, catalogue.business.currency)
    if kind in {"startingAt", "hourly"}:
        return t(f"price.{kind}", amount=amount)
    return amount if kind == "fixedPrice" else None


@dataclass(frozen=True, slots=True)
class Choice:
    """What the step of day and time shows: one month's slots in the visitor's zone."""

    catalogue: Catalogue
    service: Service
    zone: ZoneInfo
    today: date
    last: date
    month: date
    slots: Sequence[Slot]
    day: date | None = None
    note: str | None = None

    @property
    def by_day(self) -> Mapping[date, Sequence[Slot]]:
        """The slots by their local date."""
        days: dict[date, list[Slot]] = {}
        for slot in self.slots:
            days.setdefault(local_day(slot.start, self.zone), []).append(slot)
        return days


def days(visit: Visit, choice: Choice) -> Page:
    """A month with its free days and, when one is chosen, its times."""
    t = visit.t
    title = t("time.choose") if choice.day else t("day.choose")
    main = [
        h("p", h("a", t("service.change"), href=visit.link(step="services", service=None, staff=None),
                 data_swap=True), class_="back"),
        h("p", h("strong", choice.service.display_name), h("br"),
          h("span", facts(t, choice.catalogue, choice.service), class_="muted"), class_="summary"),
        h("p", choice.note, class_="note", role="alert") if choice.note else None,
        _options(visit, choice),
        h("h2", t("day.choose"), id="day", tabindex="-1", data_focus=choice.day is None),
        month_table(visit, choice.month, {day: len(found) for day, found in choice.by_day.items()},
                    choice.day, (choice.today, choice.last)),
        _times(visit, choice) if choice.day else None,
    ]  # fmt: skip
    return Page(title, main, choice.catalogue.business.display_name)


def _options(visit: Visit, choice: Choice) -> Html:
    """Whom to see and in which zone to read times."""
    t = visit.t
    rules = effective_policy(choice.catalogue.business, choice.service)
    people = staff_of(choice.catalogue, choice.service) if rules.allow_staff_selection else []
    also = {"month": f"{choice.month:%Y-%m}", "day": choice.day.isoformat() if choice.day else None}
    anyone = [("", t("staff.anyone")), *((one["id"], one["name"]) for one in people)]
    return visit.form(
        "days",
        _select("staff", t("staff.label"), anyone, visit.kept.get("staff", "")) if people else None,
        _select("timeZone", t("zone.label"), choices(choice.zone, choice.catalogue.business, choice.today),
                choice.zone.key),
        h("p", zones_note(t, choice.catalogue, choice.zone), class_="muted"),
        h("button", t("page.update"), class_="plain update"),
        leave_out=("staff", "timeZone") if people else ("timeZone",),
        **also,
    )  # fmt: skip


def zones_note(t: Texts, catalogue: Catalogue, zone: ZoneInfo) -> str:
    """In which zone times are shown, and that the business has another one where it has."""
    theirs = iana_zone(catalogue.business.time_zone)
    if theirs.key == zone.key:
        return t("zone.same", city=city(zone))
    return t("zone.other", city=city(zone), there=city(theirs))


def _select(name: str, label: str, entries: Sequence[tuple[str, str]], selected: str) -> Html:
    options = [h("option", text, value=value, selected=value == selected) for value, text in entries]
    return h("p", h("label", label, for_=name), h("select", options, name=name, id=name), class_="field")


def _times(visit: Visit, choice: Choice) -> Html:
    t = visit.t
    day = choice.day or choice.today
    found = choice.by_day.get(day, ())
    buttons = [
        h("li", h("button", label(t, choice, slot), name="start", value=utc_text(slot))) for slot in found
    ]
    return h(
        "section",
        h("h2", t("time.choose"), id="times", tabindex="-1", data_focus=True),
        h("p", t.long_date(day)),
        visit.form("details", h("ul", buttons, class_="times")) if found else h("p", t("time.none")),
        aria_labelledby="times",
    )


def utc_text(slot: Slot) -> str:
    """The start of a slot as it is sent: in UTC, so that nobody can misread it."""
    return slot.start.isoformat(timespec="seconds").replace("+00:00", "Z")


def label(t: Texts, choice: Choice, slot: Slot) -> list[Html]:
    """A slot's time for the visitor, with the business's own where it differs."""
    local = slot.start.astimezone(choice.zone)
    clock = t.clock(local)
    twin = slot.start + timedelta(hours=1), slot.start - timedelta(hours=1)
    if any(t.clock(one.astimezone(choice.zone)) == clock for one in twin):
        clock = f"{clock} ({offset(local)})"  # the clocks are put back: this time of day comes twice
    theirs = iana_zone(choice.catalogue.business.time_zone)
    lines = [h("strong", clock)]
    if theirs.key != choice.zone.key:
        lines.append(h("small", t.elsewhere(slot.start, theirs, choice.zone)))
    if choice.service.is_group:
        lines.append(h("small", t("seats.one") if slot.seats_left == 1 else t("seats", n=slot.seats_left)))
    return lines
