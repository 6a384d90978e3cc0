"""Everything that can go wrong, as one tree.

    DomainError
    |-- Refused                    nothing was booked, and nothing will be
    |   |-- NotFound               no such business, service, staff member or booking
    |   |-- RulesBroken            one or more rules, each with its code
    |   |-- SlotBusy               somebody else is booking this very slot
    |   |-- KeyInFlight            the same idempotency key is being worked on
    |   |-- KeyReused              the same idempotency key came with another request
    |   |-- BookingPending         an earlier request for this booking has not ended yet
    |   |-- TooManyRequests        a limit of ours was reached
    |   `-- NotBooked              the booking did not succeed and was taken back
    |-- OutcomeUnknown             Graph may or may not have booked; to be settled later
    |-- StoreUnavailable           the facade's own records cannot be read or written
    `-- GraphError                 one call to Graph did not succeed
        |-- Throttled              429: surely not done
        |   `-- Crowded            its turn would come too late: the call never left
        |-- NoIdentity             no token could be had: the call never left
        |-- Denied                 401, 403: surely not done; a permission is missing
        |   `-- Renewed            there is another token by now; read again, judge again, write again
        |-- Missing                404: what was named is not there
        |-- Conflicted             409, 412: surely not done; read again, judge again, write again
        |-- Rejected               other 4xx: surely not done
        |-- NotSent                the call never left: surely not done
        |-- UnknownBusinessZone    the business's time zone is unknown: nothing of it has a time
        |-- Unavailable            500, 507 with an error of Graph's: perhaps done, but over
        |-- Unreadable             2xx with an answer that cannot be read: over, done, perhaps not as asked
        `-- Unreachable            no answer of Graph's: perhaps done, perhaps still under way

No message carries personal data or text of Graph's: messages may reach logs and callers.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: its stable `code`, a sentence for people, and where in the request it lies.

    `pointer` is a JSON pointer (RFC 6901) into the booking request. `conflict` is true where the
    request is right and the state of the calendar is in the way (409), false where no calendar
    would allow it (422).
    """

    code: str
    detail: str
    pointer: str = "/start"
    conflict: bool = False


class DomainError(Exception):
    """The root: anything that the house itself says went wrong."""


class Refused(DomainError):
    """Nothing was booked for this request."""

    retry_after: timedelta | None = None


class NotFound(Refused):
    """The `what` that the request names does not exist, or is not for the public."""

    def __init__(self, what: str, pointer: str | None = None) -> None:
        super().__init__(f"{what} not found")
        self.what = what
        self.pointer = pointer


class RulesBroken(Refused):
    """The request breaks the rules in `violations`, never empty."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__(", ".join(violation.code for violation in violations))
        self.violations = violations

    @property
    def is_conflict(self) -> bool:
        """Whether nothing but the state of the calendar is in the way."""
        return all(violation.conflict for violation in self.violations)


class SlotBusy(Refused):
    """The lock of the slot was not had in time; trying again soon makes sense."""

    retry_after = timedelta(seconds=2)


class KeyInFlight(Refused):
    """A request with the same idempotency key is being worked on."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__("idempotency key in flight")
        self.retry_after = retry_after


class KeyReused(Refused):
    """The idempotency key belongs to a request with another body."""


class BookingPending(Refused):
    """What became of an earlier request for the same booking is not known yet."""

    retry_after = timedelta(seconds=5)


class TooManyRequests(Refused):
    """A limit of the public surface was reached."""

    def __init__(self, policy: str, retry_after: timedelta) -> None:
        super().__init__(policy)
        self.policy = policy
        self.retry_after = retry_after


class NotBooked(Refused):
    """The booking could not be proved and was taken back, or the attempt surely did not book."""

    retry_after = timedelta(seconds=5)


class OutcomeUnknown(DomainError):
    """Whether the appointment exists is not known yet; `reference` is where the answer will be.

    `is_over` tells whether the write is at least finished, or may land later.
    """

    def __init__(self, reference: str, *, is_over: bool = False) -> None:
        super().__init__("outcome unknown")
        self.reference = reference
        self.is_over = is_over


class StoreUnavailable(DomainError):
    """The storage of the facade's own records gave no usable answer to `operation`; to be tried again.

    A write may have been done all the same; every record can be written again without harm.
    """

    retry_after = timedelta(seconds=5)

    def __init__(self, operation: str, reason: str) -> None:
        super().__init__(f"{operation}: {reason}")
        self.operation = operation
        self.reason = reason


class GraphError(DomainError):
    """One call to Graph did not succeed; `operation` names it, `status` is 0 where none came."""

    def __init__(self, operation: str, status: int = 0, retry_after: timedelta | None = None) -> None:
        super().__init__(f"{operation}: {status or 'no answer'}")
        self.operation = operation
        self.status = status
        self.retry_after = retry_after


class Throttled(GraphError):
    """Graph answered 429."""


class Crowded(Throttled):
    """Calls of the same mailbox, or the pause that Graph asked for, take too long: never sent."""


class NoIdentity(GraphError):
    """The endpoint of the identity gave no token: the call never left, and Graph was not asked."""


class Denied(GraphError):
    """Graph answered 401 or 403: the identity's permissions are missing or not known there yet."""


class Renewed(Denied):
    """Graph answered 401 or 403, and there is another token: who replaces something reads it again first."""


class Missing(GraphError):
    """Graph answered 404 and said that the very item which the call names is not there."""


class Conflicted(GraphError):
    """Graph answered 409 or 412: something else happened to the item meanwhile; surely nothing was done."""


class Rejected(GraphError):
    """Graph answered another 4xx: the call was not understood and surely changed nothing."""


class NotSent(GraphError):
    """No connection could be made: the call never left, and surely changed nothing."""


class UnknownBusinessZone(GraphError):
    """Graph answered, but in a time zone that nobody knows: hours and slots of the business have no time."""


class Unavailable(GraphError):
    """Graph answered with an error that is its own fault: a write is over, and may have been done."""


class Unreadable(GraphError):
    """Graph answered 2xx with a body that cannot be read: a write is over, and was done in some way."""


class Unreachable(GraphError):
    """No answer of Graph's came in time: a write may have been done, or may still be under way."""


NOTHING_DONE = (Throttled, Crowded, NoIdentity, Denied, Renewed, Missing, Conflicted, Rejected, NotSent)
"""The errors after which a write was surely not done."""

LOOK_AGAIN = (Throttled, Conflicted, Renewed)
"""The errors after which what was read is read again, and what replaces it is written again."""

UNCERTAIN = (Unavailable, Unreadable, Unreachable)
"""The errors after which nobody knows whether, or how, a write was done."""


def is_over(error: GraphError) -> bool:
    """Whether a failed write is at least finished: it will not land later."""
    return not isinstance(error, Unreachable)
