"""Every error as a problem (RFC 9457): the one table from the domain's errors to HTTP."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil

from shared.domain.errors import (
    Denied,
    DomainError,
    GraphError,
    KeyInFlight,
    KeyReused,
    Missing,
    NotBooked,
    NotFound,
    Rejected,
    RulesBroken,
    SlotBusy,
    StoreUnavailable,
    Throttled,
    TooManyRequests,
)

MEDIA_TYPE = "application/problem+json"
PAUSE = timedelta(seconds=10)
"""What a caller is asked to wait where nothing better is known."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its stable code, status and title."""

    code: str
    status: int
    title: str


KINDS: Mapping[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("body-unreadable", 400, "The body cannot be read"),
        Kind("header-invalid", 400, "A header is not valid"),
        Kind("human-check-failed", 403, "The check for humans was not passed"),
        Kind("booking-token-invalid", 404, "There is no such booking"),
        Kind("business-not-found", 404, "There is no such business"),
        Kind("service-not-found", 404, "There is no such service"),
        Kind("staff-not-found", 404, "There is no such staff member"),
        Kind("booking-not-found", 404, "There is no such booking"),
        Kind("booking-conflict", 409, "This slot cannot be booked any more"),
        Kind("slot-busy", 409, "Somebody else is booking this slot right now"),
        Kind("idempotency-key-in-flight", 409, "The same request is being worked on"),
        Kind("body-too-large", 413, "The body is too large"),
        Kind("target-too-long", 414, "The address is too long"),
        Kind("media-type-unsupported", 415, "The media type is not supported"),
        Kind("fields-invalid", 422, "One or more fields are not valid"),
        Kind("booking-rules-broken", 422, "The booking breaks one or more rules"),
        Kind("idempotency-key-reused", 422, "The idempotency key belongs to another request"),
        Kind("too-many-requests", 429, "Too many requests"),
        Kind("upstream-throttled", 429, "Microsoft Bookings asks to slow down"),
        Kind("internal-error", 500, "Something went wrong here"),
        Kind("human-check-unavailable", 503, "The check for humans cannot be made now"),
        Kind("not-booked", 503, "Nothing was booked; please try again"),
        Kind("upstream-refused", 503, "Microsoft Bookings refuses this service"),
        Kind("upstream-unavailable", 503, "Microsoft Bookings cannot be reached"),
        Kind("store-unavailable", 503, "The bookings store cannot be reached"),
    )
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with one field: a JSON pointer, a stable code and a sentence."""

    pointer: str
    code: str
    detail: str


@dataclass(eq=False)
class Problem(Exception):
    """An answer that is an error; raised by the API layer, or made from a domain error."""

    code: str
    detail: str = ""
    errors: Sequence[FieldError] = ()
    retry_after: timedelta | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.code].status

    def body(self, correlation_id: str) -> str:
        """The problem document; it never holds text of Graph's, nor what the caller sent."""
        kind = KINDS[self.code]
        document: dict[str, object] = {
            "type": f"/api/docs#problem-{kind.code}",
            "title": kind.title,
            "status": kind.status,
            "code": kind.code,
            "instance": f"urn:uuid:{correlation_id}",
        }
        if self.detail:
            document["detail"] = self.detail
        if self.errors:
            document["errors"] = [
                {"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in self.errors
            ]
        return json.dumps(document, ensure_ascii=False)


def seconds(wait: timedelta) -> str:
    """A Retry-After value: whole seconds, rounded up, at least one."""
    return str(max(1, ceil(wait.total_seconds())))


def problem_of(error: DomainError) -> Problem:
    """The problem that a caller sees for a domain error."""
    if isinstance(error, RulesBroken):
        return _rules(error)
    if isinstance(error, NotFound):
        return _not_found(error)
    if isinstance(error, TooManyRequests):
        return Problem("too-many-requests", f"The limit {error.policy} is reached.", (), error.retry_after)
    code = next((code for kind, code in CODES if isinstance(error, kind)), "internal-error")
    return Problem(code, retry_after=_wait(error, code))


CODES: Sequence[tuple[type[DomainError], str]] = (
    (SlotBusy, "slot-busy"),
    (KeyInFlight, "idempotency-key-in-flight"),
    (KeyReused, "idempotency-key-reused"),
    (NotBooked, "not-booked"),
    (StoreUnavailable, "store-unavailable"),
    (Throttled, "upstream-throttled"),
    (Denied, "upstream-refused"),
    (Rejected, "upstream-refused"),
    (Missing, "upstream-refused"),
    (GraphError, "upstream-unavailable"),
)


def _not_found(error: NotFound) -> Problem:
    code = f"{error.what}-not-found"
    if error.pointer is None:
        return Problem(code)
    pointed = FieldError(error.pointer, code, KINDS[code].title)
    return Problem(code, errors=(pointed,))


def _wait(error: DomainError, code: str) -> timedelta | None:
    wait: timedelta | None = getattr(error, "retry_after", None)
    if wait is None and KINDS[code].status in {429, 503}:
        return PAUSE
    return wait


def _rules(error: RulesBroken) -> Problem:
    errors = [FieldError(one.pointer, one.code, one.detail) for one in error.violations]
    return Problem("booking-conflict" if error.is_conflict else "booking-rules-broken", errors=errors)
