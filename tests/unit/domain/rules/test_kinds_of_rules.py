"""The kinds of rules: those that say the same of every start, and those that an obstacle breaks."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.intervals import Interval
from shared.domain.model import AskedQuestion, Attendee, Question
from shared.domain.rules import OF_ANY_TIME, OF_OBSTACLES, OF_ONE_TIME, RULES, allows, judge
from shared.domain.rules.context import RuleContext, ServiceCalendar, SlotRequest
from shared.domain.slots import Slot, slots, starts
from tests.support.strategies import Scenario, scenarios
from tests.unit.domain.rules.situation import ANN, GROUP, NORMAL, SERVICE, Situation, appointment, between

COLOUR = AskedQuestion(Question("colour", "Which colour?"), is_required=True)
REFUSED_AT_ANY_TIME = {
    "hidden": (replace(NORMAL, service=replace(SERVICE, is_hidden_from_customers=True)), None),
    "nobody may be named": (NORMAL.with_policy(allow_staff_selection=False), "ann"),
    "of another service": (replace(NORMAL, service=replace(SERVICE, staff_member_ids=("bob",))), "ann"),
    "not active": (replace(NORMAL, staff=(replace(ANN, membership_status="pendingAcceptance"),)), "ann"),
}


def test_every_rule_is_of_one_kind() -> None:
    """Whatever allows a request has asked all of them, each once."""
    kinds = [*OF_ANY_TIME, *OF_ONE_TIME, *OF_OBSTACLES]
    assert sorted(rule.__name__ for rule in kinds) == sorted(rule.__name__ for rule in RULES)


@settings(max_examples=30, deadline=None)
@given(scenarios(), st.sampled_from([None, {}, {"q": "x" * 4001}]), st.booleans(), st.booleans())
def test_rules_of_any_time_say_the_same_of_every_start(
    scenario: Scenario, answers: dict[str, str] | None, named: bool, consent: bool
) -> None:
    """Joined or new, in hours or not: one start speaks for all."""
    calendar = ServiceCalendar.of(scenario.catalogue, scenario.service, scenario.view, scenario.now)
    staff_id = scenario.service.staff_member_ids[0] if named else None
    request = SlotRequest(
        scenario.service, scenario.span, staff_id, answers=answers, note="x" * 2001, consent=consent
    )
    length = scenario.service.default_duration
    asked = [
        RuleContext(calendar, replace(request, span=Interval(start, start + length)))
        for start in starts(calendar, scenario.span)
    ]
    for rule in OF_ANY_TIME:
        assert len({rule(context) for context in asked}) <= 1, rule.__name__


def test_rules_of_any_time_do_not_look_at_the_appointment_that_is_joined() -> None:
    """Vic is in a course full of notes, whose teacher has left: that matters at ten alone."""
    course = appointment(
        "2026-06-01 10:00",
        "2026-06-01 10:30",
        "ann",
        maximum_attendees=3,
        filled=1,
        attendees=(Attendee("vic", "Vic", "vic@contoso.com"),),
        service_notes="x" * 20_000,
    )
    gone = replace(ANN, membership_status="pendingAcceptance")
    situation = replace(GROUP, staff=(gone,), appointments=(course,))
    joined, other = (situation.context(at, customer_id="vic", note="Hello") for at in ("10:00", "10:30"))
    assert joined.join_target == course
    differing = {rule for rule in RULES if rule(joined) != rule(other)}
    assert {rule.__name__ for rule in differing} == {"staffed_service", "already_booked", "note_room"}
    assert differing <= set(OF_ONE_TIME)


@settings(max_examples=30, deadline=None)
@given(scenarios(), st.booleans())
def test_where_nobody_has_an_obstacle_no_rule_of_obstacles_is_broken(scenario: Scenario, named: bool) -> None:
    """So that nobody has to ask them; and where there is one, exactly one of them tells."""
    calendar = ServiceCalendar.of(scenario.catalogue, scenario.service, scenario.view, scenario.now)
    staff_id = scenario.service.staff_member_ids[0] if named else None
    for start in starts(calendar, scenario.span):
        span = Interval(start, start + scenario.service.default_duration)
        context = RuleContext(calendar, SlotRequest(scenario.service, span, staff_id))
        broken = [rule for rule in OF_OBSTACLES if rule(context) is not None]
        assert len(broken) == (context.obstacle is not None)


@pytest.mark.parametrize(
    ("situation", "staff_id"), REFUSED_AT_ANY_TIME.values(), ids=REFUSED_AT_ANY_TIME.keys()
)
def test_what_is_refused_at_any_time_has_no_slots(situation: Situation, staff_id: str | None) -> None:
    """Neither with reasons nor without."""
    for explain in (False, True):
        found = slots(situation.calendar, between("07:00", "18:00"), staff_id, explain)
        assert not [one for one in found if isinstance(one, Slot)]


@pytest.mark.parametrize("answers", [{}, {"colour": "red"}, {"colour": "red", "size": "9"}])
def test_a_request_with_answers_is_allowed_where_nothing_is_said_against_it(answers: dict[str, str]) -> None:
    """The verdict is that of `judge`, for new appointments and for joined ones."""
    course = appointment("2026-06-01 10:00", "2026-06-01 10:30", "ann", maximum_attendees=3, filled=1)
    for situation in (NORMAL, replace(GROUP, appointments=(course,))):
        asking = replace(situation, service=replace(situation.service, questions=(COLOUR,)))
        context = asking.context("10:00", answers=answers)
        assert allows(context) == (judge(context) == ())
