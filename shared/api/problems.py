"""Every error as a problem (RFC 9457): the one table from the domain's errors to HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import Any

from shared.api.responses.problem import ProblemError, ProblemOut
from shared.domain.errors import (
    BookingPending,
    Crowded,
    Denied,
    DomainError,
    GraphError,
    KeyInFlight,
    KeyReused,
    Missing,
    NoIdentity,
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
LATER = "A limit is reached; Retry-After tells when to ask again."
"""Not which one: that would tell how often somebody else has used an address or a network."""

PAUSE = timedelta(seconds=10)
"""What a caller is asked to wait where nothing better is known."""

MOST_ERRORS = 20
"""Errors that one problem tells: more help nobody, and an answer must not outgrow its request."""


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A type of problem (RFC 9457, section 3.1.1): its stable code, status and title."""

    code: str
    status: int
    title: str


PROBLEM_TYPES: Mapping[str, ProblemType] = {
    one.code: one
    for one in (
        ProblemType("body-unreadable", 400, "The body cannot be read"),
        ProblemType("header-invalid", 400, "A header is not valid"),
        ProblemType("human-check-failed", 403, "The check for humans was not passed"),
        ProblemType("origin-refused", 403, "Forms of this website are not taken"),
        ProblemType("booking-token-invalid", 404, "There is no such booking"),
        ProblemType("business-not-found", 404, "There is no such business"),
        ProblemType("service-not-found", 404, "There is no such service"),
        ProblemType("staff-not-found", 404, "There is no such staff member"),
        ProblemType("booking-not-found", 404, "There is no such booking"),
        ProblemType("receipt-not-found", 404, "There is no such receipt"),
        ProblemType("booking-conflict", 409, "This slot cannot be booked any more"),
        ProblemType("slot-busy", 409, "Somebody else is booking this slot right now"),
        ProblemType("booking-pending", 409, "An earlier change of this booking has not ended yet"),
        ProblemType("idempotency-key-in-flight", 409, "The same request is being worked on"),
        ProblemType("body-too-large", 413, "The body is too large"),
        ProblemType("target-too-long", 414, "The address is too long"),
        ProblemType("media-type-unsupported", 415, "The media type is not supported"),
        ProblemType("fields-invalid", 422, "One or more fields are not valid"),
        ProblemType("booking-rules-broken", 422, "The booking breaks one or more rules"),
        ProblemType("idempotency-key-reused", 422, "The idempotency key belongs to another request"),
        ProblemType("too-many-requests", 429, "Too many requests"),
        ProblemType("upstream-throttled", 429, "Microsoft Bookings asks to slow down"),
        ProblemType("internal-error", 500, "Something went wrong here"),
        ProblemType("human-check-unavailable", 503, "The check for humans cannot be made now"),
        ProblemType("not-booked", 503, "Nothing was booked; please try again"),
        ProblemType("identity-unavailable", 503, "This service gets no token of its identity now"),
        ProblemType("upstream-refused", 503, "Microsoft Bookings refuses this service"),
        ProblemType("upstream-unavailable", 503, "Microsoft Bookings cannot be reached"),
        ProblemType("store-unavailable", 503, "The bookings store cannot be reached"),
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

    def __post_init__(self) -> None:
        """Keep the first errors alone, for pages and documents alike."""
        self.errors = tuple(self.errors)[:MOST_ERRORS]

    @property
    def status(self) -> int:
        """The HTTP status."""
        return PROBLEM_TYPES[self.code].status

    @property
    def all_headers(self) -> Mapping[str, str]:
        """Its headers, and how long to wait where that makes sense."""
        wait = {} if self.retry_after is None else {"Retry-After": seconds(self.retry_after)}
        return {**self.headers, **wait}

    def document(self, correlation_id: str) -> ProblemOut:
        """The problem document; it never holds text of Graph's, nor what the caller sent."""
        given: dict[str, Any] = {}
        if self.detail:
            given["detail"] = self.detail
        if self.errors:
            given["errors"] = tuple(
                ProblemError(pointer=one.pointer, code=one.code, detail=one.detail) for one in self.errors
            )
        return ProblemOut(
            type=f"/api/docs#problem-{self.code}",
            title=PROBLEM_TYPES[self.code].title,
            status=self.status,
            code=self.code,
            instance=f"urn:uuid:{correlation_id}",
            **given,
        )


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
        return Problem("too-many-requests", LATER, (), error.retry_after)
    code = next((code for each, code in CODES if isinstance(error, each)), "internal-error")
    return Problem(code, retry_after=_wait(error, code))


CODES: Sequence[tuple[type[DomainError], str]] = (
    (SlotBusy, "slot-busy"),
    (BookingPending, "booking-pending"),
    (KeyInFlight, "idempotency-key-in-flight"),
    (KeyReused, "idempotency-key-reused"),
    (NotBooked, "not-booked"),
    (StoreUnavailable, "store-unavailable"),
    (Crowded, "upstream-unavailable"),
    (Throttled, "upstream-throttled"),
    (NoIdentity, "identity-unavailable"),
    (Denied, "upstream-refused"),
    (Rejected, "upstream-refused"),
    (Missing, "upstream-refused"),
    (GraphError, "upstream-unavailable"),
)


def _not_found(error: NotFound) -> Problem:
    code = f"{error.what}-not-found"
    if error.pointer is None:
        return Problem(code)
    pointed = FieldError(error.pointer, code, PROBLEM_TYPES[code].title)
    return Problem(code, errors=(pointed,))


def _wait(error: DomainError, code: str) -> timedelta | None:
    wait: timedelta | None = getattr(error, "retry_after", None)
    if wait is None and PROBLEM_TYPES[code].status in {429, 503}:
        return PAUSE
    return wait


def _rules(error: RulesBroken) -> Problem:
    errors = [FieldError(one.pointer, one.code, one.detail) for one in error.violations]
    return Problem("booking-conflict" if error.is_conflict else "booking-rules-broken", errors=errors)
