"""The check for humans: a proof for one booking, once, in time; and what happens when it cannot be made."""

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import altcha
import pytest
import pytest_asyncio

from shared.api.admission.altcha_check import LIFE, AltchaCheck
from shared.api.admission.turnstile_check import TurnstileCheck
from shared.api.admission.visitors import Challenge, ChallengeScope, NoCheck
from shared.api.problems import Problem
from shared.tables.memory import MemoryOnce
from tests.support.facade import BENTO, BUSINESS, Facade, booking, connect, customer, load_app, start_at

SECRET = "a-secret-of-more-than-thirty-two-characters"
SLOT = ChallengeScope("contoso-lunch", BENTO, datetime(2026, 12, 1, 16, tzinfo=UTC))
URL = f"/api/v1/businesses/{BUSINESS}"


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


def wire(challenge: Challenge) -> dict[str, Any]:
    """A challenge as a client gets it."""
    found: dict[str, Any] = json.loads(challenge.to_json())
    return found


def solve(challenge: dict[str, Any]) -> str:
    """What a browser sends after its work."""
    given = altcha.Challenge.from_dict({name: challenge[name] for name in ("parameters", "signature")})
    solution = altcha.solve_challenge(given)
    assert solution is not None
    return altcha.Payload(given, solution).to_base64()


def changed(payload: str, change: Callable[[dict[str, Any]], None]) -> str:
    """The payload after a change by somebody who does not know the secret."""
    value = json.loads(b64decode(payload))
    change(value)
    return b64encode(json.dumps(value).encode()).decode()


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def check(clock: Hands) -> AltchaCheck:
    return AltchaCheck(SECRET, MemoryOnce(), clock)


WORK_DONE: list[str] = []


async def solved(check: AltchaCheck) -> str:
    """A solution of a challenge for the slot; the work is done once for all tests."""
    if not WORK_DONE:
        WORK_DONE.append(solve(wire(await check.challenge(SLOT))))
    return WORK_DONE[0]


async def test_a_solution_serves_once(check: AltchaCheck) -> None:
    """The first booking has it; another one cannot use it; a retry of the first one can."""
    payload = await solved(check)
    assert await check.passed(payload, SLOT, "first")
    assert await check.passed(payload, SLOT, "first")
    assert not await check.passed(payload, SLOT, "second")


@pytest.mark.parametrize(
    "other",
    [
        replace(SLOT, business="paris-atelier"),
        replace(SLOT, service_id="another"),
        replace(SLOT, start=SLOT.start + timedelta(minutes=15)),
    ],
)
async def test_a_solution_serves_for_its_slot_alone(check: AltchaCheck, other: ChallengeScope) -> None:
    """Business, service and start are part of what is signed and of what is compared."""
    assert not await check.passed(await solved(check), other, "me")


async def test_a_solution_serves_in_time_alone(check: AltchaCheck, clock: Hands) -> None:
    """A challenge lives for 300 seconds."""
    payload = await solved(check)
    clock.now += LIFE
    assert not await check.passed(payload, SLOT, "me")
    assert timedelta(seconds=300) == LIFE


CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "expiry": lambda value: value["challenge"]["parameters"].update(expiresAt=9_999_999_999),
    "expiry removed": lambda value: value["challenge"]["parameters"].pop("expiresAt"),
    "expiry null": lambda value: value["challenge"]["parameters"].update(expiresAt=None),
    "expiry text": lambda value: value["challenge"]["parameters"].update(expiresAt="9999999999"),
    "cost": lambda value: value["challenge"]["parameters"].update(cost=1),
    "prefix": lambda value: value["challenge"]["parameters"].update(keyPrefix=""),
    "algorithm": lambda value: value["challenge"]["parameters"].update(algorithm="SHA-256"),
    "slot": lambda value: value["challenge"]["parameters"]["data"].update(serviceId="another"),
    "no data": lambda value: value["challenge"]["parameters"].pop("data"),
    "counter": lambda value: value["solution"].update(counter=value["solution"]["counter"] + 1),
    "counter text": lambda value: value["solution"].update(counter="1"),
    "counter huge": lambda value: value["solution"].update(counter=10**30),
    "key": lambda value: value["solution"].update(derivedKey="00" * 32),
    "key no text": lambda value: value["solution"].update(derivedKey=None),
    "nonce no hex": lambda value: value["challenge"]["parameters"].update(nonce="zz"),
    "signature": lambda value: value["challenge"].update(signature="0" * 64),
    "signature removed": lambda value: value["challenge"].pop("signature"),
    "signature no text": lambda value: value["challenge"].update(signature=["x"]),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_changed_solution_is_refused(check: AltchaCheck, name: str) -> None:
    """Nothing of a challenge or of its solution can be replaced without the secret."""
    assert not await check.passed(changed(await solved(check), CHANGES[name]), SLOT, "me")


async def test_a_challenge_cannot_be_spliced(check: AltchaCheck) -> None:
    """CVE-2025-68113: no digit can wander from the nonce into the expiry or back, nor between other parts.

    The signature is over named members, so moving characters from one to the next changes what is signed.
    """
    payload = await solved(check)

    def splice(value: dict[str, Any]) -> None:
        parameters = value["challenge"]["parameters"]
        moved = parameters["salt"][0]
        parameters["salt"] = parameters["salt"][1:]
        parameters["nonce"] += moved

    def lengthen(value: dict[str, Any]) -> None:
        parameters = value["challenge"]["parameters"]
        parameters["expiresAt"] = int(f"{parameters['expiresAt']}{parameters['cost']}")

    assert not await check.passed(changed(payload, splice), SLOT, "me")
    assert not await check.passed(changed(payload, lengthen), SLOT, "me")


@pytest.mark.parametrize("garbage", [None, "", "x", "e30=", "W10=", "bnVsbA==", "MQ==", "\ud800", "[" * 4000])
async def test_garbage_is_refused(check: AltchaCheck, garbage: str | None) -> None:
    """Whatever is sent instead of a solution is no solution, and no error."""
    assert not await check.passed(garbage, SLOT, "me")


async def test_the_secret_of_another_deployment_does_not_sign_here(clock: Hands) -> None:
    """A challenge of another deployment is not one of this one."""
    payload = await solved(AltchaCheck(SECRET, MemoryOnce(), clock))
    assert not await AltchaCheck("b" * 40, MemoryOnce(), clock).passed(payload, SLOT, "me")


async def test_off_lets_everybody_in() -> None:
    """Without a check, nothing is asked for."""
    assert wire(await NoCheck().challenge(SLOT)) == {"kind": "off"}
    assert await NoCheck().passed(None, SLOT, "me")


@pytest_asyncio.fixture
async def guarded(facade: Facade, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Facade]:
    """A facade that asks for ALTCHA."""
    monkeypatch.setenv("HUMAN_CHECK", "altcha")
    monkeypatch.setenv("ALTCHA_HMAC_KEY", SECRET)
    module = load_app({})
    async with connect(module) as http:
        yield Facade(http, facade.emulator, module)
        await module.facade.aclose()


async def challenge(facade: Facade, **changes: str) -> dict[str, Any]:
    """What the challenge route answers for the usual booking."""
    asked = {"serviceId": BENTO, "start": start_at().isoformat(), **changes}
    answer = await facade.http.get(f"{URL}/challenge", params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    value: dict[str, Any] = answer.json()
    return value


async def test_a_solved_challenge_books_once(guarded: Facade) -> None:
    """With the solution comes the booking; the same solution for somebody else is refused; a retry is not.

    Without a key, the solution is what the caller is known by: a repetition without it is a guess.
    """
    payload = solve(await challenge(guarded))
    first = await guarded.book(humanCheck=payload)
    other = await guarded.book(humanCheck=payload, customer=customer("bot@contoso.com"))
    again = await guarded.book(humanCheck=payload)
    without = await guarded.book()
    assert (first.status_code, other.status_code) == (201, 403)
    assert other.json()["code"] == "human-check-failed"
    assert (again.content, without.status_code) == (first.content, 403)
    assert len(await guarded.appointments()) == 1


async def test_a_solution_that_is_sent_many_times_at_once_books_once(guarded: Facade) -> None:
    """Five people with one solution at the same moment: one gets in, whichever it is."""
    payload = solve(await challenge(guarded))
    people = [customer(f"p{n}@contoso.com") for n in range(5)]
    answers = await asyncio.gather(*(guarded.book(humanCheck=payload, customer=one) for one in people))
    assert sorted(one.status_code for one in answers) == [201, 403, 403, 403, 403]


async def test_the_same_start_written_otherwise_is_the_same_slot(guarded: Facade) -> None:
    """A local start with its zone and one with an offset are one slot, for challenge and booking alike."""
    local = start_at().replace(tzinfo=None).isoformat()
    payload = solve(await challenge(guarded, start=local, timeZone="Central Standard Time"))
    assert (await guarded.book(humanCheck=payload)).status_code == 201


async def test_without_a_solution_nothing_is_asked_of_graph(guarded: Facade) -> None:
    """A failed check ends the request before Microsoft Graph hears of it."""
    await guarded.emulator.forget_requests()
    for member in ({}, {"humanCheck": "x"}, {"humanCheck": None}):
        assert (await guarded.book(**member)).status_code == 403
    assert await guarded.calls() == []


async def test_partners_solve_nothing(guarded: Facade) -> None:
    """A backend with a function key has its own way to know people."""
    assert (await guarded.partner("bookings", booking())).status_code == 201


async def test_the_trap_has_the_status_and_the_code_of_a_failed_check(
    guarded: Facade, facade: Facade
) -> None:
    """Who fills in the field that nobody sees is refused, with or without a check, in the same words."""
    unguarded, trapped = await facade.book(website="x"), await guarded.book(website="x")
    failed = await guarded.book()
    assert trapped.status_code == failed.status_code == 403
    assert trapped.json()["code"] == failed.json()["code"]
    assert {**trapped.json(), "instance": ""} == {**unguarded.json(), "instance": ""}
    assert await facade.appointments() == []


async def test_the_challenge_route_checks_its_query(guarded: Facade) -> None:
    """A challenge is for a service and a start, and says what is missing or wrong."""
    for asked in ({}, {"serviceId": BENTO}, {"serviceId": BENTO, "start": "tomorrow"}):
        answer = await guarded.http.get(f"{URL}/challenge", params=asked)
        assert (answer.status_code, answer.json()["code"]) == (422, "fields-invalid")


class Cloudflare:
    """Turnstile's side: what it is to answer, and what it was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.answer = b'{"success": true, "error-codes": []}'
        self.asked: list[dict[str, str]] = []
        self.url = ""


@contextmanager
def cloudflare() -> Iterator[Cloudflare]:
    """A siteverify endpoint on this machine."""
    fake = Cloudflare()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            fake.asked.append({name: value[0] for name, value in parse_qs(body).items()})
            self.send_response(fake.status)
            self.send_header("content-length", str(len(fake.answer)))
            self.end_headers()
            self.wfile.write(fake.answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}/siteverify"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def test_turnstile_is_asked_with_an_idempotency_key() -> None:
    """The secret and the token go along, no address does; each owner asks with their own key."""
    with cloudflare() as fake:
        check = TurnstileCheck(SECRET, "site-key", url=fake.url)
        assert wire(await check.challenge(SLOT)) == {"kind": "turnstile", "siteKey": "site-key"}
        assert await check.passed("token", SLOT, "me")
        assert await check.passed("token", SLOT, "me")
        assert await check.passed("token", SLOT, "another")
        first, second, third = fake.asked
        assert set(first) == {"secret", "response", "idempotency_key"}
        assert (first["secret"], first["response"]) == (SECRET, "token")
        assert first["idempotency_key"] == second["idempotency_key"] != third["idempotency_key"]


@pytest.mark.parametrize("code", ["invalid-input-response", "timeout-or-duplicate", "missing-input-response"])
async def test_turnstile_says_no(code: str) -> None:
    """A token that is wrong, late or used up fails the check."""
    with cloudflare() as fake:
        fake.answer = json.dumps({"success": False, "error-codes": [code]}).encode()
        assert not await TurnstileCheck(SECRET, "k", url=fake.url).passed("token", SLOT, "me")


async def test_turnstile_is_not_asked_about_nothing() -> None:
    """No token, or one that is too long to be one, needs no call."""
    with cloudflare() as fake:
        check = TurnstileCheck(SECRET, "k", url=fake.url)
        assert not await check.passed(None, SLOT, "me")
        assert not await check.passed("x" * 2049, SLOT, "me")
        assert fake.asked == []


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, b"oops"),
        (200, b"no json"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"success": false, "error-codes": ["internal-error"]}'),
        (200, b'{"success": false, "error-codes": ["invalid-input-secret"]}'),
    ],
)
async def test_turnstile_that_does_not_know_lets_nobody_in(status: int, answer: bytes) -> None:
    """Fail closed: without a verdict the answer is 503, for the caller to try again."""
    with cloudflare() as fake:
        fake.status, fake.answer = status, answer
        with pytest.raises(Problem) as caught:
            await TurnstileCheck(SECRET, "k", url=fake.url).passed("token", SLOT, "me")
    assert (caught.value.code, caught.value.status) == ("human-check-unavailable", 503)
    assert caught.value.retry_after is not None


async def test_turnstile_that_cannot_be_reached_lets_nobody_in() -> None:
    """Nobody listens there: 503 as well."""
    with cloudflare() as fake:
        url = fake.url
    with pytest.raises(Problem) as caught:
        await TurnstileCheck(SECRET, "k", url=url).passed("token", SLOT, "me")
    assert caught.value.code == "human-check-unavailable"


async def test_turnstile_guards_the_booking(facade: Facade, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over HTTP: 201 with a good token, 403 with a bad one, 503 without a verdict, and retries need none."""
    with cloudflare() as fake:
        check = TurnstileCheck(SECRET, "k", url=fake.url)
        monkeypatch.setattr(facade.app.handlers.admission, "human", check)
        booked = await facade.book(humanCheck="token", key="a-key")
        fake.answer = b'{"success": false, "error-codes": ["invalid-input-response"]}'
        again = await facade.book(key="a-key")
        refused = await facade.book(humanCheck="bad", customer=customer("ann@contoso.com"))
        fake.status = 502
        fake.answer = b""
        unknown = await facade.book(humanCheck="any", customer=customer("ann@contoso.com"))
    assert (booked.status_code, refused.status_code, unknown.status_code) == (201, 403, 503)
    assert again.content == booked.content
    assert unknown.json()["code"] == "human-check-unavailable"
    assert "retry-after" in unknown.headers
