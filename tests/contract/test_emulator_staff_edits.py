"""Edits by the staff: what each does, and that it waits while a caller is between reading and writing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest

from devtools.graph_emulator.client import Refused
from devtools.graph_emulator.default_seed import CATERED_BENTO, CONTOSO, JORDAN
from tests.contract.emulated import EmulatedGraph, attendee, bento, emulated_graph, tasting

VIEW = "/calendarView?start=2026-12-01T00:00:00Z&end=2026-12-02T00:00:00Z"
NEXT_DAY = "2026-12-02T16:00:00Z"


@pytest.fixture
async def graph() -> AsyncIterator[EmulatedGraph]:
    async with emulated_graph() as running:
        yield running


async def edit(graph: EmulatedGraph, kind: str, **more: object) -> list[dict[str, Any]]:
    """Ask for one edit; what is done by now."""
    done: list[dict[str, Any]] = (await graph.control.edit({"business": CONTOSO, "kind": kind, **more}))[
        "done"
    ]
    return done


async def test_a_move_shows_at_once_even_where_lists_lag(graph: EmulatedGraph) -> None:
    made = await graph.created(tasting())
    await graph.control.switch(visibility_delay=3600)
    (done,) = await edit(graph, "move", to=[NEXT_DAY])
    assert (done["appointmentId"], done["to"]) == (made["id"], "2026-12-02T16:00:00.0000000Z")
    (listed,) = (await graph.get("/appointments")).json()["value"]
    assert listed["start"]["dateTime"] == done["to"]
    assert listed["end"]["dateTime"] == "2026-12-02T17:00:00.0000000Z"


async def test_a_move_goes_where_its_staff_are_free(graph: EmulatedGraph) -> None:
    await graph.created(tasting())
    await graph.created({**tasting(), "start": moment(16), "end": moment(17)})
    (done,) = await edit(graph, "move", to=["2026-12-02T16:30:00Z", "2026-12-02T18:00:00Z"])
    assert done["to"] == "2026-12-02T18:00:00.0000000Z"


@pytest.mark.parametrize(
    ("first", "second", "is_double"),
    [("Reference: 1", "Reference: 1", True), ("Reference: 1", "Reference: 2", False), (None, None, False)],
)
async def test_a_move_tells_whether_it_was_one_of_two_of_a_booking(
    graph: EmulatedGraph, first: str | None, second: str | None, is_double: bool
) -> None:
    """By their notes, at the same time; once it was moved it is none any more."""
    await graph.created({**tasting(), "serviceNotes": first})
    await graph.created({**tasting(), "serviceNotes": second})
    (moved,) = await edit(graph, "move", to=[NEXT_DAY], among=1)
    assert moved["isDouble"] is is_double
    (_, again) = await edit(graph, "move", to=["2026-12-02T20:00:00Z"], among=1)
    assert again["isDouble"] is False


async def test_adding_somebody_tells_whether_it_was_one_of_two_of_a_booking(graph: EmulatedGraph) -> None:
    for _ in range(2):
        await graph.created({**bento(), "serviceNotes": "Reference: 1"})
    (added,) = await edit(graph, "add-customer", among=1)
    assert added["isDouble"] is True
    await graph.created({**bento(), "serviceNotes": "Reference: 2"})
    (_, again) = await edit(graph, "add-customer", among=1)
    assert again["isDouble"] is False


async def test_somebody_is_added_and_somebody_removed_by_hand(graph: EmulatedGraph) -> None:
    await graph.created(bento())
    (added,) = await edit(graph, "add-customer")
    (stored,) = await graph.stored()
    assert [each["emailAddress"] for each in stored["customers"]][1:] == added["people"]
    assert stored["filledAttendeesCount"] == 2
    assert (await graph.get(f"/customers/{stored['customers'][1]['customerId']}")).status_code == 200
    (_, removed) = await edit(graph, "remove-customer", seed=1)
    assert removed["people"] == added["people"]
    assert [each["customerId"] for each in (await graph.stored())[0]["customers"]] == [JORDAN]


async def test_the_latest_appointments_are_edited(graph: EmulatedGraph) -> None:
    await graph.created(tasting())
    last = await graph.created(bento())
    (done,) = await edit(graph, "delete-appointment", among=1)
    assert done["appointmentId"] == last["id"]


async def test_nobody_is_added_where_no_seat_is_left(graph: EmulatedGraph) -> None:
    await graph.created(tasting())
    assert await edit(graph, "add-customer") == []


async def test_a_record_is_deleted_and_its_owner_stays_seated(graph: EmulatedGraph) -> None:
    made = await graph.created(bento())
    await graph.get(f"/appointments/{quote(made['id'])}")
    (done,) = await edit(graph, "delete-customer")
    assert done["people"] == [made["customers"][0]["emailAddress"]]
    assert (await graph.get(f"/customers/{JORDAN}")).status_code == 404
    assert len((await graph.stored())[0]["customers"]) == 1


async def test_an_appointment_and_a_service_are_deleted(graph: EmulatedGraph) -> None:
    await graph.created(bento())
    done = await edit(graph, "delete-appointment")
    assert (await graph.stored(), len(done[0]["people"])) == ([], 1)
    done = await edit(graph, "delete-service", service=CATERED_BENTO.upper())
    assert done[1]["serviceId"] == CATERED_BENTO
    assert (await graph.get(f"/services/{CATERED_BENTO}")).status_code == 404


async def test_a_deletion_tells_whom_the_last_list_named_in_vain(graph: EmulatedGraph) -> None:
    """Whose record was gone; whoever was dropped from an earlier list is back or was not named."""
    made = await graph.created(bento())
    place = f"/appointments/{quote(made['id'])}"
    gone = {**attendee("00000000-0000-4000-8000-00000000dead"), "emailAddress": "gone@x.org"}
    await graph.patch(place, {"customers": [attendee(JORDAN), gone]})
    await edit(graph, "move", to=[NEXT_DAY])
    (*_, deleted) = await edit(graph, "delete-appointment")
    assert deleted["dropped"] == ["gone@x.org"]
    assert 0 <= deleted["at"] - deleted["droppedAt"] < 60

    made = await graph.created(bento())
    place = f"/appointments/{quote(made['id'])}"
    for people in ([attendee(JORDAN), gone], [attendee(JORDAN)]):
        await graph.patch(place, {"customers": people})
    (*_, deleted) = await edit(graph, "delete-appointment")
    assert deleted["dropped"] == []


@pytest.mark.parametrize("kind", ["move", "add-customer", "remove-customer", "delete-appointment"])
async def test_an_edit_waits_until_whoever_read_has_written(graph: EmulatedGraph, kind: str) -> None:
    made = await graph.created(bento())
    place = f"/appointments/{quote(made['id'])}"
    await graph.get(place)
    assert await edit(graph, kind, to=[NEXT_DAY]) == []
    await graph.patch(place, {"customers": [attendee()]})
    assert [each["kind"] for each in await graph.control.edits()] == [kind]


async def test_an_edit_waits_no_longer_than_it_must_for_a_reader_who_writes_nothing(
    graph: EmulatedGraph,
) -> None:
    made = await graph.created(bento())
    await graph.get(f"/appointments/{quote(made['id'])}")
    assert len(await edit(graph, "delete-appointment", quiet=0)) == 1


async def test_an_edit_waits_for_a_write_under_way_even_one_that_lands_late(graph: EmulatedGraph) -> None:
    made = await graph.created(bento())
    place, change = f"/appointments/{quote(made['id'])}", {"customers": [attendee(JORDAN)]}
    late = {"operation": "appointments.patch", "kind": "late", "seconds": 0.2}
    await graph.control.arm(late)
    assert (await graph.patch(place, change)).status_code == 503
    assert await edit(graph, "delete-appointment") == []
    await graph.app.settle()
    assert len(await edit(graph, "move", to=[NEXT_DAY])) == 1


async def test_a_move_waits_for_those_who_saw_its_new_day(graph: EmulatedGraph) -> None:
    await graph.created(tasting())
    await graph.get(VIEW)
    assert await edit(graph, "move", to=["2026-12-01T20:00:00Z"]) == []
    (done,) = await edit(graph, "move", to=["2026-12-01T21:00:00Z", NEXT_DAY])
    assert done["to"] == "2026-12-02T16:00:00.0000000Z"


async def test_a_move_does_not_wait_for_those_who_look_at_weeks(graph: EmulatedGraph) -> None:
    await graph.created(tasting())
    await graph.get("/calendarView?start=2026-11-30T00:00:00Z&end=2026-12-07T00:00:00Z")
    assert len(await edit(graph, "move", to=["2026-12-01T20:00:00Z"])) == 1


async def test_a_move_waits_for_whoever_creates(graph: EmulatedGraph) -> None:
    await graph.created(tasting())
    slow = {"operation": "appointments.create", "kind": "latency", "seconds": 0.2}
    await graph.control.arm(slow)
    create = asyncio.create_task(graph.post("/appointments", bento()))
    while (await graph.control.requests())["inFlight"] == 0:
        continue
    assert await edit(graph, "move", to=[NEXT_DAY]) == []
    await create
    assert [each["kind"] for each in await graph.control.edits()] == ["move"]


async def test_an_edit_of_the_write_window_strikes_right_before_the_patch(graph: EmulatedGraph) -> None:
    made = await graph.created(bento())
    assert await edit(graph, "add-customer", window="write") == []
    await graph.patch(f"/appointments/{quote(made['id'])}", {"customers": [attendee()]})
    (done,) = await graph.control.edits()
    assert (done["window"], len(done["people"])) == ("write", 1)
    assert [each["customerId"] for each in (await graph.stored())[0]["customers"]] == [JORDAN]


async def test_a_move_of_the_lag_window_is_listed_late(graph: EmulatedGraph) -> None:
    await graph.created(tasting())
    await graph.get(VIEW)
    await graph.control.switch(visibility_delay=3600)
    assert len(await edit(graph, "move", to=["2026-12-01T20:00:00Z"], window="lag")) == 1
    (listed,) = (await graph.get(VIEW)).json()["value"]
    assert listed["start"]["dateTime"] == "2026-12-01T16:00:00.0000000Z"


@pytest.mark.parametrize("wrong", [{"kind": "paint"}, {"window": "open"}, {"quiet": 1e9}, {"colour": 1}])
async def test_an_edit_that_means_nothing_is_refused(graph: EmulatedGraph, wrong: dict[str, object]) -> None:
    with pytest.raises(Refused):
        await graph.control.edit({"business": CONTOSO, "kind": "move", **wrong})


def moment(hour: int) -> dict[str, str]:
    return {"dateTime": f"2026-12-02T{hour}:00:00Z", "timeZone": "UTC"}
