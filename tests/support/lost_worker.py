"""A facade whose worker can be killed between Graph's commit and the answer; its host starts another one.

The state is in tables, as in Azure: what a worker knew is gone, what it wrote down is not.
"""

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psutil

from devtools.graph_emulator.tokens import IDENTITY_HEADER, IDENTITY_PATH
from tests.support.azurite_server import Azurite
from tests.support.facade import KEY
from tests.support.servers import free_port, server

# As the defaults in relation to each other, but short: a lost record is looked at again after seconds.
TIMES = {
    "REQUEST_BUDGET_SECONDS": "6",
    "GRAPH_CALL_SECONDS": "4",
    "LOCK_WAIT_SECONDS": "0.8",
    "LOCK_LIFE_SECONDS": "11",
    "LIST_LAG_SECONDS": "0.5",
}


@dataclass(frozen=True, slots=True)
class Facade:
    """A facade, the emulator behind it, and the process of its host."""

    root: str
    emulator: str
    host: int

    def bookings(self, email: str) -> list[dict[str, Any]]:
        """The appointments in which somebody with this e-mail address is."""
        state = httpx.get(f"{self.emulator}/_emulator/state", timeout=10, trust_env=False).json()
        appointments = [a for business in state["businesses"].values() for a in business["appointments"]]
        return [a for a in appointments if any(c.get("emailAddress") == email for c in a["customers"])]

    @contextmanager
    def loses_its_worker(self, email: str) -> Iterator[None]:
        """Within: as soon as this person's appointment is in the calendar, the worker is killed, once."""
        held = {"operation": "appointments.create", "kind": "latency", "when": "after", "seconds": 3}
        faults = f"{self.emulator}/_emulator/faults"
        httpx.post(faults, json={"faults": [held]}, timeout=10, trust_env=False).raise_for_status()
        killed = threading.Event()
        over = threading.Event()

        def kill() -> None:
            while not self.bookings(email):
                if over.is_set():
                    return
                time.sleep(0.01)
            for worker in psutil.Process(self.host).children():
                worker.kill()
            killed.set()

        watch = threading.Thread(target=kill)
        watch.start()
        try:
            yield
        finally:
            over.set()
            watch.join()
        assert killed.is_set(), "nothing was booked, so nothing was lost"


@contextmanager
def losing_facade(emulator: str, azurite: Azurite, **settings: str) -> Iterator[Facade]:
    """A facade in front of this emulator, with its worker in a process of its own."""
    environment = {
        "BOOKING_BUSINESSES": json.dumps({"contoso-lunch": "contosolunchdelivery@contoso.com"}),
        "BOOKING_SECRET": "lost-worker-lost-worker-lost-worker-",
        "GRAPH_BASE_URL": f"{emulator}/beta",
        **azurite.environment,
        "IDENTITY_ENDPOINT": f"{emulator}{IDENTITY_PATH}",
        "IDENTITY_HEADER": IDENTITY_HEADER,
        "STORE": "tables",
        "TABLES_ENDPOINT": azurite.endpoint,
        "HUMAN_CHECK": "off",
        "FUNCTIONS_HOST_KEYS": json.dumps({"default": KEY}),
        **TIMES,
        **settings,
    }
    port = free_port()
    command = ["-m", "devtools.functions_host", "--port", str(port), "--worker", "separate"]
    root = f"http://127.0.0.1:{port}"
    with server([sys.executable, *command], f"{root}/api/health/live", environment) as running:
        yield Facade(root, emulator, running.process.pid)
