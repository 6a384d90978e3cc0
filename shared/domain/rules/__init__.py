"""All rules of a booking, in one ordered tuple, and the two ways to ask them.

Slots and bookings are judged by the same tuple: what it allows is offered and can be booked, and
what it refuses is neither. `docs/rules.md` describes every rule under its code.
"""

from collections.abc import Callable

from shared.domain.errors import Violation
from shared.domain.rules import request, timing
from shared.domain.rules.context import RuleContext
from shared.domain.rules.timing import is_within_reach

Rule = Callable[[RuleContext], Violation | None]
"""A pure function: the violation where the rule is broken, None where it is kept."""

OF_OBSTACLES: tuple[Rule, ...] = (
    timing.staff_hours,
    timing.out_of_office,
    timing.slot_taken,
    timing.staff_taken,
    timing.seats,
    timing.personal_calendar,
    timing.buffers,
)
"""The rules that are broken only where everybody has an obstacle."""

OF_CALENDARS: tuple[Rule, ...] = (*OF_OBSTACLES, timing.already_booked)
"""The rules that need to know somebody's appointments or hours."""

RULES: tuple[Rule, ...] = (
    timing.minimum_lead_time,
    timing.maximum_lead_time,
    timing.business_hours,
    timing.bookable_date,
    timing.service_hours,
    timing.slot_grid,
    timing.duration,
    request.hidden_service,
    request.staffed_service,
    request.staff_selection,
    request.staff_of_service,
    request.staff_membership,
    *OF_CALENDARS,
    request.required_answers,
    request.known_questions,
    request.answer_options,
    request.answer_length,
    request.given_consent,
    request.note_length,
    request.note_room,
)
"""Cheap rules that refuse most starts come first; violations are reported in this order."""

OF_ANY_TIME: tuple[Rule, ...] = (
    request.hidden_service,
    request.staff_selection,
    request.staff_of_service,
    request.staff_membership,
    request.required_answers,
    request.known_questions,
    request.answer_options,
    request.answer_length,
    request.given_consent,
    request.note_length,
)
"""The rules that look at no time: what they say of one start they say of every other."""

OF_ONE_TIME = tuple(rule for rule in RULES if rule not in OF_ANY_TIME and rule not in OF_OBSTACLES)
"""Those of the others that need no obstacle to be broken."""

WITHOUT_CALENDAR = tuple(rule for rule in RULES if rule not in OF_CALENDARS)
"""The rules that need to know nobody's appointments."""


def judge(context: RuleContext) -> tuple[Violation, ...]:
    """Every rule that the request breaks, in order; empty where it can be booked.

    Of a start that the lead times refuse nobody is asked what the calendar says: no rule needs it then.
    """
    asked = RULES if is_within_reach(context) else WITHOUT_CALENDAR
    return tuple(violation for rule in asked if (violation := rule(context)) is not None)


def allows(context: RuleContext) -> bool:
    """Whether the request breaks no rule; looks no further than the first that it breaks."""
    return allows_at_any_time(context) and allows_at_this_time(context)


def allows_at_any_time(context: RuleContext) -> bool:
    """Whether the request breaks none of the rules that say the same of every start."""
    return all(rule(context) is None for rule in OF_ANY_TIME)


def allows_at_this_time(context: RuleContext) -> bool:
    """Whether the request breaks none of the other rules; every obstacle breaks one of `OF_OBSTACLES`."""
    for rule in OF_ONE_TIME:  # asked for every start of a month: a generator costs a third more
        if rule(context) is not None:
            return False
    return context.obstacle is None
