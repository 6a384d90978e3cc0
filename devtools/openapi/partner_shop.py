"""The operations on which partners see what can be booked when."""

from collections.abc import Sequence

from devtools.openapi import examples
from devtools.openapi.described import ANY, GRAPH, LIMIT, Answer, Operation
from shared.api.requests import bodies
from shared.api.responses.catalogue import PartnerServiceList
from shared.api.responses.slots import SlotListOut

SERVICES = {
    "services": [{**one, "hidden": False} for one in examples.SERVICES["services"]]
    + [
        {
            **examples.SERVICES["services"][0],
            "id": "aac7ff55-2a9a-4b7d-9b15-2d2b1a0a5a6a",
            "name": "Kitchen audit",
            "description": "For our own staff",
            "questions": [],
            "hidden": True,
        }
    ]
}
EXPLAINED = {
    **examples.SLOTS,
    "refused": [
        {
            "start": examples.moment("2026-12-01T16:15:00Z", "2026-12-01T10:15:00-06:00"),
            "reasons": [
                {"code": "buffer-collision", "detail": "The buffers of another appointment are in the way."}
            ],
        }
    ],
}

PARTNER_SHOP: Sequence[Operation] = (
    Operation(
        "partner_services", "listPartnerServices", "Partners", "The services of a business, for a backend",
        "As the public route, also of a business that is closed to the public. With `hidden=true` also the "
        "services that are hidden from customers: a backend may book those too.",
        {200: Answer("The services", (PartnerServiceList,), {"services": SERVICES})},
        (*ANY, "business-not-found", "fields-invalid", *LIMIT, *GRAPH),
        ("business",), bodies.PartnerServicesQuery, is_limited=True,
    ),
    Operation(
        "partner_slots", "listPartnerSlots", "Partners", "What can be booked when, for a backend",
        "As the public route, of hidden services too. With `explain=true` the reasons are the rules "
        "themselves (`full`, `staff-busy`, `buffer-collision`), where the public is told `slot-taken`; for "
        "all 62 days, unless the grid is finer than a quarter of an hour.",
        {200: Answer(
            "The slots", (SlotListOut,), {"slots": examples.SLOTS, "explained": EXPLAINED},
        )},
        (*ANY, "business-not-found", "service-not-found", "staff-not-found", "fields-invalid",
         "booking-rules-broken", "store-unavailable", *LIMIT, *GRAPH),
        ("business", "serviceId"), bodies.SlotsQuery, is_limited=True,
    ),
)  # fmt: skip
