"""The routes that erase one person; for backends with a key."""

from collections.abc import Mapping
from dataclasses import dataclass

import azure.functions as func

from shared.api.admission.rate_limits import RateLimits, function_key
from shared.api.requests.bodies import EraseBody
from shared.api.requests.booking_request import Caller, checked_key, keyed_intent
from shared.api.requests.fields import validated
from shared.api.requests.submission import json_submission
from shared.api.responses.erasure import erasure
from shared.api.responses.model import json_response
from shared.booking.customers.erase import EraseCustomer
from shared.booking.writes.idempotency import RequestKey
from shared.domain.addresses import comparable_email, mailbox_of
from shared.domain.errors import NotFound

ASK_AGAIN = "60"
"""Seconds: the timer goes on each minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasing:
    """The handlers over the use case; `mailboxes` maps public aliases to mailboxes."""

    mailboxes: Mapping[str, str]
    erase_customer: EraseCustomer
    limits: RateLimits

    async def erase(self, request: func.HttpRequest) -> func.HttpResponse:
        """`POST /v1/partner/businesses/{business}/customers/erase`."""
        alias, mailbox = await self._let_in(request)
        sent = json_submission(request)
        body = validated(EraseBody, sent.value)
        key = self._key(request, alias, sent.key, body)
        begun = erasure(await self.erase_customer(mailbox, body.email, key))
        where = f"/api/v1/partner/businesses/{alias}/customers/erase/{begun.receipt}"
        return json_response(begun, 202, {"Location": where, "Retry-After": ASK_AGAIN})

    async def receipt(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/partner/businesses/{business}/customers/erase/{receipt}`."""
        _, mailbox = await self._let_in(request)
        found = await self.erase_customer.find(mailbox, request.route_params.get("receipt", ""))
        if found is None:
            raise NotFound("receipt")
        return json_response(erasure(found), headers={} if found.ended else {"Retry-After": ASK_AGAIN})

    def _key(
        self, request: func.HttpRequest, alias: str, sent: str | None, body: EraseBody
    ) -> RequestKey | None:
        """The key that the caller chose, for this address however it is written. Raises Problem 400."""
        key = checked_key(sent)
        if key is None:
            return None
        meant = body.model_copy(update={"email": comparable_email(body.email)})
        hasher, caller = self.erase_customer.hasher, Caller(function_key(request), alias)
        return keyed_intent(hasher, "erase", caller, key, meant)

    async def _let_in(self, request: func.HttpRequest) -> tuple[str, str]:
        """The alias and its mailbox; raises NotFound and TooManyRequests."""
        alias = request.route_params.get("business", "")
        mailbox = mailbox_of(self.mailboxes, alias)
        await self.limits.partner(request)
        return alias, mailbox
