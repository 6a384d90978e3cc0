"""The operations that erase one person."""

from collections.abc import Sequence

from devtools.openapi.described import ANY, LIMIT, WRITE, Answer, Operation
from shared.api.requests import bodies
from shared.api.responses.erasure import ErasureOut

RUNNING = {
    "receipt": "3f0c6d1a9b7e4d5f8a2b1c0d9e8f7a6b",
    "status": "running",
    "lookedFrom": "2026-12-01T15:00:00Z",
    "lookedTo": "2026-12-01T15:00:03Z",
    "passes": 0,
    "appointmentsRead": 0,
    "cancelled": 1,
    "cleared": 2,
    "customersDeleted": 0,
    "left": [],
}
DONE = {
    **RUNNING, "status": "done", "lookedTo": "2026-12-01T15:03:02Z", "passes": 2, "appointmentsRead": 840,
    "customersDeleted": 1,
}  # fmt: skip
INCOMPLETE = {
    **DONE, "status": "incomplete", "passes": 5, "customersDeleted": 0,
    "left": [{"code": "customer-not-deleted", "count": 1}],
}  # fmt: skip

ERASING: Sequence[Operation] = (
    Operation(
        "erase_partner_customer", "eraseCustomer", "Partners", "Erase a person",
        "Everything of one e-mail address. What was booked here is done at once: what is to come ends, "
        "however late it is, and Microsoft mails that; what is past stays without name, address, telephone, "
        "notes and answers. The rest of the mailbox is looked through in the background. The same address "
        "has the same receipt until that has ended. Mails that were sent cannot be called back.",
        {202: Answer(
            "Begun, or under way: `Location` tells how far", (ErasureOut,), {"running": RUNNING},
            ("Location", "Retry-After"),
        )},
        (*ANY, *WRITE, "business-not-found", "idempotency-key-in-flight", "idempotency-key-reused",
         "store-unavailable", *LIMIT),
        ("business", "Idempotency-Key"), body=bodies.EraseBody,
        body_examples={"person": {"email": "jordanm@contoso.com"}}, is_limited=True,
    ),
    Operation(
        "partner_erasure", "getErasure", "Partners", "How far an erasure is",
        "From when to when was looked, what was done and what could not be; kept for 30 days after the end.",
        {200: Answer(
            "The receipt", (ErasureOut,), {"running": RUNNING, "done": DONE, "incomplete": INCOMPLETE},
            ("Retry-After",),
        )},
        (*ANY, "business-not-found", "receipt-not-found", "store-unavailable", *LIMIT),
        ("business", "receipt"), is_limited=True,
    ),
)  # fmt: skip
