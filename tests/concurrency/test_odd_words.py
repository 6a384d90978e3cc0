"""What must not be taken at its word, seen from outside: errors of Graph's, lists, spellings."""

import json

import httpx
import pytest

from tests.concurrency.crew import SECONDS, Crew
from tests.concurrency.test_unknown_outcomes import Json, emails, fault, settle, state, tasting
from tests.support.facade import BUSINESS, MAILBOX, Facade, customer, start_at

ANN, BOB = "ann@contoso.com", "bob@contoso.com"


@pytest.mark.parametrize("code", ["ErrorNonExistentMailbox", "ErrorFolderNotFound"])
async def test_a_mailbox_that_cannot_be_found_says_nothing_of_an_appointment(crew: Crew, code: str) -> None:
    """The answer to the POST is lost, and readings by id are told that there is no such mailbox."""
    facade = await crew.hire()
    gone: Json = {"operation": "appointments.get", "status": 404, "code": code, "count": 50}
    await crew.emulator.arm(fault("appointments.create", "after", 500), gone)

    answer = await facade.book()

    assert answer.status_code in {201, 202}, answer.text
    await crew.emulator.clear_faults()
    await settle(crew, facade)
    assert await emails(facade) == [["jordanm@contoso.com"]]
    assert answer.status_code == 201 or await state(facade, answer) == "confirmed"


@pytest.mark.parametrize("status", [409, 412])
async def test_a_conflict_is_read_judged_and_written_again(crew: Crew, status: int) -> None:
    """Nothing was done, and nothing stands in the way of doing it now."""
    facade = await crew.hire()
    assert (await facade.book(customer=customer(ANN))).status_code == 201
    await crew.emulator.arm(fault("appointments.patch", "before", status))

    answer = await facade.book(customer=customer(BOB))

    assert answer.status_code == 201, answer.text
    assert await emails(facade) == [[ANN, BOB]]


@pytest.mark.parametrize("body", ["{}", "start"])
async def test_an_appointment_that_cannot_be_read_holds_up_no_other_booking(crew: Crew, body: str) -> None:
    """Of two bookings in doubt one is answered for with a body that nobody can read."""
    facade = await crew.hire()
    services = await facade.services()
    blind = fault("appointments.get", "before", 500, count=50)
    answers = []
    for week, email in ((2, ANN), (3, BOB)):
        await crew.emulator.arm(fault("appointments.create", "after", "disconnect"), blind)
        wish = tasting(services, start=start_at(week=week).isoformat(), customer=customer(email))
        answers.append(await facade.book(wish))
    await crew.emulator.clear_faults()
    await crew.emulator.arm({"operation": "appointments.get", "when": "after", "kind": "body", "body": body})

    await settle(crew, facade)

    assert sorted([await state(facade, one) for one in answers]) == ["confirmed", "pending"]
    await facade.app.timer()
    assert [await state(facade, one) for one in answers] == ["confirmed", "confirmed"]


async def overfill(facade: Facade, appointment: Json) -> None:
    """The staff add people by hand, one more than there are seats."""
    inside = [
        {**one, "@odata.type": "#microsoft.graph.bookingCustomerInformation"}
        for one in appointment["customers"]
    ]
    seats = appointment["maximumAttendeesCount"] - len(inside)
    more = [{**inside[0], "emailAddress": f"outside{n}@contoso.com"} for n in range(seats + 1)]
    headers = {"Authorization": f"Bearer {await facade.emulator.token()}"}
    root = f"{facade.emulator.graph_root}/solutions/bookingBusinesses/{MAILBOX}"
    async with httpx.AsyncClient(headers=headers) as http:
        answer = await http.patch(
            f"{root}/appointments/{appointment['id']}", json={"customers": [*inside, *more]}
        )
    assert answer.status_code == 204, answer.text


async def test_a_join_in_doubt_is_no_seat_once_the_staff_have_filled_it(crew: Crew) -> None:
    """Bob's answer is lost, and by the time that the timer looks one more is in than there are seats."""
    facade = await crew.hire()
    assert (await facade.book(customer=customer(ANN))).status_code == 201
    blind = fault("appointments.get", "before", 500, count=50, skip=1)
    await crew.emulator.arm(fault("appointments.patch", "after", "disconnect"), blind)
    answer = await facade.book(customer=customer(BOB))
    await crew.emulator.clear_faults()
    (before,) = await facade.appointments()
    assert len(before["customers"]) == 2
    await overfill(facade, before)

    await settle(crew, facade)

    (after,) = await facade.appointments()
    assert len(after["customers"]) <= after["maximumAttendeesCount"]
    assert BOB not in {one["emailAddress"] for one in after["customers"]}
    assert await state(facade, answer) == "failed"


async def records_of(crew: Crew, *emails: str) -> list[str]:
    """The addresses of the customers' records that are there for these."""
    known = (await crew.emulator.state())["businesses"][MAILBOX]["customers"]
    return sorted(one["emailAddress"] for one in known if one["emailAddress"] in emails)


async def test_another_spelling_of_the_mailbox_is_the_same_mailbox(crew: Crew) -> None:
    """A second deployment writes it in capitals, while lists hide whom the first one created."""
    capitals = json.dumps({BUSINESS: MAILBOX.upper()})
    first = await crew.hire()
    second = await crew.hire(seconds={**SECONDS, "BOOKING_BUSINESSES": capitals})
    await crew.emulator.switch(visibility_delay=60.0)

    assert (await first.book(customer=customer(ANN))).status_code == 201
    later = await second.book(customer=customer(ANN), start=start_at(week=3).isoformat())

    assert later.status_code == 201, later.text
    assert await records_of(crew, ANN) == [ANN]


async def test_two_people_whose_addresses_fold_into_one_are_two(crew: Crew) -> None:
    """Each has a seat and a record."""
    facade = await crew.hire()
    people = ["strasse@contoso.com", "straße@contoso.com"]

    answers = [await facade.book(customer=customer(one)) for one in people]

    assert [one.status_code for one in answers] == [201, 201]
    assert await emails(facade) == [people]
    assert await records_of(crew, *people) == people


async def test_one_wish_of_two_callers_without_a_key_is_one_booking(crew: Crew) -> None:
    """Two of the staff are free, and the customer came by a partner and by the page."""
    facade = await crew.hire()
    wish = tasting(await facade.services())
    del wish["staffId"]

    first = await facade.partner("bookings", wish)
    second = await facade.book(wish)

    assert (first.status_code, second.status_code) == (201, 409), second.text
    assert await emails(facade) == [["jordanm@contoso.com"]]
