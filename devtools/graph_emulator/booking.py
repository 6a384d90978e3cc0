"""From a request and a service to the appointment that is stored."""

from datetime import datetime
from typing import Any

from devtools.graph_emulator.errors import unknown_error
from devtools.graph_emulator.exchange import Json
from devtools.graph_emulator.schema import plain
from devtools.graph_emulator.store import Appointment
from devtools.graph_emulator.templates import TEMPLATES, whole_location
from devtools.graph_emulator.wire import ZERO_GUID, duration_text, read_duration, read_value, utc_value
from devtools.graph_emulator.world import Call

# What an appointment takes over from its service where the request leaves it out.
_FROM_SERVICE = {
    "preBuffer": "preBuffer",
    "postBuffer": "postBuffer",
    "price": "defaultPrice",
    "priceType": "defaultPriceType",
    "reminders": "defaultReminders",
    "serviceLocation": "defaultLocation",
    "isLocationOnline": "isLocationOnline",
    "maximumAttendeesCount": "maximumAttendeesCount",
    "isCustomerAllowedToManageBooking": "isCustomerAllowedToManageBooking",
    "smsNotificationsEnabled": "smsNotificationsEnabled",
    "additionalInformation": "additionalInformation",
}
_DECIDED_BY_SERVICE = {"isLocationOnline", "maximumAttendeesCount"}
_LOCATIONS = {"serviceLocation", "customerLocation"}


def read_times(call: Call, given: Json) -> tuple[datetime, datetime]:
    """Start and end in UTC; GraphError 500 where one is missing or unreadable, or its zone is refused."""
    try:
        (start, first), (end, second) = read_value(given.get("start")), read_value(given.get("end"))
    except ValueError as error:
        raise unknown_error() from error
    if not call.switches.appointment_iana_zones and "iana" in {first.kind, second.kind}:
        raise unknown_error()
    return start, end


def build(
    call: Call, service: Json, given: Json, customers: list[Json], old: Appointment | None = None
) -> Appointment:
    """The appointment that is stored: computed members computed, whatever the request says of them."""
    start, end = read_times(call, given)
    body = {**(old.body if old else _defaults(call, service)), **completed(given)}
    body.update(_identity(call, old))
    body.update(_single_customer(body, customers, old))
    body.update(
        start=utc_value(start),
        end=utc_value(end),
        duration=duration_text(end - start),
        serviceName=service["displayName"],
        serviceId=str(given["serviceId"]).lower(),
        staffMemberIds=[each.lower() for each in given.get("staffMemberIds", [])],
        customers=customers,
        filledAttendeesCount=len(customers),
    )
    if call.switches.capacity_check and len(customers) > body["maximumAttendeesCount"]:
        raise unknown_error()
    if call.switches.notes_with_existing_customer == "dropped" and not customers:
        body["customerNotes"] = None
    if call.switches.customer_time_zone == "blanked":
        body["customerTimeZone"] = ""
    _add_links(body, old.body if old else {}, anonymous=bool(service.get("isAnonymousJoinEnabled")))
    return appointment_of(body, start, end)


def appointment_of(body: Json, start: datetime, end: datetime) -> Appointment:
    """A stored appointment with the instants that its buffers block."""
    before, after = read_duration(body["preBuffer"]), read_duration(body["postBuffer"])
    staff = tuple(body["staffMemberIds"])
    return Appointment(body["id"], body, start, end, start - before, end + after, staff)


def _defaults(call: Call, service: Json) -> Json:
    taken: Json = {
        name: service[source]
        for name, source in _FROM_SERVICE.items()
        if service.get(source) is not None
        and (call.switches.omitted_defaults == "service" or name in _DECIDED_BY_SERVICE)
    }
    return {**TEMPLATES["bookingAppointment"], **taken, "selfServiceAppointmentId": ZERO_GUID}


def _identity(call: Call, old: Appointment | None) -> Json:
    now = call.world.stamp()
    if old is not None:
        return {"id": old.id, "createdDateTime": old.body["createdDateTime"], "lastUpdatedDateTime": now}
    return {"id": call.world.tenant.new_item_id(), "createdDateTime": now, "lastUpdatedDateTime": now}


def _single_customer(body: Json, customers: list[Json], old: Appointment | None) -> Json:
    """The older members for one customer, from the first of the list where the request leaves them out."""
    if old is not None or not customers:
        return {}
    first = customers[0]
    names: dict[str, Any] = {
        "customerId": first["customerId"],
        "customerName": first["name"],
        "customerEmailAddress": first["emailAddress"],
        "customerPhone": first["phone"],
    }
    return {name: body[name] if body.get(name) else value for name, value in names.items()}


def _add_links(body: Json, old: Json, *, anonymous: bool) -> None:
    """The links of an online appointment, which a change of it leaves as they are."""
    link = browser = None
    if body["isLocationOnline"]:
        link = old.get("joinWebUrl") or f"https://teams.microsoft.com/l/meetup-join/{body['id']}"
    if link and anonymous:
        made = f"https://visit.teams.microsoft.com/webrtc-svc/join/{body['id']}"
        browser = old.get("anonymousJoinWebUrl") or made
    body.update(joinWebUrl=link, onlineMeetingUrl=link, anonymousJoinWebUrl=browser)


def completed(given: Json) -> Json:
    """What Graph keeps of a request: no annotations, whole locations, an invoice's date in UTC."""
    body: Json = plain(given)
    for name in _LOCATIONS & body.keys():
        body[name] = whole_location(body[name])
    if body.get("invoiceDate"):
        try:
            body["invoiceDate"] = utc_value(read_value(body["invoiceDate"])[0])
        except ValueError as error:
            raise unknown_error() from error
    return body
