"""Whether a person books: what every check for humans can do, and the check that asks for nothing.

The others are a proof of work of the facade's own and Cloudflare Turnstile. Both are proofs for one
booking: a solved challenge opens nothing else, and no second time.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from shared.api.problems import PAUSE, Problem
from shared.api.responses.challenge import ChallengeAltcha, ChallengeOff, ChallengeTurnstile

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
