"""Each kind of chaos has its control: with its guard taken out, the audit finds what then goes wrong."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
import pytest

from devtools.chaos.audit import audit
from devtools.chaos.by_hand import ByHand, Wish
from devtools.chaos.told import CONFIRMED, LEFT, REFUSED, STUCK, Told
from devtools.graph_emulator.client import ControlClient
from shared.booking.writes.engine import Writing
from shared.graph.gateway import GraphGateway
from shared.settings import Settings
from tests.concurrency.careless import ClaimedLocks, Freezes, NeverSettles, NoLedger
from tests.concurrency.careless_graph import (
    BelievesItself,
    BlindMeansEmpty,
    KeepsEverything,
    SendsTheOldList,
    Stopped,
    TakesItForARefusal,
    Watched,
)
from tests.concurrency.crew import LEASE, LOCKS_END, Crew
from tests.support.facade import BENTO, MAILBOX, Facade, customer, start_at

Json = dict[str, Any]
Gateway = Callable[[Settings], GraphGateway]

LAG = 3600
"""Seconds for which lists hide a write: until `settled` has them catch up, however slow the machine is."""

LATE = 0.8
"""Seconds after which a late write lands: more than a call may last, less than a lock lives."""

ANN, BOB = "ann@contoso.com", "bob@contoso.com"
POST, PATCH = "appointments.create", "appointments.patch"

GUARDED = pytest.mark.parametrize("guarded", [True, False])


def after_commit(**fault: object) -> Json:
    return {"operation": POST, "when": "after", "count": 1, **fault}


async def told(facade: Facade, email: str, answer: httpx.Response | None, service: str) -> Told:
    """What an answer means for the audit; a 202 means what its Location says."""
    ending, bodies = LEFT, []
    if answer is not None and answer.status_code == 201:
        ending, bodies = CONFIRMED, [answer.content]
    elif answer is not None and answer.status_code == 202:
        status = (await facade.http.get(answer.headers["location"])).json()["status"]
        ending = {"confirmed": CONFIRMED, "failed": REFUSED}.get(status, STUCK)
    elif answer is not None and answer.status_code != 503:
        ending = REFUSED
    return Told(email, Wish(MAILBOX, service, start_at(), email), ending, bodies)


async def found(crew: Crew, *everybody: Told) -> str:
    """The promises that the audit finds broken, one in a line."""
    state = await crew.emulator.state()
    business = {MAILBOX: state["businesses"][MAILBOX]}
    return "\n".join(audit(everybody, business, ByHand(state["edits"]["done"])))


async def tasting(facade: Facade) -> Json:
    """A wish for the 1:1 service with its first staff member."""
    service = (await facade.services())["Menu tasting"]
    return {"serviceId": service["id"], "answers": [], "staffId": service["staff"][0]["id"]}


async def under_way(crew: Crew) -> int:
    """How many requests Graph has still to work on, those included whose callers have gone."""
    log = await crew.emulator.requests()
    return int(log["inFlight"]) + int(log["answeredButNotDone"])


async def settled(crew: Crew, facade: Facade) -> None:
    """Everything has landed, the locks are over, and the timer has run."""
    while await under_way(crew):
        continue
    await crew.emulator.clear_faults()
    await crew.emulator.catch_up()
    crew.clock.move(LOCKS_END)
    await facade.app.timer()


async def one_after_the_other(crew: Crew, graph: Gateway) -> str:
    """Ann wants a slot, gets some answer, and Bob wants the same slot: what is broken in the end."""
    facade = await crew.hire(graph=graph)
    wish = await tasting(facade)
    first = await facade.book(**wish, customer=customer(ANN))
    second = await facade.book(**wish, customer=customer(BOB))
    await settled(crew, facade)
    ann = await told(facade, ANN, first, wish["serviceId"])
    return await found(crew, ann, await told(facade, BOB, second, wish["serviceId"]))


HIDDEN_WRITES: Mapping[str, Json] = {
    "odd body {}": after_commit(kind="body", body="{}"),
    "odd body null": after_commit(kind="body", body="null"),
    "odd body []": after_commit(kind="body", body="[]"),
    "odd body id": after_commit(kind="body", body="id"),
    "odd body start": after_commit(kind="body", body="start"),
    "gateway page": after_commit(status=502, html=True),
    "redirect": after_commit(status=307, location=""),
    "storage full": after_commit(status=507),
    "late write": {"operation": POST, "kind": "late", "status": 503, "html": True, "seconds": LATE},
}


@pytest.mark.parametrize("fault", HIDDEN_WRITES)
@GUARDED
async def test_a_hidden_write_taken_for_a_refusal_sells_its_slot_again(
    crew: Crew, fault: str, *, guarded: bool
) -> None:
    """Whatever the answer, the slot is Ann's until nothing of hers can be there."""
    await crew.emulator.switch(visibility_delay=LAG)
    await crew.emulator.arm(HIDDEN_WRITES[fault])

    broken = await one_after_the_other(crew, Watched if guarded else TakesItForARefusal)

    assert ("overlap" in broken) is not guarded, broken
    assert (broken == "") is guarded, broken


@GUARDED
async def test_what_was_delivered_twice_stays_twice_unless_one_is_taken_back(
    crew: Crew, *, guarded: bool
) -> None:
    """Two appointments with one reference are one too many."""
    await crew.emulator.arm({"operation": POST, "kind": "twice", "answer": "none"})

    broken = await one_after_the_other(crew, Watched if guarded else KeepsEverything)

    assert ("booked 2 times" in broken) is not guarded, broken
    assert (broken == "") is guarded, broken


async def a_group(crew: Crew, graph: Gateway) -> Facade:
    """A facade through which Ann is in a group appointment."""
    facade = await crew.hire(graph=graph)
    assert (await facade.book(customer=customer(ANN))).status_code == 201
    return facade


async def joined(crew: Crew, facade: Facade) -> str:
    """Bob joins Ann: what is broken in the end."""
    answer = await facade.book(customer=customer(BOB))
    await settled(crew, facade)
    ann = Told(ANN, Wish(MAILBOX, BENTO, start_at(), ANN), CONFIRMED)
    return await found(crew, ann, await told(facade, BOB, answer, BENTO))


@pytest.mark.parametrize("status", [401, 409, 412])
@GUARDED
async def test_a_write_that_did_nothing_taken_for_done_loses_its_customer(
    crew: Crew, status: int, *, guarded: bool
) -> None:
    """Refused tokens and conflicts end without a change; who believes in their own write confirms nothing."""
    facade = await a_group(crew, Watched if guarded else BelievesItself)
    await crew.emulator.arm({"operation": PATCH, "status": status, "count": 1 if guarded else 9})

    broken = await joined(crew, facade)

    assert (f"{BOB}: confirmed, but its customer is in no appointment" in broken) is not guarded, broken
    assert (broken == "") is guarded, broken


@pytest.mark.parametrize("code", ["ErrorNonExistentMailbox", "ErrorFolderNotFound"])
@GUARDED
async def test_a_mailbox_that_cannot_be_found_taken_for_an_empty_one_loses_a_booking(
    crew: Crew, code: str, *, guarded: bool
) -> None:
    """The answer to the POST is lost, and every look for it is told that there is no such mailbox."""
    gone = {"status": 404, "code": code, "count": 50}

    async def the_mailbox_goes() -> None:
        await crew.emulator.arm(
            {"operation": "appointments.get", **gone},
            {"operation": "appointments.list", **gone},
            {"operation": "calendarView", **gone},
        )

    await crew.emulator.arm(after_commit(status=500))
    variant = Watched if guarded else BlindMeansEmpty

    broken = await one_after_the_other(crew, partial(variant, after_post=the_mailbox_goes))

    assert (broken == "") is guarded, broken


@GUARDED
async def test_without_the_ledger_a_list_that_lags_sells_a_slot_again(crew: Crew, *, guarded: bool) -> None:
    """Bob comes before the lists show Ann."""
    await crew.emulator.switch(visibility_delay=LAG)
    crew = crew if guarded else replace(crew, stores=replace(crew.stores, ledger=NoLedger()))

    broken = await one_after_the_other(crew, Watched)

    assert ("overlap" in broken) is not guarded, broken


@pytest.mark.parametrize("how", ["kill", "term"])
@GUARDED
async def test_locks_that_end_with_their_worker_sell_a_late_write_again(
    crew: Crew, how: str, *, guarded: bool
) -> None:
    """Ann's worker is killed, or its work cancelled after a grace, while her POST is on its way."""
    locks = ClaimedLocks(claimed=LOCKS_END, really=LOCKS_END - LOCKS_END)
    crew = crew if guarded else replace(crew, stores=replace(crew.stores, locks=locks))
    graphs: list[Stopped] = []

    def stopping(settings: Settings) -> GraphGateway:
        graphs.append(Stopped(settings, cancelled=how == "term"))
        return graphs[0]

    first, second = await crew.hire(graph=stopping), await crew.hire()
    wish = await tasting(second)
    await crew.emulator.arm({"operation": POST, "kind": "latency", "seconds": LATE})
    dying = asyncio.create_task(first.book(**wish, customer=customer(ANN)))
    await graphs[0].is_stopped.wait()
    if how == "term":
        await asyncio.wait([dying])
    answer = await second.book(**wish, customer=customer(BOB))
    await settled(crew, second)
    dying.cancel()

    ann = await told(second, ANN, None, wish["serviceId"])
    broken = await found(crew, ann, await told(second, BOB, answer, wish["serviceId"]))
    assert ("overlap" in broken) is not guarded, broken
    assert (broken == "") is guarded, broken


@GUARDED
async def test_a_frozen_worker_that_does_not_look_at_the_clock_books_on_top(
    crew: Crew, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    """Ann's worker stands still until its lock and lease are over and Bob is booked, and then goes on."""
    records = Freezes(leases_for_ever=not guarded)
    if not guarded:
        monkeypatch.setattr(Writing, "check", lambda _: None)
    crew = replace(crew, stores=replace(crew.stores, idempotency=records))
    first, second = await crew.hire(), await crew.hire()
    wish = await tasting(second)
    frozen = asyncio.create_task(first.book(**wish, customer=customer(ANN)))
    await records.is_frozen.wait()
    crew.clock.move(LOCKS_END + LEASE)
    answer = await second.book(**wish, customer=customer(BOB))
    records.goes_on.set()
    woken = await frozen
    await settled(crew, second)

    ann = await told(second, ANN, woken, wish["serviceId"])
    broken = await found(crew, ann, await told(second, BOB, answer, wish["serviceId"]))
    assert answer.status_code == 201
    assert ("overlap" in broken) is not guarded, broken
    assert (broken == "") is guarded, broken


def an_edit(emulator: ControlClient, kind: str, **more: object) -> Callable[[], Any]:
    """Asks the staff for an edit; it waits while Bob is between reading and writing."""
    return partial(emulator.edit, {"business": MAILBOX, "kind": kind, **more})


UNDONE = {
    "add-customer": "whom the staff had added, is not in it",
    "remove-customer": "whom the staff had taken out, is in it again",
}


@pytest.mark.parametrize("kind", UNDONE)
@pytest.mark.parametrize("status", [429, 500])
@GUARDED
async def test_an_old_list_sent_again_undoes_what_the_staff_did(
    crew: Crew, kind: str, status: int, *, guarded: bool
) -> None:
    """Bob's PATCH fails, the staff edit the list, and the PATCH is repeated."""
    edit = an_edit(crew.emulator, kind)
    facade = await crew.hire()
    assert (await facade.book(customer=customer(ANN))).status_code == 201
    await crew.emulator.arm({"operation": PATCH, "status": status, "retryAfter": 0.1})
    variant = Watched if guarded else SendsTheOldList
    facade = await crew.hire(graph=partial(variant, after_reading=edit))

    broken = await joined(crew, facade)

    assert [each["kind"] for each in await crew.emulator.edits()] == [kind]
    assert (UNDONE[kind] in broken) is not guarded, broken
    assert (broken == "") is guarded, broken


@GUARDED
async def test_whoever_lost_their_record_is_pushed_out_unless_they_are_put_back(
    crew: Crew, *, guarded: bool
) -> None:
    """The staff delete Ann's record; when Bob joins, Graph drops her."""
    facade = await a_group(crew, Watched if guarded else BelievesItself)
    await an_edit(crew.emulator, "delete-customer")()

    broken = await joined(crew, facade)

    assert (f"{ANN}: confirmed, but its customer is in no appointment" in broken) is not guarded, broken
    assert (broken == "") is guarded, broken


@GUARDED
async def test_a_deleted_appointment_taken_for_joined_loses_its_customer(
    crew: Crew, *, guarded: bool
) -> None:
    """Between Bob's PATCH that failed and the next one the staff delete the appointment."""
    facade = await crew.hire()
    assert (await facade.book(customer=customer(ANN))).status_code == 201
    await crew.emulator.arm({"operation": PATCH, "status": 500})
    variant = Watched if guarded else BelievesItself
    edit = an_edit(crew.emulator, "delete-appointment")
    facade = await crew.hire(graph=partial(variant, after_reading=edit))

    broken = await joined(crew, facade)

    assert [each["kind"] for each in await crew.emulator.edits()] == ["delete-appointment"]
    assert (f"{BOB}: confirmed, but its customer is in no appointment" in broken) is not guarded, broken
    assert (broken == "") is guarded, broken


@GUARDED
async def test_a_moved_booking_in_doubt_that_nobody_recognises_is_called_failed(
    crew: Crew, *, guarded: bool
) -> None:
    """The answer to Ann's POST is lost, and the staff move her appointment; its mark tells whose it is."""

    async def moves() -> None:
        to = start_at(14, week=3).isoformat()
        await crew.emulator.edit({"business": MAILBOX, "kind": "move", "to": [to]})
        if not guarded:
            marked = [{**one, "serviceNotes": None} for one in await crew.emulator.appointments(MAILBOX)]
            await crew.emulator.seed(business=MAILBOX, appointments=marked)

    await crew.emulator.arm(after_commit(kind="disconnect"))
    facade = await crew.hire(graph=partial(Watched, after_post=moves))
    wish = await tasting(facade)

    answer = await facade.book(**wish, customer=customer(ANN))

    await settled(crew, facade)
    assert [each["kind"] for each in await crew.emulator.edits()] == ["move"]
    broken = await found(crew, await told(facade, ANN, answer, wish["serviceId"]))
    assert (f"{ANN}: refused, but booked" in broken) is not guarded, broken
    assert (broken == "") is guarded, broken


@GUARDED
async def test_a_booking_whose_service_is_deleted_ends_unless_nobody_looks(
    crew: Crew, *, guarded: bool
) -> None:
    """The answer to Ann's POST is lost, nobody can look for it, and the staff delete the service."""
    crew = crew if guarded else replace(crew, stores=replace(crew.stores, idempotency=NeverSettles()))
    wish = await tasting(await crew.hire())

    async def deletes() -> None:
        await crew.emulator.arm({"operation": "calendarView", "count": 50})
        await an_edit(crew.emulator, "delete-service", service=wish["serviceId"])()

    await crew.emulator.arm(after_commit(kind="disconnect"))
    facade = await crew.hire(graph=partial(Watched, after_post=deletes))

    answer = await facade.book(**wish, customer=customer(ANN))
    assert answer.status_code == 202

    await crew.emulator.clear_faults()
    other = await crew.hire()
    await settled(crew, other)
    broken = await found(crew, await told(other, ANN, answer, wish["serviceId"]))
    assert ("no final answer" in broken) is not guarded, broken
    assert (broken == "") is guarded, broken
