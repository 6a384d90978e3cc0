"""Every operation of the API as data: parameters, bodies, answers and the problems that it can have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from shared.api import openapi_examples as examples
from shared.api import schemas, schemas_out
from shared.api.schemas_challenge import ChallengeAltcha, ChallengeOff, ChallengeTurnstile

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no problem: its models (one of them), examples by name, and headers."""

    description: str
    models: Sequence[type[BaseModel]] = ()
    examples: Json = field(default_factory=dict)
    headers: Sequence[str] = ()
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one route; `path` is the route as `function_app.py` has it."""

    method: str
    path: str
    name: str
    tag: str
    summary: str
    description: str
    answers: Mapping[int, Answer]
    problems: Sequence[str] = ()
    parameters: Sequence[str] = ()
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_examples: Json = field(default_factory=dict)
    form_examples: Json = field(default_factory=dict)
    security: Sequence[str] = ()
    is_limited: bool = False


ANY = ("target-too-long", "internal-error")
GRAPH = ("upstream-throttled", "upstream-refused", "upstream-unavailable")
WRITE = ("body-unreadable", "body-too-large", "media-type-unsupported", "header-invalid", "fields-invalid")
INTENT = (
    "idempotency-key-in-flight",
    "idempotency-key-reused",
    "slot-busy",
    "not-booked",
    "store-unavailable",
)
BOOKING = ("service-not-found", "booking-conflict", "booking-rules-broken")
LIMIT = ("too-many-requests",)
HUMAN = ("human-check-failed", "human-check-unavailable")

CACHED = ("ETag", "Cache-Control")
HEALTH = "application/health+json"
NOT_MODIFIED = Answer(
    "Nothing has changed since the answer with this ETag", headers=("ETag", "Cache-Control")
)
BUSINESS = "v1/businesses/{business}"

BOOKED = {
    201: Answer(
        "Booked: the appointment stands in the calendar. A retry gets the same bytes",
        (schemas_out.BookingConfirmed,),
        {"confirmed": examples.CONFIRMED},
        ("Location", "Idempotent-Replayed"),
    ),
    202: Answer(
        "Whether it is booked is not known yet: `Location` tells later. Do not book again",
        (schemas_out.BookingState,),
        {"pending": examples.PENDING},
        ("Location", "Retry-After"),
    ),
}
BODIES = {"withOffset": examples.BOOKING, "localTime": examples.LOCAL_BOOKING}
FORMS = {"form": examples.FORM}
SEEN = Answer(
    "A form of a browser: on to `returnUrl`, else to the page of the booking", headers=("Location",)
)

OPERATIONS: Sequence[Operation] = (
    Operation(
        "get", BUSINESS, "getBusiness", "Businesses", "A business",
        "Name, address, hours, time zone, languages and policy.",
        {200: Answer("The business", (schemas_out.BusinessOut,), {"business": examples.BUSINESS}, CACHED),
         304: NOT_MODIFIED},
        (*ANY, "business-not-found", *LIMIT, *GRAPH), ("business", "If-None-Match"), is_limited=True,
    ),
    Operation(
        "get", f"{BUSINESS}/services", "listServices", "Businesses", "The services of a business",
        "The services that customers may book: duration, price, seats, questions, staff and policy.",
        {200: Answer("The services", (schemas_out.ServiceList,), {"services": examples.SERVICES}, CACHED),
         304: NOT_MODIFIED},
        (*ANY, "business-not-found", *LIMIT, *GRAPH), ("business", "If-None-Match"), is_limited=True,
    ),
    Operation(
        "get", f"{BUSINESS}/services/{{serviceId}}/slots", "listSlots", "Slots", "What can be booked when",
        "What is offered passes the same rules as a booking. At most 62 days; dates are local to `timeZone`, "
        "else to the business, and both are included. With `explain=true` also the starts that are refused, "
        "each with its reasons.",
        {200: Answer(
            "The slots", (schemas_out.SlotListOut,),
            {"slots": examples.SLOTS, "explained": examples.EXPLAINED},
        )},
        (*ANY, "business-not-found", "service-not-found", "staff-not-found", "fields-invalid",
         "booking-rules-broken", "store-unavailable", *LIMIT, *GRAPH),
        ("business", "serviceId"), schemas.SlotsQuery, is_limited=True,
    ),
    Operation(
        "get", f"{BUSINESS}/challenge", "getChallenge", "Bookings", "What to solve before a booking",
        "The check for humans of this deployment, for one slot. Its solution goes into `humanCheck` of the "
        "booking; it serves for this slot alone, once, for five minutes. A retry needs no new one.",
        {200: Answer(
            "How to go on, by `kind`",
            (ChallengeOff, ChallengeAltcha, ChallengeTurnstile),
            examples.CHALLENGES,
        )},
        (*ANY, "business-not-found", "fields-invalid", *LIMIT), ("business",), schemas.ChallengeQuery,
        is_limited=True,
    ),
    Operation(
        "post", f"{BUSINESS}/bookings", "createBooking", "Bookings", "Book a slot",
        "One request, one booking: send the same request again, with the same Idempotency-Key, until an "
        "answer comes. No body, or no answer, means unknown: send the same request again with the same key. "
        "Without the header, business, service, start and e-mail address together are the key.",
        {**BOOKED, 303: SEEN},
        (*ANY, *WRITE, *INTENT, *BOOKING, "business-not-found", *HUMAN, *LIMIT, *GRAPH),
        ("business", "Idempotency-Key"), body=schemas.BookingBody, body_examples=BODIES,
        form_examples=FORMS, is_limited=True,
    ),
    Operation(
        "get", f"{BUSINESS}/bookings/{{reference}}", "getBooking", "Bookings", "The state of a booking",
        "Where `Location` of a booking points; for whoever has the booking's token.",
        {200: Answer(
            "Confirmed, pending or failed", (schemas_out.BookingConfirmed, schemas_out.BookingState),
            {"confirmed": examples.CONFIRMED, "pending": examples.PENDING, "failed": examples.FAILED},
            ("Retry-After",),
        )},
        (*ANY, "business-not-found", "booking-token-invalid", "store-unavailable", *LIMIT),
        ("business", "reference"), security=("bookingToken", "bookingTokenInQuery"), is_limited=True,
    ),
    Operation(
        "get", f"{BUSINESS}/bookings/{{reference}}/calendar.ics", "getCalendarFile", "Bookings",
        "A confirmed booking for a calendar",
        "One event in UTC (RFC 5545); its UID comes from the reference.",
        {200: Answer("The file", (), {"event": examples.CALENDAR}, (), "text/calendar")},
        (*ANY, "business-not-found", "booking-token-invalid", "booking-not-found", "store-unavailable",
         *LIMIT),
        ("business", "reference"), security=("bookingToken", "bookingTokenInQuery"), is_limited=True,
    ),
    Operation(
        "post", "v1/partner/businesses/{business}/bookings", "createPartnerBooking", "Partners",
        "Book a slot from a backend",
        "As the public route, with a function key: no check for humans and no limit per visitor.",
        BOOKED,
        (*ANY, *WRITE, *INTENT, *BOOKING, "business-not-found", *LIMIT, *GRAPH),
        ("business", "Idempotency-Key"), body=schemas.BookingBody, body_examples=BODIES, form_examples=FORMS,
        security=("functionKey", "functionKeyInQuery"), is_limited=True,
    ),
    Operation(
        "post", "v1/partner/businesses/{business}/customers", "createCustomer", "Partners",
        "Find or create a customer",
        "By e-mail address: a customer who is known is found, and left as they are; else one is made.",
        {200: Answer("Found", (schemas_out.CustomerOut,), {"found": examples.CUSTOMER}),
         201: Answer("Created", (schemas_out.CustomerOut,), {"created": examples.CUSTOMER})},
        (*ANY, *WRITE, *INTENT, "business-not-found", *LIMIT, *GRAPH),
        ("business", "Idempotency-Key"), body=schemas.GraphCustomer,
        body_examples={"customer": examples.GRAPH_CUSTOMER},
        security=("functionKey", "functionKeyInQuery"), is_limited=True,
    ),
    Operation(
        "get", "health/live", "getLiveness", "Health", "Whether a worker answers", "Asks nobody else.",
        {200: Answer("It does", (schemas_out.HealthOut,), {"alive": examples.ALIVE}, (), HEALTH)},
        ANY,
    ),
    Operation(
        "get", "health/ready", "getReadiness", "Health", "Whether a booking would find what it needs",
        "Tries Microsoft Graph for each business, and the store; shared for ten seconds.",
        {200: Answer("All answer", (schemas_out.HealthOut,), {"ready": examples.READY}, (), HEALTH),
         503: Answer(
             "Something fails", (schemas_out.HealthOut,), {"failing": examples.NOT_READY}, (), HEALTH
         )},
        ANY,
    ),
    Operation(
        "get", "openapi.json", "getDescription", "Description", "This document", "OpenAPI 3.1.",
        {200: Answer("The document", (), {"document": {"openapi": "3.1.0"}}, CACHED), 304: NOT_MODIFIED},
        ANY, ("If-None-Match",),
    ),
)  # fmt: skip
"""In the order of the reference page."""
