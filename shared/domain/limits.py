"""How much anybody may ask for: the limits of the public surface, as the settings give them.

What each of them costs an honest visitor is in `docs/security.md`.
"""

import json
from collections.abc import Mapping

OPEN = "open"
"""No window: how many may be open at a time, to come and not cancelled."""

WINDOWS = ("minute", "hour", "day", OPEN)

Limit = Mapping[str, int]
"""How many in each window; a window that is not named has no limit."""

LIMITS: Mapping[str, Limit] = {
    "requests": {"minute": 600},
    "address": {"minute": 60, "hour": 100, "day": 200},
    "site": {"hour": 100},
    "network": {"hour": 120, "day": 300},
    "person": {"hour": 10, "day": 20, OPEN: 20},
    "phone": {"day": 20},
    "business": {"hour": 100},
    "button": {"hour": 5, "day": 15},
    "buttons": {"hour": 60},
    "partner": {"minute": 300},
}
"""`requests` of one address to one worker, whatever they ask for; `partner`, those with one function key.

The others count bookings that are asked for: by `address` (IPv4, or the /64 of an IPv6 one), by `site` (the
/56), by `network` (the /48; of IPv4 the /24), by `person` (the e-mail address without its +tag) and by
telephone, `phone`; the bookings that a `person` has open count by the whole address. Above that of the
`business` nobody is refused: its challenge grows. `button` counts
bookings of one address without proof of work, `buttons` those of everybody at one business: a botnet has
many addresses.
"""

MOST = 1_000_000
WRONG = "not the names of limits and windows with whole numbers"
EXPECTED = (
    'a JSON object such as {"address": {"hour": 500}} of limits by minute, hour or day (docs/security.md), '
    "each a whole number from 1 to 1000000, or null for none"
)


def read_limits(text: str) -> Mapping[str, Limit]:
    """The limits with the changes that this JSON names; raises ValueError as `limits` does."""
    return limits(json.loads(text))


def limits(given: object) -> Mapping[str, Limit]:
    """The limits with these changes, such as `{"address": {"hour": 500}}`; null takes a limit away.

    Raises ValueError for anything else than the names above and whole numbers from 1 to a million.
    """
    if not isinstance(given, Mapping) or not set(given) <= set(LIMITS):
        raise ValueError(WRONG)
    return {name: _changed(LIMITS[name], given.get(name, {})) for name in LIMITS}


def _changed(limit: Limit, changes: object) -> Limit:
    if not isinstance(changes, Mapping) or not set(changes) <= set(WINDOWS):
        raise ValueError(WRONG)
    merged = {**limit, **changes}
    if not all(_is_limit(most) for most in merged.values()):
        raise ValueError(WRONG)
    return {window: merged[window] for window in WINDOWS if merged.get(window) is not None}


def _is_limit(most: object) -> bool:
    return most is None or (type(most) is int and 1 <= most <= MOST)
