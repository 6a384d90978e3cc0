"""Bookings that come as forms: the same checks, the same answers, strict bounds."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import azure.functions as func
import httpx
import pytest

from shared.api.problems import Problem
from shared.api.requests.form_origin import check_form_origin
from shared.api.requests.forms import Form, read_form
from shared.api.requests.negotiation import prefers_html
from shared.api.requests.raw_fields import MAX_FIELDS
from shared.api.requests.return_address import return_address, with_query
from shared.bootstrap import build
from tests.support.door import Door
from tests.support.facade import BENTO, BUSINESS, KEY, QUESTION, Facade, booking, serve, start_at

URL = f"/api/v1/businesses/{BUSINESS}/bookings"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
FORM = "application/x-www-form-urlencoded"


def fields(**changes: str | None) -> dict[str, str]:
    """The fields of the usual booking; dots are written as two underscores, None leaves one out."""
    usual = {
        "serviceId": BENTO,
        "start": start_at().isoformat(),
        "timeZone": "America/Chicago",
        "customer.name": "Jordan Miller",
        "customer.email": "jordanm@contoso.com",
        "customer.phone": "+1 213 555 0199",
        "customer.notes": "Please be on time.",
        "customer.address.city": "Buffalo",
        f"answers.{QUESTION}": "25",
    }
    changed = {**usual, **{name.replace("__", "."): value for name, value in changes.items()}}
    return {name: value for name, value in changed.items() if value is not None}


def multipart(pairs: Mapping[str, str]) -> dict[str, tuple[None, str]]:
    """Fields for httpx to send as multipart/form-data."""
    return {name: (None, value) for name, value in pairs.items()}


def request(body: bytes, content_type: str) -> func.HttpRequest:
    """A POST with this body."""
    return func.HttpRequest("POST", "http://facade" + URL, headers={"Content-Type": content_type}, body=body)


def part(name: str, value: str = "x", *more: str) -> str:
    """One part of a multipart body with the boundary `b`."""
    headers = "".join(f"{one}\r\n" for one in more)
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n{headers}\r\n{value}\r\n'


@pytest.mark.parametrize("is_multipart", [False, True])
async def test_a_form_books_what_json_books(facade: Facade, is_multipart: bool) -> None:
    """The same booking as JSON and as a form is one booking: the form is a replay of it."""
    body = booking(customer={**booking()["customer"], "address": {"city": "Buffalo"}})
    booked = await facade.book(body)

    sent: dict[str, Any] = {"files": multipart(fields())} if is_multipart else {"data": fields()}
    answer = await facade.http.post(URL, **sent)

    assert answer.status_code == 201, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.content == booked.content
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert len(await facade.appointments()) == 1


async def test_an_accented_name_arrives_whole(facade: Facade) -> None:
    """Forms are UTF-8 in both of their media types."""
    name = "Zoë Ångström 🍱"
    first = await facade.http.post(URL, data=fields(customer__name=name, customer__email="zoe@contoso.com"))
    second = await facade.http.post(
        URL, files=multipart(fields(customer__name=name, customer__email="zo@contoso.com"))
    )

    assert (first.status_code, second.status_code) == (201, 201)
    (made,) = await facade.appointments()
    assert [one["name"] for one in made["customers"]] == [name, name]


@pytest.mark.parametrize(
    "change",
    [
        {"customer__email": "nobody"},
        {"customer__email": None},
        {"customer__name": "", "customer__phone": "12"},
        {"start": "tomorrow"},
        {"timeZone": "Mars/Olympus"},
        {"customer__address__city": "x" * 300},
        {"customer__unknown": "x"},
        {"price": "0"},
        {"smsNotifications": "perhaps"},
    ],
)
async def test_mistakes_have_the_pointers_that_json_has(
    facade: Facade, change: Mapping[str, str | None]
) -> None:
    """A form and the JSON that says the same are refused with the same errors, pointers included."""
    form = fields(**change)
    as_form = await facade.http.post(URL, data=form)
    as_json = await facade.http.post(URL, json=Form(form).value())

    assert as_form.status_code == 422
    assert as_form.headers["content-type"].startswith("application/problem+json")
    assert as_form.json()["errors"] == as_json.json()["errors"] != []


async def test_everything_wrong_is_told_at_once(facade: Facade) -> None:
    """An empty form names each field that is needed."""
    answer = await facade.http.post(URL, data={"customer.notes": "x"})

    pointers = {one["pointer"] for one in answer.json()["errors"]}
    assert pointers == {"/serviceId", "/start", "/customer/name", "/customer/email"}


@pytest.mark.parametrize("ticked", ["on", "true"])
async def test_a_ticked_box_is_true(facade: Facade, ticked: str) -> None:
    """`smsNotifications` takes what browsers send for a box; blank means no."""
    assert Form(fields(smsNotifications=ticked)).value()["smsNotifications"] == ticked
    assert "smsNotifications" not in Form(fields(smsNotifications="")).value()
    answer = await facade.http.post(URL, data=fields(smsNotifications=ticked))
    assert answer.status_code == 201


@pytest.mark.parametrize("is_multipart", [False, True])
async def test_line_breaks_of_browsers_are_those_of_json(facade: Facade, is_multipart: bool) -> None:
    """A note of two lines is the same note, and the same booking, however it was sent."""
    two = fields(customer__notes="One\r\ntwo")
    sent: dict[str, Any] = {"files": multipart(two)} if is_multipart else {"data": two}
    first = await facade.http.post(URL, **sent)
    again = await facade.http.post(URL, json=Form(fields(customer__notes="One\ntwo")).value())
    assert first.status_code == again.status_code == 201
    assert again.content == first.content


async def test_a_blank_answer_is_no_answer(facade: Facade) -> None:
    """A question left blank is not answered, and a required one is then asked for."""
    answer = await facade.http.post(URL, data=fields(**{f"answers.{QUESTION}": "  "}))

    assert answer.status_code == 422
    assert [one["code"] for one in answer.json()["errors"]] == ["answer-required"]


async def test_a_partner_may_send_a_form(facade: Facade) -> None:
    """The partner route takes forms too, with its key and its limits."""
    url = f"/api/v1/partner/businesses/{BUSINESS}/bookings"
    answer = await facade.http.post(url, data=fields(), headers={"x-functions-key": KEY})
    refused = await facade.http.post(url, data=fields())

    assert (answer.status_code, refused.status_code) == (201, 401)


async def test_a_hidden_field_stands_for_the_idempotency_key(facade: Facade) -> None:
    """The field and the header are the same key: one replays the other, another body is refused."""
    first = await facade.http.post(URL, data=fields(idempotencyKey="k-1"))
    replay = await facade.http.post(URL, data=fields(), headers={"Idempotency-Key": "k-1"})
    other = await facade.http.post(URL, data=fields(idempotencyKey="k-1", customer__notes="Else."))

    assert replay.content == first.content
    assert replay.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_a_double_submit_books_once(facade: Facade) -> None:
    """Without any key the same form twice is one booking, for browsers too."""
    answers = [await facade.http.post(URL, data=fields(), headers=BROWSER) for _ in range(2)]

    assert [one.status_code for one in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    (made,) = await facade.appointments()
    assert len(made["customers"]) == 1


async def test_the_trap_for_bots_is_a_field_of_the_form(facade: Facade) -> None:
    """Whoever fills in the field that people do not see books nothing; left empty it does no harm."""
    caught = await facade.http.post(URL, data=fields(website="http://spam.example"))
    honest = await facade.http.post(URL, data=fields(website=""))

    assert (caught.status_code, caught.json()["code"]) == (403, "human-check-failed")
    assert honest.status_code == 201


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"&".join(b"a%d=" % n for n in range(MAX_FIELDS + 1)), FORM, "body-too-large"),
        (b"a=" + b"x" * 20_000, FORM, "body-too-large"),
        (b"x" * 70_000, FORM, "body-too-large"),
        (b"a=1&a=2", FORM, "fields-invalid"),
        (part("a").encode() + b"--b--\r\n", "multipart/form-data", "body-unreadable"),
        (part("a").encode() + b"--b--\r\n", f"multipart/form-data; boundary={'b' * 71}", "body-unreadable"),
        (part("a").encode(), "multipart/form-data; boundary=b", "body-unreadable"),
        (b"", "multipart/form-data; boundary=b", "body-unreadable"),
        ((part("a") + part("a") + "--b--\r\n").encode(), "multipart/form-data; boundary=b", "fields-invalid"),
        (
            ("".join(part(f"f{n}") for n in range(MAX_FIELDS + 1)) + "--b--\r\n").encode(),
            "multipart/form-data; boundary=b",
            "body-too-large",
        ),
        (
            (part("a", "x" * 20_000) + "--b--\r\n").encode(),
            "multipart/form-data; boundary=b",
            "body-too-large",
        ),
        (
            (part("a", "x", *(f"X-{n}: y" for n in range(9))) + "--b--\r\n").encode(),
            "multipart/form-data; boundary=b",
            "body-too-large",
        ),
        (
            (part("a", "x", "X-Long: " + "y" * 5000) + "--b--\r\n").encode(),
            "multipart/form-data; boundary=b",
            "body-too-large",
        ),
        (
            (part('a"; filename="x.txt') + "--b--\r\n").encode(),
            "multipart/form-data; boundary=b",
            "fields-invalid",
        ),
        (
            (part("a", "x", "Content-Type: application/pdf") + "--b--\r\n").encode(),
            "multipart/form-data; boundary=b",
            "fields-invalid",
        ),
        (
            (part('a"; filename="') + "--b--\r\n").encode(),
            "multipart/form-data; boundary=b",
            "fields-invalid",
        ),
    ],
)
def test_what_is_no_plain_small_form_is_refused(body: bytes, content_type: str, code: str) -> None:
    """Bombs, files, doubled fields and foreign encodings end with a problem before any model sees them."""
    with pytest.raises(Problem) as caught:
        read_form(request(body, content_type))
    assert caught.value.code == code


@pytest.mark.parametrize(
    "names", [("customer", "customer.email"), ("customer.email", "customer"), ("customer.a.b.c",)]
)
def test_names_that_contradict_each_other_are_refused(names: Sequence[str]) -> None:
    """A field inside of another field, or too deep, is a mistake at its pointer and no crash."""
    with pytest.raises(Problem) as caught:
        Form(dict.fromkeys(names, "x")).value()
    assert [one.code for one in caught.value.errors] == ["field-repeated"]


async def test_an_unknown_business_is_not_found_whatever_is_sent(facade: Facade) -> None:
    """The alias is checked on forms as on JSON."""
    answer = await facade.http.post("/api/v1/businesses/nobody/bookings", data=fields())
    assert (answer.status_code, answer.json()["code"]) == (404, "business-not-found")


@pytest.mark.parametrize(
    ("accept", "is_html"),
    [
        (BROWSER["Accept"], True),
        ("text/html", True),
        ("text/html;q=0.8, application/json", False),
        ("application/json, text/html;q=0.9", False),
        ("application/json;q=0.5, text/html;level=1;q=0.9", True),
        ("application/problem+json, text/html;q=0.1", False),
        ("*/*", False),
        ("text/*", False),
        ("text/html;q=0", False),
        ("", False),
        (",;q=,,", False),
    ],
)
def test_only_browsers_get_pages(accept: str, is_html: bool) -> None:
    """HTML goes to clients that name it and prefer it to JSON."""
    assert prefers_html(accept) is is_html


ALLOWED = ("https://www.contoso.com", "http://127.0.0.1:8080")


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "https://www.contoso.com.evil.example/",
        "https://www.contoso.com@evil.example/",
        "https://evil.example\\@www.contoso.com/",
        "https://www.contoso.com\\.evil.example/",
        "http://www.contoso.com/",
        "https://www.contoso.com:444/",
        "http://127.0.0.1/",
        "http://localhost:8080/",
        "//www.contoso.com/",
        "/done",
        "javascript:alert(1)",
        "javascript://www.contoso.com/%0aalert(1)",
        "data:text/html,x",
        "https:www.contoso.com",
        "https:///www.contoso.com",
        "https://www.contoso.com:port/",
        "https://user:pass@www.contoso.com/",
        "https://www.contoso.com/\r\nSet-Cookie: a=b",
        " https://www.contoso.com/",
        "https://www.contoso.com/" + "x" * 2000,
    ],
)
def test_a_return_address_elsewhere_is_refused(address: str) -> None:
    """Nobody is sent to an origin that the deployment does not list, however it is dressed up."""
    with pytest.raises(Problem) as caught:
        return_address(address, ALLOWED)
    assert [(one.pointer, one.code) for one in caught.value.errors] == [("/returnUrl", "return-url-refused")]


@pytest.mark.parametrize(
    "address",
    ["https://www.contoso.com", "https://www.contoso.com:443/thanks?a=1#top", "HTTPS://WWW.CONTOSO.COM/x",
     "http://127.0.0.1:8080/done"],
)  # fmt: skip
def test_a_return_address_of_an_allowed_origin_is_taken(address: str) -> None:
    """Origins are compared as browsers compare them: without case, default ports filled in."""
    assert return_address(address, ALLOWED) == address


def test_the_outcome_is_added_to_the_query_of_the_return_address() -> None:
    """What the address has of its own stays; a reference that it brings along does not."""
    back = with_query("https://a.example/x?b=%C3%A9&reference=BK-FORGED#top", {"reference": "BK-1"})
    url = urlsplit(back)
    assert parse_qs(url.query) == {"b": ["é"], "reference": ["BK-1"]}
    assert (url.path, url.fragment) == ("/x", "top")


async def test_a_refused_return_address_comes_with_the_other_mistakes(facade: Facade) -> None:
    """Everything at once, and nothing is booked."""
    answer = await facade.http.post(
        URL, data=fields(returnUrl="https://evil.example/", customer__email="nobody")
    )
    pointers = [one["pointer"] for one in answer.json()["errors"]]
    assert answer.status_code == 422
    assert pointers == ["/returnUrl", "/customer/email"]
    alone = await facade.http.post(URL, data=fields(returnUrl="https://evil.example/"))
    assert [one["pointer"] for one in alone.json()["errors"]] == ["/returnUrl"]
    assert await facade.appointments() == []


async def test_a_client_that_wants_json_gets_it(facade: Facade) -> None:
    """A form with Accept: application/json is answered with JSON, whether it books or fails."""
    wants = {"Accept": "application/json", "Content-Type": FORM}
    good = await facade.http.post(URL, content=urlencode(fields()), headers=wants)
    bad = await facade.http.post(URL, content=urlencode(fields(start="never")), headers=wants)

    assert json.loads(good.content)["status"] == "confirmed"
    assert bad.headers["content-type"].startswith("application/problem+json")
    assert httpx.codes.is_client_error(bad.status_code)


WE = {"x-forwarded-for": "203.0.113.8:1"}


@pytest.mark.parametrize("accept", [BROWSER, {"Accept": "application/json"}])
async def test_the_limit_comes_before_everything(facade: Facade, accept: Mapping[str, str]) -> None:
    """Whoever is over the limit costs Graph nothing, whatever is wrong; what was typed is kept."""
    Door(facade, {"requests": {"minute": 3}}, asks=False)
    for _ in range(3):
        await facade.http.get(f"/api/v1/businesses/{BUSINESS}/bookings/BK-00000000", headers=WE)
    sent = [
        fields(returnUrl="https://evil.example"),
        fields(customer__email="x"),
        fields(start="2199-01-01T00:00:00Z"),
        fields(),
    ]

    answers = [await facade.http.post(URL, data=one, headers={**accept, **WE}) for one in sent]

    assert [one.status_code for one in answers] == [429] * 4
    assert all(one.headers["retry-after"] for one in answers)
    assert await facade.calls() == []
    if accept is BROWSER:
        assert all("Please be on time." in one.text for one in answers)


async def test_a_limit_of_bookings_costs_no_call_either(facade: Facade) -> None:
    """Past the quota of bookings the page is made without a look at the business."""
    form = fields(start=start_at(3).isoformat())
    for _ in range(10):
        await facade.http.post(URL, data=form, headers={**BROWSER, **WE})
    await facade.emulator.forget_requests()
    await facade.app.aclose()
    facade.app.handlers.catalogues.forget("contosolunchdelivery@contoso.com")

    answer = await facade.http.post(URL, data=form, headers={**BROWSER, **WE})

    assert answer.status_code == 429
    assert "Please be on time." in answer.text
    assert await facade.calls() == []


async def test_an_unreadable_form_past_the_limit_is_told_to_wait(facade: Facade) -> None:
    """What cannot be read cannot be kept."""
    Door(facade, {"requests": {"minute": 3}}, asks=False)
    for _ in range(3):
        await facade.http.get(f"/api/v1/businesses/{BUSINESS}/bookings/BK-00000000", headers=WE)

    answer = await facade.http.post(URL, content=b"%", headers={**BROWSER, **WE, "content-type": FORM})

    assert answer.status_code == 429


SHOP = "https://www.contoso.com"
ORIGINS: list[tuple[dict[str, str], bool]] = [
    ({}, True),
    ({"Origin": SHOP}, True),
    ({"Origin": "http://facade"}, True),
    ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, True),
    ({"Origin": "http://facade", "Sec-Fetch-Site": "none"}, True),
    ({"Origin": "null"}, False),
    ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, False),
    ({"Origin": "https://evil.example"}, False),
    ({"Origin": "https://www.contoso.com.evil.example"}, False),
    ({"Origin": "http://facade", "Sec-Fetch-Site": "cross-site"}, False),
    ({"Origin": "facade"}, False),
]


@pytest.mark.parametrize(("headers", "is_taken"), ORIGINS)
def test_a_deployment_may_name_the_websites_whose_forms_it_takes(
    headers: dict[str, str], is_taken: bool
) -> None:
    """The website that the browser names has to be in the list, or the page be our own."""
    sent = func.HttpRequest("POST", "http://facade" + URL, headers={"Host": "facade", **headers}, body=b"")
    check_form_origin(sent, ())
    if is_taken:
        check_form_origin(sent, (SHOP,))
        return
    with pytest.raises(Problem) as refused:
        check_form_origin(sent, (SHOP,))
    assert (refused.value.status, refused.value.code) == (403, "origin-refused")


async def test_a_form_of_another_website_is_refused_before_it_is_read(
    facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the setting, forms of other websites get a page that says so, and cost Graph nothing."""
    monkeypatch.setenv("ALLOWED_FORM_ORIGINS", SHOP)
    serve(facade.module, build(os.environ))

    answers = [
        await facade.http.post(URL, data=fields(), headers={**accept, "Origin": "https://evil.example"})
        for accept in (BROWSER, {"Accept": "application/json"})
    ]
    calls = await facade.calls()
    ours = await facade.http.post(URL, data=fields(), headers={**BROWSER, "Origin": SHOP})

    assert [one.status_code for one in answers] == [403, 403]
    assert "not taken here" in answers[0].text
    assert answers[1].json()["code"] == "origin-refused"
    assert calls == []
    assert ours.status_code == 303
    await facade.app.aclose()


async def test_a_refusal_brings_back_as_much_typed_as_there_is_room_for(facade: Facade) -> None:
    """Whatever was typed, the page stays under 64 kB; the longest is what is left out."""
    much = {"customer.notes": '"' * 9_000, "customer.address.city": "&" * 8_000}
    ids = {"serviceId": "<" * 5_000, "staffId": "'" * 5_000, "returnUrl": '"' * 5_000}
    form, retried = {**fields(), **much, "customer.email": "x"}, {**fields(), **ids}

    answers = [await facade.http.post(URL, data=one, headers=BROWSER) for one in (form, retried)]

    assert [one.status_code for one in answers] == [422, 422]
    assert all(len(one.content) < 64 * 1024 for one in answers)
    assert "Jordan Miller" in answers[0].text
    assert 'method="post"' not in answers[1].text, "a button would send a form that lacks something"
