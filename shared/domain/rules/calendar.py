"""Rules about who is free: staff hours, time off, other appointments, buffers and seats.

Of the rules about staff at most one is broken at a time: where everybody has an obstacle, it is the
one that the staff member who came closest could not overcome. Every name in monospace that begins a
docstring is the rule's stable code.
"""

from shared.domain.addresses import same_email
from shared.domain.errors import Violation
from shared.domain.model import Attendee
from shared.domain.roster import Obstacle
from shared.domain.rules.context import RuleContext, SlotRequest


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
    same = context.calendar.groups.get(context.request.span.start, ())
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
