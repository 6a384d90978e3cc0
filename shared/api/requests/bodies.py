"""What callers send: the wire format of requests, validated and normalised by pydantic.

JSON members are in camelCase, unknown ones are refused, and every text is bounded. Forms use the same
names, nested ones dotted (`customer.email`).
"""

from collections.abc import Sized
from datetime import date
from typing import Annotated

import phonenumbers
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    StringConstraints,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError, PydanticKnownError

MAX_ANSWERS = 50
MAX_EMAIL = 254
MAX_LISTED = 10
"""Addresses, or telephones, of one customer."""


def _e164(text: str) -> str:
    """The telephone number in E.164; it must be written with its country code."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise PydanticCustomError(
            "phone", "expected a telephone number with its country code, such as +1 213 555 0199"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _empty_is_none(value: object) -> object:
    """An empty form field says nothing."""
    return None if isinstance(value, str) and not value.strip() else value


def text(most: int, least: int = 0) -> StringConstraints:
    """A bounded text without surrounding space and without control characters other than line breaks."""
    return StringConstraints(
        strip_whitespace=True,
        min_length=least,
        max_length=most,
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$",
    )


def few(most: int) -> BeforeValidator:
    """A list of so many elements at most, counted before any of them is looked at."""

    def counted(value: object) -> object:
        if isinstance(value, Sized) and len(value) > most:
            found = {"field_type": "List", "max_length": most, "actual_length": len(value)}
            raise PydanticKnownError("too_long", found)
        return value

    return BeforeValidator(counted)


def short(most: int) -> BeforeValidator:
    """A text of so many characters at most, counted before anything else is done with it."""

    def counted(value: object) -> object:
        if isinstance(value, str) and len(value) > most:
            raise PydanticKnownError("string_too_long", {"max_length": most})
        return value

    return BeforeValidator(counted)


Name = Annotated[str, text(100, 1)]
Id = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_.=+/-]+$"),
]
OptionalId = Annotated[Id | None, BeforeValidator(_empty_is_none)]
Phone = Annotated[Annotated[str, text(40, 1)], AfterValidator(_e164)]
OptionalPhone = Annotated[Phone | None, BeforeValidator(_empty_is_none)]
Email = Annotated[EmailStr, StringConstraints(max_length=MAX_EMAIL), short(MAX_EMAIL)]
Line = Annotated[str, text(200)]


class RequestModel(BaseModel):
    """A JSON object of the API: camelCase, closed, frozen."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, defer_build=True)


class AddressBody(RequestModel):
    """Where a customer is to be found."""

    street: Line | None = None
    city: Line | None = None
    state: Line | None = None
    postal_code: Annotated[str, text(30)] | None = None
    country_or_region: Line | None = None


class CustomerBody(RequestModel):
    """Who books."""

    name: Name
    email: Email
    phone: OptionalPhone = Field(default=None, examples=["+1 213 555 0199"])
    notes: Annotated[str, text(2000)] | None = None
    address: AddressBody | None = None


class AnswerBody(RequestModel):
    """An answer to one of the service's questions; for a choice, the text of the option."""

    question_id: Id
    answer: Annotated[str, text(2000)]


class BookingBody(RequestModel):
    """One booking; price, length and everything else come from the service."""

    service_id: Id
    start: Annotated[str, text(40, 1)] = Field(
        description="ISO 8601 with an offset, or local and then read in timeZone",
        examples=["2026-12-01T10:00:00-06:00"],
    )
    time_zone: Annotated[Annotated[str, text(80)] | None, BeforeValidator(_empty_is_none)] = Field(
        default=None,
        description="The visitor's zone, IANA or Windows name; the business's where it is missing",
        examples=["America/Chicago"],
    )
    staff_id: OptionalId = None
    customer: CustomerBody
    answers: Annotated[tuple[AnswerBody, ...], Field(max_length=MAX_ANSWERS), few(MAX_ANSWERS)] = ()
    sms_notifications: bool = Field(
        default=False, description="Text messages as well, where the service offers them; none if left out"
    )
    human_check: Annotated[Annotated[str, text(4096)] | None, BeforeValidator(_empty_is_none)] = Field(
        default=None, description="The solved challenge, where the deployment asks for one"
    )
    website: Annotated[str, text(200)] | None = Field(
        default=None, description="To be left empty; people do not see this field of the form"
    )


class GraphAddress(RequestModel):
    """Microsoft Graph's physicalAddress."""

    odata_type: Annotated[str, text(100)] | None = Field(default=None, alias="@odata.type")
    type: Annotated[str, StringConstraints(pattern="^(home|business|other|unknown)$")] | None = None
    post_office_box: Line | None = None
    street: Line | None = None
    city: Line | None = None
    state: Line | None = None
    country_or_region: Line | None = None
    postal_code: Annotated[str, text(30)] | None = None


PHONE_TYPES = "home|business|mobile|other|assistant|homeFax|businessFax|otherFax|pager|radio"


class GraphPhone(RequestModel):
    """Microsoft Graph's phone; the number stays as it is written."""

    odata_type: Annotated[str, text(100)] | None = Field(default=None, alias="@odata.type")
    number: Annotated[str, text(40, 1)]
    type: Annotated[str, StringConstraints(pattern=f"^({PHONE_TYPES})$")] | None = None


class GraphCustomer(RequestModel):
    """Microsoft Graph's bookingCustomer, as its own documentation sends it."""

    odata_type: Annotated[str, StringConstraints(pattern=r"^#microsoft\.graph\.bookingCustomer$")] | None = (
        Field(default=None, alias="@odata.type")
    )
    display_name: Name
    email_address: Email
    addresses: Annotated[tuple[GraphAddress, ...], Field(max_length=MAX_LISTED), few(MAX_LISTED)] = ()
    phones: Annotated[tuple[GraphPhone, ...], Field(max_length=MAX_LISTED), few(MAX_LISTED)] = ()


class SlotsQuery(BaseModel):
    """The query string of the slots route; dates are local to `timeZone`, both included."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True, defer_build=True)

    first: date = Field(alias="from", description="First local date", examples=["2026-12-01"])
    last: date = Field(alias="to", description="Last local date, included", examples=["2026-12-07"])
    time_zone: Annotated[str, text(80)] | None = None
    staff_id: Id | None = None
    explain: bool = Field(default=False, description="Also list the refused starts with their reasons")


class ChallengeQuery(BaseModel):
    """The query string of the challenge route: the slot that is to be booked, as in the booking."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True, defer_build=True)

    service_id: Id
    start: Annotated[str, text(40, 1)]
    time_zone: Annotated[str, text(80)] | None = None
