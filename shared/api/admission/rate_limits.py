"""Rate limits: who asks, what everybody may ask, and the headers that tell about it.

Header fields follow the IETF's draft "RateLimit header fields for HTTP": `RateLimit-Policy` names the
quotas (`q` requests in `w` seconds), `RateLimit` what is left of them (`r`, reset in `t` seconds).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

import azure.functions as func

from shared.api.pipeline import answer_headers
from shared.api.problems import seconds
from shared.booking.limits import Limits, Quota, Standing, check

REQUESTS = (Quota("requests", 120, timedelta(minutes=1)),)
"""Everything that a visitor asks of one worker."""

BOOKINGS = (
    Quota("minute", 10, timedelta(minutes=1)),
    Quota("hour", 50, timedelta(hours=1)),
    Quota("day", 100, timedelta(days=1)),
)
"""Bookings that one visitor may ask for, over all workers."""

EMAIL = (Quota("email", 10, timedelta(hours=1)),)
"""Bookings for one e-mail address, whoever asks: nobody's inbox is flooded through this API."""

PERMISSIONS = (Quota("buttons", 5, timedelta(hours=1)), Quota("buttons-day", 15, timedelta(days=1)))
"""Bookings by one visitor with the button of the page for forms, which proves no work."""

PERMISSIONS_OF_BUSINESS = (Quota("buttons-business", 60, timedelta(hours=1)),)
"""The same at one business, by everybody together: a botnet has many addresses."""

PARTNER = (Quota("partner", 300, timedelta(minutes=1)),)
"""Requests with one function key."""

NETWORK = 64
"""The bits of an IPv6 address that name a network; one visitor has all the addresses behind them."""


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Lets requests in: `worker` counts in this worker's memory, `shared` in the store of all workers.

    `proxies` is how many proxies of the deployment's own stand between visitors and the platform.
    """

    worker: Limits
    shared: Limits
    proxies: int = 0

    async def visit(self, request: func.HttpRequest) -> None:
        """Any request of the public; raises TooManyRequests."""
        who = visitor(request, self.proxies)
        if who is not None:
            _tell_and_check(await self.worker.hit("requests", who, REQUESTS))

    async def booking(self, request: func.HttpRequest, email: str) -> None:
        """A booking by a visitor for this e-mail address; raises TooManyRequests."""
        who = visitor(request, self.proxies)
        if who is not None:
            _tell_and_check(await self.shared.hit("bookings", who, BOOKINGS))
        check(await self.shared.hit("email", email.casefold(), EMAIL))

    async def permission(self, request: func.HttpRequest, alias: str) -> None:
        """A booking with a permission instead of a solved challenge; raises TooManyRequests."""
        who = visitor(request, self.proxies)
        if who is not None:
            check(await self.shared.hit("buttons", who, PERMISSIONS))
        check(await self.shared.hit("buttons-business", alias, PERMISSIONS_OF_BUSINESS))

    async def partner(self, request: func.HttpRequest) -> None:
        """A request with a function key; raises TooManyRequests."""
        _tell_and_check(await self.shared.hit("partner", function_key(request), PARTNER))


def visitor(request: func.HttpRequest, proxies: int = 0) -> str | None:
    """The client's address as the platform saw it; None where no platform stands in front.

    The front end of Azure appends the address that it saw, with its port, to X-Forwarded-For. What
    stands before it came with the request and may be made up, so it counts only as far as
    `proxies` of the deployment's own appended it.
    """
    chain = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    if not chain:
        return None
    return _network(_without_port(chain[max(0, len(chain) - 1 - proxies)]))


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _network(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return "unreadable"
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, NETWORK), strict=False))
    return str(address)


def function_key(request: func.HttpRequest) -> str:
    """Who calls a partner route: the function key, as a digest."""
    key = request.headers.get("x-functions-key") or request.params.get("code", "")
    return "partner-" + sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _tell_and_check(standings: Sequence[Standing]) -> None:
    if standings:
        answer_headers.get()["RateLimit-Policy"] = ", ".join(
            f'"{one.quota.name}";q={one.quota.most};w={int(one.quota.window.total_seconds())}'
            for one in standings
        )
        answer_headers.get()["RateLimit"] = ", ".join(
            f'"{one.quota.name}";r={one.left};t={seconds(one.resets)}' for one in standings
        )
    check(standings)
