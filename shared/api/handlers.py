"""What each route does: parse, ask a use case, answer. Errors are left to the pipeline."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import azure.functions as func

from shared.api.admission.rate_limits import function_key
from shared.api.admission.visitors import Admission, ChallengeScope
from shared.api.requests import telephone
from shared.api.requests.bodies import BookingBody, ChallengeQuery, GraphCustomer
from shared.api.requests.booking_request import (
    PUBLIC,
    Caller,
    booking_intent,
    booking_request,
    checked_key,
    graph_customer,
    keyed_intent,
    start_of,
)
from shared.api.requests.fields import validated
from shared.api.requests.forms import any_submission
from shared.api.requests.ignored_fields import IgnoredFields
from shared.api.requests.query import query, slot_query
from shared.api.requests.submission import Submission, json_submission
from shared.api.responses import catalogue as described
from shared.api.responses.booking import (
    BookingOutcome,
    booking_response,
    made,
    not_known,
)
from shared.api.responses.customer import customer as described_customer
from shared.api.responses.description import openapi_text
from shared.api.responses.health import HealthOut, readiness
from shared.api.responses.model import cacheable, json_response
from shared.api.responses.slots import slots as described_slots
from shared.booking.create.booking import CreateBooking
from shared.booking.create.request import BookingRequest
from shared.booking.customers.find_or_create import CreateCustomer
from shared.booking.health import Health
from shared.booking.records import State
from shared.booking.slots.availability import Availability
from shared.booking.slots.catalogue import Catalogues, offered_service
from shared.booking.writes.idempotency import RequestKey
from shared.domain.addresses import mailbox_of
from shared.domain.discretion import neutral
from shared.domain.errors import GraphError, NotFound, OutcomeUnknown, RulesBroken
from shared.platform.hashes import Hasher

HEALTH = "application/health+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """The routes' handlers over the use cases; `mailboxes` maps public aliases to mailboxes."""

    mailboxes: Mapping[str, str]
    languages: Sequence[str]
    catalogues: Catalogues
    availability: Availability
    health: Health
    create_booking: CreateBooking
    create_customer: CreateCustomer
    hasher: Hasher
    admission: Admission
    ignored_fields: IgnoredFields
    demands_consent: bool = False

    async def business(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/businesses/{business}`."""
        alias, mailbox = await self._visited(request)
        catalogue = await self.catalogues.for_public(mailbox)
        return cacheable(request, described.business(catalogue.business, alias, self.languages))

    async def services(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/businesses/{business}/services`."""
        _, mailbox = await self._visited(request)
        return cacheable(request, described.services(await self.catalogues.for_public(mailbox)))

    async def slots(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/businesses/{business}/services/{serviceId}/slots`."""
        _, mailbox = await self._visited(request)
        wanted = slot_query(mailbox, request)
        await self.catalogues.for_public(mailbox)
        return json_response(described_slots(await self.availability(wanted)))

    async def challenge(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/businesses/{business}/challenge`."""
        alias, mailbox = await self._visited(request)
        asked = validated(ChallengeQuery, query(request))
        await self.catalogues.for_public(mailbox)
        scope = ChallengeScope(alias, asked.service_id, start_of(asked.start, asked.time_zone))
        return json_response(await self.admission.human.challenge(scope))

    async def book(
        self, request: func.HttpRequest, read: Callable[[func.HttpRequest], Submission] = json_submission
    ) -> BookingOutcome:
        """A visitor's booking; the body is read only from those whose limit is not reached.

        `POST /v1/businesses/{business}/bookings`, which also takes forms: the pages read those.
        """
        alias, mailbox = await self._visited(request)
        sent = read(request)
        body = validated(BookingBody, sent.value, sent.names)
        asked = booking_request(
            mailbox, body, await self._home(mailbox, body), asks_consent=self._asks_consent(sent)
        )
        known = self.admission.known_by(request, body.human_check)
        caller = Caller(PUBLIC, alias, known.what, known.time)
        intent = booking_intent(self.hasher, caller, asked, body, sent.key)
        await self._admitted(request, alias, body, asked, intent)
        try:
            return made(alias, await self.create_booking(asked, intent))
        except RulesBroken as error:
            raise RulesBroken(neutral(error.violations)) from None
        except OutcomeUnknown as error:
            return not_known(alias, error.reference, self.create_booking.token(intent, error.reference))

    async def book_as_partner(self, request: func.HttpRequest) -> func.HttpResponse:
        """`POST /v1/partner/businesses/{business}/bookings`; the host has checked the function key."""
        alias, mailbox = self._business(request)
        await self.admission.limits.partner(request)
        sent = any_submission(request, self.ignored_fields)
        body = validated(BookingBody, sent.value, sent.names)
        asked = booking_request(
            mailbox, body, await self._home(mailbox, body), asks_consent=self._asks_consent(sent)
        )
        asked = replace(asked, is_partners=True)
        caller = Caller(function_key(request), alias, known_by=function_key(request))
        intent = booking_intent(self.hasher, caller, asked, body, sent.key)
        try:
            outcome = made(alias, await self.create_booking(asked, intent))
        except OutcomeUnknown as error:
            token = self.create_booking.token(intent, error.reference)
            outcome = not_known(alias, error.reference, token)
        return booking_response(outcome)

    async def customer(self, request: func.HttpRequest) -> func.HttpResponse:
        """`POST /v1/partner/businesses/{business}/customers`."""
        alias, mailbox = self._business(request)
        await self.admission.limits.partner(request)
        sent = json_submission(request)
        body = validated(GraphCustomer, sent.value)
        key, caller = checked_key(sent.key), Caller(function_key(request), alias)
        intent = None if key is None else keyed_intent(self.hasher, "customer", caller, key, body)
        found, is_new = await self.create_customer(mailbox, graph_customer(body), intent)
        return json_response(described_customer(found), 201 if is_new else 200)

    async def live(self, _: func.HttpRequest) -> func.HttpResponse:
        """`GET /health/live`."""
        return json_response(HealthOut(status="pass"), media_type=HEALTH)

    async def ready(self, _: func.HttpRequest) -> func.HttpResponse:
        """`GET /health/ready`; names what fails, by alias and kind of error alone."""
        answer = readiness(await self.health())
        return json_response(answer, 503 if answer.status == "fail" else 200, media_type=HEALTH)

    async def openapi(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /openapi.json`."""
        return cacheable(request, openapi_text())

    def _asks_consent(self, sent: Submission) -> bool:
        """Whether whoever sent this was, or had to be, asked to agree to what the shop wants agreed to."""
        return self.demands_consent or sent.asks_consent

    async def _home(self, mailbox: str, body: BookingBody) -> str | None:
        """The country of the business, where a telephone number does not name its own."""
        phone = body.customer.phone
        if phone is None or telephone.names_its_country(phone):
            return None
        return telephone.home_of((await self.catalogues.get(mailbox)).business)

    async def _admitted(
        self,
        request: func.HttpRequest,
        alias: str,
        body: BookingBody,
        asked: BookingRequest,
        intent: RequestKey,
    ) -> None:
        """Let a booking in; a retry of one that was let in before finds its answer after the closing."""
        try:
            self.catalogues.check_open(asked.business)
            await self.admission.booking(request, alias, body, asked, intent)
            offered_service(await self.catalogues.for_public(asked.business), asked.service_id)
        except (NotFound, GraphError):
            if not await self.admission.is_known(intent, but=(State.REFUSED,)):
                raise

    async def _visited(self, request: func.HttpRequest) -> tuple[str, str]:
        """The alias and its mailbox for a visitor whose limit is not reached."""
        await self.admission.limits.visit(request)
        return self._business(request)

    def _business(self, request: func.HttpRequest) -> tuple[str, str]:
        """The alias and its mailbox, before anything else is looked at."""
        alias = request.route_params.get("business", "")
        return alias, mailbox_of(self.mailboxes, alias)
