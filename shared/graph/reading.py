"""The SDK's models read into the domain's values.

The SDK carries no types (`py.typed`), so this is half of the typed wall: what crosses it is checked
and complete, and a member that Graph leaves out gets its documented default here and nowhere else.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from kiota_serialization_json.json_parse_node import JsonParseNode
from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter
from msgraph_beta.generated.models.availability_item import AvailabilityItem
from msgraph_beta.generated.models.booking_appointment import BookingAppointment
from msgraph_beta.generated.models.booking_business import BookingBusiness
from msgraph_beta.generated.models.booking_custom_question import BookingCustomQuestion
from msgraph_beta.generated.models.booking_customer import BookingCustomer
from msgraph_beta.generated.models.booking_customer_information import BookingCustomerInformation
from msgraph_beta.generated.models.booking_scheduling_policy import BookingSchedulingPolicy
from msgraph_beta.generated.models.booking_service import BookingService
from msgraph_beta.generated.models.booking_staff_member import BookingStaffMember
from msgraph_beta.generated.models.booking_work_hours import BookingWorkHours
from msgraph_beta.generated.models.bookings_availability import BookingsAvailability
from msgraph_beta.generated.models.bookings_availability_window import BookingsAvailabilityWindow
from msgraph_beta.generated.models.location import Location as GraphLocation
from msgraph_beta.generated.models.physical_address import PhysicalAddress
from msgraph_beta.generated.models.staff_availability_item import StaffAvailabilityItem
from msgraph_beta.generated.solutions.booking_businesses.item.get_staff_availability.get_staff_availability_post_response import (  # noqa: E501
    GetStaffAvailabilityPostResponse,
)

from shared.domain.errors import UnknownBusinessZone
from shared.domain.intervals import Interval
from shared.domain.model import (
    Address,
    Appointment,
    AskedQuestion,
    Attendee,
    Availability,
    AvailabilityStatus,
    AvailabilityType,
    AvailabilityWindow,
    Business,
    Customer,
    LocalSpan,
    Location,
    Phone,
    PolicySettings,
    Question,
    Reminder,
    Service,
    StaffAvailability,
    StaffMember,
    WeeklyHours,
)
from shared.domain.zones import UnknownZone, iana_zone
from shared.graph.translate import enum_text, to_instant

logger = logging.getLogger(__name__)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_hours(days: Iterable[BookingWorkHours] | None) -> WeeklyHours:
    """Weekly hours; a day that is absent or has no time slots is closed."""
    hours: dict[int, tuple[LocalSpan, ...]] = {}
    for day in days or ():
        if day.day is None or not day.time_slots:
            continue
        weekday = WEEKDAYS.index(enum_text(day.day, ""))
        spans = (LocalSpan(slot.start, slot.end) for slot in day.time_slots)
        hours[weekday] = (*hours.get(weekday, ()), *spans)
    return hours


def read_availability(value: BookingsAvailability) -> Availability:
    """When a service may be booked; a type that is not known yet counts as not bookable."""
    name = enum_text(value.availability_type, AvailabilityType.BOOK_WHEN_STAFF_ARE_FREE)
    known = name in set(AvailabilityType)
    return Availability(
        AvailabilityType(name) if known else AvailabilityType.NOT_BOOKABLE, read_hours(value.business_hours)
    )


def read_window(value: BookingsAvailabilityWindow) -> AvailabilityWindow:
    """A custom availability; a missing end leaves the window open on that side."""
    return AvailabilityWindow(
        value.start_date or date.min, value.end_date or date.max, read_availability(value)
    )


def read_policy(value: BookingSchedulingPolicy | None) -> PolicySettings | None:
    """A policy with what this level sets; None where the level has no policy of its own."""
    if value is None:
        return None
    general = value.general_availability
    custom = value.custom_availabilities
    return PolicySettings(
        value.time_slot_interval,
        value.minimum_lead_time,
        value.maximum_advance,
        value.allow_staff_selection,
        None if general is None else read_availability(general),
        None if custom is None else tuple(read_window(window) for window in custom),
    )


def read_address(value: PhysicalAddress | None) -> Address | None:
    """A physicalAddress, all members."""
    if value is None:
        return None
    kind = None if value.type is None else enum_text(value.type, "")
    return Address(
        kind, value.post_office_box, value.street, value.city, value.state, value.country_or_region,
        value.postal_code,
    )  # fmt: skip


def read_business(value: BookingBusiness, time_zone: str | None) -> Business:
    """The business; `time_zone` serves where Graph names none that is known.

    Raises UnknownBusinessZone where neither is: hours of a shop whose zone is unknown cannot be placed in
    time.
    """
    page = value.booking_page_settings
    return Business(
        id=value.id,
        display_name=value.display_name or "",
        time_zone=_business_zone(value.id, page.business_time_zone if page else None, time_zone),
        hours=read_hours(value.business_hours),
        policy=read_policy(value.scheduling_policy) or PolicySettings(),
        phone=value.phone,
        address=read_address(value.address),
        web_site_url=value.web_site_url,
        currency=value.default_currency_iso,
    )


def _business_zone(mailbox: str, *names: str | None) -> str:
    """The first of these names that is a zone."""
    for name in filter(None, names):
        try:
            return iana_zone(name).key
        except UnknownZone:
            continue
    logger.error("business.unknown-zone", extra={"event": "business.unknown-zone", "business": mailbox})
    raise UnknownBusinessZone("businesses.get")


def read_question(value: BookingCustomQuestion) -> Question:
    """A custom question with its choices."""
    kind = enum_text(value.answer_input_type, "text")
    return Question(value.id, value.display_name or "", kind, tuple(value.answer_options or ()))


def read_location(value: GraphLocation | None) -> Location | None:
    """Where a service takes place; Graph's empty location is none."""
    if value is None or not (value.display_name or value.address):
        return None
    return Location(value.display_name, read_address(value.address))


def read_service(value: BookingService, questions: Mapping[str, Question]) -> Service:
    """A service with its questions resolved; an assignment whose question is gone is left out."""
    asked = tuple(
        AskedQuestion(questions[assigned.question_id], bool(assigned.is_required))
        for assigned in value.custom_questions or ()
        if assigned.question_id in questions
    )
    return Service(
        id=value.id,
        display_name=value.display_name or "",
        default_duration=value.default_duration or timedelta(),
        pre_buffer=value.pre_buffer or timedelta(),
        post_buffer=value.post_buffer or timedelta(),
        maximum_attendees_count=value.maximum_attendees_count or 1,
        staff_member_ids=tuple(value.staff_member_ids or ()),
        questions=asked,
        policy=read_policy(value.scheduling_policy),
        is_hidden_from_customers=bool(value.is_hidden_from_customers),
        default_price=value.default_price or 0.0,
        default_price_type=enum_text(value.default_price_type, "notSet"),
        description=value.description,
        additional_information=value.additional_information,
        default_location=read_location(value.default_location),
        default_reminders=read_reminders(value),
        is_location_online=bool(value.is_location_online),
        sms_notifications_enabled=bool(value.sms_notifications_enabled),
        is_customer_allowed_to_manage_booking=bool(value.is_customer_allowed_to_manage_booking),
    )


def read_reminders(value: BookingService) -> tuple[Reminder, ...]:
    """The service's reminders; lists of services come without them."""
    return tuple(
        Reminder(
            reminder.message or "", reminder.offset or timedelta(), enum_text(reminder.recipients, "customer")
        )
        for reminder in value.default_reminders or ()
    )


def read_staff_member(value: BookingStaffMember, business_zone: str) -> StaffMember:
    """A staff member; without a zone of their own, the business's counts."""
    personal = value.availability_is_affected_by_personal_calendar
    return StaffMember(
        id=value.id,
        display_name=value.display_name or "",
        time_zone=value.time_zone or business_zone,
        use_business_hours=value.use_business_hours is not False,
        hours=read_hours(value.working_hours),
        availability_is_affected_by_personal_calendar=personal is not False,
        membership_status=enum_text(value.membership_status, "active"),
    )


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
        source=_as_json(value),
    )


def _as_json(value: BookingCustomerInformation) -> str:
    writer = JsonSerializationWriter()
    writer.write_object_value(None, value)
    content: bytes = writer.get_serialized_content()
    return content.decode()


def read_appointment(value: BookingAppointment) -> Appointment:
    """An appointment; from a list it has neither attendees nor notes."""
    return Appointment(
        id=value.id,
        service_id=value.service_id or "",
        span=Interval(to_instant(value.start), to_instant(value.end)),
        staff_member_ids=tuple(value.staff_member_ids or ()),
        maximum_attendees=value.maximum_attendees_count or 1,
        filled=value.filled_attendees_count or 0,
        pre_buffer=value.pre_buffer or timedelta(),
        post_buffer=value.post_buffer or timedelta(),
        attendees=tuple(
            read_attendee(one) for one in value.customers or () if isinstance(one, BookingCustomerInformation)
        ),
        service_notes=value.service_notes,
        join_url=value.join_web_url,
    )


def read_staff_availability(
    response: GetStaffAvailabilityPostResponse,
) -> Mapping[str, tuple[StaffAvailability, ...]]:
    """Each staff member's items, from either wrapper that Graph is known to answer with."""
    items: Sequence[StaffAvailabilityItem] = response.value or _from_documented_wrapper(response)
    return {
        item.staff_id: tuple(read_availability_item(one) for one in item.availability_items or ())
        for item in items
    }


def _from_documented_wrapper(response: GetStaffAvailabilityPostResponse) -> Sequence[StaffAvailabilityItem]:
    """The items of `{"staffAvailabilityItem": [...]}`, as Microsoft's documentation prints it."""
    wrapped = (response.additional_data or {}).get("staffAvailabilityItem") or ()
    node = JsonParseNode(json.loads(json.dumps(wrapped, default=str)))
    return node.get_collection_of_object_values(StaffAvailabilityItem) if wrapped else ()


def read_availability_item(value: AvailabilityItem) -> StaffAvailability:
    """One item; a status that is not known counts as unknown, which is not free."""
    name = enum_text(value.status, AvailabilityStatus.UNKNOWN)
    status = AvailabilityStatus(name) if name in set(AvailabilityStatus) else AvailabilityStatus.UNKNOWN
    span = Interval(to_instant(value.start_date_time), to_instant(value.end_date_time))
    return StaffAvailability(status, span)
