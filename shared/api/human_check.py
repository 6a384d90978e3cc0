"""Whether a person books: a proof of work of the facade's own, or Cloudflare Turnstile.

Both are proofs for one booking: a solved challenge opens nothing else, and no second time.
"""

import asyncio
import json
import logging
import secrets
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import NAMESPACE_URL, uuid5

from shared.api.problems import PAUSE, Problem
from shared.booking.ports import Clock, OnceStore

logger = logging.getLogger(__name__)

Json = Mapping[str, Any]

LIFE = timedelta(seconds=300)
"""How long a challenge may be solved and used."""

ALGORITHM = "PBKDF2/SHA-256"
COST = 1_000
COUNTERS = range(500, 1_500)
"""Where the answer to a challenge lies: about a second of work in a browser, a millisecond to check."""

SITEVERIFY = "https://challenges.cloudflare.com/turnstile/v0/siteverify"
MAX_TOKEN = 2048
OUR_FAULT = frozenset({"missing-input-secret", "invalid-input-secret", "bad-request"})
THEIR_FAULT = frozenset({"internal-error"})


@dataclass(frozen=True, slots=True)
class Slot:
    """What a challenge is for: an alias, a service and a start in UTC."""

    business: str
    service_id: str
    start: datetime

    def members(self) -> dict[str, str]:
        """The slot as a challenge carries it."""
        start = self.start.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return {"business": self.business, "serviceId": self.service_id, "start": start}


class HumanCheck(Protocol):
    """A way to tell people from bots."""

    async def challenge(self, slot: Slot) -> Json:
        """What a client needs for a booking of this slot; its `kind` tells how to go on."""
        ...

    async def passed(self, solution: str | None, slot: Slot, owner: str) -> bool:
        """Whether `solution` is one for this slot that nobody but `owner` has used.

        Raises Problem 503 and StoreUnavailable where that cannot be found out.
        """
        ...


class NoCheck:
    """Everybody passes."""

    async def challenge(self, slot: Slot) -> Json:  # noqa: ARG002 (the protocol's)
        """That nothing is asked for."""
        return {"kind": "off"}

    async def passed(self, solution: str | None, slot: Slot, owner: str) -> bool:  # noqa: ARG002 (as above)
        """True."""
        return True


class AltchaCheck:
    """ALTCHA's proof of work, version 2, made and checked here.

    The signature covers all parameters as one canonical JSON object, the slot and the expiry among
    them. Nothing is concatenated, so no part of a challenge can be read as another (CVE-2025-68113).
    """

    def __init__(self, secret: str, once: OnceStore, clock: Clock) -> None:
        self._secret = secret
        self._once = once
        self._clock = clock

    async def challenge(self, slot: Slot) -> Json:
        """A signed challenge that only this slot can use."""
        from altcha import create_challenge  # noqa: PLC0415 (not loaded where it is not asked for)

        made = create_challenge(
            ALGORITHM,
            COST,
            counter=secrets.choice(COUNTERS),
            expires_at=self._clock() + LIFE,
            data=slot.members(),
            hmac_secret=self._secret,
        )
        return {"kind": "altcha", **made.to_dict()}

    async def passed(self, solution: str | None, slot: Slot, owner: str) -> bool:
        """Whether it is signed here, solved, in time, for this slot and not used by anybody else."""
        payload = _payload(solution)
        if payload is None or not self._fits(payload, slot) or not self._is_solved(payload):
            return False
        ends = datetime.fromtimestamp(payload["challenge"]["parameters"]["expiresAt"], UTC)
        return await self._once.claim(f"altcha\n{payload['challenge']['signature']}", owner, ends)

    def _fits(self, payload: Json, slot: Slot) -> bool:
        parameters = payload["challenge"]["parameters"]
        expires = parameters["expiresAt"]
        in_time = type(expires) is int and expires > self._clock().timestamp()
        return in_time and parameters.get("data") == slot.members()

    def _is_solved(self, payload: Json) -> bool:
        from altcha import Payload, verify_solution  # noqa: PLC0415 (as above)

        try:
            return verify_solution(Payload.from_dict(dict(payload)), self._secret).verified
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            return False


def _payload(solution: str | None) -> Any:  # noqa: ANN401 (a JSON object of checked form)
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


class TurnstileCheck:
    """Cloudflare Turnstile, asked from here; where it does not answer, nobody gets in."""

    def __init__(
        self, secret: str, site_key: str, *, url: str = SITEVERIFY, timeout: timedelta = timedelta(seconds=5)
    ) -> None:
        self._secret = secret
        self._site_key = site_key
        self._url = url
        self._timeout = timeout.total_seconds()

    async def challenge(self, slot: Slot) -> Json:  # noqa: ARG002 (Cloudflare makes its challenge itself)
        """The key with which the page shows the widget."""
        return {"kind": "turnstile", "siteKey": self._site_key}

    async def passed(self, solution: str | None, slot: Slot, owner: str) -> bool:  # noqa: ARG002 (as above)
        """Whether Cloudflare says so; asking again for the same owner uses nothing up."""
        if not solution or len(solution) > MAX_TOKEN:
            return False
        verdict = await self._ask(solution, str(uuid5(NAMESPACE_URL, f"{owner}\n{solution}")))
        codes = verdict.get("error-codes")
        faults = frozenset(code for code in codes if isinstance(code, str)) if isinstance(codes, list) else ()
        if OUR_FAULT.intersection(faults) or THEIR_FAULT.intersection(faults):
            raise _unavailable("refused")
        return verdict.get("success") is True

    async def _ask(self, token: str, idempotency_key: str) -> Json:
        import httpx  # noqa: PLC0415 (not loaded where Turnstile is not used)

        form = {"secret": self._secret, "response": token, "idempotency_key": idempotency_key}
        try:
            async with asyncio.timeout(self._timeout):
                async with httpx.AsyncClient(timeout=self._timeout, trust_env=False) as client:
                    answer = await client.post(self._url, data=form)
                verdict = answer.json()
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            raise _unavailable(type(error).__name__) from None
        if not isinstance(verdict, dict) or "success" not in verdict:
            raise _unavailable("unreadable")
        return verdict


def _unavailable(reason: str) -> Problem:
    logger.error("human-check.unavailable", extra={"event": "human-check.unavailable", "reason": reason})
    return Problem("human-check-unavailable", retry_after=PAUSE)
