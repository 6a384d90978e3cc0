"""The routes on which a backend with a key sees what can be booked when: hidden services too, and why not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import azure.functions as func

from shared.api.admission.rate_limits import RateLimits
from shared.api.requests.bodies import PartnerServicesQuery
from shared.api.requests.fields import validated
from shared.api.requests.query import query, slot_query
from shared.api.responses.catalogue import partner_services
from shared.api.responses.model import json_response
from shared.api.responses.slots import slots
from shared.booking.slots.availability import Availability
from shared.booking.slots.catalogue import Catalogues
from shared.domain.addresses import mailbox_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerShop:
    """The handlers, of closed shops too; `mailboxes` maps public aliases to mailboxes."""

    mailboxes: Mapping[str, str]
    catalogues: Catalogues
    availability: Availability
    limits: RateLimits

    async def services(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/partner/businesses/{business}/services`."""
        mailbox = await self._let_in(request)
        asked = validated(PartnerServicesQuery, query(request))
        catalogue = await self.catalogues.get(mailbox)
        return json_response(partner_services(catalogue, with_hidden=asked.hidden))

    async def slots(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/partner/businesses/{business}/services/{serviceId}/slots`."""
        mailbox = await self._let_in(request)
        wanted = replace(slot_query(mailbox, request), is_partners=True)
        return json_response(slots(await self.availability(wanted), tell=tuple))

    async def _let_in(self, request: func.HttpRequest) -> str:
        """The mailbox; raises NotFound and TooManyRequests."""
        mailbox = mailbox_of(self.mailboxes, request.route_params.get("business", ""))
        await self.limits.partner(request)
        return mailbox
