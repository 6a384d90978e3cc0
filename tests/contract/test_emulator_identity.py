"""Tokens and app roles: who gets one, what it opens, and how a bad one is refused."""

import time
from collections.abc import AsyncIterator

import httpx
import pytest

from devtools.graph_emulator.default_seed import AGE_QUESTION, CONTOSO, DANA, JORDAN, MENU_TASTING
from devtools.graph_emulator.roles import ALLOWED
from devtools.graph_emulator.tokens import IDENTITY_HEADER, IDENTITY_PATH
from tests.contract.emulated import EmulatedGraph, emulated_graph, moment, tasting

READ = "Bookings.Read.All"
APPOINTMENT = "BookingsAppointment.ReadWrite.All"
WRITE = "Bookings.ReadWrite.All"
MANAGE = "Bookings.Manage.All"
ROLES = (READ, APPOINTMENT, WRITE, MANAGE)

AVAILABILITY = {
    "staffIds": [DANA],
    "startDateTime": moment("2026-12-01T00:00:00"),
    "endDateTime": moment("2026-12-02T00:00:00"),
}
VIEW = "/calendarView?start=2026-12-01T00:00:00Z&end=2026-12-02T00:00:00Z"
# Each operation with its request and who may do it: reader, appointment writer, writer, manager.
Row = tuple[str, str, str, object, str]
TABLE: list[Row] = [
    ("businesses.list", "GET", "LIST", None, "R-WM"),
    ("businesses.get", "GET", "", None, "RAWM"),
    ("businesses.patch", "PATCH", "", {}, "--WM"),
    ("businesses.publish", "POST", "/publish", None, "---M"),
    ("businesses.unpublish", "POST", "/unpublish", None, "---M"),
    ("services.list", "GET", "/services", None, "RAWM"),
    ("services.get", "GET", f"/services/{MENU_TASTING}", None, "RAWM"),
    ("services.patch", "PATCH", f"/services/{MENU_TASTING}", {}, "--WM"),
    ("services.create", "POST", "/services", {"displayName": "x"}, "--WM"),
    ("services.delete", "DELETE", f"/services/{MENU_TASTING}", None, "--WM"),
    ("staffMembers.list", "GET", "/staffMembers", None, "RAWM"),
    ("staffMembers.get", "GET", f"/staffMembers/{DANA}", None, "RAWM"),
    ("staffMembers.patch", "PATCH", f"/staffMembers/{DANA}", {}, "--WM"),
    ("customers.list", "GET", "/customers", None, "RAWM"),
    ("customers.get", "GET", f"/customers/{JORDAN}", None, "RAWM"),
    ("customers.create", "POST", "/customers", {"displayName": "x"}, "-AWM"),
    ("customers.patch", "PATCH", f"/customers/{JORDAN}", {}, "-AWM"),
    ("customers.delete", "DELETE", f"/customers/{JORDAN}", None, "-AWM"),
    ("customQuestions.list", "GET", "/customQuestions", None, "R-WM"),
    ("customQuestions.get", "GET", f"/customQuestions/{AGE_QUESTION}", None, "RAWM"),
    ("customQuestions.patch", "PATCH", f"/customQuestions/{AGE_QUESTION}", {}, "--WM"),
    ("appointments.list", "GET", "/appointments", None, "RAWM"),
    ("appointments.get", "GET", "/appointments/SEEDED=", None, "RAWM"),
    ("appointments.create", "POST", "/appointments", tasting(), "-AWM"),
    ("appointments.patch", "PATCH", "/appointments/SEEDED=", {}, "-AWM"),
    ("appointments.delete", "DELETE", "/appointments/SEEDED=", None, "-AWM"),
    ("appointments.cancel", "POST", "/appointments/SEEDED=/cancel", {}, "--WM"),
    ("calendarView", "GET", VIEW, None, "RAWM"),
    ("getStaffAvailability", "POST", "/getStaffAvailability", AVAILABILITY, "R-WM"),
    ("businesses.create", "POST", "LIST", {"displayName": "x"}, "----"),
    ("businesses.delete", "DELETE", "", None, "----"),
]


@pytest.fixture
async def graph() -> AsyncIterator[EmulatedGraph]:
    async with emulated_graph() as running:
        yield running


async def send(graph: EmulatedGraph, method: str, path: str, body: object) -> int:
    if path == "LIST":
        url = "/beta/solutions/bookingBusinesses"
        return (await graph.http.request(method, url, json=body)).status_code
    return (await graph.call(method, path, body)).status_code


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
async def test_each_role_opens_what_the_permissions_reference_says(graph: EmulatedGraph, row: Row) -> None:
    operation, method, path, body, letters = row
    seeded = {"id": "SEEDED=", "serviceId": MENU_TASTING, "start": "2026-12-01T16:00:00Z"}
    for role, letter in zip(ROLES, letters, strict=True):
        await graph.control.reset()
        await graph.control.seed(appointments=[seeded])
        await graph.control.identity(roles=[role])
        await graph.authorise()
        status = await send(graph, method, path, body)
        assert (status < 300) is (letter != "-"), f"{operation} with {role}: {status}"
        assert status < 300 or status == 403
        assert (await graph.control.requests())["requests"][-1]["operation"] == operation


def test_the_table_of_roles_leaves_no_operation_out() -> None:
    verbs = {"staffMembers.create", "staffMembers.delete", "customQuestions.create", "customQuestions.delete"}
    assert {row[0] for row in TABLE} | verbs == set(ALLOWED)


async def test_the_odd_writes_of_a_reader_are_open_only_where_nobody_is_strict(graph: EmulatedGraph) -> None:
    await graph.control.identity(roles=[READ])
    await graph.authorise()
    assert (await graph.post("/appointments", tasting())).status_code == 403
    await graph.control.switch(strict_roles=False)
    assert (await graph.post("/appointments", tasting())).status_code == 201
    assert (await graph.post("/customers", {"displayName": "x"})).status_code == 403


async def test_a_missing_role_can_be_a_401(graph: EmulatedGraph) -> None:
    await graph.control.switch(missing_role_status=401)
    await graph.authorise(await graph.control.issue_token(roles=[]))
    assert (await graph.get("/services")).status_code == 401


async def test_a_persons_token_reads_but_is_refused_availability(graph: EmulatedGraph) -> None:
    token = await graph.control.issue_token(roles=None, scp=f"{WRITE} openid", idtyp="user")
    await graph.authorise(token)
    assert (await graph.get("/services")).status_code == 200
    assert (await graph.post("/getStaffAvailability", AVAILABILITY)).status_code == 403


async def test_calendar_roles_open_availability_alone(graph: EmulatedGraph) -> None:
    await graph.authorise(await graph.control.issue_token(roles=["Calendars.Read"]))
    assert (await graph.post("/getStaffAvailability", AVAILABILITY)).status_code == 200
    assert (await graph.get("/services")).status_code == 403


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": 1_700_000_000}, "expired"),
        ({"aud": "https://storage.azure.com"}, "audience"),
    ],
)
async def test_expired_and_foreign_tokens_are_a_401(
    graph: EmulatedGraph, claims: dict[str, object], message: str
) -> None:
    await graph.authorise(await graph.control.issue_token(**claims))
    answer = await graph.get("/services")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
    assert message in answer.json()["error"]["message"]
    assert "www-authenticate" in answer.headers


async def test_a_token_expires_while_it_is_in_use(
    graph: EmulatedGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that was good a moment ago is read again, not remembered as good."""
    await graph.authorise(await graph.control.issue_token(exp=int(time.time()) + 100))
    assert (await graph.get("/services")).status_code == 200
    later = time.time() + 200
    monkeypatch.setattr("devtools.graph_emulator.tokens.time.time", lambda: later)
    assert (await graph.get("/services")).status_code == 401


@pytest.mark.parametrize("header", [None, "", "Basic abc", "Bearer", "Bearer not-a-token"])
async def test_no_token_or_nonsense_is_a_401(graph: EmulatedGraph, header: str | None) -> None:
    del graph.http.headers["Authorization"]
    headers = {} if header is None else {"Authorization": header}
    url = f"/beta/solutions/bookingBusinesses/{CONTOSO}"
    assert (await graph.http.get(url, headers=headers)).status_code == 401


async def test_a_token_with_another_signature_is_a_401(graph: EmulatedGraph) -> None:
    head, claims, signature = (await graph.control.token()).split(".")
    forged = f"{head}.{claims}.{signature[::-1]}"
    await graph.authorise(forged)
    assert (await graph.get("/services")).status_code == 401


@pytest.mark.parametrize(
    ("query", "header", "status"),
    [
        ({"api-version": "2019-08-01", "resource": "https://graph.microsoft.com"}, IDENTITY_HEADER, 200),
        ({"api-version": "2019-08-01", "resource": "https://graph.microsoft.com"}, "wrong", 401),
        ({"api-version": "2017-09-01", "resource": "https://graph.microsoft.com"}, IDENTITY_HEADER, 400),
        ({"api-version": "2019-08-01"}, IDENTITY_HEADER, 400),
    ],
)
async def test_the_identity_endpoint_checks_header_version_and_resource(
    graph: EmulatedGraph, query: dict[str, str], header: str, status: int
) -> None:
    answer = await graph.http.get(IDENTITY_PATH, params=query, headers={"X-IDENTITY-HEADER": header})
    assert answer.status_code == status


async def test_the_identity_endpoint_knows_its_client_ids_and_can_fail(graph: EmulatedGraph) -> None:
    query = {"api-version": "2019-08-01", "resource": "https://graph.microsoft.com", "client_id": "mine"}

    async def status() -> httpx.Response:
        return await graph.http.get(
            IDENTITY_PATH, params=query, headers={"X-IDENTITY-HEADER": IDENTITY_HEADER}
        )

    assert (await status()).json()["client_id"] == "mine"
    await graph.control.identity(client_ids=["other"])
    assert (await status()).status_code == 400
    await graph.control.identity(client_ids=None, failure=500)
    assert (await status()).status_code == 500
