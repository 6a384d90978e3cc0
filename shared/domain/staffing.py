"""Who gives an appointment: deterministic, so that concurrent workers and retries agree."""

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.facts import Facts
from shared.domain.model import Appointment


class Reason(StrEnum):
    """Why this staff member."""

    ASKED_FOR = "asked-for"
    GIVES_THE_APPOINTMENT = "gives-the-appointment"
    LEAST_LOADED = "least-loaded"


@dataclass(frozen=True, slots=True)
class StaffChoice:
    """The staff member who gives the appointment, and why they do."""

    staff_id: str
    reason: Reason


def candidates(facts: Facts) -> tuple[str, ...]:
    """The staff who can take a new appointment, the preferred one first; empty where nobody can.

    The one asked for, else the one with the fewest appointments on the business's local day of the
    start, ties by id.
    """
    return facts.free_staff


def choose(facts: Facts) -> StaffChoice:
    """Who gives the appointment that this request would join or make.

    Raises LookupError where nobody can: judge the request first.
    """
    wanted = facts.ask.staff_id
    if facts.join_target is not None:
        return _of_existing(facts.join_target, wanted)
    free = candidates(facts)
    if not free:
        raise LookupError("nobody is free: the rules were not asked")
    return StaffChoice(free[0], Reason.LEAST_LOADED if wanted is None else Reason.ASKED_FOR)


def _of_existing(appointment: Appointment, wanted: str | None) -> StaffChoice:
    if wanted is not None:
        return StaffChoice(wanted, Reason.ASKED_FOR)
    return StaffChoice(appointment.staff_member_ids[0], Reason.GIVES_THE_APPOINTMENT)
