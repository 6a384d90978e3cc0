"""The slots of a service: every start that the rules allow and, on demand, why the others are refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from shared.domain.errors import Violation
from shared.domain.intervals import ONE_DAY, Interval, Timeline, grid, local_day
from shared.domain.rules import allows, allows_at_any_time, allows_at_this_time, judge
from shared.domain.rules.context import RuleContext, ServiceCalendar, SlotRequest, seats_left
from shared.domain.rules.timing import is_within_reach


@dataclass(frozen=True, slots=True)
class Slot:
    """An appointment that can be booked, in UTC.

    `staff_ids` are those who may be asked for, the preferred one first; none where the policy does not
    let customers choose. `seats_left` counts the appointment that is joined or would be made.
    """

    start: datetime
    end: datetime
    staff_ids: tuple[str, ...]
    seats_left: int
    is_join: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """A start of the grid that cannot be booked, with every rule that it breaks."""

    start: datetime
    violations: tuple[Violation, ...]


def slots(
    calendar: ServiceCalendar, span: Interval, staff_id: str | None = None, explain: bool = False
) -> Iterator[Slot | Refusal]:
    """Every slot that starts in `span`, in order; with `explain` also the refused starts of the grid.

    It must reach over all of `span` and for what an appointment at its end takes.
    """
    service = calendar.service
    judged = starts(calendar, span)
    # What one start is told by the rules that look at no time, all of them are told.
    anytime = SlotRequest(service, Interval(span.start, span.start + service.default_duration), staff_id)
    may_be_offered = allows_at_any_time(RuleContext(calendar, anytime))
    # A start outside of business hours breaks a rule; without reasons there is no need to ask.
    for start in judged if explain else calendar.open.among(judged):
        request = SlotRequest(service, Interval(start, start + service.default_duration), staff_id)
        context = RuleContext(calendar, request)
        if may_be_offered and allows_at_this_time(context):
            yield _slot(context)
        elif explain:
            yield Refusal(start, judge(context))


def out_of_reach(calendar: ServiceCalendar, span: Interval, staff_id: str | None = None) -> Iterator[Refusal]:
    """The starts of the grid in `span` that the lead times refuse; the calendar may be an unread one."""
    service = calendar.service
    for start in starts(calendar, span):
        request = SlotRequest(service, Interval(start, start + service.default_duration), staff_id)
        context = RuleContext(calendar, request)
        if not is_within_reach(context):
            yield Refusal(start, judge(context))


def starts(calendar: ServiceCalendar, span: Interval) -> Sequence[datetime]:
    """The starts that are judged: the grid of each local day, and the group appointments off the grid."""
    step, zone = calendar.policy.time_slot_interval, calendar.zone
    day, last = local_day(span.start, zone), local_day(span.end, zone)
    days = [day + ONE_DAY * n for n in range((last - day).days + 1)]
    on_the_grid = sorted(chain.from_iterable(grid(day, step, zone) for day in days))
    regular = list(Timeline([span]).among(on_the_grid))
    groups = {start for start in calendar.groups if span.start <= start < span.end}
    return sorted(groups.union(regular)) if groups else regular


def _slot(context: RuleContext) -> Slot:
    target = context.join_target
    span, service = context.span, context.request.service
    return Slot(
        start=span.start,
        end=span.end,
        staff_ids=_choice(context) if context.calendar.policy.allow_staff_selection else (),
        seats_left=seats_left(target, service) if target else service.maximum_attendees_count,
        is_join=target is not None,
    )


def _choice(context: RuleContext) -> tuple[str, ...]:
    """Whoever may be asked for: those whose appointment has a seat, then those free for a new one."""
    if not context.joinable:
        return context.free_staff
    # What is true of the appointment joined here (its length, its start off the grid) need not be
    # true of one with somebody else, so that each of them is judged.
    named = dict.fromkeys(
        chain((i for a in context.joinable for i in a.staff_member_ids), context.free_staff)
    )
    wanted = context.request.staff_id
    requests = (replace(context.request, staff_id=i) for i in named if wanted is None or i == wanted)
    return tuple(
        request.staff_id
        for request in requests
        if request.staff_id and allows(RuleContext(context.calendar, request))
    )
