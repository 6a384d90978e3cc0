"""The facade as its callers meet it: `function_app.py` behind the local functions host, in this process.

Everything on the way is the real thing: the route table, the official SDK, azure-identity's credential,
HTTP to the emulator. Only the socket between the caller and the host is left out.
"""

import importlib.util
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from devtools.functions_host.host import create_host
from devtools.graph_emulator.client import ControlClient
from shared.bootstrap import App

ROOT = Path(__file__).resolve().parents[2]
MAILBOX = "contosolunchdelivery@contoso.com"
BUSINESS = "contoso-lunch"
BENTO = "57da6774-a087-4d69-b0e6-6fb82c339976"
QUESTION = "3bc6fde0-4ad3-445d-ab17-0fc15dba0774"
KEY = "partner-key"
CHICAGO = ZoneInfo("America/Chicago")


def environment(emulator: ControlClient, **more: str) -> dict[str, str]:
    """The settings of a facade that books at this emulator."""
    return {
        "BOOKING_BUSINESSES": json.dumps({BUSINESS: MAILBOX, "paris-atelier": "parisatelier@contoso.com"}),
        "GRAPH_BASE_URL": emulator.graph_root,
        "HUMAN_CHECK": "off",
        **emulator.identity_environment,
        **more,
    }


def load_app(environ: Mapping[str, str]) -> ModuleType:
    """`function_app.py`, executed anew as a worker that starts does it."""
    os.environ.update(environ)  # azure-identity and the app read their settings from there
    spec = importlib.util.spec_from_file_location("function_app", ROOT / "function_app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def serve(module: ModuleType, app: App) -> None:
    """Let the route table of this module call another app than the one that it built."""
    setattr(module, "facade", app)  # noqa: B010 (the type of modules knows no such name)


def connect(module: ModuleType) -> httpx.AsyncClient:
    """A client of this app behind the functions host."""
    host_json = json.loads((ROOT / "host.json").read_text("utf-8"))
    keys = {"FUNCTIONS_HOST_KEYS": json.dumps({"default": KEY})}
    host = create_host(module.app, host_json, environ={**os.environ, **keys}, run_timers=False)
    return httpx.AsyncClient(transport=httpx.ASGITransport(host), base_url="http://facade")


def start_at(hour: int = 10, minute: int = 0, *, week: int = 2, weekday: int = 1) -> datetime:
    """A local time in Chicago on a weekday (Monday is 0) some weeks ahead, inside of business hours."""
    today = datetime.now(UTC).astimezone(CHICAGO).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today + timedelta(days=7 * week - today.weekday() + weekday)


def booking(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (members of a JSON document)
    """The body of a booking of the seeded group service that succeeds as it is."""
    body: dict[str, Any] = {
        "serviceId": BENTO,
        "start": start_at().isoformat(),
        "timeZone": "America/Chicago",
        "customer": {
            "name": "Jordan Miller",
            "email": "jordanm@contoso.com",
            "phone": "+1 213 555 0199",
            "notes": "Please be on time.",
        },
        "answers": [{"questionId": QUESTION, "answer": "25"}],
    }
    return {**body, **changes}


def customer(email: str, name: str = "Ann Beebe") -> dict[str, str]:
    """A customer's part of a booking."""
    return {"name": name, "email": email}


@dataclass(frozen=True, slots=True)
class Facade:
    """A facade and the emulator behind it."""

    http: httpx.AsyncClient
    emulator: ControlClient
    module: ModuleType

    @property
    def app(self) -> App:
        """What the route table calls."""
        app: App = self.module.facade
        return app

    async def book(self, body: object = None, key: str | None = None, **changes: object) -> httpx.Response:
        """POST a booking: this body, or the usual one with changes."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.http.post(
            f"/api/v1/businesses/{BUSINESS}/bookings", json=body or booking(**changes), headers=headers
        )

    async def partner(self, route: str, body: object, key: str = KEY, **headers: str) -> httpx.Response:
        """POST to a partner route with a function key."""
        return await self.http.post(
            f"/api/v1/partner/businesses/{BUSINESS}/{route}",
            json=body,
            headers={"x-functions-key": key, **headers},
        )

    async def services(self) -> dict[str, dict[str, Any]]:
        """The visible services by name."""
        answer = await self.http.get(f"/api/v1/businesses/{BUSINESS}/services")
        return {one["name"]: one for one in answer.json()["services"]}

    async def appointments(self) -> list[dict[str, Any]]:
        """What stands in the emulator's calendar."""
        return await self.emulator.appointments(MAILBOX)

    async def calls(self) -> list[str]:
        """The operations that Graph was asked for, in order."""
        log = await self.emulator.requests()
        return [entry["operation"] for entry in log["requests"]]

    async def delete_customer(self, customer_id: str) -> None:
        """Remove a customer at Graph, as the staff may do at any time."""
        url = f"{self.emulator.graph_root}/solutions/bookingBusinesses/{MAILBOX}/customers/{customer_id}"
        async with httpx.AsyncClient() as http:
            answer = await http.delete(
                url, headers={"Authorization": f"Bearer {await self.emulator.token()}"}
            )
        assert answer.status_code == httpx.codes.NO_CONTENT
