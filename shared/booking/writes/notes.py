"""The notes for the staff: each booking's mark, and below it what its customer wrote.

Graph keeps what a customer writes only for a customer whom it does not know yet, so it stands here too. All
other lines are the staff's, and come back as they were, byte for byte.
"""

import re
from collections.abc import Sequence

from shared.domain.model import Appointment

MADE_HERE = "Booked online."
"""What a line of the notes begins with in every appointment that the facade made."""

MARK = f"{MADE_HERE} Reference: "
"""What a line of an appointment's `serviceNotes` begins with, and the reference after it.

A booking is found again by it. It counts at the start of a line only, so that nothing else in the notes
can be taken for one.
"""


def made_here(appointment: Appointment) -> bool:
    """Whether the facade made this appointment, read by id: its notes say so from the first booking on."""
    lines = (appointment.service_notes or "").replace("\r", "\n").split("\n")
    return any(line.startswith(MADE_HERE) for line in lines)


BAR = "  | "
"""Begins each line of a customer's note, below the mark of its booking.

So no note can make a mark, not even where the spaces at the start of lines get lost.
"""


def mark(reference: str) -> str:
    """The line of this booking."""
    return MARK + reference


def block(reference: str, text: str) -> str:
    """A booking's mark with its customer's note, where there is one; any line separator ends its lines."""
    return "\n".join([mark(reference), *(f"{BAR}{line}" for line in text.splitlines())])


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


LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
"""One line with its end: no other character ends a line, whatever else is called a line separator."""

NO_WORD = re.compile(r"[\W_]+")


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
    told = [line.partition("|")[2].strip() for line in lines[begin + 1 : end]]
    return "\n".join(told) if told else None


MARKED = re.compile(rf"{re.escape(MARK)}([\w-]+)")


def references_in(notes: str | None) -> tuple[str, ...]:
    """The references of all bookings that have a mark in these notes."""
    marks = (MARKED.match(line) for line in LINE.findall(notes or ""))
    return tuple(found[1] for found in marks if found)


def without_words(notes: str | None, reference: str) -> str:
    """The notes without what the customer of this booking wrote; its mark stays."""
    lines = LINE.findall(notes or "")
    begin, end = _block_in(lines, reference)
    return "".join([*lines[: begin + 1], *lines[end:]])


def _block_in(lines: Sequence[str], reference: str) -> tuple[int, int]:
    """Where the booking's lines begin and end; an empty range at the end where there are none."""
    begin = next((at for at, line in enumerate(lines) if is_mark(line, reference)), len(lines))
    end = min(begin + 1, len(lines))
    while end < len(lines) and lines[end].lstrip(" \t").startswith("|"):
        end += 1
    return begin, end
