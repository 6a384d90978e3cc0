"""The booking page from the server's side: each step, its languages, its safety and its weight."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import httpx
import pytest
from icalendar import Calendar

from devtools.graph_emulator.client import ControlClient
from shared.pages.assets import PACKED, TYPES, asset
from shared.pages.policy import PagePolicy
from tests.api.test_forms import BROWSER, URL, fields
from tests.support.facade import (
    BENTO,
    BUSINESS,
    MAILBOX,
    QUESTION,
    Facade,
    booking,
    connect,
    customer,
    load_app,
    start_at,
)

PAGE = f"/api/book/{BUSINESS}"
MAX_WEIGHT = 60_000
LOADED = ("book.css", "book.js", "host.js")
"""What a page loads besides itself; the last one in a frame only."""


class Reader(HTMLParser):
    """The elements of a page with their attributes, and the text of the page."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [has for name, has in self.found if name == tag and attributes.items() <= has.items()]

    def values(self) -> Mapping[str, str]:
        """What the form of the page would send."""
        inputs = self.all("input")
        return {str(one["name"]): one.get("value") or "" for one in inputs if one.get("type") != "radio"}


async def step(facade: Facade, **query: str) -> Reader:
    """A step of the page."""
    answer = await facade.http.get(PAGE, params=query, headers=BROWSER)
    assert answer.status_code == 200, answer.text
    return Reader(answer)


async def test_the_first_page_asks_graph_nothing(facade: Facade) -> None:
    """The page begins before anything is known, and tells browsers without JavaScript where to go on."""
    answer = await facade.http.get(PAGE, headers=BROWSER)

    page = Reader(answer)
    then = page.all("main")[0]["data-load"]
    assert answer.status_code == 200
    assert await facade.calls() == []
    assert {"http-equiv": "refresh", "content": f"0;url={then}"} in page.all("meta")
    assert any(link.get("href") == then for link in page.all("a"))


async def test_every_step_works_with_plain_forms(facade: Facade) -> None:
    """Service, day and time by GET, the booking by POST: whoever follows the forms has booked."""
    start = start_at()
    services = await step(facade, step="services")
    assert {"name": "service", "value": BENTO, "class": "card"} in services.all("button")
    month = await step(facade, service=BENTO, month=f"{start:%Y-%m}", step="days")
    assert month.all("button", name="day", value=start.date().isoformat())
    day = await step(facade, service=BENTO, day=start.date().isoformat())
    moments = [str(one["value"]) for one in day.all("button", name="start")]
    assert start.astimezone(UTC).isoformat().replace("+00:00", "Z") in moments
    details = await step(facade, service=BENTO, start=moments[0])
    typed = {"customer.name": "Ann", "customer.email": "ann@contoso.com", f"answers.{QUESTION}": "30"}

    answer = await facade.http.post(URL, data={**details.values(), **typed}, headers=BROWSER)

    assert answer.status_code == 303
    (made,) = await facade.appointments()
    assert made["customers"][0]["emailAddress"] == "ann@contoso.com"
    assert made["start"]["dateTime"][:16] == moments[0][:16]


async def test_the_confirmation_can_be_loaded_again(facade: Facade) -> None:
    """After the POST comes a page of its own that shows the booking to whoever has its address."""
    answer = await facade.http.post(URL, data=fields(lang="de"), headers=BROWSER)
    where = answer.headers["Location"]
    shown = [Reader(await facade.http.get(where, headers=BROWSER)) for _ in range(2)]
    forged = await facade.http.get(where.replace("token=", "token=A"), headers=BROWSER)

    reference = parse_qs(urlsplit(where).query)["reference"][0]
    assert all("Ihr Termin ist gebucht" in page.text and reference in page.text for page in shown)
    assert forged.status_code == 404
    assert "Diese Buchung gibt es nicht" in Reader(forged).text


async def test_an_allowed_return_address_is_where_browsers_go(
    emulator: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """303 to the website's own page with the reference and the status, and never with the token."""
    from tests.support.facade import environment  # noqa: PLC0415

    for name, value in environment(emulator, ALLOWED_RETURN_ORIGINS="https://www.contoso.com").items():
        monkeypatch.setenv(name, value)
    module = load_app({})
    async with connect(module) as http:
        form = fields(returnUrl="https://www.contoso.com/thanks?from=form")
        answer = await http.post(URL, data=form, headers=BROWSER)
        page = await http.get(PAGE, headers=BROWSER)
        await module.facade.aclose()

    assert answer.status_code == 303
    url = urlsplit(answer.headers["Location"])
    query = parse_qs(url.query)
    assert (url.netloc, url.path) == ("www.contoso.com", "/thanks")
    assert set(query) == {"from", "reference", "status"}
    assert query["status"] == ["confirmed"]
    assert "form-action 'self' https://www.contoso.com;" in page.headers["Content-Security-Policy"]


async def test_a_refused_return_address_keeps_the_form(facade: Facade) -> None:
    """The page comes again with the reason, and the next click books without going elsewhere."""
    answer = await facade.http.post(URL, data=fields(returnUrl="https://evil.example/"), headers=BROWSER)

    page = Reader(answer)
    assert answer.status_code == 422
    assert "You cannot be sent back to that website" in page.text
    assert "returnUrl" not in page.values()
    assert "evil" not in answer.text


async def test_errors_stand_beside_their_fields_and_nothing_is_lost(facade: Facade) -> None:
    """Each wrong field is described by its error, the summary leads to it, and what was typed is there."""
    typed = fields(customer__name="A & <b>B</b>", customer__email="nobody", customer__phone="12")
    answer = await facade.http.post(URL, data={**typed, f"answers.{QUESTION}": ""}, headers=BROWSER)

    page = Reader(answer)
    assert answer.status_code == 422
    for name in ("customer.email", "customer.phone", f"answers.{QUESTION}"):
        (field,) = page.all("input", name=name)
        assert field["aria-invalid"] == "true"
        assert page.all("span", id=str(field["aria-describedby"]).split()[-1])
        assert page.all("a", href=f"#{field['id']}")
    for name in ("customer.name", "customer.email", "customer.phone", "customer.address.city"):
        assert page.values()[name] == typed[name]
    assert "Please be on time." in page.text
    assert page.all("div", id="errors", tabindex="-1")
    assert page.text.startswith("Error:")
    assert "<b>" not in answer.text


async def test_a_full_slot_is_explained_and_others_are_offered(facade: Facade) -> None:
    """The fifth seat is gone: a sentence, free times to choose from in the same form, and all fields kept."""
    alone = {"id": BENTO, "staffMemberIds": ["8ee1c803-a1fa-406d-8259-7ab53233f148"]}
    await facade.emulator.seed(businesses=[{"id": MAILBOX, "services": [alone]}])
    for n in range(5):
        await facade.book(customer=customer(f"c{n}@contoso.com"))

    answer = await facade.http.post(URL, data=fields(), headers=BROWSER)

    page = Reader(answer)
    others = [str(one["value"]) for one in page.all("input", type="radio", name="start")]
    assert answer.status_code == 409
    assert "This time is not free any more" in page.text
    assert others
    assert start_at().astimezone(UTC).isoformat().replace("+00:00", "Z") not in others
    assert "start" not in page.values()
    again = {**page.values(), "customer.notes": "", "start": others[0], f"answers.{QUESTION}": "25"}
    assert (await facade.http.post(URL, data=again, headers=BROWSER)).status_code == 303


async def test_a_local_start_is_kept_as_the_instant_that_it_is(facade: Facade) -> None:
    """A website's form may send a local time with its zone; the page that comes back still has it."""
    local = start_at().replace(tzinfo=None).isoformat()
    answer = await facade.http.post(URL, data=fields(start=local, customer__email="x"), headers=BROWSER)
    assert Reader(answer).values()["start"] == start_at().astimezone(UTC).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("start", [None, "never", "2027-03-14T02:30:00"])
async def test_whoever_sends_no_time_is_offered_some(facade: Facade, start: str | None) -> None:
    """A form without a time that means anything leads on: free times are on the page that comes back."""
    answer = await facade.http.post(URL, data=fields(start=start), headers=BROWSER)
    assert answer.status_code == 422
    assert Reader(answer).all("input", type="radio", name="start")


async def test_an_outcome_that_is_not_known_gets_a_page_that_says_what_to_do(facade: Facade) -> None:
    """202: not to book again, the reference, and a way to look once more."""
    await facade.emulator.arm(
        {"operation": "appointments.create", "kind": "disconnect", "when": "before", "count": None}
    )
    answer = await facade.http.post(URL, data=fields(), headers=BROWSER)
    assert answer.status_code == 303, answer.text
    page = Reader(await facade.http.get(answer.headers["Location"], headers=BROWSER))

    assert "Please do not book again" in page.text
    assert page.all("a", href="")


async def test_when_graph_is_down_the_form_can_be_sent_again(facade: Facade) -> None:
    """503 without a catalogue: everything typed goes along with the button that tries again."""
    await facade.emulator.arm({"operation": "*", "status": 503, "count": None})

    answer = await facade.http.post(URL, data=fields(), headers=BROWSER)

    page = Reader(answer)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert "you will not be booked twice" in page.text
    assert {**page.values(), "lang": ""} == {**fields(), "lang": ""}


async def test_what_a_business_writes_cannot_break_the_page(facade: Facade) -> None:
    """Names and descriptions from the calendar are text, whatever is in them."""
    evil = "<script>alert(1)</script>\"'&"
    service = {"id": BENTO, "displayName": evil, "description": evil}
    await facade.emulator.seed(businesses=[{"id": MAILBOX, "displayName": evil, "services": [service]}])

    for query in (
        {"step": "services"},
        {"service": BENTO},
        {"service": BENTO, "start": "2027-01-05T16:00:00Z"},
    ):
        answer = await facade.http.get(PAGE, params=query, headers=BROWSER)
        assert "alert(1)" in answer.text
        assert "<script>alert" not in answer.text
        assert [one for one in Reader(answer).all("script") if "src" not in one] == []


@pytest.mark.parametrize(
    "query",
    [
        {"service": "nobody"},
        {"service": BENTO, "staff": "nobody"},
        {"reference": "BK-00000000", "token": "x"},
        {"reference": "BK-00000000"},
    ],
)
async def test_what_is_not_there_gets_a_page_too(facade: Facade, query: dict[str, str]) -> None:
    """404 as a page in the visitor's language with a way back."""
    answer = await facade.http.get(PAGE, params=query, headers={**BROWSER, "Accept-Language": "fr"})
    assert answer.status_code == 404
    assert "Cela n'a pas fonctionné" in Reader(answer).text
    nobody = await facade.http.get("/api/book/nobody", headers=BROWSER)
    assert nobody.status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {"day": "2026-02-30", "month": "nothing", "start": "never", "timeZone": "Mars/Olympus", "lang": "xx"},
        {"day": "0001-01-01", "month": "9999-12", "start": "0001-01-01T00:00:00+14:00"},
        {"day": "9999-12-31", "timeZone": "Asia/Tokyo", "theme": "<b>", "embed": "javascript:alert(1)"},
    ],
)
async def test_nonsense_in_the_address_is_no_error(facade: Facade, query: dict[str, str]) -> None:
    """A parameter that means nothing counts as not given."""
    page = await step(facade, service=BENTO, **query)
    assert page.all("table")
    assert "javascript" not in str(page.all("html"))


async def test_pages_are_locked_down(facade: Facade) -> None:
    """Nothing inline, nothing from elsewhere, no framing by others unless the deployment says so."""
    answer = await facade.http.get(PAGE, headers=BROWSER)
    policy = answer.headers["Content-Security-Policy"]
    page = Reader(answer)

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert all("style" not in has and not any(key.startswith("on") for key in has) for _, has in page.found)
    assert page.all("style") == []


def test_those_who_may_frame_the_page_are_named() -> None:
    """Where others may frame it, X-Frame-Options, which cannot name them, stays away."""
    headers = PagePolicy(frame_ancestors=("https://www.contoso.com",)).headers()
    assert "frame-ancestors 'self' https://www.contoso.com" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers


def test_only_turnstile_opens_the_policy_and_only_for_itself() -> None:
    """Cloudflare's host is in the policy when its check is on, and no other host ever is."""
    csp = {kind: PagePolicy(human_check=kind).headers()["Content-Security-Policy"] for kind in
           ("off", "altcha", "turnstile")}  # fmt: skip
    assert csp["off"] == csp["altcha"]
    assert "https:" not in csp["off"]
    assert set(re.findall(r"https://\S+?(?=[; ])", csp["turnstile"])) == {"https://challenges.cloudflare.com"}


@pytest.mark.parametrize(
    ("accept", "wanted", "tag"),
    [
        ("fr-CH, en;q=0.9", "", "fr"),
        ("tlh, es;q=0.5, de;q=0.7", "", "de"),
        ("de;q=0, es;q=0.1", "", "es"),
        ("xx", "", "en"),
        ("", "", "en"),
        ("fr", "es", "es"),
        ("fr", "klingon", "fr"),
    ],
)
async def test_the_page_speaks_the_visitors_language(
    facade: Facade, accept: str, wanted: str, tag: str
) -> None:
    """`lang` decides, else Accept-Language with its weights, else English."""
    query = {"lang": wanted} if wanted else {}
    answer = await facade.http.get(PAGE, params=query, headers={**BROWSER, "Accept-Language": accept})
    assert Reader(answer).all("html")[0]["lang"] == tag
    assert answer.headers["Content-Language"] == tag
    assert "Accept-Language" in answer.headers["Vary"]


async def test_another_language_shows_the_same_page(facade: Facade) -> None:
    """Whoever changes the language on a step, or on the confirmation, stays there."""
    booked = await facade.http.post(URL, data=fields(), headers=BROWSER)
    for address in (
        booked.headers["Location"],
        f"{PAGE}?service={BENTO}&day={start_at().date().isoformat()}",
    ):
        page = Reader(await facade.http.get(address, headers=BROWSER))
        german = page.all("a", hreflang="de")[0]["href"]
        there = Reader(await facade.http.get(str(german), headers=BROWSER))
        assert there.all("html")[0]["lang"] == "de"
        assert there.text.startswith(("Ihr Termin ist gebucht", "Uhrzeit wählen"))


async def test_both_zones_are_shown_where_they_differ(facade: Facade) -> None:
    """A visitor in Tokyo sees Tokyo's dates and times, and beside each the business's own."""
    start = start_at(16)  # 4 pm in Chicago is the next morning in Tokyo
    local = start.astimezone(ZoneInfo("Asia/Tokyo"))
    page = await step(facade, service=BENTO, day=local.date().isoformat(), timeZone="Asia/Tokyo", lang="fr")

    moment = start.astimezone(UTC).isoformat().replace("+00:00", "Z")
    assert page.all("button", name="start", value=moment)
    assert f"{local:%H:%M}mar. 16:00 à Chicago" in page.text
    assert "votre fuseau, Tokyo" in page.text
    assert page.all("option", value="Asia/Tokyo", selected="") or page.all("option", value="Asia/Tokyo")
    same = await step(facade, service=BENTO, day=start.date().isoformat(), lang="fr")
    assert "à Chicago" not in same.text


async def test_the_page_follows_the_zone_of_the_visitor_to_the_booking(facade: Facade) -> None:
    """The start goes to the form in UTC, so that no zone on the way can change it."""
    page = await step(facade, service=BENTO, start="2027-01-05T16:00:00Z", timeZone="Europe/Paris")
    assert page.values()["start"] == "2027-01-05T16:00:00Z"
    assert page.values()["timeZone"] == "Europe/Paris"
    assert "5:00 PM (Paris time)" in page.text
    assert "10:00 AM in Chicago" in page.text


async def test_the_calendar_file_holds_the_booking(facade: Facade) -> None:
    """RFC 5545 with the times in UTC and a UID from the reference, for whoever has the token alone."""
    answer = await facade.book()
    reference, token = answer.json()["reference"], answer.headers["location"].partition("token=")[2]
    file = await facade.http.get(f"{URL}/{reference}/calendar.ics?token={token}")
    forged = await facade.http.get(f"{URL}/{reference}/calendar.ics?token=A{token}")

    event: Any
    (event,) = Calendar.from_ical(file.content).walk("VEVENT")
    assert file.headers["content-type"] == "text/calendar; charset=utf-8"
    assert file.headers["Cache-Control"] == "no-store"
    assert event["dtstart"].dt == start_at().astimezone(UTC)
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(minutes=30)
    assert event["uid"].startswith(reference)
    assert b"DTSTART:%s\r\n" % start_at().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ").encode() in file.content
    assert forged.status_code == 404


@pytest.mark.parametrize("name", sorted(TYPES))
async def test_files_are_kept_for_ever_by_their_content(facade: Facade, name: str) -> None:
    """The address with the hash may be cached for a year, the plain one for minutes; 304 where known."""
    version = asset(name).version
    exact = await facade.http.get(f"/api/web/{name}?v={version}")
    plain = await facade.http.get(f"/api/web/{name}")
    stale = await facade.http.get(f"/api/web/{name}?v=0000")
    known = await facade.http.get(f"/api/web/{name}", headers={"If-None-Match": exact.headers["etag"]})

    assert "immutable" in exact.headers["Cache-Control"]
    assert "immutable" not in plain.headers["Cache-Control"] + stale.headers["Cache-Control"]
    assert exact.headers["content-type"].startswith(TYPES[name])
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize("name", sorted(PACKED))
async def test_packed_files_come_as_they_are_taken(facade: Facade, name: str) -> None:
    """As gzip to whoever takes it, else unpacked: the same text."""
    packed = await facade.http.get(f"/api/web/{name}", headers={"Accept-Encoding": "gzip, deflate, br"})
    plain = await facade.http.get(f"/api/web/{name}", headers={"Accept-Encoding": "identity, gzip;q=0"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert packed.content == plain.content  # the client has unpacked it
    assert len(plain.content) > 2 * len(asset(name).body)


@pytest.mark.parametrize("name", ["secret.txt", "..%2Ffunction_app.py", "book.py", ".."])
async def test_no_other_file_is_served(facade: Facade, name: str) -> None:
    """Names are looked up in a list, never in a folder."""
    assert (await facade.http.get(f"/api/web/{name}")).status_code == 404


async def test_the_page_is_light(facade: Facade) -> None:
    """Page, style and scripts together stay under 60 kB, uncompressed, on every step, in a frame too.

    The script that other websites load stays under 18 kB.
    """
    files = sum(len(asset(name).body) for name in LOADED)
    assert len(asset("embed.js").body) <= 18_000
    for query in ({}, {"step": "services"}, {"service": BENTO, "day": start_at().date().isoformat()}):
        answer = await facade.http.get(PAGE, params=query, headers=BROWSER)
        assert len(answer.content) + files <= MAX_WEIGHT


async def test_the_page_needs_no_other_host(facade: Facade) -> None:
    """Whatever the page loads comes from the deployment itself."""
    page = await step(facade, service=BENTO, day=start_at().date().isoformat())
    loaded = [has.get("src") or has.get("href") or "" for tag, has in page.found if tag in {"script", "link"}]
    assert all(one.startswith(("/api/web/", "data:,")) for one in loaded)
    assert not re.search(rb"https?://", b"".join(asset(name).body for name in TYPES))


async def test_the_month_without_free_days_leads_on(facade: Facade) -> None:
    """A visitor who has chosen no month gets the first that has something, at most the next one."""
    policy: dict[str, Any] = {
        "timeSlotInterval": "PT15M",
        "minimumLeadTime": "P31D",
        "maximumAdvance": "P90D",
        "allowStaffSelection": True,
    }
    await facade.emulator.seed(
        businesses=[{"id": MAILBOX, "services": [{"id": BENTO, "schedulingPolicy": policy}]}]
    )
    page = await step(facade, service=BENTO)
    today = datetime.now(UTC).date()
    days = [date.fromisoformat(str(one["value"])) for one in page.all("button", name="day")]
    assert days
    assert min(days) >= today + timedelta(days=30)


async def test_the_form_of_json_stays_json(facade: Facade) -> None:
    """A JSON request is answered with JSON whatever it accepts."""
    answer = await facade.http.post(URL, json=booking(), headers=BROWSER)
    assert answer.headers["content-type"].startswith("application/json")
