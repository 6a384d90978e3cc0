"""The domain's values written into the SDK's models: the other half of the typed wall.

What Graph insists on is set here: `@odata.type` on every customer, the full metadata of every
answered question, UTC, ISO 8601 durations, documented names of time zones, and staff members always. A zone
whose clock no documented one shows is not sent: the mail then tells the time of the business.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TypeVar, cast

from isodate import duration_isoformat
from msgraph_beta.generated.models.answer_input_type import AnswerInputType
from msgraph_beta.generated.models.booking_appointment import BookingAppointment
from msgraph_beta.generated.models.booking_customer import BookingCustomer
from msgraph_beta.generated.models.booking_customer_information import BookingCustomerInformation
from msgraph_beta.generated.models.booking_price_type import BookingPriceType
from msgraph_beta.generated.models.booking_question_answer import BookingQuestionAnswer
from msgraph_beta.generated.models.booking_reminder import BookingReminder
from msgraph_beta.generated.models.booking_reminder_recipients import BookingReminderRecipients
from msgraph_beta.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph_beta.generated.models.location import Location as GraphLocation
from msgraph_beta.generated.models.phone import Phone as GraphPhone
from msgraph_beta.generated.models.phone_type import PhoneType
from msgraph_beta.generated.models.physical_address import PhysicalAddress
from msgraph_beta.generated.models.physical_address_type import PhysicalAddressType
from msgraph_beta.generated.solutions.booking_businesses.item.appointments.item.cancel.cancel_post_request_body import (  # noqa: E501
    CancelPostRequestBody,
)
from msgraph_beta.generated.solutions.booking_businesses.item.get_staff_availability.get_staff_availability_post_request_body import (  # noqa: E501
    GetStaffAvailabilityPostRequestBody,
)

from shared.domain.intervals import Interval
from shared.domain.model import (
    Address,
    Answer,
    Attendee,
    Customer,
    Draft,
    Location,
    Phone,
    Reminder,
    Service,
)
from shared.domain.zones import documented_zone
from shared.graph.sdk_patches import ExactNode

ATTENDEE_TYPE = "#microsoft.graph.bookingCustomerInformation"
CUSTOMER_TYPE = "#microsoft.graph.bookingCustomer"

E = TypeVar("E", bound=Enum)


def from_instant(instant: datetime) -> DateTimeTimeZone:
    """The instant as Graph takes it, always in UTC: it does not understand IANA names everywhere."""
    text = instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    return DateTimeTimeZone(date_time=text, time_zone="UTC")


def from_duration(length: timedelta) -> timedelta:
    """The duration as Graph takes it, ISO 8601.

    The SDK's writer prints a timedelta as `0:30:00`, which Graph does not read; a string it passes on.
    """
    return cast(timedelta, duration_isoformat(length))


def write_appointment(draft: Draft) -> BookingAppointment:
    """A new appointment; everything but who, when and the notes comes from the service."""
    customers = [write_attendee(attendee) for attendee in draft.attendees]
    for one in customers:
        one.sms_notifications_enabled = (
            draft.service.sms_notifications_enabled and one.sms_notifications_enabled
        )
    appointment = BookingAppointment(
        start=from_instant(draft.span.start),
        end=from_instant(draft.span.end),
        staff_member_ids=list(draft.staff_member_ids),
        customers=customers,
        service_notes=draft.service_notes,
        customer_time_zone=documented_zone(draft.customer_time_zone),
    )
    copy_from_service(appointment, draft.service)
    # An appointment's own flag is for everybody in it, those of a group included who ask for no messages.
    asked = all(one.sms_notifications_enabled for one in customers)
    appointment.sms_notifications_enabled = asked and not draft.service.is_group
    return appointment


def copy_from_service(appointment: BookingAppointment, service: Service) -> None:
    """What the business decides: price, buffers, seats, reminders and place."""
    appointment.service_id = service.id
    appointment.service_name = service.display_name
    appointment.pre_buffer = from_duration(service.pre_buffer)
    appointment.post_buffer = from_duration(service.post_buffer)
    appointment.price = service.default_price
    appointment.price_type = _member(BookingPriceType, service.default_price_type)
    appointment.maximum_attendees_count = service.maximum_attendees_count
    appointment.is_location_online = service.is_location_online
    appointment.is_customer_allowed_to_manage_booking = service.is_customer_allowed_to_manage_booking
    appointment.opt_out_of_customer_email = False
    if service.additional_information:
        appointment.additional_information = service.additional_information
    if service.default_location:
        appointment.service_location = write_location(service.default_location)
    if service.default_reminders:
        appointment.reminders = [write_reminder(reminder) for reminder in service.default_reminders]


def write_reminder(reminder: Reminder) -> BookingReminder:
    """A reminder, its offset in ISO 8601 and positive as documented: the SDK writes no other."""
    return BookingReminder(
        message=reminder.message,
        offset=from_duration(abs(reminder.offset)),
        recipients=_member(BookingReminderRecipients, reminder.recipients),
    )


def write_location(location: Location) -> GraphLocation:
    """Where the service takes place; what was read from Graph goes back whole: room, coordinates, links."""
    if isinstance(location.source, str):
        whole: GraphLocation = ExactNode(json.loads(location.source)).get_object_value(GraphLocation)
        return whole
    address = location.address
    return GraphLocation(
        display_name=location.display_name, address=None if address is None else write_address(address)
    )


def write_address(address: Address) -> PhysicalAddress:
    """A physicalAddress, all members."""
    return PhysicalAddress(
        type=None if address.type is None else _member(PhysicalAddressType, address.type),
        post_office_box=address.post_office_box,
        street=address.street,
        city=address.city,
        state=address.state,
        country_or_region=address.country_or_region,
        postal_code=address.postal_code,
    )


def write_patch(attendees: Sequence[Attendee], service_notes: str | None = None) -> BookingAppointment:
    """The full list of attendees, and the notes where they change: PATCH replaces what it is given."""
    customers = [write_attendee(attendee) for attendee in attendees]
    return BookingAppointment(customers=customers, service_notes=service_notes)


def write_cleared(attendees: Sequence[Attendee], service_notes: str) -> BookingAppointment:
    """The list and the notes without somebody; nobody's name in the older members for one customer."""
    return BookingAppointment(
        customers=[write_attendee(attendee) for attendee in attendees],
        service_notes=service_notes,
        customer_name="",
        customer_email_address="",
        customer_phone="",
    )


OPTED_OUT = BookingAppointment(opt_out_of_customer_email=True)
"""A change after which Graph is asked to mail the customer nothing more."""


def write_move(span: Interval, staff_ids: Sequence[str]) -> BookingAppointment:
    """Another time and staff for an appointment, and nothing else."""
    return BookingAppointment(
        start=from_instant(span.start), end=from_instant(span.end), staff_member_ids=list(staff_ids)
    )


def write_reason(reason: str) -> CancelPostRequestBody:
    """Why an appointment is cancelled; Graph mails it."""
    return CancelPostRequestBody(cancellation_message=reason)


def write_attendee(attendee: Attendee) -> BookingCustomerInformation:
    """One element of `customers`; one that was read from Graph goes back member for member."""
    if isinstance(attendee.source, str):
        return _from_source(attendee.source, attendee.customer_id)
    address = attendee.address
    location = None if address is None else GraphLocation(address=write_address(address))
    return BookingCustomerInformation(
        odata_type=ATTENDEE_TYPE,
        customer_id=attendee.customer_id,
        name=attendee.name,
        email_address=attendee.email,
        phone=attendee.phone,
        notes=attendee.notes,
        location=location,
        time_zone=None if attendee.time_zone is None else documented_zone(attendee.time_zone),
        custom_question_answers=[write_answer(answer) for answer in attendee.answers],
        sms_notifications_enabled=attendee.sms_notifications_enabled and gets_text_messages(attendee.phone),
    )


def gets_text_messages(number: str | None) -> bool:
    """Whether Microsoft Bookings sends text messages to this number: only in the United States and Canada."""
    import phonenumbers  # noqa: PLC0415 (its patterns take a while, and few ask for messages)

    try:
        read = phonenumbers.parse(number or "", None)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.region_code_for_number(read) in {"US", "CA"}


def _from_source(source: str, customer_id: str | None) -> BookingCustomerInformation:
    """The element as it was read; only the customer's record may be another one meanwhile."""
    node = ExactNode(json.loads(source))
    attendee: BookingCustomerInformation = node.get_object_value(BookingCustomerInformation)
    attendee.customer_id = customer_id
    attendee.odata_type = ATTENDEE_TYPE
    return attendee


def write_answer(answer: Answer) -> BookingQuestionAnswer:
    """An answer with the question's full metadata; a choice goes into `selectedOptions`."""
    question = answer.asked.question
    is_choice = question.answer_input_type == "radioButton"
    return BookingQuestionAnswer(
        question_id=question.id,
        question=question.display_name,
        answer_input_type=AnswerInputType.RadioButton if is_choice else AnswerInputType.Text,
        answer_options=list(question.options),
        is_required=answer.asked.is_required,
        answer=None if is_choice else answer.text,
        selected_options=[answer.text] if is_choice else [],
    )


def write_customer(customer: Customer) -> BookingCustomer:
    """A new bookingCustomer with all its addresses and phones."""
    return BookingCustomer(
        odata_type=CUSTOMER_TYPE,
        display_name=customer.display_name,
        email_address=customer.email,
        addresses=[write_address(address) for address in customer.addresses],
        phones=[write_phone(phone) for phone in customer.phones],
    )


def write_phone(phone: Phone) -> GraphPhone:
    """A phone with Graph's phoneType."""
    return GraphPhone(
        number=phone.number, type=None if phone.type is None else _member(PhoneType, phone.type)
    )


def write_availability_query(staff_ids: Sequence[str], span: Interval) -> GetStaffAvailabilityPostRequestBody:
    """The body of getStaffAvailability, in UTC."""
    return GetStaffAvailabilityPostRequestBody(
        staff_ids=list(staff_ids),
        start_date_time=from_instant(span.start),
        end_date_time=from_instant(span.end),
    )


def _member(kind: type[E], name: str) -> E:
    """The member of an SDK enum that has this name on the wire."""
    return kind(name)
