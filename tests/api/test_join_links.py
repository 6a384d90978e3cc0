"""Where to join an online appointment: with Teams, and from a browser without an account."""

from datetime import UTC
from typing import Any

import pytest
from icalendar import Calendar

from tests.api.test_forms import BROWSER
from tests.support.facade import BENTO, BUSINESS, MAILBOX, Facade, booking, customer, start_at

PAGE = f"/api/book/{BUSINESS}"


async def online(facade: Facade, **members: Any) -> None:  # noqa: ANN401 (members of a JSON document)
    """Let the service be given online."""
    service = {"id": BENTO, "isLocationOnline": True, **members}
    await facade.emulator.seed(businesses=[{"id": MAILBOX, "services": [service]}])


@pytest.mark.parametrize("is_anonymous", [True, False])
async def test_both_links_reach_the_customer(facade: Facade, is_anonymous: bool) -> None:
    """In the answer, when it is asked for again, on the page and in the calendar file; for who joins, too."""
    await online(facade, isAnonymousJoinEnabled=is_anonymous)
    for person in ("ann@contoso.com", "kim@contoso.com"):
        answer = await facade.book(booking(customer=customer(person)))
        (made,) = await facade.appointments()
        where = answer.headers["Location"]
        again = await facade.http.get(where)
        shown = await facade.http.get(
            f"{PAGE}?lang=en&reference={where.split('/')[-1].replace('?', '&')}", headers=BROWSER
        )
        path, _, token = where.partition("?")
        file = (await facade.http.get(f"{path}/calendar.ics?{token}")).content
        (event,) = Calendar.from_ical(file).walk("VEVENT")
        assert answer.json()["joinUrl"] == made["joinWebUrl"] is not None
        assert answer.json()["browserJoinUrl"] == made["anonymousJoinWebUrl"]
        assert {**again.json(), **answer.json()} == again.json()
        assert ("Join from a browser" in shown.text) is is_anonymous
        assert "Join the meeting" in shown.text
        if is_anonymous:
            assert made["anonymousJoinWebUrl"] in shown.text
            assert made["anonymousJoinWebUrl"] in str(event["description"])


async def test_an_appointment_in_the_shop_has_no_links(facade: Facade) -> None:
    """Both members are there, and null."""
    answer = await facade.book()
    assert (answer.json()["joinUrl"], answer.json()["browserJoinUrl"]) == (None, None)


async def test_the_links_of_an_appointment_are_those_that_it_has(facade: Facade) -> None:
    """Whoever joins is handed the appointment's own links, whoever made it."""
    links = {"joinWebUrl": "https://teams.example/42", "anonymousJoinWebUrl": "https://visit.example/42"}
    await online(facade, isAnonymousJoinEnabled=True)
    start = start_at().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    staff = (await facade.services())["Catered bento"]["staff"][0]["id"]
    made = {"serviceId": BENTO, "start": start, "staffMemberIds": [staff], "isLocationOnline": True, **links}
    await facade.emulator.seed(business=MAILBOX, appointments=[made])
    answer = (await facade.book()).json()
    assert (answer["joinUrl"], answer["browserJoinUrl"]) == tuple(links.values())
