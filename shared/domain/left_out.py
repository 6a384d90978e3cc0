"""What a catalogue leaves out so that the rest can be sold."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A `service`, `staff` member or `question` that is not offered: its id at Graph, and a stable reason.

    Reasons: `unreadable`; of services `no-length`, `questions-unreadable` (nobody can say what it asks) and
    `question-gone` (a question that must be answered cannot be); of staff `unknown-time-zone`.
    """

    what: str
    id: str
    reason: str
