"""Rules about when: lead times, grid, hours and length; and, after these, who is free then.

Nobody's calendar has to be known for times that the lead times do not leave within reach. Of the rules
about staff at most one is broken at a time: where everybody has an obstacle, it is the one that the staff
member who came closest could not overcome.

Every name in monospace that begins a docstring is the rule's stable code.
"""

from datetime import datetime, timedelta

from shared.domain.addresses import same_email
from shared.domain.errors import Violation
from shared.domain.intervals import ONE_DAY, Interval, local_day, on_grid
from shared.domain.model import Attendee, AvailabilityType, Catalogue, DayView, Service
from shared.domain.roster import Obstacle, availability_on
from shared.domain.rules.context import RuleContext, ServiceCalendar, SlotRequest

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
    if on_grid(context.shown, calendar.policy.time_slot_interval, calendar.zone) or context.joinable:
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


def staff_hours(context: RuleContext) -> Violation | None:
    """`outside-staff-hours`: somebody who gives the service works during all of the appointment.

    Working hours are local to the staff member's own zone; with useBusinessHours the business's count.
    Example: Ann works until 13:00 and nobody else gives the service: one hour at 12:30 is refused.
    Source: bookingStaffMember, useBusinessHours and workingHours.
    """
    if context.obstacle is not Obstacle.NOT_WORKING:
        return None
    return Violation("outside-staff-hours", "Nobody works during all of this time.", _pointer(context))


def out_of_office(context: RuleContext) -> Violation | None:
    """`staff-out-of-office`: somebody who works then is not out of office.

    Example: Ann has time off on Friday, so her Friday is refused although she works on Fridays.
    Source: getStaffAvailability, status outOfOffice.
    """
    return _conflict(context, Obstacle.OUT_OF_OFFICE, "staff-out-of-office", "Nobody is there at this time.")


def slot_taken(context: RuleContext) -> Violation | None:
    """`slot-taken`: somebody, whoever it be, has no other appointment at this time.

    The calendar's own appointments count, whatever getStaffAvailability says: with appointments
    10:00-14:00 and 12:00-13:00 it calls 13:00 available.
    Example: both barbers have an appointment at 10:00; a third at 10:15 is refused.
    Source: bookingAppointment, staffMemberIds.
    """
    if context.request.staff_id is not None or context.same_start:
        return None
    return _conflict(context, Obstacle.BOOKED, "slot-taken", "This time is taken.")


def staff_taken(context: RuleContext) -> Violation | None:
    """`staff-not-free`: the staff member named has no other appointment at this time.

    Example: Ann has an appointment at 10:00; 10:00 with Ann is refused, 10:00 with anybody is not.
    Source: bookingAppointment, staffMemberIds.
    """
    if context.request.staff_id is None or context.same_start:
        return None
    return _conflict(context, Obstacle.BOOKED, "staff-not-free", "This staff member is taken at this time.")


def seats(context: RuleContext) -> Violation | None:
    """`full`: a group appointment has a free seat, or somebody is free to give another one.

    Example: the course at 18:00 has 5 of 5 seats filled and its teacher is the only one: refused.
    Source: bookingAppointment, maximumAttendeesCount and filledAttendeesCount.
    """
    if not context.same_start:
        return None
    return _conflict(context, Obstacle.BOOKED, "full", "All seats of this appointment are taken.")


def personal_calendar(context: RuleContext) -> Violation | None:
    """`staff-busy`: somebody is available by getStaffAvailability, personal calendar included.

    Time about which nothing is said counts as busy.
    Example: Ann has a dentist's appointment in her own calendar at 10:00; 10:00 with her is refused.
    Source: getStaffAvailability; bookingStaffMember, availabilityIsAffectedByPersonalCalendar.
    """
    return _conflict(context, Obstacle.BUSY_ELSEWHERE, "staff-busy", "Nobody is available at this time.")


def buffers(context: RuleContext) -> Violation | None:
    """`buffer-collision`: an appointment and its buffers fit between the neighbours and theirs.

    The service's buffers count for the new appointment, each appointment's own for those that exist.
    Buffers may lie outside of working hours, but not in other appointments nor in time off.
    Example: buffers of 10 minutes on both sides: after an appointment until 11:00 the next can begin
    at 11:20, not at 11:15.
    Source: Business rules, pre-buffer and post-buffer.
    """
    detail = "The time before or after this appointment is taken."
    return _conflict(context, Obstacle.BUFFER, "buffer-collision", detail)


def already_booked(context: RuleContext) -> Violation | None:
    """`already-booked`: a customer has one seat in an appointment, not two.

    Known by id or, whatever the case of its letters, by e-mail address; judged on the appointment as
    it was just read by id, since lists do not name the customers.
    Example: Jordan, who is in Monday's course, books Monday's course again: refused.
    Source: bookingAppointment, customers.
    """
    same = context.calendar.groups_at(context.request.span.start)
    if not any(_is_customer(context.request, attendee) for a in same for attendee in a.attendees):
        return None
    detail = "This customer already has a seat in this appointment."
    return Violation("already-booked", detail, "/customer", conflict=True)


def _is_customer(request: SlotRequest, attendee: Attendee) -> bool:
    if request.customer_id is not None and request.customer_id == attendee.customer_id:
        return True
    return same_email(request.customer_email, attendee.email)


def _conflict(context: RuleContext, obstacle: Obstacle, code: str, detail: str) -> Violation | None:
    if context.obstacle is not obstacle:
        return None
    return Violation(code, detail, _pointer(context), conflict=True)


def _pointer(context: RuleContext) -> str:
    return "/start" if context.request.staff_id is None else "/staffId"
