"""Appointments, customers and availability as the SDK has them, read into the domain's values.

The SDK carries no types (`py.typed`), so this is part of the typed wall: what crosses it is checked and
complete. Every reader raises one of `sdk_patches.UNREADABLE` for what cannot be read.
"""

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

from kiota_abstractions.serialization import Parsable
from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter
from msgraph_beta.generated.models.availability_item import AvailabilityItem
from msgraph_beta.generated.models.booking_appointment import BookingAppointment
from msgraph_beta.generated.models.booking_customer import BookingCustomer
from msgraph_beta.generated.models.booking_customer_information import BookingCustomerInformation
from msgraph_beta.generated.models.booking_work_hours import BookingWorkHours
from msgraph_beta.generated.models.booking_work_time_slot import BookingWorkTimeSlot
from msgraph_beta.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph_beta.generated.models.location import Location as GraphLocation
from msgraph_beta.generated.models.physical_address import PhysicalAddress
from msgraph_beta.generated.models.staff_availability_item import StaffAvailabilityItem
from msgraph_beta.generated.solutions.booking_businesses.item.get_staff_availability.get_staff_availability_post_response import (  # noqa: E501
    GetStaffAvailabilityPostResponse,
)

from shared.domain.intervals import WEEKDAYS, Interval, LocalSpan, WeeklyHours
from shared.domain.model import (
    Address,
    Appointment,
    Attendee,
    AvailabilityStatus,
    Customer,
    Location,
    Phone,
    StaffAvailability,
)
from shared.domain.zones import iana_zone
from shared.graph.sdk_patches import END_OF_DAY, UNREADABLE, ExactNode, Unread

T = TypeVar("T")
logger = logging.getLogger(__name__)

GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def plain_id(value: str | None) -> str | None:
    """An id in the one form in which ids are compared: Graph writes a GUID in either case of letters.

    Other ids, those of appointments for example, mean something in their letters.
    """
    return value.lower() if value and GUID.fullmatch(value) else value or None


def to_instant(value: DateTimeTimeZone) -> datetime:
    """The instant in UTC; Graph writes `2026-12-01T16:00:00.0000000Z` and names the zone besides.

    Raises ValueError for a time that is none, or that has neither an offset nor a zone.
    """
    parsed = datetime.fromisoformat(value.date_time)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=iana_zone(value.time_zone or ""))
    return parsed.astimezone(UTC)


def enum_text(value: Enum | None, default: str) -> str:
    """A Graph enum's name on the wire, or `default` where there is none."""
    return default if value is None else str(value.value)


def read_hours(days: Iterable[BookingWorkHours] | None) -> WeeklyHours:
    """Weekly hours; a day that is absent or has no time slots is closed.

    So is a time slot that cannot be read, or that lies on a day that nobody knows; that is logged.
    """
    hours: dict[int, tuple[LocalSpan, ...]] = {}
    for day in days or ():
        name = enum_text(day.day, "")
        spans = [span for slot in day.time_slots or () for span in _span(slot)]
        if len(spans) < len(day.time_slots or ()) or name not in WEEKDAYS:
            logger.warning("hours.unreadable", extra={"event": "hours.unreadable"})
        if name in WEEKDAYS and spans:
            weekday = WEEKDAYS.index(name)
            hours[weekday] = (*hours.get(weekday, ()), *spans)
    return hours


def _span(slot: BookingWorkTimeSlot | Unread) -> Iterator[LocalSpan]:
    if isinstance(slot, Unread) or slot.start is None or slot.end is None:
        return
    if slot.start.fold != END_OF_DAY.fold:
        yield LocalSpan(slot.start, slot.end.replace(fold=0))


def read_address(value: PhysicalAddress | None) -> Address | None:
    """A physicalAddress, all members."""
    if value is None:
        return None
    kind = None if value.type is None else enum_text(value.type, "")
    return Address(
        kind, value.post_office_box, value.street, value.city, value.state, value.country_or_region,
        value.postal_code,
    )  # fmt: skip


def read_location(value: GraphLocation | None) -> Location | None:
    """Where a service takes place, with all that Graph has of it as `source`; an empty location is none."""
    if value is None:
        return None
    source = as_json(value)
    says = {
        name: told for name, told in json.loads(source).items() if name not in {"@odata.type", "locationType"}
    }
    if not _says_anything(says):
        return None
    return Location(value.display_name, read_address(value.address), source)


def _says_anything(value: object) -> bool:
    """Whether a JSON value holds more than empty texts and the kind of an address."""
    if isinstance(value, dict):
        return any(_says_anything(one) for name, one in value.items() if name not in {"type", "@odata.type"})
    return value not in {None, "", "unknown"}


def read_customer(value: BookingCustomer) -> Customer:
    """A customer; the e-mail address keeps the case that Graph has."""
    phones = (
        Phone(phone.number or "", None if phone.type is None else enum_text(phone.type, ""))
        for phone in value.phones or ()
    )
    addresses = (read_address(address) for address in value.addresses or ())
    return Customer(
        value.id,
        value.display_name or "",
        value.email_address or "",
        tuple(phones),
        tuple(address for address in addresses if address is not None),
    )


def read_customers(values: Iterable[BookingCustomer | Unread]) -> Iterator[Customer]:
    """The customers of a page that can be read; the others are logged without a word about them."""
    for value in values:
        try:
            yield read_customer(value)
        except UNREADABLE:
            logger.warning("customer.unreadable", extra={"event": "customer.unreadable"})


def read_attendee(value: BookingCustomerInformation) -> Attendee:
    """One customer's part in an appointment; `source` is the whole element, as JSON."""
    return Attendee(
        customer_id=value.customer_id,
        name=value.name,
        email=value.email_address,
        phone=value.phone,
        notes=value.notes,
        time_zone=value.time_zone,
        sms_notifications_enabled=bool(value.sms_notifications_enabled),
        source=as_json(value),
    )


def as_json(value: Parsable) -> str:
    """All members of a model, as they would be sent."""
    writer = JsonSerializationWriter()
    writer.write_object_value(None, value)
    content: bytes = writer.get_serialized_content()
    return content.decode()


def read_appointment(value: BookingAppointment) -> Appointment:
    """An appointment; from a list it has neither attendees nor notes.

    Seats that nobody can count are taken: without a number of seats, or of those filled, nobody can join.
    Buffers that are not set are none: getStaffAvailability, which is asked beside every list, counts them.
    Raises ValueError for one without an id or a time: nobody knows what that is.
    """
    if not value.id or value.start is None or value.end is None:
        raise ValueError("an appointment without id or time")
    seats = value.maximum_attendees_count or 0
    return Appointment(
        id=value.id,
        service_id=plain_id(value.service_id) or "",
        span=Interval(to_instant(value.start), to_instant(value.end)),
        staff_member_ids=tuple(filter(None, map(plain_id, value.staff_member_ids or ()))),
        maximum_attendees=seats,
        filled=seats if value.filled_attendees_count is None else value.filled_attendees_count,
        pre_buffer=value.pre_buffer or timedelta(),
        post_buffer=value.post_buffer or timedelta(),
        attendees=tuple(read_attendee(one) for one in value.customers or ()),
        service_notes=value.service_notes,
        join_url=value.join_web_url,
        service_name=value.service_name,
        created=value.created_date_time,
        browser_join_url=value.anonymous_join_web_url,
        location=read_location(value.service_location),
        customer_email=value.customer_email_address,
        price=value.price,
        price_type=None if value.price_type is None else enum_text(value.price_type, ""),
    )


def read_listed(values: Iterable[BookingAppointment | Unread]) -> Iterator[Appointment]:
    """The appointments that can be read; others are logged, and getStaffAvailability keeps their time."""
    for value in values:
        try:
            yield read_appointment(value)
        except UNREADABLE:
            extra = {"event": "appointment.unreadable", "subject": value.id}
            logger.warning("appointment.unreadable", extra=extra)


def read_staff_availability(
    response: GetStaffAvailabilityPostResponse,
) -> Mapping[str, tuple[StaffAvailability, ...]]:
    """Each staff member's items, from either wrapper that Graph is known to answer with.

    Whose items cannot be read is not there, and a time that cannot be read is nobody's free time. Raises
    ValueError for a response with neither wrapper.
    """
    items: Sequence[StaffAvailabilityItem | Unread] = (
        _from_documented_wrapper(response) if response.value is None else response.value
    )
    return {
        plain_id(item.staff_id) or "": tuple(_readable_items(item.availability_items or ()))
        for item in items
        if not isinstance(item, Unread)
    }


def _from_documented_wrapper(response: GetStaffAvailabilityPostResponse) -> Sequence[StaffAvailabilityItem]:
    """The items of `{"staffAvailabilityItem": [...]}`, as Microsoft's documentation prints it."""
    wrapped = (response.additional_data or {}).get("staffAvailabilityItem")
    if wrapped is None:
        raise ValueError("a response without availability")
    node = ExactNode(json.loads(json.dumps(wrapped, default=str)))
    return node.get_collection_of_object_values(StaffAvailabilityItem) if wrapped else ()


def _readable_items(items: Iterable[AvailabilityItem]) -> Iterator[StaffAvailability]:
    for item in items:
        try:
            yield read_availability_item(item)
        except UNREADABLE:
            logger.warning("availability.unreadable", extra={"event": "availability.unreadable"})


def read_availability_item(value: AvailabilityItem) -> StaffAvailability:
    """One item; a status that is missing or not known counts as unknown, which is not free."""
    name = enum_text(value.status, AvailabilityStatus.UNKNOWN)
    status = AvailabilityStatus(name) if name in set(AvailabilityStatus) else AvailabilityStatus.UNKNOWN
    span = Interval(to_instant(value.start_date_time), to_instant(value.end_date_time))
    return StaffAvailability(status, span)


def present(answer: T | None) -> T:
    """The answer; an empty one where Graph owes a body cannot be read."""
    if answer is None:
        raise ValueError("no body")
    return answer


def appointment(answer: Any) -> Appointment:  # noqa: ANN401 (the SDK is untyped)
    """The appointment of an answer."""
    return read_appointment(present(answer))


def customer(answer: Any) -> Customer:  # noqa: ANN401
    """The customer of an answer; one without an id cannot be read."""
    found = read_customer(present(answer))
    if not found.id:
        raise ValueError("no id")
    return found


def nothing(_: object) -> None:
    """What is left of an answer that shows nothing."""


def page(
    read: Callable[[Sequence[Any]], Iterable[T]],
    answer: Any,  # noqa: ANN401
) -> tuple[tuple[T, ...], str | None]:
    """The entities and the next link; a page without `value` is no answer, and never an empty list."""
    found = present(answer)
    return tuple(read(present(found.value))), found.odata_next_link or None


def utc(instant: datetime) -> str:
    """The instant as the query of calendarView has it."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
