"""Sealed texts: what has to outlive a worker, and nobody may read who does not have the secret."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nacl.secret import SecretBox

NONCE_BYTES = 24


class Sealer:
    """Encrypts and authenticates by libsodium's secret box, with keys that are made of the secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"seal", sha256)

    def seal(self, text: str) -> str:
        """The text, sealed, as letters, digits, hyphens and underscores."""
        return self._sealed(text, None)

    def seal_alike(self, text: str) -> str:
        """The text sealed the same each time, for answers that are given again.

        The nonce is made of the text, by a key of its own, so that no two texts share one.
        """
        nonces = hmac.digest(self._key, b"nonces", sha256)
        return self._sealed(text, hmac.digest(nonces, text.encode(), sha256)[:NONCE_BYTES])

    def unseal(self, sealed: str) -> str | None:
        """The text; None where it was sealed with another secret, or is damaged."""
        from nacl.exceptions import CryptoError  # noqa: PLC0415 (loaded where something is sealed)

        try:
            padded = sealed + "=" * (-len(sealed) % 4)
            return self._box.decrypt(urlsafe_b64decode(padded)).decode()
        except (CryptoError, ValueError):
            return None

    def _sealed(self, text: str, nonce: bytes | None) -> str:
        return urlsafe_b64encode(self._box.encrypt(text.encode(), nonce)).decode().rstrip("=")

    @cached_property
    def _box(self) -> "SecretBox":
        from nacl.secret import SecretBox  # noqa: PLC0415 (loaded where something is sealed)

        return SecretBox(self._key)
