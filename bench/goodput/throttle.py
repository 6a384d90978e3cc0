"""Whether bookings get through a throttle that early calls lengthen, with and without shared pauses.

One call of twenty is turned away (`--turned-away`), which closes the mailbox for `--retry-after` seconds, and
whoever comes before they are over begins them anew. An intent ends with a booking or a refusal; who was only
told to come again gives up after `--patience` seconds.
"""

import argparse
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count, product
from pathlib import Path
from typing import Final

from bench.goodput import report, shop, workers
from bench.goodput.load import GIVEN_UP, Clients, Told, client
from devtools.chaos.cluster import Process
from devtools.graph_emulator.client import ControlClient

PAUSES: Final = (workers.SHARED, "worker", "call")
"""Whose a pause is: the mailbox's before all workers, each worker's own, each call's own."""

NEWS: Final = 0.5
"""Seconds that a pause may take to be known to all workers, on a machine that has much else to do."""

AT_REHEARSAL: Final = 8


@dataclass(frozen=True, slots=True)
class Found:
    """One run: `turned_away` are all answers of 429, `early` the calls in a pause, as the emulator counts.

    `too_early` came when all should have known: later than NEWS after the pause had begun.
    """

    visitors: int
    told: Told
    turned_away: int
    early: int
    too_early: int

    @property
    def ended(self) -> int:
        """How many visitors know whether they have a booking."""
        return self.visitors - self.told.answers[GIVEN_UP]


HEAD = (
    "workers", "pauses", "intents ended", "confirmed", "429", "early", f"after {NEWS:g} s",
    "longest s", "other answers",
)  # fmt: skip


async def measure(given: argparse.Namespace, folder: Path, emulator: Process) -> None:
    """Print the table, each run at a shop that nobody has booked at."""
    async with ControlClient(emulator.root) as control, client() as http:
        await control.reset(empty=True)
        await control.seed(**shop.seed())
        report.line(HEAD)
        report.line(["---"] * len(HEAD))
        for one, (number, pauses) in zip(count(), product(given.workers, given.pauses), strict=False):
            with workers.facades(folder, emulator, number, pauses) as door:
                clients = Clients(http, door, given.patience)
                _row(number, pauses, await _run(given, control, clients, one, number))


async def _run(
    given: argparse.Namespace, control: ControlClient, clients: Clients, one: int, number: int
) -> Found:
    """Let every worker book in fair weather, then everybody under the throttle."""
    await clients.book([one], max(AT_REHEARSAL, number), AT_REHEARSAL, "known", is_rehearsal=True)
    async with _throttle(given, control):
        await clients.book([one], given.bookings, given.clients, "new")
        log = await control.requests()
    asked = [each for each in log["requests"] if each["business"] == shop.mailbox(one)]
    turned_away = [
        datetime.fromisoformat(each["time"]).timestamp()
        for each in asked
        if each["status"] == report.THROTTLED
    ]
    early = log["early"].get(shop.mailbox(one), 0)
    too_early = unheard(turned_away, given.retry_after)
    return Found(given.bookings, clients.told[one], len(turned_away), early, len(too_early))


@asynccontextmanager
async def _throttle(given: argparse.Namespace, control: ControlClient) -> AsyncIterator[None]:
    fault = {"kind": "status", "status": report.THROTTLED, "retryAfter": given.retry_after}
    weather = {"latency": given.latency, "throttle_retry_after": given.retry_after}
    await control.switch(throttle_lengthens=True, **weather)
    await control.arm({**fault, "probability": given.turned_away})
    await control.forget_requests()
    yield
    await control.clear_faults()
    await control.switch(throttle_lengthens=False, latency=0.0)


def unheard(turned_away: Sequence[float], retry_after: float) -> Sequence[float]:
    """The calls in a pause that had begun more than NEWS before, of all that were turned away; in seconds."""
    found, began, ends = [], 0.0, 0.0
    for at in sorted(turned_away):
        began = at if at >= ends else began
        if at > began + NEWS:
            found.append(at)
        ends = at + retry_after
    return found


def _row(number: int, pauses: str, found: Found) -> None:
    told = found.told
    longest = max((*told.waits, *told.refused), default=float("nan"))
    others = ", ".join(f"{times} x {answer}" for answer, times in sorted(told.answers.items()))
    report.line([
        f"{number}", pauses, f"{found.ended} of {found.visitors}", f"{len(told.ends)}",
        f"{found.turned_away}", f"{found.early}", f"{found.too_early}", f"{longest:.1f}", others,
    ])  # fmt: skip
