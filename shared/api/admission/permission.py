"""What a button stands for where no script can solve a challenge: a signed permission for one booking.

It costs a bot nothing but patience, so it is rationed by limits of its own (`rate_limits`).
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from shared.booking.ports import Clock, NewId, SingleUseStore
from shared.platform.hashes import Hasher

if TYPE_CHECKING:
    from shared.api.admission.visitors import ChallengeScope

PREFIX = "permission."
"""How it begins; the dot sets it apart from the Base64 of a solution."""

EARLIEST = timedelta(seconds=2)
"""How long after it was made it begins to count: people have to read first."""

LIFE = timedelta(minutes=30)
"""How long after it was made it ends."""

MILLISECOND: Final = timedelta(milliseconds=1)
BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)


def is_permission(text: str | None) -> bool:
    """Whether the text claims to be one."""
    return text is not None and text.startswith(PREFIX)


@dataclass(frozen=True, slots=True)
class Permissions:
    """Makes and checks them; the signature covers business, service, start, the time and a nonce."""

    hasher: Hasher
    once: SingleUseStore
    clock: Clock
    new_id: NewId

    def issue(self, scope: "ChallengeScope", given: str | None = None) -> str:
        """A permission to book this slot once: the one `given` if it is only too early, else a new one."""
        if given is not None and is_permission(given) and self._opens_later(given, scope):
            return given
        elapsed = -((BEGIN - self.clock()) // MILLISECOND)  # rounded up: never a moment before it counts
        made, nonce = str(elapsed), self.new_id()
        return f"{PREFIX}{made}.{nonce}.{self._signature(scope, made, nonce)}"

    async def passed(self, text: str, scope: "ChallengeScope", owner: str) -> bool:
        """Whether it is signed here for this slot, counts by now and was used by nobody but `owner`.

        Raises StoreUnavailable where that cannot be found out.
        """
        made = self._made(text, scope)
        if made is None or not made + EARLIEST <= self.clock() < made + LIFE:
            return False
        return await self.once.claim(text, owner, made + LIFE)

    def _opens_later(self, text: str, scope: "ChallengeScope") -> bool:
        made = self._made(text, scope)
        return made is not None and self.clock() < made + EARLIEST

    def _made(self, text: str, scope: "ChallengeScope") -> datetime | None:
        """When it was made; None where it was not signed here for this slot."""
        made, _, rest = text.removeprefix(PREFIX).partition(".")
        nonce, _, signature = rest.partition(".")
        signed = self._signature(scope, made, nonce)
        if not hmac.compare_digest(signed.encode(), signature.encode()):
            return None
        return BEGIN + int(made) * MILLISECOND

    def _signature(self, scope: "ChallengeScope", made: str, nonce: str) -> str:
        return self.hasher.name("permission", *scope.members().values(), made, nonce)
