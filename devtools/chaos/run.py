"""One run: book everything in the plan while the plan's bad luck strikes, settle, and audit."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final

import httpx

from devtools.chaos import scene
from devtools.chaos.audit import Told, audit
from devtools.chaos.clients import Clients
from devtools.chaos.cluster import Cluster, Timings
from devtools.chaos.plan import Blow, Plan
from devtools.graph_emulator.client import ControlClient
from devtools.progress import Progress

VISIBILITY_DELAY: Final = 0.5
"""Seconds for which lists do not show a write; less than the facade's LIST_LAG_SECONDS."""

SETTLE_EVERY: Final = 1.0

STUCK_AFTER: Final = 300.0
"""Seconds: far more than any doubt lasts, even on a machine that has much else to do."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found; `broken` is empty where every promise was kept."""

    seed: int
    seconds: float
    told: Sequence[Told]
    broken: Sequence[str]
    struck: Mapping[str, int]
    kills: int

    def __str__(self) -> str:
        endings = Counter(one.ending for one in self.told)
        codes = sum((one.codes for one in self.told), Counter[str]())
        lines = [
            f"seed {self.seed}: {len(self.told)} intents in {self.seconds:.0f} s, {self.kills} kills",
            f"endings: {_listed(endings)}",
            f"refused to one client, confirmed to another that asked on: {_refused_first(self.told)}",
            f"answers: {_listed(codes)}",
            f"faults that struck: {_listed(self.struck)}",
            f"broken promises: {len(self.broken)}",
        ]
        return "\n".join([*lines, *(f"  {one}" for one in self.broken[:50])])


def _refused_first(told: Sequence[Told]) -> str:
    names = [one.name for one in told if one.refused and one.confirmed]
    return f"{len(names)} {', '.join(names[:10])}".rstrip()


def _listed(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {count}" for name, count in ordered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A plan on a cluster; `at_once` intents are under way at a time."""

    plan: Plan
    cluster: Cluster
    timings: Timings
    at_once: int = 32

    async def __call__(self) -> Report:
        """Run the plan to its end."""
        began = monotonic()
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
        async with ControlClient(self.cluster.emulator.root) as emulator:
            await self._prepare(emulator)
            async with httpx.AsyncClient(limits=limits, trust_env=False) as http:
                told = await self._book(emulator, http)
            state = await emulator.state()
            struck = _struck(state["faults"])
        businesses = {box: one for box, one in state["businesses"].items() if box.startswith("chaos-")}
        kills = sum(blow.kill is not None for blow in self.plan.blows)
        return Report(self.plan.seed, monotonic() - began, told, audit(told, businesses), struck, kills)

    async def _prepare(self, emulator: ControlClient) -> None:
        await emulator.reset(empty=True)
        await emulator.seed(**scene.seed(self.plan.known))
        await emulator.switch(
            visibility_delay=VISIBILITY_DELAY, calendar_page_size=50, throttle_retry_after=0.1
        )

    async def _book(self, emulator: ControlClient, http: httpx.AsyncClient) -> Sequence[Told]:
        """Everybody's answers, once nothing is left that the timer could settle."""
        roots = [facade.root for facade in self.cluster.facades]
        clients = Clients(http, roots, self.plan.seed, STUCK_AFTER)
        timer = asyncio.create_task(self._settle(http, roots))
        try:
            with Progress("intents ended:", len(self.plan.intents)) as progress:
                told = await self._everybody(emulator, clients, progress)
            await asyncio.sleep(self._quiet())
        finally:
            timer.cancel()
        return told

    async def _everybody(self, emulator: ControlClient, clients: Clients, progress: Progress) -> list[Told]:
        gate, luck = asyncio.Semaphore(self.at_once), _Luck(self.plan.blows)
        visits: list[asyncio.Task[Told]] = []
        async with asyncio.TaskGroup() as replacements, asyncio.TaskGroup() as customers:
            for intent in self.plan.intents:
                await gate.acquire()
                for blow in luck.until(intent.number):
                    if blow.fault is not None:
                        await emulator.arm(blow.fault)
                    elif blow.kill is not None:
                        replacements.create_task(self.cluster.replace(blow.kill))
                visits.append(customers.create_task(clients.book(intent)))
                visits[-1].add_done_callback(lambda _: gate.release())
                visits[-1].add_done_callback(lambda _: progress.step())
        return [visit.result() for visit in visits]

    async def _settle(self, http: httpx.AsyncClient, roots: Sequence[str]) -> None:
        """Fire the timer function, each time in another process."""
        dice = random.Random(self.plan.seed)  # noqa: S311 - a plan, no secret
        while True:
            with suppress(httpx.TransportError):
                await http.post(f"{dice.choice(roots)}/admin/functions/settle", json={}, timeout=10)
            await asyncio.sleep(SETTLE_EVERY)

    def _quiet(self) -> float:
        """Seconds after which the timer has settled even what the last killed process began."""
        lease = self.timings.request_budget + self.timings.lock_wait
        return lease + self.timings.lock_life + 2 * self.timings.list_lag + 3 * SETTLE_EVERY


class _Luck:
    """The blows in the order of their time."""

    def __init__(self, blows: Sequence[Blow]) -> None:
        self._left = list(reversed(blows))

    def until(self, number: int) -> list[Blow]:
        """Those that strike before intent `number` begins."""
        due: list[Blow] = []
        while self._left and self._left[-1].at <= number:
            due.append(self._left.pop())
        return due


def _struck(faults: Sequence[Mapping[str, object]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for one in faults:
        what = one["status"] if one["kind"] == "status" else one["kind"]
        counts[f"{what} {one['when']} {one['operation']}"] += int(str(one["struck"]))
    return counts
