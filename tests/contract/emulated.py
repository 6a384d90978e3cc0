"""The emulator in process: requests to its Graph without a socket, and its control plane."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from devtools.graph_emulator.app import Emulator, create_app
from devtools.graph_emulator.client import ControlClient
from devtools.graph_emulator.default_seed import (
    AGE_QUESTION,
    CATERED_BENTO,
    CONTOSO,
    DANA,
    JORDAN,
    MENU_TASTING,
)

Json = dict[str, Any]
ROOT = "http://127.0.0.1"
INFORMATION = "#microsoft.graph.bookingCustomerInformation"


class EmulatedGraph:
    """One emulator with a client for its Graph and one for its control plane; paths start at the business."""

    def __init__(self) -> None:
        self.app: Emulator = create_app()
        self.transport = httpx.ASGITransport(app=self.app)
        self.control = ControlClient(ROOT, self.transport)
        self.http = httpx.AsyncClient(transport=self.transport, base_url=ROOT)

    async def authorise(self, token: str | None = None) -> None:
        """Send this token from now on, or the managed identity's."""
        self.http.headers["Authorization"] = f"Bearer {token or await self.control.token()}"

    async def call(
        self, method: str, path: str, body: object = None, *, business: str = CONTOSO, version: str = "beta"
    ) -> httpx.Response:
        """One request under a business."""
        url = f"/{version}/solutions/bookingBusinesses/{business}{path}"
        return await self.http.request(method, url, json=body)

    async def get(self, path: str, *, business: str = CONTOSO, version: str = "beta") -> httpx.Response:
        """GET under a business."""
        return await self.call("GET", path, business=business, version=version)

    async def post(
        self, path: str, body: object, *, business: str = CONTOSO, version: str = "beta"
    ) -> httpx.Response:
        """POST under a business."""
        return await self.call("POST", path, body, business=business, version=version)

    async def patch(
        self, path: str, body: object, *, business: str = CONTOSO, version: str = "beta"
    ) -> httpx.Response:
        """PATCH under a business."""
        return await self.call("PATCH", path, body, business=business, version=version)

    async def delete(self, path: str, *, business: str = CONTOSO, version: str = "beta") -> httpx.Response:
        """DELETE under a business."""
        return await self.call("DELETE", path, business=business, version=version)

    async def created(self, body: Json) -> Json:
        """An appointment that must come into being."""
        answer = await self.post("/appointments", body)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        value: Json = answer.json()
        return value

    async def stored(self) -> list[Json]:
        """All appointments of the lunch delivery as the emulator holds them."""
        return await self.control.appointments(CONTOSO)


@asynccontextmanager
async def emulated_graph() -> AsyncIterator[EmulatedGraph]:
    """A fresh emulator with the default seed and an authorised client."""
    graph = EmulatedGraph()
    async with graph.http, graph.control:
        await graph.authorise()
        yield graph
        await graph.app.settle()


def moment(text: str, zone: str = "UTC") -> Json:
    """A dateTimeTimeZone."""
    return {"dateTime": text, "timeZone": zone}


def age(value: str = "25") -> Json:
    """A complete answer to the required question of the bento service."""
    return {
        "questionId": AGE_QUESTION,
        "question": "What is your age",
        "answerInputType": "text",
        "answerOptions": [],
        "isRequired": True,
        "answer": value,
    }


def attendee(customer_id: str | None = JORDAN, **members: object) -> Json:
    """One element of `customers`."""
    person: Json = {
        "@odata.type": INFORMATION,
        "name": "Jordan Miller",
        "emailAddress": "jordanm@contoso.com",
    }
    if customer_id is not None:
        person["customerId"] = customer_id
    return {**person, **members}


def tasting(**members: object) -> Json:
    """A booking of the 1:1 service on Tuesday, 2026-12-01, 10:00 in Chicago."""
    return {
        "serviceId": MENU_TASTING,
        "start": moment("2026-12-01T16:00:00Z"),
        "end": moment("2026-12-01T17:00:00Z"),
        "staffMemberIds": [DANA],
        "customers": [attendee()],
        **members,
    }


def bento(**members: object) -> Json:
    """A booking of the group service at the same time."""
    return {
        "serviceId": CATERED_BENTO,
        "start": moment("2026-12-01T16:00:00Z"),
        "end": moment("2026-12-01T16:30:00Z"),
        "staffMemberIds": [DANA],
        "customers": [attendee(customQuestionAnswers=[age()])],
        **members,
    }
