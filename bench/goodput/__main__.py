"""How many bookings a second get through a mailbox's four places: `python -m bench.goodput`.

Workers in processes of their own share Azurite's tables and book at the emulator of Graph, with its limit of
four requests at once per mailbox and `--latency` seconds for each. `--clients` visitors at a time book
`--bookings` starts, all different, at one mailbox or at ten; known customers have booked before. Who is
told to come again (`Retry-After`) does so then, for a minute.

The plain way of `bench/baseline` does the same in the same run: it makes one call for a booking where the
facade makes three or more, checks nothing, and comes again when the SDK sees fit. The limit is what the
places let through, 4 / (calls of a booking x latency) for each mailbox. `calls` leaves out those that were
answered with 429.

With `--throttle` Graph turns some calls away and lengthens the pause with every call that comes before it is
over (`bench/goodput/throttle.py`); counted is who learns the end, with and without shared pauses.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count, product
from pathlib import Path
from typing import Final

import httpx

from bench.goodput import report, shop, throttle, workers
from bench.goodput.load import PATIENCE, Clients, Door, client
from bench.goodput.report import Result, Setting
from devtools.chaos.cluster import Process, running_emulator
from devtools.graph_emulator.client import ControlClient

HANGS_FOR: Final = 60.0
KNOWN: Final = "known"
"""Customers with these names have booked in the rehearsal."""

CUSTOMERS: Final = (KNOWN, "new")
MAILBOXES: Final = (1, 10)
WORKERS: Final = (1, 3, 10)
AT_REHEARSAL: Final = 8
"""Clients of the rehearsal, which only brings workers and customers into place."""


class Bench:
    """Runs settings at one emulator; each run has shops that nobody has booked at."""

    def __init__(self, given: argparse.Namespace, control: ControlClient, http: httpx.AsyncClient) -> None:
        self._given = given
        self._control = control
        self._http = http
        self._unused = count()

    async def run(self, door: Door, setting: Setting) -> Result:
        """Rehearse without latency, so that each worker has booked at each shop, then measure."""
        given, shops = self._given, [next(self._unused) for _ in range(setting.mailboxes)]
        clients = Clients(self._http, door)
        rehearsed = max(given.bookings, setting.workers * len(shops))
        await clients.book(shops, rehearsed, AT_REHEARSAL, KNOWN, is_rehearsal=True)
        hanging, counted = shops[: setting.hanging], shops[setting.hanging :]
        each, at_each = given.bookings // len(shops), max(1, given.clients // len(shops))
        async with self._weather(hanging):
            elsewhere = asyncio.ensure_future(
                clients.book(hanging, each * len(hanging), at_each * len(hanging), setting.customers)
            )
            began = time.perf_counter()
            visitors, at_once = each * len(counted), at_each * len(counted)
            await clients.book(counted, visitors, at_once, setting.customers)
            statuses = await self._statuses(counted)
            elsewhere.cancel()
        told = [clients.told[one] for one in counted]
        return report.result(setting, told, statuses, began=began, latency=given.latency, visitors=visitors)

    @asynccontextmanager
    async def _weather(self, hanging: Sequence[int]) -> AsyncIterator[None]:
        """Latency for all, and mailboxes that do not answer, while the block lasts."""
        fault = {"operation": "*", "kind": "latency", "seconds": HANGS_FOR, "count": None}
        await self._control.switch(latency=self._given.latency)
        if hanging:
            await self._control.arm(*({**fault, "business": shop.mailbox(one)} for one in hanging))
        await self._control.forget_requests()
        yield
        await self._control.clear_faults()
        await self._control.switch(latency=0.0)

    async def _statuses(self, shops: Sequence[int]) -> Sequence[int]:
        """The status of every request about these shops."""
        names = {shop.mailbox(one) for one in shops}
        asked = (await self._control.requests())["requests"]
        return [one["status"] for one in asked if one["business"] in names]


async def measure(given: argparse.Namespace, folder: Path, emulator: Process) -> None:
    """Print the table: for each number of workers the plain way, then the facade."""
    async with ControlClient(emulator.root) as control, client() as http:
        await control.reset(empty=True)
        await control.seed(**shop.seed())
        report.head()
        for count_of_workers in given.workers:
            bench = Bench(given, control, http)
            settings = list(_settings(given, count_of_workers))
            plainly: dict[int, Result] = {}
            with workers.plain(folder, emulator, count_of_workers) as door:
                for one in settings:
                    if one.mailboxes not in plainly:
                        plainly[one.mailboxes] = await bench.run(door, replace(one, customers="any"))
                        report.row(replace(one, customers="any"), "plain", plainly[one.mailboxes])
            with workers.facades(folder, emulator, count_of_workers) as door:
                for one in settings:
                    report.row(one, "facade", await bench.run(door, one), plainly[one.mailboxes])
            await control.reset(empty=True)
            await control.seed(**shop.seed())


def _settings(given: argparse.Namespace, count_of_workers: int) -> Iterator[Setting]:
    for mailboxes, customers in product(given.mailboxes, given.customers):
        yield Setting(count_of_workers, customers, mailboxes, min(given.hanging, mailboxes - 1))


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is asked for; everything by default."""
    parser = argparse.ArgumentParser(prog="bench.goodput", description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS)
    parser.add_argument("--customers", nargs="+", choices=CUSTOMERS, default=CUSTOMERS)
    parser.add_argument("--mailboxes", type=int, nargs="+", default=MAILBOXES)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds of each call to Graph")
    parser.add_argument("--clients", type=int, default=24, help="visitors at a time")
    parser.add_argument("--bookings", type=int, default=60, help="visitors of a run")
    parser.add_argument("--hanging", type=int, default=0, help="mailboxes that do not answer, of several")
    throttled = parser.add_argument_group("throttle", throttle.__doc__)
    throttled.add_argument("--throttle", action="store_true")
    throttled.add_argument("--pauses", nargs="+", choices=throttle.PAUSES, default=throttle.PAUSES)
    throttled.add_argument("--retry-after", type=float, default=1.0, help="seconds of a pause")
    throttled.add_argument("--turned-away", type=float, default=0.05, help="the share of calls")
    throttled.add_argument("--patience", type=float, default=PATIENCE, help="seconds of each visitor")
    given = parser.parse_args(argv)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{os.cpu_count()} processors, load before: {load}\n")
    with tempfile.TemporaryDirectory(prefix="goodput-") as name:
        folder = Path(name)
        with running_emulator(folder) as emulator:
            asyncio.run((throttle.measure if given.throttle else measure)(given, folder, emulator))
    return 0


if __name__ == "__main__":
    sys.exit(main())
