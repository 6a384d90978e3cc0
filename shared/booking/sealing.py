"""Sealed texts: what has to outlive a worker, and nobody may read who does not have the secret."""

import hmac
from base64 import urlsafe_b64encode
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class Sealer:
    """Encrypts and authenticates by Fernet, with a key that is made of the secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = urlsafe_b64encode(hmac.digest(secret, b"seal", sha256))

    def seal(self, text: str) -> str:
        """The text as letters, digits, hyphens and underscores."""
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str | None:
        """The text; None where it was sealed with another secret, or is damaged."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 (loaded where something is sealed)

        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None

    @cached_property
    def _fernet(self) -> "Fernet":
        from cryptography.fernet import Fernet  # noqa: PLC0415 (loaded where something is sealed)

        return Fernet(self._key)
