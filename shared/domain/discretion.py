"""What the public is told of a broken rule: that the time is taken, and nothing about who or why."""

from collections.abc import Iterable

from shared.domain.errors import Violation

PRIVATE = frozenset(
    {
        "full",
        "slot-taken",
        "staff-not-free",
        "staff-busy",
        "staff-out-of-office",
        "outside-staff-hours",
        "buffer-collision",
        "already-booked",
    }
)
"""Codes that tell who has booked, or where a member of the staff is."""

TAKEN = Violation("slot-taken", "This time cannot be booked any more.", "/start", conflict=True)


def neutral(violations: Iterable[Violation]) -> tuple[Violation, ...]:
    """The violations as anybody may read them, each once; the finer codes are for partners."""
    return tuple(dict.fromkeys(TAKEN if one.code in PRIVATE else one for one in violations))
