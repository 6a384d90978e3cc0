"""Whatever is thrown at the routes: no 5xx, clean problems, and nothing written where the answer is no."""

import itertools
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.facade import BENTO, BUSINESS, KEY, Facade, booking

URL = f"/api/v1/businesses/{BUSINESS}"
CHECKED = settings(
    max_examples=120,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)
MEDIA = st.sampled_from(
    [
        "application/json",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "text/plain",
        "",
    ]
)
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=80)
PATHS = [
    "serviceId",
    "start",
    "timeZone",
    "staffId",
    "customer",
    "customer.name",
    "customer.email",
    "customer.phone",
    "customer.notes",
    "customer.address",
    "customer.address.city",
    "answers",
    "answers.0",
    "answers.0.answer",
    "answers.0.questionId",
    "smsNotifications",
    "humanCheck",
    "website",
    "unknown",
    "customer.unknown",
]


SERIAL = itertools.count()


def put(body: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The body with this value at this place."""
    at: Any = body
    *way, last = path.split(".")
    for part in way:
        at = at[int(part)] if part.isdigit() else at.setdefault(part, {})
    if last.isdigit():
        at[int(last)] = value
    else:
        at[last] = value
    return body


async def writes(facade: Facade) -> list[str]:
    """What Graph was told to change since the last time."""
    calls = [one for one in await facade.calls() if one.endswith((".create", ".update", ".delete"))]
    await facade.emulator.forget_requests()
    return calls


async def check(facade: Facade, answer: httpx.Response) -> None:
    """An answer below 500; where it is no, a problem of its own status, and nothing written."""
    assert answer.status_code < 500, answer.text
    written = await writes(facade)
    if answer.is_error:
        if answer.status_code != 401 and "request-id" in answer.headers:
            assert answer.headers["content-type"].startswith("application/problem+json")
            assert answer.json()["status"] == answer.status_code
        assert written == []
    for name, value in answer.headers.items():
        assert value.isprintable(), name


def encoded(value: object) -> bytes:
    """JSON as sloppy clients write it: NaN and lone surrogates go out as they are."""
    return json.dumps(value, ensure_ascii=True).encode()


@CHECKED
@given(body=st.binary(max_size=400), media=MEDIA)
async def test_bytes(facade: Facade, body: bytes, media: str) -> None:
    """Bytes under any media type."""
    headers = {"content-type": media} if media else {}
    await check(facade, await facade.http.post(f"{URL}/bookings", content=body, headers=headers))


@CHECKED
@given(path=st.sampled_from(PATHS), value=VALUES)
async def test_one_field_of_a_booking(facade: Facade, path: str, value: object) -> None:
    """Any JSON value in the place of any member of a booking that is right otherwise."""
    # A visitor of their own each time: else the limit of the e-mail address would answer for everything.
    person = {**booking()["customer"], "email": f"p{next(SERIAL)}@contoso.com"}
    body = encoded(put(booking(customer=person), path, value))
    headers = {"content-type": "application/json"}
    await check(facade, await facade.http.post(f"{URL}/bookings", content=body, headers=headers))


@CHECKED
@given(value=VALUES, route=st.sampled_from(["bookings", "customers"]))
async def test_any_json_for_partners(facade: Facade, value: object, route: str) -> None:
    """Any JSON value instead of the body of a partner route."""
    headers = {"content-type": "application/json", "x-functions-key": KEY}
    url = f"/api/v1/partner/businesses/{BUSINESS}/{route}"
    await check(facade, await facade.http.post(url, content=encoded(value), headers=headers))


@CHECKED
@given(fields=st.dictionaries(st.sampled_from(PATHS) | ANY_TEXT, ANY_TEXT, max_size=8), media=MEDIA)
async def test_forms(facade: Facade, fields: Mapping[str, str], media: str) -> None:
    """Any fields in a form, some of them a booking's."""
    pairs = [f"{quote(n, errors='replace')}={quote(v, errors='replace')}" for n, v in fields.items()]
    headers = {"content-type": media} if media else {}
    content = "&".join(pairs).encode()
    await check(facade, await facade.http.post(f"{URL}/bookings", content=content, headers=headers))


NAMES = [
    "idempotency-key",
    "content-type",
    "x-forwarded-for",
    "booking-token",
    "if-none-match",
    "content-length",
    "x-functions-key",
    "traceparent",
    "accept",
    "origin",
    "cookie",
]


@CHECKED
@given(name=st.sampled_from(NAMES), value=HEADER)
async def test_headers(facade: Facade, name: str, value: str) -> None:
    """Any value in any header that the facade or its host looks at."""
    headers = [(b"content-type", b"application/json")] if name != "content-type" else []
    headers.append((name.encode(), value.encode("latin-1")))
    body = encoded(booking(answers=[]))
    for method, path in (("POST", f"{URL}/bookings"), ("GET", URL), ("GET", f"{URL}/bookings/BK-00000000")):
        content = body if method == "POST" else None
        request = facade.http.build_request(method, path, content=content, headers=headers)
        await check(facade, await facade.http.send(request))


@CHECKED
@given(
    query=st.dictionaries(
        st.sampled_from(
            ["from", "to", "timeZone", "staffId", "explain", "serviceId", "start", "token", "code", "x"]
        ),
        st.sampled_from(["2026-12-01", "2199-01-01", "0001-01-01", "9999-12-31", "America/Chicago", "true"])
        | st.text(max_size=60),
    )
)
async def test_queries(facade: Facade, query: Mapping[str, str]) -> None:
    """Any query string on every route that reads one."""
    parts = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in query.items())
    for path in (f"services/{BENTO}/slots", "challenge", "bookings/BK-00000000", "services"):
        await check(facade, await facade.http.get(f"{URL}/{path}?{parts}"))


@CHECKED
@given(segment=st.binary(min_size=1, max_size=40))
async def test_paths(facade: Facade, segment: bytes) -> None:
    """Any bytes, percent-encoded, as any segment of a path."""
    part = quote(segment, safe="")
    for path in (f"/api/v1/businesses/{part}", f"{URL}/bookings/{part}?token={part}", f"/api/{part}"):
        await check(facade, await facade.http.get(path))
    query = {"from": "2026-12-01", "to": "2026-12-01"}
    await check(facade, await facade.http.get(f"{URL}/services/{part}/slots", params=query))
