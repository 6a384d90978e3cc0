"""Bad input: the right status, a code, a pointer for each field, and nothing written at Graph."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.facade import BENTO, BUSINESS, QUESTION, Facade, booking, customer, start_at

URL = f"/api/v1/businesses/{BUSINESS}/bookings"


async def _nothing_was_written(facade: Facade) -> None:
    writes = [one for one in await facade.calls() if one.split(".")[-1] in {"create", "patch", "delete"}]
    assert writes == []
    assert await facade.appointments() == []


def _in_the_past() -> str:
    return start_at(week=-1).isoformat()


FIELDS: list[tuple[dict[str, Any], int, set[str]]] = [
    ({"serviceId": None}, 422, {"/serviceId"}),
    ({"serviceId": "no-such-service"}, 404, {"/serviceId"}),
    ({"start": "tomorrow"}, 422, {"/start"}),
    ({"start": "2026-13-01T10:00:00Z"}, 422, {"/start"}),
    ({"start": start_at().replace(tzinfo=None).isoformat(), "timeZone": None}, 422, {"/start"}),
    ({"start": "2027-03-14T02:30:00", "timeZone": "America/Chicago"}, 422, {"/start"}),
    ({"start": "2027-11-07T01:30:00", "timeZone": "America/Chicago"}, 422, {"/start"}),
    ({"timeZone": "Mars/Olympus"}, 422, {"/timeZone"}),
    ({"start": _in_the_past()}, 422, {"/start"}),
    ({"start": start_at(3).isoformat()}, 422, {"/start"}),
    ({"start": start_at(10, 7).isoformat()}, 422, {"/start"}),
    ({"start": start_at(weekday=6).isoformat()}, 422, {"/start"}),
    ({"start": start_at(week=40).isoformat()}, 422, {"/start"}),
    ({"staffId": "nobody"}, 422, {"/staffId"}),
    ({"customer": {"name": "A"}}, 422, {"/customer/email"}),
    ({"customer": customer("not-an-address")}, 422, {"/customer/email"}),
    ({"customer": {**customer("a@contoso.com"), "phone": "12"}}, 422, {"/customer/phone"}),
    ({"customer": customer("a@contoso.com", "x" * 101)}, 422, {"/customer/name"}),
    ({"price": 0}, 422, {"/price"}),
    ({"staffMemberIds": []}, 422, {"/staffMemberIds"}),
    ({"answers": []}, 422, {"/answers"}),
    ({"answers": [{"questionId": QUESTION, "answer": " "}]}, 422, {"/answers"}),
    ({"answers": [{"questionId": QUESTION, "answer": "1"}] * 2}, 422, {"/answers/1/questionId"}),
    ({"serviceId": "0c5d2a3e-9c0f-4f5e-8a44-1b7d3d0e9b21"}, 404, {"/serviceId"}),
]


@pytest.mark.parametrize(("changes", "status", "pointers"), FIELDS)
async def test_each_wrong_field_is_named(
    facade: Facade, changes: dict[str, Any], status: int, pointers: set[str]
) -> None:
    """The problem points at the field, tells a code and what is expected, and Graph is not written to."""
    body = {name: value for name, value in booking(**changes).items() if value is not None}

    answer = await facade.book(body)

    problem = answer.json()
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert {one["pointer"] for one in problem["errors"]} == pointers, problem
    assert all(one["code"] and one["detail"] for one in problem["errors"])
    await _nothing_was_written(facade)


async def test_all_mistakes_are_told_at_once(facade: Facade) -> None:
    """A caller with five mistakes reads five errors, not the first."""
    answer = await facade.book(
        {"start": 1, "customer": {"name": "", "email": "x"}, "answers": [{}], "unknown": 1}
    )

    pointers = {one["pointer"] for one in answer.json()["errors"]}
    assert {"/serviceId", "/start", "/customer/name", "/customer/email", "/unknown"} <= pointers
    assert {"/answers/0/questionId", "/answers/0/answer"} <= pointers


MANY: list[tuple[bytes, set[tuple[str, str]], int]] = [
    (b'{"answers": [' + b"{}," * 20_000 + b"{}]}", {("/answers", "too-long")}, 4),
    (b'{"answers": [' + b"0," * 30_000 + b"0]}", {("/answers", "too-long")}, 4),
    (b"{" + b",".join(b'"m%d": 0' % n for n in range(5_000)) + b"}", {("", "extra-forbidden")}, 4),
    (b'{"answers": [' + b"{}," * 49 + b"{}]}", {("/answers/7/answer", "missing")}, 20),
]


@pytest.mark.parametrize(("body", "told", "most"), MANY)
async def test_a_few_errors_are_told_of_many(
    facade: Facade, body: bytes, told: set[tuple[str, str]], most: int
) -> None:
    """Lists are counted before their elements are looked at, and an answer tells twenty errors at most."""
    answer = await facade.http.post(URL, content=body, headers={"content-type": "application/json"})

    errors = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
    assert answer.status_code == 422
    assert told <= set(errors)
    assert len(errors) <= most
    assert len(answer.content) < 8_000
    await _nothing_was_written(facade)


async def test_customers_lists_are_counted_first(facade: Facade) -> None:
    """The partner's route counts addresses and telephones before it looks at them."""
    many = {"displayName": "A", "emailAddress": "a@contoso.com", "phones": [0] * 11, "addresses": [0] * 11}

    answer = await facade.partner("customers", many)

    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("/addresses", "too-long"),
        ("/phones", "too-long"),
    ]


async def test_a_long_email_address_is_not_taken_apart(
    facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is longer than an address can be is refused by its length alone."""
    seen: list[str] = []
    monkeypatch.setattr("email_validator.validate_email", lambda text, **_: seen.append(text))

    answer = await facade.book(customer=customer("a@" + "a." * 200 + "com"))

    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("/customer/email", "string-too-long")
    ]
    assert seen == []


@pytest.mark.parametrize("host", ["[", "[::1", "facade:port", "a]"])
async def test_a_host_that_is_none_is_refused(facade: Facade, host: str) -> None:
    """An address that no URL can have is the caller's mistake, not ours."""
    for path in (f"/api/v1/businesses/{BUSINESS}", f"/api/book/{BUSINESS}?step=services", "/api/health/live"):
        headers = [(b"host", host.encode("utf-8"))]
        answer = await facade.http.send(facade.http.build_request("GET", path, headers=headers))
        assert (answer.status_code, answer.json()["code"]) == (400, "header-invalid")
    assert await facade.calls() == []


BODIES: list[tuple[bytes, str, int, str]] = [
    (b"{", "application/json", 400, "body-unreadable"),
    (b"\xff\xfe", "application/json", 400, "body-unreadable"),
    (b'{"start": NaN}', "application/json", 400, "body-unreadable"),
    (b"[" * 30_000, "application/json", 400, "body-unreadable"),
    (b"[]", "application/json", 422, "fields-invalid"),
    (b"<booking/>", "application/xml", 415, "media-type-unsupported"),
    (b'{"serviceId": "' + b"x" * 65_536 + b'"}', "application/json", 413, "body-too-large"),
]


@pytest.mark.parametrize(("body", "media_type", "status", "code"), BODIES)
async def test_a_body_that_cannot_be_read_is_refused(
    facade: Facade, body: bytes, media_type: str, status: int, code: str
) -> None:
    """Unreadable, too large or of another type: a problem before anything is asked of Graph."""
    answer = await facade.http.post(URL, content=body, headers={"content-type": media_type})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    await _nothing_was_written(facade)


async def test_an_unknown_business_is_refused_before_graph_is_asked(facade: Facade) -> None:
    """Only aliases from the settings exist; a mailbox in the URL opens nothing."""
    for alias in ("nobody", "contosolunchdelivery@contoso.com"):
        answer = await facade.http.post(f"/api/v1/businesses/{alias}/bookings", json=booking())
        assert (answer.status_code, answer.json()["code"]) == (404, "business-not-found")
    assert await facade.calls() == []


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
async def test_a_key_that_is_none_is_refused(facade: Facade, key: str) -> None:
    """An Idempotency-Key has 1 to 255 printable characters."""
    answer = await facade.book(key=key)

    assert (answer.status_code, answer.json()["code"]) == (400, "header-invalid")
    await _nothing_was_written(facade)


async def test_a_key_with_another_body_is_refused(facade: Facade) -> None:
    """The key stays with the request that it came with first."""
    await facade.book(key="k")

    answer = await facade.book(key="k", customer=customer("ann@contoso.com"))

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert len((await facade.appointments())[0]["customers"]) == 1


async def test_what_nobody_foresaw_is_a_problem_with_a_correlation_id(
    facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect of ours answers 500 with an id to look up, and without a word of Python's."""

    async def broken(_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(type(facade.app.handlers), "services", broken)

    answer = await facade.http.get(f"/api/v1/businesses/{BUSINESS}/services")

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal-error"
    assert answer.json()["instance"] == f"urn:uuid:{answer.headers['request-id']}"
    assert "secret" not in answer.text
    assert "ZeroDivision" not in answer.text


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_no_text_of_graphs_reaches_the_caller(facade: Facade, status: int) -> None:
    """Whatever Graph says when it refuses a read, the caller reads our own words."""
    await facade.emulator.arm({"operation": "services.list", "kind": "status", "status": status, "count": 9})

    answer = await facade.http.get(f"/api/v1/businesses/{BUSINESS}/services")

    assert (answer.status_code, answer.json()["code"]) == (503, "upstream-refused")
    assert "Graph" not in answer.text
    assert BENTO not in answer.text


async def test_reasons_are_for_a_week(facade: Facade) -> None:
    """Reasons for more than seven days are refused at the parameter that asks for them; slots are not."""
    url = f"/api/v1/businesses/{BUSINESS}/services/{BENTO}/slots"
    day = start_at().date()
    for days, status in ((6, 200), (7, 422)):
        query = {"from": str(day), "to": str(day + timedelta(days=days)), "explain": "true"}
        answer = await facade.http.get(url, params=query)
        assert answer.status_code == status
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/explain", "range-too-long")
    assert "7 days" in error["detail"]


async def test_nobody_at_graph_is_asked_about_what_nobody_may_book(facade: Facade) -> None:
    """Days beyond the maximum advance, and a booking of one, cost no call once the catalogue is known."""
    await facade.services()
    await facade.emulator.forget_requests()
    day = start_at(week=52).date()

    slots = await facade.http.get(
        f"/api/v1/businesses/{BUSINESS}/services/{BENTO}/slots",
        params={"from": str(day), "to": str(day + timedelta(days=61))},
    )
    booked = await facade.book(start=start_at(week=52).isoformat())

    assert (slots.status_code, slots.json()["slots"]) == (200, [])
    assert (booked.status_code, [one["code"] for one in booked.json()["errors"]]) == (422, ["too-far"])
    assert await facade.calls() == []
