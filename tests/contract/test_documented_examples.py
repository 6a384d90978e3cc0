"""The documented requests, straight and through the SDK as it comes; COVERAGE explains what differs."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools.graph_emulator.client import ControlClient
from tests.contract import documented
from tests.contract.emulated import emulated_graph
from tests.support.facade import BENTO, QUESTION, ROOT, Facade, booking

COVERAGE = (ROOT / "devtools" / "graph_emulator" / "COVERAGE.md").read_text("utf-8")
EXPLAINED = frozenset(
    re.findall(
        r"`([A-Za-z@.]+)`", COVERAGE.split("## Differences from the documented examples")[1].split("\n## ")[0]
    )
)
OTHERS = frozenset({"id", "webUrl"})
"""Ids, links."""

SEEDED = frozenset(
    {
        "description", "notes", "staffMemberIds", "isLocationOnline", "city", "postalCode", "state", "street",
        "maximumAdvance", "minimumLeadTime", "timeSlotInterval",
    }
)  # fmt: skip
"""What the seed's service says otherwise, on purpose."""


def differences(documented: Any, seen: Any, name: str = "") -> Iterator[str]:  # noqa: ANN401 (JSON)
    """The innermost members that differ."""
    if isinstance(documented, dict) and isinstance(seen, dict):
        for one in documented.keys() | seen.keys():
            if one in documented and one in seen:
                yield from differences(documented[one], seen[one], one)
            else:
                yield one
    elif isinstance(documented, list) and isinstance(seen, list) and len(documented) == len(seen):
        for mine, theirs in zip(documented, seen, strict=True):
            yield from differences(mine, theirs, name)
    elif documented != seen:
        yield name


@pytest.mark.parametrize("notes", ["kept", "dropped"])
@pytest.mark.parametrize("offsets", ["negative", "positive"])
async def test_the_answers_are_the_documented_ones(notes: str, offsets: str) -> None:
    """By HTTP, as the pages show it."""
    async with emulated_graph() as graph:
        await graph.control.switch(notes_with_existing_customer=notes, reminder_offsets=offsets)
        made = (await graph.post("/appointments", documented.APPOINTMENT)).json()
        joni = (await graph.post("/customers", documented.CUSTOMER)).json()
        services = (await graph.get("/services")).json()["value"]
        (bento,) = [one for one in services if one["id"] == BENTO]

    found = set(differences(documented.APPOINTMENT_ANSWER, made))
    address = {"city", "countryOrRegion", "postalCode", "state", "street", "type", "displayName"}
    assert found - address - OTHERS <= EXPLAINED
    assert ("offset" in found, "customerNotes" in found) == (offsets == "negative", notes == "kept")
    assert set(differences(documented.CUSTOMER_ANSWER, joni)) - OTHERS <= EXPLAINED
    assert set(differences(documented.SERVICE_ANSWER, bento)) - OTHERS - SEEDED <= EXPLAINED


async def test_availability_is_the_documented_one() -> None:
    """With the switches for what only the example shows."""
    async with emulated_graph() as graph:
        ways = {"availability_zone": "display", "availability_casing": "pascal"}
        await graph.control.switch(availability_wrapper="staffAvailabilityItem", **ways)
        answer = (await graph.post("/getStaffAvailability", documented.AVAILABILITY)).json()

    (member,) = answer["staffAvailabilityItem"]
    assert member["staffId"] == documented.AVAILABILITY["staffIds"][0]
    for one in member["availabilityItems"]:
        found = set(differences(documented.AVAILABILITY_ITEM, one))
        assert found <= {"dateTime", "timeZone", "serviceId"} <= EXPLAINED


async def test_through_the_sdk_as_it_comes_the_answers_are_the_documented_ones(
    emulator: ControlClient,
) -> None:
    """In a process of its own, in which nothing of the SDK is changed."""
    environment = {**os.environ, **emulator.identity_environment, "GRAPH_BASE_URL": emulator.graph_root}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.contract.plain_sdk", cwd=ROOT, env=environment,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    shown = json.loads(output)

    left_out = {"preBuffer", "postBuffer", "reminders"}
    for name in ("appointment", "customer", "service"):
        found = set(differences(*shown[name]))
        address = {"city", "countryOrRegion", "postalCode", "state", "street", "type", "displayName"}
        assert found - address - OTHERS - SEEDED - left_out <= EXPLAINED, name
    assert shown["with durations"] == 400


async def test_through_the_facade_they_arrive_as_documented(facade: Facade) -> None:
    """The same customer and the same booking; what the facade adds is a customer, staff and a reference."""
    await facade.partner("customers", documented.CUSTOMER)
    state = await facade.emulator.state()
    (joni,) = [
        one
        for one in state["businesses"]["contosolunchdelivery@contoso.com"]["customers"]
        if one["displayName"] == "Joni Sherman"
    ]
    assert set(differences(documented.CUSTOMER_ANSWER, joni)) - OTHERS <= EXPLAINED

    service = (await facade.services())["Catered bento"]
    assert (service["duration"], service["price"]["amount"]) == ("PT30M", 10)
    answers = [{"questionId": QUESTION, "answer": "25"}]
    assert (await facade.book(booking(answers=answers))).status_code == 201
    (made,) = await facade.appointments()
    same = {
        name: value
        for name, value in documented.APPOINTMENT_ANSWER.items()
        if not name.startswith("invoice")
        and name not in {"start", "end", "customerLocation", "customerPhone"}
    }
    found = set(differences(same, {name: made[name] for name in same}))
    address = {"city", "countryOrRegion", "postalCode", "state", "street", "type", "displayName"}
    of_service = {"offset", "message", "recipients", "reminders"}
    of_facade = {"serviceNotes", "staffMemberIds"}
    assert found - address - OTHERS - of_service - of_facade <= EXPLAINED
    assert made["serviceNotes"].startswith("Booked online. Reference: ")


def test_the_examples_are_explained_where_people_look() -> None:
    """Else the tests above would allow nothing, or everything."""
    assert {"customerId", "offset", "serviceId"} <= EXPLAINED
    assert not EXPLAINED & {"id", "price", "duration", "serviceName", "start"}
    assert Path(ROOT / "devtools" / "graph_emulator" / "COVERAGE.md").exists()
