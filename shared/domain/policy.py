"""Which scheduling policy counts for a service: its own members first, then the business's.

Source: "Business rules" of the Bookings API overview (inheritance, precedence, partially set) and
schedulingPolicy: a service with the default policy answers null and the business's counts.
"""

from datetime import date, timedelta
from typing import TypeVar

from shared.domain.model import Availability, Business, Policy, PolicySettings, Service

T = TypeVar("T")

DEFAULT = Policy(
    time_slot_interval=timedelta(minutes=30),
    minimum_lead_time=timedelta(days=1),
    maximum_advance=timedelta(days=365),
    allow_staff_selection=False,
    general_availability=Availability(),
    custom_availabilities=(),
)
"""What counts where neither the service nor the business says anything."""

SHORTEST_INTERVAL = timedelta(minutes=1)
"""Slots begin on whole minutes."""


def effective_policy(business: Business, service: Service) -> Policy:
    """The policy of one service with every member resolved: the service's, else the business's, else DEFAULT.

    An empty list of custom availabilities is a value and is not inherited over; an interval
    under a minute has no meaning and counts as not set, and what it has beyond whole minutes is dropped.
    """
    levels = [level for level in (service.policy, business.policy) if level is not None]
    return Policy(
        time_slot_interval=_first([_interval(p) for p in levels], DEFAULT.time_slot_interval),
        minimum_lead_time=_first([p.minimum_lead_time for p in levels], DEFAULT.minimum_lead_time),
        maximum_advance=_first([p.maximum_advance for p in levels], DEFAULT.maximum_advance),
        allow_staff_selection=_first(
            [p.allow_staff_selection for p in levels], DEFAULT.allow_staff_selection
        ),
        general_availability=_first([p.general_availability for p in levels], DEFAULT.general_availability),
        custom_availabilities=_first(
            [p.custom_availabilities for p in levels], DEFAULT.custom_availabilities
        ),
    )


def availability_on(policy: Policy, day: date) -> Availability:
    """What the policy says about one local date: the first custom window with that date, else in general."""
    for window in policy.custom_availabilities:
        if window.start <= day <= window.end:
            return window.availability
    return policy.general_availability


def _interval(policy: PolicySettings) -> timedelta | None:
    step = policy.time_slot_interval
    if step is None or step < SHORTEST_INTERVAL:
        return None
    return step - step % SHORTEST_INTERVAL


def _first(values: list[T | None], default: T) -> T:
    return next((value for value in values if value is not None), default)
