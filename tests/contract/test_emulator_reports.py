"""What people reported of Graph Bookings, as the emulator plays it."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from devtools.graph_emulator.default_seed import (
    AGE_QUESTION,
    ALLAN,
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
from devtools.graph_emulator.zones import display_name, resolve
from tests.contract.emulated import EmulatedGraph, attendee, bento, emulated_graph, moment, tasting

DAY = {"startDateTime": moment("2026-12-01T06:00:00"), "endDateTime": moment("2026-12-02T06:00:00")}


@pytest.fixture
async def graph() -> AsyncIterator[EmulatedGraph]:
    async with emulated_graph() as made:
        await made.control.identity(roles=["Bookings.Read.All", "Bookings.Manage.All"])
        await made.authorise()
        yield made


@pytest.mark.parametrize(("switch", "shown"), [("negative", "-P1D"), ("positive", "P1D")])
@pytest.mark.parametrize("sent", ["P1D", "-P1D"])
async def test_reminders_lie_before_the_start(
    graph: EmulatedGraph, switch: str, shown: str, sent: str
) -> None:
    reminder = {"message": "Tomorrow.", "offset": sent, "recipients": "customer"}
    await graph.control.switch(reminder_offsets=switch)
    made = await graph.created(tasting(reminders=[reminder]))
    read = (await graph.get(f"/appointments/{quote(made['id'])}")).json()
    service = (await graph.get(f"/services/{CATERED_BENTO}")).json()
    listed = (await graph.get("/services")).json()["value"]

    assert [made["reminders"][0]["offset"], read["reminders"][0]["offset"]] == [shown, shown]
    assert service["defaultReminders"][0]["offset"] == shown
    assert all(each["defaultReminders"] == [] for each in listed)


async def test_what_a_request_leaves_out_may_come_from_nowhere(graph: EmulatedGraph) -> None:
    plain = await graph.created(bento())
    await graph.control.switch(omitted_defaults="service")
    kind = await graph.created(bento())

    assert kind["reminders"]
    assert kind["serviceLocation"]["displayName"] == "Contoso Lunch Delivery"
    assert kind["additionalInformation"]
    assert (plain["reminders"], plain["serviceLocation"], plain["additionalInformation"]) == ([], None, "")
    assert plain["maximumAttendeesCount"] == 5


@pytest.mark.parametrize("role", ["member", "teamMember", "guest"])
async def test_roles_of_staff(graph: EmulatedGraph, role: str) -> None:
    person = {"displayName": "Eve", "emailAddress": "eve@contoso.com", "role": role}
    made = (await graph.post("/staffMembers", person)).json()
    shown = (await graph.get(f"/staffMembers/{made['id']}")).json()["role"]
    assert shown == ("unknownFutureValue" if role == "teamMember" else role)


@pytest.mark.parametrize(
    ("name", "display"),
    [
        ("America/Sao_Paulo", "(UTC-03:00) Brasilia"),
        ("America/Chicago", "(UTC-06:00) Central Time (US & Canada)"),
        ("Asia/Kolkata", "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi"),
        ("Arab Standard Time", "(UTC+03:00) Kuwait, Riyadh"),
        ("UTC", "(UTC) Coordinated Universal Time"),
    ],
)
def test_display_names_are_those_of_windows(name: str, display: str) -> None:
    zone = resolve(name)
    assert zone is not None
    assert display_name(zone) == display
    again = resolve(display)
    assert again is not None
    if name != "UTC":
        noon = datetime(2026, 7, 1, 12)  # noqa: DTZ001 - a wall time
        assert (again.kind, again.rules.utcoffset(noon)) == ("display", zone.rules.utcoffset(noon))


@pytest.mark.parametrize(
    ("zone", "status"),
    [
        ("Europe/Berlin", 201),
        ("W. Europe Standard Time", 201),
        ("", 201),
        ("Europe/Zurich", 500),
        ("Asia/Calcutta", 500),
        ("(UTC-03:00) Brasilia", 500),
    ],
)
async def test_zones_of_customers_are_checked(graph: EmulatedGraph, zone: str, status: int) -> None:
    whole = await graph.post("/appointments", tasting(customerTimeZone=zone))
    theirs = await graph.post("/appointments", tasting(customers=[attendee(timeZone=zone)]))
    assert (whole.status_code, theirs.status_code) == (status, status)
    await graph.control.switch(customer_zones="any")
    assert (await graph.post("/appointments", tasting(customerTimeZone=zone))).status_code == 201


async def test_questions_may_be_unreadable(graph: EmulatedGraph) -> None:
    await graph.control.switch(questions_readable=False)
    for path in ("/customQuestions", f"/customQuestions/{AGE_QUESTION}"):
        answer = await graph.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "")
    assert (await graph.get("/services")).status_code == 200


async def test_a_new_appointment_settles(graph: EmulatedGraph) -> None:
    path = f"/appointments/{quote((await graph.created(tasting()))['id'])}"
    await graph.control.switch(settling=3600)
    refused = await graph.patch(path, {"serviceNotes": "BK-1"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (412, "ErrorIrresolvableConflict")
    await graph.control.switch(settling=0)
    assert (await graph.get(path)).json()["serviceNotes"] is None
    assert (await graph.patch(path, {"serviceNotes": "BK-1"})).status_code == 204


async def test_staff_may_be_required(graph: EmulatedGraph) -> None:
    assert (await graph.post("/appointments", tasting(staffMemberIds=[]))).status_code == 201
    await graph.control.switch(staff_required=True)
    refused = await graph.post("/appointments", tasting(staffMemberIds=[]))
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, "Invalid Staff")


@pytest.mark.parametrize("anonymous", [True, False])
async def test_links_for_browsers_are_made(graph: EmulatedGraph, anonymous: bool) -> None:
    await graph.control.seed(
        business=PARIS, services=[{"id": SEWING_CLASS, "isAnonymousJoinEnabled": anonymous}]
    )
    body = tasting(serviceId=SEWING_CLASS, staffMemberIds=[LUC], customers=[])
    await graph.control.switch(check_answers=False)
    made = (await graph.post("/appointments", body, business=PARIS)).json()
    assert made["joinWebUrl"].startswith("https://teams.microsoft.com/")
    assert (made["anonymousJoinWebUrl"] is not None) == anonymous


async def test_annotations_are_not_kept(graph: EmulatedGraph) -> None:
    place: dict[str, Any] = {
        "@odata.type": "#microsoft.graph.location",
        "displayName": "Room 3",
        "address": {"@odata.type": "#microsoft.graph.physicalAddress", "city": "Chicago"},
    }
    person = attendee(location=place, customQuestionAnswers=[])
    made = await graph.created(tasting(customers=[person], serviceLocation=place))

    for shown in (made["serviceLocation"], made["customers"][0]["location"]):
        assert not [name for name in (*shown, *shown["address"]) if "@odata" in name]
        assert shown["coordinates"] == dict.fromkeys(shown["coordinates"])
        assert (shown["displayName"], shown["address"]["city"], shown["uniqueId"]) == (
            "Room 3",
            "Chicago",
            None,
        )
        assert len(shown) == 8
    assert made["customers"][0]["@odata.type"] == "#microsoft.graph.bookingCustomerInformation"


async def test_an_invoice_is_dated_in_utc(graph: EmulatedGraph) -> None:
    made = await graph.created(tasting(invoiceDate=moment("2026-12-01T10:00:00", "Central Standard Time")))
    assert made["invoiceDate"] == {"dateTime": "2026-12-01T16:00:00.0000000Z", "timeZone": "UTC"}
    assert (await graph.post("/appointments", tasting(invoiceDate=moment("soon")))).status_code == 500


async def test_notes_of_the_only_customer_are_with_the_customer(graph: EmulatedGraph) -> None:
    await graph.control.switch(notes_with_existing_customer="kept")
    made = await graph.created(tasting(customers=[attendee(notes="Nut allergy!")]))
    assert (made["customerNotes"], made["customers"][0]["notes"]) == (None, "Nut allergy!")


async def test_whoever_declines_ends_it_for_everybody(graph: EmulatedGraph) -> None:
    made = await graph.created(bento())
    before = len((await graph.control.state())["outbox"])
    await graph.control.decline(CONTOSO, made["id"])
    told = (await graph.control.state())["outbox"][before:]
    assert {(each["kind"], each["role"]) for each in told} == {
        ("cancellation", "customer"),
        ("cancellation", "staff"),
    }
    assert (await graph.get(f"/appointments/{quote(made['id'])}")).status_code == 404


async def test_a_customer_may_not_go(graph: EmulatedGraph) -> None:
    made = await graph.created(tasting())
    await graph.control.switch(delete_customer_status=500)
    assert (await graph.delete(f"/customers/{JORDAN}")).status_code == 500
    assert (await graph.get(f"/customers/{JORDAN}")).status_code == 200
    await graph.control.switch(delete_customer_status=204)
    assert (await graph.delete(f"/customers/{JORDAN}")).status_code == 204
    kept = (await graph.get(f"/appointments/{quote(made['id'])}")).json()
    assert kept["customers"][0]["name"] == "Jordan Miller"


async def test_the_next_page_is_behind_an_opaque_token(graph: EmulatedGraph) -> None:
    first = (await graph.get("/services?$top=1&$count=true")).json()
    link = first["@odata.nextLink"]
    query = parse_qs(urlsplit(link).query)
    assert set(query) == {"$top", "$count", "$skiptoken"}
    assert not query["$skiptoken"][0].isdecimal()
    seen = [each["id"] for each in first["value"]]
    while link:
        page = (await graph.http.get(link)).json()
        seen += [each["id"] for each in page["value"]]
        link = page.get("@odata.nextLink")
    assert len(seen) == len(set(seen)) == 3
    assert (await graph.get("/services?$skiptoken=nonsense")).status_code == 400


async def test_errors_have_graph_s_headers(graph: EmulatedGraph) -> None:
    refused = await graph.get("/services/nothing")
    assert refused.headers["cache-control"] == "no-store"
    assert "ServerInfo" in refused.headers["x-ms-ags-diagnostic"]
    assert "max-age" in (await graph.get("/services")).headers["strict-transport-security"]


@pytest.mark.parametrize(
    ("start", "status"), [("2026-12-01T00:00:00%2B05:30", 200), ("2026-12-01T00:00:00+05:30", 500)]
)
async def test_a_plus_has_to_be_escaped(graph: EmulatedGraph, start: str, status: int) -> None:
    answer = await graph.get(f"/calendarView?start={start}&end=2026-12-03T00:00:00Z")
    assert answer.status_code == status


async def test_buffers_may_count_in_the_view(graph: EmulatedGraph) -> None:
    await graph.created(bento(preBuffer="PT5M"))
    before = "/calendarView?start=2026-12-01T15:00:00Z&end=2026-12-01T16:00:00Z"
    assert (await graph.get(before)).json()["value"] == []
    await graph.control.switch(buffers_in_view=True)
    assert len((await graph.get(before)).json()["value"]) == 1


async def test_staff_who_are_listed_may_be_refused(graph: EmulatedGraph) -> None:
    await graph.control.switch(refused_staff=f"{ISAIAH.upper()},{ALLAN}")
    assert (await graph.post("/getStaffAvailability", {"staffIds": [DANA, ISAIAH], **DAY})).status_code == 500
    assert (await graph.post("/getStaffAvailability", {"staffIds": [DANA], **DAY})).status_code == 200
    assert len((await graph.get("/staffMembers")).json()["value"]) == 3


async def test_hours_until_midnight_and_hours_that_make_no_sense(graph: EmulatedGraph) -> None:
    slots = [{"start": "20:00:00", "end": "24:00:00"}, {"start": "late", "end": "25:00:00"}, {"start": None}]
    hours = [{"day": "tuesday", "timeSlots": slots}]
    await graph.control.seed(
        business=CONTOSO, staffMembers=[{"id": DANA, "useBusinessHours": False, "workingHours": hours}]
    )
    found = (await graph.post("/getStaffAvailability", {"staffIds": [DANA], **DAY})).json()["value"][0]
    (item,) = found["availabilityItems"]
    assert item["startDateTime"]["dateTime"].startswith("2026-12-02T02:00:00")
    assert item["endDateTime"]["dateTime"].startswith("2026-12-02T06:00:00")


async def test_a_service_may_name_staff_who_are_gone(graph: EmulatedGraph) -> None:
    await graph.delete(f"/staffMembers/{DANA}")
    assert DANA in (await graph.get(f"/services/{MENU_TASTING}")).json()["staffMemberIds"]
    assert (await graph.post("/getStaffAvailability", {"staffIds": [DANA, ISAIAH], **DAY})).status_code == 500
