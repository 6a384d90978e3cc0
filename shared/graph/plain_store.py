"""Where the SDK's models keep their values here: in a dictionary.

As generated, each model keeps its values in a store that notes which of them changed since they were
read, so that a PATCH of a model that was read sends the changes alone. For that, it walks through all
nested models and lists again at every access, and three quarters of the time of reading a calendar
went there. The facade never sends a model back that it has read: what it writes is made anew and is
meant as a whole (`shared/graph/writing.py`), so nothing is noted here and whatever is set is sent.
"""

from collections.abc import Callable
from typing import Any

from kiota_abstractions.store import BackingStore, in_memory_backing_store_factory


class PlainStore(BackingStore):  # type: ignore[misc] # the SDK is untyped
    """The values of one model; there are no changes, only values."""

    __slots__ = ("_values", "is_initialization_completed", "return_only_changed_values")

    is_initialization_completed: bool
    return_only_changed_values: bool

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self.is_initialization_completed = False
        self.return_only_changed_values = False

    def get(self, key: str) -> Any:  # noqa: ANN401 (a member of any type)
        """The value; None where there is none."""
        return self._values.get(key)

    def set(self, key: str, value: Any) -> None:  # noqa: ANN401 (as above)
        """Keep a value."""
        self._values[key] = value

    def enumerate_(self) -> list[tuple[str, Any]]:
        """All values."""
        return list(self._values.items())

    def enumerate_keys_for_values_changed_to_null(self) -> list[str]:
        """None: a member without a value is not sent."""
        return []

    def subscribe(self, callback: Callable[[str, Any, Any], None], subscription_id: str | None = None) -> str:  # noqa: ARG002 (nothing changes, so nobody is called)
        """Nothing to hear of."""
        return subscription_id or ""

    def unsubscribe(self, subscription_id: str) -> None:
        """Nobody listens."""

    def clear(self) -> None:
        """Forget all values."""
        self._values.clear()


def keep_values_plainly() -> None:
    """Let every model that is made from now on, in this process, keep its values in a PlainStore."""
    in_memory_backing_store_factory.InMemoryBackingStore = PlainStore
