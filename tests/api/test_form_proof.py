"""A plain form of any website in a deployment with the human check on: one page more, and it books."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
import httpx
import pytest
import pytest_asyncio

from shared import bootstrap
from shared.api.admission.permission import EARLIEST, LIFE, Permissions
from shared.api.admission.visitors import ChallengeScope
from shared.api.requests.own_key import own_key
from shared.booking.ports import Stores
from shared.domain.limits import LIMITS
from shared.pages.languages import LANGUAGES
from shared.platform.hashes import Hasher
from shared.settings import Settings
from shared.tables.memory import MemoryOnce, memory_stores
from tests.api.test_forms import BROWSER, URL, fields, multipart
from tests.api.test_human_check import Hands, challenge, solve
from tests.api.test_pages import PAGE, Reader
from tests.support.facade import (
    BENTO,
    KEY,
    MAILBOX,
    QUESTION,
    Facade,
    booking,
    connect,
    environment,
    load_app,
    serve,
    start_at,
)

MOMENT = timedelta(milliseconds=1)
SECRET = "a-secret-of-more-than-thirty-two-characters"
CHECK = {"HUMAN_CHECK": "altcha", "ALTCHA_HMAC_KEY": SECRET, "BOOKING_SECRET": SECRET}
CATALOGUE = {"businesses.get", "services.list", "staffMembers.list", "customQuestions.list"}


@dataclass(frozen=True, slots=True)
class Shop:
    """A facade with the check of a default deployment, and its clock."""

    facade: Facade
    clock: Hands

    async def post(self, form: Mapping[str, str], **headers: str) -> httpx.Response:
        """A form as a browser sends it."""
        return await self.facade.http.post(URL, data=dict(form), headers={**BROWSER, **headers})

    async def page(self, form: Mapping[str, str] | None = None, **headers: str) -> Mapping[str, str]:
        """The page that a form without a proof gets, as the fields that its button sends."""
        answer = await self.post(form or fields(), **headers)
        assert answer.status_code == 200, answer.text
        return Reader(answer).values()

    def wait(self, span: timedelta = EARLIEST + MOMENT) -> None:
        """Let time pass."""
        self.clock.now += span

    async def pressed(self, form: Mapping[str, str] | None = None, **headers: str) -> httpx.Response:
        """The page's button, pressed as soon as it counts."""
        page = await self.page(form, **headers)
        self.wait()
        return await self.post(page, **headers)


@pytest_asyncio.fixture
async def shop(facade: Facade, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """A facade as a deployment has it, and a clock that is set by hand."""
    async with opened(facade, monkeypatch) as found:
        yield found


class opened:  # noqa: N801 (used as a function)
    """A shop with these settings besides the usual ones, and with these stores."""

    def __init__(
        self,
        facade: Facade,
        monkeypatch: pytest.MonkeyPatch,
        stores: Stores | None = None,
        **settings: str,
    ) -> None:
        self._facade, self._monkeypatch, self._settings = facade, monkeypatch, settings
        self._stores = stores or memory_stores()

    async def __aenter__(self) -> Shop:
        environ = environment(self._facade.emulator, **{**CHECK, **self._settings})
        for name, value in environ.items():
            self._monkeypatch.setenv(name, value)
        module, clock = load_app({}), Hands()
        # The windows of limits begin with the hour.
        clock.now = (clock.now + timedelta(hours=1)).replace(minute=0, second=1, microsecond=0)
        settings = Settings.from_environ(environ)
        graph = bootstrap.gateway(settings)
        self._app = bootstrap.assemble(settings, graph, self._stores, clock, (graph.aclose,))
        await module.facade.aclose()
        serve(module, self._app)
        self._http = connect(module)
        return Shop(Facade(self._http, self._facade.emulator, module), clock)

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        await self._app.aclose()


async def test_a_form_without_a_proof_gets_one_page_that_shows_what_will_be_booked(shop: Shop) -> None:
    """Status 200, the service, the time and the price; nothing is written, and only the catalogue is read."""
    await shop.facade.emulator.forget_requests()
    answer = await shop.post(fields())
    page = Reader(answer)

    assert answer.status_code == 200, answer.text
    assert "Catered bento" in page.text
    assert f"{start_at():%B} {start_at().day}, {start_at().year}" in page.text
    assert page.all("form", method="post", action=URL)
    assert len(page.all("button")) == 1
    assert [one["href"] for one in page.all("a")] == ["#main"]  # no link that leaves what was typed behind
    assert set(await shop.facade.calls()) <= CATALOGUE
    await shop.facade.emulator.forget_requests()
    await shop.page()
    assert await shop.facade.calls() == []  # what is sold is known by now
    assert await shop.facade.appointments() == []


async def test_everything_that_was_typed_goes_along(shop: Shop) -> None:
    """Hidden fields, quotes, markup and line breaks come back as they were sent; so does the way back."""
    typed = {
        **fields(customer__name='O\'Neil "Ann" <b>&amp; Söhne</b>', customer__notes="one\n<two> \"3\"\n'4'"),
        "website": "",
        "smsNotifications": "",
        "idempotencyKey": "k-1",
        "theme": "dark",
    }
    answer = await shop.post({**typed, "humanCheck": "", "altcha": "", "cf-turnstile-response": ""})
    names = [one["name"] for one in Reader(answer).all("input")]
    assert len(names) == len(set(names)), "a field that comes twice would be refused"
    kept = Reader(answer).values()
    assert {name: kept.get(name) for name in typed} == typed


async def test_the_page_keeps_what_pages_keep(shop: Shop) -> None:
    """Nothing inline, nothing stored, no address told to others, no framing by strangers."""
    answer = await shop.post(fields())
    policy = answer.headers["Content-Security-Policy"]
    page = Reader(answer)

    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    assert "https:" not in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Accept" in answer.headers["Vary"]
    assert all("style" not in has and not any(key.startswith("on") for key in has) for _, has in page.found)
    assert all(str(one["src"]).startswith("/api/web/") for one in page.all("script"))


async def test_the_button_books_once(shop: Shop) -> None:
    """Two seconds later the page's own form is the booking; sent twice it gets the same answer."""
    page = await shop.page()
    shop.wait()
    answers = [await shop.post(page) for _ in range(2)]

    assert [one.status_code for one in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    (made,) = await shop.facade.appointments()
    assert [one["emailAddress"] for one in made["customers"]] == ["jordanm@contoso.com"]
    assert made["customers"][0]["customQuestionAnswers"][0]["answer"] == "25"


async def test_the_button_books_once_in_any_store(
    facade: Facade, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In memory as in tables: the permission is claimed, counted, and no other booking's afterwards."""
    async with opened(facade, monkeypatch, stores) as shop:
        page = await shop.page()
        shop.wait()
        booked = await shop.post(page)
        again = await shop.post(page)
        other = await shop.post({**page, "idempotencyKey": "k-2"})
    assert [one.status_code for one in (booked, again, other)] == [303, 303, 403]
    assert len(await facade.appointments()) == 1


async def test_the_script_finds_all_that_it_needs_on_the_page(shop: Shop) -> None:
    """The page's own fields with the challenge's solution in place of the permission book at once."""
    page = await shop.page()
    solution = solve(await challenge(shop.facade, start=page["start"], timeZone=page["timeZone"]))
    answer = await shop.post({**page, "humanCheck": solution})
    assert answer.status_code == 303, answer.text
    assert len(await shop.facade.appointments()) == 1


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
async def test_others_than_browsers_are_refused_as_ever(shop: Shop, accept: str) -> None:
    """Only who asks for HTML can press a button."""
    answer = await shop.facade.http.post(URL, data=fields(), headers={"Accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (403, "human-check-failed")
    as_json = await shop.facade.http.post(URL, json=booking(), headers=BROWSER)
    assert (as_json.status_code, as_json.json()["code"]) == (403, "human-check-failed")


async def test_without_a_check_there_is_no_such_page(facade: Facade) -> None:
    """Where the deployment asks nobody, a form books at once."""
    answer = await facade.http.post(URL, data=fields(), headers=BROWSER)
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"customer__email": "nobody"}, "customer.email"),
        ({"customer__name": ""}, "customer.name"),
        ({"start": "tomorrow"}, "start"),
        ({"start": "2026-03-08T02:30", "timeZone": "America/Chicago"}, "start"),
        ({"timeZone": "Mars/Olympus"}, "timeZone"),
        ({"returnUrl": "https://evil.example/"}, "returnUrl"),
    ],
)
async def test_mistakes_in_the_fields_come_first(
    shop: Shop, change: Mapping[str, str | None], field: str
) -> None:
    """What no proof can mend is told before anybody is asked for one."""
    answer = await shop.post(fields(**change))
    assert answer.status_code == 422, field
    assert Reader(answer).all("div", id="errors")


async def test_limits_come_first(facade: Facade, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has used up their bookings gets no permission for another one."""
    who = {"X-Forwarded-For": "203.0.113.7:1"}
    async with opened(facade, monkeypatch, LIMITS='{"address": {"minute": 2}}') as shop:
        answers = [(await shop.post(fields(customer__email=f"a{n}@contoso.com"), **who)) for n in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert "humanCheck" not in Reader(answers[-1]).values()


async def test_rules_come_after(shop: Shop) -> None:
    """A time that cannot be booked is found out when it is booked, and nothing that was typed is lost."""
    closed = fields(start=start_at(3).isoformat())
    answer = await shop.pressed(closed)
    page = Reader(answer)
    assert answer.status_code in {409, 422}
    assert page.values()["customer.email"] == closed["customer.email"]
    assert await shop.facade.appointments() == []


async def test_a_press_that_comes_too_early_counts_for_nothing(shop: Shop) -> None:
    """Before two seconds are over the page comes again, with its fields; its next button books."""
    page = await shop.page()
    shop.wait(EARLIEST - MOMENT)
    early = await shop.post(page)
    assert timedelta(seconds=2) == EARLIEST
    assert early.status_code == 403
    assert await shop.facade.appointments() == []
    again = Reader(early).values()
    assert again["customer.email"] == page["customer.email"]
    assert again == page
    shop.wait(2 * MOMENT)  # whoever presses again and again does not begin anew each time
    assert (await shop.post(again)).status_code == 303
    assert len(await shop.facade.appointments()) == 1


async def test_a_refusal_stays_small_and_a_page_loses_nothing(shop: Shop) -> None:
    """With more typed than an error has room for, the page still keeps all of it; a failed proof does not."""
    answers = {f"answers.q{number}": '"' * 3_900 for number in range(4)}
    page = await shop.page(fields(**answers))
    assert {name: page[name] for name in answers} == answers
    early = await shop.post(page)
    assert early.status_code == 403
    assert len(early.content) < 64_000
    shop.wait()
    assert (await shop.post(page)).status_code == 422  # these questions are not asked, which is told last


async def test_a_permission_ends(shop: Shop) -> None:
    """A page that lay about for too long comes again."""
    page = await shop.page()
    shop.wait(LIFE + MOMENT)
    late = await shop.post(page)
    assert late.status_code == 403
    assert await shop.facade.appointments() == []
    shop.wait()
    assert (await shop.post(Reader(late).values())).status_code == 303


@pytest.mark.parametrize(
    "change",
    [
        {"start": start_at(11).isoformat()},
        {"start": start_at(10, week=3).isoformat()},
        {"serviceId": "another"},
    ],
)
async def test_a_permission_is_for_its_booking_alone(shop: Shop, change: Mapping[str, str]) -> None:
    """Another service or another start needs a page of its own."""
    page = await shop.page()
    shop.wait()
    answer = await shop.post({**page, **change})
    assert answer.status_code in {403, 404}
    assert await shop.facade.appointments() == []


async def test_a_permission_serves_at_its_business_alone(shop: Shop) -> None:
    """The same form sent to another business is refused there."""
    page = await shop.page()
    shop.wait()
    other = URL.replace("contoso-lunch", "paris-atelier")
    answer = await shop.facade.http.post(other, data=dict(page), headers={"Accept": "*/*"})
    assert (answer.status_code, answer.json()["code"]) == (403, "human-check-failed")


@pytest.mark.parametrize(
    "change", [{"customer.email": "bot@contoso.com", "idempotencyKey": "k-2"}, {"idempotencyKey": "k-3"}]
)
async def test_a_permission_serves_once(shop: Shop, change: Mapping[str, str]) -> None:
    """Once used for one booking it opens no other."""
    page = await shop.page()
    shop.wait()
    assert (await shop.post(page)).status_code == 303
    answer = await shop.facade.http.post(URL, data={**page, **change}, headers={"Accept": "*/*"})
    assert (answer.status_code, answer.json()["code"]) == (403, "human-check-failed")
    (made,) = await shop.facade.appointments()
    assert len(made["customers"]) == 1


SLOT = ChallengeScope("contoso-lunch", BENTO, datetime(2026, 12, 1, 16, tzinfo=UTC))


def _with(number: int, part: str) -> Callable[[str], str]:
    return lambda given: ".".join(part if i == number else one for i, one in enumerate(given.split(".")))


FORGERIES: dict[str, Callable[[str], str]] = {
    "nothing but the word": lambda _: "permission.",
    "a part missing": lambda given: given.rpartition(".")[0],
    "a part more": lambda given: given + ".x",
    "another time": _with(1, "1"),
    "no time": _with(1, ""),
    "no number": _with(1, "x"),
    "digits of another script": lambda given: given.translate({ord(str(n)): 0x660 + n for n in range(10)}),
    "a long number": _with(1, "9" * 4000),
    "another nonce": _with(2, "00"),
    "another signature": _with(3, "0" * 64),
    "no signature": _with(3, ""),
    "a signature that is no ASCII": _with(3, "é"),
    "in capitals": str.upper,
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
async def test_a_forged_permission_is_none(name: str) -> None:
    """Nothing of a permission can be changed without the secret, and garbage is no error."""
    clock = Hands()
    permissions = Permissions(Hasher(SECRET.encode()), MemoryOnce(), clock, bootstrap.new_id)
    given = permissions.issue(SLOT)
    clock.now += EARLIEST + MOMENT
    assert not await permissions.passed(FORGERIES[name](given), SLOT, "me")
    assert await permissions.passed(given, SLOT, "me")
    other = Permissions(Hasher(b"another secret" * 3), MemoryOnce(), clock, bootstrap.new_id)
    assert not await other.passed(given, SLOT, "me")


async def test_buttons_have_a_limit_of_their_own(shop: Shop) -> None:
    """A visitor presses few of them in an hour; the script's way stays open."""
    who = {"X-Forwarded-For": "203.0.113.7:1"}
    most = LIMITS["button"]["hour"]
    for number in range(most + 1):
        form = fields(
            customer__email=f"a{number}@contoso.com", start=start_at(9, week=number + 1).isoformat()
        )
        answer = await shop.pressed(form, **who)
        assert answer.status_code == (303 if number < most else 429), number
        shop.wait(timedelta(minutes=1))  # the limit of all bookings is another one
    assert len(await shop.facade.appointments()) == most

    page = await shop.page(fields(customer__email="b@contoso.com"), **who)
    solution = solve(await challenge(shop.facade))
    assert (await shop.post({**page, "humanCheck": solution}, **who)).status_code == 303


async def test_a_used_button_is_not_counted_against_its_own_retry(shop: Shop) -> None:
    """Sent again because no answer came, the last button of the hour still gets its booking's answer."""
    who = {"X-Forwarded-For": "203.0.113.7:1"}
    page = await shop.page(None, **who)
    shop.wait()
    first = await shop.post(page, **who)
    for _ in range(LIMITS["button"]["hour"] + 1):
        again = await shop.post(page, **who)
        assert (again.status_code, again.headers["Location"]) == (303, first.headers["Location"])


async def test_all_buttons_of_a_business_have_a_limit(shop: Shop) -> None:
    """Many networks together press no more than the business's own limit; solvers are not touched by it."""
    limits = shop.facade.app.handlers.admission.limits
    most = LIMITS["buttons"]["hour"]
    for number in range(most):
        await limits.permission(_from(f"198.51.{number}.7"), "contoso-lunch")
    answer = await shop.pressed(None, **{"X-Forwarded-For": "203.0.113.9:1"})
    assert answer.status_code == 429
    assert await shop.facade.appointments() == []


def _from(address: str) -> func.HttpRequest:
    """As much of a request as limits look at."""
    return func.HttpRequest("POST", URL, headers={"x-forwarded-for": address}, body=b"")


async def test_a_key_is_made_where_the_form_has_none(shop: Shop) -> None:
    """Signed by this deployment, another one on each page; a form's own key, or a header's, stays."""
    keys = [(await shop.page())["idempotencyKey"] for _ in range(2)]
    assert keys[0] != keys[1]
    nonce = keys[0].split("-")[1]
    assert keys[0] == own_key(Hasher(SECRET.encode()), nonce)
    assert (await shop.page(fields(idempotencyKey="k-1")))["idempotencyKey"] == "k-1"
    assert (await shop.page(None, **{"Idempotency-Key": "k-2"}))["idempotencyKey"] == "k-2"


@pytest.mark.parametrize("name", ["humanCheck", "altcha", "cf-turnstile-response"])
async def test_the_field_of_a_widget_counts_as_the_proof(shop: Shop, name: str) -> None:
    """What ALTCHA's or Cloudflare's widget adds by itself is taken where `humanCheck` is missing."""
    solution = solve(await challenge(shop.facade))
    form = {**fields(), "humanCheck": "", "altcha": "", "cf-turnstile-response": "", name: solution}
    answer = await shop.facade.http.post(URL, data=form)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("is_multipart", [False, True])
async def test_a_field_of_a_widget_refuses_nothing(facade: Facade, is_multipart: bool) -> None:
    """Beside `humanCheck`, or with the check off, it is nobody's mistake; partners' forms are forms too."""
    form = {**fields(), "humanCheck": "0.token", "cf-turnstile-response": "0.token", "altcha": "x" * 5000}
    sent: dict[str, Any] = {"files": multipart(form)} if is_multipart else {"data": form}
    answer = await facade.http.post(URL, **sent)
    other = {**form, "customer.email": "ann@contoso.com"}
    again: dict[str, Any] = {"files": multipart(other)} if is_multipart else {"data": other}
    at = URL.replace("/v1/", "/v1/partner/")
    partner = await facade.http.post(at, headers={"x-functions-key": KEY}, **again)
    assert (answer.status_code, partner.status_code) == (201, 201), answer.text + partner.text


async def test_a_proof_that_fails_is_told_as_ever(shop: Shop) -> None:
    """A wrong solution is an error on the form, in 403; the trap for bots is one too."""
    for change in ({"humanCheck": "e30="}, {"altcha": "x"}, {"website": "http://spam.example"}):
        answer = await shop.post({**fields(), **change})
        assert answer.status_code == 403
        assert Reader(answer).all("div", id="errors")


async def test_the_page_of_a_multipart_form_sends_one(shop: Shop) -> None:
    """What fitted as one media type may not fit as the other, so the form stays what it was."""
    answer = await shop.facade.http.post(URL, files=multipart(fields()), headers=BROWSER)
    page = Reader(answer)
    assert page.all("form", method="post", enctype="multipart/form-data")
    shop.wait()
    booked = await shop.facade.http.post(URL, files=multipart(page.values()), headers=BROWSER)
    assert booked.status_code == 303


async def test_the_booking_page_books_without_javascript(shop: Shop) -> None:
    """Its own form, sent without a proof, takes the same way."""
    moment = start_at().astimezone(UTC).isoformat().replace("+00:00", "Z")
    details = await shop.facade.http.get(f"{PAGE}?service={BENTO}&start={moment}", headers=BROWSER)
    assert "needs JavaScript" not in Reader(details).text
    typed = {"customer.name": "Ann", "customer.email": "ann@contoso.com", f"answers.{QUESTION}": "30"}
    answer = await shop.pressed({**Reader(details).values(), **typed})
    assert answer.status_code == 303, answer.text
    (made,) = await shop.facade.appointments()
    assert made["customers"][0]["emailAddress"] == "ann@contoso.com"


@pytest.mark.parametrize("tag", LANGUAGES)
async def test_the_page_speaks_the_visitors_language(shop: Shop, tag: str) -> None:
    """By the form's `lang`, else the browser's; the booking goes on in it."""
    asked = await shop.post(fields(lang=tag))
    accepted = await shop.post(fields(), **{"Accept-Language": tag})
    for answer in (asked, accepted):
        page = Reader(answer)
        assert page.all("html")[0]["lang"] == tag
        assert page.values()["lang"] == tag


async def test_a_return_address_that_is_allowed_is_where_the_button_leads(
    facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The website's own page, after the one page of ours; the policy lets the form go there."""
    back = "https://www.contoso.com/thanks"
    async with opened(facade, monkeypatch, ALLOWED_RETURN_ORIGINS="https://www.contoso.com") as shop:
        first = await shop.post(fields(returnUrl=back))
        assert "form-action 'self' https://www.contoso.com" in first.headers["Content-Security-Policy"]
        shop.wait()
        answer = await shop.post(Reader(first).values())
    assert answer.headers["Location"].startswith(f"{back}?reference=BK-")


async def test_a_service_that_is_not_there_needs_no_proof(shop: Shop) -> None:
    """What cannot be shown cannot be confirmed: the answer is the one that the booking would get."""
    answer = await shop.post(fields(serviceId="nothing"))
    assert answer.status_code == 404
    assert Reader(answer).values()["customer.email"] == "jordanm@contoso.com"


async def test_cloudflares_check_shows_its_widget_and_gives_no_button_away(
    facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever chose Turnstile wants Cloudflare's verdict: the page carries the widget and no permission."""
    turnstile = {"HUMAN_CHECK": "turnstile", "TURNSTILE_SECRET": "s", "TURNSTILE_SITE_KEY": "k"}
    async with opened(facade, monkeypatch, None, **turnstile) as shop:
        answer = await shop.post(fields())
    page = Reader(answer)
    assert answer.status_code == 200
    assert page.values()["humanCheck"] == ""
    assert "https://challenges.cloudflare.com" in answer.headers["Content-Security-Policy"]
    assert "needs JavaScript" in page.text
    assert re.search(r"data-challenge=", answer.text)


async def test_a_shop_that_is_closed_to_the_public_shows_nothing(shop: Shop) -> None:
    """What is not sold publicly is not shown on this page either."""
    await shop.facade.emulator.seed(businesses=[{"id": MAILBOX, "isPublished": False}])
    answer = await shop.post(fields())
    assert answer.status_code == 404
    assert "Catered bento" not in Reader(answer).text


async def test_a_refused_proof_is_a_small_page_too(shop: Shop) -> None:
    """What a refusal has no room for is not sent again unseen: the form comes back instead of a button."""
    much = {**fields(), **{f"answers.{name}": '"' * 2_000 for name in "abcdef"}, "humanCheck": "permission.x"}

    answer = await shop.post(much)

    assert answer.status_code == 403
    assert len(answer.content) < 64 * 1024
    assert Reader(answer).values()["customer.name"] == "Jordan Miller"
    assert "answers.a" not in Reader(answer).values()
