"""A facade whose clock a test moves, with the limits and the check for humans that the test wants."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx

from shared.api.admission.visitors import Admission, Challenge, ChallengeScope
from shared.api.responses.challenge import ChallengeOff
from shared.bootstrap import App, assemble, gateway
from shared.domain.limits import Limit, limits
from shared.settings import Settings
from shared.tables.memory import MemoryOnce, memory_stores
from tests.support.facade import BUSINESS, MAILBOX, Facade, booking, serve

HOME = {"x-forwarded-for": "203.0.113.7:1"}
ELSEWHERE = {"x-forwarded-for": "198.51.100.9:1"}
URL = f"/api/v1/businesses/{BUSINESS}/bookings"
NEVER = datetime(2100, 1, 1, tzinfo=UTC)


class Hands:
    """A clock that is set by hand."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


class Proofs:
    """A check that passes what begins with `proof`, to one owner each, as every check does."""

    asks = True

    def __init__(self) -> None:
        self._once = MemoryOnce()

    async def challenge(self, scope: ChallengeScope) -> Challenge:  # noqa: ARG002 (the protocol's)
        """Nothing that anybody would have to work for."""
        return ChallengeOff(kind="off")

    async def passed(self, solution: str | None, scope: ChallengeScope, owner: str) -> bool:  # noqa: ARG002 (as above)
        """Whether nobody else has used this proof."""
        if solution is None or not solution.startswith("proof"):
            return False
        return await self._once.claim(solution, owner, NEVER)


class Door:
    """The app behind the route table, assembled anew with other limits, and with a check where one `asks`."""

    def __init__(self, facade: Facade, changes: Mapping[str, Limit], *, asks: bool) -> None:
        settings = Settings.from_environ(os.environ).model_copy(update={"limits": limits(changes)})
        graph = gateway(settings)
        self.facade, self.clock = facade, Hands()
        self.app: App = assemble(settings, graph, memory_stores(), self.clock, (graph.aclose,))
        serve(facade.module, self.app)
        if asks:
            self.admission.human = Proofs()

    @property
    def admission(self) -> Admission:
        """What lets visitors in."""
        return self.app.handlers.admission

    async def book(
        self, headers: Mapping[str, str] = HOME, key: str | None = None, **changes: object
    ) -> httpx.Response:
        """POST the usual booking with changes."""
        sent = {**headers, **({} if key is None else {"Idempotency-Key": key})}
        return await self.facade.http.post(URL, json=booking(**changes), headers=sent)

    async def cancel_by_staff(self) -> None:
        """The staff remove everything from the calendar."""
        control = self.facade.emulator
        for one in await self.facade.appointments():
            path = f"solutions/bookingBusinesses/{MAILBOX}/appointments/{one['id']}"
            async with httpx.AsyncClient() as http:
                headers = {"Authorization": f"Bearer {await control.token()}"}
                (await http.delete(f"{control.graph_root}/{path}", headers=headers)).raise_for_status()
