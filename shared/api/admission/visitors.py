"""Who may book as a visitor: the trap for simple bots, the limits and the human check, in this order."""

from collections.abc import Container

import azure.functions as func

from shared.api.admission.human_check import ChallengeScope, HumanCheck
from shared.api.admission.permission import Permissions, is_permission
from shared.api.admission.rate_limits import RateLimits
from shared.api.problems import Problem
from shared.api.requests.bodies import BookingBody
from shared.booking.create.plan import BookingRequest
from shared.booking.ports import IdempotencyStore
from shared.booking.records import State
from shared.booking.writes.idempotency import RequestKey
from shared.domain.errors import TooManyRequests


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
        permissions: Permissions | None = None,
    ) -> None:
        self.limits = limits
        self.human = human
        self.permissions = permissions
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
            raise refused()
        try:
            await self.limits.booking(request, asked.customer.email)
        except TooManyRequests:
            if not await self._is_known(intent, but=(State.REFUSED,)):
                raise
        scope = ChallengeScope(alias, asked.service_id, asked.start)
        try:
            await self._check(request, scope, body.human_check, intent.key)
        except (Problem, TooManyRequests):
            if not await self._is_known(intent):
                raise

    async def _check(
        self, request: func.HttpRequest, scope: ChallengeScope, proof: str | None, owner: str
    ) -> None:
        if self.permissions is None or proof is None or not is_permission(proof):
            if not await self.human.passed(proof, scope, owner):
                raise Unproved(scope)
            return
        if not await self.permissions.passed(proof, scope, owner):
            raise Unproved(scope)
        await self.limits.permission(request, scope.business)

    async def _is_known(self, intent: RequestKey, but: Container[State] = ()) -> bool:
        """Whether this very request was let in before; a refused one may be asked to wait all the same."""
        record = await self._records.get(intent.key)
        return record is not None and record.fingerprint == intent.fingerprint and record.state not in but


def refused() -> Problem:
    """The same answer for every way to fail, so that a bot learns nothing."""
    return Problem("human-check-failed", "Expected a fresh solution of the challenge for this slot.")
