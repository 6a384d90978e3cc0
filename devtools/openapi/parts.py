"""The standing parts of the API's description: headers, parameters, security and words about all of it."""

from typing import Any

from devtools.openapi.examples import ALIAS, REFERENCE, REQUEST_ID, SERVICE, TOKEN
from devtools.openapi.version import version

WAITS = frozenset({"slot-busy", "booking-pending", "idempotency-key-in-flight"})
"""Problems besides those of 429 and 503 that tell how long to wait."""

INFO: dict[str, Any] = {
    "title": "Bookings Facade",
    "version": version(),
    "summary": "Book appointments of Microsoft Bookings",
    "description": (
        "A public API in front of Microsoft Bookings. One POST books; what is sent again is booked once. "
        "Every error of the app is a problem document (RFC 9457) with a stable `code`; text of other systems "
        "never reaches a caller. What Azure Functions answers itself has no body. No body, or no answer, "
        "means unknown: send the same request again with the same key. Every GET route answers HEAD too. "
        "Cross-origin requests are answered where the deployment allows the origin."
    ),
    "contact": {"name": "Whoever runs this deployment"},
    "license": {"name": "MIT", "identifier": "MIT"},
}

TAGS = [
    {"name": "Businesses", "description": "What can be booked."},
    {"name": "Slots", "description": "When it can be booked."},
    {"name": "Bookings", "description": "Booking, and what became of it."},
    {"name": "Partners", "description": "For an app's own backend, with a function key."},
    {"name": "Health", "description": "For those who run a deployment."},
    {"name": "Description", "description": "This description."},
]


def _header(description: str, example: object, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}, "example": example}


HEADERS = {
    "Request-Id": _header("The id of this request; also in `instance` of a problem", REQUEST_ID),
    "Location": _header(
        "Where the state of the booking is, with its token",
        f"/api/v1/businesses/{ALIAS}/bookings/{REFERENCE}?token={TOKEN}",
    ),
    "Retry-After": _header("Seconds after which asking again makes sense", 5, "integer"),
    "Idempotent-Replayed": _header("`true` where this is the answer of an earlier, equal request", "true"),
    "RateLimit": _header(
        "What is left of each limit (`r`) and when it begins anew (`t`, seconds)", '"minute";r=9;t=42'
    ),
    "RateLimit-Policy": _header(
        "The limits: `q` requests in `w` seconds",
        '"minute";q=10;w=60, "hour";q=50;w=3600, "day";q=100;w=86400',
    ),
    "ETag": _header("The version of this answer, for If-None-Match", '"9f86d081884c7d659a2feaa0c55ad015"'),
    "Cache-Control": _header("How long caches may keep this answer", "public, max-age=60"),
}


def _path(name: str, description: str, example: str, pattern: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": pattern},
        "example": example,
    }


PARAMETERS: dict[str, Any] = {
    "business": _path("business", "The alias of the business", ALIAS, "^[a-z0-9-]+$"),
    "serviceId": _path("serviceId", "The id of the service", SERVICE, "^[A-Za-z0-9_.=+-]+$"),
    "reference": _path("reference", "The reference of the booking", REFERENCE, "^BK-[0-9A-HJKMNP-TV-Z]{8}$"),
    "receipt": _path(
        "receipt", "The receipt of the erasure", "3f0c6d1a9b7e4d5f8a2b1c0d9e8f7a6b", "^[0-9a-f]{32}$"
    ),
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": (
            "Names this request among its retries, for 24 hours; printable ASCII, with or without the quotes "
            "of a structured field. A random UUID is a good one. The same key with another body is refused."
        ),
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": "^[!#-~]([ !#-~]*[!#-~])?$",
        },
        "example": "4b6a3f6e-7c1d-4c8e-9a55-0d2f1b7c8e90",
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag of an answer that the client still has",
        "schema": {"type": "string"},
        "example": '"9f86d081884c7d659a2feaa0c55ad015"',
    },
}

QUERY = {
    "from": "The first local date",
    "to": "The last local date, included",
    "timeZone": "The visitor's zone, IANA's or Windows's name; the business's where it is missing",
    "staffId": "Only slots with this staff member",
    "explain": "Also the refused starts with their reasons",
    "hidden": "Also the services that are hidden from customers",
    "serviceId": "The id of the service",
    "reference": "The reference of a booking",
    "email": "The e-mail address of a customer",
    "cursor": "The `cursor` of the page before",
    "limit": "How many bookings on a page",
    "start": "The start of the slot, as in the booking: with an offset, or local and then with `timeZone`",
}
QUERY_EXAMPLES: dict[str, Any] = {
    "from": "2026-12-01",
    "to": "2026-12-07",
    "timeZone": "America/Chicago",
    "staffId": "8ee1c803-a1fa-406d-8259-7ab53233f148",
    "explain": True,
    "hidden": True,
    "serviceId": SERVICE,
    "reference": REFERENCE,
    "email": "jordanm@contoso.com",
    "cursor": "MjAyNi0xMi0wMVQxNjowMDowMCswMDowMCBCSy03RjNLUTI5RA==",
    "limit": 20,
    "start": "2026-12-01T10:00:00-06:00",
}

SECURITY = {
    "functionKey": {
        "type": "apiKey", "in": "header", "name": "x-functions-key",
        "description": "A function key of the deployment; for backends, never for a page or an app.",
    },
    "functionKeyInQuery": {
        "type": "apiKey", "in": "query", "name": "code",
        "description": "The same in the address, where a header cannot be set; addresses end up in logs.",
    },
    "bookingToken": {
        "type": "apiKey", "in": "header", "name": "Booking-Token",
        "description": "The token of one booking: the value of `token` in the booking's `Location`.",
    },
    "bookingTokenInQuery": {
        "type": "apiKey", "in": "query", "name": "token",
        "description": "The same in the address, as `Location` has it.",
    },
}  # fmt: skip
