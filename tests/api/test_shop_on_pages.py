"""The shop on its pages: its colour, its words, what it asks for, and what a visitor is told at the end."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from devtools.graph_emulator.client import ControlClient
from devtools.graph_emulator.default_seed import MENU_TASTING
from tests.api.test_forms import BROWSER, URL, fields
from tests.api.test_pages import PAGE, Reader, step
from tests.support.facade import BENTO, MAILBOX, Facade, booking, connect, environment, load_app, start_at

CONSENT: dict[str, Any] = {
    "isCustomerConsentEnabled": True,
    "customerConsentMessage": "I agree to <b>everything</b>",
    "privacyPolicyWebUrl": "https://www.contoso.com/privacy",
    "termsAndConditionsWebUrl": "javascript:alert(1)",
}


async def settle(facade: Facade, **settings: Any) -> None:  # noqa: ANN401 (members of a JSON document)
    """The shop has these settings of its page from now on."""
    page = {"businessTimeZone": "America/Chicago", "accessControl": "unrestricted", **settings}
    await facade.emulator.seed(businesses=[{"id": MAILBOX, "bookingPageSettings": page}])
    facade.app.handlers.catalogues.forget(MAILBOX)


async def style_of(facade: Facade, **query: str) -> str:
    """The style sheet of a page."""
    page = await step(facade, step="services", **query)
    (sheet,) = page.all("link", rel="stylesheet")
    return (await facade.http.get(str(sheet["href"]))).text


async def test_the_page_wears_the_shops_colour(facade: Facade) -> None:
    """As Microsoft Bookings has it, else as the address says; what is no colour is none."""
    await settle(facade, bookingPageColorCode="#8A2BE2")
    assert "--shop:#8a2be2;--on-shop:#ffffff" in await style_of(facade)
    assert "--shop:#00aa00" not in await style_of(facade)
    assert "--shop:#006600;--on-shop:#ffffff" in await style_of(facade, color="060")
    assert "--shop:#8a2be2" in await style_of(facade, color="red;}*{x")
    await settle(facade, bookingPageColorCode="#zzz")
    assert "#8a2be2" not in await style_of(facade)


async def test_a_sheet_is_kept_for_ever_by_its_colour(facade: Facade) -> None:
    """The version names colour and content; another colour under it is kept for minutes only."""
    page = await step(facade, step="services")
    (sheet,) = page.all("link", rel="stylesheet")
    exact = await facade.http.get(str(sheet["href"]))
    other = await facade.http.get(str(sheet["href"]).replace("color=", "color=1"))
    assert "immutable" in exact.headers["Cache-Control"]
    assert "immutable" not in other.headers["Cache-Control"]


async def test_the_shop_can_be_reached_from_every_step(facade: Facade) -> None:
    """Address, telephone, hours, website, privacy; an address that is no web page is no link."""
    await settle(facade, **CONSENT)
    for query in (
        {"step": "services"},
        {"service": BENTO},
        {"service": BENTO, "start": "2027-01-05T16:00:00Z"},
    ):
        page = await step(facade, **query)
        links = [one.get("href") for one in page.all("a")]
        assert {
            "tel:+13125550147",
            "https://www.contoso.com/lunch",
            "https://www.contoso.com/privacy",
        } <= set(links)
        assert "233 North Canal Street, Chicago, IL 60601, USA" in page.text
        assert "Monday8:00" in page.text.replace("\N{NARROW NO-BREAK SPACE}", " ")
        assert "javascript" not in str(links)


async def test_search_engines_are_told_what_the_shop_said(facade: Facade) -> None:
    """Its steps may be found unless it forbids that; nobody's booking ever may."""
    assert (await step(facade, step="services")).all("meta", name="robots") == []
    await settle(facade, isSearchEngineIndexabilityDisabled=True)
    for query in ({"step": "services"}, {"service": BENTO}):
        assert (await step(facade, **query)).all("meta", name="robots", content="noindex")
    await settle(facade)
    answer = await facade.http.post(URL, data=fields(), headers=BROWSER)
    made = Reader(await facade.http.get(answer.headers["Location"], headers=BROWSER))
    assert made.all("meta", name="robots", content="noindex")


async def test_a_link_to_the_page_has_a_preview(facade: Facade) -> None:
    """Title and description for whoever shows links."""
    page = await step(facade, service=BENTO)
    assert page.all("meta", property="og:title", content="Contoso lunch delivery")
    for kind in ({"property": "og:description"}, {"name": "description"}):
        assert page.all("meta", **kind, content="Individual bento boxes, prepared at your table.")


async def test_a_service_says_what_it_is(facade: Facade) -> None:
    """Name, description, length, price and place, on the card and beside the calendar."""
    for query in ({"step": "services"}, {"service": MENU_TASTING}):
        page = await step(facade, **query)
        for words in ("Menu tasting", "An hour with the chef", "1 h", "from $45.00", "Test kitchen"):
            assert words in page.text


async def test_the_first_look_shows_times_of_the_first_free_day(facade: Facade) -> None:
    """Where no day is named the first free one is shown, its times by part of the day, with ends."""
    page = await step(facade, service=MENU_TASTING)
    chosen = page.all("button", **{"name": "day", "aria-current": "date"})
    days = [one["value"] for one in page.all("button", name="day")]
    assert [one["value"] for one in chosen] == days[:1]
    assert page.all("button", name="start")
    day = await step(facade, service=MENU_TASTING, day=start_at().date().isoformat())
    text = day.text.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "Morning" in text
    assert "Afternoon" in text
    assert "Evening" not in text
    assert "8:00 AM\N{EN DASH} 9:00 AM" in text


async def test_today_is_marked(facade: Facade) -> None:
    """Once, whether it is free or not, and in words too."""
    page = await step(facade, service=BENTO, month=f"{start_at(week=0, weekday=0):%Y-%m}", step="days")
    today = [
        has for tag, has in page.found if tag in {"button", "span"} and "today" in (has.get("class") or "")
    ]
    assert len(today) <= 1
    now = await step(facade, service=BENTO, timeZone="America/Chicago")
    assert "(today)" in now.text or "(today)" in str(now.found)


async def test_our_form_asks_for_consent_and_books_with_it_alone(facade: Facade) -> None:
    """With the shop's words; refused beside its box, with all else kept; noted below the reference."""
    await settle(facade, **CONSENT)
    page = await step(facade, service=MENU_TASTING, start=start_at().isoformat())
    typed = {"customer.name": "Ann", "customer.email": "ann@contoso.com"}
    hidden = {str(one["name"]): str(one["value"]) for one in page.all("input", type="hidden")}
    assert "I agree to <b>everything</b>" in page.text
    assert page.all("input", type="checkbox", name="consent", value="true")

    refused = await facade.http.post(URL, data={**hidden, **typed}, headers=BROWSER)
    again = Reader(refused)
    assert refused.status_code == 422
    assert "Please agree before you book" in again.text
    assert again.all("input", name="consent", **{"aria-describedby": "f-consent-error"})
    assert again.values()["customer.name"] == "Ann"
    assert again.all("a", href="#f-consent")

    made = await facade.http.post(URL, data={**hidden, **typed, "consent": "true"}, headers=BROWSER)
    assert made.status_code == 303
    (appointment,) = await facade.appointments()
    assert "| Consent: given" in appointment["serviceNotes"]


async def test_others_need_no_consent_and_may_send_it(facade: Facade) -> None:
    """JSON and forms of other websites book without it; a shop that asks nobody asks nobody."""
    await settle(facade, **CONSENT)
    assert (await facade.book()).status_code == 201
    assert (
        await facade.book(customer={"name": "B", "email": "b@contoso.com"}, consent=False)
    ).status_code == 201
    form = fields(customer__email="c@contoso.com")
    assert (await facade.http.post(URL, data=form, headers=BROWSER)).status_code == 303
    assert (
        await facade.book(customer={"name": "D", "email": "d@contoso.com"}, consent=True)
    ).status_code == 201
    notes = [one["serviceNotes"] for one in await facade.appointments()]
    assert str(notes).count("Consent: given") == 1


@asynccontextmanager
async def of_a_deployment(
    emulator: ControlClient, monkeypatch: pytest.MonkeyPatch, **settings: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a facade with these settings."""
    for name, value in environment(emulator, **settings).items():
        monkeypatch.setenv(name, value)
    module = load_app({})
    async with connect(module) as http:
        yield http
        await module.facade.aclose()


async def test_a_deployment_may_demand_consent_of_all(
    emulator: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REQUIRE_CONSENT=all: JSON too is refused without it, where the shop asks for it."""
    page = {"businessTimeZone": "America/Chicago", "accessControl": "unrestricted", **CONSENT}
    await emulator.seed(businesses=[{"id": MAILBOX, "bookingPageSettings": page}])
    async with of_a_deployment(emulator, monkeypatch, REQUIRE_CONSENT="all") as http:
        without = await http.post(URL, json=booking())
        given = await http.post(URL, json={**booking(), "consent": True})
    assert [one["pointer"] for one in without.json()["errors"]] == ["/consent"]
    assert without.json()["errors"][0]["code"] == "consent-required"
    assert (without.status_code, given.status_code) == (422, 201)


async def test_pictures_and_words_of_the_settings_are_on_the_page(
    emulator: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logo and icon, which the policy lets in from there alone, and the shop's own words in its languages."""
    entry = {
        "mailbox": MAILBOX,
        "logo": "https://cdn.contoso.com/logo.svg",
        "favicon": "https://www.contoso.com/icon.png",
        "texts": {"intro": {"en": "Hello <you>", "fr": "Bonjour"}, "details": "We call you back."},
    }
    both = {"contoso-lunch": entry, "paris-atelier": "parisatelier@contoso.com"}
    async with of_a_deployment(emulator, monkeypatch, BOOKING_BUSINESSES=json.dumps(both)) as http:
        answers = [
            await http.get(PAGE, params=query, headers=BROWSER)
            for query in (
                {"step": "services"},
                {"step": "services", "lang": "fr"},
                {"service": BENTO, "start": "2027-01-05T16:00:00Z"},
            )
        ]
        other = await http.get("/api/book/paris-atelier?step=services", headers=BROWSER)
    pages = [Reader(answer) for answer in answers]
    for page, answer in zip(pages, answers, strict=True):
        assert page.all("img", src="https://cdn.contoso.com/logo.svg", alt="")
        assert page.all("link", rel="icon", href="https://www.contoso.com/icon.png")
        policy = answer.headers["Content-Security-Policy"]
        assert "img-src 'self' data: https://cdn.contoso.com https://www.contoso.com;" in policy
        assert policy.count("https:") == 2
    assert "Hello <you>" in pages[0].text
    assert "Bonjour" in pages[1].text
    assert "We call you back." in pages[2].text
    assert "https:" not in other.headers["Content-Security-Policy"]


async def test_the_confirmation_answers_what_people_ask(facade: Facade) -> None:
    """Where, how long, for how much, to which address the mail went, and what now."""
    form = {**fields(customer__notes=None), "serviceId": MENU_TASTING}
    del form["answers.3bc6fde0-4ad3-445d-ab17-0fc15dba0774"]
    answer = await facade.http.post(URL, data=form, headers=BROWSER)
    where = answer.headers["Location"]
    page = Reader(await facade.http.get(where, headers=BROWSER))
    links = [str(one.get("href")) for one in page.all("a")]
    google, outlook = (
        next(one for one in links if host in one) for host in ("calendar.google", "outlook.live")
    )
    asked, reference = parse_qs(urlsplit(google).query), parse_qs(urlsplit(where).query)["reference"][0]

    assert "Test kitchen, 233 North Canal Street, Chicago, IL 60601, USA" in page.text
    assert "(1 h)" in page.text
    assert "from $45.00" in page.text
    assert "on its way to jordanm@contoso.com" in page.text
    assert "You can move or cancel it here until" in page.text
    assert any("maps" in one and "233%20North" in one for one in links)
    start = start_at().astimezone()
    utc = [
        f"{one:%Y%m%dT%H%M%SZ}"
        for one in (start.astimezone(UTC), (start + timedelta(hours=1)).astimezone(UTC))
    ]
    assert asked["dates"] == ["/".join(utc)]
    assert asked["details"] == [reference]
    assert parse_qs(urlsplit(outlook).query)["subject"] == ["Menu tasting, Contoso lunch delivery"]
    assert all(parse_qs(urlsplit(where).query)["token"][0] not in one for one in (google, outlook))
    assert "jordanm" not in where


@pytest.mark.parametrize("mailed", ["", "AAAA", "x" * 700])
async def test_only_the_facade_names_an_address(facade: Facade, mailed: str) -> None:
    """What nobody sealed for this booking is not shown: the page speaks of "your address"."""
    first = await facade.http.post(URL, data=fields(), headers=BROWSER)
    other = await facade.http.post(URL, data=fields(customer__email="b@contoso.com"), headers=BROWSER)
    query = {name: one[0] for name, one in parse_qs(urlsplit(first.headers["Location"]).query).items()}
    theirs = {name: one[0] for name, one in parse_qs(urlsplit(other.headers["Location"]).query).items()}
    for forged in (mailed, theirs["mailed"]):
        page = await step(facade, **{**query, "mailed": forged})
        assert "on its way to your e-mail address" in page.text
        assert "b@contoso.com" not in page.text


async def test_a_taken_time_is_told_once(facade: Facade) -> None:
    """In plain words above the form, with the free times below, and that nothing typed is lost."""
    first: dict[str, Any] = {
        "serviceId": MENU_TASTING,
        "answers": [],
        "staffId": "8ee1c803-a1fa-406d-8259-7ab53233f148",
    }
    assert (await facade.book(**first)).status_code == 201
    form = {
        **fields(customer__email="late@contoso.com"),
        "serviceId": MENU_TASTING,
        "staffId": first["staffId"],
    }
    del form["answers.3bc6fde0-4ad3-445d-ab17-0fc15dba0774"]
    answer = await facade.http.post(URL, data=form, headers=BROWSER)
    page = Reader(answer)
    assert answer.status_code == 409
    assert page.text.count("This time is not free any more") == 1
    assert "What you typed is kept." in page.text
    assert page.all("fieldset", **{"aria-describedby": "errors"})


@pytest.mark.parametrize(
    "query", [{"step": "services"}, {"service": BENTO, "day": "2027-01-05", "lang": "fr"}]
)
async def test_a_page_that_graph_kept_back_can_be_asked_for_again(
    facade: Facade, query: dict[str, str]
) -> None:
    """503, and a link to this very page; what does not exist has none."""
    await facade.emulator.arm({"operation": "*", "status": 503, "count": None})
    answer = await facade.http.get(PAGE, params=query, headers=BROWSER)
    (again,) = [one for one in Reader(answer).all("a") if one.get("class") == "button"]
    asked = {name: one[0] for name, one in parse_qs(urlsplit(str(again["href"])).query).items()}
    assert answer.status_code == 503
    assert query.items() <= asked.items()
    gone = await facade.http.get(PAGE, params={"reference": "BK-00000000", "token": "x"}, headers=BROWSER)
    assert [one for one in Reader(gone).all("a") if one.get("class") == "button"] == []
