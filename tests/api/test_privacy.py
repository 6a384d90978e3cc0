"""Canaries: what a caller sends is afterwards in no log line, no problem, no record and no trace."""

import asyncio
import gc
import itertools
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.booking.create.booking import CreateBooking
from tests.support.facade import BENTO, BUSINESS, KEY, QUESTION, Facade, start_at

MARK = "kanarie"
ADDRESS = "203.0.113.77"
NUMBER = "2135550177"
ROOT = f"/api/v1/businesses/{BUSINESS}"
FORMATTER = logging.Formatter("%(name)s %(levelname)s %(message)s")

_serial = itertools.count(1)


def canary(what: str) -> str:
    """A word that stands nowhere else."""
    return f"{MARK}{next(_serial)}{what}"


class Lines(logging.Handler):
    """Keeps everything that a handler of the host could write, and send on to Application Insights."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line with its stack, and every member of the record besides."""
        members = {name: repr(value) for name, value in vars(record).items()}
        self.kept.append(FORMATTER.format(record) + json.dumps(members))


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Every line that reaches the root logger, of whatever level."""
    root, handler = logging.getLogger(), Lines()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture(scope="module")
def spans() -> Iterator[InMemorySpanExporter]:
    """Every span of the SDK and of the app."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    yield exporter
    provider.shutdown()


def body(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (members of a JSON document)
    """A booking that succeeds, a canary in every field that takes one."""
    address = {name: canary(name) for name in ("street", "city", "state", "postalCode", "countryOrRegion")}
    person = {
        "name": canary("name"),
        "email": f"{canary('mail')}@contoso.com",
        "phone": f"+1 {NUMBER}",
        "notes": canary("notes"),
        "address": address,
    }
    made = {
        "serviceId": BENTO,
        "start": start_at().isoformat(),
        "timeZone": "America/Chicago",
        "customer": person,
        "answers": [{"questionId": QUESTION, "answer": canary("answer")}],
        "humanCheck": canary("human"),
    }
    return {**made, **changes}


def headers(**more: str) -> dict[str, str]:
    """Headers as a browser sends them, each with a canary."""
    return {
        "Idempotency-Key": canary("key"),
        "User-Agent": canary("agent"),
        "Referer": f"https://www.contoso.com/{canary('referer')}",
        "Cookie": f"a={canary('cookie')}",
        "X-Forwarded-For": f"{canary('made-up')}, {ADDRESS}:4711",
        "X-Canary": canary("header"),
        **more,
    }


def wrong_bodies() -> list[Any]:
    """Requests that are refused for every kind of reason, a canary where the mistake is."""
    person = {"name": canary("name"), "email": f"{canary('mail')}@contoso.com"}
    return [
        body(serviceId=canary("service")),
        body(start=canary("start")),
        body(timeZone=canary("zone")),
        body(staffId=canary("staff")),
        body(customer={**person, "email": canary("mail")}),
        body(customer={**person, "email": f"{canary('mail')}@{canary('host')}..com"}),
        body(customer={**person, "phone": canary("phone")}),
        body(customer={**person, canary("member"): 1}),
        body(customer=canary("customer")),
        body(answers=[{"questionId": canary("question"), "answer": canary("answer")}]),
        body(answers=[{"questionId": QUESTION, "answer": canary("x") * 300}]),
        body(smsNotifications=canary("sms")),
        body(website=canary("website")),
        body(**{canary("member"): canary("value")}),
        [canary("list")],
        canary("text"),
    ]


GETS = (
    ROOT, f"{ROOT}/services", f"{ROOT}/services/CANARY/slots", f"{ROOT}/challenge",
    f"{ROOT}/bookings/CANARY", f"{ROOT}/bookings/CANARY/calendar.ics",
    "/api/health/live", "/api/health/ready", "/api/openapi.json", "/api/docs",
    "/api/v1/businesses/CANARY", "/api/v1/businesses/CANARY/services", "/api/CANARY",
)  # fmt: skip


async def read_everything(http: httpx.AsyncClient) -> list[httpx.Response]:
    """GET every route with canaries in path, query and headers."""
    query = {canary("name"): canary("value"), "code": canary("code"), "token": canary("token")}
    wrong = {"from": canary("from"), "to": canary("to"), "timeZone": canary("zone"), "explain": canary("yes")}
    asked = [(path.replace("CANARY", canary("path")), query) for path in GETS]
    asked += [
        (f"{ROOT}/services/{BENTO}/slots", wrong),
        (
            f"{ROOT}/services/{BENTO}/slots",
            {**wrong, "from": "2026-12-01", "to": "2026-12-02", "explain": "1"},
        ),
        (f"{ROOT}/challenge", {"serviceId": canary("service"), "start": canary("start")}),
    ]
    token = {"Booking-Token": canary("token")}
    return [await http.get(path, params=params, headers=headers(**token)) for path, params in asked]


async def write_everything(http: httpx.AsyncClient) -> list[httpx.Response]:
    """POST to every route with canaries in body and headers."""
    partner, key = f"/api/v1/partner/businesses/{BUSINESS}", {"x-functions-key": KEY}
    graph = {"displayName": canary("name"), "emailAddress": f"{canary('mail')}@contoso.com"}
    posts: list[tuple[str, Any, dict[str, str]]] = []
    for value in wrong_bodies():
        posts += [(f"{ROOT}/bookings", value, {}), (f"{partner}/bookings", value, key)]
    phones: tuple[list[Any], ...] = ([], [{"number": NUMBER}], [{"number": 1, "type": canary("type")}])
    posts += [(f"{partner}/customers", {**graph, "phones": one}, key) for one in phones]
    posts.append((f"{partner}/customers", graph, {"x-functions-key": canary("key")}))
    found = [await http.post(path, json=value, headers=headers(**more)) for path, value, more in posts]
    for media in ("application/json", canary("media/type"), "application/x-www-form-urlencoded"):
        sent = headers(**{"content-type": media})
        found += [
            await http.post(f"{ROOT}/bookings", content=f"{canary('n')}%40={canary('v')}", headers=sent)
        ]
    form, twice = headers(**{"content-type": "application/x-www-form-urlencoded"}), canary("field") + "@"
    for content in (f"{twice}=1&{twice}=2", f"answers.{twice}=1&answers.{twice}=2", "%ff=1"):
        found += [await http.post(f"{ROOT}/bookings", content=content, headers=form)]
    good, keyed = body(), headers()
    for value in (good, good, {**good, "smsNotifications": True}):
        found += [await http.post(f"{ROOT}/bookings", json=value, headers=keyed)]
    assert [one.status_code for one in found[-3:]] == [201, 201, 422]
    return found


def betrayed(text: str) -> list[str]:
    """The canaries that sing in this text."""
    return [one for one in (MARK, ADDRESS, NUMBER) if one in text.lower()]


KEPT_IN = frozenset({"shared.tables.memory", "shared.booking.limits"})


def stored() -> str:
    """Everything that the stores in memory of all facades of this process hold."""
    gc.unfreeze()  # what was there when a worker had loaded its modules is out of sight otherwise
    stores = [one for one in gc.get_objects() if type(one).__module__ in KEPT_IN and hasattr(one, "__dict__")]
    assert stores
    return repr([vars(one) for one in stores])


async def test_what_is_sent_stays_out_of_logs_problems_records_and_traces(
    facade: Facade, lines: Lines, spans: InMemorySpanExporter
) -> None:
    """Every route, good requests and bad ones: no canary in any line, problem, header, record or span."""
    answers = [*await read_everything(facade.http), *await write_everything(facade.http)]
    for answer in answers:
        if "/customers" not in str(answer.request.url) or answer.is_error:  # who makes a customer is told it
            assert betrayed(answer.text) == [], answer.text
        assert betrayed(repr(answer.headers)) == []
    assert len(lines.kept) > len(answers)
    assert [line for line in lines.kept if betrayed(line)] == []
    assert betrayed(stored()) == []
    finished = spans.get_finished_spans()
    assert finished
    assert [one.to_json() for one in finished if betrayed(one.to_json())] == []


WEATHER = [
    ("*", 400), ("*", 403), ("services.*", 404), ("appointments.create", 409), ("appointments.create", 429),
    ("customers.*", 500), ("calendarView.*", 503), ("appointments.create", 503),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "status"), WEATHER)
async def test_text_of_graph_reaches_nobody(
    facade: Facade, lines: Lines, operation: str, status: int
) -> None:
    """Whatever Graph says in an error, neither the caller nor the log hears its words."""
    said = {"code": canary("code"), "message": canary("graph")}
    await facade.emulator.arm({"operation": operation, "status": status, "count": 2, **said})
    graph = {"displayName": canary("name"), "emailAddress": f"{canary('mail')}@contoso.com"}
    booked, customer = await facade.book(body()), await facade.partner("customers", graph)
    assert betrayed(booked.text + repr(booked.headers)) == []
    assert customer.is_success or betrayed(customer.text) == []
    assert [line for line in lines.kept if betrayed(line)] == []


async def test_unexpected_errors_tell_their_place_and_not_their_words(
    facade: Facade, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that nobody foresaw is logged with its type and its lines; its message stays inside."""

    async def fail(*_: object) -> None:
        raise RuntimeError(canary("effect")) from KeyError(canary("cause"))

    monkeypatch.setattr(CreateBooking, "__call__", fail)
    answer = await facade.book(body())
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert betrayed(answer.text) == []
    assert [line for line in lines.kept if betrayed(line)] == []
    (line,) = [line for line in lines.kept if "request.failed" in line]
    assert "RuntimeError at test_privacy.py" in line
    assert "KeyError at" in line
    assert answer.json()["instance"].removeprefix("urn:uuid:") in line


async def test_an_error_that_nobody_waited_for_tells_no_words(facade: Facade, lines: Lines) -> None:
    """The event loop reports such errors in full; of them, too, only type and place remain."""
    assert (await facade.http.get("/api/health/live")).status_code == 200

    async def fail() -> None:
        raise RuntimeError(canary("lost"))

    lost = asyncio.create_task(fail())
    await asyncio.wait([lost])
    del lost
    gc.collect()
    assert [line for line in lines.kept if betrayed(line)] == []
    assert [line for line in lines.kept if "RuntimeError at test_privacy.py" in line]


async def test_a_canary_would_be_heard(lines: Lines) -> None:
    """The test's own ears: a line that holds a canary is found, also in its arguments and its exception."""
    logging.getLogger("anything").error("failed", exc_info=ValueError(canary("error")))
    logging.getLogger("anything").info("booked for %s", canary("argument"))
    logging.getLogger("anything").info("booked", extra={"who": canary("extra")})
    assert [bool(betrayed(line)) for line in lines.kept if line.startswith("anything")] == [True, True, True]
