"""What each route does: parse, ask a use case, answer. Errors are left to the pipeline."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import azure.functions as func

from shared.api import answers
from shared.api.admission import Admission
from shared.api.human_check import Slot
from shared.api.hygiene import cacheable
from shared.api.limits import caller
from shared.api.parsing import booking_request, graph_customer, read_json, start_of, validated
from shared.api.pipeline import NO_STORE, json_response
from shared.api.problems import FieldError, Problem
from shared.api.schemas import BookingBody, ChallengeQuery, GraphCustomer, SlotsQuery, Wire
from shared.booking.create.booking import CreateBooking
from shared.booking.create.request import Booked, BookingRequest
from shared.booking.customers.find_or_create import CreateCustomer
from shared.booking.hashing import Hasher
from shared.booking.health import Health
from shared.booking.ports import IdempotencyStore
from shared.booking.records import State
from shared.booking.slots.availability import Availability, SlotQuery
from shared.booking.slots.catalogue import Catalogues
from shared.booking.upkeep import Upkeep
from shared.booking.writes.idempotency import RequestKey
from shared.domain.addresses import comparable_email
from shared.domain.errors import NotFound, OutcomeUnknown

MAX_KEY = 255
PUBLIC = "public"
"""Who asks on the routes that anybody may use."""

PENDING_POLL = "5"
"""Seconds after which asking again about a pending booking makes sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """The routes' handlers over the use cases; `mailboxes` maps public aliases to mailboxes."""

    mailboxes: Mapping[str, str]
    catalogues: Catalogues
    availability: Availability
    health: Health
    create_booking: CreateBooking
    create_customer: CreateCustomer
    upkeep: Upkeep
    records: IdempotencyStore
    hasher: Hasher
    admission: Admission
    closers: Sequence[Callable[[], Awaitable[None]]] = ()

    async def business(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/businesses/{business}`."""
        alias, mailbox = await self._visited(request)
        catalogue = await self.catalogues.get(mailbox)
        return cacheable(request, answers.business(catalogue.business, alias))

    async def services(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/businesses/{business}/services`."""
        _, mailbox = await self._visited(request)
        return cacheable(request, answers.services(await self.catalogues.get(mailbox)))

    async def slots(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/businesses/{business}/services/{serviceId}/slots`."""
        _, mailbox = await self._visited(request)
        asked = validated(SlotsQuery, dict(request.params))
        query = SlotQuery(
            business=mailbox,
            service_id=request.route_params.get("serviceId", ""),
            first=asked.first,
            last=asked.last,
            time_zone=asked.time_zone,
            staff_id=asked.staff_id,
            explain=asked.explain,
        )
        return json_response(answers.slots(await self.availability(query)))

    async def challenge(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/businesses/{business}/challenge`."""
        alias, _ = await self._visited(request)
        asked = validated(ChallengeQuery, dict(request.params))
        slot = Slot(alias, asked.service_id, start_of(asked.start, asked.time_zone))
        return json_response(await self.admission.human.challenge(slot))

    async def book(self, request: func.HttpRequest) -> func.HttpResponse:
        """`POST /v1/businesses/{business}/bookings`."""
        alias, mailbox = await self._visited(request)
        body, asked, intent = self._booking_asked(request, alias, mailbox, PUBLIC)
        await self.admission.booking(request, alias, body, asked, intent)
        return await self._book(alias, asked, intent)

    async def book_as_partner(self, request: func.HttpRequest) -> func.HttpResponse:
        """`POST /v1/partner/businesses/{business}/bookings`; the host has checked the function key."""
        alias, mailbox = self._business(request)
        await self.admission.gate.partner(request)
        _, asked, intent = self._booking_asked(request, alias, mailbox, caller(request))
        return await self._book(alias, asked, intent)

    async def booking(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/businesses/{business}/bookings/{reference}` with the booking's token."""
        await self._visited(request)
        reference = request.route_params.get("reference", "")
        token = request.headers.get("booking-token") or request.params.get("token", "")
        key = self.hasher.key_of(token, reference)
        record = None if key is None else await self.records.get(key)
        if record is None or record.reference != reference:
            raise Problem("booking-token-invalid", "Expected a reference together with its own token.")
        if record.state is State.COMPLETED and record.answer is not None:
            return json_response(record.answer)
        if record.state is State.REFUSED:
            return json_response(answers.state(reference, "failed"))
        return json_response(answers.state(reference, "pending"), headers={"Retry-After": PENDING_POLL})

    async def customer(self, request: func.HttpRequest) -> func.HttpResponse:
        """`POST /v1/partner/businesses/{business}/customers`."""
        alias, mailbox = self._business(request)
        await self.admission.gate.partner(request)
        body = validated(GraphCustomer, read_json(request))
        key = _idempotency_key(request)
        intent = None if key is None else self._intent("customer", caller(request), alias, key, body)
        found, is_new = await self.create_customer(mailbox, graph_customer(body), intent)
        return json_response(answers.customer(found), 201 if is_new else 200)

    async def live(self, _: func.HttpRequest) -> func.HttpResponse:
        """`GET /health/live`."""
        return _health(200, {"status": "pass"})

    async def ready(self, _: func.HttpRequest) -> func.HttpResponse:
        """`GET /health/ready`; names what fails, by alias and kind of error alone."""
        checks = await self.health()
        failed = any(check.error for check in checks)
        document = {
            "status": "fail" if failed else "pass",
            "checks": {
                check.name: [{"status": "fail" if check.error else "pass", "output": check.error or ""}]
                for check in checks
            },
        }
        return _health(503 if failed else 200, document)

    async def aclose(self) -> None:
        """Close every connection; the next call opens what it needs anew."""
        for close in self.closers:
            await close()

    async def _book(self, alias: str, asked: BookingRequest, intent: RequestKey) -> func.HttpResponse:
        try:
            booked = await self.create_booking(asked, intent)
        except OutcomeUnknown as error:
            token = self.create_booking.token(intent, error.reference)
            return _pending(alias, error.reference, token)
        return _created(alias, booked)

    def _booking_asked(
        self, request: func.HttpRequest, alias: str, mailbox: str, who: str
    ) -> tuple[BookingBody, BookingRequest, RequestKey]:
        body = validated(BookingBody, read_json(request))
        asked = booking_request(mailbox, body)
        return body, asked, self._booking_intent(request, who, alias, asked, body)

    async def _visited(self, request: func.HttpRequest) -> tuple[str, str]:
        """The alias and its mailbox for a visitor whose limit is not reached."""
        await self.admission.gate.visit(request)
        return self._business(request)

    def _business(self, request: func.HttpRequest) -> tuple[str, str]:
        """The alias and its mailbox, before anything else is looked at."""
        alias = request.route_params.get("business", "")
        mailbox = self.mailboxes.get(alias)
        if mailbox is None:
            raise NotFound("business")
        return alias, mailbox

    def _booking_intent(
        self, request: func.HttpRequest, who: str, alias: str, asked: BookingRequest, body: BookingBody
    ) -> RequestKey:
        key = _idempotency_key(request)
        if key is not None:
            return self._intent("booking", who, alias, key, body)
        start, email = asked.start.isoformat(), comparable_email(asked.customer.email)
        natural = self.hasher.name("natural-key", alias, asked.service_id, start, email)
        return RequestKey(
            natural, _fingerprint(body), is_natural=True, caller=self.hasher.name("caller", who)
        )

    def _intent(self, operation: str, who: str, alias: str, key: str, body: Wire) -> RequestKey:
        return RequestKey(self.hasher.name("key", operation, who, alias, key), _fingerprint(body))


def _idempotency_key(request: func.HttpRequest) -> str | None:
    """The Idempotency-Key, with or without the quotes of a structured field; None where there is none."""
    raw: str | None = request.headers.get("idempotency-key")
    if raw is None:
        return None
    key = raw.strip().removeprefix('"').removesuffix('"')
    if not 1 <= len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
        expected = f"Expected 1 to {MAX_KEY} printable ASCII characters."
        raise Problem(
            "header-invalid", expected, (FieldError("/headers/Idempotency-Key", "idempotency-key", expected),)
        )
    return key


def _fingerprint(body: Wire) -> str:
    """What the caller asks for, the solved challenge aside: a retry may bring another one."""
    members = body.model_dump(mode="json", by_alias=True, exclude={"human_check", "website"})
    return sha256(json.dumps(members, sort_keys=True).encode()).hexdigest()


def _health(status: int, document: Mapping[str, Any]) -> func.HttpResponse:
    return func.HttpResponse(
        json.dumps(document), status_code=status, headers=NO_STORE, mimetype="application/health+json"
    )


def _location(alias: str, reference: str, token: str) -> dict[str, str]:
    return {"Location": f"/api/v1/businesses/{alias}/bookings/{reference}?token={token}"}


def _created(alias: str, booked: Booked) -> func.HttpResponse:
    headers = _location(alias, booked.reference, booked.token)
    if booked.is_replay:
        headers["Idempotent-Replayed"] = "true"
    return json_response(booked.body, 201, headers)


def _pending(alias: str, reference: str, token: str) -> func.HttpResponse:
    headers = {**_location(alias, reference, token), "Retry-After": PENDING_POLL}
    return json_response(answers.state(reference, "pending"), 202, headers)
