"""Every operation of the API as data: parameters, bodies, answers and the problems that it can have."""

from collections.abc import Mapping, Sequence

from devtools.openapi import examples
from devtools.openapi.described import ANY, BOOKING, GRAPH, HUMAN, INTENT, LIMIT, WRITE, Answer, Operation
from devtools.openapi.erasing import ERASING
from devtools.openapi.partner_shop import PARTNER_SHOP
from shared.api.requests import bodies
from shared.api.responses.booking import BookingConfirmed, BookingState
from shared.api.responses.catalogue import BusinessOut, ServiceList
from shared.api.responses.challenge import ChallengeAltcha, ChallengeOff, ChallengeTurnstile
from shared.api.responses.customer import CustomerOut
from shared.api.responses.health import HealthOut
from shared.api.responses.managed import BookingNow, BookingPage
from shared.api.responses.slots import SlotListOut

CACHED = ("ETag", "Cache-Control")
HEALTH = "application/health+json"
NOT_MODIFIED = Answer(
    "Nothing has changed since the answer with this ETag", headers=("ETag", "Cache-Control")
)
BOOKED = {
    201: Answer(
        "Booked: the appointment stands in the calendar. A retry gets the same bytes",
        (BookingConfirmed,),
        {"confirmed": examples.CONFIRMED},
        ("Location", "Idempotent-Replayed"),
    ),
    202: Answer(
        "Whether it is booked is not known yet: `Location` tells later. Do not book again",
        (BookingState,),
        {"pending": examples.PENDING},
        ("Location", "Retry-After"),
    ),
}
CHANGED_IN_DOUBT = Answer(
    "Whether it was changed is not known yet: `Location` tells later. Do not change it again",
    (BookingState,),
    {"pending": examples.PENDING},
    ("Location", "Retry-After"),
)
CANCELS: Mapping[int, Answer] = {
    200: Answer(
        "Cancelled, by this request or before", (BookingNow,), {"cancelled": examples.CANCELLED},
    ),
    202: CHANGED_IN_DOUBT,
}  # fmt: skip
MOVES: Mapping[int, Answer] = {
    200: Answer("The booking at its new time", (BookingNow,), {"moved": examples.MOVED}),
    202: CHANGED_IN_DOUBT,
}  # fmt: skip
CHANGE = ("booking-pending", "booking-conflict", "booking-rules-broken")
OF_TOKEN = ("bookingToken", "bookingTokenInQuery")
BODIES = {"withOffset": examples.BOOKING, "localTime": examples.LOCAL_BOOKING}
FORMS = {"form": examples.FORM}
ASKED = Answer(
    "A form of a browser without a solution of the challenge: a page (`text/html`) that shows what will be "
    "booked, keeps what was typed, and books by script or with one button. Nothing is booked yet"
)
SEEN = Answer(
    "A form of a browser: on to `returnUrl`, else to the page of the booking", headers=("Location",)
)

OPERATIONS: Sequence[Operation] = (
    Operation(
        "business", "getBusiness", "Businesses", "A business",
        "Name, address, hours, time zone, languages and policy.",
        {200: Answer("The business", (BusinessOut,), {"business": examples.BUSINESS}, CACHED),
         304: NOT_MODIFIED},
        (*ANY, "business-not-found", *LIMIT, *GRAPH), ("business", "If-None-Match"), is_limited=True,
    ),
    Operation(
        "services", "listServices", "Businesses", "The services of a business",
        "The services that customers may book: duration, price, seats, questions, staff and policy.",
        {200: Answer("The services", (ServiceList,), {"services": examples.SERVICES}, CACHED),
         304: NOT_MODIFIED},
        (*ANY, "business-not-found", *LIMIT, *GRAPH), ("business", "If-None-Match"), is_limited=True,
    ),
    Operation(
        "slots", "listSlots", "Slots", "What can be booked when",
        "What is offered passes the same rules as a booking. At most 62 days; dates are local to `timeZone`, "
        "else to the business, and both are included. With `explain=true` also the starts that are refused, "
        "each with its reasons, for at most 7 days.",
        {200: Answer(
            "The slots", (SlotListOut,),
            {"slots": examples.SLOTS, "explained": examples.EXPLAINED},
        )},
        (*ANY, "business-not-found", "service-not-found", "staff-not-found", "fields-invalid",
         "booking-rules-broken", "store-unavailable", *LIMIT, *GRAPH),
        ("business", "serviceId"), bodies.SlotsQuery, is_limited=True,
    ),
    Operation(
        "challenge", "getChallenge", "Bookings", "What to solve before a booking",
        "The check for humans of this deployment, for one slot. Its solution goes into `humanCheck` of the "
        "booking; it serves for this slot alone, once, for five minutes. A retry needs no new one.",
        {200: Answer(
            "How to go on, by `kind`",
            (ChallengeOff, ChallengeAltcha, ChallengeTurnstile),
            examples.CHALLENGES,
        )},
        (*ANY, "business-not-found", "fields-invalid", *LIMIT, *GRAPH), ("business",), bodies.ChallengeQuery,
        is_limited=True,
    ),
    Operation(
        "create_booking", "createBooking", "Bookings", "Book a slot",
        "One request, one booking: send the same request again, with the same Idempotency-Key, until an "
        "answer comes. No body, or no answer, means unknown: send the same request again with the same key. "
        "Without the header, business, service, start and e-mail address together are the key.",
        {200: ASKED, **BOOKED, 303: SEEN},
        (*ANY, *WRITE, *INTENT, *BOOKING, "business-not-found", *HUMAN, *LIMIT, *GRAPH),
        ("business", "Idempotency-Key"), body=bodies.BookingBody, body_examples=BODIES,
        form_examples=FORMS, is_limited=True,
    ),
    Operation(
        "booking", "getBooking", "Bookings", "A booking as it stands now",
        "Where `Location` of a booking points; for whoever has the booking's token, until 30 days after its "
        "end (a setting). What the staff moved or cancelled shows. A booking that never stood has its "
        "reference and status alone.",
        {200: Answer(
            "Confirmed, cancelled, pending or failed", (BookingNow, BookingState),
            {"confirmed": examples.NOW, "cancelled": examples.CANCELLED, "pending": examples.PENDING,
             "failed": examples.FAILED},
            ("Retry-After",),
        )},
        (*ANY, "business-not-found", "booking-token-invalid", "store-unavailable", *LIMIT, *GRAPH),
        ("business", "reference"), security=OF_TOKEN, is_limited=True,
    ),
    Operation(
        "booking_slots", "listBookingSlots", "Bookings", "Where a booking can be moved to",
        "Exactly what a move accepts: the booking's own time, seat and buffers count as free.",
        {200: Answer("The slots", (SlotListOut,), {"slots": examples.SLOTS})},
        (*ANY, "business-not-found", "booking-token-invalid", "booking-not-found", "service-not-found",
         "staff-not-found", "fields-invalid", *CHANGE, "store-unavailable", *LIMIT, *GRAPH),
        ("business", "reference"), bodies.SlotsQuery, security=OF_TOKEN, is_limited=True,
    ),
    Operation(
        "reschedule_booking", "rescheduleBooking", "Bookings", "Move a booking",
        "To another time, or another member of the staff; reference and token stay. The new time is judged "
        "as a booking is, the old one by `too-late-to-reschedule`. Sent again it changes nothing.",
        MOVES,
        (*ANY, *WRITE, *INTENT, *CHANGE, "business-not-found", "booking-token-invalid", "booking-not-found",
         "service-not-found", *LIMIT, *GRAPH),
        ("business", "reference", "Idempotency-Key"), body=bodies.RescheduleBody,
        body_examples={"move": examples.RESCHEDULE}, security=OF_TOKEN, is_limited=True,
    ),
    Operation(
        "cancel_booking", "cancelBooking", "Bookings", "Cancel a booking",
        "Until `canCancel.until`. The second time answers the same. A reason is refused where it would reach "
        "nobody: in a group, and where the deployment may not have Microsoft mail it.",
        CANCELS,
        (*ANY, *WRITE, *INTENT, *CHANGE, "business-not-found", "booking-token-invalid", "booking-not-found",
         *LIMIT, *GRAPH),
        ("business", "reference", "Idempotency-Key"), body=bodies.CancelBody,
        body_examples={"withReason": examples.CANCEL}, security=OF_TOKEN, is_limited=True,
    ),
    Operation(
        "calendar", "getCalendarFile", "Bookings",
        "A confirmed booking for a calendar",
        "One event in UTC (RFC 5545); its UID comes from the reference.",
        {200: Answer("The file", (), {"event": examples.CALENDAR}, (), "text/calendar")},
        (*ANY, "business-not-found", "booking-token-invalid", "booking-not-found", "store-unavailable",
         *LIMIT),
        ("business", "reference"), security=("bookingToken", "bookingTokenInQuery"), is_limited=True,
    ),
    *PARTNER_SHOP,
    Operation(
        "list_partner_bookings", "listPartnerBookings", "Partners", "Bookings, for a backend",
        "Those made through this API, as they stand now: the one with a `reference` (with its token, for a "
        "backend that lost it), those of an `email`, or those that start on the dates `from` to `to` of the "
        "business, as they were answered last. One of the three; by start, page by page.",
        {200: Answer("Some bookings", (BookingPage,), {"page": examples.PAGE})},
        (*ANY, "business-not-found", "fields-invalid", "store-unavailable", *LIMIT, *GRAPH),
        ("business",), bodies.PartnerBookingsQuery, is_limited=True,
    ),
    Operation(
        "create_partner_booking", "createPartnerBooking", "Partners",
        "Book a slot from a backend",
        "As the public route, with a function key: no check for humans, no limit per visitor, and hidden "
        "services too.",
        BOOKED,
        (*ANY, *WRITE, *INTENT, *BOOKING, "business-not-found", *LIMIT, *GRAPH),
        ("business", "Idempotency-Key"), body=bodies.BookingBody, body_examples=BODIES, form_examples=FORMS,
        is_limited=True,
    ),
    Operation(
        "reschedule_partner_booking", "reschedulePartnerBooking", "Partners", "Move a booking from a backend",
        "As the public route, with a function key in place of the booking's token.",
        MOVES,
        (*ANY, *WRITE, *INTENT, *CHANGE, "business-not-found", "booking-not-found", "service-not-found",
         *LIMIT, *GRAPH),
        ("business", "reference", "Idempotency-Key"), body=bodies.RescheduleBody,
        body_examples={"move": examples.RESCHEDULE}, is_limited=True,
    ),
    Operation(
        "cancel_partner_booking", "cancelPartnerBooking", "Partners", "Cancel a booking from a backend",
        "As the public route, with a function key in place of the booking's token.",
        CANCELS,
        (*ANY, *WRITE, *INTENT, *CHANGE, "business-not-found", "booking-not-found", *LIMIT, *GRAPH),
        ("business", "reference", "Idempotency-Key"), body=bodies.CancelBody,
        body_examples={"withReason": examples.CANCEL}, is_limited=True,
    ),
    Operation(
        "create_partner_customer", "createCustomer", "Partners",
        "Find or create a customer",
        "By e-mail address: a customer who is known is found, and left as they are; else one is made.",
        {200: Answer("Found", (CustomerOut,), {"found": examples.CUSTOMER}),
         201: Answer("Created", (CustomerOut,), {"created": examples.CUSTOMER})},
        (*ANY, *WRITE, *INTENT, "business-not-found", *LIMIT, *GRAPH),
        ("business", "Idempotency-Key"), body=bodies.GraphCustomer,
        body_examples={"customer": examples.GRAPH_CUSTOMER},
        is_limited=True,
    ),
    *ERASING,
    Operation(
        "live", "getLiveness", "Health", "Whether a worker answers", "Asks nobody else.",
        {200: Answer("It does", (HealthOut,), {"alive": examples.ALIVE}, (), HEALTH)},
        ANY,
    ),
    Operation(
        "ready", "getReadiness", "Health", "Whether a booking would find what it needs",
        "Tries Microsoft Graph for each business, and the store; shared for ten seconds.",
        {200: Answer("All answer", (HealthOut,), {"ready": examples.READY}, (), HEALTH),
         503: Answer(
             "Something fails", (HealthOut,), {"failing": examples.NOT_READY}, (), HEALTH
         )},
        ANY,
    ),
    Operation(
        "openapi", "getDescription", "Description", "This document", "OpenAPI 3.1.",
        {200: Answer("The document", (), {"document": {"openapi": "3.1.0"}}, CACHED), 304: NOT_MODIFIED},
        ANY, ("If-None-Match",),
    ),
)  # fmt: skip
"""In the order of the reference page."""
