"""Who may book as a visitor: the trap for simple bots, the limits and the human check, in this order.

Every human check is a proof for one booking: a solved challenge opens nothing else, and no second time. There
is a proof of work of the facade's own, and Cloudflare Turnstile.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Container
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import azure.functions as func

from shared.api.admission.permission import Permissions, is_permission
from shared.api.admission.rate_limits import Demand, RateLimits
from shared.api.problems import PAUSE, FieldError, Problem
from shared.api.requests.bodies import BookingBody
from shared.api.responses.challenge import ChallengeAltcha, ChallengeOff, ChallengeTurnstile
from shared.booking.create.request import BookingRequest
from shared.booking.ports import Clock, IdempotencyStore
from shared.booking.records import IdempotencyRecord, State
from shared.booking.writes.idempotency import RequestKey
from shared.domain.errors import StoreUnavailable, TooManyRequests
from shared.domain.limits import OPEN

logger = logging.getLogger(__name__)

SAME_ADDRESS = timedelta(minutes=2)
"""For how long an address is taken for one caller, where nothing better tells who asks again."""

NOBODY_TOLD = "no address"
"""The one caller that there is on a developer's machine, where no platform tells addresses."""

Challenge = ChallengeOff | ChallengeAltcha | ChallengeTurnstile


@dataclass(frozen=True, slots=True)
class ChallengeScope:
    """What a challenge is for: an alias, a service and a start in UTC."""

    business: str
    service_id: str
    start: datetime

    def members(self) -> dict[str, str]:
        """The scope as a challenge carries it."""
        start = self.start.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return {"business": self.business, "serviceId": self.service_id, "start": start}


class HumanCheck(Protocol):
    """A way to tell people from bots; it `asks` unless everybody passes."""

    @property
    def asks(self) -> bool:
        """Whether a booking needs a solution."""
        ...

    async def challenge(self, scope: ChallengeScope) -> Challenge:
        """What a client needs for a booking of this slot; its `kind` says how to go on."""
        ...

    async def passed(self, solution: str | None, scope: ChallengeScope, owner: str) -> bool:
        """Whether `solution` is one for this scope that nobody but `owner` has used.

        Raises Problem 503 and StoreUnavailable where that cannot be found out.
        """
        ...


COME_AGAIN = timedelta(hours=1)
"""What somebody with too many bookings to come is told to wait; sooner if they cancel one."""

CountOpen = Callable[[str, str], Awaitable[int]]
"""How many bookings to come an e-mail address has at a mailbox; raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class KnownBy:
    """What a visitor who asks again without a key is known by; with a `time`, only for so long."""

    what: str
    time: timedelta | None = None


class Unproved(Problem):
    """The problem of a booking without proof that a person asks for it; `scope` is what to prove it for."""

    def __init__(self, scope: ChallengeScope) -> None:
        super().__init__("human-check-failed", refused().detail)
        self.scope = scope


class Admission:
    """Asks everything that a visitor's booking is asked before anybody works on it.

    `permissions` stand for a solved challenge where scripts do not run; None where none are given.
    """

    def __init__(
        self,
        limits: RateLimits,
        human: HumanCheck,
        records: IdempotencyStore,
        *,
        count_open: CountOpen,
        demand: Demand,
        clock: Clock,
        permissions: Permissions | None = None,
    ) -> None:
        self.limits = limits
        self.human = human
        self.permissions = permissions
        self._records = records
        self._demand = demand
        self._clock = clock
        self._count_open = count_open

    def known_by(self, request: func.HttpRequest, solution: str | None) -> KnownBy:
        """What tells this caller from whoever guesses service, start and e-mail address of the booking.

        The solution of the challenge, which nobody else has; where none is asked for, the address.
        """
        if self.human.asks:
            return KnownBy(solution or "")
        where = self.limits.origin(request)
        return KnownBy(NOBODY_TOLD if where is None else where.address, SAME_ADDRESS)

    async def booking(
        self,
        request: func.HttpRequest,
        alias: str,
        body: BookingBody,
        asked: BookingRequest,
        intent: RequestKey,
    ) -> None:
        """Let the booking in; raises TooManyRequests, StoreUnavailable and Problem 403 and 503.

        A retry of a request that was let in before is let in again: its client may have used up its
        quota and its challenge in the attempts whose answers never came. Only what is proved counts
        against a person, and each proof once: nobody is locked out by what others pretend.
        """
        if body.website:
            raise trapped()
        counted, known = await asyncio.gather(
            self.limits.booking(request), self._known(intent), return_exceptions=True
        )
        if isinstance(known, BaseException):
            raise known
        is_let_in = known is not None and known.state is not State.REFUSED
        if isinstance(counted, BaseException) and not (is_let_in and isinstance(counted, TooManyRequests)):
            raise counted
        scope = ChallengeScope(alias, asked.service_id, asked.start)
        try:
            await self._check(request, scope, body.human_check, f"{intent.key}\n{intent.fingerprint}")
        except (Problem, TooManyRequests):
            if known is None:
                raise
        if is_let_in or (known is not None and self.human.asks):
            return
        await self.limits.person(asked.customer.email, asked.phone)
        await self._check_open(asked)
        await self._demand.count(alias)

    async def _check_open(self, asked: BookingRequest) -> None:
        """Refuse more bookings to come than a person may have; open where nobody can count them."""
        most = self.limits.limits["person"].get(OPEN)
        if most is None:
            return
        try:
            count = await self._count_open(asked.business, asked.customer.email)
        except StoreUnavailable:
            logger.warning("limits.open", extra={"event": "limits.open", "policy": "person-open"})
            return
        if count >= most:
            raise TooManyRequests("person-open", COME_AGAIN)

    async def _check(
        self, request: func.HttpRequest, scope: ChallengeScope, proof: str | None, owner: str
    ) -> None:
        """One proof is for one `owner`, a request: another body, under whatever key, needs another one."""
        if self.permissions is None or proof is None or not is_permission(proof):
            if not await self.human.passed(proof, scope, owner):
                raise Unproved(scope)
            return
        if not await self.permissions.passed(proof, scope, owner):
            raise Unproved(scope)
        await self.limits.permission(request, scope.business)

    async def is_known(self, intent: RequestKey, but: Container[State] = ()) -> bool:
        """Whether this very request was let in before; a refused one may be asked to wait all the same."""
        record = await self._known(intent)
        return record is not None and record.state not in but

    async def _known(self, intent: RequestKey) -> IdempotencyRecord | None:
        """The record of this very request, where it was let in before: under its key, from its caller."""
        record = await self._records.get(intent.key)
        return record if record is not None and intent.is_of(record, self._clock()) else None


def trapped() -> Problem:
    """What filled in the trap may have been a browser that means well: its person is told what to do."""
    detail = (
        "Expected the field website to be left empty: people do not see it. Browsers and password managers "
        "fill it in now and then; empty it and send the booking again."
    )
    return Problem("human-check-failed", detail, (FieldError("/website", "trap-filled", detail),))


def refused() -> Problem:
    """The same answer for every way to fail the check, so that a bot learns nothing."""
    return Problem("human-check-failed", "Expected a fresh solution of the challenge for this slot.")


class NoCheck:
    """Everybody passes."""

    asks = False

    async def challenge(self, scope: ChallengeScope) -> Challenge:  # noqa: ARG002 (the protocol's)
        """That nothing is asked for."""
        return ChallengeOff(kind="off")

    async def passed(self, solution: str | None, scope: ChallengeScope, owner: str) -> bool:  # noqa: ARG002 (as above)
        """Whether anybody objects, which nobody does."""
        return True


def unavailable(reason: str) -> Problem:
    """The problem of a check that cannot be made, which is logged."""
    logger.error("human-check.unavailable", extra={"event": "human-check.unavailable", "reason": reason})
    return Problem("human-check-unavailable", retry_after=PAUSE)
