"""What identifies a request among its retries: its key, and what its body asks for."""

import json
from dataclasses import dataclass
from hashlib import sha256

from shared.api.problems import FieldError, Problem
from shared.api.requests.bodies import RequestModel
from shared.booking.create.request import BookingRequest
from shared.booking.hashing import Hasher
from shared.booking.writes.idempotency import RequestKey
from shared.domain.addresses import comparable_email

MAX_KEY = 255


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks at which business; part of every key, so that nobody is handed another one's record."""

    who: str
    alias: str


def booking_intent(
    hasher: Hasher, caller: Caller, asked: BookingRequest, body: RequestModel, key: str | None
) -> RequestKey:
    """A booking's intent; without a key it is made of business, service, start and e-mail address.

    Raises Problem 400.
    """
    if (given := checked_key(key)) is not None:
        return keyed_intent(hasher, "booking", caller, given, body)
    start, email = asked.start.isoformat(), comparable_email(asked.customer.email)
    natural = hasher.name("natural-key", caller.alias, asked.service_id, start, email)
    return RequestKey(natural, fingerprint(body), is_natural=True, caller=hasher.name("caller", caller.who))


def keyed_intent(hasher: Hasher, operation: str, caller: Caller, key: str, body: RequestModel) -> RequestKey:
    """The intent of a request that brought a key."""
    return RequestKey(hasher.name("key", operation, caller.who, caller.alias, key), fingerprint(body))


def checked_key(raw: str | None) -> str | None:
    """A key with or without the quotes of a structured field; raises Problem 400."""
    if raw is None:
        return None
    key = raw.strip().removeprefix('"').removesuffix('"')
    if not 1 <= len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
        expected = f"Expected 1 to {MAX_KEY} printable ASCII characters."
        raise Problem(
            "header-invalid", expected, (FieldError("/headers/Idempotency-Key", "idempotency-key", expected),)
        )
    return key


def fingerprint(body: RequestModel) -> str:
    """What the caller asks for, the solved challenge aside: a retry may bring another one."""
    members = body.model_dump(mode="json", by_alias=True, exclude={"human_check", "website"})
    return sha256(json.dumps(members, sort_keys=True).encode()).hexdigest()
