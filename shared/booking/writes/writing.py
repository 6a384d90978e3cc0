"""One write to Graph: recorded before it is sent, in doubt until its end is known; and its mark in notes."""

import re
from collections.abc import Awaitable, Callable, Sequence
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


BAR = "  | "
"""Begins each line of a customer's note, below the mark of its booking.

So no note can make a mark, not even where the spaces at the start of lines get lost. Graph keeps what a
customer writes only for a customer whom it does not know yet, so it stands in the notes for the staff too.
All lines but those of our bookings are the staff's, and come back as they were, byte for byte.
"""

QUOTED = re.compile(r"[ \t]*\|")
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
"""One line with its end: no other character ends a line, whatever else is called a line separator."""

NO_WORD = re.compile(r"[\W_]+")


def block(reference: str, text: str) -> str:
    """A booking's mark with its customer's note, where there is one; any line separator ends its lines."""
    return "\n".join([mark(reference), *(f"{BAR}{line}" for line in text.splitlines())])


def with_note(notes: str | None, reference: str, text: str) -> str:
    """The notes with this booking's note at their end, once; as they are where there is nothing to add."""
    if not text or has_note(notes, reference, text):
        return notes or ""
    others = without_note(notes, reference)
    between = "\n" if others and not others.endswith(("\r", "\n")) else ""
    return f"{others}{between}{block(reference, text)}"


def without_note(notes: str | None, reference: str) -> str:
    """The notes without this booking's mark and note: whoever leaves takes both along."""
    lines = LINE.findall(notes or "")
    begin, end = _block_in(lines, reference)
    return "".join([*lines[:begin], *lines[end:]])


def has_note(notes: str | None, reference: str, text: str) -> bool:
    """Whether the note stands below its mark, by its letters and digits: Graph may space it anew."""
    found = note_of(notes, reference)
    return found is not None and NO_WORD.sub("", found) == NO_WORD.sub("", text)


def note_of(notes: str | None, reference: str) -> str | None:
    """What stands below this booking's mark; None where there is nothing."""
    lines = LINE.findall(notes or "")
    begin, end = _block_in(lines, reference)
    told = [QUOTED.sub("", line, count=1).strip() for line in lines[begin + 1 : end]]
    return "\n".join(told) if told else None


def _block_in(lines: Sequence[str], reference: str) -> tuple[int, int]:
    """Where the booking's lines begin and end; an empty range at the end where there are none."""
    begin = next((at for at, line in enumerate(lines) if is_mark(line, reference)), len(lines))
    end = min(begin + 1, len(lines))
    while end < len(lines) and QUOTED.match(lines[end]):
        end += 1
    return begin, end
