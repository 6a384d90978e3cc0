"""`make compare`: the same races, lost answers and double clicks for the facade and for the plain way.

Both run behind the same host, in front of the same emulator of Microsoft Graph. Prints a table in Markdown
and ends with 1 where the facade did any harm.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack

import httpx

from devtools.compare.audit import Outcome
from devtools.compare.scenarios import Side, happen, scenarios
from devtools.compare.shop import ALIAS, MAILBOX
from devtools.graph_emulator.client import ControlClient
from devtools.processes import ROOT, Part, RunError, emulator_part, free_port, running

KEY = "compare"
FIGURES = ("confirmed", "doubles", "lost", "oversold")
HEAD = ("", *(f"{side}: {figure}" for side in ("facade", "plain") for figure in FIGURES))


def _part(name: str, app: str, port: int, emulator: ControlClient) -> Part:
    environment = {
        **os.environ,
        **emulator.identity_environment,
        "GRAPH_BASE_URL": emulator.graph_root,
        "BOOKING_BUSINESS": MAILBOX,
        "BOOKING_BUSINESSES": json.dumps({ALIAS: MAILBOX}),
        "HUMAN_CHECK": "off",
        "STORE": "memory",
        "FUNCTIONS_HOST_KEYS": json.dumps({"default": KEY}),
    }
    command = [
        sys.executable, "-m", "devtools.functions_host", "--app", str(ROOT / app), "--port", str(port),
        "--run-timers", "false", "--log-level", "ERROR",
    ]  # fmt: skip
    return Part(name, command, environment, f"tcp://127.0.0.1:{port}")


async def _compare(size: int, emulator: ControlClient, ports: Sequence[int]) -> Outcome:
    """Print a line for each scenario; what the facade has done in all."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(emulator)
        sides = [
            Side(name, await stack.enter_async_context(_client(port)))
            for name, port in zip(("facade", "plain"), ports, strict=True)
        ]
        _line(HEAD)
        _line(["---", *["---:"] * (2 * len(FIGURES))])
        sums = [Outcome(), Outcome()]
        for scenario in scenarios(size):
            found = [await happen(scenario, side, emulator) for side in sides]
            sums = [before + now for before, now in zip(sums, found, strict=True)]
            _line([scenario.title, *_figures(found)])
        _line(["**all**", *_figures(sums)])
    return sums[0]


def _client(port: int) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None)
    headers = {"x-functions-key": KEY}
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60, limits=limits)


def _figures(found: Sequence[Outcome]) -> list[str]:
    return [str(figure) for one in found for figure in one.figures]


def _line(cells: Sequence[str]) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Read the command line, run both sides, and stop what was started."""
    parser = argparse.ArgumentParser(prog="devtools.compare", description=__doc__)
    parser.add_argument("--people", type=int, default=10, help="in each scenario")
    size: int = parser.parse_args(argv).people
    ports = [free_port() for _ in range(3)]
    emulator = ControlClient(f"http://127.0.0.1:{ports[0]}")
    parts = [
        emulator_part(ports[0], os.environ),
        _part("facade", "function_app.py", ports[1], emulator),
        _part("plain way", "devtools/compare/plain.py", ports[2], emulator),
    ]
    try:
        with ExitStack() as stack:
            for part in parts:
                stack.enter_context(running(part))
            found = asyncio.run(_compare(size, emulator, ports[1:]))
    except RunError as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if found.is_harmless else 1


if __name__ == "__main__":
    sys.exit(main())
