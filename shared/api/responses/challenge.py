"""The challenges that a client may get before it books, as models."""

from typing import Literal

from pydantic import Field

from shared.api.responses.model import Instant, ResponseModel


class ChallengeOff(ResponseModel):
    """Nothing has to be solved here."""

    kind: Literal["off"]


class ChallengeTurnstile(ResponseModel):
    """Show Cloudflare's widget with this key; its token is the solution."""

    kind: Literal["turnstile"]
    site_key: str


class ChallengeData(ResponseModel):
    """The slot that the challenge is for."""

    business: str
    service_id: str
    start: Instant


class AltchaParameters(ResponseModel):
    """Find the `counter` for which PBKDF2(nonce + counter, salt, cost) begins with `keyPrefix`.

    nonce, salt and keyPrefix are hexadecimal; the counter is appended to the nonce as four bytes, the
    highest first.
    """

    algorithm: Literal["PBKDF2/SHA-256"]
    cost: int
    key_length: int
    key_prefix: str
    nonce: str
    salt: str
    expires_at: int = Field(description="Seconds since 1970, UTC")
    data: ChallengeData


class ChallengeAltcha(ResponseModel):
    """A proof of work (ALTCHA, version 2).

    The solution is the Base64 of `{"challenge": {"parameters", "signature"}, "solution": {"counter",
    "derivedKey"}}`.
    """

    kind: Literal["altcha"]
    parameters: AltchaParameters
    signature: str
