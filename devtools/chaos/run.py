"""One run: book everything in the plan while the plan's bad luck strikes, settle, and audit."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

import httpx

from devtools.chaos import scene
from devtools.chaos.audit import audit
from devtools.chaos.blows import Blow
from devtools.chaos.by_hand import ByHand
from devtools.chaos.changes import Change
from devtools.chaos.clients import Clients
from devtools.chaos.cluster import Cluster, Timings
from devtools.chaos.places import Seen, Watch, audit_places
from devtools.chaos.plan import Intent, Plan
from devtools.chaos.told import Told
from devtools.graph_emulator.client import ControlClient
from devtools.progress import Progress
from shared.graph.board import LEASE
from shared.graph.kept_board import Boards

Json = dict[str, Any]

VISIBILITY_DELAY: Final = 0.5
"""Seconds for which lists do not show a write, at first; always less than the facade's LIST_LAG_SECONDS."""

SETTLE_EVERY: Final = 1.0

QUIET_BESIDES: Final = 0.5
"""Seconds beyond a request's budget in which what it read may still be written."""

FROZEN_BESIDES: Final = 2.0
"""Seconds for which a frozen worker stands still beyond the life of its locks."""

STUCK_AFTER: Final = 300.0
"""Seconds: far more than any doubt lasts, even on a machine that has much else to do."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found; `broken` is empty where every promise was kept.

    `armed` and `struck` count the blows by their kind; `wanted` is how many changes were
    planned, `remained` is what was broken by edits of the staff
    where Graph lets nobody notice them. `places` is what was seen of the boards that workers share.
    """

    seed: int
    seconds: float
    told: Sequence[Told]
    broken: Sequence[str]
    armed: Mapping[str, int]
    struck: Mapping[str, int]
    wanted: int = 0
    remained: Sequence[str] = ()
    places: Seen = field(default_factory=Seen)

    def __str__(self) -> str:
        endings = Counter(one.ending for one in self.told)
        changes = [change for one in self.told for change in one.changes]
        changed = Counter(f"{one.does} {one.ending}" for one in changes)
        answers = [one.codes for one in self.told] + [one.codes for one in changes]
        codes = sum(answers, Counter[str]())
        kinds = [f"  {kind:20} {self.struck.get(kind, 0):6} of {count}" for kind, count in self.armed.items()]
        lines = [
            f"seed {self.seed}: {len(self.told)} bookings and {self.wanted} changes in {self.seconds:.0f} s",
            f"endings: {_listed(endings)}",
            f"changes of {len(changes)} that stood: {_listed(changed)}",
            f"refused to one client, confirmed to another that asked on: {_refused_first(self.told)}",
            f"answers: {_listed(codes)}",
            f"{self.places}",
            "what struck, and how many blows were meant (a blow may strike up to eight times):",
            *kinds,
            f"what edits in the two windows left behind: {len(self.remained)}",
            *(f"  {one}" for one in self.remained[:50]),
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

    async def __call__(self, boards: Boards | None = None) -> Report:
        """Run the plan to its end; `boards` are those on which the facades share places."""
        began, watch = monotonic(), Watch(boards, scene.mailboxes())
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
        async with ControlClient(self.cluster.emulator.root) as emulator:
            await self._prepare(emulator)
            async with httpx.AsyncClient(limits=limits, trust_env=False) as http:
                async with watch.looking():
                    told, faults = await self._book(emulator, http)
                await watch.enter(LEASE + self.timings.request_budget)
            state = await emulator.state()
        struck = _labelled(faults) + _labelled(await self._storage_faults())
        seconds = monotonic() - began
        return report_of(self.plan, told, state, struck=struck, places=watch.seen, seconds=seconds)

    async def _prepare(self, emulator: ControlClient) -> None:
        await emulator.reset(empty=True)
        await emulator.seed(**scene.seed(self.plan.known, self.plan.blocks))
        await emulator.switch(
            visibility_delay=VISIBILITY_DELAY, calendar_page_size=50, throttle_retry_after=0.1
        )

    async def _book(
        self, emulator: ControlClient, http: httpx.AsyncClient
    ) -> tuple[Sequence[Told], Sequence[Json]]:
        """Everybody's answers, once nothing is left that the timer could settle, and Graph's faults."""
        roots = [facade.root for facade in self.cluster.facades]
        clients = Clients(http, self.cluster.facades, self.plan.seed, STUCK_AFTER)
        timer = asyncio.create_task(self._settle(http, roots))
        try:
            with Progress("intents ended:", len(self.plan.in_order)) as progress:
                told = await self._everybody(emulator, clients, progress)
            await asyncio.sleep(self._quiet())
            faults: list[Json] = (await emulator.state())["faults"]
            await emulator.clear_faults()
            await self._look(clients, told)
        finally:
            timer.cancel()
        return told, faults

    async def _everybody(self, emulator: ControlClient, clients: Clients, progress: Progress) -> list[Told]:
        """Each intent begins in the order of its number; a change waits for the booking that it changes."""
        gate, luck = asyncio.Semaphore(self.at_once), _Luck(self.plan.blows)
        bookings: dict[int, asyncio.Task[Told | None]] = {}
        async with asyncio.TaskGroup() as stops, asyncio.TaskGroup() as customers:
            for intent in self.plan.in_order:
                await gate.acquire()
                for blow in luck.until(intent.number):
                    await self._strike(blow, emulator, stops)
                visit = customers.create_task(_begin(clients, intent, bookings))
                if isinstance(intent, Intent):
                    bookings[intent.number] = visit
                visit.add_done_callback(lambda _: gate.release())
                visit.add_done_callback(lambda _: progress.step())
        return [told for visit in bookings.values() if (told := visit.result()) is not None]

    async def _strike(self, blow: Blow, emulator: ControlClient, stops: asyncio.TaskGroup) -> None:
        match blow.how:
            case "graph":
                # Delays that add up would be more than what Graph is trusted to need.
                faults = blow.details.get("faults", [blow.details])
                await emulator.arm(*({**each, "label": blow.kind, "alone": True} for each in faults))
            case "storage":
                await self._storage_faults({**blow.details, "label": blow.kind})
            case "edit":
                await emulator.edit({**blow.details, "quiet": self.timings.request_budget + QUIET_BESIDES})
            case "lag":
                await emulator.switch(visibility_delay=blow.details["seconds"])
            case _:
                frozen = self.timings.lock_life + FROZEN_BESIDES
                stops.create_task(self.cluster.stop(blow.kind, blow.details["process"], frozen))

    async def _storage_faults(self, *more: Json) -> list[Json]:
        """The faults of the storage's proxy, with these armed as well."""
        if self.cluster.storage is None:
            return []
        async with httpx.AsyncClient(base_url=self.cluster.storage.root, trust_env=False) as proxy:
            answer = await (proxy.post("/faults", json=list(more)) if more else proxy.get("/faults"))
        faults: list[Json] = answer.raise_for_status().json()
        return faults

    async def _look(self, clients: Clients, told: Sequence[Told]) -> None:
        """Every booking as whoever made it reads it now."""
        for first in range(0, len(told), self.at_once):
            await asyncio.gather(*(clients.look(one) for one in told[first : first + self.at_once]))

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


async def _begin(
    clients: Clients, intent: Intent | Change, bookings: "Mapping[int, asyncio.Task[Told | None]]"
) -> Told | None:
    if isinstance(intent, Intent):
        return await clients.book(intent)
    return await clients.change(intent, bookings)


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


def report_of(
    plan: Plan, told: Sequence[Told], state: Json, *, struck: Counter[str], places: Seen, seconds: float
) -> Report:
    """What a run found; `state` is the emulator's in the end, `struck` counts the faults by their label."""
    edits = state["edits"]["done"]
    struck = struck + _by_hand(edits)
    struck += Counter(one.kind for one in plan.blows if one.how in {"stop", "lag"})
    businesses = {box: one for box, one in state["businesses"].items() if box.startswith("chaos-")}
    broken = audit(told, businesses, ByHand(edits)) + audit_places(places)
    strict = audit(told, businesses, ByHand(edits, forgiving=False))
    armed = Counter(one.kind for one in plan.blows)
    remained = [one for one in strict if one not in broken]
    return Report(plan.seed, seconds, told, broken, armed, struck, len(plan.changes), remained, places)


def _labelled(faults: Sequence[Json]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for one in faults:
        counts[one["label"]] += one["struck"]
    return counts


def _by_hand(edits: Sequence[Json]) -> Counter[str]:
    return Counter(one["kind"] if one["window"] is None else f"{one['window']}-window" for one in edits)
