"""What the shop closed at Microsoft Bookings stays closed to the public here; partners go on."""

import json
from typing import Any

import httpx
import pytest

from devtools.graph_emulator.default_seed import MENU_TASTING
from tests.support.facade import (
    BENTO,
    BUSINESS,
    MAILBOX,
    Facade,
    booking,
    connect,
    environment,
    load_app,
    start_at,
)

HTML = {"Accept": "text/html"}
HERE = f"/api/v1/businesses/{BUSINESS}"
DAY = start_at().date()
CLOSED: list[tuple[dict[str, Any], str]] = [
    ({"isPublished": False}, "not-published"),
    ({"isPublished": None}, "unknown"),
    ({"bookingPageSettings": {"accessControl": "restrictedToOrganization"}}, "restricted"),
    ({"bookingPageSettings": {"accessControl": "byInvitation"}}, "unknown"),
]
READS = (
    HERE,
    f"{HERE}/services",
    f"{HERE}/services/{BENTO}/slots?from={DAY}&to={DAY}",
    f"{HERE}/challenge?serviceId={BENTO}&start={DAY}T10:00:00-06:00",
    f"/api/book/{BUSINESS}?step=services",
    f"/api/book/{BUSINESS}?step=days&service={BENTO}",
    f"/api/book/{BUSINESS}",
)


async def close(facade: Facade, how: dict[str, Any]) -> None:
    """The shop closes, and the facade looks again."""
    page = {"businessTimeZone": "America/Chicago", **how.get("bookingPageSettings", {})}
    await facade.emulator.seed(businesses=[{"id": MAILBOX, **how, "bookingPageSettings": page}])
    facade.app.handlers.catalogues.forget(MAILBOX)


def a_form() -> dict[str, str]:
    """The same booking as a form."""
    return {
        "serviceId": MENU_TASTING,
        "start": start_at().isoformat(),
        "customer.name": "Ann Beebe",
        "customer.email": "ann@contoso.com",
    }


@pytest.mark.parametrize(("how", "reason"), CLOSED, ids=str)
async def test_a_closed_shop_is_not_sold_to_the_public(
    facade: Facade, caplog: pytest.LogCaptureFixture, how: dict[str, Any], reason: str
) -> None:
    """Public routes and pages answer 404, partners book; log and health name the business and the reason."""
    await close(facade, how)

    answers = [await facade.http.get(url) for url in READS]
    answers.append(await facade.book())
    answers += [
        await facade.http.post(f"{HERE}/bookings", data=a_form(), headers=headers) for headers in ({}, HTML)
    ]
    assert [one.status_code for one in answers] == [404] * len(answers)
    codes = {one.json()["code"] for one in answers if "json" in one.headers["content-type"]}
    assert codes == {"business-not-found"}
    assert await facade.appointments() == []

    assert (await facade.partner("bookings", booking())).status_code == httpx.codes.CREATED
    health = await facade.http.get("/api/health/ready")
    assert (health.status_code, health.json()["status"]) == (200, "warn")
    assert health.json()["checks"][f"graph:{BUSINESS}"] == [{"status": "warn", "output": reason}]
    logged = [
        (one.__dict__["business"], one.__dict__["reason"])
        for one in caplog.records
        if one.message == "business.closed-to-public"
    ]
    assert logged == [(MAILBOX, reason)]


@pytest.mark.parametrize("how", [how for how, _ in CLOSED], ids=str)
async def test_a_shop_that_the_settings_call_public_is_sold(
    facade: Facade, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    """Whoever uses this instead of Microsoft's page may have that page unpublished on purpose."""
    await close(facade, how)
    entry = {"mailbox": MAILBOX, "public": True}
    settings = environment(facade.emulator, BOOKING_BUSINESSES=json.dumps({BUSINESS: entry}))
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    module = load_app({})
    async with connect(module) as http:
        answers = [await http.get(url) for url in READS]
        answers.append(await http.post(f"{HERE}/bookings", json=booking()))
        health = await http.get("/api/health/ready")
        await module.facade.aclose()

    assert [one.status_code for one in answers] == [200] * len(READS) + [201]
    assert health.json()["status"] == "pass"


async def test_a_booking_outlives_the_closing(facade: Facade) -> None:
    """Who booked before still gets the answer again, the state and the calendar file; a new wish is 404."""
    made = await facade.book(key="mine")
    refused = await facade.book(key="other", start=start_at(3).isoformat())
    await close(facade, {"isPublished": False})

    again = await facade.book(key="mine")
    assert (again.status_code, again.json()) == (201, made.json())
    where, _, token = made.headers["location"].partition("?")
    assert (await facade.http.get(f"{where}?{token}")).status_code == 200
    assert (await facade.http.get(f"{where}/calendar.ics?{token}")).status_code == 200
    assert refused.status_code == 422
    assert (await facade.book(key="other", start=start_at(3).isoformat())).status_code == 404
    assert (await facade.book(key="new", start=start_at(14).isoformat())).status_code == 404


async def test_a_graph_that_is_away_hides_no_answer(facade: Facade) -> None:
    """The replay needs no catalogue; a new wish is told that Graph cannot be reached."""
    made = await facade.book(key="mine")
    await facade.emulator.arm({"operation": "*", "kind": "status", "status": 503, "count": None})
    facade.app.handlers.catalogues._last.clear()  # noqa: SLF001 (as after a quarter of an hour)
    facade.app.handlers.catalogues.forget(MAILBOX)

    assert (await facade.book(key="mine")).json() == made.json()
    assert (await facade.book(key="new", start=start_at(14).isoformat())).status_code == 503


async def test_a_worker_that_has_just_started_sells_nothing_either(facade: Facade) -> None:
    """It has read nothing yet when somebody books."""
    await close(facade, {"isPublished": False})

    assert (await facade.book()).status_code == 404
    assert await facade.appointments() == []


async def test_a_closed_shop_asks_nobody_to_prove_anything(
    facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is known to be closed, that is the answer, and not that the check for humans failed."""
    await close(facade, {"isPublished": False})
    for name, value in environment(facade.emulator, HUMAN_CHECK="altcha", ALTCHA_HMAC_KEY="k" * 32).items():
        monkeypatch.setenv(name, value)
    module = load_app({})
    async with connect(module) as http:
        challenge = await http.get(READS[3])
        booked = await http.post(f"{HERE}/bookings", json=booking())
        await module.facade.aclose()

    assert (challenge.status_code, booked.status_code) == (404, 404)
