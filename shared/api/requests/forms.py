"""Bookings that come as forms: bounded, flat fields with dotted names, which say the same as JSON.

Whatever reads JSON reads forms too, so both are checked by the same models and go the same way.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any
from urllib.parse import parse_qsl

import azure.functions as func
from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from shared.api.problems import FieldError, Problem
from shared.api.requests.body import WORD, Submission, bounded, is_form, json_submission

MAX_FIELDS = 100
MAX_NAME = 200
MAX_VALUE = 16 * 1024
MAX_PART_HEADERS = 4
MAX_PART_HEADER = 512
MAX_BOUNDARY = 70
"""Characters of a multipart boundary (RFC 2046, section 5.1.1)."""

MULTIPART = "multipart/form-data"
UTF_8 = frozenset({"", "utf-8", "utf8", "us-ascii"})
DEPTH = 3
ANSWERS = "answers."
PREFILL_WHEN_BLANK = frozenset({"smsNotifications"})

CONTROL = frozenset({"returnUrl", "idempotencyKey", "lang", "theme", "embed", "step"})
"""Fields that are about the page and the way back, not about the booking."""


PROOFS = ("humanCheck", "altcha", "cf-turnstile-response")
"""Fields for the solved challenge: the API's own, and those that ALTCHA's and Cloudflare's widgets add."""


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
            if name in CONTROL or name in PROOFS or name.startswith(ANSWERS):
                continue
            if value.strip() or name not in PREFILL_WHEN_BLANK:
                _put(root, name, value)
        if self.proof is not None:
            root["humanCheck"] = self.proof
        if self.answers:
            root["answers"] = [{"questionId": i, "answer": text} for i, text in self.answers.items()]
        return root


def _put(root: dict[str, Any], name: str, value: str) -> None:
    """Set a dotted name in nested objects."""
    *path, last = name.split(".")
    at = root
    for part in path:
        at = at.setdefault(part, {})
        if not isinstance(at, dict):
            break
    if not isinstance(at, dict) or last in at or len(path) >= DEPTH:
        raise _wrong(name, "field-repeated", "Expected each field once, and no field inside of another.")
    at[last] = value


def read_form(request: func.HttpRequest) -> Form:
    """The form in the body; raises Problem 400, 413, 415 and 422."""
    body = bounded(request)
    kind, options = _declared(request)
    if options.get("charset", "").lower() not in UTF_8:
        raise Problem("media-type-unsupported", "Expected a form in UTF-8.")
    try:
        pairs = _parts(body, options.get("boundary", "")) if kind == MULTIPART else _pairs(body)
        return Form(_once(pairs))
    except ParserLimitReached as error:
        raise _too_much() from error
    except (MultipartError, UnicodeError, ValueError) as error:
        raise Problem("body-unreadable", "Expected a form in UTF-8.") from error


def _declared(request: func.HttpRequest) -> tuple[str, Mapping[str, str]]:
    name, options = parse_options_header(request.headers.get("content-type", ""))
    return name, options


def _too_much() -> Problem:
    limit = f"Expected at most {MAX_FIELDS} fields, each of at most {MAX_VALUE} bytes."
    return Problem("body-too-large", limit)


def _pairs(body: bytes) -> Iterable[tuple[str, str]]:
    if body.count(b"&") >= MAX_FIELDS:
        raise _too_much()
    return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")


def _parts(body: bytes, boundary: str) -> Iterable[tuple[str, str]]:
    """The parts of a multipart body, read strictly: text alone, no files, few and short headers."""
    if not 1 <= len(boundary) <= MAX_BOUNDARY:
        raise MultipartError("boundary")
    parser = PushMultipartParser(
        boundary,
        content_length=len(body),
        max_header_size=MAX_PART_HEADER,
        max_header_count=MAX_PART_HEADERS,
        max_segment_size=MAX_VALUE,
        max_segment_count=MAX_FIELDS,
        strict=True,
    )
    found: list[tuple[str, bytearray]] = []
    with parser:
        for event in parser.parse(body):
            if isinstance(event, MultipartSegment):
                found.append((_part_name(event), bytearray()))
            elif event:
                found[-1][1].extend(event)
    return [(name, value.decode("utf-8")) for name, value in found]


def _part_name(part: MultipartSegment) -> str:
    name = part.name or ""
    if part.disposition != "form-data" or not name:
        raise MultipartError("disposition")
    if part.filename is not None or part.content_type not in {None, "text/plain"}:
        raise _wrong(name[:MAX_NAME], "file-refused", "Expected text, not a file.")
    if (part.charset or "").lower() not in UTF_8:
        raise MultipartError("charset")
    return name


def _once(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        if len(name) > MAX_NAME or len(value) > MAX_VALUE:
            raise _too_much()
        if name in fields:
            raise _wrong(name, "field-repeated", "Expected each field once, and no field inside of another.")
        fields[name] = value.replace("\r\n", "\n")  # browsers send line breaks as two characters
    return fields


def _wrong(name: str, code: str, detail: str) -> Problem:
    """The mistake in a field; of its name only plain words are repeated."""
    parts = takewhile(WORD.fullmatch, name.split("."))
    return Problem(
        "fields-invalid", errors=(FieldError("".join(f"/{part}" for part in parts), code, detail),)
    )


def form_key(request: func.HttpRequest, form: Form) -> str | None:
    """The Idempotency-Key; a field `idempotencyKey` stands for the header where a page cannot set it."""
    given: str | None = request.headers.get("idempotency-key")
    return given if given is not None else form["idempotencyKey"] or None


def form_submission(request: func.HttpRequest, form: Form) -> Submission:
    """What a form says."""
    return Submission(form.value(), form_key(request, form))


def any_submission(request: func.HttpRequest) -> Submission:
    """What a JSON body or a form says; raises Problem 400, 413, 415 and 422."""
    return form_submission(request, read_form(request)) if is_form(request) else json_submission(request)
