"""Bookings that come as forms: bounded, flat fields with dotted names, which say the same as JSON.

Whatever reads JSON reads forms too, so both are checked by the same models and go the same way.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from typing import Any

import azure.functions as func
from multipart import MultipartError, ParserLimitReached, parse_options_header

from shared.api.problems import FieldError, Problem
from shared.api.requests.bodies import BookingBody
from shared.api.requests.campaign import OF_LINKS, campaign_of
from shared.api.requests.charsets import RawField, texts
from shared.api.requests.expectations import dotted_names
from shared.api.requests.ignored_fields import IgnoredFields
from shared.api.requests.raw_fields import MAX_FIELDS, MAX_VALUE, multipart, urlencoded
from shared.api.requests.submission import FIELD_NAME, Submission, bounded, is_form, json_submission
from shared.domain.texts import clean

MAX_NAME = 200

MULTIPART = "multipart/form-data"
DEPTH = 3
NESTED = frozenset({"customer"})
"""Members that fields with dots in their names lead into; elsewhere a dot is part of a name."""

ANSWERS = "answers."
PREFILL_WHEN_BLANK = frozenset({"smsNotifications", "consent"})

ASKS_CONSENT = "asksConsent"
"""The hidden field of our own pages where they ask for consent."""

CONTROL = frozenset({"returnUrl", "idempotencyKey", "lang", "theme", "color", "embed", "step", ASKS_CONSENT})
"""Fields that are about the page and the way back, not about the booking."""


PROOFS = ("humanCheck", "altcha", "cf-turnstile-response")
"""Fields for the solved challenge: the API's own, and those that ALTCHA's and Cloudflare's widgets add."""

WIDGETS = PROOFS[1:]
"""Where a page shows a widget twice, its field comes twice; the first that is not blank counts."""

UTM = OF_LINKS[0]
"""The one field of advertising that is not ignored; a deployment may well ignore `ref`, for its own sense."""

USUALLY_IGNORED = IgnoredFields()


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form in their order, each once."""

    fields: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def answers(self) -> Mapping[str, str]:
        """The answers that are not blank by question id, in the order of the JSON that they become."""
        return {
            name.removeprefix(ANSWERS): value
            for name, value in self.fields.items()
            if name.startswith(ANSWERS) and value.strip()
        }

    @property
    def proof(self) -> str | None:
        """The solved challenge, from the first of its fields that is not blank."""
        return next((self[name] for name in PROOFS if self[name].strip()), None)

    def value(self) -> dict[str, Any]:
        """The JSON object that says the same; raises Problem 422 where two names contradict each other."""
        root: dict[str, Any] = {"customer": {}}
        for name, value in self.fields.items():
            if name in CONTROL or name in PROOFS or name.startswith(ANSWERS) or name.lower() in OF_LINKS:
                continue
            if value.strip() or name not in PREFILL_WHEN_BLANK:
                _put(root, name, value)
        if not self["campaign"] and (campaign := campaign_of(self.fields)):
            root["campaign"] = campaign
        if self.proof is not None:
            root["humanCheck"] = self.proof
        if self.answers:
            root["answers"] = [{"questionId": i, "answer": text} for i, text in self.answers.items()]
        return root


def _put(root: dict[str, Any], name: str, value: str) -> None:
    """Set a dotted name in nested objects."""
    *path, last = name.split(".") if name.partition(".")[0] in NESTED else [name]
    at = root
    for part in path:
        at = at.setdefault(part, {})
        if not isinstance(at, dict):
            break
    if not isinstance(at, dict) or last in at or len(path) >= DEPTH:
        raise _wrong(name, "field-repeated", "Expected each field once, and no field inside of another.")
    at[last] = value


def read_form(request: func.HttpRequest, ignored: Container[str] = USUALLY_IGNORED) -> Form:
    """The form in the body without the fields that are `ignored`; raises Problem 400, 413 and 422."""
    body = bounded(request)
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    try:
        raw = _parts(body, options.get("boundary", "")) if kind == MULTIPART else urlencoded(body)
    except ParserLimitReached as error:
        raise _too_much() from error
    except MultipartError as error:
        raise Problem("body-unreadable", "Expected a form as multipart/form-data.") from error
    return Form(_once(texts(raw, options.get("charset")), ignored))


def _parts(body: bytes, boundary: str) -> Sequence[RawField]:
    if not boundary:
        detail = (
            "Expected Content-Type: multipart/form-data with its boundary. Let the browser or the library "
            "that makes the body set this header."
        )
        raise Problem("body-unreadable", detail)
    return multipart(body, boundary, _refuse_file)


def _refuse_file(name: bytes) -> None:
    shown = name.decode("utf-8", "replace")
    raise _wrong(shown[:MAX_NAME], "file-refused", "Expected text, not a file.")


def _too_much() -> Problem:
    limit = f"Expected at most {MAX_FIELDS} fields, each of at most {MAX_VALUE} bytes."
    return Problem("body-too-large", limit)


def _once(pairs: Iterable[tuple[str, str]], ignored: Container[str]) -> Mapping[str, str]:
    fields: dict[str, str] = {}
    for name, value in ((clean(name), value) for name, value in pairs):
        if len(name) > MAX_NAME or len(value) > MAX_VALUE:
            raise _too_much()
        if not is_of_booking(name) and name in ignored:
            continue
        if name in fields and name not in WIDGETS and name.lower() not in OF_LINKS:
            raise _wrong(name, "field-repeated", "Expected each field once, and no field inside of another.")
        fields[name] = fields.get(name) or clean(value)
    return fields


def is_of_booking(name: str) -> bool:
    """Whether a field of this name says something about the booking or the way back."""
    known = name in CONTROL or name in PROOFS or name in _known()
    return known or name.startswith(ANSWERS) or name.lower() == UTM


@cache
def _known() -> frozenset[str]:
    return frozenset(dotted_names(BookingBody))


def _wrong(name: str, code: str, detail: str) -> Problem:
    """The mistake in a field; only a plain name is repeated."""
    parts = takewhile(FIELD_NAME.fullmatch, name.split(".") if name.partition(".")[0] in NESTED else [name])
    return Problem(
        "fields-invalid", errors=(FieldError("".join(f"/{part}" for part in parts), code, detail),)
    )


def form_key(request: func.HttpRequest, form: Form) -> str | None:
    """The Idempotency-Key; a field `idempotencyKey` stands for the header where a page cannot set it."""
    given: str | None = request.headers.get("idempotency-key")
    return given if given is not None else form["idempotencyKey"] or None


def form_submission(request: func.HttpRequest, form: Form) -> Submission:
    """What a form says."""
    return Submission(form.value(), form_key(request, form), FIELD_NAME, bool(form[ASKS_CONSENT]))


def any_submission(request: func.HttpRequest, ignored: Container[str] = USUALLY_IGNORED) -> Submission:
    """What a JSON body or a form says; raises Problem 400, 413, 415 and 422."""
    if is_form(request):
        return form_submission(request, read_form(request, ignored))
    return json_submission(request)
