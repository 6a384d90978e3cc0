"""Writes whose end nobody saw: each ends as one booking, or as none, and the customer is told which."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.settings import Settings
from tests.concurrency.crew import LEASE, LOCKS_END, Crew, Hangs
from tests.support.facade import MAILBOX, Facade, booking, customer, start_at

LATE = 1.3
"""Seconds: later than the facade waits for a call and for the lists after it."""

Json = dict[str, Any]


def fault(operation: str, when: str, kind: int | str, **more: object) -> Json:
    """One fault; `kind` is a status, `disconnect` or `latency`."""
    what: Json = {"kind": "status", "status": kind} if isinstance(kind, int) else {"kind": kind}
    return {"operation": operation, "when": when, "count": 1, "seconds": LATE, **what, **more}


def tasting(services: Json, **more: object) -> Json:
    """A booking of the 1:1 service with its first staff member."""
    service = services["Menu tasting"]
    return booking(serviceId=service["id"], answers=[], staffId=service["staff"][0]["id"], **more)


async def emails(facade: Facade) -> list[list[str]]:
    """Who is in each appointment."""
    return [[one["emailAddress"] for one in made["customers"]] for made in await facade.appointments()]


async def state(facade: Facade, accepted: httpx.Response) -> str:
    """What the Location of a 202 says."""
    assert accepted.status_code == 202, accepted.text
    found = await facade.http.get(accepted.headers["location"])
    assert found.status_code == 200
    return str(found.json()["status"])


async def settle(crew: Crew, facade: Facade) -> None:
    """What the timer does, once a late write can no longer land."""
    crew.clock.move(LOCKS_END)
    await facade.app.timer()


DONE_UNSEEN = [
    fault("appointments.create", "after", 500),
    fault("appointments.create", "after", 503),
    fault("appointments.create", "after", 504),
    fault("appointments.create", "after", "disconnect"),
    fault("appointments.create", "after", "latency"),
]


@pytest.mark.parametrize("weather", DONE_UNSEEN)
async def test_a_booking_that_graph_did_not_report_is_adopted(crew: Crew, weather: Json) -> None:
    """Graph booked and failed to say so: the customer gets a 201 for that very appointment."""
    facade = await crew.hire()
    await crew.emulator.arm(weather)

    answer = await facade.book()

    assert answer.status_code == 201, answer.text
    assert await emails(facade) == [["jordanm@contoso.com"]]
    assert (await facade.calls()).count("appointments.create") <= 1  # told of at the end of a call
    assert (await facade.book()).content == answer.content


@pytest.mark.parametrize("kind", [429, 500, 507])
async def test_a_post_that_surely_did_nothing_is_sent_once_more(crew: Crew, kind: int) -> None:
    """The lists have had their time and show nothing of a POST that is over: one more is safe."""
    facade = await crew.hire()
    await crew.emulator.arm(fault("appointments.create", "before", kind, retryAfter=0.1))

    answer = await facade.book()

    assert answer.status_code == 201, answer.text
    assert await emails(facade) == [["jordanm@contoso.com"]]
    assert (await facade.calls()).count("appointments.create") == 2


@pytest.mark.parametrize("kind", [502, 503, 504, "disconnect"])
async def test_a_post_that_may_still_land_is_not_sent_again(crew: Crew, kind: int | str) -> None:
    """Without an answer: 202, then `failed` once it can no longer land; then the same request books."""
    facade = await crew.hire()
    await crew.emulator.arm(fault("appointments.create", "before", kind))

    accepted = await facade.book()

    assert await state(facade, accepted) == "pending"
    await facade.app.timer()
    assert await state(facade, accepted) == "pending"
    assert (await facade.book()).status_code == 202
    assert (await facade.calls()).count("appointments.create") == 1
    await settle(crew, facade)
    assert await state(facade, accepted) == "failed"
    assert await emails(facade) == []
    assert (await facade.book()).status_code == 201
    assert await emails(facade) == [["jordanm@contoso.com"]]


async def test_a_post_that_lands_late_is_found_by_the_timer(crew: Crew) -> None:
    """The write lands after the customer got a 202; the timer confirms it, with the body of a 201."""
    facade = await crew.hire()
    await crew.emulator.arm(fault("appointments.create", "before", "latency"))

    accepted = await facade.book()
    assert await state(facade, accepted) == "pending"
    await landed(facade, 1)
    await facade.app.timer()

    replay = await facade.book()
    assert await state(facade, accepted) == "confirmed"
    assert replay.status_code == 201
    assert replay.json()["reference"] == accepted.json()["reference"]
    seen = (await facade.http.get(accepted.headers["location"])).json()
    assert {**seen, **replay.json()} == seen
    assert await emails(facade) == [["jordanm@contoso.com"]]


async def test_a_post_that_lands_late_is_adopted_by_a_retry(crew: Crew) -> None:
    """The same key in another worker finds what the first one sent."""
    first, second = await crew.hire(), await crew.hire()
    await crew.emulator.arm(fault("appointments.create", "before", "latency"))

    accepted = await first.book(key="k")
    await landed(first, 1)
    answer = await second.book(key="k")

    assert (accepted.status_code, answer.status_code) == (202, 201)
    assert answer.json()["reference"] == accepted.json()["reference"]
    assert (await second.calls()).count("appointments.create") == 1


async def landed(facade: Facade, count: int) -> None:
    """Wait until so many appointments are there."""
    async with asyncio.timeout(10 * LATE):
        while len(await facade.appointments()) < count:  # noqa: ASYNC110 (the emulator tells nobody)
            await asyncio.sleep(0.05)


async def test_a_slot_in_doubt_is_nobody_elses(crew: Crew) -> None:
    """What may be booked is in no list yet; until it must be, the next customer is told to wait."""
    facade = await crew.hire()
    services = await facade.services()
    await facade.book(tasting(services, start=start_at(15).isoformat()))
    await crew.emulator.switch(visibility_delay=60.0)
    # The first look is the judge's; those that would find the booking fail.
    blind = fault("calendarView", "before", 500, skip=1, count=99)
    await crew.emulator.arm(fault("appointments.create", "after", 503), blind)
    accepted = await facade.book(tasting(services))
    await crew.emulator.clear_faults()

    answer = await facade.book(tasting(services, customer=customer("ann@contoso.com")))

    assert accepted.status_code == 202
    assert answer.json()["code"] == "slot-busy"
    assert len(await facade.appointments()) == 2


async def test_an_earlier_attempt_is_not_forgotten_when_graph_is_down(crew: Crew) -> None:
    """A retry that cannot even read the catalogue knows nothing new: 202, and never a second booking."""
    first, second = await crew.hire(), await crew.hire()
    await crew.emulator.arm(fault("appointments.create", "before", "latency"))
    await first.book()
    await landed(first, 1)
    await crew.emulator.arm(fault("services.list", "before", 500, count=9))

    during = await second.book()
    await crew.emulator.clear_faults()
    after = await second.book()

    assert (during.status_code, after.status_code) == (202, 201)
    assert await emails(first) == [["jordanm@contoso.com"]]


DONE_OR_OVER = [
    *(fault("appointments.patch", "after", kind) for kind in (500, 503, 504, "disconnect", "latency")),
    *(fault("appointments.patch", "before", kind) for kind in (500, 507, 409, 412)),
    fault("appointments.patch", "before", 429, retryAfter=0.1),
]


@pytest.mark.parametrize("weather", DONE_OR_OVER)
async def test_a_join_is_written_until_it_is_done(crew: Crew, weather: Json) -> None:
    """Read again, judged again, written again: both customers are in, once, and the answer is 201."""
    facade = await crew.hire()
    await facade.book(customer=customer("ann@contoso.com"))
    await crew.emulator.arm(weather)

    answer = await facade.book()

    assert answer.status_code == 201, answer.text
    assert answer.json()["seats"]["filled"] == 2
    assert await emails(facade) == [["ann@contoso.com", "jordanm@contoso.com"]]
    assert (await facade.book()).content == answer.content


@pytest.mark.parametrize("kind", [502, 503, 504, "disconnect"])
async def test_a_patch_that_may_still_land_is_not_sent_again(crew: Crew, kind: int | str) -> None:
    """Without an answer of Graph's: 202, one PATCH, `failed` once it can no longer land; then it books."""
    facade = await crew.hire()
    await facade.book(customer=customer("ann@contoso.com"))
    await crew.emulator.arm(fault("appointments.patch", "before", kind))

    accepted = await facade.book()

    assert await state(facade, accepted) == "pending"
    assert (await facade.calls()).count("appointments.patch") == 1
    await settle(crew, facade)
    assert await state(facade, accepted) == "failed"
    assert await emails(facade) == [["ann@contoso.com"]]
    assert (await facade.book()).status_code == 201
    assert await emails(facade) == [["ann@contoso.com", "jordanm@contoso.com"]]


async def test_a_patch_that_lands_late_is_found_by_the_timer(crew: Crew) -> None:
    """The list arrives after the customer got a 202; the timer finds the customer in it."""
    facade = await crew.hire()
    await facade.book(customer=customer("ann@contoso.com"))
    await crew.emulator.arm(fault("appointments.patch", "before", "latency"))

    accepted = await facade.book()
    assert await state(facade, accepted) == "pending"
    async with asyncio.timeout(10 * LATE):
        while len((await emails(facade))[0]) < 2:  # noqa: ASYNC110 (the emulator tells nobody)
            await asyncio.sleep(0.05)
    await facade.app.timer()

    assert await state(facade, accepted) == "confirmed"


async def test_a_join_that_nobody_saw_end_is_settled(crew: Crew) -> None:
    """Done, but neither answer nor appointment could be read: 202, and the timer finds the customer."""
    facade = await crew.hire()
    await facade.book(customer=customer("ann@contoso.com"))
    blind = fault("appointments.get", "before", 500, skip=1, count=99)
    await crew.emulator.arm(fault("appointments.patch", "after", "disconnect"), blind)

    accepted = await facade.book()
    await crew.emulator.clear_faults()
    await settle(crew, facade)

    assert await state(facade, accepted) == "confirmed"
    assert await emails(facade) == [["ann@contoso.com", "jordanm@contoso.com"]]


async def test_only_the_appointment_that_was_judged_is_joined(crew: Crew) -> None:
    """A list still shows a free seat where there is none: nobody is put on a seat too many."""
    facade = await crew.hire()
    for staff in (await facade.services())["Catered bento"]["staff"][:2]:
        await facade.book(customer=customer(f"{staff['id'][:4]}@contoso.com"), staffId=staff["id"])
    await crew.emulator.switch(visibility_delay=60.0)
    full = min(await facade.appointments(), key=lambda one: str(one["id"]))
    await fill(facade, full)

    answer = await facade.book(key="late")

    assert answer.json().get("code") == "slot-busy"
    assert max(len(inside) for inside in await emails(facade)) == full["maximumAttendeesCount"]


async def fill(facade: Facade, appointment: Json) -> None:
    """Somebody on the staff fills an appointment by hand."""
    seats = appointment["maximumAttendeesCount"] - len(appointment["customers"])
    person = {**appointment["customers"][0], "@odata.type": "#microsoft.graph.bookingCustomerInformation"}
    more = [{**person, "emailAddress": f"outside{n}@contoso.com"} for n in range(seats)]
    root = f"{facade.emulator.graph_root}/solutions/bookingBusinesses/{MAILBOX}"
    async with httpx.AsyncClient(
        headers={"Authorization": f"Bearer {await facade.emulator.token()}"}
    ) as http:
        answer = await http.patch(
            f"{root}/appointments/{appointment['id']}", json={"customers": [person, *more]}
        )
    assert answer.status_code == 204, answer.text


@pytest.mark.parametrize("kind", [500, 503, 504, "disconnect", "latency"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_customer_is_created_once(crew: Crew, kind: int | str, when: str) -> None:
    """A create whose end nobody saw: try again later, and in the end one record and one booking."""
    facade = await crew.hire()
    await crew.emulator.arm(fault("customers.create", when, kind))
    ask = booking(customer=customer("ann@contoso.com"))

    first = await facade.book(ask)
    again = await facade.book(ask)
    await asyncio.sleep(LATE)  # the time in which a late create lands
    crew.clock.move(LOCKS_END)
    last = await facade.book(ask)

    known = (await crew.emulator.state())["businesses"][MAILBOX]["customers"]
    assert (first.status_code, first.json()["code"]) == (503, "not-booked")
    assert again.status_code in {201, 409, 503}
    assert last.status_code == 201, last.text
    assert [one["emailAddress"] for one in known].count("ann@contoso.com") == 1
    assert await emails(facade) == [["ann@contoso.com"]]


async def test_a_create_that_graph_refused_leaves_no_doubt(crew: Crew) -> None:
    """After a 4xx nothing was created: the next request need not wait for a record that never comes."""
    facade = await crew.hire()
    await crew.emulator.arm(fault("customers.create", "before", 400))

    refused = await facade.book(customer=customer("ann@contoso.com"))
    answer = await facade.book(customer=customer("ann@contoso.com"))

    assert (refused.status_code, answer.status_code) == (503, 201)


async def forget_ann(facade: Facade) -> None:
    """Ann has booked before, and the staff have deleted her record since."""
    await facade.book(customer=customer("ann@contoso.com"), start=start_at(14).isoformat())
    (made,) = await facade.appointments()
    await facade.delete_customer(made["customers"][0]["customerId"])


async def test_a_half_made_booking_whose_repair_was_not_seen_is_finished(crew: Crew) -> None:
    """Graph dropped the customer, and the answer to the repair was lost: the appointment shows it."""
    facade = await crew.hire()
    await forget_ann(facade)
    await crew.emulator.arm(fault("appointments.patch", "after", "disconnect"))

    answer = await facade.book(customer=customer("ann@contoso.com"))

    assert answer.status_code == 201, answer.text
    assert await emails(facade) == [["ann@contoso.com"]] * 2


async def test_a_half_made_booking_is_taken_back(crew: Crew) -> None:
    """Graph dropped the customer, and the repair never arrived: no empty appointment stays."""
    facade = await crew.hire()
    await forget_ann(facade)
    await crew.emulator.arm(fault("appointments.patch", "before", "disconnect"))

    accepted = await facade.book(customer=customer("ann@contoso.com"))
    await settle(crew, facade)

    assert await state(facade, accepted) == "failed"
    assert await emails(facade) == [["ann@contoso.com"]]


async def test_a_customer_whose_record_is_gone_can_book_alone(crew: Crew) -> None:
    """Graph fails a 1:1 POST with an id that it no longer knows: the second POST has another id."""
    facade = await crew.hire()
    await forget_ann(facade)
    ask = tasting(await facade.services(), customer=customer("ann@contoso.com"))

    answer = await facade.book(ask)

    assert answer.status_code == 201, answer.text
    assert len(await facade.appointments()) == 2


@pytest.mark.parametrize("after_commit", [True, False])
async def test_a_worker_that_dies_around_its_post_loses_nothing(crew: Crew, *, after_commit: bool) -> None:
    """Another worker waits until the dead one's time is over, and then finds the booking or makes it."""
    mortal: list[Hangs] = []

    def doomed(settings: Settings) -> Hangs:
        mortal.append(Hangs(settings, after_commit=after_commit))
        return mortal[0]

    victim, survivor = await crew.hire(graph=doomed), await crew.hire()
    dying = asyncio.create_task(victim.book(key="k"))
    await mortal[0].is_dead.wait()
    try:
        in_flight = await survivor.book(key="k")
        crew.clock.move(LEASE)
        taken_over = await survivor.book(key="k")
        crew.clock.move(LOCKS_END)
        last = await survivor.book(key="k")
    finally:
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)

    assert in_flight.json()["code"] == "idempotency-key-in-flight"
    assert taken_over.status_code == (201 if after_commit else 202)
    assert last.status_code == 201
    assert await emails(survivor) == [["jordanm@contoso.com"]]


async def test_a_worker_that_wakes_too_late_writes_nothing(crew: Crew) -> None:
    """Who lost the right to an intent while it stood still is stopped before its write."""
    slow, other = await crew.hire(), await crew.hire()
    await crew.emulator.arm(fault("getStaffAvailability", "before", "latency", seconds=0.4))
    first = asyncio.create_task(slow.book(key="k"))
    async with asyncio.timeout(5):
        while "getStaffAvailability" not in await begun(crew):  # noqa: ASYNC110 (the emulator tells nobody)
            await asyncio.sleep(0.02)
    crew.clock.move(timedelta(seconds=7))
    second = await other.book(key="k")
    late = await first

    assert second.status_code == 201
    assert late.status_code in {409, 503}
    assert await emails(other) == [["jordanm@contoso.com"]]


async def begun(crew: Crew) -> set[str]:
    """The operations that a fault has struck so far."""
    return {str(one["operation"]) for one in await crew.emulator.faults() if one["struck"]}
