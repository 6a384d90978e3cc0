"""Function keys: who may call a function whose auth level is FUNCTION or ADMIN.

As in Microsoft's host, a key that was used once is known in any letter case from then on.

Keys come from the environment variable FUNCTIONS_HOST_KEYS, a JSON object of name -> key. Every key opens
every function of level FUNCTION; the one named `_master` opens level ADMIN and the admin routes too.
Without any key configured, such functions answer 401.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from devtools.functions_host.errors import StartError

MASTER: Final = "_master"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that this host knows, by name."""

    by_name: Mapping[str, str] = field(default_factory=dict, repr=False)
    _used: set[str] = field(default_factory=set, repr=False)

    @property
    def has_master(self) -> bool:
        """Whether the admin routes ask for a key."""
        return MASTER in self.by_name

    def allow(self, auth_level: str, given: str | None) -> bool:
        """Whether a caller with this key may run a function of this level."""
        if auth_level == "anonymous":
            return True
        names = [MASTER] if auth_level == "admin" else list(self.by_name)
        expected = [self.by_name[name] for name in names if name in self.by_name]
        # All keys are compared, so that the time taken does not tell which one was close.
        return given is not None and any([self._fits(given, key) for key in expected])  # noqa: C419

    def knows(self, given: str | None) -> bool:
        """Whether this is a key of any level."""
        return self.allow("function", given)

    def _fits(self, given: str, key: str) -> bool:
        same = hmac.compare_digest(given.encode(), key.encode())
        if same:
            self._used.add(key)
        return same or (key in self._used and given.lower() == key.lower())


def read_keys(environ: Mapping[str, str]) -> Keys:
    """FUNCTIONS_HOST_KEYS. Raises StartError, without the value, where it is not name -> key."""
    text = environ.get("FUNCTIONS_HOST_KEYS") or "{}"
    try:
        keys = json.loads(text)
    except ValueError:
        keys = None
    if not isinstance(keys, dict) or not all(isinstance(key, str) and key for key in keys.values()):
        raise StartError('FUNCTIONS_HOST_KEYS is not a JSON object such as {"default": "a key"}')
    return Keys(keys)
