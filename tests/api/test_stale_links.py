"""A link to a time that can no longer be chosen says so before anybody types anything."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.test_forms import BROWSER
from tests.api.test_pages import PAGE, Reader
from tests.support.facade import BENTO, MAILBOX, Facade, customer, start_at


def utc(moment: datetime) -> str:
    """A moment as links have it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def follow(facade: Facade, start: datetime, **more: str) -> Reader:
    """What a link to this time shows."""
    query = {"service": BENTO, "start": utc(start), "step": "details", **more}
    answer = await facade.http.get(PAGE, params=query, headers=BROWSER)
    assert answer.status_code == 200, answer.text
    return Reader(answer)


def asks_for_details(page: Reader) -> bool:
    """Whether the page has the form that books."""
    return bool(page.all("input", name="customer.email"))


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (datetime(2020, 1, 7, 16, tzinfo=UTC), "This time is too soon or over"),
        (datetime.now(UTC) + timedelta(minutes=1), "This time is too soon or over"),
        (datetime(2199, 1, 1, 16, tzinfo=UTC), "This time is too far ahead"),
        (start_at(10, 7), "Appointments do not begin at this time"),
        (start_at(3), "This time is not free any more"),
    ],
)
async def test_a_stale_link_is_told_at_once_and_other_times_are_offered(
    facade: Facade, start: datetime, told: str
) -> None:
    """Over, too soon, too far ahead, off the grid or closed: a sentence and the days, no form to fill in."""
    page = await follow(facade, start)
    assert told in page.text
    assert page.all("button", name="day")
    assert not asks_for_details(page)


async def test_a_link_to_a_time_that_was_taken_shows_that_day(facade: Facade) -> None:
    """The seats go while the link lies in a mail; the other times of the same day are there."""
    alone = {"id": BENTO, "staffMemberIds": ["8ee1c803-a1fa-406d-8259-7ab53233f148"]}
    await facade.emulator.seed(businesses=[{"id": MAILBOX, "services": [alone]}])
    start = start_at()
    before = await follow(facade, start)
    for n in range(5):
        await facade.book(customer=customer(f"c{n}@contoso.com"))

    page = await follow(facade, start)

    assert asks_for_details(before)
    assert "This time is not free any more" in page.text
    free = [str(one["value"]) for one in page.all("button", name="start")]
    assert utc(start_at(14)) in free
    assert utc(start) not in free


async def test_a_link_to_a_time_that_is_over_leads_to_the_first_free_month(facade: Facade) -> None:
    """And not to its own month, where nothing may be left."""
    policy = {"timeSlotInterval": "PT15M", "minimumLeadTime": "P45D", "maximumAdvance": "P90D"}
    seed = {"id": BENTO, "schedulingPolicy": policy}
    await facade.emulator.seed(businesses=[{"id": MAILBOX, "services": [seed]}])
    page = await follow(facade, datetime.now(UTC) + timedelta(hours=1))
    assert "This time is too soon or over" in page.text
    assert page.all("button", name="day")


async def test_a_time_that_was_just_chosen_costs_no_look_at_the_calendar(facade: Facade) -> None:
    """The form is checked against the month that the visitor has just seen."""
    start = start_at()
    query = {"service": BENTO, "day": start.date().isoformat(), "step": "days"}
    await facade.http.get(PAGE, params=query, headers=BROWSER)
    before = await facade.calls()
    assert asks_for_details(await follow(facade, start))
    assert await facade.calls() == before


async def test_a_calendar_that_does_not_answer_keeps_nobody_from_the_form(facade: Facade) -> None:
    """Nobody knows then whether the time is free, and the booking itself will tell."""
    await facade.http.get(PAGE, params={"step": "services"}, headers=BROWSER)
    await facade.emulator.arm({"operation": "*", "status": 404, "count": None})
    assert asks_for_details(await follow(facade, start_at()))
