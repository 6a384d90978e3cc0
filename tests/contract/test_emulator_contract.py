"""Every answer of the emulator, on every route, has the form that Microsoft's contract gives it."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx
import pytest

from devtools.graph_emulator.default_seed import (
    AGE_QUESTION,
    CATERED_BENTO,
    CONTOSO,
    DANA,
    ISAIAH,
    JORDAN,
    LUC,
    MENU_TASTING,
    PARIS,
    SEWING_CLASS,
)
from tests.contract.emulated import EmulatedGraph, bento, emulated_graph, moment, tasting
from tests.contract.graph_openapi import ContractViolation, GraphContract

BASE = "/beta/solutions/bookingBusinesses"
DAY = {"startDateTime": moment("2026-12-01T06:00:00"), "endDateTime": moment("2026-12-02T06:00:00")}
VIEW = "start=2026-12-01T00:00:00Z&end=2026-12-03T00:00:00Z"


@pytest.fixture
def contract() -> GraphContract:
    return GraphContract.from_environ()


class Walk:
    """Sends requests that the contract allows, and holds every answer against it."""

    def __init__(self, graph: EmulatedGraph, contract: GraphContract) -> None:
        self._graph = graph
        self._contract = contract

    async def step(
        self, method: str, path: str, status: int, body: object = None, business: str = CONTOSO
    ) -> httpx.Response:
        url = BASE + (f"/{quote(business)}{path}" if path != "LIST" else "")
        self._contract.check_request(method, url, body)
        answer = await self._graph.http.request(method, url, json=body)
        assert answer.status_code == status, f"{method} {url}: {answer.text}"
        media_type = answer.headers.get("content-type", "application/json")
        self._contract.check_response(method, url, status, answer.content, media_type)
        return answer


@pytest.fixture
async def walk(contract: GraphContract) -> AsyncIterator[Walk]:
    async with emulated_graph() as graph:
        await graph.control.identity(roles=["Bookings.Read.All", "Bookings.Manage.All"])
        await graph.authorise()
        yield Walk(graph, contract)


@pytest.mark.parametrize("business", [CONTOSO, PARIS])
async def test_businesses_have_the_form_of_the_contract(walk: Walk, business: str) -> None:
    await walk.step("GET", "LIST", 200)
    await walk.step("GET", "", 200, business=business)
    await walk.step("PATCH", "", 204, {"phone": "+1 312 555 0148"}, business)
    await walk.step("POST", "/publish", 204, business=business)
    await walk.step("POST", "/microsoft.graph.unpublish", 204, business=business)
    await walk.step("GET", "", 200, business=business)


@pytest.mark.parametrize("business", [CONTOSO, PARIS])
@pytest.mark.parametrize(
    ("segment", "body"),
    [
        ("services", {"displayName": "Brunch", "defaultDuration": "PT2H"}),
        ("staffMembers", {"displayName": "Eve", "emailAddress": "eve@contoso.com", "role": "scheduler"}),
        ("customers", {"displayName": "Guest", "phones": [{"number": "1", "type": "mobile"}]}),
        (
            "customQuestions",
            {"displayName": "Drink", "answerInputType": "radioButton", "answerOptions": ["T"]},
        ),
    ],
)
async def test_catalogue_collections_have_the_form_of_the_contract(
    walk: Walk, business: str, segment: str, body: dict[str, object]
) -> None:
    made = (await walk.step("POST", f"/{segment}", 201, body, business)).json()
    path = f"/{segment}/{made['id']}"
    for each in (await walk.step("GET", f"/{segment}", 200, business=business)).json()["value"]:
        await walk.step("GET", f"/{segment}/{each['id']}", 200, business=business)
    await walk.step("GET", f"/{segment}?$top=1&$count=true", 200, business=business)
    await walk.step("GET", f"/{segment}/$count", 200, business=business)
    await walk.step("PATCH", path, 204, {"displayName": "Other"}, business)
    await walk.step("DELETE", path, 204, business=business)
    await walk.step("GET", path, 404, business=business)


async def test_appointments_have_the_form_of_the_contract(walk: Walk) -> None:
    made = (await walk.step("POST", "/appointments", 201, bento())).json()
    path = f"/appointments/{quote(made['id'])}"
    await walk.step("POST", "/appointments", 201, tasting(staffMemberIds=[ISAIAH], isLocationOnline=True))
    await walk.step("GET", path, 200)
    await walk.step("GET", f"/calendarView/{quote(made['id'])}?{VIEW}", 200)
    await walk.step("GET", "/appointments", 200)
    await walk.step("GET", "/appointments/$count", 200)
    await walk.step("GET", f"/calendarView?{VIEW}&$top=1", 200)
    await walk.step("PATCH", path, 204, {"customers": bento()["customers"], "serviceNotes": "BK-1"})
    await walk.step("GET", path, 200)
    await walk.step("POST", f"{path}/cancel", 204, {"cancellationMessage": "Sorry."})
    await walk.step("DELETE", path, 404)
    assert made["serviceId"] == CATERED_BENTO


async def test_a_seeded_appointment_has_the_form_of_the_contract(contract: GraphContract) -> None:
    async with emulated_graph() as graph:
        booked = {"id": "AAMkSEEDED=", "serviceId": SEWING_CLASS, "start": "2026-12-01T16:00:00Z"}
        await graph.control.seed(business=PARIS, appointments=[{**booked, "staffMemberIds": [LUC]}])
        walk = Walk(graph, contract)
        await walk.step("GET", "/appointments/AAMkSEEDED%3D", 200, business=PARIS)
        await walk.step("GET", f"/calendarView?{VIEW}", 200, business=PARIS)


async def test_availability_has_the_form_of_the_contract(contract: GraphContract) -> None:
    async with emulated_graph() as graph:
        away = {"start": "2026-12-01T20:00:00Z", "end": "2026-12-01T21:00:00Z", "status": "outOfOffice"}
        await graph.control.seed(personalCalendars={DANA: [away]})
        await graph.created(bento())
        await graph.created(tasting(start=moment("2026-12-01T18:00:00"), end=moment("2026-12-01T19:00:00")))
        walk = Walk(graph, contract)
        for zone in ("utc", "windows", "display"):
            await graph.control.switch(availability_zone=zone)
            for action in ("getStaffAvailability", "microsoft.graph.getStaffAvailability"):
                answer = await walk.step("POST", f"/{action}", 200, {"staffIds": [DANA], **DAY})
        spans = answer.json()["value"][0]["availabilityItems"]
        assert {each["status"] for each in spans} == {"available", "slotsAvailable", "busy", "outOfOffice"}


async def test_errors_have_the_form_of_the_contract(contract: GraphContract) -> None:
    async with emulated_graph() as graph:
        walk = Walk(graph, contract)
        await walk.step("GET", "/services/nothing", 404)
        await walk.step("GET", "", 404, business="nobody@contoso.com")
        await walk.step("POST", "/getStaffAvailability", 500, {"staffIds": ["nobody"], **DAY})
        await walk.step("POST", "/publish", 403)
        await walk.step("GET", "/customers?$filter=displayName eq 'x'", 400)
        for status in (429, 500, 502, 503, 504):
            await graph.control.arm({"status": status, "retryAfter": 1.5})
            await walk.step("GET", "/services", status)
        await graph.authorise("nonsense")
        await walk.step("GET", "/services", 401)


def test_the_contract_itself_refuses_what_is_wrong(contract: GraphContract) -> None:
    """Otherwise the walk above would prove nothing."""
    url = f"{BASE}/{CONTOSO}"
    contract.check_request("POST", f"{url}/customers", {"displayName": "x"})
    with pytest.raises(ContractViolation, match="displayNme"):
        contract.check_request("POST", f"{url}/customers", {"displayNme": "x"})
    with pytest.raises(ContractViolation, match="startDateTime"):
        contract.check_request(
            "POST", f"{url}/appointments", {"startDateTime": moment("2026-12-01T16:00:00")}
        )
    with pytest.raises(ContractViolation):
        contract.check_request("GET", f"{url}/calendarView")
    with pytest.raises(ContractViolation):
        contract.check_request("GET", f"{BASE.replace('solutions', 'other')}/{CONTOSO}")
    with pytest.raises(ContractViolation, match="id"):
        contract.check_response("GET", f"{url}/services/{MENU_TASTING}", 200, {"id": 3})
    with pytest.raises(ContractViolation, match="error"):
        contract.check_response("GET", f"{url}/customers/{JORDAN}", 404, {"message": AGE_QUESTION})
