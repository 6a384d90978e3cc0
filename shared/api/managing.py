"""The routes of bookings that stand: for whoever has a booking's token, and for backends with a key."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

import azure.functions as func

from shared.api.admission.rate_limits import RateLimits, function_key
from shared.api.problems import FieldError, Problem
from shared.api.requests.bodies import (
    CancelBody,
    PartnerBookingsQuery,
    RequestModel,
    RescheduleBody,
)
from shared.api.requests.booking_request import PUBLIC, Caller, checked_key, keyed_intent, wished_time
from shared.api.requests.fields import validated
from shared.api.requests.query import query, slot_query
from shared.api.requests.submission import bounded, read_json
from shared.api.responses.booking import PENDING_POLL, BookingState, unconfirmed
from shared.api.responses.managed import BookingPage, booking_now, for_backend
from shared.api.responses.model import json_response
from shared.api.responses.slots import slots as described_slots
from shared.booking.lookup import FindBooking
from shared.booking.manage.manage import Manage
from shared.booking.manage.wish import Wish
from shared.booking.ports import Place
from shared.booking.records import BookingRow, IdempotencyRecord, State
from shared.booking.writes.idempotency import RequestKey
from shared.domain.addresses import mailbox_of
from shared.domain.errors import BookingPending, NotFound, OutcomeUnknown


@dataclass(frozen=True, slots=True)
class Opened:
    """A booking that somebody may look at and change: its row, or its record while it has none.

    `who` asks, and `poll` is where they find what became of it.
    """

    alias: str
    who: str
    poll: str
    row: BookingRow | None
    record: IdempotencyRecord | None = None

    def standing_row(self) -> BookingRow:
        """The row of a booking that stood once; raises BookingPending and NotFound."""
        if self.row is not None:
            return self.row
        if self.record is not None and self.record.state is State.REFUSED:
            raise NotFound("booking")
        raise BookingPending


@dataclass(frozen=True, slots=True, kw_only=True)
class Managing:
    """The handlers over the use cases; `mailboxes` maps public aliases to mailboxes."""

    mailboxes: Mapping[str, str]
    manage: Manage
    find_booking: FindBooking
    limits: RateLimits

    async def booking(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/businesses/{business}/bookings/{reference}` with the booking's token."""
        await self.limits.visit(request)
        opened = await self._by_token(request)
        if opened.row is None:
            return _pending(opened)
        now = booking_now(await self.manage.read(opened.row))
        return json_response(now, headers={"Retry-After": PENDING_POLL} if now.status == "pending" else {})

    async def slots(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/businesses/{business}/bookings/{reference}/slots` with the booking's token."""
        await self.limits.visit(request)
        row = (await self._by_token(request)).standing_row()
        wanted = replace(slot_query(row.business, request), service_id=row.service_id)
        return json_response(described_slots(await self.manage.slots(row, wanted), tell=tuple))

    async def cancel(self, request: func.HttpRequest) -> func.HttpResponse:
        """`POST /v1/businesses/{business}/bookings/{reference}/cancel` with the booking's token."""
        await self._let_in(request)
        return await self._cancel(request, await self._by_token(request))

    async def reschedule(self, request: func.HttpRequest) -> func.HttpResponse:
        """`POST /v1/businesses/{business}/bookings/{reference}/reschedule` with the booking's token."""
        await self._let_in(request)
        return await self._reschedule(request, await self._by_token(request))

    async def cancel_as_partner(self, request: func.HttpRequest) -> func.HttpResponse:
        """`POST /v1/partner/businesses/{business}/bookings/{reference}/cancel`."""
        return await self._cancel(request, await self._by_reference(request))

    async def reschedule_as_partner(self, request: func.HttpRequest) -> func.HttpResponse:
        """`POST /v1/partner/businesses/{business}/bookings/{reference}/reschedule`."""
        return await self._reschedule(request, await self._by_reference(request))

    async def partner_bookings(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/partner/businesses/{business}/bookings`."""
        _, mailbox = self._business(request)
        await self.limits.partner(request)
        asked = validated(PartnerBookingsQuery, query(request))
        rows = await self._wanted(mailbox, asked)
        shown = await self.manage.listed(rows[: asked.limit])
        tokens = [self._token(one.row) if asked.reference else None for one in shown]
        more = len(rows) > asked.limit
        return json_response(
            BookingPage(
                bookings=tuple(for_backend(one, token) for one, token in zip(shown, tokens, strict=True)),
                cursor=_cursor(rows[asked.limit - 1]) if more else None,
            )
        )

    async def _wanted(self, mailbox: str, asked: PartnerBookingsQuery) -> Sequence[BookingRow]:
        """One row more than the page has, to know whether there is a next one; raises Problem 422."""
        ways = (asked.reference, asked.email, asked.first or asked.last)
        if sum(one is not None for one in ways) != 1:
            raise _unclear("/reference", "Expected a reference, an email, or from and to.")
        after, most = _place(asked.cursor), asked.limit + 1
        if asked.reference is not None:
            found = await self.manage.parts.rows.store.get(mailbox, asked.reference)
            return () if found is None else (found,)
        if asked.email is not None:
            return await self.manage.of_person(mailbox, asked.email, after, most)
        if asked.first is None or asked.last is None or asked.last < asked.first:
            raise _unclear("/to", "Expected from and to, the later one last.")
        return await self.manage.starting(mailbox, (asked.first, asked.last), after, most)

    def _token(self, row: BookingRow) -> str:
        return self.manage.parts.hasher.token(row.key, row.reference)

    async def _cancel(self, request: func.HttpRequest, opened: Opened) -> func.HttpResponse:
        body = validated(CancelBody, _json(request))
        row = opened.standing_row()
        try:
            answer = await self.manage.cancel(row, body.reason or None, self._key(request, opened, body))
        except OutcomeUnknown:
            return _in_doubt(opened, row.reference)
        return json_response(answer)

    async def _reschedule(self, request: func.HttpRequest, opened: Opened) -> func.HttpResponse:
        body = validated(RescheduleBody, read_json(request))
        start, zone = wished_time(body.start, body.time_zone)
        row, wish = opened.standing_row(), Wish(start, body.staff_id, zone)
        try:
            answer = await self.manage.reschedule(row, wish, self._key(request, opened, body))
        except OutcomeUnknown:
            return _in_doubt(opened, row.reference)
        return json_response(answer)

    def _key(self, request: func.HttpRequest, opened: Opened, body: RequestModel) -> RequestKey | None:
        """The key that the caller chose, bound to this booking; None where none came. Raises Problem 400."""
        key = checked_key(request.headers.get("idempotency-key"))
        if key is None or opened.row is None:
            return None
        caller, operation = Caller(opened.who, opened.alias), type(body).__name__
        intent = keyed_intent(self.manage.parts.hasher, operation, caller, key, body)
        bound = sha256(f"{opened.row.reference}\n{intent.fingerprint}".encode()).hexdigest()
        return replace(intent, fingerprint=bound, reference=opened.row.reference)

    async def _let_in(self, request: func.HttpRequest) -> None:
        """A change is mailed to people, so it counts as a booking does; raises TooManyRequests."""
        await self.limits.visit(request)
        await self.limits.booking(request)

    async def _by_token(self, request: func.HttpRequest) -> Opened:
        """The booking that the request has the token of; raises NotFound and Problem 404."""
        alias, mailbox = self._business(request)
        reference = request.route_params.get("reference", "")
        token = request.headers.get("booking-token") or request.params.get("token", "")
        poll = f"/api/v1/businesses/{alias}/bookings/{reference}?token={token}"
        row = await self.manage.parts.rows.opened(mailbox, reference, token)
        if row is not None:
            return Opened(alias, PUBLIC, poll, row)
        record = await self.find_booking(mailbox, reference, token)
        if record is not None and record.state is State.COMPLETED:  # its row was just stored, or is erased
            row = await self.manage.parts.rows.opened(mailbox, reference, token)
            record = record if row is not None else None
        if row is not None:
            return Opened(alias, PUBLIC, poll, row)
        if record is None:
            raise Problem("booking-token-invalid", "Expected a reference together with its own token.")
        return Opened(alias, PUBLIC, poll, None, record)

    async def _by_reference(self, request: func.HttpRequest) -> Opened:
        """Any booking of the business, for a backend; raises NotFound and TooManyRequests."""
        alias, mailbox = self._business(request)
        await self.limits.partner(request)
        reference = request.route_params.get("reference", "")
        row = await self.manage.parts.rows.store.get(mailbox, reference)
        if row is None:
            raise NotFound("booking")
        poll = f"/api/v1/partner/businesses/{alias}/bookings?reference={row.reference}"
        return Opened(alias, function_key(request), poll, row)

    def _business(self, request: func.HttpRequest) -> tuple[str, str]:
        alias = request.route_params.get("business", "")
        return alias, mailbox_of(self.mailboxes, alias)


def _unclear(pointer: str, expected: str) -> Problem:
    return Problem("fields-invalid", errors=(FieldError(pointer, "query", expected),))


def _cursor(row: BookingRow) -> str:
    """Where the next page begins."""
    return urlsafe_b64encode(f"{row.span.start.isoformat()} {row.reference}".encode()).decode()


def _place(cursor: str | None) -> Place | None:
    """What a cursor of ours says; raises Problem 422 for any other text."""
    if cursor is None:
        return None
    try:
        start, _, reference = urlsafe_b64decode(cursor.encode("ascii")).decode("ascii").partition(" ")
        return datetime.fromisoformat(start).astimezone(UTC), reference
    except (ValueError, OverflowError):
        raise _unclear("/cursor", "Expected the cursor of the page before.") from None


def _json(request: func.HttpRequest) -> object:
    """The JSON body; without any, an empty object."""
    return read_json(request) if bounded(request) else {}


def _pending(opened: Opened) -> func.HttpResponse:
    """The state of a booking that does not stand yet, or did not succeed."""
    state = None if opened.record is None else unconfirmed(opened.record)
    if state is None:  # it was stored a moment after its row was looked for
        state = BookingState(reference=opened.record.reference if opened.record else "", status="pending")
    return json_response(state, headers={"Retry-After": PENDING_POLL} if state.status == "pending" else {})


def _in_doubt(opened: Opened, reference: str) -> func.HttpResponse:
    """202: whether the booking was changed is not known yet."""
    body = BookingState(reference=reference, status="pending")
    return json_response(body, 202, {"Location": opened.poll, "Retry-After": PENDING_POLL})
