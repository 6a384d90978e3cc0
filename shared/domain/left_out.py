"""What a catalogue leaves out so that the rest can be sold."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A `service`, `staff` member or `question` that is not offered: its id at Graph, and a stable reason.

    Of all of them `unreadable`; of questions `unanswerable` (a kind that nobody knows, a choice of nothing);
    of services `no-length`, `questions-unreadable` (nobody can say what it asks) and `question-gone` (a
    question that must be answered cannot be); of staff `unknown-time-zone`.
    """

    what: str
    id: str
    reason: str
