"""The control plane under `/_emulator`: everything that a test, or a person with curl, may set and read."""

import json
from collections.abc import Callable
from typing import Any

from devtools.graph_emulator.appointments import decline_appointment
from devtools.graph_emulator.default_seed import DEFAULT_SEED
from devtools.graph_emulator.exchange import Json, Reply, Request, json_reply
from devtools.graph_emulator.faults import read_fault
from devtools.graph_emulator.seed import apply_seed
from devtools.graph_emulator.staff_edits import read_edit
from devtools.graph_emulator.world import World

PREFIX = "_emulator"


def new_world(*, empty: bool = False) -> World:
    """A fresh world with the default seed, or with nothing in it."""
    world = World()
    if not empty:
        apply_seed(world.tenant, DEFAULT_SEED)
    return world


class Control:
    """Answers the control plane's requests; owns the present world, since a reset replaces it."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or new_world()
        self._routes: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", ""): self._index,
            ("GET", "health"): lambda _: {"status": "ready"},
            ("POST", "reset"): self._reset,
            ("POST", "seed"): lambda body: apply_seed(self.world.tenant, body),
            ("GET", "clock"): lambda _: self.world.clock.describe(),
            ("POST", "clock"): self._set_clock,
            ("GET", "faults"): lambda _: {"faults": self.world.weather.describe()},
            ("POST", "faults"): self._arm,
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "decline"): self._decline,
            ("GET", "state"): lambda _: self._state(),
            ("GET", "switches"): lambda _: self.world.switches.describe(),
            ("POST", "switches"): self._set_switches,
            ("DELETE", "lag"): self._catch_up,
            ("GET", "requests"): lambda _: self._requests(),
            ("DELETE", "requests"): self._clear_requests,
            ("GET", "identity"): lambda _: self.world.identity.describe(),
            ("POST", "identity"): self._set_identity,
            ("POST", "identity/issue"): lambda body: {"access_token": self.world.identity.issue(body)},
            ("GET", "edits"): lambda _: self.world.staff_edits.describe(),
            ("POST", "edits"): self._edit,
        }

    def answer(self, request: Request) -> Reply:
        """The answer: 200 with JSON, 400 with what is wrong, 404 with the routes that there are."""
        name = "/".join(request.segments[1:])
        if (request.method, name) == ("GET", "identity/token"):
            return self.world.identity.answer(request)
        route = self._routes.get((request.method, name))
        if route is None:
            return json_reply(404, {"error": f"no {request.method} {name}", **self._index(None)})
        try:
            return json_reply(200, route(json.loads(request.body) if request.body else {}))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return json_reply(400, {"error": f"{type(error).__name__}: {error}"})

    def _index(self, _body: object) -> Json:
        return {"routes": sorted(f"{method} /{PREFIX}/{name}" for method, name in self._routes)}

    def _reset(self, body: Json) -> Json:
        """Everything anew; requests still under way finish in the old world, where nobody sees them."""
        self.world = new_world(empty=bool(body.get("empty", False)))
        return {"reset": True}

    def _set_clock(self, body: Json) -> Json:
        self.world.clock.set(body)
        return self.world.clock.describe()

    def _arm(self, body: Json | list[Json]) -> Json:
        listed = body.get("faults", [body]) if isinstance(body, dict) else body
        self.world.weather.arm([read_fault(each) for each in listed])
        return {"faults": self.world.weather.describe()}

    def _clear_faults(self, _body: object) -> Json:
        self.world.weather.clear()
        return {"faults": []}

    def _decline(self, body: Json) -> Json:
        business = self.world.tenant.businesses[body["business"].lower()]
        decline_appointment(self.world, business, body["appointment"])
        return {"declined": body["appointment"]}

    def _set_switches(self, body: Json) -> Json:
        self.world.switches.update(body)
        return self.world.switches.describe()

    def _catch_up(self, _body: object) -> Json:
        """Lists show what they hid; what is written from now on is seen late as before."""
        for business in self.world.tenant.businesses.values():
            business.catch_up()
        return self.world.switches.describe()

    def _set_identity(self, body: Json) -> Json:
        self.world.identity.update(body)
        return self.world.identity.describe()

    def _state(self) -> Json:
        world = self.world
        return {
            "businesses": world.tenant.describe(),
            "outbox": world.outbox.messages,
            "clock": world.clock.describe(),
            "switches": world.switches.describe(),
            "faults": world.weather.describe(),
            "edits": world.staff_edits.describe(),
            **self._requests(),
        }

    def _requests(self) -> Json:
        throttle = self.world.throttle
        peaks = {"maximumInFlight": throttle.peak, "inFlight": throttle.in_flight}
        peaks["early"] = dict(throttle.early)
        peaks["answeredButNotDone"] = self.world.weather.under_way
        return {**self.world.journal.describe(), **peaks}

    def _clear_requests(self, _body: object) -> Json:
        self.world.journal.clear()
        self.world.throttle.peak.clear()
        self.world.throttle.early.clear()
        return self._requests()

    def _edit(self, body: Json) -> Json:
        """Queue edits by the staff; those whose moment is now are done at once."""
        world = self.world
        world.staff_edits.ask([read_edit(each) for each in body["edits"]])
        for business in world.tenant.businesses.values():
            world.staff_edits.act(world.tenant, business, world.switches.visibility_delay)
        return world.staff_edits.describe()
