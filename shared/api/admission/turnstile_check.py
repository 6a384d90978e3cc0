"""Cloudflare Turnstile, asked from here."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.api.admission.visitors import ChallengeScope, unavailable
from shared.api.responses.challenge import ChallengeTurnstile

Json = Mapping[str, Any]

SITEVERIFY = "https://challenges.cloudflare.com/turnstile/v0/siteverify"
MAX_TOKEN = 2048
OUR_FAULT = frozenset({"missing-input-secret", "invalid-input-secret", "bad-request"})
THEIR_FAULT = frozenset({"internal-error"})


class TurnstileCheck:
    """Cloudflare Turnstile, asked from here; where it does not answer, nobody gets in."""

    asks = True

    def __init__(
        self, secret: str, site_key: str, *, url: str = SITEVERIFY, timeout: timedelta = timedelta(seconds=5)
    ) -> None:
        self._secret = secret
        self._site_key = site_key
        self._url = url
        self._timeout = timeout.total_seconds()

    async def challenge(self, scope: ChallengeScope) -> ChallengeTurnstile:  # noqa: ARG002 (Cloudflare makes its challenge itself)
        """The key with which the page shows the widget."""
        return ChallengeTurnstile(kind="turnstile", site_key=self._site_key)

    async def passed(self, solution: str | None, scope: ChallengeScope, owner: str) -> bool:  # noqa: ARG002 (as above)
        """Whether Cloudflare says so; asking again for the same owner uses nothing up."""
        if not solution or len(solution) > MAX_TOKEN:
            return False
        verdict = await self._ask(solution, str(uuid5(NAMESPACE_URL, f"{owner}\n{solution}")))
        codes = verdict.get("error-codes")
        faults = frozenset(code for code in codes if isinstance(code, str)) if isinstance(codes, list) else ()
        if OUR_FAULT.intersection(faults) or THEIR_FAULT.intersection(faults):
            raise unavailable("refused")
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
            raise unavailable(type(error).__name__) from None
        if not isinstance(verdict, dict) or "success" not in verdict:
            raise unavailable("unreadable")
        return verdict
