"""getStaffAvailability: what it counts, what it ignores, and how it is known to lie."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from devtools.graph_emulator.default_seed import (
    ALLAN,
    CATERED_BENTO,
    CHLOE,
    CONTOSO,
    DANA,
    ISAIAH,
    JORDAN,
    LUC,
    PARIS,
)
from tests.contract.emulated import EmulatedGraph, Json, attendee, bento, emulated_graph, moment, tasting

DAY = (moment("2026-12-01T06:00:00"), moment("2026-12-02T06:00:00"))  # Tuesday in Chicago
BUFFERS = {"preBuffer": "PT5M", "postBuffer": "PT10M"}


@pytest.fixture
async def graph() -> AsyncIterator[EmulatedGraph]:
    async with emulated_graph() as running:
        yield running


async def ask(
    graph: EmulatedGraph, *staff: str, window: tuple[Json, Json] = DAY, business: str = CONTOSO
) -> list[tuple[str, str, str, str | None]]:
    """(status, start, end, service) of the first member; times as month, day, hour and minute."""
    body = {"staffIds": list(staff or (DANA,)), "startDateTime": window[0], "endDateTime": window[1]}
    answer = await graph.post("/getStaffAvailability", body, business=business)
    assert answer.status_code == 200, answer.text
    return [
        (each["status"], short(each["startDateTime"]), short(each["endDateTime"]), each["serviceId"])
        for each in answer.json()["value"][0]["availabilityItems"]
    ]


def short(value: Json) -> str:
    return str(value["dateTime"])[5:16]


async def test_the_day_is_the_business_hours_in_the_business_zone(graph: EmulatedGraph) -> None:
    assert await ask(graph) == [("available", "12-01T14:00", "12-01T23:00", None)]


async def test_a_member_with_own_hours_works_them_in_the_own_zone(graph: EmulatedGraph) -> None:
    """Allan works 9 to 15 in New York, Tuesday to Thursday."""
    wednesday = (moment("2026-12-02T12:00:00"), moment("2026-12-02T23:00:00"))
    assert await ask(graph, ALLAN, window=wednesday) == [("available", "12-02T14:00", "12-02T20:00", None)]
    monday = (moment("2026-11-30T12:00:00"), moment("2026-11-30T23:00:00"))
    assert await ask(graph, ALLAN, window=monday) == []


async def test_hours_follow_the_clock_change(graph: EmulatedGraph) -> None:
    """Chicago leaves summer time on 1 November 2026: 8:00 is 13:00 UTC on Friday and 14:00 UTC on Monday."""
    window = (moment("2026-10-30T06:00:00"), moment("2026-11-03T05:00:00"))
    assert await ask(graph, window=window) == [
        ("available", "10-30T13:00", "10-30T22:00", None),
        ("available", "11-02T14:00", "11-02T23:00", None),
    ]


async def test_the_answer_is_not_clipped_to_the_question(graph: EmulatedGraph) -> None:
    window = (moment("2026-12-01T17:00:00"), moment("2026-12-01T18:00:00"))
    assert await ask(graph, window=window) == [("available", "12-01T14:00", "12-01T23:00", None)]


async def test_a_one_to_one_appointment_is_busy_with_its_buffers(graph: EmulatedGraph) -> None:
    await graph.created(tasting(preBuffer="PT15M", postBuffer="PT20M"))
    assert await ask(graph) == [
        ("available", "12-01T14:00", "12-01T15:45", None),
        ("busy", "12-01T15:45", "12-01T17:20", None),
        ("available", "12-01T17:20", "12-01T23:00", None),
    ]
    assert await ask(graph, ISAIAH) == [("available", "12-01T14:00", "12-01T23:00", None)]


async def test_a_group_appointment_with_seats_left_shows_its_service(graph: EmulatedGraph) -> None:
    await graph.created(bento(**BUFFERS))
    assert (await ask(graph))[1] == ("slotsAvailable", "12-01T15:55", "12-01T16:40", CATERED_BENTO)


async def test_buffers_of_a_group_can_be_busy(graph: EmulatedGraph) -> None:
    await graph.control.switch(group_buffers="busy")
    await graph.created(bento(**BUFFERS))
    assert (await ask(graph))[1:4] == [
        ("busy", "12-01T15:55", "12-01T16:00", None),
        ("slotsAvailable", "12-01T16:00", "12-01T16:30", CATERED_BENTO),
        ("busy", "12-01T16:30", "12-01T16:40", None),
    ]


async def test_a_full_group_appointment_is_busy(graph: EmulatedGraph) -> None:
    made = await graph.created(bento(maximumAttendeesCount=2, **BUFFERS))
    full = {"customers": [attendee(), attendee(JORDAN)]}
    await graph.patch(f"/appointments/{quote(made['id'])}", full)
    assert (await ask(graph))[1] == ("busy", "12-01T15:55", "12-01T16:40", CATERED_BENTO)


async def test_an_appointment_without_staff_blocks_nobody(graph: EmulatedGraph) -> None:
    made = await graph.created(tasting(staffMemberIds=[]))
    without = tasting()
    del without["staffMemberIds"]
    assert (await graph.created(without))["staffMemberIds"] == []
    assert made["staffMemberIds"] == []
    assert await ask(graph) == [("available", "12-01T14:00", "12-01T23:00", None)]


async def test_cancelling_frees_the_time(graph: EmulatedGraph) -> None:
    made = await graph.created(tasting())
    await graph.post(f"/appointments/{quote(made['id'])}/cancel", {})
    assert await ask(graph) == [("available", "12-01T14:00", "12-01T23:00", None)]


CALENDAR = [
    {"start": "2026-12-01T18:00:00Z", "end": "2026-12-01T19:00:00Z"},
    {"start": "2026-12-01T20:00:00Z", "end": "2026-12-01T21:00:00Z", "status": "outOfOffice"},
    {"start": "2026-12-01T22:00:00Z", "end": "2026-12-01T22:30:00Z", "status": "tentative"},
]


async def test_the_personal_calendar_is_busy_or_out_of_office(graph: EmulatedGraph) -> None:
    await graph.control.seed(personalCalendars={DANA: CALENDAR})
    assert [each[:2] for each in await ask(graph)] == [
        ("available", "12-01T14:00"),
        ("busy", "12-01T18:00"),
        ("available", "12-01T19:00"),
        ("outOfOffice", "12-01T20:00"),
        ("available", "12-01T21:00"),
    ]


async def test_a_member_whose_personal_calendar_does_not_count_is_free_but_for_time_off(
    graph: EmulatedGraph,
) -> None:
    """Luc's flag is off; his time off stands in Bookings itself and counts."""
    meeting = [
        {"start": "2026-12-01T12:00:00Z", "end": "2026-12-01T13:00:00Z"},
        {"start": "2026-12-01T14:00:00Z", "end": "2026-12-01T15:00:00Z", "status": "outOfOffice"},
    ]
    await graph.control.seed(business=PARIS, personalCalendars={LUC: meeting, CHLOE: meeting})
    window = (moment("2026-12-01T06:00:00"), moment("2026-12-01T22:00:00"))
    assert [each[0] for each in await ask(graph, LUC, window=window, business=PARIS)] == ["available"]
    assert [each[0] for each in await ask(graph, CHLOE, window=window, business=PARIS)] == [
        "available",
        "busy",
        "available",
        "outOfOffice",
        "available",
    ]
    early = [{"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00Z"}]
    await graph.control.seed(business=PARIS, timeOff={LUC: early})
    assert [each[:2] for each in await ask(graph, LUC, window=window, business=PARIS)] == [
        ("available", "12-01T08:30"),
        ("outOfOffice", "12-01T09:00"),
        ("available", "12-01T10:00"),
    ]


async def test_service_availability_and_lead_times_are_ignored(graph: EmulatedGraph) -> None:
    never = {"availabilityType": "notBookable", "businessHours": []}
    policy = {"generalAvailability": never, "minimumLeadTime": "P300D", "maximumAdvance": "P1D"}
    await graph.patch(f"/services/{CATERED_BENTO}", {"schedulingPolicy": policy})
    assert await ask(graph) == [("available", "12-01T14:00", "12-01T23:00", None)]


@pytest.mark.parametrize(
    "members",
    [
        {"endDateTime": moment("2026-12-01T06:29:59")},
        {"endDateTime": moment("2026-12-01T05:00:00")},
        {"staffIds": [DANA, LUC]},
        {"staffIds": "everybody"},
        {"startDateTime": moment("2026-12-01T00:00:00", "America/Chicago")},
        {"startDateTime": moment("2026-12-01T00:00:00", "Nowhere")},
        {"startDateTime": None},
        {"colour": "blue"},
    ],
)
async def test_everything_wrong_is_an_unknown_error_without_a_message(
    graph: EmulatedGraph, members: Json
) -> None:
    body = {"staffIds": [DANA], "startDateTime": DAY[0], "endDateTime": DAY[1], **members}
    answer = await graph.post("/getStaffAvailability", body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["message"]) == (500, "UnknownError", "")


async def test_windows_zones_may_differ_and_iana_zones_may_be_let_in(graph: EmulatedGraph) -> None:
    window = (
        moment("2026-12-01T00:00:00", "Central Standard Time"),
        moment("2026-12-02T07:00:00", "W. Europe Standard Time"),
    )
    assert await ask(graph, window=window) == [("available", "12-01T14:00", "12-01T23:00", None)]
    await graph.control.switch(availability_rejects_iana=False)
    window = (moment("2026-12-01T00:00:00", "America/Chicago"), DAY[1])
    assert await ask(graph, window=window) == [("available", "12-01T14:00", "12-01T23:00", None)]


@pytest.mark.parametrize(
    ("switch", "zone", "start"),
    [
        ("utc", "UTC", "2026-12-01T14:00:00.0000000Z"),
        ("windows", "Central Standard Time", "2026-12-01T08:00:00.0000000"),
        ("display", "(UTC-06:00) Central Time (US & Canada)", "2026-12-01T08:00:00.0000000"),
    ],
)
async def test_the_zone_comes_back_in_three_spellings(
    graph: EmulatedGraph, switch: str, zone: str, start: str
) -> None:
    await graph.control.switch(availability_zone=switch)
    body = {"staffIds": [DANA], "startDateTime": DAY[0], "endDateTime": DAY[1]}
    items = (await graph.post("/getStaffAvailability", body)).json()["value"][0]["availabilityItems"]
    assert items[0]["startDateTime"] == {"dateTime": start, "timeZone": zone}


async def test_wrapper_and_casing_follow_the_documentation_by_switch(graph: EmulatedGraph) -> None:
    await graph.control.switch(availability_wrapper="staffAvailabilityItem", availability_casing="pascal")
    await graph.created(bento(**BUFFERS))
    body = {"staffIds": [DANA], "startDateTime": DAY[0], "endDateTime": DAY[1]}
    answer = (await graph.post("/getStaffAvailability", body)).json()
    statuses = [each["status"] for each in answer["staffAvailabilityItem"][0]["availabilityItems"]]
    assert statuses == ["Available", "SlotsAvailable", "Available"]
    assert "value" not in answer


async def test_bug_a_narrow_window_says_available_over_an_appointment(graph: EmulatedGraph) -> None:
    await graph.created(tasting())
    narrow = (moment("2026-12-01T16:00:00"), moment("2026-12-01T17:00:00"))
    assert "busy" in [each[0] for each in await ask(graph, window=narrow)]
    await graph.control.switch(bug_narrow_window=True)
    assert await ask(graph, window=narrow) == [("available", "12-01T16:00", "12-01T17:00", None)]
    assert "busy" in [each[0] for each in await ask(graph)]


async def test_bug_of_two_overlapping_appointments_the_shorter_ends_both(graph: EmulatedGraph) -> None:
    """16 to 20 and 18 to 19: reported free from 19."""
    await graph.created(tasting(end=moment("2026-12-01T20:00:00")))
    inner = {"start": moment("2026-12-01T18:00:00"), "end": moment("2026-12-01T19:00:00")}
    await graph.created(tasting(**inner))
    assert (await ask(graph))[1] == ("busy", "12-01T16:00", "12-01T20:00", None)
    await graph.control.switch(bug_overlap_truncation=True)
    assert (await ask(graph))[1:] == [
        ("busy", "12-01T16:00", "12-01T19:00", None),
        ("available", "12-01T19:00", "12-01T23:00", None),
    ]


async def test_bug_the_personal_calendar_is_missing(graph: EmulatedGraph) -> None:
    await graph.control.seed(personalCalendars={DANA: CALENDAR})
    await graph.control.switch(bug_missing_personal_busy=True)
    assert await ask(graph) == [("available", "12-01T14:00", "12-01T23:00", None)]


async def test_hours_can_be_left_out_of_account(graph: EmulatedGraph) -> None:
    await graph.control.switch(availability_out_of_hours=True)
    assert await ask(graph) == [("available", "12-01T06:00", "12-02T06:00", None)]
