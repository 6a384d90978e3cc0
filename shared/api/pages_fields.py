"""The fields of the booking form, each with its label, its hint and its error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.api.pages_errors import Shown
from shared.api.pages_markup import Html, h
from shared.api.texts import Texts
from shared.domain.model import AskedQuestion, Question


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the form; `name` is the API's, dotted."""

    name: str
    label: str
    type: str = "text"
    autocomplete: str | None = None
    required: bool = False
    hint: str | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """What was typed so far and what is wrong with it."""

    t: Texts
    values: Mapping[str, str]
    errors: Sequence[Shown] = ()

    def error(self, name: str) -> str | None:
        """What is wrong with a field."""
        return next((one.text for one in self.errors if one.field == name), None)


def identifier(name: str) -> str:
    """The id of a field's control."""
    return "f-" + name.replace(".", "-")


def person(t: Texts) -> tuple[Field, ...]:
    """Who books, as the form asks everybody."""
    return (
        Field("customer.name", t("field.name"), "text", "name", required=True, most=100),
        Field("customer.email", t("field.email"), "email", "email", required=True, most=254),
        Field("customer.phone", t("field.phone"), "tel", "tel", hint=t("field.phone.hint"), most=40),
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


def control(filled: Filled, field: Field) -> Html:
    """A field with everything that belongs to it."""
    at = identifier(field.name)
    error = filled.error(field.name)
    described = [f"{at}-hint"] if field.hint else []
    described += [f"{at}-error"] if error else []
    shared: dict[str, object] = {
        "id": at,
        "name": field.name,
        "required": field.required,
        "maxlength": field.most,
        "autocomplete": field.autocomplete,
        "aria_describedby": " ".join(described) or None,
        "aria_invalid": "true" if error else None,
    }
    value = filled.values.get(field.name, "")
    # HTML drops the first line break of a textarea, so that one is put there to be dropped.
    box = (
        h("textarea", "\n", value, rows=3, **shared)
        if field.type == "textarea"
        else h("input", type=field.type, value=value or None, **shared)
    )
    return h("p", _label(filled, field, at), _hint(field, at), _error(error, at), box, class_="field")


def _label(filled: Filled, field: Field, at: str) -> Html:
    optional = None if field.required else h("span", " ", filled.t("field.optional"), class_="muted")
    return h("label", field.label, optional, for_=at)


def _hint(field: Field, at: str) -> Html | None:
    return h("span", field.hint, id=f"{at}-hint", class_="hint") if field.hint else None


def _error(text: str | None, at: str) -> Html | None:
    return h("span", text, id=f"{at}-error", class_="error") if text else None


def question(filled: Filled, asked: AskedQuestion) -> Html:
    """A question of the service: a line of text, or radio buttons for its options."""
    one = asked.question
    name = f"answers.{one.id}"
    if one.answer_input_type == "radioButton" and one.options:
        return _options(filled, asked, name)
    return control(filled, Field(name, one.display_name, "text", required=asked.is_required, most=2000))


def _options(filled: Filled, asked: AskedQuestion, name: str) -> Html:
    at = identifier(name)
    error = filled.error(name)
    legend = h("legend", asked.question.display_name, None if asked.is_required
               else h("span", " ", filled.t("field.optional"), class_="muted"))  # fmt: skip
    radios = [
        h("label", h("input", type="radio", name=name, value=option, required=asked.is_required,
                     id=at if n == 0 else None, checked=filled.values.get(name) == option), " ", option)
        for n, option in enumerate(_texts(asked.question))
    ]  # fmt: skip
    return h(
        "fieldset", legend, _error(error, at), radios, class_="field",
        aria_describedby=f"{at}-error" if error else None,
    )  # fmt: skip


def _texts(question: Question) -> tuple[str, ...]:
    return tuple(dict.fromkeys(question.options))


def checkbox(filled: Filled, name: str, label: str) -> Html:
    """A box to tick."""
    ticked = filled.values.get(name, "").lower() in {"on", "true", "1", "yes"}
    box = h("input", type="checkbox", name=name, value="true", checked=ticked, id=identifier(name))
    return h("p", h("label", box, " ", label), class_="field tick")


def trap(t: Texts) -> Html:
    """A field that people neither see nor reach; what fills it in is no person."""
    box = h("input", type="text", name="website", id="website", tabindex="-1", autocomplete="off")
    return h("div", h("label", t("field.trap"), for_="website"), box, class_="trap", aria_hidden="true")
