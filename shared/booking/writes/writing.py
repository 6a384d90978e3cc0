"""One write to Graph: recorded before it is sent, in doubt until its end is known."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from shared.booking.deadline import remaining
from shared.booking.ports import Check
from shared.booking.records import Attempt
from shared.booking.writes.idempotency import Lease
from shared.booking.writes.locks import HeldLocks
from shared.domain.errors import NOTHING_DONE, UNCERTAIN, NotBooked, OutcomeUnknown, is_over
from shared.domain.model import Appointment

T = TypeVar("T")


LEAST_TIME = timedelta(seconds=1)
"""No write begins with less than this left for the request: it would only end as unknown."""


@dataclass(slots=True, eq=False)
class Writing:
    """The right to write under these locks; `call` is the longest that one call to Graph may take.

    From the sending on the locks are in doubt. They stay so, whatever is raised, unless Graph said
    that nothing was done or the use case says that the end is known (`ended`). `is_over` tells whether
    everything that was sent has been answered, so that nothing of it can land later.
    """

    held: HeldLocks
    call: timedelta
    lease: Lease | None = None
    is_over: bool = True
    settled: str = ""

    @property
    def reference(self) -> str:
        """The reference of the record that is worked on, or of one that has ended (`settled`); else empty."""
        return self.settled if self.lease is None else self.lease.reference

    @property
    def attempt(self) -> Attempt | None:
        """The attempt that is recorded, if there is a record."""
        return None if self.lease is None else self.lease.record.attempt

    async def send(self, call: Callable[[Check], Awaitable[T]], attempt: Attempt | None = None) -> T:
        """Make the call with its `check`, after recording the `attempt` where there is a new one.

        Raises what the call raises, NotBooked where there is no time for it, KeyInFlight where
        somebody else took the record over, and StoreUnavailable.
        """
        if attempt is not None and self.lease is not None:
            await self.lease.attempt(attempt)
        was_in_doubt, self.held.in_doubt = self.held.in_doubt, True
        try:
            return await call(self.check)
        except (*NOTHING_DONE, NotBooked):
            self.held.in_doubt = was_in_doubt
            raise
        except UNCERTAIN as error:
            self.is_over = self.is_over and is_over(error)
            raise
        except BaseException:
            self.is_over = False
            raise

    def check(self) -> None:
        """Raise NotBooked unless request, lease and locks surely outlast a call that begins now."""
        is_late = remaining(self.call) < min(LEAST_TIME, self.call)
        is_lost = self.lease is not None and self.lease.is_over
        if is_late or is_lost or self.held.time.remaining < self.call:
            raise NotBooked

    def ended(self) -> None:
        """All that was sent is known to be done and proved, or known not to be there."""
        self.held.in_doubt = False
        self.is_over = True

    def unknown(self, error: Exception) -> OutcomeUnknown:
        """What to raise for an error while the locks are in doubt."""
        if isinstance(error, OutcomeUnknown):
            return error
        return OutcomeUnknown(self.reference, is_over=self.is_over)


MARK = "Booked online. Reference: "
"""What a line of an appointment's `serviceNotes` begins with, and the reference after it.

A booking is found again by it. It counts at the start of a line only, so that nothing else in the notes
can be taken for one.
"""


def mark(reference: str) -> str:
    """The line of this booking."""
    return MARK + reference


def carries(appointment: Appointment, reference: str) -> bool:
    """Whether this appointment, read by id, has the mark of the booking with this reference."""
    lines = (appointment.service_notes or "").replace("\r", "\n").split("\n")
    return any(is_mark(line, reference) for line in lines)


def is_mark(line: str, reference: str) -> bool:
    """Whether this line begins with the booking's mark.

    Staff may go on writing behind a mark, but a longer reference is another one.
    """
    wanted = mark(reference)
    return line.startswith(wanted) and not line[len(wanted) : len(wanted) + 1].isalnum()
