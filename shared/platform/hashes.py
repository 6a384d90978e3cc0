"""Keyed hashes: names for things that must not be readable where they are stored."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from hashlib import sha256

TOKEN_PROOF_BYTES = 24


class Hasher:
    """HMAC-SHA256 under the deployment's secret; another secret gives other names for everything."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def name(self, purpose: str, *parts: str) -> str:
        """A name of 64 hexadecimal digits for `parts`, different for each purpose."""
        return self._digest(purpose, *parts).hex()

    def token(self, key: str, reference: str) -> str:
        """The booking token: where the record is and 192 bits that prove the right to read it.

        The same record always has the same token, so it need not be stored.
        """
        proof = self._digest("token", key, reference)[:TOKEN_PROOF_BYTES]
        return urlsafe_b64encode(bytes.fromhex(key) + proof).decode().rstrip("=")

    def key_of(self, token: str, reference: str) -> str | None:
        """The key of the record that this token opens, or None where it does not belong to `reference`."""
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (Base64Error, ValueError):
            return None
        key = raw[: sha256().digest_size].hex()
        if len(raw) != sha256().digest_size + TOKEN_PROOF_BYTES:
            return None
        return key if hmac.compare_digest(self.token(key, reference), token) else None

    def _digest(self, purpose: str, *parts: str) -> bytes:
        mac = hmac.new(self._secret, digestmod=sha256)
        for part in (purpose, *parts):
            data = part.encode()
            mac.update(len(data).to_bytes(4, "big") + data)
        return mac.digest()
