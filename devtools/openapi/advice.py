"""What a caller can do about each problem, for the description and the reference page."""

from collections.abc import Mapping

RETRY = "Send the same request again, with the same Idempotency-Key, after the seconds in Retry-After."

ADVICE: Mapping[str, str] = {
    "body-unreadable": "Send one well-formed value in UTF-8, no member twice, with a Content-Length.",
    "header-invalid": "Correct the header that `errors` points to.",
    "origin-refused": "Book on the deployment's own page, or ask its operator to name the website.",
    "human-check-failed": "Ask for a new challenge for this very slot, solve it, and send the booking again.",
    "booking-token-invalid": "Use the `Location` of the booking as it came.",
    "business-not-found": "Correct the alias in the address; whoever runs the deployment gives it out.",
    "service-not-found": "Take an id from the list of services.",
    "staff-not-found": "Take an id from `staff` of the service.",
    "booking-not-found": "Use the `Location` of the booking as it came.",
    "receipt-not-found": "Use the `Location` of the erasure as it came; a receipt is kept for 30 days.",
    "booking-conflict": "Offer another slot: `errors` tells what is in the way. Nothing was booked.",
    "slot-busy": RETRY + " Nothing was booked.",
    "booking-pending": RETRY + " What became of an earlier change is found out meanwhile.",
    "idempotency-key-in-flight": RETRY + " The first request is still being worked on.",
    "body-too-large": "Send less: 65,536 bytes are enough for every booking.",
    "target-too-long": "Shorten the query.",
    "media-type-unsupported": "Set Content-Type to one that the operation lists.",
    "fields-invalid": "Correct every field in `errors`; each has a JSON pointer and says what is expected.",
    "booking-rules-broken": "Choose what the rules in `errors` allow; each code is explained below.",
    "idempotency-key-reused": "Use a new key for a new request, and the old one only for the very same body.",
    "too-many-requests": "Wait for the seconds in Retry-After; `RateLimit` tells what is left before that.",
    "upstream-throttled": RETRY + " Nothing was booked.",
    "internal-error": "Report the Request-Id. Sending the same request again is safe.",
    "human-check-unavailable": RETRY + " Nothing was booked.",
    "not-booked": RETRY + " What had been begun was taken back.",
    "identity-unavailable": RETRY + " Nothing was booked.",
    "upstream-refused": "Tell whoever runs the deployment: its permissions or its business are not set up.",
    "upstream-unavailable": RETRY,
    "store-unavailable": RETRY,
}

STATUSES: Mapping[int, str] = {
    400: "The request cannot be read",
    403: "The check for humans was not passed",
    404: "What the address or the body names does not exist",
    409: "In conflict with the calendar or with another request; nothing was booked by this one",
    413: "The body is too large",
    414: "The address is too long",
    415: "The media type is not supported",
    422: "Fields are not valid, or booking rules are broken; nothing was booked",
    429: "Too many requests; nothing was booked",
    500: "Something went wrong here; without a body, whether it was done is unknown: send the same again",
    503: "Not possible at present",
}

REQUEST_RULES: Mapping[str, str] = {
    "unknown-time-zone": "a time zone is an IANA name or a Windows one.",
    "nonexistent-local-time": "a local time without an offset exists, also when the clocks go forward.",
    "ambiguous-local-time": "a local time that occurs twice, when the clocks go back, has its offset.",
    "range-reversed": "the dates asked for do not end before they begin.",
    "range-too-long": "at most 62 days are asked for at once.",
    "range-in-the-past": "some of the dates asked for are not over.",
    "range-too-far": "the dates asked for lie within ten years.",
    "too-late-to-cancel": "a booking is cancelled no later than the minimum lead time before its start.",
    "too-late-to-reschedule": "a booking is moved no later than the minimum lead time before its old start.",
    "booking-cancelled": "a booking that is moved still stands.",
    "reason-not-sent": "a reason is given where it reaches somebody.",
}
"""What is asked of a request before any rule of the calendar: stable code to what holds."""
