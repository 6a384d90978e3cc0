"""What Microsoft's support asks for: one id on our log lines and on our calls to Graph, and Graph's own."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from shared.booking.slots.single_flight import SingleFlight
from shared.booking.upkeep import Upkeep
from shared.domain.errors import GraphError, Unavailable
from shared.graph.calls import Calls
from shared.graph.client import Connection, build_client, cloud
from shared.graph.gateway import GraphGateway
from shared.platform.logs import AllowList, correlation_id
from tests.contract.test_gateway_writes import Identity
from tests.support.facade import Facade

OURS = "11111111-2222-4333-8444-555555555555"
THEIRS = "a1b2c3d4-0000-4000-8000-00000000beef"
HOSTS = ("https://graph.microsoft.com/beta", "https://graph.contoso.test/beta")


@pytest.fixture
def ours() -> Iterator[None]:
    """A request with this correlation id is at hand."""
    token = correlation_id.set(OURS)
    yield
    correlation_id.reset(token)


def gateway(host: str, sent: list[httpx.Request], headers: dict[str, str]) -> GraphGateway:
    """A gateway that is answered 500 with these headers."""

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        error = {"error": {"code": "UnknownError", "message": "Ann Beebe is not there"}}
        return httpx.Response(500, json=error, headers=headers)

    where = cloud("https://graph.microsoft.com", host)
    connection = Connection(Identity, where)
    connection.client = build_client(Identity(), where, httpx.MockTransport(answer))
    return GraphGateway(connection, Calls(timedelta(milliseconds=200)))


async def ask(graph: GraphGateway) -> None:
    with pytest.raises(GraphError):
        await graph.reminders("shop@contoso.com", "service")


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("host", HOSTS)
async def test_a_call_carries_the_id_of_the_request_that_it_serves(host: str) -> None:
    """At Graph's own hosts too, for which the SDK makes one up."""
    sent: list[httpx.Request] = []
    await ask(gateway(host, sent, {}))
    assert {one.headers["client-request-id"] for one in sent} == {OURS}


@pytest.mark.parametrize("host", HOSTS)
async def test_a_call_that_serves_no_request_has_an_id_of_its_own(host: str) -> None:
    """A fresh one each time."""
    sent: list[httpx.Request] = []
    for _ in range(2):
        await ask(gateway(host, sent, {}))
    ids = [UUID(one.headers["client-request-id"]) for one in sent]
    assert len(set(ids)) == len(ids) >= 2


@pytest.mark.usefixtures("ours")
async def test_the_log_has_both_ids_and_the_status(caplog: pytest.LogCaptureFixture) -> None:
    """On the line of the answer and on that of the failure; nothing of Graph's words."""
    caplog.set_level("INFO", "shared")
    await ask(gateway(HOSTS[0], [], {"request-id": THEIRS}))
    lines = [json.loads(AllowList(correlation_id.get).line(one)) for one in caplog.records]
    answered = [one for one in lines if one["event"] == "graph.answered"]
    failed = [one for one in lines if one["event"] == "graph.failed"]
    assert answered
    assert failed
    for line in (*answered, *failed):
        assert (line["correlationId"], line["clientRequestId"], line["graphRequestId"]) == (
            OURS,
            OURS,
            THEIRS,
        )
        assert (line["operation"], line["status"]) == ("services.get", 500)
    assert "Beebe" not in json.dumps(lines)


@pytest.mark.parametrize("given", ["", "Ann Beebe", "x" * 65])
async def test_what_is_no_id_is_not_logged(given: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever stands in the header."""
    caplog.set_level("INFO", "shared")
    await ask(gateway(HOSTS[0], [], {"request-id": given}))
    seen = [one.__dict__["graphRequestId"] for one in caplog.records if one.message.startswith("graph.")]
    assert set(seen) == {""}


@pytest.mark.usefixtures("ours")
async def test_a_reading_that_many_share_has_the_id_of_the_first() -> None:
    """Its context is fresh but for that."""
    flights: SingleFlight[str, str] = SingleFlight(lambda: datetime.now(UTC), timedelta(1), 9)

    async def read() -> str:
        return correlation_id.get()

    assert await flights.get("key", read) == OURS


async def test_the_timer_has_an_id_of_its_own(facade: Facade) -> None:
    """One for each run."""
    seen: list[str] = []

    async def settle_all() -> int:
        seen.append(correlation_id.get())
        raise Unavailable("armed")

    timer = facade.app.timer
    assert isinstance(timer, Upkeep)
    object.__setattr__(timer, "reconcile", type("Reconcile", (), {"settle_all": staticmethod(settle_all)}))
    for _ in range(2):
        await asyncio.create_task(timer())
    assert len({UUID(one) for one in seen}) == 2


async def test_a_bookings_calls_carry_the_id_that_the_caller_is_told(
    facade: Facade, caplog: pytest.LogCaptureFixture
) -> None:
    """In the header Request-Id; Graph's own id is there for each."""
    caplog.set_level("INFO", "shared")
    answer = await facade.book()
    assert answer.status_code == 201
    calls = [one.__dict__ for one in caplog.records if one.message == "graph.answered"]
    assert {"appointments.create", "calendarView.list", "business.get"} <= {one["operation"] for one in calls}
    assert {one["clientRequestId"] for one in calls} == {answer.headers["request-id"]}
    assert all(UUID(one["graphRequestId"]) for one in calls)
