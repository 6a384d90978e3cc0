"""Faults before and after the commit, late writes, the limit on concurrent requests, and late visibility."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import pytest

from devtools.graph_emulator.client import Refused
from devtools.graph_emulator.default_seed import CONTOSO, JORDAN, PARIS
from tests.contract.emulated import EmulatedGraph, attendee, bento, emulated_graph, tasting

VIEW = "/calendarView?start=2026-12-01T00:00:00Z&end=2026-12-02T00:00:00Z"


@pytest.fixture
async def graph() -> AsyncIterator[EmulatedGraph]:
    async with emulated_graph() as running:
        yield running


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize(("when", "stored"), [("before", 0), ("after", 1)])
async def test_a_status_fault_before_the_commit_books_nothing_and_after_it_books(
    graph: EmulatedGraph, status: int, when: str, stored: int
) -> None:
    await graph.control.arm({"operation": "appointments.create", "status": status, "when": when})
    answer = await graph.post("/appointments", tasting())
    assert answer.status_code == status
    assert answer.json()["error"]["code"]
    assert len(await graph.stored()) == stored
    assert (await graph.post("/appointments", tasting())).status_code == 201


async def test_a_fault_carries_its_retry_after_code_and_message(graph: EmulatedGraph) -> None:
    await graph.control.arm(
        {
            "operation": "services.list",
            "status": 429,
            "retryAfter": 2.128,
            "code": "Busy",
            "message": "Later.",
        }
    )
    answer = await graph.get("/services")
    assert answer.headers["retry-after"] == "2.128"
    assert (answer.json()["error"]["code"], answer.json()["error"]["message"]) == ("Busy", "Later.")


async def test_without_retry_after_there_is_no_such_header(graph: EmulatedGraph) -> None:
    await graph.control.arm({"operation": "services.list", "status": 429})
    assert "retry-after" not in (await graph.get("/services")).headers


@pytest.mark.parametrize(("when", "stored"), [("before", 0), ("after", 1)])
async def test_a_lost_connection_has_no_answer_whether_it_booked_or_not(
    graph: EmulatedGraph, when: str, stored: int
) -> None:
    await graph.control.arm({"operation": "appointments.create", "kind": "disconnect", "when": when})
    with pytest.raises(httpx.RemoteProtocolError):
        await graph.post("/appointments", tasting())
    assert len(await graph.stored()) == stored
    assert (await graph.control.requests())["requests"][-1]["status"] == 0


@pytest.mark.parametrize(("when", "seats"), [("before", 1), ("after", 2)])
async def test_a_patch_can_fail_with_and_without_its_effect(
    graph: EmulatedGraph, when: str, seats: int
) -> None:
    made = await graph.created(bento())
    await graph.control.arm({"operation": "appointments.patch", "status": 503, "when": when})
    change = {"customers": [attendee(), attendee(JORDAN)]}
    assert (await graph.patch(f"/appointments/{quote(made['id'])}", change)).status_code == 503
    assert (await graph.stored())[0]["filledAttendeesCount"] == seats


@pytest.mark.parametrize(("when", "left"), [("before", 1), ("after", 0)])
async def test_a_cancellation_can_fail_with_and_without_its_effect(
    graph: EmulatedGraph, when: str, left: int
) -> None:
    made = await graph.created(tasting())
    await graph.control.arm({"operation": "appointments.cancel", "status": 504, "when": when})
    assert (await graph.post(f"/appointments/{quote(made['id'])}/cancel", {})).status_code == 504
    assert len(await graph.stored()) == left


@pytest.mark.parametrize(("when", "people"), [("before", 1), ("after", 2)])
async def test_a_customer_can_be_made_behind_an_error(graph: EmulatedGraph, when: str, people: int) -> None:
    await graph.control.arm({"operation": "customers.create", "status": 500, "when": when})
    assert (await graph.post("/customers", {"displayName": "New"})).status_code == 500
    assert (await graph.get("/customers/$count")).text == str(people)


async def test_a_write_lands_after_its_caller_has_given_up(graph: EmulatedGraph) -> None:
    """Slow before the commit: at the caller's time-out nothing is stored, a moment later it is."""
    await graph.control.arm({"operation": "appointments.create", "kind": "latency", "seconds": 0.3})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await graph.post("/appointments", tasting())
    assert await graph.stored() == []
    await graph.app.settle()
    assert len(await graph.stored()) == 1


async def test_a_delay_after_the_commit_hides_a_booking_that_is_there(graph: EmulatedGraph) -> None:
    await graph.control.arm(
        {"operation": "appointments.create", "kind": "latency", "seconds": 0.3, "when": "after"}
    )
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await graph.post("/appointments", tasting())
    assert len(await graph.stored()) == 1


@pytest.mark.parametrize("shape", ["{}", "null", "[]", "id", "start"])
async def test_an_odd_body_hides_a_booking_that_is_there(graph: EmulatedGraph, shape: str) -> None:
    await graph.control.arm({"operation": "appointments.create", "kind": "body", "body": shape})
    answer = await graph.post("/appointments", tasting())
    (stored,) = await graph.stored()
    whole: dict[str, object] = {"{}": {}, "null": None, "[]": [], "id": {"id": stored["id"]}}
    assert answer.status_code == 201
    if shape == "start":
        assert (answer.json()["id"], answer.json()["start"]) == (stored["id"], None)
    else:
        assert answer.json() == whole[shape]


async def test_an_odd_body_takes_the_members_of_a_page_and_the_place_of_no_content(
    graph: EmulatedGraph,
) -> None:
    made = await graph.created(bento())
    await graph.control.arm(
        {"operation": "calendarView", "kind": "body", "body": "start"},
        {"operation": "appointments.patch", "kind": "body", "body": "null"},
    )
    assert [each["start"] for each in (await graph.get(VIEW)).json()["value"]] == [None]
    answer = await graph.patch(f"/appointments/{quote(made['id'])}", {"customers": [attendee(JORDAN)]})
    assert (answer.status_code, answer.json()) == (200, None)
    assert (await graph.stored())[0]["customers"][0]["customerId"] == JORDAN


@pytest.mark.parametrize("status", [502, 503])
async def test_a_write_lands_seconds_after_its_error(graph: EmulatedGraph, status: int) -> None:
    """The page of a gateway comes at once, the appointment later, and the place among the four is free."""
    late = {"operation": "appointments.create", "kind": "late", "status": status, "html": True}
    await graph.control.arm({**late, "seconds": 0.2})
    answer = await graph.post("/appointments", tasting())
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html")
    assert f"<h1>{status}</h1>" in answer.text
    assert await graph.stored() == []
    log = await graph.control.requests()
    assert (log["inFlight"], log["answeredButNotDone"]) == (0, 1)
    await graph.app.settle()
    assert (await graph.control.requests())["answeredButNotDone"] == 0
    assert len(await graph.stored()) == 1


async def test_delays_add_up_unless_they_strike_alone(graph: EmulatedGraph) -> None:
    slow = {"operation": "services.list", "kind": "latency", "seconds": 0.01}
    late = {"operation": "services.list", "kind": "late"}
    await graph.control.arm(slow, slow, {**slow, "alone": True}, {**late, "alone": True}, late)
    assert (await graph.get("/services")).status_code == 503
    assert [fault["struck"] for fault in await graph.control.faults()] == [1, 1, 0, 0, 1]


async def test_a_late_write_that_fails_harms_nobody(graph: EmulatedGraph) -> None:
    await graph.control.arm({"operation": "appointments.create", "kind": "late", "seconds": 0.01})
    assert (await graph.post("/appointments", {"serviceId": "none"})).status_code == 503
    await graph.app.settle()
    assert await graph.stored() == []


@pytest.mark.parametrize("answer", ["first", "second", "none"])
async def test_a_post_can_be_delivered_twice(graph: EmulatedGraph, answer: str) -> None:
    await graph.control.arm({"operation": "appointments.create", "kind": "twice", "answer": answer})
    if answer == "none":
        with pytest.raises(httpx.RemoteProtocolError):
            await graph.post("/appointments", tasting())
        assert len(await graph.stored()) == 2
    else:
        made = await graph.created(tasting())
        assert [each["id"] for each in await graph.stored()].index(made["id"]) == (answer == "second")


async def test_a_write_can_be_answered_with_a_redirect(graph: EmulatedGraph) -> None:
    place = "https://graph.microsoft.com/elsewhere"
    fault = {"operation": "appointments.create", "status": 307, "location": place, "when": "after"}
    await graph.control.arm(fault)
    answer = await graph.http.post(
        f"/beta/solutions/bookingBusinesses/{CONTOSO}/appointments", json=tasting(), follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (307, place)
    assert len(await graph.stored()) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "InvalidAuthenticationToken"),
        (409, "ErrorIrresolvableConflict"),
        (412, "ErrorIrresolvableConflict"),
        (507, "insufficientStorage"),
    ],
)
async def test_a_status_fault_has_the_code_that_belongs_to_it(
    graph: EmulatedGraph, status: int, code: str
) -> None:
    await graph.control.arm({"operation": "appointments.create", "status": status})
    assert (await graph.post("/appointments", tasting())).json()["error"]["code"] == code


async def test_faults_are_counted_under_their_labels(graph: EmulatedGraph) -> None:
    await graph.control.arm({"operation": "services.list", "label": "my kind"})
    await graph.get("/services")
    assert [(each["label"], each["struck"]) for each in await graph.control.faults()] == [("my kind", 1)]


async def test_faults_match_by_operation_business_skip_and_count(graph: EmulatedGraph) -> None:
    await graph.control.arm(
        {"match": {"operation": "services.*", "business": CONTOSO}, "kind": "status", "skip": 1, "count": 2}
    )
    statuses = [(await graph.get("/services")).status_code for _ in range(5)]
    assert statuses == [200, 503, 503, 200, 200]
    await graph.control.clear_faults()
    await graph.control.arm({"operation": "services.list", "business": PARIS})
    assert (await graph.get("/services")).status_code == 200
    assert (await graph.get("/services", business=PARIS)).status_code == 503
    assert [fault["struck"] for fault in await graph.control.faults()] == [1]


async def test_weather_by_chance_is_the_same_every_time(graph: EmulatedGraph) -> None:
    seen: list[list[int]] = []
    for seed in (7, 7, 8):
        await graph.control.reset()
        await graph.control.arm({"operation": "*", "probability": 0.5, "seed": seed})
        seen.append([(await graph.get("/services")).status_code for _ in range(40)])
    assert seen[0] == seen[1] != seen[2]
    assert {200, 503} == set(seen[0])


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "earthquake"},
        {"when": "during"},
        {"kind": "body", "body": "?"},
        {"kind": "twice", "answer": "third"},
        {"operations": "x"},
        {"status": 503, "colour": 1},
    ],
)
async def test_a_fault_that_means_nothing_is_refused(graph: EmulatedGraph, fault: dict[str, object]) -> None:
    with pytest.raises(Refused):
        await graph.control.arm(fault)
    assert await graph.control.faults() == []


async def test_the_fifth_request_at_once_is_throttled(graph: EmulatedGraph) -> None:
    """Four per app and mailbox; another mailbox has its own four."""
    await graph.control.switch(latency=0.2)
    answers = await asyncio.gather(
        *(graph.get("/services") for _ in range(5)),
        *(graph.get("/services", business=PARIS) for _ in range(4)),
    )
    assert [answer.status_code for answer in answers] == [200] * 4 + [429] + [200] * 4
    assert float(answers[4].headers["retry-after"]) == 0.5
    assert answers[4].json()["error"]["code"] == "ApplicationThrottled"
    log = await graph.control.requests()
    assert log["maximumInFlight"] == {CONTOSO: 5, PARIS: 4}
    assert log["inFlight"] == 0


async def test_another_app_has_its_own_four(graph: EmulatedGraph) -> None:
    await graph.control.switch(latency=0.2)
    other = await graph.control.issue_token(appid="11111111-2222-3333-4444-555555555555")
    headers = {"Authorization": f"Bearer {other}"}
    url = f"/beta/solutions/bookingBusinesses/{CONTOSO}/services"
    answers = await asyncio.gather(
        *(graph.get("/services") for _ in range(4)), graph.http.get(url, headers=headers)
    )
    assert [answer.status_code for answer in answers] == [200] * 5


async def test_a_request_whose_caller_has_gone_still_holds_its_place(graph: EmulatedGraph) -> None:
    await graph.control.switch(latency=0.4, concurrency_limit=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await graph.get("/services")
    assert (await graph.get("/services")).status_code == 429
    await graph.app.settle()
    assert (await graph.get("/services")).status_code == 200


async def test_a_write_is_seen_by_id_at_once_and_in_lists_later(graph: EmulatedGraph) -> None:
    await graph.control.switch(visibility_delay=3600)
    made = await graph.created(tasting())
    assert (await graph.get(f"/appointments/{quote(made['id'])}")).status_code == 200
    assert (await graph.get(VIEW)).json()["value"] == []
    assert (await graph.get("/appointments")).json()["value"] == []
    await graph.control.catch_up()
    assert len((await graph.get(VIEW)).json()["value"]) == 1


async def test_a_removal_is_seen_by_id_at_once_and_in_lists_later(graph: EmulatedGraph) -> None:
    made = await graph.created(tasting())
    await graph.control.switch(visibility_delay=3600)
    await graph.delete(f"/appointments/{quote(made['id'])}")
    assert (await graph.get(f"/appointments/{quote(made['id'])}")).status_code == 404
    assert len((await graph.get(VIEW)).json()["value"]) == 1
    await graph.control.catch_up()
    assert (await graph.get(VIEW)).json()["value"] == []


async def test_what_lists_hide_is_seen_by_itself(graph: EmulatedGraph) -> None:
    await graph.control.switch(visibility_delay=0.01)
    await graph.created(tasting())
    await seen_within(graph, 1)


async def test_availability_and_old_values_lag_behind_too(graph: EmulatedGraph) -> None:
    made = await graph.created(bento())
    await graph.control.switch(visibility_delay=3600)
    await graph.patch(f"/appointments/{quote(made['id'])}", {"customers": []})
    await graph.created(tasting())
    listed = (await graph.get(VIEW)).json()["value"]
    assert [each["filledAttendeesCount"] for each in listed] == [1]
    day = {"dateTime": "2026-12-01T06:00:00", "timeZone": "UTC"}
    body = {
        "staffIds": made["staffMemberIds"],
        "startDateTime": day,
        "endDateTime": {**day, "dateTime": "2026-12-02T06:00:00"},
    }
    items = (await graph.post("/getStaffAvailability", body)).json()["value"][0]["availabilityItems"]
    assert {each["status"] for each in items} == {"available", "slotsAvailable"}


async def seen_within(graph: EmulatedGraph, count: int, limit: float = 10.0) -> None:
    deadline = time.monotonic() + limit
    while len((await graph.get(VIEW)).json()["value"]) != count:
        assert time.monotonic() < deadline, f"the calendar view never showed {count}"
        await asyncio.sleep(0.02)


async def test_the_request_log_says_what_came_and_can_be_emptied(graph: EmulatedGraph) -> None:
    graph.http.headers["client-request-id"] = "mine"
    await graph.get("/services")
    await graph.get("/services/nothing")
    await graph.http.get("/beta/users")
    log = await graph.control.requests()
    assert [(each["operation"], each["status"]) for each in log["requests"]] == [
        ("services.list", 200),
        ("services.get", 404),
        ("unknown", 501),
    ]
    assert log["counts"] == {"services.list": 1, "services.get": 1, "unknown": 1}
    assert {each["clientRequestId"] for each in log["requests"]} == {"mine"}
    await graph.control.forget_requests()
    log = await graph.control.requests()
    assert (log["requests"], log["counts"], log["maximumInFlight"]) == ([], {}, {})


async def test_the_clock_stands_still_or_runs_ahead(graph: EmulatedGraph) -> None:
    await graph.control.set_clock("2026-12-01T09:00:00-06:00")
    assert (await graph.created(tasting()))["createdDateTime"] == "2026-12-01T15:00:00.0000000Z"
    await graph.control.move_clock(86_400 * 365)
    ahead = datetime.fromisoformat((await graph.created(tasting()))["createdDateTime"][:26] + "+00:00")
    assert timedelta(days=364) < ahead - datetime.now(UTC) < timedelta(days=366)
    with pytest.raises(Refused):
        await graph.control.set_clock("2026-12-01T09:00:00")


async def test_switches_are_checked_before_any_is_set(graph: EmulatedGraph) -> None:
    for wrong in ({"conflict": "maybe"}, {"no_such_switch": 1}, {"latency": "long"}, {"strict_roles": 1}):
        with pytest.raises(Refused):
            await graph.control.switch(page_size=3, **wrong)
    assert (await graph.control.switch())["page_size"] == 100


async def test_a_reset_forgets_everything(graph: EmulatedGraph) -> None:
    await graph.created(tasting())
    await graph.control.switch(conflict="500", latency=0.01)
    await graph.control.arm({"operation": "*"})
    await graph.control.reset()
    state = await graph.control.state()
    assert state["businesses"][CONTOSO]["appointments"] == []
    assert (state["outbox"], state["faults"], state["switches"]["conflict"]) == ([], [], "create")
    await graph.control.reset(empty=True)
    assert (await graph.control.state())["businesses"] == {}


async def test_a_seed_changes_given_members_and_keeps_the_rest(graph: EmulatedGraph) -> None:
    service_id = tasting()["serviceId"]
    await graph.control.seed(services=[{"id": service_id, "maximumAttendeesCount": 3}])
    service = (await graph.get(f"/services/{service_id}")).json()
    assert (service["maximumAttendeesCount"], service["displayName"]) == (3, "Menu tasting")
    with pytest.raises(Refused):
        await graph.control.seed(services=[{"id": service_id, "seats": 3}])
