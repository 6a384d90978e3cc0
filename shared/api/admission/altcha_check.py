"""ALTCHA's proof of work, made and checked here."""

import json
import secrets
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.api.admission.visitors import ChallengeScope
from shared.api.responses.challenge import ChallengeAltcha
from shared.booking.ports import Clock, SingleUseStore

Json = Mapping[str, Any]

LIFE = timedelta(seconds=300)
"""How long a challenge may be solved and used."""

ALGORITHM = "PBKDF2/SHA-256"
COST = 1_000
COUNTERS = range(500, 1_500)
"""Where the answer to a challenge lies: about a second of work in a browser, a millisecond to check."""

MAX_TOKEN = 2048


class AltchaCheck:
    """ALTCHA's proof of work, version 2, made and checked here.

    The signature covers all parameters as one canonical JSON object, the slot and the expiry among
    them. Nothing is concatenated, so no part of a challenge can be read as another (CVE-2025-68113).
    """

    asks = True

    def __init__(
        self,
        secret: str,
        once: SingleUseStore,
        clock: Clock,
        factor: Callable[[str], Awaitable[int]] | None = None,
    ) -> None:
        self._secret = secret
        self._factor = factor
        self._once = once
        self._clock = clock

    async def challenge(self, scope: ChallengeScope) -> ChallengeAltcha:
        """A signed challenge that only this slot can use."""
        from altcha import create_challenge  # noqa: PLC0415 (not loaded where it is not asked for)

        factor = 1 if self._factor is None else await self._factor(scope.business)
        made = create_challenge(
            ALGORITHM,
            COST * factor,
            counter=secrets.choice(COUNTERS),
            expires_at=self._clock() + LIFE,
            data=scope.members(),
            hmac_secret=self._secret,
        )
        return ChallengeAltcha.model_validate({"kind": "altcha", **made.to_dict()})

    async def passed(self, solution: str | None, scope: ChallengeScope, owner: str) -> bool:
        """Whether it is signed here, solved, in time, for this slot and not used by anybody else."""
        payload = payload_of(solution)
        if payload is None or not self._fits(payload, scope) or not self._is_solved(payload):
            return False
        ends = datetime.fromtimestamp(payload["challenge"]["parameters"]["expiresAt"], UTC)
        return await self._once.claim(f"altcha\n{payload['challenge']['signature']}", owner, ends)

    def _fits(self, payload: Json, scope: ChallengeScope) -> bool:
        parameters = payload["challenge"]["parameters"]
        expires = parameters["expiresAt"]
        in_time = type(expires) is int and expires > self._clock().timestamp()
        return in_time and parameters.get("data") == scope.members()

    def _is_solved(self, payload: Json) -> bool:
        from altcha import Payload, verify_solution  # noqa: PLC0415 (as above)

        try:
            return verify_solution(Payload.from_dict(dict(payload)), self._secret).verified
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            return False


def payload_of(solution: str | None) -> Any:  # noqa: ANN401 (a JSON object of checked form)
    """The solution's parts, or None where they are not of the form that they must have."""
    try:
        value = json.loads(b64decode(solution or "", validate=True))
        challenge, solved = value["challenge"], value["solution"]
        texts = (challenge["signature"], solved["derivedKey"], *map(challenge["parameters"].get, _TEXTS))
        is_formed = all(isinstance(one, str) for one in texts) and type(solved["counter"]) is int
        return value if is_formed and "expiresAt" in challenge["parameters"] else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


_TEXTS = ("algorithm", "nonce", "salt", "keyPrefix")
