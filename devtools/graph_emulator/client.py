"""A small client of the control plane, for tests and for the local run."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import httpx

from devtools.graph_emulator.tokens import IDENTITY_HEADER, IDENTITY_PATH

Json = dict[str, Any]


class Refused(Exception):
    """The control plane did not take the request; the message says why."""


class ControlClient:
    """Sets and reads the emulator at `root` (`http://127.0.0.1:7072`); every method is one request."""

    def __init__(self, root: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.root = root.rstrip("/")
        self._http = httpx.AsyncClient(base_url=f"{self.root}/_emulator/", transport=transport, timeout=30)

    async def __aenter__(self) -> Self:
        """Nothing is sent yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._http.aclose()

    @property
    def graph_root(self) -> str:
        """The base URL for the Graph SDK."""
        return f"{self.root}/beta"

    @property
    def identity_environment(self) -> dict[str, str]:
        """The environment in which azure-identity finds the emulator's managed identity endpoint."""
        return {"IDENTITY_ENDPOINT": f"{self.root}{IDENTITY_PATH}", "IDENTITY_HEADER": IDENTITY_HEADER}

    async def reset(self, *, empty: bool = False) -> None:
        """Begin anew with the default seed, or with nothing."""
        await self._send("POST", "reset", {"empty": empty})

    async def seed(self, **members: object) -> Json:
        """Add or change entities; answers with their ids by business."""
        return await self._send("POST", "seed", members)

    async def set_clock(self, now: str) -> None:
        """Stop the clock at an ISO 8601 time with its offset."""
        await self._send("POST", "clock", {"mode": "fixed", "now": now})

    async def move_clock(self, seconds: float) -> None:
        """Let the clock run ahead of real time by so much."""
        await self._send("POST", "clock", {"mode": "offset", "seconds": seconds})

    async def arm(self, *faults: Json) -> None:
        """Order bad weather."""
        await self._send("POST", "faults", {"faults": list(faults)})

    async def faults(self) -> list[Json]:
        """The armed faults, with how often each has struck."""
        armed: list[Json] = (await self._send("GET", "faults"))["faults"]
        return armed

    async def clear_faults(self) -> None:
        """Fair weather."""
        await self._send("DELETE", "faults")

    async def decline(self, business: str, appointment_id: str) -> None:
        """Have a member of staff decline an appointment."""
        await self._send("POST", "decline", {"business": business, "appointment": appointment_id})

    async def switch(self, **switches: object) -> Json:
        """Set switches; answers with all of them."""
        return await self._send("POST", "switches", switches)

    async def catch_up(self) -> None:
        """Lists show now what they were to show late."""
        await self._send("DELETE", "lag")

    async def identity(self, **members: object) -> Json:
        """Set what the managed identity is and may do."""
        return await self._send("POST", "identity", members)

    async def issue_token(self, **claims: object) -> str:
        """A signed token for Graph with these claims replaced, or left out where None."""
        return str((await self._send("POST", "identity/issue", claims))["access_token"])

    async def token(self, resource: str = "https://graph.microsoft.com") -> str:
        """The token that the managed identity endpoint gives for a resource."""
        query = urlencode({"api-version": "2019-08-01", "resource": resource})
        headers = {"X-IDENTITY-HEADER": IDENTITY_HEADER}
        answer = await self._http.get(f"identity/token?{query}", headers=headers)
        return str(answer.raise_for_status().json()["access_token"])

    async def state(self) -> Json:
        """Everything that the emulator holds."""
        return await self._send("GET", "state")

    async def appointments(self, business: str) -> list[Json]:
        """All appointments of a business in full, whatever lists would show."""
        found: list[Json] = (await self.state())["businesses"][business.lower()]["appointments"]
        return found

    async def requests(self) -> Json:
        """The request log, the counts by operation, and the most calls seen at once by business."""
        return await self._send("GET", "requests")

    async def forget_requests(self) -> None:
        """Empty the request log."""
        await self._send("DELETE", "requests")

    async def edit(self, *edits: Json) -> Json:
        """Have the staff edit the calendar by hand; answers with what is done and how many edits wait."""
        return await self._send("POST", "edits", {"edits": list(edits)})

    async def edits(self) -> list[Json]:
        """The edits that were done, in order, each with what it did to whom."""
        done: list[Json] = (await self._send("GET", "edits"))["done"]
        return done

    async def _send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Json:
        answer = await self._http.request(method, path, json=body)
        if answer.status_code != httpx.codes.OK:
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text}")
        value: Json = answer.json()
        return value
