"""What was expected, in own words, for every mistake that the validation of a request can find.

The library's own messages quote what was sent; these never do. They are made of the schema alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

SENTENCES: Mapping[str, str] = {
    "missing": "Expected a value; it is missing.",
    "string_type": "Expected a text.",
    "string_unicode": "Expected a text of valid Unicode characters.",
    "string_too_short": "Expected at least {min_length} characters.",
    "string_too_long": "Expected at most {max_length} characters.",
    "bool_type": "Expected true or false.",
    "bool_parsing": "Expected true or false.",
    "date_type": "Expected a date such as 2026-12-01.",
    "date_parsing": "Expected a date such as 2026-12-01.",
    "date_from_datetime_parsing": "Expected a date such as 2026-12-01.",
    "date_from_datetime_inexact": "Expected a date without a time, such as 2026-12-01.",
    "tuple_type": "Expected a list.",
    "list_type": "Expected a list.",
    "too_long": "Expected at most {max_length} elements.",
    "model_type": "Expected an object.",
    "model_attributes_type": "Expected an object.",
    "dict_type": "Expected an object.",
    "value_error": "Expected an e-mail address such as jordan@contoso.com.",
    "not_a_name": "Expected a name, without the address of a website or of a mailbox.",
    "phone": "Expected a telephone number, from abroad with its country code, such as +1 213 555 0199.",
}

OTHERWISE = "Expected a value as the API's description has it."
CHOICE = re.compile(r"\^\(?([\w|]+)\)?\$")
PATTERNS = {
    r"^[A-Za-z0-9_.=+/-]+$": "Expected an id: letters, digits and the characters _ . = + / - only.",
    r"^#microsoft\.graph\.bookingCustomer$": "Expected #microsoft.graph.bookingCustomer.",
}


def expectation(error: ErrorDetails, model: type[BaseModel] | None = None) -> str:
    """One sentence about what the field may hold."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return _pattern(str(context.get("pattern", "")))
    if kind == "extra_forbidden" and model is not None:
        return "Expected only these members: " + ", ".join(members(model, error["loc"][:-1])) + "."
    sentence = SENTENCES.get(kind, OTHERWISE)
    bounds = {name: context.get(name) for name in ("min_length", "max_length")}
    return "Expected a value; it is empty." if bounds["min_length"] == 1 else sentence.format(**bounds)


def _pattern(pattern: str) -> str:
    choice = CHOICE.fullmatch(pattern)
    if choice is not None:
        return "Expected one of " + ", ".join(choice[1].split("|")) + "."
    return PATTERNS.get(pattern, OTHERWISE)


def members(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """The names of the members of the object at this place of a document."""
    for part in location:
        if isinstance(part, str):
            field = next(one for name, one in model.model_fields.items() if part in {one.alias, name})
            model = _object_in(field.annotation) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def dotted_names(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """The names of all members of the model, nested ones dotted."""
    for name, field in model.model_fields.items():
        dotted = before + (field.alias or name)
        yield dotted
        inner = _object_in(field.annotation)
        if inner is not None:
            yield from dotted_names(inner, dotted + ".")


def _object_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 (any annotation)
    """The model that an annotation such as `tuple[Model, ...] | None` speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _object_in(one)) is not None), None)
