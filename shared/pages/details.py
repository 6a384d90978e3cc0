"""What the last step shows: who books, the answers to the service's questions, and what was wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import escape

from shared.api.requests.forms import ANSWERS, ASKS_CONSENT, CONTROL, PROOFS, Form
from shared.api.responses.catalogue import staff as bookable_staff
from shared.domain.intervals import local_day
from shared.domain.model import AskedQuestion, Catalogue, Service
from shared.domain.roster import effective_policy
from shared.domain.rules.request import LONGEST_ANSWER
from shared.domain.slots import Slot
from shared.domain.texts import choices
from shared.domain.zones import iana_zone
from shared.pages.choose import utc_text
from shared.pages.error_texts import ErrorText
from shared.pages.page_request import PageRequest
from shared.pages.shop.about import Fact, facts
from shared.pages.texts import Texts

ROOM = 32 * 1024
"""Bytes of HTML for what somebody typed; with the page around it a refusal stays under 64 kB."""

TICKED = frozenset({"on", "true", "1", "yes"})


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the form; `name` is the API's, dotted; `options` make it a choice."""

    name: str
    label: str
    type: str = "text"
    autocomplete: str | None = None
    required: bool = False
    hint: str | None = None
    most: int | None = None
    options: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The id of the field's control."""
        return "f-" + self.name.replace(".", "-")


def person(t: Texts) -> tuple[Field, ...]:
    """Who books, as the form asks everybody."""
    return (
        Field("customer.name", t("field.name"), "text", "name", required=True, most=100),
        Field("customer.email", t("field.email"), "email", "email", required=True, most=254),
        Field("customer.phone", t("field.phone"), "tel", "tel", hint=t("field.phone-hint"), most=60),
        Field("customer.notes", t("field.notes"), "textarea", most=2000),
    )


def address(t: Texts) -> tuple[Field, ...]:
    """Where a customer lives; asked only where another website's form sent it along."""
    return (
        Field("customer.address.street", t("field.street"), "text", "street-address", most=200),
        Field("customer.address.city", t("field.city"), "text", "address-level2", most=200),
        Field("customer.address.state", t("field.state"), "text", "address-level1", most=200),
        Field("customer.address.postalCode", t("field.postalCode"), "text", "postal-code", most=30),
        Field("customer.address.countryOrRegion", t("field.country"), "text", "country-name", most=200),
    )


def question(asked: AskedQuestion) -> Field:
    """A question of the service: a line of text, or radio buttons for its options."""
    one = asked.question
    options = choices(one) if one.answer_input_type == "radioButton" else ()
    most = LONGEST_ANSWER
    return Field(ANSWERS + one.id, one.display_name, required=asked.is_required, most=most, options=options)


@dataclass(frozen=True, slots=True)
class FormView:
    """The form: the choice so far, what was typed and what is wrong with it.

    `others` are times that can be booked instead of the one that cannot. `now` tells until when the booking
    could be changed.
    """

    page: PageRequest
    catalogue: Catalogue
    service: Service
    zone: ZoneInfo
    start: datetime | None
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[ErrorText] = ()
    others: Sequence[Slot] = ()
    now: datetime | None = None

    @property
    def back(self) -> str:
        """The way to another time."""
        day = local_day(self.start, self.zone).isoformat() if self.start else None
        return self.page.link(step="days", service=self.service.id, day=day)

    @property
    def facts(self) -> Sequence[Fact]:
        """What there is to know of the service."""
        return facts(self.page.t, self.catalogue, self.service)

    @property
    def end(self) -> datetime | None:
        """When the appointment would end."""
        return self.start + self.service.default_duration if self.start else None

    @property
    def until(self) -> datetime | None:
        """Until when it could be moved or cancelled, None where that is over or nobody knows."""
        if self.start is None or self.now is None or self.others:
            return None
        last = self.start - effective_policy(self.catalogue.business, self.service).minimum_lead_time
        return last if last > self.now else None

    @property
    def asks_consent(self) -> bool:
        """Whether the shop wants its customers to agree."""
        return self.catalogue.business.page.asks_consent

    @property
    def fields(self) -> Sequence[Field]:
        """Everything that is asked, in order."""
        t = self.page.t
        sent = [one for one in address(t) if self.values.get(one.name)]
        return [*person(t), *sent, *map(question, self.service.questions)]

    @property
    def listed_errors(self) -> Sequence[tuple[str, str | None]]:
        """Every error in words, with the id of its field where that is on the page."""
        t = self.page.t
        fields = {one.name: one for one in self.fields}
        if self.others:
            fields["start"] = Field("start", t("time.label"))
        if self.asks_consent:
            words = self.catalogue.business.page.consent_message
            fields["consent"] = Field("consent", words or t("field.consent"))
        return [self._listed(one, fields.get(one.field)) for one in self.errors]

    def _listed(self, error: ErrorText, at: Field | None) -> tuple[str, str | None]:
        if at is None:
            return error.text, None
        return self.page.t("errors.item", field=at.label, text=error.text), at.id

    def error(self, name: str) -> str | None:
        """What is wrong with a field."""
        return next((one.text for one in self.errors if one.field == name), None)

    def is_ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return self.values.get(name, "").lower() in TICKED

    @property
    def chosen_staff(self) -> Sequence[str]:
        """The name of the person that was chosen."""
        wanted = self.page.kept.get("staff")
        return [one.name for one in bookable_staff(self.catalogue, self.service) if one.id == wanted]

    @property
    def hidden(self) -> Mapping[str, str]:
        """What the form sends along unseen."""
        kept = self.page.kept
        values = {
            "serviceId": self.service.id,
            "start": utc_text(self.start) if self.start and not self.others else None,
            "timeZone": self.zone.key,
            "staffId": kept.get("staff"),
            "returnUrl": kept.get("returnUrl"),
            "campaign": kept.get("campaign"),
            "embed": kept.get("embed"),
            "theme": kept.get("theme"),
            "color": kept.get("color"),
            "lang": self.page.t.tag,
            ASKS_CONSENT: "true" if self.asks_consent else None,
        }
        return {name: value for name, value in values.items() if value}

    @property
    def offers(self) -> Sequence[tuple[str, datetime]]:
        """Times instead, each as it is sent and as an instant."""
        return [(utc_text(one.start), one.start) for one in self.others]

    def elsewhere(self, instant: datetime) -> str | None:
        """The business's own time, where it differs."""
        return elsewhere(self.page.t, self.catalogue, instant, self.zone)


TOLD_ANEW = (CONTROL | {*PROOFS, "_charset_"}) - {"returnUrl"}
"""Fields that are not repeated as they came: about the page, the proof, or how the form was written."""


def sent_again(form: Form, page: PageRequest, key: str) -> Mapping[str, str]:
    """The hidden fields that send a form once more, with this idempotency key: everything that was typed."""
    typed = {name: value for name, value in form.fields.items() if name not in TOLD_ANEW}
    shown = {name: page.kept[name] for name in ("theme", "color", "embed") if name in page.kept}
    asked = {ASKS_CONSENT: form[ASKS_CONSENT]} if form[ASKS_CONSENT] else {}
    return {**typed, **shown, **asked, "lang": page.t.tag, "idempotencyKey": key}


def elsewhere(t: Texts, catalogue: Catalogue | None, instant: datetime, zone: ZoneInfo) -> str | None:
    """An instant at the business, None where its clocks are the visitor's, or nobody knows it."""
    return t.elsewhere(instant, iana_zone(catalogue.business.time_zone), zone) if catalogue else None


def affordable(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields that a refusal has room for, in their order; it is the longest that are left out."""
    room, kept = ROOM, set()
    for name, value in sorted(fields.items(), key=lambda field: len(field[1])):
        room -= len(escape(name).encode()) + len(escape(value).encode())
        if room < 0:
            break
        kept.add(name)
    return {name: value for name, value in fields.items() if name in kept}


def has_room(fields: Mapping[str, str]) -> bool:
    """Whether a refusal can bring all of it back; what a button sends again unseen must lack nothing."""
    return len(affordable(fields)) == len(fields)
