"""What callers send: the wire format of requests, validated and normalised by pydantic.

JSON members are in camelCase, unknown ones are refused, and every text is bounded. Forms use the same
names, nested ones dotted (`customer.email`).
"""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from shared.api.requests.campaign import LONGEST
from shared.api.requests.fields import (
    Email,
    Id,
    Line,
    Name,
    OptionalId,
    OptionalPhone,
    PostalCode,
    cleaned,
    empty_is_none,
    few,
    null_is,
    text,
)
from shared.domain.rules.request import LONGEST_ANSWER
from shared.domain.texts import clean, clean_name

MAX_ANSWERS = 50
MOST_BOOKINGS = 20
"""Bookings on one page for a backend: each of them is read at Graph."""

MAX_LISTED = 10
"""Addresses, or telephones, of one customer."""


class RequestModel(BaseModel):
    """A JSON object of the API: camelCase, closed, frozen."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, defer_build=True)


class AddressBody(RequestModel):
    """Where a customer is to be found."""

    street: Line | None = None
    city: Line | None = None
    state: Line | None = None
    postal_code: PostalCode | None = None
    country_or_region: Line | None = None


class CustomerBody(RequestModel):
    """Who books."""

    name: Name
    email: Email
    phone: OptionalPhone = Field(
        default=None,
        description="As it is dialled in the country of the business, or with its country code; "
        "an extension is told to the staff",
        examples=["+1 213 555 0199", "213-555-0199 ext. 12"],
    )
    notes: Annotated[str, text(2000)] | None = None
    address: AddressBody | None = None


class AnswerBody(RequestModel):
    """An answer to one of the service's questions; for a choice, the text of the option."""

    question_id: Id
    answer: Annotated[str, cleaned(clean), Field(json_schema_extra={"maxLength": LONGEST_ANSWER})]


Answers = Annotated[tuple[AnswerBody, ...], Field(max_length=MAX_ANSWERS), few(MAX_ANSWERS)]


def _campaign(value: object) -> object:
    """In one line; where nothing of it shows it says nothing."""
    return clean_name(value) or None if isinstance(value, str) else value


Campaign = Annotated[Annotated[str, StringConstraints(max_length=LONGEST)] | None, BeforeValidator(_campaign)]


class BookingBody(RequestModel):
    """One booking; price, length and everything else come from the service."""

    service_id: Id
    start: Annotated[str, text(40, 1)] = Field(
        description="ISO 8601 with an offset, or local and then read in timeZone",
        examples=["2026-12-01T10:00:00-06:00"],
    )
    time_zone: Annotated[Annotated[str, text(80)] | None, BeforeValidator(empty_is_none)] = Field(
        default=None,
        description="The visitor's zone, IANA or Windows name; the business's where it is missing",
        examples=["America/Chicago"],
    )
    staff_id: OptionalId = None
    customer: CustomerBody
    answers: Annotated[Answers, null_is((), Answers | None)] = ()
    sms_notifications: Annotated[bool, null_is(default=False, also=bool | None)] = Field(
        default=False, description="Text messages as well, where the service offers them; none if left out"
    )
    consent: Annotated[bool, null_is(default=False, also=bool | None)] = Field(
        default=False, description="Whether the customer agreed to what the shop asks consent for"
    )
    campaign: Campaign = Field(
        default=None,
        description="What the booking came from, in one line; kept for the shop, never sent to Microsoft",
    )
    human_check: Annotated[Annotated[str, text(4096)] | None, BeforeValidator(empty_is_none)] = Field(
        default=None, description="The solved challenge, where the deployment asks for one"
    )
    website: Annotated[str, text(200)] | None = Field(
        default=None, description="To be left empty; people do not see this field of the form"
    )


class RescheduleBody(RequestModel):
    """Another time for a booking."""

    start: Annotated[str, text(40, 1)] = Field(
        description="ISO 8601 with an offset, or local and then read in timeZone",
        examples=["2026-12-02T10:00:00-06:00"],
    )
    time_zone: Annotated[Annotated[str, text(80)] | None, BeforeValidator(empty_is_none)] = Field(
        default=None, description="The visitor's zone from now on; the booking's where it is missing"
    )
    staff_id: OptionalId = Field(
        default=None, description="Who is to give it; where it is missing, whoever does, if they are free"
    )


class CancelBody(RequestModel):
    """The end of a booking."""

    reason: Annotated[str, text(1000)] | None = Field(
        default=None,
        description="Mailed to the staff, where the deployment can and the appointment is theirs alone",
    )


class EraseBody(RequestModel):
    """Whose data is to be erased."""

    email: Email


class GraphAddress(RequestModel):
    """Microsoft Graph's physicalAddress."""

    odata_type: Annotated[str, text(100)] | None = Field(default=None, alias="@odata.type")
    type: Annotated[str, StringConstraints(pattern="^(home|business|other|unknown)$")] | None = None
    post_office_box: Line | None = None
    street: Line | None = None
    city: Line | None = None
    state: Line | None = None
    country_or_region: Line | None = None
    postal_code: PostalCode | None = None


PHONE_TYPES = "home|business|mobile|other|assistant|homeFax|businessFax|otherFax|pager|radio"


class GraphPhone(RequestModel):
    """Microsoft Graph's phone; the number stays as it is written."""

    odata_type: Annotated[str, text(100)] | None = Field(default=None, alias="@odata.type")
    number: Annotated[str, text(40, 1)]
    type: Annotated[str, StringConstraints(pattern=f"^({PHONE_TYPES})$")] | None = None


Addresses = Annotated[tuple[GraphAddress, ...], Field(max_length=MAX_LISTED), few(MAX_LISTED)]
Phones = Annotated[tuple[GraphPhone, ...], Field(max_length=MAX_LISTED), few(MAX_LISTED)]


class GraphCustomer(RequestModel):
    """Microsoft Graph's bookingCustomer, as its own documentation sends it."""

    odata_type: Annotated[str, StringConstraints(pattern=r"^#microsoft\.graph\.bookingCustomer$")] | None = (
        Field(default=None, alias="@odata.type")
    )
    display_name: Name
    email_address: Email
    addresses: Annotated[Addresses, null_is((), Addresses | None)] = ()
    phones: Annotated[Phones, null_is((), Phones | None)] = ()


class SlotsQuery(BaseModel):
    """The query string of the slots route; dates are local to `timeZone`, both included."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True, defer_build=True)

    first: date = Field(alias="from", description="First local date", examples=["2026-12-01"])
    last: date = Field(alias="to", description="Last local date, included", examples=["2026-12-07"])
    time_zone: Annotated[str, text(80)] | None = None
    staff_id: Id | None = None
    explain: bool = Field(default=False, description="Also list the refused starts with their reasons")


class PartnerServicesQuery(BaseModel):
    """Which services a backend asks for."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True, defer_build=True)

    hidden: bool = Field(default=False, description="Also those that are hidden from customers")


class PartnerBookingsQuery(BaseModel):
    """Which bookings a backend asks for: one by reference, a person's, or those that start on some dates."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True, defer_build=True)

    reference: Annotated[str, text(40)] | None = None
    email: Email | None = None
    first: date | None = Field(default=None, alias="from", examples=["2026-12-01"])
    last: date | None = Field(default=None, alias="to", examples=["2026-12-07"])
    cursor: Annotated[str, text(200)] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_BOOKINGS)] = MOST_BOOKINGS


class ChallengeQuery(BaseModel):
    """The query string of the challenge route: the slot that is to be booked, as in the booking."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True, defer_build=True)

    service_id: Id
    start: Annotated[str, text(40, 1)]
    time_zone: Annotated[str, text(80)] | None = None
