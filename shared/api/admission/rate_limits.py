"""Rate limits: who asks, what everybody may ask, and the headers that tell about it.

Header fields follow the IETF's draft "RateLimit header fields for HTTP": `RateLimit-Policy` names the
quotas (`q` requests in `w` seconds), `RateLimit` what is left of them (`r`, reset in `t` seconds). Only what
a visitor's own address has used is told: of a person or a network it would show what others did.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

import azure.functions as func

from shared.api.admission.networks import Origin, origin
from shared.api.pipeline import answer_headers
from shared.api.problems import seconds
from shared.booking.limits import Limits, Quota, Standing, check
from shared.domain.addresses import person_of
from shared.domain.limits import LIMITS, Limit

WINDOWS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


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


def quotas(kind: str, limit: Limit) -> Sequence[Quota]:
    """The quotas of a limit, under the names that callers see."""
    prefix = "" if kind == "address" else f"{kind}-"
    windows = ((window, most) for window, most in limit.items() if window in WINDOWS)
    return tuple(Quota(prefix + window, most, WINDOWS[window]) for window, most in windows)


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
