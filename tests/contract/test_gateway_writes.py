"""What a write may end with on the wire, by DESIGN's table: sent or not, done or not, over or not."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Self

import httpx
import pytest
import pytest_asyncio
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential

from shared.domain.errors import (
    Conflicted,
    Denied,
    GraphError,
    Missing,
    NotBooked,
    NotSent,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
    Unreadable,
)
from shared.domain.intervals import Interval
from shared.domain.model import Attendee, Customer, Draft, Service
from shared.graph.calls import Calls
from shared.graph.client import Connection, build_client, cloud
from shared.graph.gateway import GraphGateway
from tests.support.contoso import let_pass
from tests.support.virtually import virtually

BOX = "shop@contoso.com"
ROOT = "https://graph.contoso.test/beta"
AT = datetime(2026, 12, 1, 16, tzinfo=UTC)
SERVICE = Service("service", "Course", timedelta(minutes=30))
DRAFT = Draft(
    SERVICE,
    Interval(AT, AT + timedelta(minutes=30)),
    ("ann",),
    (Attendee("id", "Vic", "v@x.org"),),
    "",
    "UTC",
)
Answer = Callable[[httpx.Request], httpx.Response]


class Identity(AsyncTokenCredential):
    """A token for anybody."""

    async def get_token(self, *_: str, **__: object) -> AccessToken:
        return AccessToken("token", 2_000_000_000)

    async def close(self) -> None:
        return None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None


class Wire:
    """A gateway whose requests are answered here, and what was sent."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []
        self.answer: Answer = lambda _: httpx.Response(500)
        where = cloud("https://graph.microsoft.com", ROOT)
        connection = Connection(Identity, where)
        connection.client = build_client(Identity(), where, httpx.MockTransport(self._answered))
        self.graph = GraphGateway(connection, Calls(timedelta(seconds=5)))

    def _answered(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self.answer(request)


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    yield Wire()


def says(status: int, code: str, headers: dict[str, str] | None = None) -> Answer:
    """An error of Graph's."""
    return lambda _: httpx.Response(status, headers=headers, json={"error": {"code": code, "message": ""}})


def shows(status: int, text: str, media_type: str = "application/json") -> Answer:
    """Any other answer."""
    return lambda _: httpx.Response(status, text=text, headers={"Content-Type": media_type})


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (says(400, "ErrorInvalidRequest"), Rejected),
        (says(400, ""), Rejected),
        (says(401, "InvalidAuthenticationToken"), Denied),
        (shows(401, ""), Denied),
        (says(403, "ErrorAccessDenied"), Denied),
        (says(404, "ErrorItemNotFound"), Missing),
        (says(500, "ErrorItemNotFound"), Missing),
        (says(404, "ErrorNonExistentMailbox"), Unreachable),
        (says(404, "ErrorFolderNotFound"), Unreachable),
        (shows(404, "<html>", "text/html"), Unreachable),
        (says(409, "ErrorIrresolvableConflict"), Conflicted),
        (says(412, "ErrorIrresolvableConflict"), Conflicted),
        (shows(409, "<html>", "text/html"), Unreachable),
        (says(429, "ApplicationThrottled", {"Retry-After": "900"}), Throttled),
        (says(500, "UnknownError"), Unavailable),
        (says(500, ""), Unavailable),
        (says(507, "InsufficientStorage"), Unavailable),
        (shows(500, "<html>", "text/html"), Unreachable),
        (says(502, "BadGateway"), Unreachable),
        (says(503, "ServiceUnavailable"), Unreachable),
        (says(504, "GatewayTimeout"), Unreachable),
        (shows(200, "<html>", "text/html"), Unreadable),
        (shows(201, ""), Unreadable),
        (shows(201, "{}"), Unreadable),
        (shows(201, "null"), Unreadable),
        (shows(201, "[]"), Unreadable),
        (shows(201, '{"id": "AAMk"}'), Unreadable),
        (shows(201, '{"id": "AAMk", "start": null, "end": null}'), Unreadable),
        (shows(201, '{"id": "AAMk", "start'), Unreadable),
    ],
)
async def test_what_an_answer_means(wire: Wire, answer: Answer, kind: type[GraphError]) -> None:
    """Each answer to the POST of an appointment, sent once."""
    wire.answer = answer

    with pytest.raises(GraphError) as caught:
        await wire.graph.create_appointment(BOX, DRAFT, check=let_pass)

    assert type(caught.value) is kind
    assert len(wire.sent) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_no_answer(wire: Wire, status: int) -> None:
    """Whatever was done before it: nobody follows it, and the token goes nowhere else."""
    elsewhere = {"Location": "https://elsewhere.example/beta"}
    wire.answer = lambda _: httpx.Response(status, headers=elsewhere)

    with pytest.raises(Unreachable):
        await wire.graph.replace_attendees(BOX, "AAMk", [], check=let_pass)

    assert [one.url.host for one in wire.sent] == ["graph.contoso.test"]


async def test_a_write_is_checked_as_it_leaves_and_stopped_there(wire: Wire) -> None:
    """After the token, directly before the request: what the check raises is raised, and nothing is sent."""

    def too_late() -> None:
        raise NotBooked

    with pytest.raises(NotBooked):
        await wire.graph.create_appointment(BOX, DRAFT, check=too_late)
    with pytest.raises(NotBooked):
        await wire.graph.replace_attendees(BOX, "AAMk", [], check=too_late)
    with pytest.raises(NotBooked):
        await wire.graph.delete_appointment(BOX, "AAMk", check=too_late)
    with pytest.raises(NotBooked):
        await wire.graph.create_customer(BOX, Customer(None, "Vic", "v@x.org"), check=too_late)

    assert wire.sent == []


@virtually
async def test_each_sending_is_checked() -> None:
    """A POST that goes out again after a 429 is checked again."""
    wire, asked = Wire(), []
    wire.answer = says(429, "ApplicationThrottled", {"Retry-After": "0"})

    with pytest.raises(Throttled):
        await wire.graph.create_appointment(BOX, DRAFT, check=lambda: asked.append(len(wire.sent)))

    assert asked == [0, 1, 2, 3]


async def test_a_list_is_not_sent_again_after_a_429(wire: Wire) -> None:
    """It has to be read again first."""
    wire.answer = says(429, "ApplicationThrottled", {"Retry-After": "0"})

    with pytest.raises(Throttled):
        await wire.graph.replace_attendees(BOX, "AAMk", [], check=let_pass)

    assert len(wire.sent) == 1


@pytest.mark.parametrize("takes_away", ["delete_appointment", "cancel_appointment"])
async def test_nothing_is_taken_away_after_a_429_without_another_look(wire: Wire, takes_away: str) -> None:
    """Somebody may have been added meanwhile, and Graph may ask for a long wait."""
    wire.answer = says(429, "ApplicationThrottled", {"Retry-After": "0"})
    words = ("I am ill.",) if takes_away == "cancel_appointment" else ()

    with pytest.raises(Throttled):
        await getattr(wire.graph, takes_away)(BOX, "AAMk", *words, check=let_pass)

    assert len(wire.sent) == 1


async def test_what_the_sdk_cannot_write_was_surely_not_sent(wire: Wire) -> None:
    """A value that the SDK's writer refuses says nothing about Graph."""
    draft = replace(DRAFT, service=replace(SERVICE, default_price_type="no such type"))

    with pytest.raises(NotSent):
        await wire.graph.create_appointment(BOX, draft, check=let_pass)

    assert wire.sent == []


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.example/beta/solutions/bookingBusinesses/x/customers?$skiptoken=1",
        "http://graph.contoso.test/beta/solutions/bookingBusinesses/x/customers?$skiptoken=1",
        "https://graph.contoso.test:444/beta/solutions/bookingBusinesses/x/customers?$skiptoken=1",
        "https://graph.contoso.test/other/customers?$skiptoken=1",
    ],
)
async def test_the_next_page_is_one_of_the_same_graph(wire: Wire, link: str) -> None:
    """No token goes to another address, whoever names it."""
    wire.answer = lambda _: httpx.Response(200, json={"value": [], "@odata.nextLink": link})

    with pytest.raises(Unavailable):
        [page async for page in wire.graph.customers(BOX)]

    assert len(wire.sent) == 1


@pytest.mark.parametrize("link", ["https://elsewhere.example/beta/x", "https://graph.contoso.test/other"])
async def test_single_pages_are_those_of_the_same_graph_too(wire: Wire, link: str) -> None:
    """Whether Graph names another address just now, or the link was kept from before."""
    wire.answer = lambda _: httpx.Response(200, json={"value": [], "@odata.nextLink": link})
    with pytest.raises(Unavailable):
        await wire.graph.appointments_page(BOX, None)
    with pytest.raises(Rejected):
        await wire.graph.customers_page(BOX, link)
    assert len(wire.sent) == 1


async def test_a_page_that_is_its_own_next_one_is_noticed(wire: Wire) -> None:
    """It would be read for ever."""
    link = f"{ROOT}/solutions/bookingBusinesses/x/appointments?$skiptoken=1"
    wire.answer = lambda _: httpx.Response(200, json={"value": [], "@odata.nextLink": link})
    assert await wire.graph.appointments_page(BOX, None) == ((), link)
    with pytest.raises(Unavailable):
        await wire.graph.appointments_page(BOX, link)


async def test_what_cannot_be_read_is_still_listed_by_its_id(wire: Wire) -> None:
    """An erasure has to look into it, or say that it could not."""
    odd = [{"id": "a1", "start": 7}, {"id": "a2"}, {"start": None}]
    wire.answer = lambda _: httpx.Response(200, json={"value": odd})
    assert (await wire.graph.appointments_page(BOX, None))[0] == ("a1", "a2")


async def test_pages_in_a_circle_are_noticed(wire: Wire) -> None:
    """A list whose third page is its second is not read for ever."""
    first, second = (f"{ROOT}/solutions/bookingBusinesses/x/customers?$skiptoken={n}" for n in (1, 2))
    wire.answer = lambda request: httpx.Response(
        200, json={"value": [], "@odata.nextLink": second if "skiptoken=1" in str(request.url) else first}
    )

    with pytest.raises(Unavailable):
        [page async for page in wire.graph.customers(BOX)]

    assert len(wire.sent) == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504, 507])
async def test_a_reading_is_repeated_after_a_failure_that_may_pass(wire: Wire, status: int) -> None:
    """The second answer counts."""
    person = {"id": "c1", "displayName": "Vic", "emailAddress": "v@x.org"}
    failure = says(status, "UnknownError")

    def answer(request: httpx.Request) -> httpx.Response:
        return failure(request) if len(wire.sent) == 1 else httpx.Response(200, json=person)

    wire.answer = answer

    assert (await wire.graph.customer(BOX, "c1")).email == "v@x.org"


@pytest.mark.parametrize("body", [{}, {"value": None}, {"odd": []}])
async def test_a_page_without_its_list_is_no_empty_list(wire: Wire, body: dict[str, object]) -> None:
    """Nobody is known and nothing is taken only where Graph says so."""
    wire.answer = lambda _: httpx.Response(200, json=body)

    with pytest.raises(Unreadable):
        [page async for page in wire.graph.customers(BOX)]
    with pytest.raises(Unreadable):
        await wire.graph.calendar_view(BOX, Interval(AT, AT + timedelta(minutes=30)))
    with pytest.raises(Unreadable):
        await wire.graph.staff_availability(BOX, ("ann",), Interval(AT, AT + timedelta(minutes=30)))
