"""Whatever fails: who can still be booked, and what a caller is told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest
import pytest_asyncio

from devtools.graph_emulator.client import ControlClient
from devtools.graph_emulator.default_seed import DANA, MENU_TASTING
from tests.support.facade import (
    BENTO,
    MAILBOX,
    QUESTION,
    Facade,
    booking,
    connect,
    customer,
    environment,
    load_app,
    start_at,
)

SMILE = "aa000001-0000-4000-8000-00000000a001"
"""A service that asks nothing and that anybody of the staff gives, Dana among them."""

NAMES = {BENTO: "bento", MENU_TASTING: "tasting", SMILE: "smile"}
EVERYTHING = frozenset(NAMES.values())
NOTHING: frozenset[str] = frozenset()
WITHOUT_QUESTIONS = EVERYTHING - {"bento"}

_times = count()


@pytest_asyncio.fixture
async def shop(emulator: ControlClient, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Facade]:
    """A facade that repeats readings at once, before a shop with three services."""
    await emulator.switch(omitted_defaults="zero")
    seed = [{"id": SMILE, "displayName": "Smile", "defaultDuration": "PT30M", "staffMemberIds": [DANA]}]
    await emulator.seed(business=MAILBOX, services=seed)
    for name, value in environment(emulator).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("shared.graph.calls.pause", lambda *_: timedelta(milliseconds=1))
    module = load_app({})
    async with connect(module) as http:
        yield Facade(http, emulator, module)
        await module.facade.aclose()


async def booked(facade: Facade, service: str) -> httpx.Response:
    """A booking of this service at a time of its own by somebody new."""
    number = next(_times)
    start = start_at(8 + number % 8, week=2 + number // 8 % 9).isoformat()
    person = customer(f"person{number}@contoso.com")
    answers = [{"questionId": QUESTION, "answer": "25"}] if service == BENTO else []
    return await facade.book(booking(serviceId=service, start=start, customer=person, answers=answers))


async def sold(facade: Facade) -> set[str]:
    """Which of the services can be booked."""
    answers = {name: await booked(facade, service) for service, name in NAMES.items()}
    assert {one.status_code for one in answers.values()} <= {201, 404, 409, 422, 503}
    return {name for name, one in answers.items() if one.status_code == httpx.codes.CREATED}


FAILS = {"kind": "status", "status": 500}
GIBBERISH = {"kind": "body", "body": "[]"}
EMPTY = {"kind": "body", "body": "null"}
HANGS = {"kind": "latency", "seconds": 2.0}
PARTS = ("businesses.get", "services.list", "staffMembers.list", "customQuestions.list")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("trouble", [FAILS, GIBBERISH, EMPTY], ids=lambda one: one.get("body", "fails"))
async def test_a_part_of_the_catalogue_that_cannot_be_read(
    shop: Facade, part: str, trouble: dict[str, Any]
) -> None:
    """Without the questions what asks none is sold; the other parts everybody needs, until one was read."""
    await shop.emulator.arm({"operation": part, "count": None, **trouble})
    left = NOTHING if part != "customQuestions.list" else WITHOUT_QUESTIONS
    assert await sold(shop) == left

    await read_again(shop)
    assert await sold(shop) == EVERYTHING

    await shop.emulator.arm({"operation": part, "count": None, **trouble})
    shop.app.handlers.catalogues.forget(MAILBOX)
    assert await sold(shop) == (left or EVERYTHING)


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_of_the_catalogue_that_hangs(
    shop: Facade, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """The same, and nobody waits for it."""
    await sold(shop)
    monkeypatch.setattr("shared.graph.gateway.QUESTIONS_PATIENCE", timedelta(milliseconds=300))
    monkeypatch.setattr("shared.booking.slots.catalogue.PATIENCE", timedelta(milliseconds=600))
    await shop.emulator.arm({"operation": part, "count": None, **HANGS})
    shop.app.handlers.catalogues.forget(MAILBOX)

    assert await sold(shop) >= WITHOUT_QUESTIONS


async def read_again(shop: Facade) -> None:
    """The weather clears up, and the facade looks again."""
    await shop.emulator.clear_faults()
    shop.app.handlers.catalogues.forget(MAILBOX)


ODD: list[tuple[str, dict[str, Any], frozenset[str]]] = [
    ("services", {"id": SMILE, "defaultDuration": "PT0S"}, EVERYTHING - {"smile"}),
    ("services", {"id": SMILE, "defaultDuration": "soon"}, EVERYTHING - {"smile"}),
    ("services", {"id": SMILE, "preBuffer": None}, EVERYTHING - {"smile"}),
    ("services", {"id": SMILE, "isHiddenFromCustomers": None}, EVERYTHING - {"smile"}),
    ("services", {"id": SMILE, "staffMemberIds": [DANA.upper()]}, EVERYTHING),
    ("services", {"id": SMILE, "staffMemberIds": [SMILE, DANA]}, EVERYTHING),
    ("services", {"id": SMILE, "staffMemberIds": [SMILE]}, EVERYTHING - {"smile"}),
    ("services", {"id": SMILE, "customQuestions": [{"questionId": SMILE, "isRequired": True}]},
     EVERYTHING - {"smile"}),
    ("services", {"id": SMILE, "customQuestions": [{"questionId": SMILE, "isRequired": False}]}, EVERYTHING),
    ("services", {"id": SMILE, "defaultReminders": [{"offset": "now", "recipients": "staff"}]}, EVERYTHING),
    ("staffMembers", {"id": DANA, "useBusinessHours": "no"}, EVERYTHING - {"smile"}),
    ("staffMembers", {"id": DANA, "useBusinessHours": False, "timeZone": "Mars"}, EVERYTHING - {"smile"}),
    ("staffMembers", {"id": DANA, "membershipStatus": "onLeave"}, EVERYTHING - {"smile"}),
    ("customQuestions", {"id": QUESTION, "answerInputType": "palmReading"}, WITHOUT_QUESTIONS),
    ("customQuestions", {"id": QUESTION, "displayName": 7}, WITHOUT_QUESTIONS),
    ("customQuestions", {"id": SMILE, "answerOptions": "yes or no"}, EVERYTHING),
]  # fmt: skip


@pytest.mark.parametrize(
    ("segment", "odd", "left"), ODD, ids=lambda one: "" if isinstance(one, frozenset) else str(one)
)
async def test_one_odd_entity_closes_what_needs_it(
    shop: Facade, segment: str, odd: dict[str, Any], left: frozenset[str]
) -> None:
    """A service, a member of staff or a question that makes no sense; everything else is sold."""
    await shop.emulator.seed(business=MAILBOX, **{segment: [odd]})

    assert await sold(shop) == left


REFUSED, AWAY = (503, "upstream-refused"), (503, "upstream-unavailable")
BOOKED, PENDING = (201, "confirmed"), (202, "pending")
READS = ("businesses.get", "services.list", "staffMembers.list", "calendarView", "getStaffAvailability")
ONCE, FOR_EVER = 1, None

WRITES = ("appointments.create", "customers.create", "appointments.patch")

ONE: dict[str, tuple[str, int]] = {
    **dict.fromkeys((*READS, "customers.create", "appointments.create"), (MENU_TASTING, 0)),
    "appointments.get": (BENTO, 0),
    "the second appointments.get": (BENTO, 1),
    "appointments.patch": (BENTO, 0),
}
"""The operations of a booking of one's own, and of a seat, with how many of them pass before the trouble."""


def expected(operation: str, status: int, times: int | None) -> tuple[int, str]:
    """What the caller is told."""
    writes_again = operation in WRITES and status in {409, 412}
    if times == ONCE and (status == 401 or writes_again):
        return BOOKED
    if operation == "the second appointments.get":
        return PENDING
    return REFUSED if status in {401, 403} else AWAY


@pytest.mark.parametrize("times", [ONCE, FOR_EVER])
@pytest.mark.parametrize("status", [401, 403, 409, 412])
async def test_each_operation_that_is_refused(
    facade: Facade, monkeypatch: pytest.MonkeyPatch, status: int, times: int | None
) -> None:
    """401 and a conflict once are nothing; what is refused did nothing, and what nobody saw is pending."""
    for user in ("create.booking", "customers.directory", "writes.attendees"):
        monkeypatch.setattr(f"shared.booking.{user}.PAUSES", (timedelta(milliseconds=1),) * 2)
    catalogues = facade.app.handlers.catalogues
    for operation, (service, skipped) in ONE.items():
        before = await booked(facade, BENTO)
        assert before.status_code == 201
        start = before.json()["start"]["utc"] if service == BENTO else start_at(9, week=5 + skipped)
        name = operation.split()[-1]
        await facade.emulator.forget_requests()
        if name in READS:
            catalogues._last.clear()  # noqa: SLF001 (a worker that has just started)
            catalogues.forget(MAILBOX)
        fault = {"operation": name, "kind": "status", "status": status, "count": times, "skip": skipped}
        await facade.emulator.arm(fault)
        answer = await (second_seat(facade, str(start)) if service == BENTO else booked(facade, service))
        await facade.emulator.clear_faults()

        told = answer.json()
        assert (answer.status_code, told.get("code") or told["status"]) == expected(
            operation, status, times
        ), operation
        counts = (await facade.emulator.requests())["counts"]
        assert counts.get("appointments.create", 0) <= 3, operation
        everybody = [one["emailAddress"] for each in await facade.appointments() for one in each["customers"]]
        assert len(everybody) == len(set(everybody)), operation


async def second_seat(facade: Facade, start: str) -> httpx.Response:
    """Somebody new takes a seat beside the first one."""
    return await facade.book(start=start, customer=customer(f"seat{next(_times)}@contoso.com"))


async def test_questions_that_are_refused_are_unreadable(facade: Facade) -> None:
    """What asks none is sold to whoever has no right to read them."""
    for status in (401, 403, 409, 412):
        await facade.emulator.arm({"operation": "customQuestions.list", "status": status, "count": None})
        facade.app.handlers.catalogues.forget(MAILBOX)
        assert (await booked(facade, MENU_TASTING)).status_code == 201
        assert (await booked(facade, BENTO)).status_code == 404
        await facade.emulator.clear_faults()


@pytest.mark.parametrize("status", [409, 412])
async def test_a_write_to_what_has_just_been_made_goes_out_again(facade: Facade, status: int) -> None:
    """Exchange touches a new item by itself: who joins a class seconds after the first one is let in."""
    first = await booked(facade, BENTO)
    await facade.emulator.arm({"operation": "appointments.patch", "status": status, "count": 2})

    second = await second_seat(facade, first.json()["start"]["utc"])

    assert second.status_code == 201
    (made,) = await facade.appointments()
    assert len(made["customers"]) == 2


async def test_a_class_that_is_touched_by_exchange_is_joined(facade: Facade) -> None:
    """The emulator's own switch for the same: every PATCH in the first second after a create is a 412."""
    await facade.emulator.switch(settling=0.5)
    first = await booked(facade, BENTO)

    assert (await second_seat(facade, first.json()["start"]["utc"])).status_code == 201


@pytest.mark.parametrize("failure", [400, 404])
async def test_an_identity_that_is_down_is_told_as_what_it_is(facade: Facade, failure: int) -> None:
    """It is neither Graph that refuses nor the caller who is wrong; health says the same."""
    await facade.emulator.identity(failure=failure)

    answer = await facade.book()
    health = await facade.http.get("/api/health/ready")

    assert (answer.status_code, answer.json()["code"]) == (503, "identity-unavailable")
    assert "NoIdentity" in health.text
    await facade.emulator.identity(failure=None)
    assert (await facade.book()).status_code == 201


@pytest.mark.parametrize("status", [401, 403])
async def test_a_first_token_without_its_roles_is_asked_for_again(
    facade: Facade, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """The roles were granted a moment after the token: nobody waits for its day to end."""
    await facade.emulator.switch(missing_role_status=status)
    await facade.emulator.identity(roles=[])
    assert (await facade.book()).json()["code"] == "upstream-refused"
    roles = ["Bookings.Read.All", "BookingsAppointment.ReadWrite.All"]
    await facade.emulator.identity(roles=roles)
    monkeypatch.setattr("shared.graph.client.PAUSE", 0.0)  # a minute later

    assert (await facade.book()).status_code == 201


@pytest.mark.parametrize("refused", [[0], [1], [0, 2]])
async def test_whom_graph_lists_and_refuses_closes_nobody_else(facade: Facade, refused: list[int]) -> None:
    """Asked for alone and left out: the others' slots are listed, and offered means bookable."""
    services = await facade.services()
    staff = sorted({one["id"] for service in services.values() for one in service["staff"]})
    left = {one for number, one in enumerate(staff) if number not in refused}
    await facade.emulator.switch(refused_staff=",".join(set(staff) - left))

    day = start_at(week=3).date()
    url = f"/api/v1/businesses/contoso-lunch/services/{MENU_TASTING}/slots?from={day}&to={day}"
    answer = await facade.http.get(url)

    assert answer.status_code == 200
    offered = {one["id"] for slot in answer.json()["slots"] for one in slot["staff"]}
    assert offered == left & {one["id"] for one in services["Menu tasting"]["staff"]}
    if offered:
        assert (await booked(facade, MENU_TASTING)).status_code == 201
