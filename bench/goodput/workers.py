"""The workers: facades that share Azurite's tables, and plain apps, in processes of their own."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.goodput import shop
from bench.goodput.load import Door
from devtools.chaos.cluster import KEYS, ROOT, Process, facade, function_key, running
from devtools.graph_emulator.tokens import IDENTITY_HEADER, IDENTITY_PATH
from tests.support.azurite_server import running_azurite

HEALTH = "/admin/host/ping"
"""Answered by the local host itself, whatever the app."""

SHARED = "shared"
FACADE = ROOT / "function_app.py"
APART = ROOT / "bench" / "goodput" / "pauses_apart.py"


@contextmanager
def facades(folder: Path, emulator: Process, count: int, pauses: str = SHARED) -> Iterator[Door]:
    """So many facades in front of the emulator, with tables of their own; see `pauses_apart` for others."""
    with running_azurite() as azurite:
        tables = {"STORE": "tables", "TABLES_ENDPOINT": azurite.endpoint, **azurite.environment}
        own = {
            "BOOKING_SECRET": "goodput-goodput-goodput-goodput-goodput",
            "HUMAN_CHECK": "off",
            "LIMITS": json.dumps({"partner": {"minute": None}}),
            "PAUSES": pauses,
            **tables,
        }
        environment = {**_environment(emulator), **own}
        with _running(folder, FACADE if pauses == SHARED else APART, count, environment) as roots:
            yield Door("/api/v1/partner/businesses/{business}/bookings", roots)


@contextmanager
def plain(folder: Path, emulator: Process, count: int) -> Iterator[Door]:
    """So many plain apps, which need no tables."""
    own = {"BOOKING_STAFF": shop.STAFF[0], "GRAPH_HOST": "127.0.0.1"}
    environment = {**_environment(emulator), **own}
    with _running(folder, ROOT / "bench" / "baseline" / "function_app.py", count, environment) as roots:
        yield Door("/api/v1/businesses/{business}/bookings", roots)


@contextmanager
def _running(folder: Path, app: Path, count: int, environment: Mapping[str, str]) -> Iterator[Sequence[str]]:
    workers = [facade(folder, number, environment, app) for number in range(count)]
    for one in workers:
        one.health = HEALTH
    with running(workers):
        yield [one.root for one in workers]


def _environment(emulator: Process) -> Mapping[str, str]:
    return {
        "BOOKING_BUSINESSES": json.dumps({shop.alias(n): shop.mailbox(n) for n in range(shop.SHOPS)}),
        "GRAPH_BASE_URL": f"{emulator.root}/beta",
        "IDENTITY_ENDPOINT": emulator.root + IDENTITY_PATH,
        "IDENTITY_HEADER": IDENTITY_HEADER,
        "FUNCTIONS_HOST_KEYS": json.dumps({f"client-{n}": function_key(n) for n in range(KEYS)}),
    }
