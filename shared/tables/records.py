"""An idempotency record as an entity's values, and back."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from shared.booking.records import Answered, Attempt, IdempotencyRecord, Kind, State
from shared.domain.intervals import Interval
from shared.tables.times import parsed, stored

CHUNK = 16_000
"""Characters in one value: the storage takes 32 Ki UTF-16 units, and a character has at most two."""


def to_values(record: IdempotencyRecord) -> dict[str, Any]:
    """The values of an entity; its key and etag apart. What is None has no value."""
    values = {
        "Key": record.key,
        "Fingerprint": record.fingerprint,
        "Reference": record.reference,
        "State": record.state.value,
        "Created": stored(record.created),
        "LeaseEnds": stored(record.lease_ends),
        "MadeId": record.made_id,
        "Caller": record.caller,
        "LookAgain": record.look_again and stored(record.look_again),
        "Answered": record.answered and _answered_to_json(record.answered),
        "Attempt": record.attempt and _attempt_to_json(record.attempt),
        **dict(_chunks("Answer", record.answer)),
        **dict(_chunks("Sealed", record.attempt.sealed if record.attempt else None)),
    }
    return {name: value for name, value in values.items() if value is not None}


def from_values(values: Mapping[str, Any], version: str) -> IdempotencyRecord:
    """The record that `to_values` took apart."""
    attempt = values.get("Attempt")
    return IdempotencyRecord(
        key=values["Key"],
        fingerprint=values["Fingerprint"],
        reference=values["Reference"],
        state=State(values["State"]),
        created=parsed(values["Created"]),
        lease_ends=parsed(values["LeaseEnds"]),
        attempt=None if attempt is None else _attempt_from_json(attempt, _joined("Sealed", values)),
        answer=_joined("Answer", values),
        made_id=values.get("MadeId"),
        caller=values.get("Caller", ""),
        look_again=parsed(values["LookAgain"]) if "LookAgain" in values else None,
        answered=_answered_from_json(values["Answered"]) if "Answered" in values else None,
        version=version,
    )


def _chunks(name: str, text: str | None) -> Iterator[tuple[str, str]]:
    if text is None:
        return
    for number, start in enumerate(range(0, max(len(text), 1), CHUNK)):
        yield f"{name}{number}", text[start : start + CHUNK]


def _joined(name: str, values: Mapping[str, Any]) -> str | None:
    chunks: list[str] = []
    while (chunk := values.get(f"{name}{len(chunks)}")) is not None:
        chunks.append(chunk)
    return "".join(chunks) if chunks else None


def _answered_to_json(answered: Answered) -> str:
    return json.dumps(
        {
            "at": stored(answered.at),
            "start": stored(answered.span.start),
            "end": stored(answered.span.end),
            "staffMemberIds": answered.staff_member_ids,
        }
    )


def _answered_from_json(text: str) -> Answered:
    value = json.loads(text)
    span = Interval(parsed(value["start"]), parsed(value["end"]))
    return Answered(parsed(value["at"]), span, tuple(value["staffMemberIds"]))


def _attempt_to_json(attempt: Attempt) -> str:
    return json.dumps(
        {
            "business": attempt.business,
            "serviceId": attempt.service_id,
            "start": stored(attempt.span.start),
            "end": stored(attempt.span.end),
            "staffMemberIds": attempt.staff_member_ids,
            "customerId": attempt.customer_id,
            "timeZone": attempt.time_zone,
            "at": stored(attempt.at),
            "locks": attempt.locks,
            "isJoin": attempt.is_join,
            "appointmentId": attempt.appointment_id,
            "seated": attempt.seated,
            "isOver": attempt.is_over,
            "kind": attempt.kind.value,
            "leaves": attempt.leaves,
            "isLeaving": attempt.is_leaving,
            "person": attempt.person,
            "campaign": attempt.campaign,
            "twins": attempt.twins,
        }
    )


def _attempt_from_json(text: str, sealed: str | None) -> Attempt:
    value = json.loads(text)
    return Attempt(
        business=value["business"],
        service_id=value["serviceId"],
        span=Interval(parsed(value["start"]), parsed(value["end"])),
        staff_member_ids=tuple(value["staffMemberIds"]),
        customer_id=value["customerId"],
        time_zone=value["timeZone"],
        at=parsed(value["at"]),
        locks=tuple(value["locks"]),
        is_join=value["isJoin"],
        appointment_id=value["appointmentId"],
        seated=tuple(value["seated"]),
        sealed=sealed,
        is_over=value["isOver"],
        kind=Kind(value.get("kind", Kind.BOOK)),
        leaves=value.get("leaves"),
        is_leaving=value.get("isLeaving", False),
        person=value.get("person", ""),
        campaign=value.get("campaign"),
        twins=tuple(value.get("twins", ())),
    )
