"""The tree of errors: what a caller may be told of each."""

from datetime import timedelta

import pytest

from shared.domain import errors
from shared.domain.errors import (
    NOTHING_DONE,
    UNCERTAIN,
    DomainError,
    GraphError,
    KeyInFlight,
    NotFound,
    OutcomeUnknown,
    RulesBroken,
    StoreUnavailable,
    TooManyRequests,
    UnknownBusinessZone,
    Violation,
    is_over,
)

BUSY = Violation("full", "Full.", conflict=True)
WRONG = Violation("off-grid", "Off the grid.")


def test_a_conflict_is_what_the_calendar_alone_stands_in_the_way_of() -> None:
    """One rule that no calendar would allow makes it a wrong request."""
    assert RulesBroken((BUSY, BUSY)).is_conflict
    assert not RulesBroken((BUSY, WRONG)).is_conflict
    assert str(RulesBroken((BUSY, WRONG))) == "full, off-grid"


def test_every_failed_call_was_not_done_or_is_uncertain() -> None:
    """Both never, and neither never; that a business has no zone is known from reading alone."""
    kinds = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, GraphError)}
    assert kinds == {GraphError, UnknownBusinessZone, *NOTHING_DONE, *UNCERTAIN}
    assert not set(NOTHING_DONE) & set(UNCERTAIN)


@pytest.mark.parametrize("kind", [*NOTHING_DONE, *UNCERTAIN])
def test_only_what_nobody_answered_may_land_later(kind: type[GraphError]) -> None:
    """Everything else is over."""
    assert is_over(kind("write")) is (kind is not errors.Unreachable)


def test_errors_say_what_happened_and_when_to_come_again() -> None:
    """In few words, without anybody's name."""
    wait = timedelta(seconds=3)
    said: list[tuple[DomainError, str]] = [
        (NotFound("service", "/serviceId"), "service not found"),
        (KeyInFlight(wait), "idempotency key in flight"),
        (TooManyRequests("email", wait), "email"),
        (OutcomeUnknown("BK-1"), "outcome unknown"),
        (StoreUnavailable("locks.try", "503"), "locks.try: 503"),
        (GraphError("read", 404), "read: 404"),
        (GraphError("read"), "read: no answer"),
    ]
    assert [str(error) for error, _ in said] == [text for _, text in said]
    assert KeyInFlight(wait).retry_after == wait
    assert TooManyRequests("email", wait).policy == "email"
