"""Which policy counts: the service's members first, then the business's, then what is documented."""

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.model import (
    Availability,
    AvailabilityType,
    AvailabilityWindow,
    PolicySettings,
)
from shared.domain.roster import DEFAULT, availability_on, effective_policy
from tests.support.strategies import policies
from tests.unit.domain.rules.situation import BUSINESS, DAY, HOUR, MINUTE, SERVICE

CLOSED = Availability(AvailabilityType.NOT_BOOKABLE)
OPEN = Availability()
CHRISTMAS = AvailabilityWindow(date(2026, 12, 24), date(2026, 12, 26), CLOSED)

OWN: dict[str, Any] = {
    "time_slot_interval": 20 * MINUTE,
    "minimum_lead_time": 2 * HOUR,
    "maximum_advance": 7 * DAY,
    "allow_staff_selection": False,
    "general_availability": CLOSED,
    "custom_availabilities": (CHRISTMAS,),
}
OF_BUSINESS: dict[str, Any] = {
    "time_slot_interval": 30 * MINUTE,
    "minimum_lead_time": 3 * HOUR,
    "maximum_advance": 30 * DAY,
    "allow_staff_selection": True,
    "general_availability": OPEN,
    "custom_availabilities": (),
}
MEMBERS = [each.name for each in fields(PolicySettings)]
business = replace(BUSINESS, policy=PolicySettings(**OF_BUSINESS))


def test_every_member_of_a_policy_is_covered_here() -> None:
    """A member that is added to the model must be added to the inheritance too."""
    assert set(MEMBERS) == set(OWN) == set(OF_BUSINESS) == {each.name for each in fields(DEFAULT)}


def test_a_service_without_a_policy_inherits_the_business_s() -> None:
    """A policy of null is the default scheduling policy."""
    policy = effective_policy(business, replace(SERVICE, policy=None))
    assert {name: getattr(policy, name) for name in MEMBERS} == OF_BUSINESS


def test_a_service_s_own_policy_wins() -> None:
    """Where both levels set a member, the service's counts, also when it is stricter or looser."""
    policy = effective_policy(business, replace(SERVICE, policy=PolicySettings(**OWN)))
    assert {name: getattr(policy, name) for name in MEMBERS} == OWN


@pytest.mark.parametrize("name", MEMBERS)
def test_a_partial_policy_falls_back_member_by_member(name: str) -> None:
    """What the service sets counts, everything else is the business's."""
    partial = PolicySettings(**{name: OWN[name]})
    policy = effective_policy(business, replace(SERVICE, policy=partial))
    assert {each: getattr(policy, each) for each in MEMBERS} == {**OF_BUSINESS, name: OWN[name]}


def test_where_nobody_says_anything_the_documented_defaults_count() -> None:
    """PT30M, P1D, P365D, no choice of staff, bookable when staff are free, no windows."""
    silent = replace(BUSINESS, policy=PolicySettings())
    assert effective_policy(silent, replace(SERVICE, policy=PolicySettings())) == DEFAULT


@pytest.mark.parametrize("step", [timedelta(), timedelta(minutes=-15), timedelta(seconds=59)])
def test_an_interval_under_a_minute_counts_as_not_set(step: timedelta) -> None:
    """A grid without steps has no slots; the business's interval serves instead."""
    own = replace(SERVICE, policy=PolicySettings(time_slot_interval=step))
    assert effective_policy(business, own).time_slot_interval == 30 * MINUTE


def test_no_lead_time_at_all_is_a_value() -> None:
    """Zero is less than the business asks for, and is what the service says."""
    own = replace(SERVICE, policy=PolicySettings(minimum_lead_time=timedelta()))
    assert effective_policy(business, own).minimum_lead_time == timedelta()


def test_an_empty_list_of_windows_is_a_value() -> None:
    """A service that says "no windows" is open on the days that the business closes."""
    closed = replace(BUSINESS, policy=replace(BUSINESS.policy, custom_availabilities=(CHRISTMAS,)))
    inherits = replace(SERVICE, policy=PolicySettings(minimum_lead_time=HOUR))
    says_none = replace(SERVICE, policy=PolicySettings(custom_availabilities=()))
    assert effective_policy(closed, inherits).custom_availabilities == (CHRISTMAS,)
    assert effective_policy(closed, says_none).custom_availabilities == ()


def test_windows_include_both_of_their_dates() -> None:
    """December 24 to 26 is three days."""
    policy = effective_policy(business, replace(SERVICE, policy=PolicySettings(**{**OWN, **OF_BUSINESS})))
    policy = replace(policy, custom_availabilities=(CHRISTMAS,))
    days = [date(2026, 12, day) for day in (23, 24, 25, 26, 27)]
    assert [availability_on(policy, day) for day in days] == [OPEN, CLOSED, CLOSED, CLOSED, OPEN]


def test_of_windows_that_overlap_the_first_one_counts() -> None:
    """An exception within a long closure is written before it."""
    boxing_day = AvailabilityWindow(date(2026, 12, 26), date(2026, 12, 26), OPEN)
    policy = replace(DEFAULT, custom_availabilities=(boxing_day, CHRISTMAS))
    assert availability_on(policy, date(2026, 12, 26)) == OPEN
    assert availability_on(policy, date(2026, 12, 25)) == CLOSED


NEAR = date(2026, 6, 1)


@given(policies(NEAR), st.none() | policies(NEAR))
def test_every_member_comes_from_the_nearest_level_that_sets_it(
    of_business: PolicySettings, own: PolicySettings | None
) -> None:
    """For any two policies, every member is the service's, else the business's, else the default."""
    found = effective_policy(replace(BUSINESS, policy=of_business), replace(SERVICE, policy=own))
    for name in MEMBERS:
        levels = [getattr(level, name) for level in (own, of_business, DEFAULT) if level is not None]
        assert getattr(found, name) == next(value for value in levels if value is not None)
