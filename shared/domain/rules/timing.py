"""Rules about when: length, lead times, grid, business hours and the service's availability.

Nobody's calendar has to be known for times that the lead times do not leave within reach.

Every name in monospace that begins a docstring is the rule's stable code.
"""

from datetime import datetime, timedelta

from shared.domain.errors import Violation
from shared.domain.intervals import ONE_DAY, Interval, local_day, on_grid
from shared.domain.model import AvailabilityType, Catalogue, DayView, Service
from shared.domain.roster import availability_on
from shared.domain.rules.context import RuleContext, ServiceCalendar

INSTANT = timedelta.resolution


def minimum_lead_time(context: RuleContext) -> Violation | None:
    """`too-soon`: an appointment begins no earlier than the minimum lead time from now.

    Ordinary hours count, also outside business hours; exactly the lead time is enough.
    Example: with PT1H at 9:00, 10:00 can be booked and 9:45 cannot.
    Source: Business rules, minimum lead time.
    """
    if context.span.start >= context.calendar.earliest:
        return None
    return Violation("too-soon", "The start is in the past or closer than the minimum lead time.")


def maximum_lead_time(context: RuleContext) -> Violation | None:
    """`too-far`: an appointment begins no later than the maximum advance from now.

    Exactly the maximum advance is allowed.
    Example: with P30D on June 1, 9:00, July 1, 9:00 can be booked and July 1, 9:15 cannot.
    Source: Business rules, maximum lead time.
    """
    if context.span.start <= context.calendar.latest:
        return None
    return Violation("too-far", "The start is further ahead than the maximum advance.")


def business_hours(context: RuleContext) -> Violation | None:
    """`outside-business-hours`: what the customer sees of an appointment lies within business hours.

    The hours are local to the business. Buffers may lie outside of them.
    Example: open until 17:00, one hour: 16:00 can be booked, 16:15 cannot.
    Source: Business rules, business hours.
    """
    span = context.span
    if context.calendar.open.covers(span.start, span.end):
        return None
    return Violation("outside-business-hours", "The business is not open during all of this time.")


def slot_grid(context: RuleContext) -> Violation | None:
    """`off-grid`: a new appointment begins on a multiple of timeSlotInterval from local midnight.

    Local to the business, counted on the clock's face. Joining follows the appointment that is there.
    Example: with PT30M, 9:00 and 9:30 can be booked, 9:15 cannot.
    Source: schedulingPolicy, timeSlotInterval; where counting begins is not documented.
    """
    calendar = context.calendar
    if (
        on_grid(context.request.span.start, calendar.policy.time_slot_interval, calendar.zone)
        or context.joinable
    ):
        return None
    return Violation("off-grid", "Appointments of this service do not begin at this time.")


def duration(context: RuleContext) -> Violation | None:
    """`wrong-duration`: a new appointment lasts exactly as long as the service's defaultDuration.

    Joining follows the appointment that is there.
    Example: a service of PT1H is booked from 10:00 to 11:00, never to 10:30 nor to 11:00 the next day.
    Source: Business rules, time increments: the duration is validated against the service's.
    """
    if context.request.span.length == context.request.service.default_duration or context.joinable:
        return None
    return Violation("wrong-duration", "The appointment must last exactly as long as the service.")


def bookable_date(context: RuleContext) -> Violation | None:
    """`service-not-bookable`: the service is not closed to booking on the appointment's dates.

    The custom window with the date counts, else the general availability; dates are the business's.
    Example: a window from December 24 to 26 with notBookable refuses all three days, no other.
    Source: schedulingPolicy, generalAvailability and customAvailabilities.
    """
    span = context.span
    if context.calendar.bookable.covers(span.start, span.end) or not _closed(context):
        return None
    return Violation("service-not-bookable", "The service cannot be booked on this date.")


def service_hours(context: RuleContext) -> Violation | None:
    """`outside-service-hours`: an appointment lies within customWeeklyHours where these count.

    Example: with Mondays 9:00-12:00, a one-hour service can be booked at 11:00, not at 11:30.
    Source: schedulingPolicy, generalAvailability and customAvailabilities.
    """
    span = context.span
    if context.calendar.bookable.covers(span.start, span.end) or _closed(context):
        return None
    return Violation("outside-service-hours", "The service is not offered during all of this time.")


def _closed(context: RuleContext) -> bool:
    zone, policy = context.calendar.zone, context.calendar.policy
    days = {local_day(context.span.start, zone), local_day(context.span.end - INSTANT, zone)}
    return any(availability_on(policy, d).type is AvailabilityType.NOT_BOOKABLE for d in days)


def unread(catalogue: Catalogue, service: Service, span: Interval, now: datetime) -> ServiceCalendar:
    """What is known of appointments in this time without asking anybody: hours, policy and staff."""
    return ServiceCalendar.of(catalogue, service, DayView(span.widened(ONE_DAY, ONE_DAY), (), {}), now)


def is_within_reach(context: RuleContext) -> bool:
    """Whether the lead times let an appointment begin at this time, as the customer will see it."""
    return context.calendar.earliest <= context.span.start <= context.calendar.latest
