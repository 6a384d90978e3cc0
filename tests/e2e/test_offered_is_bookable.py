"""What is offered can be booked, and what is not is refused for the reasons that were given.

Random businesses, in an emulator of Graph in this process, behind the real gateway and the official
SDK. Slots are listed with their reasons; some offered ones are booked and some refused ones are tried.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from isodate import parse_duration
from msgraph_beta import GraphServiceClient

from devtools.graph_emulator.app import create_app
from devtools.graph_emulator.client import ControlClient
from shared.booking.create.request import BookingRequest
from shared.booking.manage.wish import Wish
from shared.booking.records import BookingRow
from shared.booking.slots.availability import SlotList, SlotQuery
from shared.booking.use_cases import UseCases
from shared.booking.writes.idempotency import RequestKey
from shared.bootstrap import use_cases
from shared.domain.errors import RulesBroken, Violation
from shared.domain.intervals import Interval
from shared.domain.model import Customer
from shared.domain.slots import Refusal, Slot
from shared.graph.calls import Calls
from shared.graph.client import Cloud, Connection, build_client, cloud
from shared.graph.gateway import GraphGateway
from shared.settings import Settings
from shared.tables.memory import memory_stores
from tests.support.strategies import MAILBOX, Scenario, scenarios

T = TypeVar("T")

EXAMPLES = int(os.environ.get("BOOKABLE_EXAMPLES", "100"))
ROOT = "http://127.0.0.1"
ROUNDS = 2
"""How often slots are listed, a refused start is tried and an offered slot is booked, per business."""


class Token(AsyncTokenCredential):
    """The managed identity's token, as the emulator gives it to anybody who asks its control plane."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:  # noqa: ANN401
        return AccessToken(self._token, int(datetime.now(UTC).timestamp()) + 3600)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aexit__(self, *_error: object) -> None:
        """Nothing is open."""


class InProcess(Connection):
    """A connection to an emulator in this process, without a socket."""

    def __init__(self, token: Token, where: Cloud, transport: httpx.AsyncBaseTransport) -> None:
        super().__init__(lambda: token, where)
        self._built = build_client(token, where, transport)

    @property
    def client(self) -> GraphServiceClient:
        """The SDK's client."""
        return self._built


@dataclass
class Facade:
    """The facade's use cases at the instant that the scenario calls now."""

    scenario: Scenario
    parts: UseCases
    emulator: ControlClient
    customers: int = 0

    async def slots(self, staff_id: str | None) -> SlotList:
        """All slots of the scenario's dates, and all refusals."""
        return await self.parts.availability(self.query(staff_id))

    def query(self, staff_id: str | None) -> SlotQuery:
        """All of the scenario's dates."""
        scenario = self.scenario
        return SlotQuery(
            business=MAILBOX,
            service_id=scenario.service.id,
            first=scenario.first,
            last=scenario.last,
            staff_id=staff_id,
            explain=True,
        )

    async def row(self, reference: str) -> BookingRow:
        """A booking's row as it is now."""
        found = await self.parts.stores.bookings.get(MAILBOX, reference)
        assert found is not None
        return found

    async def move(self, row: BookingRow, start: datetime, staff_id: str | None) -> dict[str, Any]:
        """Move a booking; raises what the use case raises."""
        body: dict[str, Any] = json.loads(
            await self.parts.manage.reschedule(row, Wish(start, staff_id), None)
        )
        return body

    async def book(self, start: datetime, staff_id: str | None) -> dict[str, Any]:
        """Book for somebody new; the answer as the caller gets it. Raises what the use case raises."""
        self.customers += 1
        email = f"customer{self.customers}@example.com"
        questions = [asked.question for asked in self.scenario.service.questions]
        request = BookingRequest(
            business=MAILBOX,
            service_id=self.scenario.service.id,
            start=start,
            customer=Customer(None, "Jordan Miller", email),
            staff_id=staff_id,
            answers={one.id: one.options[0] if one.options else "25" for one in questions},
        )
        key = f"{self.customers:064x}"
        booked = await self.parts.create_booking(request, RequestKey(key, key))
        body: dict[str, Any] = json.loads(booked.body)
        return body


@asynccontextmanager
async def facade(scenario: Scenario) -> AsyncIterator[Facade]:
    """A worker that has just started, in front of an emulator that holds the scenario and nothing else."""
    transport = httpx.ASGITransport(app=create_app())
    async with ControlClient(ROOT, transport) as emulator:
        await emulator.reset(empty=True)
        await emulator.seed(**scenario.seed)
        where = cloud("https://graph.microsoft.com", emulator.graph_root)
        connection = InProcess(Token(await emulator.token()), where, transport)
        ours = Settings.from_environ(
            {"BOOKING_BUSINESSES": json.dumps({"random": MAILBOX}), "GRAPH_BASE_URL": emulator.graph_root}
        )
        graph = GraphGateway(connection, Calls(ours.timings.graph_call))
        yield Facade(scenario, use_cases(ours, graph, memory_stores(), lambda: scenario.now), emulator)


picks = st.lists(st.integers(0, 10_000), min_size=ROUNDS, max_size=ROUNDS)


def pick(listed: Sequence[T], number: int) -> T:
    """One of the list, each as likely as the others."""
    return listed[number % len(listed)]


@pytest.mark.timeout(900 + 3 * EXAMPLES)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenarios(), picks, st.booleans())
def test_offered_is_bookable_and_refused_is_refused(
    scenario: Scenario, numbers: list[int], named: bool
) -> None:
    """Every offered slot that is tried is booked as offered; every refused one breaks the rules listed."""
    asyncio.run(_check(scenario, numbers, named=named))


async def _check(scenario: Scenario, numbers: list[int], *, named: bool) -> None:
    async with facade(scenario) as one:
        for number in numbers:
            staff_id = pick(scenario.service.staff_member_ids, number) if named else None
            listed = await one.slots(staff_id)
            if listed.refusals:
                await _is_refused(one, pick(listed.refusals, number), staff_id)
            joins = [slot for slot in listed.slots if slot.is_join]
            if listed.slots:
                reference = await _is_booked(
                    one, pick(joins if joins and number % 2 else listed.slots, number), staff_id
                )
                await _moves(one, reference, number, staff_id)
            event(f"offered: {bool(listed.slots)}")


async def _is_refused(one: Facade, refusal: Refusal, staff_id: str | None) -> None:
    """The booking path names the very codes that the list named, and nothing is written."""
    before = await one.emulator.appointments(MAILBOX)
    with pytest.raises(RulesBroken) as refused:
        await one.book(refusal.start, staff_id)
    assert _codes(refused.value.violations) == _codes(refusal.violations)
    assert await one.emulator.appointments(MAILBOX) == before
    for code in _codes(refusal.violations):
        event(f"refused: {code}")


def _codes(violations: Sequence[Violation]) -> list[str]:
    return [violation.code for violation in violations]


async def _moves(one: Facade, reference: str, number: int, staff_id: str | None) -> None:
    """What is offered to a booking accepts it; what is refused to it does so with the reasons listed."""
    row = await one.row(reference)
    listed = await one.parts.manage.slots(row, one.query(staff_id))
    refused = [each for each in listed.refusals if each.start != row.span.start]
    if refused:
        refusal = pick(refused, number)
        with pytest.raises(RulesBroken) as caught:
            await one.move(row, refusal.start, staff_id)
        assert _codes(caught.value.violations) == _codes(refusal.violations)
        assert await one.row(reference) == row
    if listed.slots:
        slot = pick(listed.slots, number)
        answer = await one.move(row, slot.start, staff_id)
        assert datetime.fromisoformat(answer["start"]["utc"]) == slot.start
        await _stands_once(one, reference, slot.start, staff_id)
    event(f"moved: {bool(listed.slots)}, refused: {bool(refused)}")


async def _stands_once(one: Facade, reference: str, start: datetime, staff_id: str | None) -> None:
    """At that time, in one appointment, and nobody else's time is taken by it."""
    row, everything = await one.row(reference), await one.emulator.appointments(MAILBOX)
    email = f"customer{one.customers}@example.com"
    (made,) = [each for each in everything if email in {guest["emailAddress"] for guest in each["customers"]}]
    assert (made["id"], row.span.start) == (row.appointment_id, start)
    assert staff_id is None or staff_id in made["staffMemberIds"]
    assert len(made["customers"]) <= made["maximumAttendeesCount"]
    if len(made["customers"]) == 1:
        assert not [each for each in everything if each["id"] != made["id"] and _collide(each, made)]


async def _is_booked(one: Facade, slot: Slot, staff_id: str | None) -> str:
    """The appointment stands at that time with one of the staff named and with one seat fewer."""
    wanted = staff_id or (
        pick(slot.staff_ids, one.customers) if slot.staff_ids and one.customers % 2 else None
    )
    before = {each["id"]: each for each in await one.emulator.appointments(MAILBOX)}
    answer = await one.book(slot.start, wanted)
    after = {each["id"]: each for each in await one.emulator.appointments(MAILBOX)}
    assert answer["status"] == "confirmed"
    assert datetime.fromisoformat(answer["start"]["utc"]) == slot.start
    (touched,) = [each for key, each in after.items() if each != before.get(key)]
    assert len(after) == len(before) + (touched["id"] not in before)
    assert f"customer{one.customers}@example.com" in {each["emailAddress"] for each in touched["customers"]}
    assert len(touched["customers"]) <= touched["maximumAttendeesCount"]
    if wanted is not None:
        assert wanted in touched["staffMemberIds"]
    elif slot.is_join:
        assert touched["id"] in before
    if touched["id"] not in before:
        assert not [each for each in before.values() if _collide(each, touched)]
    event(f"booked: {'joined' if touched['id'] in before else 'new'}, named: {wanted is not None}")
    return str(answer["reference"])


def _collide(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two appointments of one staff member overlap, buffers included."""
    shared_staff = set(one["staffMemberIds"]) & set(other["staffMemberIds"])
    return bool(shared_staff) and _occupied(one).overlaps(_occupied(other))


def _occupied(each: dict[str, Any]) -> Interval:
    start, end = (
        datetime.fromisoformat(each[name]["dateTime"]).replace(tzinfo=UTC) for name in ("start", "end")
    )
    return Interval(start, end).widened(parse_duration(each["preBuffer"]), parse_duration(each["postBuffer"]))
