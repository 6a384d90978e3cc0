"""A booking business in plain values, named as Graph names them; instants in UTC, hours and dates local."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from shared.domain.intervals import Interval, WeeklyHours
from shared.domain.left_out import LeftOut
from shared.domain.shop.page_settings import PageSettings


class AvailabilityType(StrEnum):
    """Graph's bookingsServiceAvailabilityType."""

    BOOK_WHEN_STAFF_ARE_FREE = "bookWhenStaffAreFree"
    NOT_BOOKABLE = "notBookable"
    CUSTOM_WEEKLY_HOURS = "customWeeklyHours"


@dataclass(frozen=True, slots=True)
class Availability:
    """When a service may be booked; `hours` speak only for customWeeklyHours."""

    type: AvailabilityType = AvailabilityType.BOOK_WHEN_STAFF_ARE_FREE
    hours: WeeklyHours = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AvailabilityWindow:
    """An availability for the local dates `start` to `end`, both included; it overrides the general one."""

    start: date
    end: date
    availability: Availability


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """A bookingSchedulingPolicy as Graph holds it: what is None is not set at this level."""

    time_slot_interval: timedelta | None = None
    minimum_lead_time: timedelta | None = None
    maximum_advance: timedelta | None = None
    allow_staff_selection: bool | None = None
    general_availability: Availability | None = None
    custom_availabilities: tuple[AvailabilityWindow, ...] | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy that counts for one service, inheritance resolved: nothing is missing."""

    time_slot_interval: timedelta
    minimum_lead_time: timedelta
    maximum_advance: timedelta
    allow_staff_selection: bool
    general_availability: Availability
    custom_availabilities: tuple[AvailabilityWindow, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """A physicalAddress; `type` is Graph's physicalAddressType (home, business, other)."""

    type: str | None = None
    post_office_box: str | None = None
    street: str | None = None
    city: str | None = None
    state: str | None = None
    country_or_region: str | None = None
    postal_code: str | None = None


@dataclass(frozen=True, slots=True)
class Business:
    """A bookingBusiness; `id` is the address of its mailbox, `time_zone` an IANA name."""

    id: str
    display_name: str
    time_zone: str
    hours: WeeklyHours
    policy: PolicySettings
    phone: str | None = None
    address: Address | None = None
    web_site_url: str | None = None
    currency: str | None = None
    language_tag: str | None = None
    is_published: bool | None = None
    access_control: str | None = None
    page: PageSettings = field(default_factory=PageSettings)


@dataclass(frozen=True, slots=True)
class Question:
    """A bookingCustomQuestion; `options` are the choices of a `radioButton` question."""

    id: str
    display_name: str
    answer_input_type: str = "text"
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as one service asks it."""

    question: Question
    is_required: bool


@dataclass(frozen=True, slots=True)
class Location:
    """Where a service takes place; `source`, what the gateway read it from, goes into the booking whole."""

    display_name: str | None = None
    address: Address | None = None
    source: object | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Reminder:
    """A bookingReminder: `offset` before the start, to `allAttendees`, `staff` or `customer`."""

    message: str
    offset: timedelta
    recipients: str


@dataclass(frozen=True, slots=True)
class Service:
    """A bookingService with its questions resolved; a `policy` of None means the business's own."""

    id: str
    display_name: str
    default_duration: timedelta
    pre_buffer: timedelta = timedelta()
    post_buffer: timedelta = timedelta()
    maximum_attendees_count: int = 1
    staff_member_ids: tuple[str, ...] = ()
    questions: tuple[AskedQuestion, ...] = ()
    policy: PolicySettings | None = None
    is_hidden_from_customers: bool = False
    default_price: float = 0.0
    default_price_type: str = "notSet"
    description: str | None = None
    additional_information: str | None = None
    language_tag: str | None = None
    default_location: Location | None = None
    default_reminders: tuple[Reminder, ...] = ()
    is_location_online: bool = False
    sms_notifications_enabled: bool = False
    is_customer_allowed_to_manage_booking: bool = False

    @property
    def is_group(self) -> bool:
        """Whether several customers share an appointment; then Graph demands customers that exist."""
        return self.maximum_attendees_count > 1


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A bookingStaffMember; `hours` are local to `time_zone` and count unless the business's do."""

    id: str
    display_name: str
    time_zone: str
    use_business_hours: bool = True
    hours: WeeklyHours = field(default_factory=dict)
    membership_status: str = "active"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What changes rarely, by id; `closed_to_public` says why the public is not sold anything at all."""

    business: Business
    services: Mapping[str, Service]
    staff: Mapping[str, StaffMember]
    left_out: tuple[LeftOut, ...] = ()
    closed_to_public: str | None = None

    def offers(self, service: Service, *, to_partner: bool = False) -> bool:
        """Whether it may be booked: a hidden one by partners alone, one that was left out by nobody."""
        if not service.is_hidden_from_customers:
            return True
        return to_partner and ("service", service.id) not in {(one.what, one.id) for one in self.left_out}


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone; `type` is Graph's phoneType (home, business, mobile, ...)."""

    number: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """A bookingCustomer; an `id` of None is one that Graph does not know yet."""

    id: str | None
    display_name: str
    email: str
    phones: tuple[Phone, ...] = ()
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A bookingQuestionAnswer with the question's full metadata, which Graph insists on."""

    asked: AskedQuestion
    text: str


@dataclass(frozen=True, slots=True)
class Attendee:
    """A bookingCustomerInformation: who takes part; `source`, what it was read from, goes back untouched."""

    customer_id: str | None
    name: str | None
    email: str | None
    phone: str | None = None
    notes: str | None = None
    address: Address | None = None
    time_zone: str | None = None
    answers: tuple[Answer, ...] = ()
    sms_notifications_enabled: bool = False
    source: object | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Appointment:
    """A bookingAppointment without buffers; in lists `attendees` and `service_notes` are empty."""

    id: str
    service_id: str
    span: Interval
    staff_member_ids: tuple[str, ...]
    maximum_attendees: int
    filled: int
    pre_buffer: timedelta = timedelta()
    post_buffer: timedelta = timedelta()
    attendees: tuple[Attendee, ...] = ()
    service_notes: str | None = None
    join_url: str | None = None
    service_name: str | None = None
    created: datetime | None = None
    browser_join_url: str | None = None
    location: Location | None = None
    price: float | None = None
    price_type: str | None = None
    customer_email: str | None = None  # of the older members for one customer: Graph fills it from the first

    @property
    def occupied(self) -> Interval:
        """The time that it takes in a staff member's calendar, buffers included."""
        return self.span.widened(self.pre_buffer, self.post_buffer)


class AvailabilityStatus(StrEnum):
    """Graph's bookingsAvailabilityStatus."""

    AVAILABLE = "available"
    BUSY = "busy"
    SLOTS_AVAILABLE = "slotsAvailable"
    OUT_OF_OFFICE = "outOfOffice"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StaffAvailability:
    """One item of getStaffAvailability's answer for one staff member."""

    status: AvailabilityStatus
    span: Interval


@dataclass(frozen=True, slots=True)
class DayView:
    """What Graph says about `span`, some whole days; outside of it nothing is known."""

    span: Interval
    appointments: tuple[Appointment, ...]
    availability: Mapping[str, tuple[StaffAvailability, ...]]


@dataclass(frozen=True, slots=True)
class Draft:
    """A new appointment as it is to be written."""

    service: Service
    span: Interval
    staff_member_ids: tuple[str, ...]
    attendees: tuple[Attendee, ...]
    service_notes: str
    customer_time_zone: str
