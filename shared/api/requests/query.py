"""The query string of a request."""

import azure.functions as func

from shared.api.requests.bodies import SlotsQuery
from shared.api.requests.fields import validated
from shared.booking.slots.availability import SlotQuery
from shared.domain.texts import clean


def query(request: func.HttpRequest) -> dict[str, str]:
    """The parameters by name, their texts as people mean them.

    A link that was copied from the source of a page has `&amp;` between its parameters.
    """
    return {name.removeprefix("amp;"): clean(value) for name, value in request.params.items()}


def slot_query(mailbox: str, request: func.HttpRequest) -> SlotQuery:
    """The times that are asked for of the route's service; raises Problem."""
    asked = validated(SlotsQuery, query(request))
    return SlotQuery(
        business=mailbox,
        service_id=request.route_params.get("serviceId", ""),
        first=asked.first,
        last=asked.last,
        time_zone=asked.time_zone,
        staff_id=asked.staff_id,
        explain=asked.explain,
    )
