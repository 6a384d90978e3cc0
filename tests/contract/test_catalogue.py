"""The catalogue from the emulator over HTTP: what is odd or broken closes only what needs it."""

from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from typing import Any

import pytest
import pytest_asyncio

from devtools.graph_emulator.client import ControlClient
from devtools.graph_emulator.default_seed import DANA, JORDAN, MENU_TASTING
from shared.domain.errors import UnknownBusinessZone
from shared.domain.intervals import Interval
from shared.domain.model import Appointment, Attendee, Catalogue, Draft
from shared.graph.calls import Calls
from shared.graph.client import Connection, cloud
from shared.graph.credentials import credential
from shared.graph.gateway import GraphGateway
from tests.facade import MAILBOX, start_at

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
    """What the gateway logged: event, business, subject, reason, as far as they are there."""
    names = ("event", "business", "subject", "reason")
    ours = (vars(one) for one in caplog.records if one.name.startswith("shared"))
    return [tuple(str(each[name]) for name in names if name in each) for each in ours]


async def booked(graph: GraphGateway, catalogue: Catalogue, service: str, **attendee: Any) -> Appointment:  # noqa: ANN401
    """An appointment for this service with Jordan, at ten o'clock."""
    start = start_at(10).astimezone(UTC)
    span = Interval(start, start + catalogue.services[service].default_duration)
    zone = attendee.get("time_zone", "America/Chicago")
    jordan = Attendee(JORDAN, "Jordan Miller", "jordanm@contoso.com", **{"time_zone": zone, **attendee})
    draft = Draft(catalogue.services[service], span, (DANA,), (jordan,), "Reference: BK-1", zone)
    return await graph.create_appointment(MAILBOX, draft)


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
