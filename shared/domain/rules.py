"""All rules of a booking, in one ordered tuple, and the two ways to ask them.

Slots and bookings are judged by the same tuple: what it allows is offered and can be booked, and
what it refuses is neither. `docs/rules.md` describes every rule under its code.
"""

from collections.abc import Callable

from shared.domain import rules_calendar, rules_request, rules_time
from shared.domain.errors import Violation
from shared.domain.facts import Facts

Rule = Callable[[Facts], Violation | None]
"""A pure function: the violation where the rule is broken, None where it is kept."""

RULES: tuple[Rule, ...] = (
    rules_time.minimum_lead_time,
    rules_time.maximum_lead_time,
    rules_time.business_hours,
    rules_time.bookable_date,
    rules_time.service_hours,
    rules_time.slot_grid,
    rules_time.duration,
    rules_request.hidden_service,
    rules_request.staffed_service,
    rules_request.staff_selection,
    rules_request.staff_of_service,
    rules_request.staff_membership,
    rules_calendar.staff_hours,
    rules_calendar.out_of_office,
    rules_calendar.slot_taken,
    rules_calendar.staff_taken,
    rules_calendar.seats,
    rules_calendar.personal_calendar,
    rules_calendar.buffers,
    rules_calendar.already_booked,
    rules_request.required_answers,
    rules_request.known_questions,
    rules_request.answer_options,
    rules_request.answer_length,
    rules_request.note_length,
    rules_request.note_room,
)
"""Cheap rules that refuse most starts come first; violations are reported in this order."""


def judge(facts: Facts) -> tuple[Violation, ...]:
    """Every rule that the request breaks, in order; empty where it can be booked."""
    return tuple(violation for rule in RULES if (violation := rule(facts)) is not None)


def allows(facts: Facts) -> bool:
    """Whether the request breaks no rule; looks no further than the first that it breaks."""
    for rule in RULES:  # noqa: SIM110 - asked for every start of a month: a generator costs a third more
        if rule(facts) is not None:
            return False
    return True
