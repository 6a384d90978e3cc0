"""Idempotency keys that our own pages make, so that a form that is sent twice books once."""

import hmac
from collections.abc import Callable

from shared.booking.ports import NewId
from shared.platform.hashes import Hasher


def own_key(hasher: Hasher, nonce: str) -> str:
    """The key with this nonce; its signature tells it from a key that a caller chose.

    The nonce is letters and digits; whoever knows it alone cannot make the key.
    """
    return f"page-{nonce}-{hasher.name('own-key', nonce)[:32]}"


def is_own_key(hasher: Hasher, key: str) -> bool:
    """Whether one of our pages made this key; a replay under it must still be true."""
    nonce, _, _ = key.removeprefix("page-").partition("-")
    return hmac.compare_digest(own_key(hasher, nonce).encode(), key.encode())


def own_keys(hasher: Hasher, new_id: NewId) -> Callable[[], str]:
    """Makes fresh ones."""
    return lambda: own_key(hasher, new_id())
