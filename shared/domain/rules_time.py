"""Rules about when: length, lead times, grid, business hours and the service's availability.

Every name in monospace that begins a docstring is the rule's stable code.
"""

from datetime import datetime, timedelta

from shared.domain.errors import Violation
from shared.domain.facts import Facts
from shared.domain.model import AvailabilityType, Policy
from shared.domain.roster import availability_on
from shared.domain.zones import local_day, on_grid

INSTANT = timedelta.resolution


def minimum_lead_time(facts: Facts) -> Violation | None:
    """`too-soon`: an appointment begins no earlier than the minimum lead time from now.

    Ordinary hours count, also outside business hours; exactly the lead time is enough.
    Example: with PT1H at 9:00, 10:00 can be booked and 9:45 cannot.
    Source: Business rules, minimum lead time.
    """
    if facts.span.start >= facts.frame.earliest:
        return None
    return Violation("too-soon", "The start is in the past or closer than the minimum lead time.")


def maximum_lead_time(facts: Facts) -> Violation | None:
    """`too-far`: an appointment begins no later than the maximum advance from now.

    Exactly the maximum advance is allowed.
    Example: with P30D on June 1, 9:00, July 1, 9:00 can be booked and July 1, 9:15 cannot.
    Source: Business rules, maximum lead time.
    """
    if facts.span.start <= facts.frame.latest:
        return None
    return Violation("too-far", "The start is further ahead than the maximum advance.")


def business_hours(facts: Facts) -> Violation | None:
    """`outside-business-hours`: what the customer sees of an appointment lies within business hours.

    The hours are local to the business. Buffers may lie outside of them.
    Example: open until 17:00, one hour: 16:00 can be booked, 16:15 cannot.
    Source: Business rules, business hours.
    """
    span = facts.span
    if facts.frame.open.covers(span.start, span.end):
        return None
    return Violation("outside-business-hours", "The business is not open during all of this time.")


def slot_grid(facts: Facts) -> Violation | None:
    """`off-grid`: a new appointment begins on a multiple of timeSlotInterval from local midnight.

    Local to the business, counted on the clock's face. Joining follows the appointment that is there.
    Example: with PT30M, 9:00 and 9:30 can be booked, 9:15 cannot.
    Source: schedulingPolicy, timeSlotInterval; where counting begins is not documented.
    """
    frame = facts.frame
    if on_grid(facts.ask.span.start, frame.policy.time_slot_interval, frame.zone) or facts.joinable:
        return None
    return Violation("off-grid", "Appointments of this service do not begin at this time.")


def duration(facts: Facts) -> Violation | None:
    """`wrong-duration`: a new appointment lasts exactly as long as the service's defaultDuration.

    Joining follows the appointment that is there.
    Example: a service of PT1H is booked from 10:00 to 11:00, never to 10:30 nor to 11:00 the next day.
    Source: Business rules, time increments: the duration is validated against the service's.
    """
    if facts.ask.span.length == facts.ask.service.default_duration or facts.joinable:
        return None
    return Violation("wrong-duration", "The appointment must last exactly as long as the service.")


def bookable_date(facts: Facts) -> Violation | None:
    """`service-not-bookable`: the service is not closed to booking on the appointment's dates.

    The custom window with the date counts, else the general availability; dates are the business's.
    Example: a window from December 24 to 26 with notBookable refuses all three days, no other.
    Source: schedulingPolicy, generalAvailability and customAvailabilities.
    """
    span = facts.span
    if facts.frame.bookable.covers(span.start, span.end) or not _closed(facts):
        return None
    return Violation("service-not-bookable", "The service cannot be booked on this date.")


def service_hours(facts: Facts) -> Violation | None:
    """`outside-service-hours`: an appointment lies within customWeeklyHours where these count.

    Example: with Mondays 9:00-12:00, a one-hour service can be booked at 11:00, not at 11:30.
    Source: schedulingPolicy, generalAvailability and customAvailabilities.
    """
    span = facts.span
    if facts.frame.bookable.covers(span.start, span.end) or _closed(facts):
        return None
    return Violation("outside-service-hours", "The service is not offered during all of this time.")


def _closed(facts: Facts) -> bool:
    zone, policy = facts.frame.zone, facts.frame.policy
    days = {local_day(facts.span.start, zone), local_day(facts.span.end - INSTANT, zone)}
    return any(availability_on(policy, d).type is AvailabilityType.NOT_BOOKABLE for d in days)


def may_cancel(policy: Policy, start: datetime, now: datetime) -> Violation | None:
    """`too-late-to-cancel`: an appointment is cancelled no later than the minimum lead time before it.

    Exactly the lead time is enough.
    Example: with P1D, an appointment on Tuesday at 10:00 can be cancelled until Monday at 10:00.
    Source: Business rules, minimum lead time: it counts for booking and for cancelling.
    """
    if start - now >= policy.minimum_lead_time:
        return None
    return Violation("too-late-to-cancel", "The appointment is closer than the minimum lead time.")
