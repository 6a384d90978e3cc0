"""HTTP as it should be: bounds before parsing, JSON that reads one way, headers, caches, HEAD and CORS."""

import json
import re
from pathlib import Path
from typing import Any

import azure.functions as func
import httpx
import pytest
from pydantic import BaseModel
from pydantic_core import ErrorDetails

from devtools.functions_host.host import create_host
from devtools.functions_host.settings import Cors, parse_local_settings
from shared.api.pipeline import run
from shared.api.problems import Problem
from shared.api.requests import bodies, fields
from shared.api.requests.booking_request import fingerprint
from shared.api.requests.expectations import OTHERWISE, SENTENCES, members
from shared.api.requests.fields import validated
from shared.api.requests.submission import MAX_BODY, MAX_DEPTH, strict_json
from shared.platform.hashes import Hasher
from tests.support.facade import BENTO, BUSINESS, Facade, booking

ROOT = Path(__file__).resolve().parents[2]
URL = f"/api/v1/businesses/{BUSINESS}"
JSON = {"content-type": "application/json"}
READS = (URL, f"{URL}/services", "/api/openapi.json", "/api/docs")

AMBIGUOUS = {
    "member twice": b'{"serviceId": "a", "serviceId": "b"}',
    "member twice inside": b'{"customer": {"name": "a", "name": "b"}}',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "huge float": b'{"a": 1e999}',
    "huge integer": b'{"a": ' + b"9" * 5000 + b"}",
    "lone surrogate": b'{"a": "\\ud800"}',
    "lone surrogate as a name": b'{"\\udfff": 1}',
    "other encoding": '{"a": "é"}'.encode("latin-1"),
    "UTF-16": '{"a": "é"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "deep": b"[" * 20_000 + b"]" * 20_000,
    "just too deep": b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    "trailing": b"{} {}",
    "empty": b"",
    "raw NUL": b'{"a": "\x00"}',
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_json_that_readers_could_differ_about_is_refused(name: str) -> None:
    """What two parsers might read in two ways is not read at all."""
    with pytest.raises((ValueError, RecursionError)):
        strict_json(AMBIGUOUS[name])


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2.5, None, True, "x"]},
        "\U0001f600",
        "[" * 100,
        'quote " and \\ and [{',
        {"a": {"b": {"c": []}}},
    ],
)
def test_ordinary_json_is_read(value: object) -> None:
    """Pairs of surrogates, brackets in texts and ordinary nesting are fine."""
    assert strict_json(json.dumps(value).encode()) == value
    assert strict_json(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize("name", AMBIGUOUS)
async def test_ambiguous_bodies_are_answered_with_400(facade: Facade, name: str) -> None:
    """Over HTTP each of them is a clean problem, on every route that takes JSON."""
    answers = [
        await facade.http.post(f"{URL}/bookings", content=AMBIGUOUS[name], headers=JSON),
        await facade.http.post(
            f"/api/v1/partner/businesses/{BUSINESS}/customers",
            content=AMBIGUOUS[name],
            headers={**JSON, "x-functions-key": "partner-key"},
        ),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (400, "body-unreadable")


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"1", b"true", b"{}"])
async def test_json_of_another_kind_is_answered_with_422(facade: Facade, body: bytes) -> None:
    """Sound JSON that is no booking is a matter of fields."""
    answer = await facade.http.post(f"{URL}/bookings", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "fields-invalid")


async def test_too_large_a_body_is_refused_before_it_is_read() -> None:
    """The declared length is enough: the body is not even asked for."""

    class Unread(func.HttpRequest):
        def get_body(self) -> bytes:
            raise AssertionError("the body was read")

    async def never(_: func.HttpRequest) -> func.HttpResponse:
        raise AssertionError("the handler was called")

    for length in (str(MAX_BODY + 1), "9" * 400, f"000{MAX_BODY + 1}"):
        request = Unread(method="POST", url="http://f/api", headers={"content-length": length}, body=b"")
        answer = await run("test", never, request)
        assert (answer.status_code, json.loads(answer.get_body())["code"]) == (413, "body-too-large")


async def test_a_body_of_the_greatest_size_is_read(facade: Facade) -> None:
    """The bound itself is allowed; one byte more is not."""
    for size, status in ((MAX_BODY, 422), (MAX_BODY + 1, 413)):
        body = b'{"a": "' + b"x" * (size - 9) + b'"}'
        assert len(body) == size
        answer = await facade.http.post(f"{URL}/bookings", content=body, headers=JSON)
        assert answer.status_code == status


async def test_too_long_an_address_is_refused(facade: Facade) -> None:
    """Path and query are bounded on every route."""
    for path in (
        f"{URL}?x={'y' * 2100}",
        f"/api/v1/businesses/{'a' * 2100}",
        f"/api/health/live?{'a=b&' * 600}",
    ):
        answer = await facade.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (414, "target-too-long")


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/xml", "application/jsonx", "image/png"]
)
async def test_other_media_types_are_refused(facade: Facade, media_type: str) -> None:
    """What is not listed is not guessed."""
    headers = {"content-type": media_type} if media_type else {}
    answer = await facade.http.post(
        f"{URL}/bookings", content=json.dumps(booking()).encode(), headers=headers
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "media-type-unsupported")


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8"])
async def test_json_is_json_however_it_is_written(facade: Facade, media_type: str) -> None:
    """Case and parameters of the media type do not matter."""
    answer = await facade.http.post(
        f"{URL}/bookings", content=json.dumps(booking()).encode(), headers={"content-type": media_type}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("path", READS)
async def test_validators_of_caches(facade: Facade, path: str) -> None:
    """If-None-Match is understood in all its forms; anything else gets the full answer."""
    answer = await facade.http.get(path)
    tag = answer.headers["etag"]
    assert answer.headers["cache-control"] == "public, max-age=60"
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*", f" {tag} "):
        again = await facade.http.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    for unknown in ('"x"', "", tag.strip('"'), "W/*"):
        again = await facade.http.get(path, headers={"If-None-Match": unknown})
        assert (again.status_code, again.content) == (200, answer.content)


@pytest.mark.parametrize("path", [*READS, "/api/health/live", f"{URL}/bookings/BK-00000000"])
async def test_head_answers_as_get_does_without_a_body(facade: Facade, path: str) -> None:
    """HEAD has the status and the headers of GET, and nothing after them."""
    get, head = await facade.http.get(path), await facade.http.head(path)
    varying = {"request-id", "content-length"}
    assert head.content == b""
    assert head.status_code == get.status_code
    assert {n: v for n, v in head.headers.items() if n not in varying} == {
        n: v for n, v in get.headers.items() if n not in varying
    }


async def test_what_is_about_one_caller_is_not_stored(facade: Facade) -> None:
    """Bookings, challenges, slots, customers, health and every problem carry no-store."""
    booked = await facade.book()
    answers = [
        booked,
        await facade.http.get(booked.headers["location"]),
        await facade.http.get(
            f"{URL}/challenge", params={"serviceId": BENTO, "start": "2026-12-01T10:00:00Z"}
        ),
        await facade.http.get(f"{URL}/services/{BENTO}/slots", params={"from": "x", "to": "y"}),
        await facade.http.get("/api/health/live"),
        await facade.http.get("/api/v1/businesses/nobody"),
        await facade.partner("customers", {"displayName": "Ann", "emailAddress": "ann@contoso.com"}),
    ]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store", answer.request.url


async def test_every_answer_has_safe_headers(facade: Facade) -> None:
    """Answers of the app and of the host alike; the host adds only what an answer does not bring."""
    answers = [
        await facade.http.get(path)
        for path in (*READS, "/api/nowhere", "/api/v1/businesses/nobody", "/api/health/live")
    ]
    answers += [
        await facade.book(),
        await facade.http.post(f"/api/v1/partner/businesses/{BUSINESS}/bookings"),
    ]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
        if "request-id" in answer.headers:  # what the host answers by itself has no body to protect
            assert "frame-ancestors" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers


@pytest.mark.parametrize("evil", ["a\r\nSet-Cookie: x=1", "a\nX: y", "é", "\x00", "a" * 256, "", '""'])
async def test_no_header_can_be_put_into_an_answer(facade: Facade, evil: str) -> None:
    """Nothing that a caller sends comes back as a header: an odd key is refused, and never repeated."""
    request = func.HttpRequest(
        method="POST",
        url=f"http://f{URL}/bookings",
        headers={**JSON, "idempotency-key": evil},
        route_params={"business": BUSINESS},
        body=json.dumps(booking()).encode(),
    )
    answer = await run("test", facade.app.pages.book, request)
    assert answer.status_code == 400
    for name, value in answer.headers.items():
        assert value.isprintable(), name
        assert evil == "" or evil not in value


@pytest.mark.parametrize("part", ["%00", "%0d%0aX:y", "%ff", "%ed%a0%80", "..%2f..", "a%20b", "é"])
async def test_odd_paths_are_simply_not_found(facade: Facade, part: str) -> None:
    """Bytes that are no text, control characters and dots name nothing here, and break nothing."""
    for path in (f"/api/v1/businesses/{part}", f"{URL}/bookings/{part}?token={part}"):
        answer = await facade.http.get(path)
        assert answer.status_code in {400, 404}, path
    answer = await facade.http.get(
        f"{URL}/services/{part}/slots", params={"from": "2026-12-01", "to": "2026-12-01"}
    )
    assert answer.status_code in {400, 404, 422}


LOCAL = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))
HOST_JSON = json.loads((ROOT / "host.json").read_text("utf-8"))


def browser(facade: Facade, cors: Cors) -> httpx.AsyncClient:
    """A browser in front of a host with this CORS policy."""
    host = create_host(facade.module.app, HOST_JSON, environ={}, cors=cors, run_timers=False)
    return httpx.AsyncClient(transport=httpx.ASGITransport(host), base_url="http://facade")


PREFLIGHT = {
    "Origin": "https://www.contoso.com",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type,idempotency-key",
}


async def test_preflights_are_answered_by_the_host(facade: Facade) -> None:
    """A listed origin may send JSON and an Idempotency-Key; another one gets no leave."""
    async with browser(facade, Cors(("https://www.contoso.com",))) as http:
        allowed = await http.request("OPTIONS", f"{URL}/bookings", headers=PREFLIGHT)
        other = await http.request(
            "OPTIONS", f"{URL}/bookings", headers={**PREFLIGHT, "Origin": "https://evil.example"}
        )
        read = await http.get(URL, headers={"Origin": "https://www.contoso.com"})
    assert (allowed.status_code, other.status_code) == (204, 204)
    assert allowed.headers["access-control-allow-origin"] == "https://www.contoso.com"
    assert "idempotency-key" in allowed.headers["access-control-allow-headers"]
    assert allowed.headers["access-control-allow-methods"] == "POST"
    assert "access-control-allow-origin" not in other.headers
    assert read.headers["access-control-allow-origin"] == "https://www.contoso.com"
    exposed = read.headers["access-control-expose-headers"].split(", ")
    assert {"Location", "Retry-After", "Idempotent-Replayed", "Request-Id", "RateLimit"} <= set(exposed)


async def test_the_local_policy_lets_every_page_call(facade: Facade) -> None:
    """The sample settings allow any origin, without credentials."""
    async with browser(facade, parse_local_settings(LOCAL).cors) as http:
        answer = await http.request("OPTIONS", f"{URL}/bookings", headers=PREFLIGHT)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_local_settings_and_bicep_agree_on_credentials() -> None:
    """Cookies are never part of a call, on a developer's machine as on Azure."""
    bicep = (ROOT / "infra" / "app" / "functions.bicep").read_text("utf-8")
    assert LOCAL["Host"]["CORSCredentials"] is False
    assert re.search(r"cors: \{[^}]*supportCredentials: false", bicep)


def mistakes(model: type[BaseModel], value: object) -> list[tuple[str, str, str]]:
    """What is said to be wrong with this value."""
    with pytest.raises(Problem) as caught:
        validated(model, value)
    return [(one.pointer, one.code, one.detail) for one in caught.value.errors]


CANARY = "zyx-canary-0199"
WRONG: list[tuple[type[BaseModel], Any]] = [
    (bodies.BookingBody, booking(serviceId=CANARY * 20)),
    (bodies.BookingBody, booking(serviceId=CANARY + "<")),
    (bodies.BookingBody, booking(serviceId={CANARY: CANARY})),
    (bodies.BookingBody, booking(customer={"name": CANARY + "\x07", "email": CANARY + "@"})),
    (bodies.BookingBody, booking(customer={"name": "a", "email": f"{CANARY}@{CANARY}..com"})),
    (bodies.BookingBody, booking(customer={"name": "a", "email": f"{CANARY}@exa mple.com"})),
    (bodies.BookingBody, booking(customer={"name": "a", "email": f'"{CANARY}"@contoso.com'})),
    (bodies.BookingBody, booking(customer={"name": "a", "email": "a@b.co", "phone": CANARY})),
    (bodies.BookingBody, booking(customer=[CANARY])),
    (bodies.BookingBody, booking(answers=[{"questionId": CANARY}] * 51)),
    (bodies.BookingBody, booking(answers=CANARY)),
    (bodies.BookingBody, booking(smsNotifications=CANARY)),
    (bodies.BookingBody, booking(smsNotifications=[CANARY])),
    (bodies.BookingBody, booking(**{CANARY: 1})),
    (bodies.BookingBody, CANARY),
    (bodies.GraphCustomer, {"displayName": CANARY, "emailAddress": CANARY, "phones": [{"type": CANARY}]}),
    (bodies.GraphCustomer, {"@odata.type": CANARY, "addresses": [CANARY]}),
    (bodies.SlotsQuery, {"from": CANARY, "to": "2026-12-01T10:00:00", "explain": CANARY}),
    (bodies.SlotsQuery, {"from": "2026-12-01T00:00:00", "to": 10**30, "staffId": CANARY * 20}),
]


@pytest.mark.parametrize("case", range(len(WRONG)))
def test_mistakes_are_told_in_own_words_and_never_repeat_what_was_sent(case: int) -> None:
    """Every mistake says what is expected, as a sentence; nothing of the input comes back."""
    found = mistakes(*WRONG[case])
    assert found
    for pointer, code, detail in found:
        assert CANARY not in pointer + code + detail
        assert detail.startswith("Expected")
        assert detail.endswith(".")
        assert detail != OTHERWISE


def test_every_sentence_can_be_said() -> None:
    """No sentence asks for something that the error does not bring."""
    for sentence in SENTENCES.values():
        assert sentence.format(min_length=1, max_length=2).startswith("Expected")


def test_unknown_members_are_told_what_there_is() -> None:
    """Who misspells a member learns the names of the object's members."""
    ((pointer, code, detail),) = mistakes(
        bodies.BookingBody, booking(customer={"name": "a", "email": "a@b.co", "fone": "1"})
    )
    assert (pointer, code) == ("/customer/fone", "extra-forbidden")
    assert detail == "Expected only these members: name, email, phone, notes, address."
    assert members(bodies.GraphCustomer, ("phones", 0)) == ["@odata.type", "number", "type"]


def test_what_is_kept_of_a_body_tells_nothing_without_the_secret() -> None:
    """Fingerprints are keyed: names and addresses cannot be tried out against them."""
    body = validated(bodies.GraphCustomer, {"displayName": "Ann", "emailAddress": "ann@contoso.com"})
    ours, theirs = Hasher(b"a" * 32), Hasher(b"b" * 32)

    assert fingerprint(ours, body) == fingerprint(ours, body.model_copy())
    assert fingerprint(ours, body) != fingerprint(theirs, body)
    assert fingerprint(ours, body) != fingerprint(ours, body.model_copy(update={"display_name": "Bob"}))


def test_sentences_are_made_for_a_few_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of five thousand unknown members two hundred are looked at: they come down to one mistake."""
    made: list[str] = []

    def noted(error: ErrorDetails, _: object) -> str:
        made.append(error["type"])
        return "Expected."

    monkeypatch.setattr(fields, "expectation", noted)

    with pytest.raises(Problem) as refused:
        validated(bodies.BookingBody, {f"m{n}": 0 for n in range(5_000)})

    assert len(made) == fields.MOST_LOOKED_AT
    assert "/serviceId" in {one.pointer for one in refused.value.errors}
