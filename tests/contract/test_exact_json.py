"""Nothing is guessed: what the SDK cannot read is not what is not there, member by member."""

import json
import logging
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter
from msgraph_beta.generated.models.booking_appointment import BookingAppointment
from msgraph_beta.generated.models.booking_business import BookingBusiness
from msgraph_beta.generated.models.booking_custom_question import BookingCustomQuestion
from msgraph_beta.generated.models.booking_service import BookingService
from msgraph_beta.generated.models.booking_service_collection_response import BookingServiceCollectionResponse
from msgraph_beta.generated.models.booking_staff_member import BookingStaffMember
from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_beta.generated.solutions.booking_businesses.item.get_staff_availability.get_staff_availability_post_response import (  # noqa: E501
    GetStaffAvailabilityPostResponse,
)

from shared.domain.intervals import LocalSpan
from shared.domain.model import AvailabilityStatus, AvailabilityType, Service
from shared.domain.zones import UnknownZone
from shared.graph.reading import plain_id, read_appointment, read_staff_availability
from shared.graph.sdk_patches import UNREADABLE, Unread, keep_values_plainly, make_entity_lean, read_exactly
from shared.graph.shop import read_business, read_question, read_service, read_staff_member
from shared.graph.writing import copy_from_service, write_reminder

HOUR = timedelta(hours=1)
SERVICE: dict[str, Any] = {
    "id": "AA000001-0000-4000-8000-00000000A001",
    "displayName": "Haircut",
    "defaultDuration": "PT30M",
    "preBuffer": "PT0S",
    "postBuffer": "PT5M",
    "maximumAttendeesCount": 1,
    "isHiddenFromCustomers": False,
    "staffMemberIds": ["8EE1C803-A1FA-406D-8259-7AB53233F148"],
    "defaultPrice": 20.0,
    "defaultPriceType": "fixedPrice",
}
STAFF = {"id": "s", "displayName": "Ann", "useBusinessHours": True, "timeZone": "America/Chicago"}
BUSINESS = {
    "id": "b@contoso.com",
    "displayName": "B",
    "isPublished": True,
    "bookingPageSettings": {"businessTimeZone": "America/Chicago", "accessControl": "unrestricted"},
}
APPOINTMENT: dict[str, Any] = {
    "id": "AAMk-1",
    "serviceId": "s",
    "start": {"dateTime": "2026-12-01T16:00:00.0000000Z", "timeZone": "UTC"},
    "end": {"dateTime": "2026-12-01T16:30:00.0000000Z", "timeZone": "UTC"},
    "maximumAttendeesCount": 5,
    "filledAttendeesCount": 1,
}


@pytest.fixture(autouse=True)
def as_in_production() -> None:
    make_entity_lean()
    keep_values_plainly()
    read_exactly()


def sdk(kind: Any, document: object) -> Any:  # noqa: ANN401 (the SDK's models)
    """What the SDK makes of a document, as it would of an answer's body."""
    content = json.dumps(document).encode()
    return JsonParseNodeFactory().get_root_parse_node("application/json", content).get_object_value(kind)


def service(**members: object) -> Service:
    return read_service(sdk(BookingService, {**SERVICE, **members}), {}, [])


@pytest.mark.parametrize(
    ("offset", "before"),
    [
        ("-PT1H", HOUR),
        ("PT1H", HOUR),
        ("-PT15M", HOUR / 4),
        ("-P1D", 24 * HOUR),
        ("-P1DT2H30M", 26.5 * HOUR),
        ("0:10:00", HOUR / 6),
        ("PT0S", timedelta()),
    ],
)
def test_reminders_go_out_before_the_start(offset: str, before: timedelta) -> None:
    """Graph writes offsets in either sign; they are sent positive, which is all that the SDK can write."""
    found = service(defaultReminders=[{"message": "Soon.", "offset": offset, "recipients": "customer"}])

    assert [one.offset for one in found.default_reminders] == [before]
    writer = JsonSerializationWriter()
    writer.write_object_value(None, write_reminder(found.default_reminders[0]))
    assert not json.loads(writer.get_serialized_content())["offset"].startswith("-")


@pytest.mark.parametrize(
    "reminder",
    [
        {"message": "x", "recipients": "customer"},
        {"message": "x", "offset": "soon", "recipients": "customer"},
        {"message": "x", "offset": "PT", "recipients": "customer"},
        {"message": "x", "offset": "PT1H", "recipients": "everybodyElse"},
        {"message": "x", "offset": "PT1H"},
        "tomorrow",
    ],
)
def test_a_reminder_that_nobody_understands_is_not_sent(reminder: object) -> None:
    """Neither at the start nor to the customer: the others are sent."""
    good = {"message": "Soon.", "offset": "PT2H", "recipients": "staff"}

    found = service(defaultReminders=[reminder, good])

    assert [(one.offset, one.recipients) for one in found.default_reminders] == [(2 * HOUR, "staff")]


@pytest.mark.parametrize(
    "members",
    [
        {"preBuffer": None},
        {"postBuffer": "-PT5M"},
        {"preBuffer": "five minutes"},
        {"maximumAttendeesCount": None},
        {"maximumAttendeesCount": "5"},
        {"defaultDuration": "half an hour"},
        {"defaultDuration": "-PT30M"},
        {"isHiddenFromCustomers": "no"},
        {"schedulingPolicy": {"minimumLeadTime": "-PT1H"}},
        {"schedulingPolicy": {"timeSlotInterval": 15}},
        {"schedulingPolicy": {"customAvailabilities": [{"startDate": "some day"}]}},
        {"schedulingPolicy": {"customAvailabilities": [{"startDate": 7}]}},
        {"schedulingPolicy": {"customAvailabilities": "none"}},
        {"staffMemberIds": {"ann": True}},
        {"staffMemberIds": [5]},
        {"staffMemberIds": "ann"},
        {"customQuestions": {}},
        {"displayName": 7},
    ],
)
def test_a_service_that_cannot_be_read_whole_is_not_read(members: dict[str, object]) -> None:
    """No buffer, one seat or no lead time would each look like a decision of the shop."""
    with pytest.raises(UNREADABLE):
        service(**members)


def test_one_service_that_cannot_be_read_leaves_the_list() -> None:
    """The SDK raises for the whole list; only the one that cannot be read is missing, by its id."""
    listed = [
        SERVICE,
        {**SERVICE, "id": "broken", "defaultDuration": "24:00:00:00"},
        {**SERVICE, "id": "x"},
        5,
    ]

    page = sdk(BookingServiceCollectionResponse, {"value": listed})

    assert [(isinstance(one, Unread), one.id) for one in page.value] == [
        (False, SERVICE["id"]),
        (True, "broken"),
        (False, "x"),
        (True, None),
    ]


@pytest.mark.parametrize("hidden", [None, True])
def test_a_service_is_offered_where_graph_says_so(hidden: object) -> None:
    """That nobody says whether it is hidden is no yes."""
    assert service(isHiddenFromCustomers=hidden).is_hidden_from_customers
    assert not service().is_hidden_from_customers


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({}, ("fixedPrice", 20.0)),
        ({"defaultPriceType": "perMinute"}, ("notSet", 20.0)),
        ({"defaultPriceType": None}, ("notSet", 20.0)),
        ({"defaultPrice": None}, ("notSet", 0.0)),
        ({"defaultPrice": 0}, ("fixedPrice", 0.0)),
    ],
)
def test_a_price_that_nobody_knows_is_not_free(members: dict[str, object], told: tuple[str, float]) -> None:
    """A kind of price that is not known is told and written as not set, and the writer knows it."""
    found = service(**members)

    assert (found.default_price_type, found.default_price) == told
    copy_from_service(BookingAppointment(), found)


def test_ids_are_compared_without_their_case() -> None:
    """Graph writes GUIDs in either case of letters; ids of appointments mean something in their letters."""
    found = service()

    assert (found.id, found.staff_member_ids) == (
        SERVICE["id"].lower(),
        (SERVICE["staffMemberIds"][0].lower(),),
    )
    assert plain_id("AAMkADKpAbC=") == "AAMkADKpAbC="


@pytest.mark.parametrize(
    ("slot", "spans"),
    [
        ({"start": "08:00:00.0000000", "end": "24:00:00"}, (LocalSpan(time(8), time()),)),
        ({"start": "08:00:00", "end": "24:00:00.0000000"}, (LocalSpan(time(8), time()),)),
        ({"start": "00:00:00", "end": "24:00"}, (LocalSpan(time(), time()),)),
        ({"start": "24:00:00", "end": "24:00:00"}, None),
        ({"start": "08:00:00", "end": "25:00:00"}, None),
        ({"start": "08:00:00"}, None),
        ("always", None),
    ],
)
def test_hours_that_cannot_be_read_are_closed(
    slot: object, spans: tuple[LocalSpan, ...] | None, caplog: pytest.LogCaptureFixture
) -> None:
    """24:00 ends the day; of hours that make no sense only those are closed, and the log says so."""
    days = [{"day": "monday", "timeSlots": [slot]}, {"day": "friday", "timeSlots": []}]

    found = read_business(sdk(BookingBusiness, {**BUSINESS, "businessHours": days}), None).hours

    assert found == ({} if spans is None else {0: spans})
    assert ("hours.unreadable" in caplog.messages) == (spans is None)


def test_a_day_that_nobody_knows_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    """Its hours are no other day's."""
    caplog.set_level(logging.WARNING)
    slot = {"start": "08:00:00", "end": "12:00:00"}
    days = [{"day": "holiday", "timeSlots": [slot]}, {"day": "tuesday", "timeSlots": [slot]}]

    found = read_business(sdk(BookingBusiness, {**BUSINESS, "businessHours": days}), None).hours

    assert found == {1: (LocalSpan(time(8), time(12)),)}
    assert "hours.unreadable" in caplog.messages


@pytest.mark.parametrize("kind", [None, "byAppointmentOnly", "unknownFutureValue"])
def test_an_availability_that_nobody_knows_is_not_bookable(kind: object) -> None:
    """An availability of a kind that is missing or new does not open the service at all hours."""
    found = service(schedulingPolicy={"generalAvailability": {"availabilityType": kind}})

    assert found.policy is not None
    assert found.policy.general_availability is not None
    assert found.policy.general_availability.type is AvailabilityType.NOT_BOOKABLE


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({"answerInputType": "radioButton", "answerOptions": ["a"]}, "radioButton"),
        ({"answerInputType": "slider"}, "slider"),
        ({"answerInputType": None, "answerOptions": ["a", "b"]}, "unknown"),
        ({"answerInputType": None}, "text"),
    ],
)
def test_a_question_of_an_unknown_kind_keeps_its_name(members: dict[str, object], kind: str) -> None:
    """It is not taken for a text."""
    question = read_question(sdk(BookingCustomQuestion, {"id": "q", "displayName": "?", **members}))

    assert question.answer_input_type == kind


@pytest.mark.parametrize("membership", ["suspended", "pendingAcceptance", "unknownFutureValue"])
def test_a_membership_that_nobody_knows_is_not_active(membership: str) -> None:
    """Only clouds that know no membership leave it out; there everybody is active."""
    person = {**STAFF, "membershipStatus": membership}

    assert read_staff_member(sdk(BookingStaffMember, person), "UTC").membership_status == membership
    assert read_staff_member(sdk(BookingStaffMember, STAFF), "UTC").membership_status == "active"


@pytest.mark.parametrize("zone", ["tzone://Microsoft/Custom", "Mars/Olympus"])
def test_hours_of_their_own_need_a_zone(zone: str) -> None:
    """Who keeps the business's hours is not concerned by a zone that nobody knows."""
    own = {**STAFF, "timeZone": zone, "useBusinessHours": False}

    with pytest.raises(UnknownZone):
        read_staff_member(sdk(BookingStaffMember, own), "America/Chicago")

    assert read_staff_member(
        sdk(BookingStaffMember, {**own, "useBusinessHours": True}), "UTC"
    ).use_business_hours
    assert (
        read_staff_member(sdk(BookingStaffMember, {**own, "timeZone": ""}), "Asia/Tokyo").time_zone
        == "Asia/Tokyo"
    )


def test_whose_hours_count_has_to_be_said() -> None:
    """Neither the business's nor their own are taken by default."""
    with pytest.raises(UNREADABLE):
        read_staff_member(sdk(BookingStaffMember, {**STAFF, "useBusinessHours": None}), "UTC")


@pytest.mark.parametrize(
    ("seats", "filled", "left"), [(5, 1, 4), (None, 0, 0), (5, None, 0), (None, None, 0), (5, 5, 0)]
)
def test_seats_that_nobody_can_count_are_taken(seats: int | None, filled: int | None, left: int) -> None:
    """An appointment without its numbers is not one of one seat with nobody in it."""
    numbers = {"maximumAttendeesCount": seats, "filledAttendeesCount": filled}

    read = read_appointment(sdk(BookingAppointment, {**APPOINTMENT, **numbers}))

    assert max(0, read.maximum_attendees - read.filled) == left


@pytest.mark.parametrize(
    "start",
    [
        None,
        {"dateTime": "2026-12-01T16:00:00"},
        {"dateTime": "2026-12-01T16:00:00", "timeZone": "tzone://Microsoft/Custom"},
        {"dateTime": "soon", "timeZone": "UTC"},
    ],
)
def test_a_time_without_a_zone_is_no_time(start: object) -> None:
    """It is not taken for UTC."""
    with pytest.raises(UNREADABLE):
        read_appointment(sdk(BookingAppointment, {**APPOINTMENT, "start": start}))


def test_a_time_in_a_named_zone_is_read() -> None:
    """Graph's samples name zones as Windows shows them."""
    start = {"dateTime": "2026-12-01T10:00:00.0000000", "timeZone": "(UTC-06:00) Central Time (US & Canada)"}

    read = read_appointment(sdk(BookingAppointment, {**APPOINTMENT, "start": start}))

    assert read.span.start == datetime(2026, 12, 1, 16, tzinfo=UTC)


def test_nobody_is_dropped_who_does_not_say_what_they_are() -> None:
    """A PATCH replaces the list: a customer without `@odata.type` would be removed by it."""
    people = [{"customerId": "c", "name": "Ann", "notes": "Nut allergy!"}]

    read = read_appointment(sdk(BookingAppointment, {**APPOINTMENT, "customers": people}))

    assert [(one.name, one.notes) for one in read.attendees] == [("Ann", "Nut allergy!")]


def test_what_is_not_known_goes_back_as_it_came() -> None:
    """An answer of a kind that the SDK does not know keeps it when the customer is sent back."""
    answers = [{"questionId": "q", "answerInputType": "slider", "answer": "7"}]
    people = [{"customerId": "c", "customQuestionAnswers": answers}]

    read = read_appointment(sdk(BookingAppointment, {**APPOINTMENT, "customers": people}))

    assert (
        json.loads(str(read.attendees[0].source))["customQuestionAnswers"][0]["answerInputType"] == "slider"
    )


@pytest.mark.parametrize(
    "member",
    [
        {"customers": [5]},
        {"customers": [{"customQuestionAnswers": [5]}]},
        {"customers": [{"customQuestionAnswers": [{"isRequired": "yes"}]}]},
    ],
)
def test_a_customer_who_cannot_be_read_is_not_left_out(member: dict[str, object]) -> None:
    """A PATCH of the others would remove them: then the appointment cannot be read."""
    with pytest.raises(UNREADABLE):
        read_appointment(sdk(BookingAppointment, {**APPOINTMENT, **member}))


@pytest.mark.parametrize(
    "bad",
    [
        5,
        {"status": "available", "startDateTime": 5, "endDateTime": APPOINTMENT["end"]},
        {"status": "available", "startDateTime": APPOINTMENT["end"], "endDateTime": APPOINTMENT["start"]},
        {"status": "available", "endDateTime": APPOINTMENT["end"]},
    ],
)
@pytest.mark.parametrize("wrapper", ["value", "staffAvailabilityItem"])
def test_one_time_that_cannot_be_read_is_nobody_s_free_time(bad: object, wrapper: str) -> None:
    """The other times of the member are told."""
    good = {"status": "Busy", "startDateTime": APPOINTMENT["start"], "endDateTime": APPOINTMENT["end"]}
    people = [{"staffId": "ann", "availabilityItems": [bad, good]}, {"staffId": "bob"}]

    found = read_staff_availability(sdk(GetStaffAvailabilityPostResponse, {wrapper: people}))

    assert {who: [one.status for one in items] for who, items in found.items()} == {
        "ann": [AvailabilityStatus.BUSY],
        "bob": [],
    }


@pytest.mark.parametrize("body", [[], "no", 5, {"error": {"code": 5}}, {"error": 5}])
def test_an_error_s_status_counts_whatever_its_text(body: object) -> None:
    """A strange error document does not turn a refusal into something else."""
    assert isinstance(sdk(ODataError, body), ODataError)


def test_a_page_that_is_none_is_not_an_empty_page() -> None:
    """An answer that is no object is no list without services."""
    with pytest.raises(UNREADABLE):
        sdk(BookingServiceCollectionResponse, [])
