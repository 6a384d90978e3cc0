"""The catalogue from the emulator over HTTP: what is odd or broken closes only what needs it."""

import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from devtools.graph_emulator.client import ControlClient
from devtools.graph_emulator.default_seed import DANA, JORDAN, MENU_TASTING
from shared.domain.errors import Unavailable, UnknownBusinessZone, Unreadable
from shared.domain.intervals import Interval
from shared.domain.left_out import LeftOut
from shared.domain.model import Appointment, Attendee, Catalogue, Customer, Draft
from shared.graph.calls import Calls
from shared.graph.client import Connection, cloud
from shared.graph.credentials import credential
from shared.graph.gateway import GraphGateway
from tests.support.contoso import let_pass
from tests.support.facade import (
    BENTO,
    BUSINESS,
    MAILBOX,
    QUESTION,
    Facade,
    booking,
    connect,
    environment,
    load_app,
    start_at,
)

SERVICE = "aa000001-0000-4000-8000-00000000a001"


@pytest_asyncio.fixture
async def graph(emulator: ControlClient, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GraphGateway]:
    """A gateway to the emulator."""
    for name, value in emulator.identity_environment.items():
        monkeypatch.setenv(name, value)
    where = cloud("https://graph.microsoft.com", emulator.graph_root)
    made = GraphGateway(
        Connection(lambda: credential("managed_identity", None), where), Calls(timedelta(seconds=2))
    )
    yield made
    await made.aclose()


def events(caplog: pytest.LogCaptureFixture) -> list[tuple[str, ...]]:
    """What the gateway warned of: event, business, subject, reason, as far as they are there."""
    names = ("event", "business", "subject", "reason")
    warned = (one for one in caplog.records if one.levelno >= logging.WARNING)
    ours = (vars(one) for one in warned if one.name.startswith("shared"))
    return [tuple(str(each[name]) for name in names if name in each) for each in ours]


async def booked(graph: GraphGateway, catalogue: Catalogue, service: str, **attendee: Any) -> Appointment:  # noqa: ANN401
    """An appointment for this service with Jordan, at ten o'clock."""
    start = start_at(10).astimezone(UTC)
    span = Interval(start, start + catalogue.services[service].default_duration)
    zone = attendee.get("time_zone", "America/Chicago")
    jordan = Attendee(JORDAN, "Jordan Miller", "jordanm@contoso.com", **{"time_zone": zone, **attendee})
    draft = Draft(catalogue.services[service], span, (DANA,), (jordan,), "Reference: BK-1", zone)
    return await graph.create_appointment(MAILBOX, draft, check=let_pass)


@pytest.mark.parametrize(
    "named", ["tzone://Microsoft/Custom", "Customized Time Zone", "Middle-earth/Shire", ""]
)
async def test_a_business_in_an_unknown_zone_is_an_outage(
    graph: GraphGateway, emulator: ControlClient, named: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Never UTC: then 8:00 to 17:00 in Chicago would be sold as 2:00 to 11:00. The log names the business."""
    await emulator.seed(businesses=[{"id": MAILBOX, "bookingPageSettings": {"businessTimeZone": named}}])

    with pytest.raises(UnknownBusinessZone):
        await graph.catalogue(MAILBOX)

    assert events(caplog) == [("business.unknown-zone", MAILBOX)]


@pytest.mark.parametrize(
    ("theirs", "sent"),
    [
        ("Europe/Zurich", "Europe/Berlin"),
        ("Europe/Madrid", "Europe/Paris"),
        ("America/Toronto", "America/New_York"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Australia/Lord_Howe", "Lord Howe Standard Time"),
        ("America/Chicago", "America/Chicago"),
        ("Antarctica/Troll", ""),
    ],
)
async def test_zones_of_visitors_are_sent_as_documented(
    graph: GraphGateway, emulator: ControlClient, theirs: str, sent: str
) -> None:
    """Browsers name zones that Graph's documentation does not list; what is sent shows the same clock."""
    await booked(graph, await graph.catalogue(MAILBOX), MENU_TASTING, time_zone=theirs)

    (stored,) = await emulator.appointments(MAILBOX)
    assert (stored["customerTimeZone"] or "", stored["customers"][0]["timeZone"] or "") == (sent, sent)


@pytest.mark.parametrize(("offset", "sent"), [("-PT1H", "PT1H"), ("-P1D", "P1D"), ("PT15M", "PT15M")])
async def test_reminders_are_sent_positive(
    graph: GraphGateway, emulator: ControlClient, offset: str, sent: str
) -> None:
    """A reminder that Graph writes as `-PT1H` goes out an hour before the start, not at it."""
    await emulator.switch(lists_filled=True, omitted_defaults="zero")
    reminder = {"message": "See you soon.", "offset": offset, "recipients": "allAttendees"}
    await emulator.seed(business=MAILBOX, services=[{"id": MENU_TASTING, "defaultReminders": [reminder]}])

    await booked(graph, await graph.catalogue(MAILBOX), MENU_TASTING)

    (stored,) = await emulator.appointments(MAILBOX)
    assert [one["offset"] for one in stored["reminders"]] == [sent]


async def test_the_place_goes_through_whole(graph: GraphGateway, emulator: ControlClient) -> None:
    """Room mailbox, coordinates, links and ids of the service's location are in the appointment."""
    place = {
        "displayName": "Room 3",
        "locationEmailAddress": "room3@contoso.com",
        "locationUri": "https://contoso.com/rooms/3",
        "locationType": "conferenceRoom",
        "uniqueId": "room-3",
        "uniqueIdType": "directory",
        "coordinates": {
            "latitude": 41.88,
            "longitude": -87.63,
            "altitude": 181.0,
            "accuracy": 5.0,
            "altitudeAccuracy": 1.0,
        },
        "address": {
            "street": "233 North Canal Street",
            "city": "Chicago",
            "state": "IL",
            "postalCode": "60601",
            "countryOrRegion": "USA",
            "postOfficeBox": "7",
            "type": "business",
        },
    }
    await emulator.switch(omitted_defaults="zero")
    await emulator.seed(business=MAILBOX, services=[{"id": MENU_TASTING, "defaultLocation": place}])

    await booked(graph, await graph.catalogue(MAILBOX), MENU_TASTING)

    (stored,) = await emulator.appointments(MAILBOX)
    assert {name: stored["serviceLocation"][name] for name in place} == place


@pytest.mark.parametrize(
    "only", [{"locationUri": "https://contoso.com/rooms/3"}, {"coordinates": {"latitude": 41.88}}]
)
async def test_a_place_without_a_name_is_a_place(
    graph: GraphGateway, emulator: ControlClient, only: dict[str, object]
) -> None:
    """A map or a link alone is not nothing; Graph's empty location is."""
    await emulator.seed(business=MAILBOX, services=[{"id": MENU_TASTING, "defaultLocation": only}])
    assert (await graph.catalogue(MAILBOX)).services[MENU_TASTING].default_location is not None

    empty = {"displayName": "", "locationType": "default", "address": {"street": "", "type": "business"}}
    await emulator.seed(business=MAILBOX, services=[{"id": MENU_TASTING, "defaultLocation": empty}])
    assert (await graph.catalogue(MAILBOX)).services[MENU_TASTING].default_location is None


async def test_unreadable_questions_close_the_services_that_ask_one(
    graph: GraphGateway, emulator: ControlClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Graph fails every read of the questions; what asks none is sold, and the log names the rest."""
    await emulator.arm(
        {"operation": "customQuestions.*", "kind": "status", "status": 500, "code": "", "count": None}
    )

    catalogue = await graph.catalogue(MAILBOX)

    assert not catalogue.services[MENU_TASTING].is_hidden_from_customers
    assert catalogue.services[BENTO].is_hidden_from_customers
    assert catalogue.left_out == (LeftOut("service", BENTO, "questions-unreadable"),)
    assert ("questions.unreadable", MAILBOX) in events(caplog)
    assert ("catalogue.left-out", MAILBOX, f"service {BENTO}", "questions-unreadable") in events(caplog)


@pytest.mark.parametrize("part", ["businesses.get", "services.list", "staffMembers.list"])
async def test_what_every_service_needs_has_to_be_read(
    graph: GraphGateway, emulator: ControlClient, part: str
) -> None:
    """Without hours, services or staff there is nothing to sell; the last good catalogue serves then."""
    await emulator.arm({"operation": part, "kind": "status", "status": 500, "count": None})

    with pytest.raises(Unavailable):
        await graph.catalogue(MAILBOX)


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("services", {"id": SERVICE, "defaultDuration": "PT0S"}, "service", "no-length"),
    ("services", {"id": SERVICE, "defaultDuration": None}, "service", "no-length"),
    ("services", {"id": SERVICE, "defaultDuration": "half an hour"}, "service", "unreadable"),
    ("services", {"id": SERVICE, "preBuffer": "-PT5M"}, "service", "unreadable"),
    ("services", {"id": SERVICE, "maximumAttendeesCount": "five"}, "service", "unreadable"),
    (
        "services",
        {"id": SERVICE, "customQuestions": [{"questionId": SERVICE, "isRequired": True}]},
        "service",
        "question-gone",
    ),
    (
        "services",
        {"id": SERVICE, "customQuestions": [{"questionId": SERVICE, "isRequired": None}]},
        "service",
        "question-gone",
    ),
    ("staffMembers", {"id": SERVICE, "useBusinessHours": "yes"}, "staff", "unreadable"),
    (
        "staffMembers",
        {"id": SERVICE, "useBusinessHours": False, "timeZone": "tzone://Microsoft/Custom"},
        "staff",
        "unknown-time-zone",
    ),
    ("customQuestions", {"id": SERVICE, "answerOptions": "yes or no"}, "question", "unreadable"),
    ("customQuestions", {"id": SERVICE, "answerOptions": ["yes", 5]}, "question", "unreadable"),
]


@pytest.mark.parametrize(("segment", "bad", "what", "reason"), BAD)
async def test_one_bad_entity_is_left_out(
    graph: GraphGateway,
    emulator: ControlClient,
    caplog: pytest.LogCaptureFixture,
    segment: str,
    bad: dict[str, Any],
    what: str,
    reason: str,
) -> None:
    """The log names it with the reason, and everything else is there as before."""
    before = await graph.catalogue(MAILBOX)
    caplog.clear()
    await emulator.seed(business=MAILBOX, **{segment: [{"displayName": "Bad", **bad}]})

    catalogue = await graph.catalogue(MAILBOX)

    assert catalogue.left_out == (LeftOut(what, SERVICE, reason),)
    assert events(caplog) == [("catalogue.left-out", MAILBOX, f"{what} {SERVICE}", reason)]
    assert catalogue.staff == before.staff
    sold = {i: one for i, one in catalogue.services.items() if not one.is_hidden_from_customers}
    assert sold == {i: one for i, one in before.services.items() if not one.is_hidden_from_customers}


async def test_a_question_that_is_gone_closes_only_what_requires_it(
    graph: GraphGateway, emulator: ControlClient
) -> None:
    """A service that does not require it is sold without it; one that nobody can answer counts as gone."""
    choice = {"id": QUESTION, "answerInputType": "radioButton", "answerOptions": []}
    optional = {"id": SERVICE, "customQuestions": [{"questionId": QUESTION, "isRequired": False}]}
    await emulator.seed(business=MAILBOX, customQuestions=[choice], services=[optional])

    catalogue = await graph.catalogue(MAILBOX)

    assert catalogue.left_out == (
        LeftOut("question", QUESTION, "unanswerable"),
        LeftOut("service", BENTO, "question-gone"),
    )
    assert catalogue.services[SERVICE].questions == ()
    assert not catalogue.services[SERVICE].is_hidden_from_customers


async def test_ids_of_staff_may_be_written_in_either_case(
    graph: GraphGateway, emulator: ControlClient
) -> None:
    """The service names its staff in capital letters, and so it is still given by them."""
    upper = {"id": MENU_TASTING, "staffMemberIds": [DANA.upper()]}
    asked = {"id": BENTO, "customQuestions": [{"questionId": QUESTION.upper(), "isRequired": True}]}
    await emulator.seed(business=MAILBOX, services=[upper, asked])

    catalogue = await graph.catalogue(MAILBOX)

    assert catalogue.services[MENU_TASTING].staff_member_ids == (DANA,)
    assert [one.question.id for one in catalogue.services[BENTO].questions] == [QUESTION]
    assert catalogue.left_out == ()


async def test_the_business_says_whether_it_is_published(
    graph: GraphGateway, emulator: ControlClient
) -> None:
    """What is restricted or unpublished at Microsoft is known here."""
    about = (await graph.catalogue(MAILBOX)).business
    assert (about.is_published, about.access_control) == (True, "unrestricted")

    page = {"businessTimeZone": "America/Chicago", "accessControl": "restrictedToOrganization"}
    await emulator.seed(businesses=[{"id": MAILBOX, "isPublished": False, "bookingPageSettings": page}])
    about = (await graph.catalogue(MAILBOX)).business
    assert (about.is_published, about.access_control) == (False, "restrictedToOrganization")


async def test_one_appointment_that_cannot_be_read_leaves_the_calendar(
    graph: GraphGateway, emulator: ControlClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The other appointments of the day are there, and the log tells its id."""
    start = start_at(10).astimezone(UTC)
    day = Interval(start, start + timedelta(hours=8))
    good = {
        "id": "AAMkGOOD=",
        "serviceId": MENU_TASTING,
        "start": start.isoformat(),
        "staffMemberIds": [DANA],
    }
    await emulator.seed(
        business=MAILBOX, appointments=[good, {**good, "id": "AAMkBAD=", "filledAttendeesCount": "one"}]
    )

    found = await graph.calendar_view(MAILBOX, day)

    assert [one.id for one in found] == ["AAMkGOOD="]
    assert events(caplog) == [("appointment.unreadable", "AAMkBAD=")]


async def test_a_member_who_was_removed_closes_nothing(facade: Facade) -> None:
    """The staff take Dana out; the next visitor sees the slots of the others, and a booking is made."""
    url = f"/api/v1/businesses/{BUSINESS}/services/{BENTO}/slots?from={{0}}&to={{0}}"
    assert (await facade.http.get(url.format(start_at(week=2).date()))).status_code == httpx.codes.OK
    token = await facade.emulator.issue_token(roles=["Bookings.ReadWrite.All"])
    gone = f"{facade.emulator.graph_root}/solutions/bookingBusinesses/{MAILBOX}/staffMembers/{DANA}"
    async with httpx.AsyncClient() as http:
        await http.delete(gone, headers={"Authorization": f"Bearer {token}"})

    listed = await facade.http.get(url.format(start_at(week=4).date()))
    booking = await facade.book(start=start_at(week=4).isoformat())

    assert (listed.status_code, booking.status_code) == (httpx.codes.OK, httpx.codes.CREATED)
    assert listed.json()["slots"]
    assert all(DANA not in str(slot) for slot in listed.json()["slots"])


@pytest.mark.parametrize("service", [MENU_TASTING, BENTO])
@pytest.mark.parametrize(
    ("offered", "asked", "phone", "sent"),
    [
        (True, True, "+12135550199", True),
        (True, True, "+14165550123", True),
        (False, True, "+12135550199", False),
        (True, False, "+12135550199", False),
        (True, True, "+18765550123", False),
        (True, True, "+33155550147", False),
        (True, True, None, False),
        (True, True, "ask at the desk", False),
    ],
)
async def test_text_messages_go_to_who_asked_for_them(
    graph: GraphGateway,
    emulator: ControlClient,
    service: str,
    offered: bool,
    asked: bool,
    phone: str | None,
    sent: bool,
) -> None:
    """The service offers them, the customer asks, and the number is of the United States or Canada."""
    await emulator.seed(business=MAILBOX, services=[{"id": service, "smsNotificationsEnabled": offered}])
    await emulator.switch(omitted_defaults="zero", check_answers=False)

    await booked(graph, await graph.catalogue(MAILBOX), service, phone=phone, sms_notifications_enabled=asked)

    (stored,) = await emulator.appointments(MAILBOX)
    assert stored["customers"][0]["smsNotificationsEnabled"] == sent
    messages = [one["to"] for one in (await emulator.state())["outbox"] if one["channel"] == "sms"]
    assert messages == ([phone] if sent else [])


async def test_who_joins_a_group_is_not_asked_for_by_another(
    graph: GraphGateway, emulator: ControlClient
) -> None:
    """The first asked for text messages, the second did not: the appointment's flag would send to both."""
    await emulator.seed(business=MAILBOX, services=[{"id": BENTO, "smsNotificationsEnabled": True}])
    await emulator.switch(check_answers=False)
    catalogue = await graph.catalogue(MAILBOX)
    made = await booked(graph, catalogue, BENTO, phone="+12135550199", sms_notifications_enabled=True)
    second = await graph.create_customer(
        MAILBOX, Customer(None, "Ann Beebe", "ann@contoso.com"), check=let_pass
    )
    ann = Attendee(second.id, "Ann Beebe", "ann@contoso.com", phone="+13125550147")

    await graph.replace_attendees(MAILBOX, made.id, [*made.attendees, ann], check=let_pass)

    messages = [one["to"] for one in (await emulator.state())["outbox"] if one["channel"] == "sms"]
    assert messages == ["+12135550199"]


async def test_questions_that_hang_are_not_waited_for(
    graph: GraphGateway, emulator: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the catalogue is there long before they would be."""
    monkeypatch.setattr("shared.graph.gateway.QUESTIONS_PATIENCE", timedelta(milliseconds=50))
    await emulator.arm({"operation": "customQuestions.list", "kind": "latency", "seconds": 1, "count": None})

    assert (await graph.catalogue(MAILBOX)).left_out == (LeftOut("service", BENTO, "questions-unreadable"),)


@pytest.mark.parametrize(
    "bad",
    [
        {"schedulingPolicy": {"minimumLeadTime": "-PT1H"}},
        {"schedulingPolicy": {"timeSlotInterval": "now and then"}},
        {"isPublished": "yes"},
    ],
)
async def test_a_business_that_makes_no_sense_is_an_outage(
    graph: GraphGateway, emulator: ControlClient, bad: dict[str, object]
) -> None:
    """Nothing can be sold by rules that nobody knows; the last good catalogue serves meanwhile."""
    await emulator.seed(businesses=[{"id": MAILBOX, **bad}])

    with pytest.raises(Unreadable):
        await graph.catalogue(MAILBOX)


async def test_one_customer_who_cannot_be_read_leaves_the_list(
    graph: GraphGateway, emulator: ControlClient
) -> None:
    """Looking for somebody else does not fail for it."""
    odd = [{"displayName": "Odd", "phones": [5]}, {"displayName": "Even", "addresses": [{"type": 7}]}]
    await emulator.seed(business=MAILBOX, customers=odd)

    found = [one.display_name async for page in graph.customers(MAILBOX) for one in page]

    assert found == ["Jordan Miller", "Even"]


async def test_an_appointment_that_makes_no_sense_is_a_failure_of_graph(
    graph: GraphGateway, emulator: ControlClient
) -> None:
    """It is told as one, and not as an error of the house."""
    odd = {"id": "AAMkODD=", "serviceId": MENU_TASTING, "start": "2026-12-01T16:00:00Z"}
    await emulator.seed(
        business=MAILBOX, appointments=[{**odd, "customers": [{"smsNotificationsEnabled": 5}]}]
    )

    with pytest.raises(Unreadable):
        await graph.appointment(MAILBOX, "AAMkODD=")


@pytest.mark.parametrize(
    "part", ["businesses.get", "services.list", "staffMembers.list", "customQuestions.list"]
)
@pytest.mark.parametrize("status", [500, 503])
async def test_a_shop_that_was_read_before_is_open_whatever_fails(
    facade: Facade, part: str, status: int
) -> None:
    """The catalogue is due to be read again and cannot: the services are listed and booked as before."""
    assert await facade.services()
    await facade.emulator.arm({"operation": part, "kind": "status", "status": status, "count": None})
    facade.app.handlers.catalogues.forget(MAILBOX)

    assert "Menu tasting" in await facade.services()
    tasting = {"serviceId": MENU_TASTING, "answers": []}
    assert (await facade.book(booking(**tasting))).status_code == httpx.codes.CREATED


@pytest.mark.parametrize(("named", "ready"), [(None, 503), ("America/Chicago", 200)])
async def test_a_zone_in_the_settings_ends_the_outage(
    emulator: ControlClient, monkeypatch: pytest.MonkeyPatch, named: str | None, ready: int
) -> None:
    """Graph names a zone that nobody knows; hours and bookings are then those of the zone that is set."""
    page = {"businessTimeZone": "Customized Time Zone", "accessControl": "unrestricted"}
    await emulator.seed(businesses=[{"id": MAILBOX, "bookingPageSettings": page}])
    entry = {"mailbox": MAILBOX, **({} if named is None else {"timeZone": named})}
    for name, value in environment(emulator, BOOKING_BUSINESSES=json.dumps({BUSINESS: entry})).items():
        monkeypatch.setenv(name, value)
    module = load_app({})
    async with connect(module) as http:
        health = await http.get("/api/health/ready")
        about = await http.get(f"/api/v1/businesses/{BUSINESS}")
        await module.facade.aclose()

    assert (health.status_code, about.status_code) == (ready, ready)
    assert about.json().get("timeZone") == named
    assert ("UnknownBusinessZone" in health.text) == (named is None)
