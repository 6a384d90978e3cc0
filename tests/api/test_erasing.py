"""Erasing one person over HTTP: no canary sings afterwards at Graph, in any table, in any line of the log."""

from datetime import UTC, datetime
from typing import Any

import httpx

from shared.bootstrap import assemble, gateway
from shared.settings import Settings
from shared.tables.service import KINDS
from shared.tables.stores import TableStores
from tests.api.test_privacy import MARK, NUMBER, Lines, betrayed, lines
from tests.api.test_privacy_tables import rows
from tests.support.azurite_server import Azurite
from tests.support.facade import (
    BENTO,
    BUSINESS,
    KEY,
    MAILBOX,
    QUESTION,
    Facade,
    booking,
    customer,
    environment,
    serve,
    start_at,
)

__all__ = ["lines"]  # the fixture

EMAIL = f"{MARK}.mail@contoso.com"
ROUTE = f"/api/v1/partner/businesses/{BUSINESS}/customers/erase"


class Clock:
    """The facade's clock, which a test sets ahead."""

    def __init__(self) -> None:
        self.now: datetime | None = None

    def __call__(self) -> datetime:
        """The instant that was set, else the real one."""
        return self.now or datetime.now(UTC)


def wanted(service_id: str, week: int, hour: int = 10) -> dict[str, Any]:
    """A booking with a canary wherever one can be typed in."""
    person = {
        "name": f"{MARK} name",
        "email": EMAIL,
        "phone": f"+1 {NUMBER}",
        "notes": f"{MARK} notes\n{MARK} more notes",
        "address": {"street": f"{MARK} street"},
    }
    answers = [{"questionId": QUESTION, "answer": f"{MARK} answer"}] if service_id == BENTO else []
    start = start_at(hour, week=week).isoformat()
    return booking(serviceId=service_id, start=start, customer=person, answers=answers)


async def receipt(facade: Facade, begun: httpx.Response, runs: int = 8) -> dict[str, Any]:
    """The receipt after the end: as many runs of the timer as it takes."""
    for _ in range(runs):
        await facade.app.timer()
        answer = await facade.http.get(begun.headers["location"], headers={"x-functions-key": KEY})
        found: dict[str, Any] = answer.json()
        if found["status"] != "running":
            assert "retry-after" not in answer.headers
            return found
        assert answer.headers["retry-after"] == "60"
    raise AssertionError("it never ended")


async def everything(facade: Facade, tables: TableStores | None = None) -> str:
    """What the emulator holds but for mails, which nobody can call back, and every row of every table."""
    state = await facade.emulator.state()
    assert state.pop("outbox")
    found = [] if tables is None else [await rows(tables, kind) for kind in KINDS]
    return repr((state, found))


async def test_no_canary_sings_after_an_erasure(facade: Facade, azurite: Azurite, lines: Lines) -> None:
    """One for one and group, past and to come, with rows and without; who sat beside keeps everything."""
    await facade.emulator.switch(notes_with_existing_customer="kept")
    tasting = (await facade.services())["Menu tasting"]["id"]
    await facade.app.aclose()  # another one is served from here on
    settings = Settings.from_environ({**environment(facade.emulator), "BOOKING_SECRET": "s" * 32})
    clock = Clock()
    async with azurite.stores() as tables:
        graph = gateway(settings)
        serve(facade.module, assemble(settings, graph, tables, clock))
        una = customer("una@contoso.com")
        beside = [
            booking(start=start_at(10, week=week).isoformat(), customer={**una, "notes": "Una's"})
            for week in (1, 3)
        ]  # fmt: skip
        asked = [*beside, wanted(BENTO, 1), wanted(BENTO, 3), wanted(tasting, 1, 13), wanted(tasting, 3, 13)]
        booked = [await facade.book(one) for one in asked]
        assert [one.status_code for one in booked] == [201] * 6, [one.text for one in booked]
        await _book_past_the_facade(facade, asked[2]["customer"])
        assert betrayed(await everything(facade, tables)) == [MARK, NUMBER]

        clock.now = start_at(10, week=2).astimezone(UTC)
        begun = await facade.partner("customers/erase", {"email": EMAIL.upper()})
        assert begun.status_code == 202
        assert (begun.json()["cancelled"], begun.json()["cleared"]) == (2, 2)
        done = await receipt(facade, begun)
        held = await everything(facade, tables)
        await graph.aclose()

    assert betrayed(held) == []
    assert [line for line in lines.kept if betrayed(line)] == []
    assert (done["status"], done["left"], done["customersDeleted"]) == ("done", [], 1)
    left = await facade.appointments()
    seats = [[one["emailAddress"] for one in each["customers"]] for each in left]
    assert sum(each.count("una@contoso.com") for each in seats) == 2
    assert held.count("Una's") >= 2
    assert len(left) == 4  # two groups, and two for one that are over; the one to come is gone


async def _book_past_the_facade(facade: Facade, person: dict[str, Any]) -> None:
    """The staff make an appointment that is over, in Microsoft's own way."""
    url = f"{facade.emulator.graph_root}/solutions/bookingBusinesses/{MAILBOX}/appointments"
    tasting = next(one for one in await facade.appointments() if one["maximumAttendeesCount"] == 1)
    times = {"dateTime": "2026-01-05T10:00:00Z", "timeZone": "UTC"}, "2026-01-05T11:00:00Z"
    kind = "#microsoft.graph.bookingCustomerInformation"
    body = {
        "serviceId": tasting["serviceId"],
        "staffMemberIds": tasting["staffMemberIds"],
        "start": times[0],
        "end": {"dateTime": times[1], "timeZone": "UTC"},
        "serviceNotes": f"{person['name']} rang twice.",
        "customers": [{
            "@odata.type": kind, "customerId": tasting["customers"][0]["customerId"],
            "name": person["name"], "emailAddress": EMAIL, "phone": NUMBER,
        }],
    }  # fmt: skip
    async with httpx.AsyncClient() as http:
        headers = {"Authorization": f"Bearer {await facade.emulator.token()}"}
        answer = await http.post(url, json=body, headers=headers)
    assert answer.status_code == httpx.codes.CREATED, answer.text


async def test_a_record_that_graph_keeps_is_in_the_receipt(facade: Facade) -> None:
    """DELETE of a customer may answer 500 for good."""
    await facade.partner("customers", {"displayName": "Ann", "emailAddress": EMAIL})
    await facade.emulator.switch(delete_customer_status=500)
    done = await receipt(facade, await facade.partner("customers/erase", {"email": EMAIL}))
    assert (done["status"], done["left"]) == ("incomplete", [{"code": "customer-not-deleted", "count": 1}])


async def test_the_same_address_and_the_same_key_get_the_same_receipt(facade: Facade) -> None:
    """While it is under way by the address, afterwards by the key."""
    first = await facade.partner("customers/erase", {"email": EMAIL}, **{"idempotency-key": "k"})
    again = await facade.partner("customers/erase", {"email": EMAIL})
    assert again.json()["receipt"] == first.json()["receipt"]
    await receipt(facade, first)
    keyed = await facade.partner("customers/erase", {"email": EMAIL}, **{"idempotency-key": "k"})
    fresh = await facade.partner("customers/erase", {"email": EMAIL})
    assert keyed.json()["receipt"] == first.json()["receipt"] != fresh.json()["receipt"]


async def test_a_key_that_came_with_another_address_is_refused(facade: Facade) -> None:
    """As everywhere: 422, and nothing is erased; the same address in other letters is the same request."""
    una = await facade.book(customer={"name": "Una", "email": "una@contoso.com"})
    key = {"idempotency-key": "k"}
    first = await facade.partner("customers/erase", {"email": EMAIL}, **key)
    same = await facade.partner("customers/erase", {"email": EMAIL.upper()}, **key)
    for _ in range(2):
        other = await facade.partner("customers/erase", {"email": "una@contoso.com"}, **key)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
        await receipt(facade, first)
    odd = await facade.partner("customers/erase", {"email": EMAIL}, **{"idempotency-key": "k" * 256})

    assert (same.status_code, same.json()["receipt"]) == (202, first.json()["receipt"])
    assert (odd.status_code, odd.json()["code"]) == (400, "header-invalid")
    (stands,) = await facade.appointments()
    assert [one["emailAddress"] for one in stands["customers"]] == ["una@contoso.com"]
    assert (await facade.http.get(una.headers["location"])).json()["status"] == "confirmed"


async def test_the_routes_are_closed_without_a_key_and_to_other_businesses(facade: Facade) -> None:
    """A receipt is its own business's."""
    begun = await facade.partner("customers/erase", {"email": EMAIL})
    assert (await facade.partner("customers/erase", {"email": EMAIL}, key="")).status_code == 401
    where = begun.headers["location"]
    assert (await facade.http.get(where)).status_code == 401
    key = {"x-functions-key": KEY}
    for path in (where.replace(BUSINESS, "paris-atelier"), f"{ROUTE}/unknown"):
        answer = await facade.http.get(path, headers=key)
        assert (answer.status_code, answer.json()["code"]) == (404, "receipt-not-found")
    other = await facade.http.post(ROUTE.replace(BUSINESS, "nobody"), json={"email": EMAIL}, headers=key)
    assert (other.status_code, other.json()["code"]) == (404, "business-not-found")
    wrong = await facade.partner("customers/erase", {"email": "nobody", "name": "x"})
    assert wrong.status_code == 422
    assert {one["pointer"] for one in wrong.json()["errors"]} == {"/email", "/name"}


async def test_the_token_of_an_erased_booking_opens_nothing(facade: Facade) -> None:
    """Its record outlives its row for a day, and must not make it look pending."""
    booked = await facade.book(wanted(BENTO, 1))
    where = booked.headers["location"]
    assert (await facade.http.get(where)).json()["status"] == "confirmed"
    await facade.partner("customers/erase", {"email": EMAIL})
    answer = await facade.http.get(where)
    assert (answer.status_code, answer.json()["code"]) == (404, "booking-token-invalid")
