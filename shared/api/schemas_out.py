"""What callers get, as models: the source of the API's description, and the measure of real answers.

The answers themselves are written by `shared/api/answers.py`; tests hold both in step.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Duration = Annotated[str, Field(json_schema_extra={"format": "duration"}, examples=["PT30M"])]
Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
Clock = Annotated[str, Field(pattern=r"^[0-2][0-9]:[0-5][0-9]$", examples=["08:00"])]


class Out(BaseModel):
    """A JSON object of an answer."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class Moment(Out):
    """An instant that cannot be misread."""

    utc: Instant = Field(description="In UTC")
    local: Instant = Field(description="The same instant with the offset of `timeZone`")
    time_zone: str = Field(description="An IANA name")


class Named(Out):
    """Somebody or something with an id."""

    id: str
    name: str


class BookedService(Named):
    """The service that was booked."""

    duration: Duration


class Seats(Out):
    """The seats of the appointment."""

    maximum: int
    filled: int


class BookingConfirmed(Out):
    """A booking that stands in the calendar."""

    reference: str = Field(pattern="^BK-[0-9A-HJKMNP-TV-Z]{8}$")
    status: Literal["confirmed"]
    service: BookedService
    start: Moment
    end: Moment
    staff: tuple[Named, ...]
    seats: Seats
    join_url: str | None = Field(description="Where to join an online appointment")


class BookingState(Out):
    """A booking whose outcome is not known yet, or that did not succeed and can be asked for again."""

    reference: str = Field(pattern="^BK-[0-9A-HJKMNP-TV-Z]{8}$")
    status: Literal["pending", "failed"]


class TimeSlot(Out):
    """Part of a day, local; an end of 00:00 is the midnight that ends the day."""

    start: Clock
    end: Clock


class DayHours(Out):
    """The open hours of a day of the week; closed days are left out."""

    day: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    time_slots: tuple[TimeSlot, ...]


class AvailabilityOut(Out):
    """When a service may be booked."""

    availability_type: Literal["bookWhenStaffAreFree", "notBookable", "customWeeklyHours"]
    business_hours: tuple[DayHours, ...] = Field(description="Only where the type is customWeeklyHours")


class AvailabilityWindowOut(AvailabilityOut):
    """An availability for some dates, both included."""

    start_date: Day
    end_date: Day


class PolicyOut(Out):
    """The scheduling policy that counts; nothing is inherited any more."""

    time_slot_interval: Duration
    minimum_lead_time: Duration
    maximum_advance: Duration
    allow_staff_selection: bool
    general_availability: AvailabilityOut
    custom_availabilities: tuple[AvailabilityWindowOut, ...]


class AddressOut(Out):
    """An address; members that are not known are left out."""

    type: str = ""
    post_office_box: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    country_or_region: str = ""
    postal_code: str = ""


class BusinessOut(Named):
    """A business; `id` is the alias under which it is asked for."""

    phone: str | None
    address: AddressOut | None
    web_site_url: str | None
    time_zone: str = Field(description="An IANA name")
    currency: str | None
    languages: tuple[str, ...] = Field(description="The languages of the booking page")
    hours: tuple[DayHours, ...]
    policy: PolicyOut


class PriceOut(Out):
    """The price of a service; `amount` speaks for fixedPrice, startingAt and hourly alone."""

    type: str
    amount: float
    currency: str | None


class QuestionOut(Out):
    """A question that is asked when the service is booked."""

    id: str
    text: str
    type: str = Field(description="text or radioButton")
    options: tuple[str, ...]
    required: bool


class ServiceOut(Named):
    """A service that customers may book."""

    description: str | None
    duration: Duration
    price: PriceOut
    seats: int
    is_online: bool
    location: str | None
    sms_notifications: bool
    questions: tuple[QuestionOut, ...]
    staff: tuple[Named, ...] = Field(description="Empty where the customer may not choose")
    policy: PolicyOut


class ServiceList(Out):
    """The visible services in the order of their names."""

    services: tuple[ServiceOut, ...]


class SlotOut(Out):
    """A start that can be booked."""

    start: Moment
    end: Moment
    staff: tuple[Named, ...] = Field(description="Who could do it")
    seats_left: int


class Reason(Out):
    """Why a start cannot be booked."""

    code: str = Field(description="The stable code of a booking rule")
    detail: str


class RefusedOut(Out):
    """A start of the grid that cannot be booked."""

    start: Moment
    reasons: tuple[Reason, ...]


class SlotListOut(Out):
    """The slots in order; `refused` only with `explain=true`."""

    time_zone: str
    slots: tuple[SlotOut, ...]
    refused: tuple[RefusedOut, ...] = ()


class PhoneOut(Out):
    """A telephone number as it was given."""

    number: str
    type: str | None


class CustomerOut(Out):
    """Microsoft Graph's bookingCustomer."""

    id: str
    display_name: str
    email_address: str
    addresses: tuple[AddressOut, ...]
    phones: tuple[PhoneOut, ...]


class CheckOut(Out):
    """One thing that was tried; `output` is the kind of failure."""

    status: Literal["pass", "fail"]
    output: str


class HealthOut(Out):
    """The health of the deployment (draft-inadarei-api-health-check)."""

    status: Literal["pass", "fail"]
    checks: dict[str, tuple[CheckOut, ...]] = {}


class ProblemError(Out):
    """One thing that is wrong."""

    pointer: str = Field(description="A JSON pointer into the request; empty for all of it")
    code: str = Field(description="Stable: a booking rule's, or the kind of mistake in a field")
    detail: str


class ProblemOut(Out):
    """An error (RFC 9457)."""

    type: str = Field(
        description="Where this kind of problem is explained", json_schema_extra={"format": "uri-reference"}
    )
    title: str
    status: int
    code: str = Field(description="The kind of problem, stable")
    instance: str = Field(description="The same id as in the header Request-Id, as a urn")
    detail: str = ""
    errors: tuple[ProblemError, ...] = ()
