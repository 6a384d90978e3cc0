"""Everything that the facade says to Graph, and hears from it, is valid by Microsoft's contract.

Whatever callers ask, in whatever weather, and however Graph behaves. A small number of requests here; the
whole runs at night: `FACADE_CONTRACT_REQUESTS` says how many.
"""

import os
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx
import pytest

from devtools.graph_emulator.default_seed import (
    AGE_QUESTION,
    CATERED_BENTO,
    MENU_TASTING,
)
from tests.contract.graph_openapi import GraphContract
from tests.support.facade import BUSINESS, MAILBOX, Facade, start_at

REQUESTS = int(os.environ.get("FACADE_CONTRACT_REQUESTS", "60"))
SEED = 20261126
BLOCK = 15
"""Requests between two changes of weather and of Graph's ways."""

SWITCHES: dict[str, tuple[object, ...]] = {
    "lists_filled": (True, False),
    "reminder_offsets": ("negative", "positive"),
    "omitted_defaults": ("service", "zero"),
    "notes_with_existing_customer": ("kept", "dropped"),
    "customer_time_zone": ("stored", "blanked"),
    "customer_without_id": ("new", "synthetic"),
    "availability_zone": ("utc", "windows", "display"),
    "availability_out_of_hours": (True, False),
    "group_buffers": ("slotsAvailable", "busy"),
    "delete_sends_mail": (True, False),
    "buffers_in_view": (True, False),
    "questions_readable": (True, True, True, False),
    "conflict": ("create", "create", "500", "500-but-created"),
    "settling": (0.0, 0.0, 0.05),
    "page_size": (1, 100),
    "calendar_page_size": (1, 10),
    "capacity_check": (True, False),
}
"""Ways of Graph's that keep to the contract."""

WEATHER: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 429, "retryAfter": 0.01},
    {"kind": "status", "status": 401},
    {"kind": "status", "status": 403},
    {"kind": "status", "status": 409, "operation": "appointments.patch"},
    {"kind": "status", "status": 412, "operation": "appointments.*"},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 500, "when": "after", "operation": "appointments.create"},
    {"kind": "status", "status": 503, "retryAfter": 0},
    {"kind": "status", "status": 504, "when": "after"},
    {"kind": "status", "status": 507, "operation": "*.create"},
    {"kind": "disconnect", "when": "after"},
    {"kind": "twice", "answer": "second", "operation": "appointments.create"},
)


class Visitors:
    """People who ask for all that there is, by a seeded chance."""

    def __init__(self, facade: Facade) -> None:
        self._facade = facade
        self._dice = random.Random(SEED)  # noqa: S311 (repeatable, no secret)
        self._numbers = count(1)
        self.seen: list[int] = []

    async def change_the_world(self) -> None:
        """Other ways, other weather."""
        choose = self._dice.choice
        await self._facade.emulator.switch(**{name: choose(values) for name, values in SWITCHES.items()})
        await self._facade.emulator.clear_faults()
        faults = [{"count": 2, "skip": number, **choose(WEATHER)} for number in range(3)]
        await self._facade.emulator.arm(*faults)
        self._facade.app.handlers.catalogues.forget(MAILBOX)

    async def ask(self) -> None:
        """One request to the facade."""
        kinds: tuple[Callable[[], Awaitable[httpx.Response]], ...] = (
            self._read, self._read, self._book, self._book, self._book, self._send_a_form, self._as_partner,
            self._add_a_customer,
        )  # fmt: skip
        self.seen.append((await self._dice.choice(kinds)()).status_code)

    async def _read(self) -> httpx.Response:
        day = start_at(week=self._dice.randrange(2, 9)).date()
        here = f"/api/v1/businesses/{self._dice.choice((BUSINESS, 'paris-atelier'))}"
        slots = f"{here}/services/{MENU_TASTING}/slots?from={day}&to={day}&explain=true"
        page = f"/api/book/{BUSINESS}?step=days&service={CATERED_BENTO}"
        return await self._facade.http.get(
            self._dice.choice((here, f"{here}/services", slots, page, "/api/health/ready"))
        )

    def _wish(self) -> dict[str, Any]:
        """A booking with every member that there is, or with few of them."""
        service = self._dice.choice((MENU_TASTING, CATERED_BENTO, CATERED_BENTO))
        # Classes lie close together, so that people join each other.
        weekday, hours = (self._dice.randrange(5), 8) if service == MENU_TASTING else (3, 2)
        start = start_at(8 + self._dice.randrange(hours), week=2 + self._dice.randrange(2), weekday=weekday)
        number = next(self._numbers)
        wish: dict[str, Any] = {
            "serviceId": service,
            "start": start.isoformat(),
            "customer": {"name": f"Zoë {number}", "email": f"zoe{number}@contoso.com"},
        }
        if service == CATERED_BENTO:
            wish["answers"] = [{"questionId": AGE_QUESTION, "answer": "25 \u2028 or so"}]
        if self._dice.random() < 0.5:
            wish["timeZone"] = self._dice.choice(("Europe/Zurich", "Asia/Calcutta", "America/Chicago"))
            wish["smsNotifications"] = True
            wish["customer"] |= {
                "phone": "+1 312 555 0147",
                "notes": "Nut allergy!\nTwo lines.",
                "address": {"street": "1 Main St", "city": "Chicago", "countryOrRegion": "USA"},
            }
        return wish

    async def _book(self) -> httpx.Response:
        return await self._facade.book(self._wish())

    async def _send_a_form(self) -> httpx.Response:
        wish = self._wish()
        fields = {name: wish[name] for name in ("serviceId", "start")}
        fields |= {f"customer.{name}": wish["customer"][name] for name in ("name", "email")}
        fields |= {f"answers.{one['questionId']}": one["answer"] for one in wish.get("answers", ())}
        return await self._facade.http.post(f"/api/v1/businesses/{BUSINESS}/bookings", data=fields)

    async def _as_partner(self) -> httpx.Response:
        return await self._facade.partner("bookings", self._wish())

    async def _add_a_customer(self) -> httpx.Response:
        number = next(self._numbers)
        return await self._facade.partner(
            "customers", {"displayName": "Ann", "emailAddress": f"ann{number % 5}@contoso.com"}
        )


Pair = tuple[httpx.Request, httpx.Response]


@contextmanager
def recorded(facade: Facade) -> Iterator[list[Pair]]:
    """What goes over the wire to Graph meanwhile."""
    pairs: list[Pair] = []

    async def keep(response: httpx.Response) -> None:
        await response.aread()
        pairs.append((response.request, response))

    graph: Any = facade.app.handlers.health._graph  # noqa: SLF001 (to listen, not to change)
    http = graph._connection.client.request_adapter._http_client  # noqa: SLF001
    http.event_hooks["response"].append(keep)
    yield pairs


async def test_all_that_the_facade_says_and_hears_is_valid(
    facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request, and each answer of the emulator."""
    contract = GraphContract.from_environ()
    monkeypatch.setattr(
        "shared.graph.calls.pause", lambda *_: __import__("datetime").timedelta(milliseconds=1)
    )
    visitors = Visitors(facade)
    with recorded(facade) as pairs:
        for number in range(REQUESTS):
            if number % BLOCK == 0:
                await visitors.change_the_world()
            await visitors.ask()

    for request, response in pairs:
        url = str(request.url)
        contract.check_request(request.method, url, request.content or None)
        contract.check_response(request.method, url, response.status_code, response.content)
    assert len(visitors.seen) == REQUESTS
    assert visitors.seen.count(201) >= REQUESTS // 8
    assert 500 not in visitors.seen
    assert {request.method for request, _ in pairs} >= {"GET", "POST", "PATCH"}
    assert len(pairs) >= REQUESTS
