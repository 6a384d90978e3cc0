"""What is said of one operation, and the problems that many operations share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from shared.api.routes import BY_FUNCTION, Route

KEYS = ("functionKey", "functionKeyInQuery")
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
    """What one route does; `function` names it in the table of routes."""

    function: str
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

    @property
    def route(self) -> Route:
        """Where it is."""
        return BY_FUNCTION[self.function]

    @property
    def method(self) -> str:
        """The method as OpenAPI writes it; HEAD is described by words."""
        return self.route.methods[0].lower()

    @property
    def keys(self) -> Sequence[str]:
        """The ways to prove that one may call it."""
        return KEYS if self.route.needs_key else self.security


ANY = ("target-too-long", "internal-error")
GRAPH = ("upstream-throttled", "identity-unavailable", "upstream-refused", "upstream-unavailable")
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
HUMAN = ("human-check-failed", "human-check-unavailable", "origin-refused")
