"""Who may book as a visitor: the trap for simple bots, the limits and the human check, in this order.

Every human check is a proof for one booking: a solved challenge opens nothing else, and no second time. There
is a proof of work of the facade's own, and Cloudflare Turnstile.
"""

import logging
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import azure.functions as func

from shared.api.admission.rate_limits import RateLimits
from shared.api.problems import PAUSE, FieldError, Problem
from shared.api.requests.bodies import BookingBody
from shared.api.responses.challenge import ChallengeAltcha, ChallengeOff, ChallengeTurnstile
from shared.booking.create.request import BookingRequest
from shared.booking.ports import IdempotencyStore
from shared.booking.records import State
from shared.booking.writes.idempotency import RequestKey
from shared.domain.errors import TooManyRequests

logger = logging.getLogger(__name__)

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
    """A way to tell people from bots."""

    async def challenge(self, scope: ChallengeScope) -> Challenge:
        """What a client needs for a booking of this slot; its `kind` says how to go on."""
        ...

    async def passed(self, solution: str | None, scope: ChallengeScope, owner: str) -> bool:
        """Whether `solution` is one for this scope that nobody but `owner` has used.

        Raises Problem 503 and StoreUnavailable where that cannot be found out.
        """
        ...


class Admission:
    """Asks everything that a visitor's booking is asked before anybody works on it."""

    def __init__(self, limits: RateLimits, human: HumanCheck, records: IdempotencyStore) -> None:
        self.limits = limits
        self.human = human
        self._records = records

    async def booking(
        self,
        request: func.HttpRequest,
        alias: str,
        body: BookingBody,
        asked: BookingRequest,
        intent: RequestKey,
    ) -> None:
        """Let the booking in; raises TooManyRequests and Problem 403 and 503.

        A retry of a request that was let in before is let in again: its client may have used up its
        quota and its challenge in the attempts whose answers never came.
        """
        if body.website:
            raise trapped()
        try:
            await self.limits.booking(request, asked.customer.email)
        except TooManyRequests:
            if not await self.is_known(intent, but=(State.REFUSED,)):
                raise
        await self._check(ChallengeScope(alias, asked.service_id, asked.start), body, intent)

    async def _check(self, scope: ChallengeScope, body: BookingBody, intent: RequestKey) -> None:
        try:
            if not await self.human.passed(body.human_check, scope, intent.key):
                raise refused()
        except Problem:
            if not await self.is_known(intent):
                raise

    async def is_known(self, intent: RequestKey, but: Container[State] = ()) -> bool:
        """Whether this very request was let in before; a refused one may be asked to wait all the same."""
        record = await self._records.get(intent.key)
        return record is not None and record.fingerprint == intent.fingerprint and record.state not in but


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
