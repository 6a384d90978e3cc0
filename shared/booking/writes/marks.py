"""The mark that the facade leaves in an appointment, by which a booking is found again.

It is one line of `serviceNotes` for each booking, read at the start of a line only. What people type
goes in with its lines indented, so that no note can look like a mark.
"""

from shared.domain.model import Appointment

MARK = "Booked online. Reference: "
INDENT = "    "


def mark(reference: str) -> str:
    """The line of this booking."""
    return MARK + reference


def indented(text: str) -> str:
    """What somebody typed, so that none of its lines can be taken for a mark; the lines are kept."""
    return "\n".join(INDENT + line for line in text.splitlines())


def carries(appointment: Appointment, reference: str) -> bool:
    """Whether this appointment, read by id, was made for the booking with this reference."""
    lines = (appointment.service_notes or "").replace("\r", "\n").split("\n")
    return any(_is_mark(line, mark(reference)) for line in lines)


def _is_mark(line: str, wanted: str) -> bool:
    """Staff may go on writing behind a mark, but a longer reference is another one."""
    return line.startswith(wanted) and not line[len(wanted) : len(wanted) + 1].isalnum()
