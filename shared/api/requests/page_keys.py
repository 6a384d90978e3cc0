"""Idempotency keys that our own pages make, signed: a replay under them must still be true."""

import hmac

from shared.booking.hashing import Hasher

PREFIX = "page"


def page_key(hasher: Hasher, alias: str, nonce: str) -> str:
    """A key for a form of this business; `nonce` has at least 128 random bits, in letters and digits."""
    return f"{PREFIX}.{nonce}.{_proof(hasher, alias, nonce)}"


def is_page_key(hasher: Hasher, alias: str, key: str) -> bool:
    """Whether one of our pages made this key, for this business."""
    prefix, _, rest = key.partition(".")
    nonce, _, proof = rest.partition(".")
    return prefix == PREFIX and hmac.compare_digest(proof, _proof(hasher, alias, nonce))


def _proof(hasher: Hasher, alias: str, nonce: str) -> str:
    return hasher.name("page-key", alias, nonce)[:32]
