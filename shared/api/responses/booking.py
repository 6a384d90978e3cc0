"""The answers about a booking."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import azure.functions as func
from isodate import duration_isoformat
from pydantic import Field

from shared.api.responses.model import Duration, Moment, Named, ResponseModel, json_response, moment
from shared.booking.create.request import Booked
from shared.booking.ports import Clock
from shared.booking.records import IdempotencyRecord, Kind, State
from shared.booking.writes.outcomes import Confirmation, Render

PENDING_POLL = "5"
"""Seconds after which asking again about a pending booking makes sense."""


class BookedService(Named):
    """The service that was booked."""

    duration: Duration


class Seats(ResponseModel):
    """The seats of the appointment."""

    maximum: int
    filled: int


class BookingConfirmed(ResponseModel):
    """A booking that stands in the calendar."""

    reference: str = Field(pattern="^BK-[0-9A-HJKMNP-TV-Z]{8}$")
    status: Literal["confirmed"]
    service: BookedService
    start: Moment
    end: Moment
    staff: tuple[Named, ...]
    seats: Seats
    join_url: str | None = Field(description="Where to join an online appointment")
    browser_join_url: str | None = Field(
        default=None,
        description="Where to join it from a browser, without an account; if the shop allows that",
    )


class BookingState(ResponseModel):
    """A booking whose outcome is not known yet, or that did not succeed and can be asked for again."""

    reference: str = Field(pattern="^BK-[0-9A-HJKMNP-TV-Z]{8}$")
    status: Literal["pending", "failed"]


def confirmed(made: Confirmation) -> BookingConfirmed:
    """A booking that is proved to stand at Graph."""
    booked, service, staff = made.appointment, made.service, made.catalogue.staff
    return BookingConfirmed(
        reference=made.reference,
        status="confirmed",
        service=BookedService(
            id=service.id, name=service.display_name, duration=duration_isoformat(booked.span.length)
        ),
        start=moment(booked.span.start, made.time_zone),
        end=moment(booked.span.end, made.time_zone),
        staff=tuple(
            Named(id=one, name=staff[one].display_name) for one in booked.staff_member_ids if one in staff
        ),
        seats=Seats(maximum=booked.maximum_attendees, filled=max(booked.filled, len(booked.attendees))),
        join_url=booked.join_url,
        browser_join_url=booked.browser_join_url,
    )


def rendering(clock: Clock, changed: Callable[[Confirmation, datetime], ResponseModel]) -> Render:
    """Writes what is proved of a booking, to be stored and replayed byte for byte.

    A new one is the body of a 201; of another `changed` says how it stands now.
    """

    def render(made: Confirmation) -> str:
        answer = confirmed(made) if made.kind is Kind.BOOK else changed(made, clock())
        return answer.to_json()

    return render


@dataclass(frozen=True, slots=True)
class BookingOutcome:
    """What became of a booking request; `body` is its JSON, `token` opens the booking later."""

    alias: str
    reference: str
    token: str
    status: Literal["confirmed", "pending"]
    body: str
    is_replay: bool = False


def made(alias: str, booked: Booked) -> BookingOutcome:
    """A booking that stands, made now or before."""
    return BookingOutcome(alias, booked.reference, booked.token, "confirmed", booked.body, booked.is_replay)


def not_known(alias: str, reference: str, token: str) -> BookingOutcome:
    """A booking of which nobody knows yet whether it stands."""
    body = BookingState(reference=reference, status="pending").to_json()
    return BookingOutcome(alias, reference, token, "pending", body)


def booking_response(outcome: BookingOutcome) -> func.HttpResponse:
    """201 for a booking that stands; 202 for one whose outcome nobody knows yet."""
    where = f"/api/v1/businesses/{outcome.alias}/bookings/{outcome.reference}?token={outcome.token}"
    if outcome.status == "pending":
        return json_response(outcome.body, 202, {"Location": where, "Retry-After": PENDING_POLL})
    replayed = {"Idempotent-Replayed": "true"} if outcome.is_replay else {}
    return json_response(outcome.body, 201, {"Location": where, **replayed})


def unconfirmed(record: IdempotencyRecord) -> BookingState | None:
    """The state of a booking that does not stand; None for one that does."""
    if record.state is State.COMPLETED and record.answer is not None:
        return None
    return BookingState(
        reference=record.reference, status="failed" if record.state is State.REFUSED else "pending"
    )
