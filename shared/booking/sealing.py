"""Sealed texts: what has to outlive a worker, and nobody may read who does not have the secret."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cached_property
from hashlib import sha256, sha512
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV


class Sealer:
    """Encrypts and authenticates with keys that are made of the secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = urlsafe_b64encode(hmac.digest(secret, b"seal", sha256))

    def seal(self, text: str) -> str:
        """The text, sealed by Fernet, as letters, digits, hyphens and underscores."""
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str | None:
        """The text; None where it was sealed with another secret, or is damaged."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 (loaded where something is sealed)

        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None

    def seal_alike(self, text: str) -> str:
        """The text sealed by AES-SIV, the same each time (RFC 5297): for answers that are given again."""
        return urlsafe_b64encode(self._siv.encrypt(text.encode(), None)).decode().rstrip("=")

    def unseal_alike(self, sealed: str) -> str | None:
        """The text that was sealed so; None where it was sealed with another secret, or is damaged."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 (as above)

        try:
            padded = sealed + "=" * (-len(sealed) % 4)
            return self._siv.decrypt(urlsafe_b64decode(padded), None).decode()
        except (InvalidTag, ValueError):
            return None

    @cached_property
    def _siv(self) -> "AESSIV":
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # noqa: PLC0415 (as above)

        return AESSIV(hmac.digest(self._key, b"seal alike", sha512))

    @cached_property
    def _fernet(self) -> "Fernet":
        from cryptography.fernet import Fernet  # noqa: PLC0415 (loaded where something is sealed)

        return Fernet(self._key)
