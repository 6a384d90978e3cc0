"""Rate limits: who asks and from where, what everybody may ask, and the headers that tell about it.

Header fields follow the IETF's draft "RateLimit header fields for HTTP": `RateLimit-Policy` names the
quotas (`q` requests in `w` seconds), `RateLimit` what is left of them (`r`, reset in `t` seconds). Only what
a visitor's own address has used is told: of a person or a network it would show what others did.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import azure.functions as func

from shared.api.pipeline import answer_headers
from shared.api.problems import seconds
from shared.booking.limits import Limits, Quota, Standing, check
from shared.booking.ports import Clock
from shared.domain.addresses import person_of
from shared.domain.limits import LIMITS, Limit

logger = logging.getLogger(__name__)

WINDOWS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}

VISITOR, SITE, NETWORK = 64, 56, 48
"""Bits of an IPv6 address: one visitor's, one customer's of a provider, one organisation's.

One visitor has a whole /64 to choose addresses from; whoever rents a server gets a /56 or a /48.
"""

NETWORK_V4 = 24
"""What is commonly rented or routed as one."""

HARDEST = 16
"""How many times the usual work a challenge asks for at most: about a quarter of a minute in a browser."""

KNOWN = timedelta(seconds=5)
"""For how long a worker goes by the count that it read last."""


@dataclass(frozen=True, slots=True)
class Origin:
    """An address, an IPv6 one as its /64; the /56 around it (IPv6), and the /48 or /24."""

    address: str
    site: str | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Lets requests in: `worker` counts in this worker's memory, `shared` in the store of all workers.

    `proxies` is how many proxies of the deployment's own stand between visitors and the platform;
    `limits` are those of `shared.domain.limits`.
    """

    worker: Limits
    shared: Limits
    proxies: int = 0
    limits: Mapping[str, Limit] = field(default_factory=lambda: LIMITS)

    async def visit(self, request: func.HttpRequest) -> None:
        """Any request of the public; raises TooManyRequests."""
        where = self.origin(request)
        if where is not None:
            _tell_and_check(await self.worker.hit("requests", where.address, self._quotas("requests")))

    async def booking(self, request: func.HttpRequest) -> None:
        """A booking that is asked for from this address and its networks; raises TooManyRequests."""
        where = self.origin(request)
        if where is None:
            return
        own, *wider = await asyncio.gather(
            self._hit("address", where.address),
            self._hit("site", where.site),
            self._hit("network", where.network),
        )
        _tell_and_check(own)
        for one in wider:
            check(one)

    async def person(self, email: str, phone: str | None) -> None:
        """A proved booking for whoever has this address and number, whoever asks; raises TooManyRequests."""
        for one in await asyncio.gather(self._hit("person", person_of(email)), self._hit("phone", phone)):
            check(one)

    async def permission(self, request: func.HttpRequest, alias: str) -> None:
        """A booking with a permission instead of a solved challenge; raises TooManyRequests."""
        where = self.origin(request)
        check(await self._hit("button", None if where is None else where.address))
        check(await self._hit("buttons", alias))

    async def partner(self, request: func.HttpRequest) -> None:
        """A request with a function key; raises TooManyRequests."""
        _tell_and_check(await self._hit("partner", function_key(request)))

    def origin(self, request: func.HttpRequest) -> Origin | None:
        """Where the request comes from; None where no platform stands in front."""
        return origin(request, self.proxies)

    async def _hit(self, kind: str, who: str | None) -> Sequence[Standing]:
        return () if who is None else await self.shared.hit(kind, who, self._quotas(kind))

    def _quotas(self, kind: str) -> Sequence[Quota]:
        return quotas(kind, self.limits[kind])


class Demand:
    """Counts proved bookings by business; above the ceiling the challenge grows, and an alert fires once.

    Half the ceiling more doubles the work, up to `HARDEST` times. Counts that cannot be had make nothing
    harder: nobody is kept out by a counter.
    """

    def __init__(self, limits: Limits, quotas: Sequence[Quota], clock: Clock) -> None:
        self._limits = limits
        self._quotas = quotas
        self._clock = clock
        self._seen: dict[str, tuple[datetime, int]] = {}

    async def count(self, alias: str) -> None:
        """One more proved booking is asked for; never refuses it."""
        for one in await self._limits.hit("business", alias, self._quotas):
            if one.used == one.quota.most + 1:
                logger.warning(
                    "limits.crowded",
                    extra={
                        "event": "limits.crowded",
                        "business": alias,
                        "count": one.used,
                        "policy": one.quota.name,
                    },
                )

    async def factor(self, alias: str) -> int:
        """How many times the usual work the challenge of this business asks for now."""
        now = self._clock()
        if alias in self._seen and now - self._seen[alias][0] < KNOWN:
            return self._seen[alias][1]
        used = await self._limits.used("business", alias, self._quotas)
        factors = (_factor(count, one.most) for one, count in zip(self._quotas, used, strict=False))
        self._seen[alias] = (now, max(factors, default=1))
        return self._seen[alias][1]


def _factor(used: int, ceiling: int) -> int:
    if used < ceiling:
        return 1
    doubled = 1 + 2 * (used - ceiling) // ceiling
    return int(min(HARDEST, 2 ** min(doubled, HARDEST)))


def quotas(kind: str, limit: Limit) -> Sequence[Quota]:
    """The quotas of a limit, under the names that callers see."""
    prefix = "" if kind == "address" else f"{kind}-"
    windows = ((window, most) for window, most in limit.items() if window in WINDOWS)
    return tuple(Quota(prefix + window, most, WINDOWS[window]) for window, most in windows)


def function_key(request: func.HttpRequest) -> str:
    """Who calls a partner route: the function key, as a digest."""
    key = request.headers.get("x-functions-key") or request.params.get("code", "")
    return "partner-" + sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def origin(request: func.HttpRequest, proxies: int = 0) -> Origin | None:
    """Where the client is, as the platform saw it; None where no platform stands in front.

    The front end of Azure appends the address that it saw, with its port, to X-Forwarded-For. What
    stands before it came with the request and may be made up, so it counts only as far as
    `proxies` of the deployment's own appended it.
    """
    chain = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    if not chain:
        return None
    return _around(_without_port(chain[max(0, len(chain) - 1 - proxies)]))


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _around(text: str) -> Origin:
    try:
        address = ip_address(text)
    except ValueError:
        return Origin("unreadable")
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return Origin(*(_network(address, bits) for bits in (VISITOR, SITE, NETWORK)))
    v4 = address.ipv4_mapped if isinstance(address, IPv6Address) else address
    return Origin(str(v4), network=None if v4 is None else _network(v4, NETWORK_V4))


def _network(address: IPv4Address | IPv6Address, bits: int) -> str:
    return str(ip_network((address, bits), strict=False))


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
