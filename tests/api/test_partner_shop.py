"""What partners see and book: hidden services too, a shop that is closed, and every reason why not."""

from typing import Any

import httpx
import pytest

from devtools.graph_emulator.default_seed import KITCHEN_AUDIT, MENU_TASTING
from shared.domain.discretion import PRIVATE
from tests.support.facade import BENTO, BUSINESS, KEY, MAILBOX, Facade, booking, customer, start_at

PARTNER = f"/api/v1/partner/businesses/{BUSINESS}"
PUBLIC = f"/api/v1/businesses/{BUSINESS}"
DAY = start_at().date()
SPAN = f"from={DAY}&to={DAY}"
HIDDEN = "bb000001-0000-4000-8000-00000000b001"
"""A group service that is hidden, with a question that must be answered."""


async def ask(facade: Facade, path: str, key: str = KEY) -> httpx.Response:
    return await facade.http.get(PARTNER + path, headers={"x-functions-key": key} if key else {})


async def seed(facade: Facade, **service: Any) -> None:  # noqa: ANN401
    """One service more, and a facade that looks again."""
    await facade.emulator.seed(business=MAILBOX, services=[service])
    facade.app.handlers.catalogues.forget(MAILBOX)


def audit(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return booking(serviceId=KITCHEN_AUDIT, answers=[], **changes)


async def test_hidden_services_are_listed_on_demand(facade: Facade) -> None:
    """Each says whether it is hidden; the public's list never has one."""
    visible = (await ask(facade, "/services")).json()["services"]
    everything = (await ask(facade, "/services?hidden=true")).json()["services"]
    public = (await facade.http.get(f"{PUBLIC}/services?hidden=true")).json()["services"]

    assert [(one["name"], one["hidden"]) for one in everything] == [
        ("Catered bento", False),
        ("Kitchen audit", True),
        ("Menu tasting", False),
    ]
    assert visible == [one for one in everything if not one["hidden"]]
    assert public == [{k: v for k, v in one.items() if k != "hidden"} for one in visible]


@pytest.mark.parametrize("path", ["/services?hidden=true", f"/services/{KITCHEN_AUDIT}/slots?{SPAN}"])
async def test_it_takes_a_key_and_no_cache_keeps_it(facade: Facade, path: str) -> None:
    assert (await ask(facade, path, key="")).status_code == 401
    answer = await ask(facade, path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.headers["ratelimit-policy"] == '"partner-minute";q=300;w=60'


async def test_what_is_asked_for_wrongly_is_told(facade: Facade) -> None:
    wrong = await ask(facade, "/services?hidden=perhaps")
    nowhere = await facade.http.get(
        "/api/v1/partner/businesses/nobody/services", headers={"x-functions-key": KEY}
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/hidden")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "business-not-found")


async def test_a_partner_books_what_is_offered_of_a_hidden_service(facade: Facade) -> None:
    """The first slot that is listed, moved to the last one by the customer's own token."""
    found = (await ask(facade, f"/services/{KITCHEN_AUDIT}/slots?{SPAN}")).json()["slots"]
    begin = found[0]["start"]["utc"]

    made = await facade.partner("bookings", audit(start=begin))
    after = (await ask(facade, f"/services/{KITCHEN_AUDIT}/slots?{SPAN}")).json()["slots"]
    again = await facade.partner("bookings", audit(start=begin, customer=customer("una@contoso.com")))

    assert (made.status_code, made.json()["service"]["name"]) == (201, "Kitchen audit")
    assert begin not in [one["start"]["utc"] for one in after]
    assert (again.status_code, again.json()["code"]) == (409, "booking-conflict")
    path, _, token = made.headers["location"].partition("?token=")
    moved = await facade.http.post(
        f"{path}/reschedule", json={"start": after[-1]["start"]["utc"]}, headers={"Booking-Token": token}
    )
    assert moved.status_code == 200
    (stands,) = await facade.appointments()
    assert (stands["serviceId"], stands["start"]["dateTime"][:16]) == (
        KITCHEN_AUDIT,
        after[-1]["start"]["utc"][:16],
    )


async def test_a_hidden_class_with_a_question_is_filled(facade: Facade) -> None:
    """Seats, questions and forms of a hidden service are as those of any other."""
    bento = {"questionId": "3bc6fde0-4ad3-445d-ab17-0fc15dba0774", "isRequired": True}
    members = {"defaultDuration": "PT30M", "maximumAttendeesCount": 2, "customQuestions": [bento]}
    staff = [one["id"] for one in (await facade.services())["Menu tasting"]["staff"]][:1]
    await seed(
        facade, id=HIDDEN, displayName="Members", isHiddenFromCustomers=True, staffMemberIds=staff, **members
    )
    wanted = [booking(serviceId=HIDDEN, customer=customer(f"{who}@contoso.com")) for who in "abc"]

    answers = [await facade.partner("bookings", one) for one in wanted]
    unasked = await facade.partner("bookings", {**wanted[2], "answers": []})
    (full,) = [
        one
        for one in (await ask(facade, f"/services/{HIDDEN}/slots?{SPAN}&explain=true")).json()["refused"]
        if one["start"]["local"] == start_at().isoformat()
    ]

    assert [one.status_code for one in answers] == [201, 201, 409]
    assert answers[2].json()["errors"][0]["code"] == "full"
    assert unasked.status_code == 422
    assert "full" in [one["code"] for one in full["reasons"]]
    (stands,) = await facade.appointments()
    assert len(stands["customers"]) == 2


async def test_the_public_never_learns_of_a_hidden_service(facade: Facade) -> None:
    """Neither its slots, nor its page, nor from what a partner has booked, whatever key comes along."""
    made = await facade.partner("bookings", audit())
    assert made.status_code == 201
    unknown = booking(serviceId="aa000001-0000-4000-8000-00000000a001", answers=[])
    form = {
        "serviceId": KITCHEN_AUDIT,
        "start": start_at().isoformat(),
        "customer.name": "Jordan Miller",
        "customer.email": "jordanm@contoso.com",
    }
    attempts = [
        await facade.book(audit()),
        await facade.book(audit(), key="a-key-of-my-own"),
        await facade.book(audit(start=start_at(14).isoformat())),
        await facade.http.post(f"{PUBLIC}/bookings", data=form),
        await facade.http.get(f"{PUBLIC}/services/{KITCHEN_AUDIT}/slots?{SPAN}&explain=true"),
    ]
    for one in [*attempts, await facade.book(unknown)]:
        assert (one.status_code, one.json()["code"]) == (404, "service-not-found"), one.text
    for step in ("", "&step=days", f"&start={start_at().isoformat()}"):
        page = await facade.http.get(f"/api/book/{BUSINESS}?service={KITCHEN_AUDIT}{step}")
        assert page.status_code == 404
        assert "Kitchen" not in page.text
    sent = await facade.http.post(f"{PUBLIC}/bookings", data=form, headers={"Accept": "text/html"})
    assert sent.status_code == 404
    assert "Kitchen" not in sent.text
    assert len(await facade.appointments()) == 1


async def test_a_booking_outlives_the_hiding(facade: Facade) -> None:
    """Whoever has booked repeats the request after the service was hidden, and gets the same answer."""
    before = await facade.book(key="mine")
    await seed(facade, id=BENTO, isHiddenFromCustomers=True)

    again = await facade.book(key="mine")
    another = await facade.book(key="another", customer=customer("una@contoso.com"))

    assert (again.status_code, again.content) == (201, before.content)
    assert (another.status_code, another.json()["code"]) == (404, "service-not-found")


@pytest.mark.parametrize(
    "obstacle",
    [
        {"defaultDuration": "PT0S"},
        {"customQuestions": [{"questionId": HIDDEN, "isRequired": True}]},
    ],
    ids=str,
)
async def test_what_nobody_can_book_partners_cannot_either(facade: Facade, obstacle: dict[str, Any]) -> None:
    """A service that had to be left out is no hidden one."""
    await seed(facade, id=MENU_TASTING, **obstacle)

    listed = (await ask(facade, "/services?hidden=true")).json()["services"]
    answer = await facade.partner("bookings", booking(serviceId=MENU_TASTING, answers=[]))
    slots = await ask(facade, f"/services/{MENU_TASTING}/slots?{SPAN}")

    assert "Menu tasting" not in [one["name"] for one in listed]
    assert (answer.status_code, slots.status_code) == (404, 404)


async def test_a_closed_shop_is_open_to_partners(facade: Facade) -> None:
    await facade.emulator.seed(businesses=[{"id": MAILBOX, "isPublished": False}])
    facade.app.handlers.catalogues.forget(MAILBOX)

    assert (await facade.http.get(f"{PUBLIC}/services")).status_code == 404
    assert len((await ask(facade, "/services")).json()["services"]) == 2
    assert (await ask(facade, f"/services/{MENU_TASTING}/slots?{SPAN}")).json()["slots"]


async def test_partners_are_told_why_and_the_public_is_not(facade: Facade) -> None:
    """A day with somebody in it: the public's reasons are neutral, and for seven days at most."""
    made = await facade.partner("bookings", booking(serviceId=MENU_TASTING, answers=[]))
    assert made.status_code == 201
    staff = made.json()["staff"][0]["id"]
    route = f"/services/{MENU_TASTING}/slots?{SPAN}&explain=true&staffId={staff}"

    told = (await ask(facade, route)).json()
    public = (await facade.http.get(PUBLIC + route)).json()
    reasons = {r["code"] for one in told["refused"] for r in one["reasons"]}
    neutral = {r["code"] for one in public["refused"] for r in one["reasons"]}

    assert told["slots"] == public["slots"]
    assert [one["start"] for one in told["refused"]] == [one["start"] for one in public["refused"]]
    assert {"staff-not-free", "outside-staff-hours"} <= reasons
    assert neutral == reasons - PRIVATE | {"slot-taken"}
    last = DAY.fromordinal(DAY.toordinal() + 29)
    month = f"/services/{MENU_TASTING}/slots?from={DAY}&to={last}&explain=true"
    assert (await ask(facade, month)).status_code == 200
    assert (await facade.http.get(PUBLIC + month)).json()["errors"][0]["code"] == "range-too-long"
