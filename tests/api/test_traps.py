"""What naive facades over Microsoft Bookings do wrong, each as a test that would catch it here."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.facade import BENTO, BUSINESS, MAILBOX, QUESTION, Facade, booking, customer, start_at


async def test_trap_1_a_mailbox_in_the_url_opens_nothing(facade: Facade) -> None:
    """The app role reaches every booking mailbox of the tenant, so only configured aliases are served."""
    await facade.emulator.seed(businesses=[{"id": "secret@contoso.com", "displayName": "Secret"}])

    for name in ("secret@contoso.com", "secret%40contoso.com", MAILBOX):
        answer = await facade.http.get(f"/api/v1/businesses/{name}/services")
        assert answer.status_code == 404

    assert await facade.calls() == []


async def test_trap_2_nothing_that_the_business_decides_is_taken_from_the_caller(facade: Facade) -> None:
    """Price, length, end, customers and staff lists in a request are refused, not believed."""
    for member in ("price", "end", "duration", "customers", "staffMemberIds", "maximumAttendeesCount"):
        answer = await facade.book(booking(**{member: 1}))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"/{member}"

    assert await facade.appointments() == []


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 503}, {"kind": "disconnect"}])
async def test_trap_3_a_booking_is_never_posted_twice(facade: Facade, fault: dict[str, Any]) -> None:
    """Graph booked and did not say so: the booking is found again, not made again."""
    await facade.emulator.arm({"operation": "appointments.create", "when": "after", "count": 1, **fault})

    answer = await facade.book()

    assert answer.status_code == 201, answer.text
    assert (await facade.calls()).count("appointments.create") == 1
    assert len(await facade.appointments()) == 1


async def test_trap_4_no_customer_is_in_the_log(facade: Facade, caplog: pytest.LogCaptureFixture) -> None:
    """Of a booking the log knows the outcome, never the person."""
    with caplog.at_level(logging.DEBUG):
        await facade.book()

    text = " ".join(record.getMessage() + str(record.__dict__) for record in caplog.records)
    for secret in ("jordan", "Jordan", "+1213", "555 0199", "on time"):
        assert secret not in text


async def test_trap_5_graphs_error_body_stays_inside(facade: Facade) -> None:
    """What Graph says of a failure is for our log at most, and never for a visitor."""
    await facade.emulator.arm({"operation": "customers.create", "kind": "status", "status": 400, "count": 9})

    answer = await facade.book(customer=customer("new@contoso.com"))

    assert answer.json()["code"] == "upstream-refused"
    for text in ("innerError", "request-id", "ErrorInvalid", "UnknownError", "BadRequest"):
        assert text not in answer.text


async def test_trap_6_calls_to_graph_are_bounded(facade: Facade) -> None:
    """Thirty visitors at once make no fifth concurrent call for one mailbox."""
    await facade.emulator.switch(latency=0.02)

    bookings = [facade.book(customer=customer(f"p{n}@contoso.com")) for n in range(30)]
    answers = await asyncio.gather(*bookings)

    log = await facade.emulator.requests()
    assert log["maximumInFlight"][MAILBOX] <= 4
    assert 429 not in {entry["status"] for entry in log["requests"]}
    assert {answer.status_code for answer in answers} <= {201, 409}


async def test_trap_7_a_group_customer_is_never_without_a_record(facade: Facade) -> None:
    """Graph drops a customer of a group service whose record does not exist; so the record comes first."""
    answer = await facade.book(customer=customer("new@contoso.com"))

    (made,) = await facade.appointments()
    state = await facade.emulator.state()
    known = {one["id"] for one in state["businesses"][MAILBOX]["customers"]}
    assert answer.status_code == 201
    assert made["customers"][0]["customerId"] in known


async def test_trap_10_a_service_of_ninety_minutes_lasts_ninety_minutes(facade: Facade) -> None:
    """PT1H30M is an hour and a half: for the caller, in the calendar, and for the next appointment."""
    await facade.emulator.seed(
        businesses=[{"id": MAILBOX, "services": [{"id": BENTO, "defaultDuration": "PT1H30M"}]}]
    )

    answer = await facade.book()

    (made,) = await facade.appointments()
    body = answer.json()
    length = datetime.fromisoformat(body["end"]["utc"]) - datetime.fromisoformat(body["start"]["utc"])
    assert body["service"]["duration"] == "PT1H30M"
    assert length == timedelta(minutes=90)
    assert made["duration"] == "PT1H30M"


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("Eastern Standard Time", 5),
        ("America/New_York", 5),
        ("W. Europe Standard Time", -1),
        ("Asia/Kolkata", -5.5),
    ],
)
async def test_trap_11_zones_come_from_the_tz_database(facade: Facade, name: str, hours: float) -> None:
    """A local start is read in the zone's rules of that date, whether the name is IANA's or Windows's."""
    winter = start_at(10, week=4)
    local = (winter.astimezone(UTC) - timedelta(hours=hours)).replace(tzinfo=None)

    answer = await facade.book(start=local.isoformat(), timeZone=name)

    assert answer.status_code == 201, answer.text
    assert answer.json()["start"]["utc"] == winter.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def test_a_known_customer_costs_the_same_with_ten_thousand_in_the_calendar(facade: Facade) -> None:
    """The first booking fills the index; from then on the number of customers makes no difference."""
    few = await _calls_of_a_second_booking(facade, 10)
    await facade.emulator.reset()
    many = await _calls_of_a_second_booking(facade, 10_000)

    assert len(many) == len(few) <= 3
    assert "customers.list" not in many


async def _calls_of_a_second_booking(facade: Facade, customers: int) -> list[str]:
    await facade.emulator.switch(page_size=999)
    await facade.emulator.seed(businesses=[{"id": MAILBOX, "customers": {"count": customers}}])
    tasting = (await facade.services())["Menu tasting"]["id"]
    who = customer(f"a{customers}@contoso.com")
    for hour in (9, 11):
        await facade.emulator.forget_requests()
        ask = booking(serviceId=tasting, answers=[], start=start_at(hour).isoformat(), customer=who)
        answer = await facade.book(ask)
        assert answer.status_code == 201, answer.text
    return await facade.calls()


async def test_joining_a_group_takes_five_calls(facade: Facade) -> None:
    """Two reads at once, the appointment, the PATCH, and the proof: nothing more, once all is warm."""
    await facade.book()
    await facade.book(customer=customer("ann@contoso.com"))
    await facade.book(customer=customer("bob@contoso.com"), start=start_at(14).isoformat())
    await facade.emulator.forget_requests()

    answer = await facade.book(customer=customer("bob@contoso.com"))

    assert answer.status_code == 201, answer.text
    assert sorted(await facade.calls()) == [
        "appointments.get", "appointments.get", "appointments.patch", "calendarView", "getStaffAvailability",
    ]  # fmt: skip


async def test_the_catalogue_costs_graph_nothing_while_it_is_warm(facade: Facade) -> None:
    """Business and services are read once a minute, however many visitors look."""
    await facade.services()
    await facade.emulator.forget_requests()

    for _ in range(3):
        assert (await facade.http.get(f"/api/v1/businesses/{BUSINESS}")).status_code == 200
        await facade.services()

    assert await facade.calls() == []


async def test_answers_to_questions_that_were_not_asked_are_refused(facade: Facade) -> None:
    """Graph answers a partial or unknown answer with an opaque 500; the caller reads which one it is."""
    answers = [{"questionId": QUESTION, "answer": "25"}, {"questionId": "other", "answer": "x"}]

    answer = await facade.book(answers=answers)

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/answers/1"]
