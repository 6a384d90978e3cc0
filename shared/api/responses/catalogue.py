"""The answers about a business and its services."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Literal

from isodate import duration_isoformat
from pydantic import Field

from shared.api.responses.customer import AddressOut, address
from shared.api.responses.model import Day, Duration, Named, ResponseModel
from shared.domain.intervals import WEEKDAYS, Weekday, WeeklyHours
from shared.domain.model import AskedQuestion, Availability, Business, Catalogue, Policy, Service
from shared.domain.roster import effective_policy
from shared.domain.texts import choices
from shared.domain.zones import iana_zone

Clock = Annotated[str, Field(pattern=r"^[0-2][0-9]:[0-5][0-9]$", examples=["08:00"])]


class TimeSlot(ResponseModel):
    """Part of a day, local; an end of 00:00 is the midnight that ends the day."""

    start: Clock
    end: Clock


class DayHours(ResponseModel):
    """The open hours of a day of the week; closed days are left out."""

    day: Weekday
    time_slots: tuple[TimeSlot, ...]


class AvailabilityOut(ResponseModel):
    """When a service may be booked."""

    availability_type: Literal["bookWhenStaffAreFree", "notBookable", "customWeeklyHours"]
    business_hours: tuple[DayHours, ...] = Field(description="Only where the type is customWeeklyHours")


class AvailabilityWindowOut(AvailabilityOut):
    """An availability for some dates, both included."""

    start_date: Day
    end_date: Day


class PolicyOut(ResponseModel):
    """The scheduling policy that counts; nothing is inherited any more."""

    time_slot_interval: Duration
    minimum_lead_time: Duration
    maximum_advance: Duration
    allow_staff_selection: bool
    general_availability: AvailabilityOut
    custom_availabilities: tuple[AvailabilityWindowOut, ...]


class BusinessOut(Named):
    """A business; `id` is the alias under which it is asked for."""

    phone: str | None
    address: AddressOut | None
    web_site_url: str | None
    time_zone: str = Field(description="An IANA name")
    currency: str | None
    language_tag: str | None = Field(description="The language that the shop writes, as BCP 47 tag")
    languages: tuple[str, ...] = Field(description="The languages of the booking page")
    hours: tuple[DayHours, ...]
    policy: PolicyOut


class PriceOut(ResponseModel):
    """The price of a service; `amount` speaks for fixedPrice, startingAt and hourly alone."""

    type: str
    amount: float
    currency: str | None


class QuestionOut(ResponseModel):
    """A question that is asked when the service is booked."""

    id: str
    text: str
    type: str = Field(description="text or radioButton")
    options: tuple[str, ...]
    required: bool


class ServiceOut(Named):
    """A service that customers may book."""

    description: str | None
    language_tag: str | None = Field(description="The language of its texts; the business's where null")
    duration: Duration
    price: PriceOut
    seats: int
    is_online: bool
    location: str | None
    sms_notifications: bool
    questions: tuple[QuestionOut, ...]
    staff: tuple[Named, ...] = Field(description="Empty where the customer may not choose")
    policy: PolicyOut


class ServiceList(ResponseModel):
    """The visible services in the order of their names."""

    services: tuple[ServiceOut, ...]


class PartnerServiceOut(ServiceOut):
    """A service as a backend sees it."""

    hidden: bool = Field(description="Hidden from customers: only partners see and book it")


class PartnerServiceList(ResponseModel):
    """The services that a backend may book, in the order of their names."""

    services: tuple[PartnerServiceOut, ...]


def business(value: Business, alias: str, languages: Sequence[str]) -> BusinessOut:
    """A business as its page shows it, in these languages."""
    own = Service(id="", display_name="", default_duration=timedelta())
    return BusinessOut(
        id=alias,
        name=value.display_name,
        phone=value.phone,
        address=None if value.address is None else address(value.address),
        web_site_url=value.web_site_url,
        time_zone=iana_zone(value.time_zone).key,
        currency=value.currency,
        language_tag=value.language_tag or None,
        languages=tuple(languages),
        hours=hours(value.hours),
        policy=policy(effective_policy(value, own)),
    )


def offered(catalogue: Catalogue, *, with_hidden: bool = False) -> list[Service]:
    """The services that customers may see, or those that partners may book, in the order of their names."""
    found = [one for one in catalogue.services.values() if catalogue.offers(one, to_partner=with_hidden)]
    return sorted(found, key=lambda one: (one.display_name.casefold(), one.id))


def services(catalogue: Catalogue) -> ServiceList:
    """The services that customers may see."""
    return ServiceList(services=tuple(service(catalogue, one) for one in offered(catalogue)))


def partner_services(catalogue: Catalogue, *, with_hidden: bool) -> PartnerServiceList:
    """The services that a partner may book, without the hidden ones unless they are asked for."""
    return PartnerServiceList(
        services=tuple(
            PartnerServiceOut(**dict(service(catalogue, one)), hidden=one.is_hidden_from_customers)
            for one in offered(catalogue, with_hidden=with_hidden)
        )
    )


def service(catalogue: Catalogue, value: Service) -> ServiceOut:
    """One service; its staff only where the customer may choose one."""
    rules = effective_policy(catalogue.business, value)
    return ServiceOut(
        id=value.id,
        name=value.display_name,
        description=value.description,
        language_tag=value.language_tag or None,
        duration=duration_isoformat(value.default_duration),
        price=PriceOut(
            type=value.default_price_type, amount=value.default_price, currency=catalogue.business.currency
        ),
        seats=value.maximum_attendees_count,
        is_online=value.is_location_online,
        location=value.default_location.display_name if value.default_location else None,
        sms_notifications=value.sms_notifications_enabled,
        questions=tuple(question(asked) for asked in value.questions),
        staff=staff(catalogue, value) if rules.allow_staff_selection else (),
        policy=policy(rules),
    )


def question(asked: AskedQuestion) -> QuestionOut:
    """A question of a service."""
    return QuestionOut(
        id=asked.question.id,
        text=asked.question.display_name,
        type=asked.question.answer_input_type,
        options=choices(asked.question),
        required=asked.is_required,
    )


def staff(catalogue: Catalogue, value: Service) -> tuple[Named, ...]:
    """The active staff of a service."""
    members = (catalogue.staff[i] for i in value.staff_member_ids if i in catalogue.staff)
    return tuple(
        Named(id=one.id, name=one.display_name) for one in members if one.membership_status == "active"
    )


def policy(value: Policy) -> PolicyOut:
    """An effective policy."""
    return PolicyOut(
        time_slot_interval=duration_isoformat(value.time_slot_interval),
        minimum_lead_time=duration_isoformat(value.minimum_lead_time),
        maximum_advance=duration_isoformat(value.maximum_advance),
        allow_staff_selection=value.allow_staff_selection,
        general_availability=availability(value.general_availability),
        custom_availabilities=tuple(
            AvailabilityWindowOut(
                start_date=window.start.isoformat(),
                end_date=window.end.isoformat(),
                availability_type=window.availability.type.value,
                business_hours=hours(window.availability.hours),
            )
            for window in value.custom_availabilities
        ),
    )


def availability(value: Availability) -> AvailabilityOut:
    """When a service may be booked; hours only where it has its own."""
    return AvailabilityOut(availability_type=value.type.value, business_hours=hours(value.hours))


def hours(value: WeeklyHours) -> tuple[DayHours, ...]:
    """Weekly hours, Monday first, closed days left out; local to the business's zone."""
    return tuple(
        DayHours(
            day=WEEKDAYS[weekday],
            time_slots=tuple(
                TimeSlot(start=span.start.isoformat("minutes"), end=span.end.isoformat("minutes"))
                for span in value[weekday]
            ),
        )
        for weekday in sorted(value)
    )
