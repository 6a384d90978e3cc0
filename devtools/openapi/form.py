"""A booking as a form: the members of its JSON as flat fields, and the fields that only forms have."""

from collections.abc import Iterator
from typing import Any

from shared.api.requests.bodies import BookingBody

NAMES = {"application/x-www-form-urlencoded": "BookingForm", "multipart/form-data": "BookingMultipartForm"}
"""The schema of each way to send a form: generators choose the way by the type that they are given."""

OWN = {
    "returnUrl": "Where a browser goes after the booking; an origin that the deployment allows",
    "idempotencyKey": "Stands for the header Idempotency-Key, which a plain form cannot send",
    "altcha": "Another name of `humanCheck`, as ALTCHA's widget has it",
    "cf-turnstile-response": "Another name of `humanCheck`, as Cloudflare's widget has it",
    "utm_campaign": "Stands for `campaign` where that is missing",
    "ref": "Stands for `campaign` where that and `utm_campaign` are missing",
}
BOUNDS = ("description", "examples", "minLength", "maxLength", "pattern", "format")

Json = dict[str, Any]


def form() -> Json:
    """The schema of a form; `answers.` and a question's id is the name of each answer's field."""
    schema = BookingBody.model_json_schema(by_alias=True)
    fields = dict(_fields(schema, schema["$defs"]))
    required = [name for name, (_, is_required) in fields.items() if is_required]
    own = {name: {"type": "string", "description": words} for name, words in OWN.items()}
    return {
        "type": "object",
        "description": "The members of BookingBody as flat fields with dotted names; `answers.` and a "
        "question's id for each answer; what only a form can say besides.",
        "required": required,
        "properties": {name: schema for name, (schema, _) in fields.items()} | own,
        "additionalProperties": {"type": "string"},
    }


def _fields(
    schema: Json, defs: Json, prefix: str = "", *, is_needed: bool = True
) -> Iterator[tuple[str, tuple[Json, bool]]]:
    """Each field by its dotted name, with its schema and whether it has to be there."""
    for name, member in schema["properties"].items():
        chosen = next((one for one in member.get("anyOf", ()) if one.get("type") != "null"), member)
        needed = is_needed and name in schema.get("required", ())
        if "$ref" in chosen:
            inner = defs[chosen["$ref"].rpartition("/")[2]]
            yield from _fields(inner, defs, f"{prefix}{name}.", is_needed=needed)
        elif chosen.get("type") != "array":  # answers: their names are the questions' ids
            yield prefix + name, (_field({**chosen, **member}, needed=needed), needed)


def _field(member: Json, *, needed: bool) -> Json:
    """The schema of a field; one that may be left out may be blank."""
    words = {key: member[key] for key in BOUNDS if key in member and (needed or key != "minLength")}
    if "pattern" in words and not needed:
        words["pattern"] = f"^$|{words['pattern']}"
    return {"type": "string", **words}
