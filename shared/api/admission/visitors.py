"""Who may book as a visitor: the trap for simple bots, the limits and the human check, in this order."""

from collections.abc import Container

import azure.functions as func

from shared.api.admission.human_check import ChallengeScope, HumanCheck
from shared.api.admission.rate_limits import RateLimits
from shared.api.problems import FieldError, Problem
from shared.api.requests.bodies import BookingBody
from shared.booking.create.plan import BookingRequest
from shared.booking.ports import IdempotencyStore
from shared.booking.records import State
from shared.booking.writes.idempotency import RequestKey
from shared.domain.errors import TooManyRequests


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
            if not await self._is_known(intent, but=(State.REFUSED,)):
                raise
        await self._check(ChallengeScope(alias, asked.service_id, asked.start), body, intent)

    async def _check(self, scope: ChallengeScope, body: BookingBody, intent: RequestKey) -> None:
        try:
            if not await self.human.passed(body.human_check, scope, intent.key):
                raise refused()
        except Problem:
            if not await self._is_known(intent):
                raise

    async def _is_known(self, intent: RequestKey, but: Container[State] = ()) -> bool:
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
