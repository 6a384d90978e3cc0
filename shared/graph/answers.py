"""What is left of an answer of Graph's once the SDK has read it; what cannot be read is a ValueError."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from shared.domain.model import Appointment, Customer
from shared.graph import reading

T = TypeVar("T")


def present(answer: T | None) -> T:
    """The answer; an empty one where Graph owes a body cannot be read."""
    if answer is None:
        raise ValueError("no body")
    return answer


def appointment(answer: Any) -> Appointment:  # noqa: ANN401 (the SDK is untyped)
    """The appointment of an answer."""
    return reading.read_appointment(present(answer))


def customer(answer: Any) -> Customer:  # noqa: ANN401
    """The customer of an answer; one without an id cannot be read."""
    found = reading.read_customer(present(answer))
    if not found.id:
        raise ValueError("no id")
    return found


def nothing(_: object) -> None:
    """What is left of an answer that shows nothing."""


def page(
    read: Callable[[Sequence[Any]], Iterable[T]],
    answer: Any,  # noqa: ANN401
) -> tuple[tuple[T, ...], str | None]:
    """The entities and the next link; a page without `value` is no answer, and never an empty list."""
    found = present(answer)
    return tuple(read(present(found.value))), found.odata_next_link or None


def utc(instant: datetime) -> str:
    """The instant as the query of calendarView has it."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
