"""What a shop set up in Microsoft Bookings, read into a catalogue: what cannot be read or sold is left out.

The SDK carries no types (`py.typed`), so this is part of the typed wall. A member that is not set, one that
cannot be read and one whose value nobody knows are different things; what each of them means stands beside
it. `shared/graph/sdk_patches.py` keeps them apart: what cannot be read has raised there already.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from msgraph_beta.generated.models.booking_business import BookingBusiness
from msgraph_beta.generated.models.booking_custom_question import BookingCustomQuestion
from msgraph_beta.generated.models.booking_reminder import BookingReminder
from msgraph_beta.generated.models.booking_scheduling_policy import BookingSchedulingPolicy
from msgraph_beta.generated.models.booking_service import BookingService
from msgraph_beta.generated.models.booking_staff_member import BookingStaffMember
from msgraph_beta.generated.models.bookings_availability import BookingsAvailability
from msgraph_beta.generated.models.bookings_availability_window import BookingsAvailabilityWindow

from shared.domain.errors import UnknownBusinessZone
from shared.domain.left_out import LeftOut
from shared.domain.model import (
    AskedQuestion,
    Availability,
    AvailabilityType,
    AvailabilityWindow,
    Business,
    Catalogue,
    PolicySettings,
    Question,
    Reminder,
    Service,
    StaffMember,
)
from shared.domain.zones import UnknownZone, iana_zone
from shared.graph.page_settings import read_page_settings
from shared.graph.reading import enum_text, plain_id, read_address, read_hours, read_location
from shared.graph.sdk_patches import UNREADABLE, Unread

logger = logging.getLogger(__name__)

T = TypeVar("T")

NOTHING = timedelta()
PRICE_TYPES = frozenset(
    {"undefined", "fixedPrice", "startingAt", "hourly", "free", "priceVaries", "callUs", "notSet"}
)
RECIPIENTS = frozenset({"allAttendees", "staff", "customer"})


def read_catalogue(
    about: Business,
    services: Sequence[BookingService],
    staff: Sequence[BookingStaffMember],
    questions: Sequence[BookingCustomQuestion] | None,
) -> Catalogue:
    """Everything that can be read; `questions` are None where Graph does not tell them.

    A service that can be read and not be sold is there, hidden from customers: its bookings can still be
    told.
    """
    left: list[LeftOut] = []
    asked = None if questions is None else dict(_each("question", questions, read_question, left))
    left += [
        LeftOut("question", one.id, "unanswerable")
        for one in (asked or {}).values()
        if not _can_be_answered(one)
    ]
    people = dict(
        _each("staff", staff, lambda one: read_staff_member(one, about.time_zone), left),
    )
    offered = dict(_each("service", services, lambda one: read_service(one, asked, left), left))
    for one in left:
        extra = {"business": about.id, "subject": f"{one.what} {one.id}", "reason": one.reason}
        logger.warning("catalogue.left-out", extra={"event": "catalogue.left-out", **extra})
    return Catalogue(about, offered, people, tuple(left))


def _each(
    what: str, values: Sequence[Any], read: Callable[[Any], T], left: list[LeftOut]
) -> Iterator[tuple[str, T]]:
    """Each value that can be read, by its id."""
    for value in values:
        found = plain_id(value.id)
        try:
            if isinstance(value, Unread) or found is None:
                raise ValueError("an entity cannot be read")
            yield found, read(value)
        except UnknownZone:
            left.append(LeftOut(what, found or "", "unknown-time-zone"))
        except UNREADABLE:
            left.append(LeftOut(what, found or "", "unreadable"))


def read_availability(value: BookingsAvailability) -> Availability:
    """When a service may be booked; a type that is missing or that nobody knows counts as not bookable."""
    name = enum_text(value.availability_type, AvailabilityType.NOT_BOOKABLE)
    known = name in set(AvailabilityType)
    kind = AvailabilityType(name) if known else AvailabilityType.NOT_BOOKABLE
    return Availability(kind, read_hours(value.business_hours))


def read_window(value: BookingsAvailabilityWindow) -> AvailabilityWindow:
    """A custom availability; Graph allows a date to be null, which leaves the window open on that side."""
    return AvailabilityWindow(
        value.start_date or date.min, value.end_date or date.max, read_availability(value)
    )


def read_policy(value: BookingSchedulingPolicy | None) -> PolicySettings | None:
    """A policy with what this level sets; None where the level has no policy of its own.

    A member that is not set is inherited, as Microsoft documents it. A negative time makes the entity
    unreadable.
    """
    if value is None:
        return None
    general = value.general_availability
    custom = value.custom_availabilities
    return PolicySettings(
        _not_negative(value.time_slot_interval),
        _not_negative(value.minimum_lead_time),
        _not_negative(value.maximum_advance),
        value.allow_staff_selection,
        None if general is None else read_availability(general),
        None if custom is None else tuple(read_window(window) for window in custom),
    )


def _not_negative(length: timedelta | None) -> timedelta | None:
    if length is not None and length < NOTHING:
        raise ValueError("a length of time is negative")
    return length


def read_business(value: BookingBusiness, time_zone: str | None) -> Business:
    """The business; `time_zone` serves where Graph names none that is known.

    Raises UnknownBusinessZone where neither is: hours of a shop whose zone is unknown cannot be placed in
    time. Hours that are not set are no hours. That it is published has to be said.
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
        language_tag=value.language_tag,
        is_published=value.is_published,
        access_control=enum_text(page.access_control, "unknown") if page else None,
        page=read_page_settings(page),
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
    """A custom question with its choices; an unknown kind keeps its name, and nobody can answer it.

    Where no kind is set and there is nothing to choose from, only a text can be meant.
    """
    options = tuple(value.answer_options or ())
    kind = enum_text(value.answer_input_type, "unknown" if options else "text")
    return Question(plain_id(value.id) or "", value.display_name or "", kind, options)


def _can_be_answered(question: Question | None) -> bool:
    if question is None:
        return False
    return question.answer_input_type == "text" or (
        question.answer_input_type == "radioButton" and bool(question.options)
    )


def read_service(
    value: BookingService, questions: Mapping[str, Question] | None, left: list[LeftOut]
) -> Service:
    """A service with its questions resolved; one that cannot be sold is hidden from customers, and in `left`.

    Graph always has the buffers and the number of seats, so one without them is not readable. Whether it is
    hidden has to be said; what is online, in text messages or managed by customers is documented as false.
    """
    asked = _asked(value, questions or {})
    obstacle = _obstacle(value, asked, questions)
    if obstacle is not None:
        left.append(LeftOut("service", plain_id(value.id) or "", obstacle))
    price = value.default_price
    price_type = enum_text(value.default_price_type, "notSet")
    return Service(
        id=plain_id(value.id) or "",
        display_name=value.display_name or "",
        default_duration=_not_negative(value.default_duration) or NOTHING,
        pre_buffer=_given(_not_negative(value.pre_buffer)),
        post_buffer=_given(_not_negative(value.post_buffer)),
        maximum_attendees_count=_given(value.maximum_attendees_count),
        staff_member_ids=tuple(filter(None, map(plain_id, value.staff_member_ids or ()))),
        questions=tuple(one for one in asked if _can_be_answered(one.question)),
        policy=read_policy(value.scheduling_policy),
        is_hidden_from_customers=value.is_hidden_from_customers is not False or obstacle is not None,
        # A price of a kind that nobody knows, or a kind without its price, is told as not set.
        default_price=price or 0.0,
        default_price_type=price_type if price_type in PRICE_TYPES and price is not None else "notSet",
        description=value.description,
        additional_information=value.additional_information,
        language_tag=value.language_tag,
        default_location=read_location(value.default_location),
        default_reminders=read_reminders(value),
        is_location_online=bool(value.is_location_online),
        sms_notifications_enabled=bool(value.sms_notifications_enabled),
        is_customer_allowed_to_manage_booking=bool(value.is_customer_allowed_to_manage_booking),
    )


def _given(value: T | None) -> T:
    if value is None:
        raise ValueError("a member that Graph always has is not there")
    return value


def _asked(value: BookingService, questions: Mapping[str, Question]) -> Sequence[AskedQuestion]:
    """What the service asks; a question that is gone has no kind, one not said to be optional is required."""
    ids = [
        (plain_id(one.question_id) or "", one.is_required is not False)
        for one in value.custom_questions or ()
    ]
    return [AskedQuestion(questions.get(one, Question(one, "", "")), required) for one, required in ids]


def _obstacle(
    value: BookingService, asked: Sequence[AskedQuestion], questions: Mapping[str, Question] | None
) -> str | None:
    """Why nobody can book this service, whatever the calendar says."""
    if not value.default_duration:
        return "no-length"
    if asked and questions is None:
        return "questions-unreadable"
    gone = any(one.is_required and not _can_be_answered(one.question) for one in asked)
    return "question-gone" if gone else None


def read_reminders(value: BookingService) -> tuple[Reminder, ...]:
    """The reminders of a service that can be read."""
    return tuple(filter(None, map(read_reminder, value.default_reminders or ())))


def read_reminder(value: BookingReminder | Unread) -> Reminder | None:
    """A reminder, its offset before the start; None where it does not say when, or to whom nobody knows.

    Graph writes offsets as negative durations, its documentation as positive ones: both mean before.
    """
    recipients = "" if isinstance(value, Unread) else enum_text(value.recipients, "")
    if isinstance(value, Unread) or value.offset is None or recipients not in RECIPIENTS:
        logger.warning("reminder.unreadable", extra={"event": "reminder.unreadable"})
        return None
    return Reminder(value.message or "", abs(value.offset), recipients)


def read_staff_member(value: BookingStaffMember, business_zone: str) -> StaffMember:
    """A staff member; without a zone of their own, the business's counts. Raises UnknownZone.

    Clouds that know no membership have active members only; an unknown membership keeps its name, which is
    not active. Whose hours count has to be said.
    """
    own_hours = not _given(value.use_business_hours)
    zone = value.time_zone or business_zone
    if own_hours:
        iana_zone(zone)
    return StaffMember(
        id=plain_id(value.id) or "",
        display_name=value.display_name or "",
        time_zone=zone,
        use_business_hours=not own_hours,
        hours=read_hours(value.working_hours),
        membership_status=enum_text(value.membership_status, "active"),
    )
