"""What a booking came from: told by JSON, by forms and by the page's address, kept for the shop alone."""

from urllib.parse import urlencode

import pytest

from devtools.graph_emulator.client import ControlClient
from shared.domain.texts import clean_name
from tests.api.test_forms import BROWSER, URL, fields
from tests.api.test_pages import MAX_WEIGHT, PAGE, Reader, step
from tests.support.facade import (
    BENTO,
    BUSINESS,
    KEY,
    QUESTION,
    Facade,
    connect,
    customer,
    environment,
    load_app,
    start_at,
)

SPRING = "Spring 2026, letter 3"
LONG = "é" * 150


async def kept(facade: Facade, email: str = "ann@contoso.com") -> list[str | None]:
    """The campaigns of this person's bookings, as the partner's list shows them."""
    answer = await facade.http.get(
        f"/api/v1/partner/businesses/{BUSINESS}/bookings?email={email}", headers={"x-functions-key": KEY}
    )
    assert answer.status_code == 200, answer.text
    return [one["campaign"] for one in answer.json()["bookings"]]


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"campaign": SPRING}, SPRING),
        ({"utm_campaign": SPRING}, SPRING),
        ({"UTM_Campaign": SPRING}, SPRING),
        ({"ref": SPRING}, SPRING),
        ({"Ref": SPRING}, SPRING),
        ({"ref": "partner", "utm_campaign": SPRING}, SPRING),
        ({"utm_campaign": "letter", "campaign": SPRING, "ref": "partner"}, SPRING),
        ({"campaign": " \u200b", "utm_campaign": " ", "ref": SPRING}, SPRING),
        ({"utm_campaign": "\u202espring\u0007\n2026\u200b "}, "spring 2026"),
        ({"utm_campaign": LONG}, LONG[:100]),
        ({"ref": "a " * 80}, ("a " * 50).strip()),
        ({"utm_source": "letter", "utm_medium": "mail"}, None),
        ({"utm_campaign": " ", "ref": ""}, None),
        ({}, None),
    ],
    ids=lambda one: None if isinstance(one, dict) else str(one)[:20],
)
async def test_a_form_tells_it_by_its_own_field_or_by_that_of_a_link(
    facade: Facade, sent: dict[str, str], found: str | None
) -> None:
    """`campaign`, else `utm_campaign`, else `ref`: what nobody typed is shortened, and refuses nobody."""
    answer = await facade.http.post(URL, data=fields(**sent))

    assert answer.status_code == 201, answer.text
    assert await kept(facade, fields()["customer.email"]) == [found]


async def test_a_parameter_of_a_link_may_come_twice(facade: Facade) -> None:
    """Pages that fill in fields from links do; the first that says something counts."""
    pairs = [*fields().items(), ("utm_campaign", ""), ("utm_campaign", SPRING), ("utm_campaign", "two")]
    answer = await facade.http.post(
        URL, content=urlencode(pairs), headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert answer.status_code == 201, answer.text
    assert await kept(facade, fields()["customer.email"]) == [SPRING]


async def test_json_tells_it_by_one_member(facade: Facade) -> None:
    """Cleaned as a name is; what is too long, or under a link's name, is refused: its maker can mend it."""
    person = customer("ann@contoso.com")
    told = await facade.book(customer=person, campaign="\u202e spring\t2026\u200b")
    nothing = await facade.book(customer=person, start=start_at(14).isoformat(), campaign="\u200b ")
    wrong = [
        await facade.book(**one) for one in ({"campaign": "x" * 101}, {"utm_campaign": "x"}, {"ref": "x"})
    ]

    assert (told.status_code, nothing.status_code) == (201, 201)
    assert await kept(facade) == ["spring 2026", None]
    assert [one.json()["errors"][0]["pointer"] for one in wrong] == ["/campaign", "", "/ref"]


async def test_a_partner_may_send_a_form(facade: Facade) -> None:
    answer = await facade.http.post(
        f"/api/v1/partner/businesses/{BUSINESS}/bookings",
        data=fields(ref=SPRING),
        headers={"x-functions-key": KEY},
    )
    assert answer.status_code == 201
    assert await kept(facade, fields()["customer.email"]) == [SPRING]


async def test_another_campaign_is_the_same_booking(facade: Facade) -> None:
    """A retry that comes by another link is a retry; what came first stays."""
    first = await facade.http.post(URL, data=fields(ref="one"), headers={"Idempotency-Key": "k"})
    again = await facade.http.post(URL, data=fields(ref="two"), headers={"Idempotency-Key": "k"})

    assert (first.status_code, again.content) == (201, first.content)
    assert await kept(facade, fields()["customer.email"]) == ["one"]


async def test_microsoft_is_never_told(facade: Facade) -> None:
    """Neither with the booking, nor with a move of it."""
    made = await facade.book(campaign=SPRING)
    path, _, token = made.headers["location"].partition("?token=")
    moved = await facade.http.post(
        f"{path}/reschedule", json={"start": start_at(14).isoformat()}, headers={"Booking-Token": token}
    )

    assert (made.status_code, moved.status_code) == (201, 200)
    assert SPRING not in repr(await facade.emulator.state())
    assert SPRING not in repr(await facade.emulator.requests())
    assert SPRING not in (await facade.http.get(made.headers["location"])).text
    assert await kept(facade, "jordanm@contoso.com") == [SPRING]


@pytest.mark.parametrize(
    "names", [("utm_campaign",), ("ref",), ("campaign",), ("ref", "utm_campaign"), ("UTM_CAMPAIGN",)]
)
async def test_the_page_takes_it_along_to_the_booking(facade: Facade, names: tuple[str, ...]) -> None:
    """Through links and forms of each step, without JavaScript; the first page and other languages too."""
    link = {name: SPRING if name == names[-1] else "another" for name in names}
    typed = {"customer.name": "Ann", "customer.email": "ann@contoso.com", f"answers.{QUESTION}": "30"}
    first = Reader(await facade.http.get(PAGE, params=link, headers=BROWSER))
    services = await follow(facade, str(first.all("main")[0]["data-load"]))
    month = await follow(
        facade, PAGE, {**services.values(), "service": BENTO, "month": f"{start_at():%Y-%m}"}
    )
    day = await follow(facade, PAGE, {**month.values(), "service": BENTO, "day": f"{start_at().date()}"})
    moment = str(day.all("button", name="start")[0]["value"])
    german = next(str(one["href"]) for one in day.all("a", lang="de"))
    details = await follow(facade, PAGE, {**(await follow(facade, german)).values(), "start": moment})
    back = next(str(one["href"]) for one in details.all("a") if "step=days" in str(one.get("href")))

    assert (await follow(facade, back)).values()["campaign"] == SPRING
    answer = await facade.http.post(URL, data={**details.values(), **typed}, headers=BROWSER)

    assert answer.status_code == 303, answer.text
    assert SPRING.split(maxsplit=1)[0] not in answer.headers["Location"]
    assert await kept(facade) == [SPRING]


async def follow(facade: Facade, address: str, query: dict[str, str] | None = None) -> Reader:
    """The page at this address, or behind a form that goes there by GET."""
    answer = await facade.http.get(address, params=query, headers=BROWSER)
    assert answer.status_code == 200, answer.text
    return Reader(answer)


@pytest.mark.parametrize(
    ("letter", "room"), [("x", 100), ("\u00e9", 100), ("\u65e5", 66), ("\U0001f1e8", 50)]
)
async def test_what_is_too_long_for_an_address_is_shortened(facade: Facade, letter: str, room: int) -> None:
    """Each page of the visit stays within its weight, and its addresses within what a request may have."""
    for more in ({"step": "services"}, {"service": BENTO, "step": "days"}):
        query = {**more, "utm_campaign": letter * 110, "returnUrl": "https://www.contoso.com/" + "x" * 480}
        answer = await facade.http.get(PAGE, params=query, headers=BROWSER)
        page = Reader(answer)
        assert page.values()["campaign"] == letter * room
        assert len(answer.content) < MAX_WEIGHT
        german = next(str(one["href"]) for one in page.all("a", lang="de"))
        assert (await follow(facade, german)).values()["campaign"] == letter * room
    assert "campaign" not in (await step(facade, step="services", utm_campaign=" \u202e")).values()


async def test_it_comes_back_with_a_form_that_was_refused(facade: Facade) -> None:
    """Whoever has typed something wrong on another website's form has still come from there."""
    refused = await facade.http.post(URL, data=fields(ref=SPRING, customer__email="ann"), headers=BROWSER)
    form = Reader(refused).values()
    answer = await facade.http.post(
        URL, data={**form, "customer.email": "ann@contoso.com", "customer.name": "Ann"}, headers=BROWSER
    )

    assert (refused.status_code, answer.status_code) == (422, 303)
    assert await kept(facade) == [SPRING]


async def test_it_passes_the_page_that_asks_for_a_proof(
    emulator: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What that page sends again has it once."""
    for name, value in environment(emulator, HUMAN_CHECK="altcha", ALTCHA_HMAC_KEY="k" * 32).items():
        monkeypatch.setenv(name, value)
    module = load_app({})
    async with connect(module) as http:
        page = Reader(await http.post(URL, data=fields(utm_campaign=SPRING), headers=BROWSER))
        await module.facade.aclose()

    sent = [
        one
        for one in page.all("input")
        if str(one.get("name")).lower() in {"campaign", "utm_campaign", "ref"}
    ]
    assert [one["value"] for one in sent] == [SPRING]


async def test_a_field_that_the_deployment_ignores_is_no_campaign(
    emulator: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ref` may mean something else to a shop: IGNORED_FORM_FIELDS says so."""
    for name, value in environment(emulator, IGNORED_FORM_FIELDS="ref").items():
        monkeypatch.setenv(name, value)
    module = load_app({})
    async with connect(module) as http:
        facade = Facade(http, emulator, module)
        assert (await http.post(URL, data=fields(ref="referee"))).status_code == 201
        assert await kept(facade, fields()["customer.email"]) == [None]
        await module.facade.aclose()


@pytest.mark.parametrize("text", ["\u202espring\n2026 ", LONG, " a" * 99, "\U0001f1e8" * 120])
async def test_what_is_kept_is_clean_and_short(facade: Facade, text: str) -> None:
    """Whatever came, it is a clean name of at most 100 characters: cleaning it again changes nothing."""
    await facade.http.post(URL, data=fields(utm_campaign=text))
    (found,) = await kept(facade, fields()["customer.email"])

    assert found is not None
    assert clean_name(found) == found
    assert 0 < len(found) <= 100
