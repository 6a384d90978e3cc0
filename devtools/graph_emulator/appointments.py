"""Appointments: what Graph stores of a request, what it shows of it, and what it lets pass."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from math import inf

from devtools.graph_emulator.attendees import check_answers, require_types, take_customers
from devtools.graph_emulator.booking import build, read_times
from devtools.graph_emulator.errors import (
    GraphError,
    bad_request,
    invalid_request,
    irresolvable_conflict,
    item_not_found,
    unknown_error,
)
from devtools.graph_emulator.exchange import Json, Reply, json_reply
from devtools.graph_emulator.pages import count_reply, page_reply, refuse_filters, select
from devtools.graph_emulator.reminders import shown
from devtools.graph_emulator.schema import check
from devtools.graph_emulator.store import Appointment, Business
from devtools.graph_emulator.wire import read_duration, read_moment
from devtools.graph_emulator.world import Call, World
from devtools.graph_emulator.zones import is_documented

_COMPUTED = {
    "id", "duration", "filledAttendeesCount", "serviceName", "selfServiceAppointmentId", "joinWebUrl",
    "anonymousJoinWebUrl", "createdDateTime", "lastUpdatedDateTime",
}  # fmt: skip
_HIDDEN_IN_LISTS: Json = {
    "customers": [],
    "reminders": [],
    "serviceNotes": None,
    **dict.fromkeys(
        ("customerId", "customerName", "customerEmailAddress", "customerPhone", "customerNotes"), None
    ),
}
_TOLD = ("start", "end", "staffMemberIds", "serviceLocation", "isLocationOnline")


def show(call: Call, appointment: Appointment) -> Json:
    """The form of an appointment in a list: nobody's name, no notes, no reminders."""
    if call.switches.lists_filled:
        return _with_reminders(call, appointment.body)
    return {**appointment.body, **_HIDDEN_IN_LISTS}


def _with_reminders(call: Call, body: Json) -> Json:
    return {**body, "reminders": shown(call, body["reminders"])}


def list_appointments(call: Call) -> Reply:
    """All appointments of the business."""
    refuse_filters(call)
    return _page(call, call.business.appointments.visible(), call.switches.page_size, "appointments")


def calendar_view(call: Call) -> Reply:
    """The appointments that overlap the half-open time from `start` to `end`."""
    refuse_filters(call)
    return _page(call, _in_view(call), call.switches.calendar_page_size, "calendarView")


def _page(call: Call, values: list[Appointment], size: int, segment: str) -> Reply:
    context = f"solutions/bookingBusinesses('{call.business.id}')/{segment}"
    return page_reply(call, values, partial(show, call), size, context)


def _in_view(call: Call) -> list[Appointment]:
    try:
        asked = [call.request.query[name] for name in ("start", "end")]
        if any(" " in text for text in asked):  # a `+` that was not escaped
            raise GraphError(500, "", "An error has occurred.")
        start, end = map(read_moment, asked)
    except (KeyError, ValueError) as error:
        raise invalid_request() from error
    everything = call.business.appointments.visible()
    found = [each for each in everything if _lies_in(call, each, start, end)]
    return sorted(found, key=lambda each: each.start)


def _lies_in(call: Call, each: Appointment, start: datetime, end: datetime) -> bool:
    if call.switches.buffers_in_view:
        return each.blocked_from < end and each.blocked_until > start
    return each.start < end and each.end > start


def count_appointments(call: Call) -> Reply:
    """How many there are."""
    refuse_filters(call)
    return count_reply(len(call.business.appointments.visible()))


def count_view(call: Call) -> Reply:
    """How many overlap the view."""
    return count_reply(len(_in_view(call)))


def get_appointment(call: Call) -> Reply:
    """One appointment with its customers, reminders and notes, as soon as it is written."""
    return _whole(call, 200, _find(call))


def _whole(call: Call, status: int, appointment: Appointment) -> Reply:
    context = call.context(f"solutions/bookingBusinesses('{call.business.id}')/appointments/$entity")
    return json_reply(status, {**context, **select(call, _with_reminders(call, appointment.body))})


def _find(call: Call) -> Appointment:
    appointment = call.business.appointments.get(call.item)
    if appointment is None:
        raise item_not_found()
    return appointment


def create_appointment(call: Call) -> Reply:
    """Store nearly anything: hours, grid, lead time and, by default, conflicts do not stand in the way."""
    given = check("bookingAppointment", call.body)
    service = _service_for(call, given)
    asked = {name: value for name, value in given.items() if name not in _COMPUTED}
    booked = build(call, service, asked, take_customers(call, service, given.get("customers", [])))
    taken = call.switches.conflict != "create" and _is_taken(call, booked)
    if taken and call.switches.conflict == "500":
        raise GraphError(500, "UnknownError", "Staff not available")
    _put(call, booked)
    call.business.created[booked.id] = time.monotonic()
    call.world.outbox.confirm(call.business, booked, booked.body["customers"], call.world.clock.now())
    if taken:
        raise GraphError(500, "UnknownError", "Staff not available")
    return _created(call, given, booked)


def _service_for(call: Call, given: Json) -> Json:
    """The service of a request that passes the few checks that there are."""
    require_types(call, given)
    _check_customer_zones(call, given)
    if call.switches.staff_required and not given.get("staffMemberIds"):
        raise bad_request("Invalid Staff")
    service = call.business.services.get(str(given.get("serviceId") or "").lower())
    customers: list[Json] = given.get("customers", [])
    limit = call.switches.post_customers_limit
    if service is None or (limit is not None and len(customers) > limit):
        raise unknown_error()
    _check_staff(call, given)
    _check_times(call, given, service)
    if call.switches.check_answers:
        check_answers(call, service, customers, whole=True)
    return service


def _created(call: Call, given: Json, booked: Appointment) -> Reply:
    echoed = {**_with_reminders(call, booked.body), "customerTimeZone": given.get("customerTimeZone") or ""}
    context = call.context(f"solutions/bookingBusinesses('{call.business.id}')/appointments/$entity")
    return json_reply(201, {**context, **echoed})


def patch_appointment(call: Call) -> Reply:
    """Merge scalars, replace the customers as a whole; the last writer wins."""
    given = check("bookingAppointment", call.body)
    require_types(call, given)
    _check_customer_zones(call, given)
    old = _find(call)
    if time.monotonic() - call.business.created.get(old.id, -inf) < call.switches.settling:
        raise irresolvable_conflict()
    if (given.get("serviceId") or old.body["serviceId"]).lower() != old.body["serviceId"]:
        raise bad_request("The property 'serviceId' cannot be changed.")
    merged = {**old.body, **{name: value for name, value in given.items() if name not in _COMPUTED}}
    service = call.business.services.get(old.body["serviceId"]) or _ghost(old)
    _check_staff(call, merged)
    _check_times(call, merged, service)
    new = build(call, service, merged, _patched_customers(call, service, given, old), old)
    _put(call, new)
    _tell(call, old, new)
    return Reply(204)


def _patched_customers(call: Call, service: Json, given: Json, old: Appointment) -> list[Json]:
    if "customers" not in given:
        kept: list[Json] = old.body["customers"]
        return kept
    if call.switches.patch_checks_answers:
        check_answers(call, service, given["customers"], whole=False)
    taken = take_customers(call, service, given["customers"])
    named, kept_now = (
        {each.get("emailAddress") or "" for each in many} for many in (given["customers"], taken)
    )
    call.business.dropped[old.id] = (time.time(), sorted(named - kept_now))
    return taken


def _ghost(old: Appointment) -> Json:
    """Stands for a service that was deleted after its appointments were made."""
    return {
        "displayName": old.body["serviceName"],
        "maximumAttendeesCount": old.body["maximumAttendeesCount"],
        "customQuestions": [],
        "defaultDuration": old.body["duration"],
    }


def _tell(call: Call, old: Appointment, new: Appointment) -> None:
    now = call.world.clock.now()
    if any(old.body[name] != new.body[name] for name in _TOLD):
        call.world.outbox.change(call.business, new, new.body["customers"], now)
        return
    present = {each["customerId"] for each in old.body["customers"]}
    joined = [each for each in new.body["customers"] if each["customerId"] not in present]
    if joined:
        call.world.outbox.confirm(call.business, new, joined, now)


def delete_appointment(call: Call) -> Reply:
    """Take an appointment away; customers and staff are told, unless the switch says otherwise."""
    gone = _find(call)
    call.business.appointments.remove(gone.id, call.switches.visibility_delay)
    if call.switches.delete_sends_mail:
        heeds_opt_out = call.switches.delete_heeds_opt_out
        call.world.outbox.cancel(call.business, gone, "", call.world.clock.now(), heeds_opt_out=heeds_opt_out)
    return Reply(204)


def cancel_appointment(call: Call) -> Reply:
    """Take an appointment away and tell customers and staff."""
    given = check("cancelRequest", call.body if call.body is not None else {})
    gone = _find(call)
    call.business.appointments.remove(gone.id, call.switches.visibility_delay)
    call.world.outbox.cancel(
        call.business, gone, given.get("cancellationMessage") or "", call.world.clock.now()
    )
    return Reply(204)


def decline_appointment(world: World, business: Business, appointment_id: str) -> None:
    """A member of staff declines: it ends for everybody, and all are told; KeyError where it is none."""
    gone = business.appointments.get(appointment_id)
    if gone is None:
        raise KeyError(appointment_id)
    business.appointments.remove(gone.id, world.switches.visibility_delay)
    world.outbox.cancel(business, gone, "", world.clock.now())


def _put(call: Call, appointment: Appointment) -> None:
    call.business.appointments.put(appointment.id, appointment, call.switches.visibility_delay)


def _check_staff(call: Call, given: Json) -> None:
    if any(call.business.staff.get(each.lower()) is None for each in given.get("staffMemberIds", ())):
        raise unknown_error()


def _check_customer_zones(call: Call, given: Json) -> None:
    """The zones in which customers read times; what dateTimeTimeZone does not document is refused."""
    if call.switches.customer_zones == "any":
        return
    names = [given.get("customerTimeZone"), *(each.get("timeZone") for each in given.get("customers", ()))]
    if not all(is_documented(name) for name in names if name):
        raise unknown_error()


def _check_times(call: Call, given: Json, service: Json) -> None:
    start, end = read_times(call, given)
    if end < start:
        raise unknown_error()
    if call.switches.reject_by_time_of_day:
        seconds = [each.hour * 3600 + each.minute * 60 + each.second for each in (start, end)]
        if not 0 <= seconds[1] - seconds[0] <= read_duration(service["defaultDuration"]).total_seconds():
            raise unknown_error()


def _is_taken(call: Call, new: Appointment) -> bool:
    staff = set(new.staff)
    others = (each for each in call.business.appointments.values() if staff & set(each.staff))
    return any(
        each.blocked_from < new.blocked_until and each.blocked_until > new.blocked_from for each in others
    )


OPERATIONS: dict[str, Callable[[Call], Reply]] = {
    "appointments.list": list_appointments,
    "appointments.count": count_appointments,
    "appointments.get": get_appointment,
    "appointments.create": create_appointment,
    "appointments.patch": patch_appointment,
    "appointments.delete": delete_appointment,
    "appointments.cancel": cancel_appointment,
    "calendarView": calendar_view,
    "calendarView.count": count_view,
}
