"""The last step: who books, the answers to the service's questions, and what was wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.api.answers import staff as staff_of
from shared.api.forms import ANSWERS
from shared.api.pages_choose import facts, heading, utc_text
from shared.api.pages_errors import Shown
from shared.api.pages_fields import Filled, address, checkbox, control, identifier, person, question, trap
from shared.api.pages_layout import Page
from shared.api.pages_markup import Html, h
from shared.api.pages_visit import Visit
from shared.api.texts import Texts, city
from shared.domain.model import Catalogue, Service
from shared.domain.slots import Slot
from shared.domain.zones import iana_zone, local_day

SUMMARY = "errors"


@dataclass(frozen=True, slots=True)
class Details:
    """What the form stands on: the choice so far, what was typed and what is wrong with it.

    `others` are times that can be booked instead of the one that cannot.
    """

    catalogue: Catalogue
    service: Service
    zone: ZoneInfo
    start: datetime | None
    human_check: str = "off"
    values: Mapping[str, str] | None = None
    errors: Sequence[Shown] = ()
    others: Sequence[Slot] = ()
    status: int = 200
    headers: Mapping[str, str] | None = None

    def filled(self, t: Texts) -> Filled:
        """The fields' contents."""
        return Filled(t, self.values or {}, self.errors)


def details(visit: Visit, view: Details) -> Page:
    """The form that books."""
    t = visit.t
    day = local_day(view.start, view.zone).isoformat() if view.start else None
    again = visit.link(step="days", service=view.service.id, day=day)
    main = [
        h("p", h("a", t("time.change"), href=again, data_swap=True), class_="back"),
        summary_of_errors(t, view.errors, _labels(t, view)),
        _choice(visit, view),
        heading(t("details.title"), "details") if not view.errors else h("h2", t("details.title")),
        _form(visit, view),
    ]
    prefix = f"{t('errors.prefix')} " if view.errors else ""
    name = view.catalogue.business.display_name
    return Page(prefix + t("details.title"), main, name, view.status, headers=view.headers)


def summary_of_errors(t: Texts, errors: Sequence[Shown], names: Mapping[str, str]) -> Html | None:
    """All errors at once, each leading to its field; focus goes here when the page appears."""
    if not errors:
        return None
    listed = [h("li", _led(t, one, names.get(one.field))) for one in errors]
    return h(
        "div", h("h2", t("errors.title")), h("ul", listed), id=SUMMARY, class_="errors", tabindex="-1",
        autofocus=True, data_focus=True, role="group", aria_label=t("errors.title"),
    )  # fmt: skip


def _led(t: Texts, error: Shown, label: str | None) -> object:
    """An error, as a link to its field where that is on the page."""
    if label is None:
        return error.text
    said = t("errors.item", field=label, text=error.text)
    return h("a", said, href=f"#{identifier(error.field)}")


def _labels(t: Texts, view: Details) -> Mapping[str, str]:
    """The labels of the fields on this page by their names."""
    fields = (*person(t), *(one for one in address(t) if (view.values or {}).get(one.name)))
    asked = {ANSWERS + one.question.id: one.question.display_name for one in view.service.questions}
    time = {"start": t("time.label")} if view.others else {}
    return {**time, **{one.name: one.label for one in fields}, **asked}


def _choice(visit: Visit, view: Details) -> Html:
    """What is about to be booked, in both zones where they differ."""
    t = visit.t
    lines: list[object] = [h("strong", view.service.display_name)]
    if view.start is not None and not view.others:
        lines += [h("br"), when(t, view.start, view.zone, view.catalogue)]
    person_wanted = visit.kept.get("staff")
    chosen = [one["name"] for one in staff_of(view.catalogue, view.service) if one["id"] == person_wanted]
    lines += [[h("br"), t("staff.with", name=name)] for name in chosen]
    lines += [h("br"), h("span", facts(t, view.catalogue, view.service), class_="muted")]
    return h("p", lines, class_="summary")


def when(t: Texts, start: datetime, zone: ZoneInfo, catalogue: Catalogue) -> list[Html]:
    """A start that cannot be misread: date, time and zone, and the business's own where it differs."""
    local = start.astimezone(zone)
    theirs = iana_zone(catalogue.business.time_zone)
    said = t("time.full", date=t.long_date(local.date()), time=t.clock(local), city=city(zone))
    lines = [h("time", said, datetime=local.isoformat(timespec="minutes"))]
    if theirs.key != zone.key:
        lines += [h("br"), h("span", t.elsewhere(start, theirs, zone), class_="muted")]
    return lines


def _form(visit: Visit, view: Details) -> Html:
    t = visit.t
    filled = view.filled(t)
    return h(
        "form",
        _hidden(visit, view),
        _others(visit, view) if view.others else None,
        [control(filled, one) for one in person(t)],
        [control(filled, one) for one in address(t) if filled.values.get(one.name)],
        [question(filled, asked) for asked in view.service.questions],
        checkbox(filled, "smsNotifications", t("field.sms"))
        if view.service.sms_notifications_enabled
        else None,
        trap(t),
        _human(visit, view),
        h("p", h("button", t("details.book"), class_="main"), class_="actions"),
        h("p", t("page.unanswered.plain"), class_="note plain-only"),
        method="post",
        action=f"/api/v1/businesses/{visit.alias}/bookings",
        novalidate=True,
        data_book=True,
        data_returns="returnUrl" in visit.kept,
    )


def _hidden(visit: Visit, view: Details) -> list[Html]:
    values = {
        "serviceId": view.service.id,
        "start": None if view.others or not view.start else view.start.isoformat().replace("+00:00", "Z"),
        "timeZone": view.zone.key,
        "staffId": visit.kept.get("staff"),
        "returnUrl": visit.kept.get("returnUrl"),
        "embed": visit.kept.get("embed"),
        "theme": visit.kept.get("theme"),
        "lang": visit.t.tag,
    }
    return [h("input", type="hidden", name=key, value=value) for key, value in values.items() if value]


def _others(visit: Visit, view: Details) -> Html:
    """Times on offer instead, in the same form, so that nothing typed is lost."""
    t = visit.t
    radios = [
        h("label", h("input", type="radio", name="start", value=utc_text(slot), required=True,
                     id=identifier("start") if n == 0 else None),
          " ", when(t, slot.start, view.zone, view.catalogue))
        for n, slot in enumerate(view.others)
    ]  # fmt: skip
    at, wrong = identifier("start"), view.filled(t).error("start")
    error = h("span", wrong, id=f"{at}-error", class_="error") if wrong else None
    legend = h("legend", t("time.others"))
    described = f"{at}-error" if wrong else None
    return h("fieldset", legend, error, radios, class_="field others", aria_describedby=described)


def _human(visit: Visit, view: Details) -> Html | None:
    """The place of the human check; its answer goes into the field `humanCheck`."""
    if view.human_check == "off":
        return None
    place = h("div", id="human-check", data_challenge=f"/api/v1/businesses/{visit.alias}/challenge")
    answer = h("input", type="hidden", name="humanCheck")
    phone = view.catalogue.business.phone
    called = visit.t("human.call", phone=phone) if phone else visit.t("human.script")
    return h("div", place, answer, h("p", called, class_="note plain-only"))
