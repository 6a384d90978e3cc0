"""What a customer tells the staff, as lines of an appointment's notes that can be taken for nothing else.

A booking's mark stands at the start of a line. Each line of a note stands behind a bar below its booking's
mark, so no note can make a mark, not even where spaces at the start of lines get lost.
"""

import re

LONGEST_NOTE = 2_000
"""Characters of one customer's note."""

LONGEST_NOTES = 20_000
"""Characters of all that an appointment's notes for the staff hold: one note for each of many seats."""

BAR = "  | "
AROUND = 300
"""The most characters that stand around a note: its mark, the customer's name, a telephone extension."""

QUOTED = re.compile(r"[ \t]*\|")


def quoted(text: str) -> str:
    """The text with each of its lines, however it ends, behind a bar."""
    return "\n".join(f"{BAR}{line}" for line in text.splitlines())


def is_quoted(line: str) -> bool:
    """Whether this line belongs to the note of the mark above it."""
    return QUOTED.match(line) is not None


def fits(note: str, notes: str | None) -> bool:
    """Whether there is room for a note beside what an appointment's notes hold already."""
    return len(notes or "") + len(quoted(note)) + AROUND <= LONGEST_NOTES
