"""Every rule with the example of its docstring, its boundary on both sides, and its place in the docs."""

import inspect
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.domain.errors import Violation
from shared.domain.model import (
    AskedQuestion,
    Attendee,
    Availability,
    AvailabilityType,
    AvailabilityWindow,
    PolicySettings,
    Question,
)
from shared.domain.rules import RULES, Rule, allows, judge, request, timing
from shared.domain.rules.context import RuleContext
from shared.domain.shop.page_settings import PageSettings
from tests.unit.domain.rules.situation import (
    ANN,
    BOB,
    BUSINESS,
    DAY,
    GROUP,
    HOUR,
    MINUTE,
    NORMAL,
    SERVICE,
    Situation,
    appointment,
    at,
    between,
    hours,
    item,
)

ROOT = Path(__file__).parents[4]
DOCS = (ROOT / "docs" / "rules.md").read_text("utf-8")
MODULES = (timing, request)


def code_of(rule: Rule) -> str:
    """The stable code with which a rule's docstring begins."""
    found = re.match(r"`([a-z]+(?:-[a-z]+)*)`: ", inspect.getdoc(rule) or "")
    assert found is not None, f"{rule.__name__} does not begin with its code"
    return found[1]


# Completeness


def test_every_rule_that_is_written_is_asked() -> None:
    """No function of the rule modules that takes a context is missing from RULES, and none is there twice."""
    written = [
        function
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_")
        and function.__module__ == module.__name__
        and inspect.signature(function).return_annotation == (Violation | None)
        and list(inspect.signature(function).parameters) == ["context"]
    ]
    assert sorted(r.__name__ for r in RULES) == sorted(r.__name__ for r in written)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_names_its_code_its_source_and_an_example(rule: Rule) -> None:
    """The docstring is where a maintainer looks first."""
    text = inspect.getdoc(rule) or ""
    assert code_of(rule)
    assert "Source: " in text
    assert "Example: " in text


def test_codes_are_unique() -> None:
    """A code names one rule."""
    codes = [code_of(rule) for rule in RULES]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_has_a_test_by_its_name(rule: Rule) -> None:
    """`test_<rule>` in this module, and its docstring names the code."""
    test = globals().get(f"test_{rule.__name__}")
    assert test is not None, f"nothing tests {rule.__name__}"
    assert f"`{code_of(rule)}`" in (test.__doc__ or "")


OTHER_CODES = {
    "nonexistent-local-time",
    "ambiguous-local-time",
    "too-late-to-cancel",
    "too-late-to-reschedule",
    "booking-cancelled",
    "reason-not-sent",
    "unknown-time-zone",
    "range-reversed",
    "range-too-long",
    "range-in-the-past",
    "range-too-far",
}
"""Codes that the house gives outside of RULES."""


def test_the_docs_describe_exactly_the_codes_that_there_are() -> None:
    """`docs/rules.md` has one heading for each code, and no others."""
    headings = re.findall(r"^### `([a-z-]+)`$", DOCS, re.MULTILINE)
    assert sorted(headings) == sorted([code_of(rule) for rule in RULES] + list(OTHER_CODES))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_docs_say_what_a_rule_demands_why_and_when(rule: Rule) -> None:
    """Each entry has the status, an example and the source."""
    entry = DOCS.split(f"### `{code_of(rule)}`")[1].split("\n### ")[0].split("\n## ")[0]
    assert re.search(r"\b(409|422)\b", entry)
    assert "Example:" in entry
    assert "Source:" in entry


# Time


def test_nothing_is_wrong_with_a_normal_request() -> None:
    """The situation of these tests breaks no rule, so what a test changes is what is refused."""
    context = NORMAL.context()
    assert judge(context) == ()
    assert allows(context)


def test_minimum_lead_time() -> None:
    """`too-soon`: it is 9:00, PT1H: 10:00 can be booked, 9:45 and what is over cannot."""
    nine = replace(NORMAL, now=at("09:00"))
    assert nine.codes("10:00") == []
    assert nine.codes("09:45") == ["too-soon"]
    assert nine.codes("08:30") == ["too-soon"]
    assert replace(NORMAL, now=at("09:00") + MINUTE / 60).codes("10:00") == ["too-soon"]


def test_minimum_lead_time_counts_ordinary_hours() -> None:
    """`too-soon` counts the hours of a night: P1D at Sunday noon allows Monday noon."""
    situation = replace(NORMAL, now=at("2026-05-31 12:00")).with_policy(minimum_lead_time=DAY)
    assert situation.codes("12:00") == []
    assert situation.codes("11:45") == ["too-soon"]


def test_maximum_lead_time() -> None:
    """`too-far`: P30D on June 1, 9:00: July 1, 9:00 can be booked, 9:15 cannot."""
    situation = replace(NORMAL, now=at("09:00")).with_policy(maximum_advance=30 * DAY)
    assert situation.codes("2026-07-01 09:00") == []
    assert situation.codes("2026-07-01 09:15") == ["too-far"]


def test_a_maximum_beyond_the_calendar_is_no_error() -> None:
    """P9999Y is written by somebody, and means "any time"."""
    assert NORMAL.with_policy(maximum_advance=9999 * 365 * DAY).codes() == []


def test_business_hours() -> None:
    """`outside-business-hours`: open until 17:00, half an hour: 16:30 can be booked, 16:45 cannot."""
    assert NORMAL.codes("16:30") == []
    assert NORMAL.codes("16:45") == ["outside-business-hours", "outside-staff-hours"]
    assert NORMAL.codes("2026-06-02 08:00") == []
    assert "outside-business-hours" in NORMAL.codes("2026-06-02 07:45")
    assert "outside-business-hours" in NORMAL.codes("2026-06-06 10:00")


def test_business_hours_count_for_staff_with_longer_hours() -> None:
    """`outside-business-hours`: Ann works until 20:00, the business closes at 17:00."""
    late = replace(ANN, use_business_hours=False, hours=hours("08:00", "20:00"))
    assert replace(NORMAL, staff=(late,)).codes("18:00") == ["outside-business-hours"]


def test_business_hours_over_lunch() -> None:
    """`outside-business-hours`: an appointment cannot bridge a break, and may fill what is between two."""
    open_twice = {0: (*hours("08:00", "12:00")[0], *hours("13:00", "17:00")[0])}
    situation = replace(NORMAL, business=replace(BUSINESS, hours=open_twice))
    assert situation.codes("11:30") == []
    assert "outside-business-hours" in situation.codes("11:45")
    assert "outside-business-hours" in situation.codes("12:45")
    assert situation.codes("13:00") == []


def test_business_hours_over_midnight() -> None:
    """A bar that is open until 2:00 takes an appointment at 23:45."""
    night = {0: hours("20:00", "00:00")[0], 1: hours("00:00", "02:00")[0]}
    assert replace(NORMAL, business=replace(BUSINESS, hours=night)).codes("23:45") == []


def test_slot_grid() -> None:
    """`off-grid`: PT30M: 9:00 and 9:30 can be booked, 9:15 cannot."""
    situation = NORMAL.with_policy(time_slot_interval=30 * MINUTE)
    assert situation.codes("09:00") == []
    assert situation.codes("09:30") == []
    assert situation.codes("09:15") == ["off-grid"]
    assert NORMAL.codes("09:15") == []


def test_slot_grid_counts_from_midnight() -> None:
    """`off-grid`: with PT90M a business that opens at 8:00 starts at 9:00, 10:30 and 12:00."""
    situation = NORMAL.with_policy(time_slot_interval=90 * MINUTE)
    assert [situation.codes(t) for t in ("08:00", "09:00", "10:30")] == [["off-grid"], [], []]


def test_duration() -> None:
    """`wrong-duration`: PT30M: neither 15 minutes, nor 45, nor half an hour and a day."""
    assert NORMAL.codes("10:00", end="10:30") == []
    assert NORMAL.codes("10:00", end="10:15") == ["wrong-duration"]
    assert NORMAL.codes("10:00", end="10:45") == ["wrong-duration"]
    assert "wrong-duration" in NORMAL.codes("10:00", end="2026-06-02 10:30")


CLOSED = Availability(AvailabilityType.NOT_BOOKABLE)
MORNINGS = Availability(AvailabilityType.CUSTOM_WEEKLY_HOURS, hours("09:00", "12:00", range(1)))


def window(first: str, last: str, availability: Availability) -> AvailabilityWindow:
    return AvailabilityWindow(at(f"{first} 00:00").date(), at(f"{last} 00:00").date(), availability)


def test_bookable_date() -> None:
    """`service-not-bookable`: a window from June 2 to 3 refuses both days and no other."""
    closed = window("2026-06-02", "2026-06-03", CLOSED)
    situation = NORMAL.with_policy(custom_availabilities=(closed,))
    found = [situation.codes(f"2026-06-0{day} 10:00") for day in (1, 2, 3, 4)]
    assert found == [[], ["service-not-bookable"], ["service-not-bookable"], []]


def test_bookable_date_in_general() -> None:
    """`service-not-bookable` in general, but for a window that opens: the window overrides."""
    opened = window("2026-06-02", "2026-06-02", Availability())
    situation = NORMAL.with_policy(general_availability=CLOSED, custom_availabilities=(opened,))
    assert situation.codes("10:00") == ["service-not-bookable"]
    assert situation.codes("2026-06-02 10:00") == []


def test_bookable_date_is_the_business_s_date() -> None:
    """`service-not-bookable`: 23:30 in Chicago is the day that it is in Chicago, not in UTC."""
    night = {day: hours("18:00", "00:00")[0] for day in range(7)}
    situation = replace(NORMAL, business=replace(BUSINESS, hours=night)).with_policy(
        custom_availabilities=(window("2026-06-02", "2026-06-02", CLOSED),)
    )
    assert situation.codes("2026-06-01 23:30") == []
    assert situation.codes("2026-06-02 23:30") == ["service-not-bookable"]


@pytest.mark.parametrize("start", ["23:00", "23:15", "23:30"])
def test_bookable_date_leaves_the_evening_before_alone(start: str) -> None:
    """`service-not-bookable`: a closed Tuesday begins at midnight in Chicago, and Monday ends there."""
    night = {day: hours("18:00", "00:00")[0] for day in range(7)}
    situation = replace(NORMAL, business=replace(BUSINESS, hours=night)).with_policy(
        general_availability=MORNINGS, custom_availabilities=(window("2026-06-02", "2026-06-02", CLOSED),)
    )
    assert situation.codes(start) == ["outside-service-hours"]
    assert situation.codes(f"2026-06-02 {start}") == ["service-not-bookable"]


def test_bookable_date_of_a_policy_of_the_service() -> None:
    """`service-not-bookable` comes from the service's own policy as well."""
    own = PolicySettings(general_availability=CLOSED)
    assert replace(NORMAL, service=replace(SERVICE, policy=own)).codes() == ["service-not-bookable"]


def test_service_hours() -> None:
    """`outside-service-hours`: Mondays 9:00-12:00, half an hour: 11:30 can be booked, 11:45 cannot."""
    situation = NORMAL.with_policy(general_availability=MORNINGS)
    assert situation.codes("11:30") == []
    assert situation.codes("11:45") == ["outside-service-hours"]
    assert situation.codes("2026-06-02 10:00") == ["outside-service-hours"]


def test_service_hours_do_not_open_the_business() -> None:
    """`outside-service-hours` and the business's hours must both be kept."""
    early = Availability(AvailabilityType.CUSTOM_WEEKLY_HOURS, hours("06:00", "12:00"))
    found = NORMAL.with_policy(general_availability=early).codes("2026-06-02 07:00")
    assert found == ["outside-business-hours", "outside-staff-hours"]


# The request


def test_hidden_service() -> None:
    """`service-hidden`: isHiddenFromCustomers refuses whenever it is asked for."""
    hidden = replace(NORMAL, service=replace(SERVICE, is_hidden_from_customers=True))
    assert hidden.codes() == ["service-hidden"]


def test_staffed_service() -> None:
    """`service-without-staff`: nobody, nobody who is known, or nobody who is active gives it."""
    nobody = replace(NORMAL, service=replace(SERVICE, staff_member_ids=()))
    orphans = replace(NORMAL, service=replace(SERVICE, staff_member_ids=("gone",)))
    invited = replace(NORMAL, staff=(replace(ANN, membership_status="pendingAcceptance"),))
    for situation in (nobody, orphans, invited):
        assert situation.codes() == ["service-without-staff"]


def test_staff_selection() -> None:
    """`staff-selection-not-allowed`: without allowStaffSelection nobody may be named, though they be free."""
    situation = NORMAL.with_policy(allow_staff_selection=False)
    assert situation.codes() == []
    assert situation.codes(staff_id="ann") == ["staff-selection-not-allowed"]
    assert NORMAL.codes(staff_id="ann") == []


def test_staff_of_service() -> None:
    """`staff-not-of-service`: Ann does not give this service, Bob does."""
    situation = replace(NORMAL, service=replace(SERVICE, staff_member_ids=("bob",)))
    assert situation.codes(staff_id="ann") == ["staff-not-of-service"]
    assert situation.codes(staff_id="bob") == []


@pytest.mark.parametrize("status", ["pendingAcceptance", "rejectedByStaff", "unknownFutureValue"])
def test_staff_membership(status: str) -> None:
    """`staff-not-active`: whoever has not accepted the invitation cannot be booked, others still can."""
    situation = replace(NORMAL, staff=(replace(ANN, membership_status=status), BOB))
    assert situation.codes(staff_id="ann") == ["staff-not-active"]
    assert situation.codes() == []
    assert situation.context().free_staff == ("bob",)


def test_a_staff_member_nobody_knows_breaks_both_rules() -> None:
    """An id of another business is neither of the service nor active."""
    assert NORMAL.codes(staff_id="zoe") == ["staff-not-of-service", "staff-not-active"]


AGE = AskedQuestion(Question("age", "What is your age"), is_required=True)
DIET = AskedQuestion(Question("diet", "Diet?", "radioButton", ("Vegan", "Other")), is_required=False)
ASKING = replace(NORMAL, service=replace(SERVICE, questions=(AGE, DIET)))


def test_required_answers() -> None:
    """`answer-required`: neither missing nor blank; while slots are listed nobody was asked yet."""
    assert ASKING.codes(answers={"age": "25"}) == []
    assert ASKING.codes(answers={}) == ["answer-required"]
    assert ASKING.codes(answers={"age": " \t"}) == ["answer-required"]
    assert ASKING.codes(answers=None) == []


def test_whoever_left_answers_out_learns_which() -> None:
    """All of them, by the ids that the service lists."""
    both = replace(SERVICE, questions=(AGE, replace(DIET, is_required=True)))
    told = [one.detail for one in judge(replace(NORMAL, service=both).context(answers={}))]
    assert told == ["These questions must be answered: age, diet."]


def test_given_consent() -> None:
    """`consent-required`: who was asked has to agree, where the shop asks; who was not asked need not."""
    page = PageSettings(asks_consent=True)
    asking = replace(NORMAL, business=replace(BUSINESS, page=page))
    assert [asking.codes(consent=given) for given in (True, None)] == [[], []]
    assert asking.codes(consent=False) == ["consent-required"]
    assert NORMAL.codes(consent=False) == []


def test_known_questions() -> None:
    """`question-unknown`: an answer that belongs to no question is refused, and pointed at."""
    context = ASKING.context(answers={"age": "25", "shoe-size": "44"})
    assert [(v.code, v.pointer) for v in judge(context)] == [("question-unknown", "/answers/1")]


def test_answer_options() -> None:
    """`answer-not-an-option`: one of the options to the letter, or nothing where nothing is required."""
    found = [ASKING.codes(answers={"age": "25", "diet": diet}) for diet in ("Vegan", "", "vegan", "Both")]
    assert found == [[], [], ["answer-not-an-option"], ["answer-not-an-option"]]


def test_answer_length() -> None:
    """`answer-too-long`: 4,000 characters are, 4,001 are not accepted."""
    assert ASKING.codes(answers={"age": "x" * 4000}) == []
    assert ASKING.codes(answers={"age": "x" * 4001}) == ["answer-too-long"]


def test_note_length() -> None:
    """`note-too-long`: 2,000 characters are, 2,001 are not accepted; said where it was typed."""
    assert NORMAL.codes(note="x" * 2000) == []
    assert NORMAL.codes(note="x" * 2001) == ["note-too-long"]
    (violation,) = judge(NORMAL.context(note="x" * 2001))
    assert (violation.pointer, violation.conflict) == ("/customer/notes", False)


def test_note_room() -> None:
    """`notes-full`: a note joins others while all of them have 20,000 characters at most."""
    seated = {"maximum_attendees": 3, "filled": 1}
    written = 20_000 - 300 - len("  | ") - 10
    full = appointment("10:00", "10:30", "ann", **seated, service_notes="x" * written)
    group = replace(GROUP, appointments=(replace(full, service_notes=None),))
    assert group.codes(note="x" * 10, fresh=full) == []
    assert group.codes(note="x" * 11, fresh=full) == ["notes-full"]
    assert group.codes(note=None, fresh=replace(full, service_notes="x" * 30_000)) == []
    assert group.codes(note="", fresh=replace(full, service_notes="x" * 19_701)) == ["notes-full"]
    assert NORMAL.codes(note="x\n" * 1000) == []
    (violation,) = judge(group.context(note="x" * 11, fresh=full))
    assert (violation.pointer, violation.conflict) == ("/customer/notes", True)


# The calendar


def test_staff_hours() -> None:
    """`outside-staff-hours`: Ann works until 13:00, alone: 12:30 can be booked, 12:45 cannot."""
    morning = replace(ANN, use_business_hours=False, hours=hours("08:00", "13:00"))
    alone = replace(NORMAL, staff=(morning,))
    assert alone.codes("12:30") == []
    assert alone.codes("12:45") == ["outside-staff-hours"]
    with_bob = replace(NORMAL, staff=(morning, BOB))
    assert with_bob.codes("12:45") == []
    assert with_bob.codes("12:45", "ann") == ["outside-staff-hours"]


def test_staff_hours_are_local_to_the_staff_member() -> None:
    """`outside-staff-hours`: 9:00-15:00 in New York is 8:00-14:00 in Chicago."""
    remote = replace(
        ANN, use_business_hours=False, hours=hours("09:00", "15:00"), time_zone="America/New_York"
    )
    alone = replace(NORMAL, staff=(remote,))
    assert alone.codes("2026-06-02 08:00") == []
    assert alone.codes("13:30") == []
    assert alone.codes("13:45") == ["outside-staff-hours"]


def test_staff_hours_in_a_zone_nobody_knows() -> None:
    """`outside-staff-hours`: hours that cannot be placed in time are none; others are not concerned."""
    lost = replace(ANN, use_business_hours=False, hours=hours("08:00", "13:00"), time_zone="Mars/Olympus")
    assert replace(NORMAL, staff=(lost,)).codes("12:30") == ["outside-staff-hours"]
    assert replace(NORMAL, staff=(lost, BOB)).codes("12:30") == []
    assert replace(NORMAL, staff=(replace(lost, use_business_hours=True),)).codes("12:30") == []


def test_staff_hours_without_any() -> None:
    """`outside-staff-hours`: who uses their own hours and has none does not work."""
    idle = replace(ANN, use_business_hours=False, hours={})
    assert replace(NORMAL, staff=(idle,)).codes() == ["outside-staff-hours"]


def test_out_of_office() -> None:
    """`staff-out-of-office`: Ann has time off from 12:00 to 14:00, Bob has not."""
    away = {"ann": (item("outOfOffice", "12:00", "14:00"),)}
    situation = replace(NORMAL, items=away)
    assert situation.codes("11:30", "ann") == []
    assert situation.codes("11:45", "ann") == ["staff-out-of-office"]
    assert situation.codes("14:00", "ann") == []
    assert situation.codes("12:30") == []
    assert replace(situation, staff=(ANN,)).codes("12:30") == ["staff-out-of-office"]


def test_slot_taken() -> None:
    """`slot-taken`: both have an appointment at 10:00; 10:15 is refused until one of them is free."""
    both = tuple(appointment("10:00", "10:30", who, id=who) for who in ("ann", "bob"))
    situation = replace(NORMAL, appointments=both)
    assert situation.codes("10:15") == ["slot-taken"]
    assert situation.codes("09:45") == ["slot-taken"]
    assert situation.codes("10:30") == situation.codes("09:30") == []
    assert replace(NORMAL, appointments=both[:1]).codes("10:15") == []


def test_slot_taken_by_two_appointments_that_overlap() -> None:
    """`slot-taken`: with 10:00-14:00 and 12:00-13:00 Graph calls 13:00 available; it is not."""
    two = (appointment("10:00", "14:00", "ann"), appointment("12:00", "13:00", "ann"))
    says_graph = {"ann": (item("busy", "10:00", "13:00"),)}
    situation = replace(NORMAL, staff=(ANN,), appointments=two, items=says_graph)
    refused = [start for start in ("09:45", "13:00", "13:15", "13:30") if situation.codes(start)]
    assert refused == ["09:45", "13:00", "13:15", "13:30"]
    assert situation.codes("14:00") == situation.codes("09:30") == []


def test_slot_taken_by_the_evening_before() -> None:
    """`slot-taken`: an appointment of yesterday that lasts over midnight counts today."""
    night = replace(BUSINESS, hours=hours("00:00", "00:00", range(7)))
    late = appointment("2026-06-01 23:00", "2026-06-02 01:00", "ann")
    situation = replace(NORMAL, business=night, staff=(ANN,), appointments=(late,))
    assert situation.codes("2026-06-02 00:30") == ["slot-taken"]
    assert situation.codes("2026-06-02 01:00") == []


def test_an_appointment_without_staff_blocks_nobody() -> None:
    """Graph books such ones; nobody's time is taken by them."""
    assert replace(NORMAL, appointments=(appointment("10:00", "10:30"),)).codes("10:00") == []


def test_staff_taken() -> None:
    """`staff-not-free`: Ann has an appointment at 10:00; with her it is refused, with anybody it is not."""
    situation = replace(NORMAL, appointments=(appointment("10:00", "10:30", "ann"),))
    assert situation.codes("10:15", "ann") == ["staff-not-free"]
    assert situation.codes("10:15", "bob") == []
    assert situation.codes("10:15") == []


def course(filled: int, *staff: str, **members: object) -> Situation:
    given = {"maximum_attendees": 3, "filled": filled, **members}
    return replace(GROUP, appointments=(appointment("10:00", "10:30", *staff, **given),))


def test_seats() -> None:
    """`full`: the last seat can be had; a full appointment is refused unless somebody else is free."""
    assert course(2, "ann").codes("10:00", "ann") == []
    assert course(3, "ann").codes("10:00", "ann") == ["full"]
    assert course(3, "ann").codes("10:00") == []
    assert course(3, "ann", "bob").codes("10:00") == ["full"]


def test_seats_by_the_smaller_maximum() -> None:
    """`full`: neither the appointment nor the service is filled beyond its maximum."""
    assert course(2, "ann", maximum_attendees=2).codes("10:00", "ann") == ["full"]
    smaller = replace(course(2, "ann"), service=replace(SERVICE, maximum_attendees_count=2))
    assert smaller.codes("10:00", "ann") == ["full"]


def test_seats_are_judged_on_what_was_read_last() -> None:
    """`full`: the list says two of three, the appointment itself says three."""
    situation = course(2, "ann")
    full = replace(situation.appointments[0], filled=3)
    assert situation.codes("10:00", "ann", fresh=full) == ["full"]
    context = situation.context("10:00").refreshed(full)
    assert context.join_target is None
    assert context.free_staff == ("bob",)


def test_joining_needs_no_free_staff_no_grid_and_no_length() -> None:
    """The appointment is there: who gives it is busy with it, and it begins and ends as it does."""
    odd = appointment("10:05", "10:50", "ann", maximum_attendees=3, filled=1)
    situation = replace(GROUP, appointments=(odd,))
    assert situation.codes("10:05") == []
    assert situation.codes("10:05", "bob") == ["off-grid"]


def test_joining_keeps_to_hours_lead_times_and_availability() -> None:
    """What was booked by hand on a Sunday at 20:00 is not for the public to join."""
    sunday = appointment("2026-06-07 20:00", "2026-06-07 20:30", "ann", maximum_attendees=3, filled=1)
    assert replace(GROUP, appointments=(sunday,)).codes("2026-06-07 20:00") == ["outside-business-hours"]
    soon = replace(course(1, "ann"), now=at("09:30"))
    assert soon.codes("10:00") == ["too-soon"]
    closed = course(1, "ann").with_policy(general_availability=CLOSED)
    assert closed.codes("10:00") == ["service-not-bookable"]


def test_an_appointment_of_another_service_or_start_is_not_joined() -> None:
    """Seats count for the service and the start that they belong to."""
    other = course(1, "ann", service_id="massage")
    assert other.context("10:00", "ann").join_target is None
    assert other.codes("10:00", "ann") == ["staff-not-free"]
    assert course(1, "ann").codes("10:15", "ann") == ["staff-not-free"]


def test_an_appointment_without_staff_is_not_joined() -> None:
    """Nobody would give it."""
    assert course(1).context("10:00").join_target is None


def test_personal_calendar() -> None:
    """`staff-busy`: a private appointment at 12:00 refuses Ann; Bob is asked instead."""
    busy = replace(NORMAL, items={"ann": (item("busy", "12:00", "13:00"),)})
    assert busy.codes("11:30", "ann") == []
    assert busy.codes("11:45", "ann") == ["staff-busy"]
    assert busy.codes("13:00", "ann") == []
    assert busy.codes("12:00") == []
    assert replace(busy, staff=(ANN,)).codes("12:00") == ["staff-busy"]


@pytest.mark.parametrize("status", ["busy", "slotsAvailable", "unknown"])
def test_personal_calendar_whatever_else_graph_says(status: str) -> None:
    """`staff-busy`: nothing but available is free, even where available is said as well."""
    situation = replace(NORMAL, staff=(ANN,), items={"ann": (item(status, "12:00", "13:00"),)})
    assert situation.codes("12:30") == ["staff-busy"]


def test_personal_calendar_about_which_nothing_is_said() -> None:
    """`staff-busy`: no item about a time is not a free time."""
    situation = replace(NORMAL, staff=(ANN,), available=False)
    situation = replace(situation, items={"ann": (item("available", "09:00", "12:00"),)})
    assert situation.codes("11:30") == []
    assert situation.codes("11:45") == ["staff-busy"]


def test_buffers() -> None:
    """`buffer-collision`: 10 minutes on both sides: after one until 11:00 the next begins at 11:20."""
    buffered = replace(SERVICE, pre_buffer=10 * MINUTE, post_buffer=10 * MINUTE)
    before = appointment("10:30", "11:00", "ann", pre_buffer=10 * MINUTE, post_buffer=10 * MINUTE)
    situation = replace(NORMAL, service=buffered, staff=(ANN,), appointments=(before,))
    situation = situation.with_policy(time_slot_interval=5 * MINUTE)
    assert situation.codes("11:15") == ["buffer-collision"]
    assert situation.codes("11:20") == []
    assert situation.codes("09:45") == ["buffer-collision"]
    assert situation.codes("09:40") == []


@pytest.mark.parametrize(
    ("of_new", "of_old", "first_after", "last_before"),
    [
        ((0, 0), (0, 0), "11:00", "10:00"),
        ((5, 0), (0, 0), "11:05", "10:00"),
        ((0, 5), (0, 0), "11:00", "09:55"),
        ((0, 0), (5, 0), "11:00", "09:55"),
        ((0, 0), (0, 5), "11:05", "10:00"),
        ((5, 10), (15, 20), "11:25", "09:35"),
    ],
)
def test_buffers_on_both_neighbours(
    of_new: tuple[int, int], of_old: tuple[int, int], first_after: str, last_before: str
) -> None:
    """`buffer-collision`: the new one's own buffers and the neighbour's own add up on their sides."""
    service = replace(SERVICE, pre_buffer=of_new[0] * MINUTE, post_buffer=of_new[1] * MINUTE)
    old = appointment("10:30", "11:00", "ann", pre_buffer=of_old[0] * MINUTE, post_buffer=of_old[1] * MINUTE)
    situation = replace(NORMAL, service=service, staff=(ANN,), appointments=(old,))
    situation = situation.with_policy(time_slot_interval=5 * MINUTE)
    times = [f"{h:02}:{m:02}" for h in (8, 9, 10, 11, 12) for m in range(0, 60, 5)]
    free = [start for start in times if not situation.codes(start)]
    assert min(t for t in free if t >= "10:30") == first_after
    assert max(t for t in free if t < "10:30") == last_before


def test_buffers_may_lie_outside_of_hours_but_not_in_time_off() -> None:
    """`buffer-collision`: the first appointment of the day prepares before opening, not in a holiday."""
    service = replace(SERVICE, pre_buffer=30 * MINUTE)
    situation = replace(NORMAL, service=service, staff=(ANN,))
    assert situation.codes("2026-06-02 08:00") == []
    holiday = {"ann": (item("outOfOffice", "2026-06-02 07:00", "2026-06-02 08:00"),)}
    assert replace(situation, items=holiday).codes("2026-06-02 08:00") == ["buffer-collision"]


def test_the_obstacle_named_is_the_last_to_be_overcome() -> None:
    """Ann does not work, Bob is only kept by a buffer: the buffer is why it is refused."""
    idle = replace(ANN, use_business_hours=False, hours={})
    before = appointment("10:00", "10:30", "bob", post_buffer=15 * MINUTE)
    assert replace(NORMAL, staff=(idle, BOB), appointments=(before,)).codes("10:30") == ["buffer-collision"]


JORDAN = Attendee("c1", "Jordan Miller", "JordanM@contoso.com")


def test_already_booked() -> None:
    """`already-booked`: Jordan by id or by e-mail address in any case; somebody else is welcome."""
    situation = course(1, "ann")
    fresh = replace(situation.appointments[0], attendees=(JORDAN,))
    assert situation.codes("10:00", fresh=fresh, customer_id="c1") == ["already-booked"]
    assert situation.codes("10:00", fresh=fresh, customer_email="jordanm@CONTOSO.com") == ["already-booked"]
    assert situation.codes("10:00", fresh=fresh, customer_id="c2", customer_email="a@contoso.com") == []
    assert situation.codes("10:00", fresh=fresh) == []


def test_already_booked_in_an_appointment_that_is_full_now() -> None:
    """`already-booked` also where a second appointment with somebody else could be made."""
    situation = course(2, "ann")
    fresh = replace(situation.appointments[0], filled=3, attendees=(JORDAN,))
    assert situation.codes("10:00", fresh=fresh, customer_id="c1") == ["already-booked"]


def test_two_customers_without_an_address_are_not_the_same() -> None:
    """Nothing equals nothing only by accident."""
    situation = course(1, "ann")
    fresh = replace(situation.appointments[0], attendees=(Attendee(None, "Walk-in", None),))
    assert situation.codes("10:00", fresh=fresh, customer_id=None, customer_email=None) == []


# Where it lies, and whether trying again may help


HIDDEN = replace(NORMAL, service=replace(SERVICE, is_hidden_from_customers=True))
WITHOUT_STAFF = replace(NORMAL, service=replace(SERVICE, staff_member_ids=()))
NO_CHOICE = NORMAL.with_policy(allow_staff_selection=False)
IDLE = replace(NORMAL, staff=(replace(ANN, use_business_hours=False, hours={}),))
INVITED = replace(NORMAL, staff=(replace(ANN, membership_status="pendingAcceptance"), BOB))
ONLY_BOB = replace(NORMAL, service=replace(SERVICE, staff_member_ids=("bob",)))
CONSENTING = replace(NORMAL, business=replace(BUSINESS, page=PageSettings(asks_consent=True)))
FULL = course(2, "ann")
FULL_OF_JORDAN = replace(FULL.appointments[0], filled=3, attendees=(JORDAN,))

CONFLICTS = {
    "staff-out-of-office",
    "slot-taken",
    "staff-not-free",
    "full",
    "staff-busy",
    "buffer-collision",
    "already-booked",
    "notes-full",
}


def test_conflicts_are_what_the_calendar_stands_in_the_way_of() -> None:
    """409 is for what another time or another day may allow; 422 for what no calendar would."""
    sources = {code_of(rule): inspect.getsource(rule) for rule in RULES}
    marked = {code for code, source in sources.items() if "_conflict(" in source or "conflict=True" in source}
    assert marked == CONFLICTS
    taken = replace(NORMAL, appointments=(appointment("10:00", "10:30", "ann"),))
    assert [v.conflict for v in judge(taken.context("10:15", "ann"))] == [True]
    assert [v.conflict for v in judge(NORMAL.context("2026-06-06 10:00"))] == [False, False]


def test_the_pointer_names_the_member_to_change() -> None:
    """Somebody who asked for Ann may ask for Bob; somebody who asked for nobody needs another start."""
    taken = replace(NORMAL, staff=(ANN,), appointments=(appointment("10:00", "10:30", "ann"),))
    assert [v.pointer for v in judge(taken.context("10:15", "ann"))] == ["/staffId"]
    assert [v.pointer for v in judge(taken.context("10:15"))] == ["/start"]
    assert [v.pointer for v in judge(ASKING.context(answers={}))] == ["/answers"]


@pytest.mark.parametrize(
    ("situation", "asked", "told"),
    [
        (HIDDEN, {}, ("service-hidden", "/serviceId", False)),
        (WITHOUT_STAFF, {}, ("service-without-staff", "/serviceId", False)),
        (NO_CHOICE, {"staff_id": "ann"}, ("staff-selection-not-allowed", "/staffId", False)),
        (ONLY_BOB, {"staff_id": "ann"}, ("staff-not-of-service", "/staffId", False)),
        (INVITED, {"staff_id": "ann"}, ("staff-not-active", "/staffId", False)),
        (ASKING, {"answers": {"diet": "Both", "age": "25"}}, ("answer-not-an-option", "/answers/0", False)),
        (ASKING, {"answers": {"diet": "", "age": "x" * 4001}}, ("answer-too-long", "/answers/1", False)),
        (CONSENTING, {"consent": False}, ("consent-required", "/consent", False)),
        (IDLE, {}, ("outside-staff-hours", "/start", False)),
        (IDLE, {"staff_id": "ann"}, ("outside-staff-hours", "/staffId", False)),
        (FULL, {"fresh": FULL_OF_JORDAN, "customer_id": "c1"}, ("already-booked", "/customer", True)),
    ],
    ids=lambda one: one[0] if isinstance(one, tuple) else "",
)
def test_whoever_is_refused_learns_what_to_change_and_whether_to_come_again(
    situation: Situation, asked: dict[str, Any], told: tuple[str, str, bool]
) -> None:
    """By code, pointer and conflict."""
    assert [(v.code, v.pointer, v.conflict) for v in judge(situation.context(**asked))] == [told]


def test_violations_come_in_the_order_of_the_rules_and_all_of_them() -> None:
    """Whoever is refused learns everything that is wrong, once."""
    situation = replace(
        ASKING, now=at("09:00"), service=replace(ASKING.service, is_hidden_from_customers=True)
    )
    found = situation.codes("07:07", "zoe", answers={"x": "y" * 4001})
    order = [code_of(rule) for rule in RULES]
    assert found == sorted(found, key=order.index)
    assert set(found) == {
        "too-soon",
        "outside-business-hours",
        "off-grid",
        "service-hidden",
        "staff-not-of-service",
        "staff-not-active",
        "answer-required",
        "question-unknown",
        "answer-too-long",
    }


def test_allows_is_judge_without_the_reasons() -> None:
    """Short-circuit or not, the verdict is the same."""
    for start in ("07:45", "08:00", "10:07", "16:45"):
        context: RuleContext = NORMAL.context(start)
        assert allows(context) == (judge(context) == ())


def test_spans_of_these_tests_are_what_they_say() -> None:
    """10:00 in Chicago in June is 15:00 UTC."""
    assert between("10:00", "10:30").length == 30 * MINUTE
    assert at("10:00").utcoffset() == -5 * HOUR
