"""The gateway against the emulator over HTTP: what it sends, what it reads, and what it never repeats."""

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential

from devtools.graph_emulator.client import ControlClient
from shared.domain.errors import Denied, Missing, NotBooked, NotSent, Unreachable
from shared.domain.intervals import Interval
from shared.domain.model import (
    Address,
    Answer,
    Attendee,
    AvailabilityStatus,
    Catalogue,
    Customer,
    Draft,
    Phone,
    Service,
)
from shared.graph.calls import Calls
from shared.graph.client import Connection, cloud
from shared.graph.gateway import GraphGateway
from shared.platform.deadline import deadline
from tests.contract.conftest import CALL
from tests.contract.graph_openapi import GraphContract
from tests.contract.graph_sides import Gateway
from tests.support.contoso import let_pass
from tests.support.facade import BENTO, MAILBOX, start_at


def the_span(hour: int = 10) -> Interval:
    start = start_at(hour).astimezone(UTC)
    return Interval(start, start + timedelta(minutes=30))


def a_draft(catalogue: Catalogue, attendee: Attendee, hour: int = 10) -> Draft:
    service = catalogue.services[BENTO]
    return Draft(
        service,
        the_span(hour),
        (service.staff_member_ids[0],),
        (attendee,),
        "Reference: BK-1",
        "America/Chicago",
    )


def an_attendee(service: Service, customer_id: str | None, name: str = "Joni Sherman") -> Attendee:
    return Attendee(
        customer_id=customer_id,
        name=name,
        email="jonis@relecloud.com",
        phone="+12065550100",
        notes="By the window, please.",
        address=Address("home", None, "4567 Main Street", "Buffalo", "NY", "USA", "98052"),
        time_zone="America/Chicago",
        answers=(Answer(service.questions[0], "25"),),
        sms_notifications_enabled=True,
    )


def joni() -> Customer:
    return Customer(
        None,
        "Joni Sherman",
        "jonis@relecloud.com",
        (Phone("206-555-0100", "home"), Phone("206-555-0200", "business")),
        (Address("home", "", "4567 Main Street", "Buffalo", "NY", "USA", "98052"),),
    )


async def every_operation(graph: GraphGateway) -> None:
    """One call of each kind, as a booking and a join make them."""
    catalogue = await graph.catalogue(MAILBOX)
    service = catalogue.services[BENTO]
    made = await graph.create_customer(MAILBOX, joni(), check=let_pass)
    assert made.id is not None
    assert (await graph.customer(MAILBOX, made.id)).email == "jonis@relecloud.com"
    assert [len(page) async for page in graph.customers(MAILBOX)] == [2]
    booked = await graph.create_appointment(
        MAILBOX, a_draft(catalogue, an_attendee(service, made.id)), check=let_pass
    )
    read = await graph.appointment(MAILBOX, booked.id)
    second = await graph.create_customer(
        MAILBOX, Customer(None, "Ann Beebe", "ann@contoso.com"), check=let_pass
    )
    await graph.replace_attendees(
        MAILBOX, booked.id, [*read.attendees, an_attendee(service, second.id, "Ann")], check=let_pass
    )
    await graph.calendar_view(MAILBOX, the_span().widened(timedelta(hours=6), timedelta(hours=6)))
    await graph.staff_availability(MAILBOX, service.staff_member_ids, the_span())
    await graph.delete_appointment(MAILBOX, booked.id, check=let_pass)


async def test_every_request_and_answer_is_valid_by_microsofts_contract(gateway: Gateway) -> None:
    """No member is misspelt, none is missing, and no type is wrong, in either direction."""
    contract = GraphContract.from_environ()

    await every_operation(gateway.graph)

    assert len(gateway.seen) >= 12
    for request, response in gateway.seen:
        url = str(request.url)
        contract.check_request(request.method, url, request.content or None)
        contract.check_response(request.method, url, response.status_code, response.content)


async def test_the_catalogue_holds_what_graph_says(gateway: Gateway) -> None:
    """Durations, hours, policies and questions are read; PT30M is half an hour and P90D ninety days."""
    catalogue = await gateway.graph.catalogue(MAILBOX)

    service = catalogue.services[BENTO]
    policy = catalogue.business.policy
    assert catalogue.business.time_zone == "America/Chicago"
    assert sorted(catalogue.business.hours) == [0, 1, 2, 3, 4]
    assert service.default_duration == timedelta(minutes=30)
    assert service.maximum_attendees_count == 5
    assert service.questions[0].question.display_name == "What is your age"
    assert service.questions[0].is_required
    assert policy.minimum_lead_time == timedelta(hours=1)
    assert policy.maximum_advance == timedelta(days=90)
    assert len(catalogue.staff) == 3


@pytest.mark.parametrize(
    ("named", "set_here", "read"),
    [
        ("Romance Standard Time", None, "Europe/Paris"),
        ("Middle-earth/Shire", "Europe/Berlin", "Europe/Berlin"),
        ("", "Europe/Berlin", "Europe/Berlin"),
        ("tzone://Microsoft/Custom", "Europe/Berlin", "Europe/Berlin"),
        ("(GMT-03:00) Brasilia", None, "America/Sao_Paulo"),
        ("america/new_york", "Europe/Berlin", "America/New_York"),
    ],
)
async def test_the_zone_of_the_business_is_read(
    gateway: Gateway, emulator: ControlClient, named: str, set_here: str | None, read: str
) -> None:
    """Graph's own zone counts where it can be read, Windows names included; else the setting."""
    await emulator.seed(businesses=[{"id": MAILBOX, "bookingPageSettings": {"businessTimeZone": named}}])

    assert (await gateway.graph.business(MAILBOX, set_here)).time_zone == read


@pytest.mark.parametrize(
    ("text", "length"), [("PT1H30M", timedelta(minutes=90)), ("P1DT12H", timedelta(hours=36))]
)
async def test_compound_durations_are_read_and_written_whole(
    gateway: Gateway, emulator: ControlClient, text: str, length: timedelta
) -> None:
    """Trap 10 of naive facades: PT1H30M is 90 minutes, not one hour; P1DT12H is 36 hours, not a day."""
    await emulator.seed(
        businesses=[{"id": MAILBOX, "services": [{"id": BENTO, "defaultDuration": text, "preBuffer": text}]}]
    )
    catalogue = await gateway.graph.catalogue(MAILBOX)
    service = catalogue.services[BENTO]

    made = await gateway.graph.create_appointment(
        MAILBOX,
        a_draft(catalogue, an_attendee(service, "7ed53fa5-9ef2-4f2f-975b-27447440bc09")),
        check=let_pass,
    )

    assert service.default_duration == length
    assert made.pre_buffer == length


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"availability_wrapper": "staffAvailabilityItem"},
        {"availability_zone": "windows"},
        {"availability_zone": "display"},
    ],
)
@pytest.mark.parametrize("casing", ["camel", "pascal"])
async def test_availability_is_read_from_either_answer(
    gateway: Gateway, emulator: ControlClient, switches: dict[str, str], casing: str
) -> None:
    """Both wrappers and both casings that Graph is known to answer with say the same."""
    await emulator.switch(availability_casing=casing, **switches)
    catalogue = await gateway.graph.catalogue(MAILBOX)
    staff = catalogue.services[BENTO].staff_member_ids

    found = await gateway.graph.staff_availability(MAILBOX, staff, the_span())

    assert set(found) == set(staff)
    assert all(AvailabilityStatus.AVAILABLE in {one.status for one in items} for items in found.values())


async def test_a_post_goes_out_again_after_a_429_when_its_wait_fits(
    gateway: Gateway, emulator: ControlClient
) -> None:
    """A 429 has surely changed nothing; a fractional Retry-After is honoured."""
    catalogue = await gateway.graph.catalogue(MAILBOX)
    draft = a_draft(catalogue, an_attendee(catalogue.services[BENTO], "7ed53fa5-9ef2-4f2f-975b-27447440bc09"))
    await emulator.arm(
        {"operation": "appointments.create", "kind": "status", "status": 429, "retryAfter": 0.3, "count": 1}
    )

    await gateway.graph.create_appointment(MAILBOX, draft, check=let_pass)

    assert (await emulator.requests())["counts"]["appointments.create"] == 2


@pytest.mark.parametrize("status", [429, 503, 504])
async def test_a_read_is_repeated_where_that_may_help(
    gateway: Gateway, emulator: ControlClient, status: int
) -> None:
    """Two failures in a row do not reach the caller."""
    await emulator.arm(
        {"operation": "businesses.get", "kind": "status", "status": status, "retryAfter": 0.01, "count": 2}
    )

    assert (await gateway.graph.business(MAILBOX)).display_name


async def test_a_slow_answer_ends_at_the_deadline(gateway: Gateway, emulator: ControlClient) -> None:
    """A call lasts no longer than it may, and ends as one without an answer."""
    await emulator.arm({"operation": "businesses.get", "kind": "latency", "seconds": 5, "count": 9})

    with deadline(timedelta(milliseconds=200)), pytest.raises(Unreachable):
        await gateway.graph.business(MAILBOX)


async def test_an_identity_without_roles_is_denied(gateway: Gateway, emulator: ControlClient) -> None:
    """The emulator checks the token's roles as Graph does; what is missing is a permission."""
    await emulator.identity(roles=[])

    with pytest.raises(Denied):
        await gateway.graph.business(MAILBOX)


async def test_a_connection_that_was_never_made_has_surely_done_nothing() -> None:
    """Nothing listens: the call never left."""
    where = cloud("https://graph.microsoft.com", "http://127.0.0.1:9/beta")
    connection = Connection(FixedCredential, where)
    graph = GraphGateway(connection, Calls(CALL))

    with deadline(timedelta(seconds=1)), pytest.raises(NotSent):
        await graph.create_customer(MAILBOX, joni(), check=let_pass)
    await graph.aclose()


async def test_at_most_four_calls_are_in_flight_for_a_mailbox(
    gateway: Gateway, emulator: ControlClient
) -> None:
    """Graph answers the fifth concurrent call with 429; the queue before it is ours."""
    await emulator.switch(latency=0.02)

    await asyncio.gather(*(gateway.graph.business(MAILBOX) for _ in range(40)))

    log = await emulator.requests()
    assert {entry["status"] for entry in log["requests"]} == {200}
    assert 1 < log["maximumInFlight"][MAILBOX] <= 4


async def test_tokens_and_connections_are_reused(gateway: Gateway) -> None:
    """Trap 6 of naive facades: no token is fetched for a call that has one already."""
    for _ in range(3):
        await gateway.graph.business(MAILBOX)

    tokens = {request.headers["authorization"] for request, _ in gateway.seen}
    assert len(tokens) == 1


async def test_tokens_go_to_graph_alone(gateway: Gateway) -> None:
    """Nothing but the configured host ever sees a request."""
    await every_operation(gateway.graph)

    hosts = {urlsplit(str(request.url)).hostname for request, _ in gateway.seen}
    assert hosts == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("root", "base"),
    [
        ("https://graph.microsoft.com", "https://graph.microsoft.com/beta"),
        ("https://graph.microsoft.us", "https://graph.microsoft.us/beta"),
        ("https://dod-graph.microsoft.us", "https://dod-graph.microsoft.us/beta"),
    ],
)
def test_each_cloud_has_its_own_root_and_scope(root: str, base: str) -> None:
    """Tokens are not interchangeable between clouds, so the scope follows the root."""
    where = cloud(root)

    assert (where.base_url, where.scope) == (base, f"{root}/.default")


class FixedCredential(AsyncTokenCredential):
    """A credential whose token nobody will see."""

    async def get_token(self, *_: str, **__: object) -> AccessToken:
        return AccessToken("token", int(datetime.now(UTC).timestamp()) + 3600)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open."""


async def test_who_was_opted_out_is_not_mailed_about_a_deletion(
    gateway: Gateway, emulator: ControlClient
) -> None:
    """The staff are."""
    catalogue = await gateway.graph.catalogue(MAILBOX)
    draft = a_draft(catalogue, an_attendee(catalogue.services[BENTO], "7ed53fa5-9ef2-4f2f-975b-27447440bc09"))
    made = await gateway.graph.create_appointment(MAILBOX, draft, check=let_pass)

    await gateway.graph.opt_out(MAILBOX, made.id, check=let_pass)
    await gateway.graph.delete_appointment(MAILBOX, made.id, check=let_pass)

    assert await emulator.appointments(MAILBOX) == []
    state = await emulator.state()
    assert {one["role"] for one in state["outbox"] if one["kind"] == "cancellation"} == {"staff"}
    with pytest.raises(Missing):
        await gateway.graph.opt_out(MAILBOX, made.id, check=let_pass)


async def test_a_deletion_that_somebody_asked_for_is_mailed(
    gateway: Gateway, emulator: ControlClient
) -> None:
    """That is how a customer hears of it."""
    catalogue = await gateway.graph.catalogue(MAILBOX)
    draft = a_draft(catalogue, an_attendee(catalogue.services[BENTO], "7ed53fa5-9ef2-4f2f-975b-27447440bc09"))
    made = await gateway.graph.create_appointment(MAILBOX, draft, check=let_pass)

    await gateway.graph.delete_appointment(MAILBOX, made.id, check=let_pass)

    state = await emulator.state()
    assert "customer" in {one["role"] for one in state["outbox"] if one["kind"] == "cancellation"}
    assert "appointments.patch" not in (await emulator.requests())["counts"]


async def test_what_must_not_leave_any_more_does_not(gateway: Gateway, emulator: ControlClient) -> None:
    """The check is asked before each of both."""

    def too_late() -> None:
        raise NotBooked

    for write in (gateway.graph.opt_out, gateway.graph.delete_appointment):
        with pytest.raises(NotBooked):
            await write(MAILBOX, "AAMk=", check=too_late)
    assert (await emulator.requests())["counts"] == {}
