"""How time, memory and calls grow with businesses, appointments and customers: `python -m bench.scale`.

One worker with its stores in memory, at the emulator of Graph without delay; each line is a worker that has
just started. CPU is the worker's own. `slots` are a month for 20 staff, first from Graph, then from what was
read; `first` is the first booking of all, which reads the list of customers once, `new` and `known` those
after it.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

from bench.goodput.report import line
from devtools.graph_emulator.client import ControlClient
from devtools.package.cases import settings
from devtools.package.driver import WORKER, Answer, Worker, running
from devtools.package.proof import emulator
from devtools.processes import ROOT

Json = dict[str, Any]
BUSINESSES: Final = (1, 50, 500)
APPOINTMENTS: Final = (0, 500, 2_000)
CUSTOMERS: Final = (1_000, 10_000, 100_000)
STAFF: Final = 20
DAYS: Final = 31
HOURS: Final = 10
SERVICE: Final = "a0000000-0000-4000-8000-000000000001"
MOST_TRIES: Final = 10
UNAVAILABLE: Final = 503
OFFERED: Final = 7
"""The emulator hears of so many businesses at a time, so that no request is too large."""

_WEEK: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Spent:
    """What one request cost."""

    milliseconds: float
    cpu_ms: float
    calls: int

    def __str__(self) -> str:
        return f"{self.cpu_ms:,.1f} ms CPU, {self.milliseconds:,.0f} ms, {self.calls} calls"


class Bench:
    """One worker and the emulator behind it."""

    def __init__(self, worker: Worker, control: ControlClient) -> None:
        self._worker = worker
        self._control = control
        self._visitors = count(1)

    async def memory_mb(self) -> float:
        """The most memory that the worker has had so far."""
        return float((await self._worker.send({"usage": True}))["memory"]) / 1024

    async def cpu(self) -> float:
        """Seconds of CPU that the worker has used so far."""
        return float((await self._worker.send({"usage": True}))["cpu"])

    async def spent(self, request: Callable[[], Awaitable[Answer]], status: int) -> Spent:
        """What the request costs; SystemExit where it is not answered with this status."""
        await self._control.forget_requests()
        cpu, began = await self.cpu(), time.perf_counter()
        answer = await request()
        seconds = time.perf_counter() - began
        if answer.status != status:
            raise SystemExit(f"answered with {answer.status}: {answer.body}\n{self._worker.log}")
        calls = len((await self._control.requests())["requests"])
        return Spent(seconds * 1000, (await self.cpu() - cpu) * 1000, calls)

    async def timer(self) -> Spent:
        """One run of the timer."""
        return await self.spent(lambda: self._worker.call("settle", timer=True), 200)

    async def slots(self) -> Spent:
        """A month of the first business."""
        first = datetime.now(UTC).date() + timedelta(days=2)
        url = f"/?from={first}&to={first + timedelta(days=DAYS - 1)}"
        route = {"business": alias(0), "serviceId": SERVICE}
        return await self.spent(lambda: self._worker.call("slots", url=url, route=route), 200)

    async def book(self, name: str | None = None) -> Spent:
        """Book a start of its own at the first business, for somebody new where no name is given."""
        number = next(self._visitors)
        name = name or f"visitor{number}"
        body = {
            "serviceId": SERVICE,
            "start": start(number - 1, first=DAYS + 2).isoformat(),
            "timeZone": "UTC",
            "customer": {"name": name, "email": f"{name}@contoso.com"},
        }
        return await self.spent(lambda: self._insist(body), 201)

    async def _insist(self, body: Json) -> Answer:
        """Book, and come again when told to: a very long list of customers takes longer than one request."""
        for _ in range(MOST_TRIES):
            answer = await self._worker.post("create_partner_booking", body, business=alias(0))
            if answer.status != UNAVAILABLE:
                break
            await asyncio.sleep(float({k.lower(): v for k, v in answer.headers.items()}["retry-after"]))
        return answer


def alias(number: int) -> str:
    """The public name of a business."""
    return f"scale-{number}"


def mailbox(number: int) -> str:
    """Its booking mailbox."""
    return f"{alias(number)}@contoso.com"


def start(number: int, first: int = 2) -> datetime:
    """The number-th start of a calendar, day after day of a month, hour after hour."""
    day = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=first)
    return day + timedelta(days=number % DAYS, hours=number // DAYS % HOURS)


def staff(number: int) -> str:
    """The id of a member of staff."""
    return f"5a000000-0000-4000-8000-{number:012}"


def business(number: int, appointments: int = 0, customers: int = 0) -> Json:
    """A business of 20 staff, open every day, whose appointments lie in the month to come."""
    opens = {"start": "08:00:00.0000000", "end": f"{8 + HOURS:02}:00:00.0000000"}
    members = [staff(one) for one in range(STAFF)]
    return {
        "id": mailbox(number),
        "displayName": alias(number),
        "bookingPageSettings": {"businessTimeZone": "UTC", "accessControl": "unrestricted"},
        "isPublished": True,
        "businessHours": [{"day": day, "timeSlots": [opens]} for day in _WEEK],
        "schedulingPolicy": {
            "timeSlotInterval": "PT15M", "minimumLeadTime": "PT0S", "maximumAdvance": "P90D",
            "allowStaffSelection": True, "sendConfirmationsToOwner": False,
        },
        "staffMembers": [
            {
                "id": one, "displayName": "Ann Beebe", "emailAddress": f"{one[-2:]}@contoso.com",
                "role": "teamMember", "timeZone": "UTC", "useBusinessHours": True,
            }
            for one in members
        ],
        "services": [
            {
                "id": SERVICE, "displayName": "Talk", "defaultDuration": "PT30M",
                "maximumAttendeesCount": 1, "staffMemberIds": members,
            }
        ],
        "customers": {"count": customers},
        "appointments": [_appointment(n // STAFF, staff(n % STAFF)) for n in range(appointments)],
    }  # fmt: skip


def _appointment(number: int, member: str) -> Json:
    return {"serviceId": SERVICE, "staffMemberIds": [member], "start": start(number).isoformat()}


@asynccontextmanager
async def worker(folder: Path, businesses: int, **sizes: int) -> AsyncIterator[tuple[Bench, float]]:
    """A worker that has just started, with the seconds that its start took."""
    async with emulator() as control:
        await control.reset(empty=True)
        for first in range(0, businesses, OFFERED):
            some = range(first, min(first + OFFERED, businesses))
            await control.seed(businesses=[business(n, **sizes) for n in some])
        names = json.dumps({alias(n): mailbox(n) for n in range(businesses)})
        environment = settings(control, BOOKING_BUSINESSES=names, HUMAN_CHECK="off")
        command = (sys.executable, str(WORKER), str(ROOT))
        began = time.perf_counter()
        async with running(command, environment, folder / "worker.log") as started:
            yield Bench(started, control), time.perf_counter() - began


async def businesses(folder: Path, sizes: Sequence[int]) -> None:
    """Start and timer of a worker that serves so many businesses, one of which has been booked at."""
    line(["businesses", "start", "memory", "timer", "timer, once booked", "memory then"])
    line(["---"] * 6)
    for size in sizes:
        async with worker(folder, size) as (bench, seconds):
            began = f"{seconds:.2f} s, {await bench.cpu():.2f} s CPU"
            memory, timer = await bench.memory_mb(), await bench.timer()
            await bench.book()
            then = await bench.timer()
            line(
                [f"{size:,}", began, f"{memory:.0f} MB", f"{timer}", f"{then}", _mb(await bench.memory_mb())]
            )


async def appointments(folder: Path, sizes: Sequence[int]) -> None:
    """A month of slots and a booking in a calendar that is so full."""
    line(["appointments", "slots, read", "slots, again", "booking", "memory"])
    line(["---"] * 5)
    for size in sizes:
        async with worker(folder, 1, appointments=size) as (bench, _):
            await bench.book("known")
            read, again, booked = await bench.slots(), await bench.slots(), await bench.book("known")
            line([f"{size:,}", f"{read}", f"{again}", f"{booked}", _mb(await bench.memory_mb())])


async def customers(folder: Path, sizes: Sequence[int]) -> None:
    """The first booking of all, and those after it, at a business with so many customers."""
    line(["customers", "first", "new", "known", "memory"])
    line(["---"] * 5)
    for size in sizes:
        async with worker(folder, 1, customers=size) as (bench, _):
            first, new, known = await bench.book("known"), await bench.book(), await bench.book("known")
            line([f"{size:,}", f"{first}", f"{new}", f"{known}", _mb(await bench.memory_mb())])


def _mb(memory: float) -> str:
    return f"{memory:.0f} MB"


async def measure(given: argparse.Namespace, folder: Path) -> None:
    """Print the tables, one after the other."""
    sizes = {businesses: given.businesses, appointments: given.appointments, customers: given.customers}
    for table, asked in sizes.items():
        if asked:
            await table(folder, asked)
            print()


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is asked for; everything by default."""
    parser = argparse.ArgumentParser(prog="bench.scale", description=__doc__)
    parser.add_argument("--businesses", type=int, nargs="*", default=BUSINESSES)
    parser.add_argument("--appointments", type=int, nargs="*", default=APPOINTMENTS)
    parser.add_argument("--customers", type=int, nargs="*", default=CUSTOMERS)
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="scale-") as name:
        asyncio.run(measure(given, Path(name)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
