"""What the clients send, and which of the facade's answers mean what."""

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import httpx

from devtools.chaos.cluster import function_key
from devtools.chaos.plan import Intent

FIRST_PAUSE: Final = 0.8
LONGEST_PAUSE: Final = 3.0
GROWTH: Final = 1.4
"""Clients wait longer each time, like good ones, but in seconds, so that a run does not take for ever."""

OK, CREATED, ACCEPTED, NOT_FOUND, CONFLICT, UNPROCESSABLE = 200, 201, 202, 404, 409, 422
THROTTLED, UNAVAILABLE = 429, 503
NOT_YET: Final = frozenset(
    {
        (OK, "pending"),
        (ACCEPTED, "pending"),
        (CONFLICT, "slot-busy"),
        (CONFLICT, "booking-pending"),
        (CONFLICT, "idempotency-key-in-flight"),
    }
)
"""Answers after which a client asks again; so does it after every 429 and 503."""

BY_STAFF: Final = frozenset({(NOT_FOUND, "service-not-found"), (OK, "cancelled")})
"""Final answers that only an edit by the staff allows."""

CANCELLED: Final = "booking-cancelled"
ASK_AGAIN: Final = frozenset({THROTTLED, UNAVAILABLE})
BOOKING_REFUSED: Final = frozenset({(OK, "failed"), (CONFLICT, "booking-conflict")})
MOVE_REFUSED: Final = frozenset({(CONFLICT, "booking-conflict"), (UNPROCESSABLE, "booking-rules-broken")})


class Manners(Protocol):
    """How a client behaves."""

    @property
    def patience(self) -> float:
        """Seconds that it waits for an answer."""
        ...

    @property
    def leaves(self) -> bool:
        """Whether it goes away without an answer."""
        ...


def start_of(document: Mapping[str, Any]) -> datetime:
    """When a booking begins, by the answer about it."""
    return datetime.fromisoformat(document["start"]["utc"])


def json_of(answer: httpx.Response) -> dict[str, Any]:
    """The object of an answer; empty if there is none."""
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def body_of(intent: Intent) -> dict[str, Any]:
    """What is sent to book."""
    return {
        "serviceId": intent.service,
        "start": intent.start.isoformat(),
        "staffId": intent.staff_id,
        "customer": {"name": intent.email.partition("@")[0], "email": intent.email},
    }


def headers_of(intent: Intent) -> dict[str, str]:
    """The headers of a backend, with its own key where it has one."""
    key = {} if intent.key is None else {"Idempotency-Key": intent.key}
    return {"x-functions-key": function_key(intent.number), **key}


def pause_after(tries: int, dice: random.Random) -> float:
    """Seconds until a client asks again."""
    longest = min(FIRST_PAUSE * GROWTH**tries, LONGEST_PAUSE)
    return longest * dice.uniform(0.5, 1.0)
