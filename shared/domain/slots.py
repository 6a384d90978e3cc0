"""The slots of a service: every start that the rules allow and, on demand, why the others are refused."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from shared.domain.errors import Violation
from shared.domain.facts import Ask, Facts, Frame, seats_left
from shared.domain.intervals import Interval
from shared.domain.rules import allows, judge
from shared.domain.staffing import candidates
from shared.domain.zones import ONE_DAY, grid, local_day


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
    frame: Frame, span: Interval, staff_id: str | None = None, explain: bool = False
) -> Iterator[Slot | Refusal]:
    """Every slot that starts in `span`, in order; with `explain` also the refused starts of the grid.

    The frame must know the calendar for all of `span` and for what an appointment at its end takes.
    """
    service = frame.service
    judged = starts(frame, span)
    # A start outside of business hours breaks a rule; without reasons there is no need to ask.
    for start in judged if explain else filter(frame.open.includes, judged):
        ask = Ask(service, Interval(start, start + service.default_duration), staff_id)
        facts = Facts(frame, ask)
        if allows(facts):
            yield _slot(facts)
        elif explain:
            yield Refusal(start, judge(facts))


def starts(frame: Frame, span: Interval) -> Iterable[datetime]:
    """The starts that are judged: the grid of each local day, and the group appointments off the grid."""
    step, zone = frame.policy.time_slot_interval, frame.zone
    day, last = local_day(span.start, zone), local_day(span.end, zone)
    days = [day + ONE_DAY * n for n in range((last - day).days + 1)]
    regular = chain.from_iterable(grid(day, step, zone) for day in days)
    inside = [start for start in regular if span.start <= start < span.end]
    extra = {start for start in frame.groups if span.start <= start < span.end}.difference(inside)
    return sorted([*inside, *extra])


def _slot(facts: Facts) -> Slot:
    target = facts.join_target
    span, service = facts.span, facts.ask.service
    return Slot(
        start=span.start,
        end=span.end,
        staff_ids=_choice(facts) if facts.frame.policy.allow_staff_selection else (),
        seats_left=seats_left(target, service) if target else service.maximum_attendees_count,
        is_join=target is not None,
    )


def _choice(facts: Facts) -> tuple[str, ...]:
    """Whoever may be asked for: those whose appointment has a seat, then those free for a new one."""
    if not facts.joinable:
        return candidates(facts)
    # What is true of the appointment joined here (its length, its start off the grid) need not be
    # true of one with somebody else, so that each of them is judged.
    named = dict.fromkeys(chain((i for a in facts.joinable for i in a.staff_member_ids), candidates(facts)))
    wanted = facts.ask.staff_id
    asks = (replace(facts.ask, staff_id=i) for i in named if wanted is None or i == wanted)
    return tuple(ask.staff_id for ask in asks if ask.staff_id and allows(Facts(facts.frame, ask)))
