"""Routes, lists, pages and the catalogue of the emulated Graph."""

import base64
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

import devtools.graph_emulator
from devtools.graph_emulator.default_seed import (
    AGE_QUESTION,
    ALLAN,
    CATERED_BENTO,
    CONTOSO,
    JORDAN,
    MENU_TASTING,
    PARIS,
)
from devtools.graph_emulator.switches import Switches
from tests.contract.emulated import EmulatedGraph, attendee, bento, emulated_graph, moment, tasting

BASE = "/beta/solutions/bookingBusinesses"


@pytest.fixture
async def graph() -> AsyncIterator[EmulatedGraph]:
    async with emulated_graph() as running:
        yield running


@pytest.mark.parametrize(
    "path",
    [
        f"{BASE}/{CONTOSO}/services/{CATERED_BENTO}",
        f"{BASE}/{quote(CONTOSO, safe='')}/services/{CATERED_BENTO}",
        f"/BETA/Solutions/BOOKINGbusinesses/{CONTOSO.upper()}/Services/{CATERED_BENTO.upper()}",
    ],
)
async def test_paths_are_decoded_and_compared_without_case(graph: EmulatedGraph, path: str) -> None:
    answer = await graph.http.get(path)
    assert (answer.status_code, answer.json()["displayName"]) == (200, "Catered bento")


async def test_an_unknown_route_under_the_graph_root_is_a_501_that_names_it(graph: EmulatedGraph) -> None:
    for method, path in (("GET", "/beta/users/me"), ("PUT", f"{BASE}/{CONTOSO}"), ("POST", "/v1.0/$batch")):
        answer = await graph.http.request(method, path)
        assert answer.status_code == 501
        assert f"{method} {path}" in answer.json()["error"]["message"]


async def test_the_old_root_is_gone(graph: EmulatedGraph) -> None:
    answer = await graph.http.get("/beta/bookingBusinesses")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "BadRequest"
    assert answer.json()["error"]["message"] == "Resource not found for the segment 'bookingBusinesses'."


async def test_both_request_ids_stand_in_the_headers_and_in_the_error(graph: EmulatedGraph) -> None:
    answer = await graph.http.get(f"{BASE}/{CONTOSO}/services/x", headers={"client-request-id": "mine"})
    inner = answer.json()["error"]["innerError"]
    assert answer.headers["client-request-id"] == inner["client-request-id"] == "mine"
    assert answer.headers["request-id"] == inner["request-id"]
    assert inner["date"]
    assert (await graph.get("")).headers["request-id"] != inner["request-id"]


async def test_unknown_and_other_mailboxes_are_told_apart(graph: EmulatedGraph) -> None:
    unknown = await graph.get("", business="nobody@contoso.com")
    assert unknown.json()["error"]["code"] == "ErrorNonExistentMailbox"
    other = await graph.get("/services", business="reception@contoso.com")
    assert other.json()["error"]["code"] == "ErrorFolderNotFound"


async def test_the_list_of_businesses_shows_ids_and_names_and_takes_a_query(graph: EmulatedGraph) -> None:
    listed = (await graph.http.get(BASE)).json()
    assert listed["value"] == [
        {"id": CONTOSO, "displayName": "Contoso lunch delivery"},
        {"id": PARIS, "displayName": "Atelier de couture"},
    ]
    narrowed = (await graph.http.get(BASE, params={"query": "lunch"})).json()
    assert [each["id"] for each in narrowed["value"]] == [CONTOSO]


async def test_the_list_of_businesses_is_cut_at_500_without_a_link(graph: EmulatedGraph) -> None:
    await graph.control.seed(businesses=[{"id": f"shop{number}@contoso.com"} for number in range(600)])
    listed = (await graph.http.get(BASE)).json()
    assert len(listed["value"]) == 500
    assert "@odata.nextLink" not in listed


async def test_the_default_business_is_the_one_of_the_design(graph: EmulatedGraph) -> None:
    business = (await graph.get("")).json()
    assert business["bookingPageSettings"]["businessTimeZone"] == "America/Chicago"
    policy = business["schedulingPolicy"]
    assert (policy["timeSlotInterval"], policy["minimumLeadTime"]) == ("PT15M", "PT1H")
    assert (policy["maximumAdvance"], policy["allowStaffSelection"]) == ("P90D", True)
    hours = {each["day"]: each["timeSlots"] for each in business["businessHours"]}
    assert hours["monday"] == [{"start": "08:00:00.0000000", "end": "17:00:00.0000000"}]
    assert hours["sunday"] == []


async def test_reminders_show_by_id_only(graph: EmulatedGraph) -> None:
    services = (await graph.get("/services")).json()["value"]
    assert all(each["defaultReminders"] == [] for each in services)
    assert (await graph.get(f"/services/{CATERED_BENTO}")).json()["defaultReminders"]
    assert {each["displayName"]: each["schedulingPolicy"] for each in services}["Menu tasting"] is None


async def test_new_staff_roles_show_only_to_those_who_ask(graph: EmulatedGraph) -> None:
    path = f"/staffMembers/{ALLAN}"
    assert (await graph.get(path)).json()["role"] == "unknownFutureValue"
    graph.http.headers["Prefer"] = "include-unknown-enum-members"
    assert (await graph.get(path)).json()["role"] == "teamMember"


async def test_lists_hide_customers_and_notes_and_by_id_shows_them(graph: EmulatedGraph) -> None:
    made = await graph.created(bento(serviceNotes="BK-7F3KQ29D"))
    view = "/calendarView?start=2026-12-01T00:00:00Z&end=2026-12-02T00:00:00Z"
    for path in ("/appointments", view):
        listed = (await graph.get(path)).json()["value"][0]
        assert (listed["customers"], listed["serviceNotes"], listed["reminders"]) == ([], None, [])
        assert listed["filledAttendeesCount"] == 1
        assert "Jordan" not in str(listed)
        assert JORDAN not in str(listed)
    full = (await graph.get(f"/appointments/{quote(made['id'], safe='')}")).json()
    assert (full["customers"][0]["customerId"], full["serviceNotes"]) == (JORDAN, "BK-7F3KQ29D")
    assert full["customers"][0]["@odata.type"] == "#microsoft.graph.bookingCustomerInformation"
    await graph.control.switch(lists_filled=True)
    assert (await graph.get(view)).json()["value"][0]["customers"]


async def test_the_calendar_view_is_half_open_and_overlapping(graph: EmulatedGraph) -> None:
    """An appointment from 16:00 to 17:00 UTC."""
    await graph.created(tasting())
    for start, end, count in (
        ("2026-12-01T16:59:00Z", "2026-12-01T18:00:00Z", 1),
        ("2026-12-01T17:00:00Z", "2026-12-01T18:00:00Z", 0),
        ("2026-12-01T09:00:00-06:00", "2026-12-01T10:01:00-06:00", 1),
        ("2026-12-01T15:00:00Z", "2026-12-01T16:00:00Z", 0),
    ):
        answer = await graph.get(f"/calendarView?start={quote(start)}&end={quote(end)}")
        assert len(answer.json()["value"]) == count, (start, end)


@pytest.mark.parametrize("query", ["", "?start=2026-12-01T00:00:00Z", "?start=today&end=tomorrow"])
async def test_the_calendar_view_needs_both_ends(graph: EmulatedGraph, query: str) -> None:
    answer = await graph.get(f"/calendarView{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ErrorInvalidRequest")


async def test_the_calendar_view_has_small_pages_and_honours_top(graph: EmulatedGraph) -> None:
    starts = [moment(f"2026-12-01T{hour:02}:00:00") for hour in range(12)]
    await graph.control.seed(appointments=[{"serviceId": MENU_TASTING, "start": each} for each in starts])
    first = (await graph.get("/calendarView?start=2026-12-01T00:00:00Z&end=2026-12-02T00:00:00Z")).json()
    assert len(first["value"]) == 10
    second = (await graph.http.get(first["@odata.nextLink"])).json()
    assert len(second["value"]) == 2
    assert "@odata.nextLink" not in second
    whole = (
        await graph.get("/calendarView?start=2026-12-01T00:00:00Z&end=2026-12-02T00:00:00Z&$top=200")
    ).json()
    assert [each["id"] for each in whole["value"]] == [
        each["id"] for each in first["value"] + second["value"]
    ]


async def test_ten_thousand_customers_come_in_pages_and_none_is_missing(graph: EmulatedGraph) -> None:
    await graph.control.seed(customers={"count": 10_000})
    seen: set[str] = set()
    link: str | None = f"{BASE}/{CONTOSO}/customers?$top=999"
    while link:
        page = (await graph.http.get(link)).json()
        seen.update(each["id"] for each in page["value"])
        link = page.get("@odata.nextLink")
    assert len(seen) == 10_001
    assert (await graph.get("/customers/$count")).text == "10001"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/customers?$filter=emailAddress eq 'x'", "Invalid filter clause: Could not find a property"),
        ("/appointments?$filter=startDateTime ge 2026", "This filter query is not supported."),
        ("/calendarView?$filter=start/dateTime ge '2026'", "This filter query is not supported."),
    ],
)
async def test_filters_are_refused(graph: EmulatedGraph, path: str, message: str) -> None:
    answer = await graph.get(path)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(message)


async def test_select_is_ignored_unless_switched_on(graph: EmulatedGraph) -> None:
    assert "emailAddress" in (await graph.get(f"/customers/{JORDAN}?$select=displayName")).json()
    await graph.control.switch(select="honoured")
    chosen = (await graph.get(f"/customers/{JORDAN}?$select=displayName")).json()
    assert {name for name in chosen if not name.startswith("@")} == {"id", "displayName"}


async def test_customers_are_never_compared_with_each_other(graph: EmulatedGraph) -> None:
    body = {"displayName": "Jordan Miller", "emailAddress": "jordanm@contoso.com"}
    ids = {(await graph.post("/customers", body)).json()["id"] for _ in range(2)}
    assert len(ids | {JORDAN}) == 3


async def test_a_customer_is_found_by_guid_or_only_by_base64(graph: EmulatedGraph) -> None:
    coded = quote(base64.b64encode(JORDAN.encode()).decode(), safe="")
    assert (await graph.get(f"/customers/{JORDAN}")).status_code == 200
    await graph.control.switch(customer_ids="base64")
    assert (await graph.get(f"/customers/{JORDAN}")).status_code == 400
    assert (await graph.get(f"/customers/{coded}")).json()["id"] == JORDAN
    assert (await graph.patch(f"/customers/{coded}", {"displayName": "J. Miller"})).status_code == 204
    assert (await graph.get("/customers")).json()["value"][0]["displayName"] == "J. Miller"


async def test_catalogue_entities_are_made_changed_and_removed(graph: EmulatedGraph) -> None:
    staff = {"displayName": "Eve", "emailAddress": "eve@contoso.com", "role": "guest"}
    for segment, body in (
        ("services", {"displayName": "Brunch"}),
        ("staffMembers", staff),
        ("customers", {"displayName": "Brunch guest"}),
        ("customQuestions", {"displayName": "Any allergies?"}),
    ):
        made = await graph.post(f"/{segment}", body)
        assert made.status_code == 201, made.text
        path = f"/{segment}/{made.json()['id']}"
        assert (await graph.patch(path, {"displayName": "Other"})).status_code == 204
        assert (await graph.get(path)).json()["displayName"] == "Other"
        assert (await graph.delete(path)).status_code == 204
        assert (await graph.get(path)).status_code == 404


async def test_publishing_sets_the_page(graph: EmulatedGraph) -> None:
    await graph.control.identity(roles=["Bookings.Manage.All"])
    await graph.authorise()
    assert (await graph.post("/unpublish", None)).status_code == 204
    assert (await graph.get("")).json()["publicUrl"] is None
    assert (await graph.post("/publish", None)).status_code == 204
    assert (await graph.get("")).json()["isPublished"] is True


async def test_a_business_is_patched_but_not_in_its_read_only_members(graph: EmulatedGraph) -> None:
    change = {"displayName": "Lunch!", "isPublished": False, "id": "other@contoso.com"}
    assert (await graph.patch("", change)).status_code == 204
    after = (await graph.get("")).json()
    assert (after["displayName"], after["isPublished"], after["id"]) == ("Lunch!", True, CONTOSO)


async def test_ids_are_the_same_in_every_run(graph: EmulatedGraph) -> None:
    made = [await graph.created(tasting(customers=[attendee(None)])) for _ in range(2)]
    await graph.control.reset()
    again = [await graph.created(tasting(customers=[attendee(None)])) for _ in range(2)]
    assert [each["id"] for each in made] == [each["id"] for each in again]
    assert made[0]["customers"] == again[0]["customers"]
    assert made[0]["id"] != made[1]["id"]


async def test_v1_speaks_its_own_names_and_refuses_those_of_beta(graph: EmulatedGraph) -> None:
    body = tasting()
    assert (await graph.post("/appointments", body, version="v1.0")).status_code == 400
    body["startDateTime"], body["endDateTime"] = body.pop("start"), body.pop("end")
    made = (await graph.post("/appointments", body, version="v1.0")).json()
    assert made["startDateTime"]["dateTime"] == "2026-12-01T16:00:00.0000000Z"
    assert not {"start", "end", "customerId", "invoiceAmount", "onlineMeetingUrl"} & set(made)
    hours = (await graph.get("", version="v1.0")).json()["businessHours"][1]["timeSlots"][0]
    assert hours == {"startTime": "08:00:00.0000000", "endTime": "17:00:00.0000000"}
    people = (await graph.get("/customers", version="v1.0")).json()["value"]
    assert people[0]["@odata.type"] == "#microsoft.graph.bookingCustomer"
    assert (people[0]["addresses"][0]["type"], people[0]["addresses"][0]["postOfficeBox"]) == ("home", "")
    assert (await graph.post("/customers", {"displayName": "x"}, version="v1.0")).status_code == 400
    question = (await graph.get(f"/customQuestions/{AGE_QUESTION}", version="v1.0")).json()
    assert question["displayName"] == "What is your age"


def test_the_coverage_document_names_every_switch_with_its_default() -> None:
    document = Path(devtools.graph_emulator.__path__[0], "COVERAGE.md").read_text("utf-8")
    for name, default in Switches().describe().items():
        shown = json.dumps(default).strip('"')
        if name == "bug_narrow_window_span":
            assert f"`{name}` ({default:g} s)" in document
        else:
            assert re.search(
                rf"^\| `{name}` \| `{re.escape(shown.removesuffix('.0'))}`", document, re.MULTILINE
            ), name


async def test_an_unknown_control_route_lists_those_that_there_are(graph: EmulatedGraph) -> None:
    answer = await graph.http.get("/_emulator/nothing")
    assert answer.status_code == 404
    assert "POST /_emulator/seed" in answer.json()["routes"]
