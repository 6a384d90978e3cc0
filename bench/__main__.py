"""Measure the app against a plain baseline, both in one run: `python -m bench`.

Both run in a bare Python 3.13 and book at the emulator of Graph, which answers without delay: what is
measured is the app's own work. Rounds alternate between the two, so that a machine with other things
to do disturbs both; times are also given as CPU time, which others disturb less. Medians and ratios.

`--profile` prints the ten functions that cost most while booking; `--rounds` and `--bookings` say how
often is measured.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

from bench.subjects import ROOT, Subject, baseline, facade
from devtools.graph_emulator.client import ControlClient
from devtools.graph_emulator.default_seed import MENU_TASTING
from devtools.package.cases import ALIAS, booking
from devtools.package.driver import Worker, bare, running
from devtools.package.proof import emulator
from devtools.package.target import find_python
from devtools.progress import Progress

MOST_COLD_SECONDS = 0.7
MOST_COLD_RATIO = 1 / 5
MOST_MEMORY_MB = 70.0
MOST_ZIP_MB = 12.0
CALLS_OF_A_LOOK = 2
COLD_LIMIT = f"at most {MOST_COLD_SECONDS} s, CPU at most {MOST_COLD_RATIO:.2f} of the baseline's"
MOST_CPU_RATIO = 1.1
"""Of the baseline's CPU for a booking; a tenth is what one run differs from the next."""


@dataclass(frozen=True, slots=True)
class Start:
    """From a new process to its first 201."""

    wall: float
    cpu: float
    memory_mb: float
    modules: int


@dataclass(frozen=True, slots=True)
class Warm:
    """Bookings in a worker that has booked before."""

    cpu_ms: float
    calls: float
    profile: str


def slots() -> Iterator[str]:
    """Local starts that are free, each once: the hours of the working days to come, day after day."""
    first = datetime.now(UTC).date() + timedelta(days=3)
    days = [first + timedelta(days=n) for n in range(80)]
    working: list[date] = [day for day in days if day.weekday() < 5]  # noqa: PLR2004 (Monday to Friday)
    for hour in range(8, 17):
        for day in working:
            yield f"{day}T{hour:02}:00:00"


async def book(worker: Worker, start: str, number: int) -> None:
    """Book one free slot for a customer of its own; SystemExit where that does not work."""
    body = booking(MENU_TASTING, start, f"visitor{number}")
    answer = await worker.post("create_booking", body, business=ALIAS)
    if answer.status != 201:  # noqa: PLR2004 (created)
        raise SystemExit(f"a booking was answered with {answer.status}: {answer.body}\n{worker.log}")


async def cold(subject: Subject, control: ControlClient, python: str, start: str, number: int) -> Start:
    """Start a process and book once."""
    log = subject.folder.parent / "worker.log"
    began = time.perf_counter()
    command = bare(subject.folder, python)
    async with running(command, subject.settings(control), log) as worker:
        await book(worker, start, number)
        wall = time.perf_counter() - began
        used = await worker.send({"usage": True})
        return Start(wall, used["cpu"], used["memory"] / 1024, used["modules"])


async def look(worker: Worker, start: str) -> None:
    """What a visitor's page does before the booking: list the slots of the day."""
    day, route = start[:10], {"business": ALIAS, "serviceId": MENU_TASTING}
    await worker.call("slots", url=f"/?from={day}&to={day}", route=route)


async def series(worker: Worker, free: Iterator[str], times: int, *, is_looking: bool) -> float:
    """Book once for each customer; the CPU seconds of the bookings alone."""
    spent = 0.0
    for number in range(times):
        start = next(free)
        if is_looking:
            await look(worker, start)
        before = (await worker.send({"usage": True}))["cpu"]
        await book(worker, start, number)
        spent += (await worker.send({"usage": True}))["cpu"] - before
    return spent


async def warm(
    subject: Subject, control: ControlClient, python: str, times: int, *, is_looking: bool = False
) -> Warm:
    """Book for customers who have booked before; a profile is made of as many bookings again."""
    free, log = slots(), subject.folder.parent / "worker.log"
    async with running(bare(subject.folder, python), subject.settings(control), log) as worker:
        await series(worker, free, times, is_looking=is_looking)
        await control.forget_requests()
        spent = await series(worker, free, times, is_looking=is_looking)
        calls = len((await control.requests())["requests"])
        if is_looking:  # the page's own calls are not the booking's
            calls -= CALLS_OF_A_LOOK * times
        await worker.send({"profile": True})
        await series(worker, free, times, is_looking=is_looking)
        profile = (await worker.send({"profile": False}))["profile"]
    return Warm(spent * 1000 / times, calls / times, profile)


def show(name: str, ours: float, plain: float, unit: str, limit: str = "") -> None:
    """One line of the table."""
    ratio = ours / plain if plain else float("nan")
    print(f"{name:<34}{ours:>12,.2f}{plain:>12,.2f} {unit:<6}{ratio:>8.2f}  {limit}")


async def measure(given: argparse.Namespace, work: Path) -> bool:
    """Measure and print; whether the limits are kept."""
    python = find_python(given.python)
    print("Preparing the package and the baseline ...", flush=True)
    subjects = [facade(work / "facade"), baseline(work / "baseline")]
    starts: dict[str, list[Start]] = {each.name: [] for each in subjects}
    warmed: dict[str, Warm] = {}
    with Progress("starts:", (given.rounds + 1) * len(subjects)) as progress:
        for number in range(given.rounds + 1):  # the first round only brings files and bytecode into place
            for each in subjects:
                async with emulator() as control:
                    start = await cold(each, control, python, next(slots()), number)
                starts[each.name] += [start] if number else []
                progress.step()
    print("Booking ...", flush=True)
    for each in subjects:
        async with emulator() as control:
            warmed[each.name] = await warm(each, control, python, given.bookings)
    async with emulator() as control:
        looked = await warm(subjects[0], control, python, given.bookings, is_looking=True)
    warmed["after a look"] = looked
    report(subjects, starts, warmed)
    if given.profile:
        print(looked.profile)
    return held(subjects, starts, warmed)


def report(
    subjects: Sequence[Subject], starts: Mapping[str, list[Start]], warmed: Mapping[str, Warm]
) -> None:
    """Print the table."""
    first, second = subjects
    ours, plain = starts[first.name], starts[second.name]
    booked, plainly, looked = warmed[first.name], warmed[second.name], warmed["after a look"]
    print(f"\n{'':<34}{'facade':>12}{'baseline':>12} {'':<6}{'ratio':>8}")
    show("start to first 201", median(o.wall for o in ours), median(o.wall for o in plain), "s", COLD_LIMIT)
    show("start to first 201, best", min(one.wall for one in ours), min(one.wall for one in plain), "s")
    show("  of that CPU, median", median(one.cpu for one in ours), median(one.cpu for one in plain), "s")
    show("peak memory", median(o.memory_mb for o in ours), median(o.memory_mb for o in plain), "MB")
    show("modules loaded", ours[0].modules, plain[0].modules, "")
    for index, (name, unit, scale) in enumerate(
        (("zip", "MB", 1e6), ("unpacked", "MB", 1e6), ("files", "", 1))
    ):
        show(name, first.size()[index] / scale, second.size()[index] / scale, unit)
    show("CPU per booking", looked.cpu_ms, plainly.cpu_ms, "ms", f"at most {MOST_CPU_RATIO:g} times as much")
    show("Graph calls per booking", looked.calls, plainly.calls, "")
    show("CPU, day nobody looked at", booked.cpu_ms, plainly.cpu_ms, "ms")
    show("Graph calls, day nobody looked at", booked.calls, plainly.calls, "")


def held(subjects: Sequence[Subject], starts: Mapping[str, list[Start]], warmed: Mapping[str, Warm]) -> bool:
    """Print the limits; whether all are kept."""
    first, second = subjects
    ours, plain = starts[first.name], starts[second.name]
    cpu, most_cpu = median(one.cpu for one in ours), median(one.cpu for one in plain) * MOST_COLD_RATIO
    booking, most_booking = warmed["after a look"].cpu_ms, warmed[second.name].cpu_ms * MOST_CPU_RATIO
    limits = {
        f"start to first 201 within {MOST_COLD_SECONDS} s": median(o.wall for o in ours) <= MOST_COLD_SECONDS,
        f"start to first 201 within {MOST_COLD_RATIO:.2f} of the baseline's CPU": cpu <= most_cpu,
        f"memory within {MOST_MEMORY_MB:g} MB": median(o.memory_mb for o in ours) <= MOST_MEMORY_MB,
        f"a zip within {MOST_ZIP_MB:g} MB": first.size()[0] <= MOST_ZIP_MB * 1e6,
        f"a booking within {MOST_CPU_RATIO:g} of the baseline's CPU": booking <= most_booking,
    }
    for name, is_kept in limits.items():
        print(f"{'kept' if is_kept else 'BROKEN':<8}{name}")
    return all(limits.values())


def main() -> int:
    """Run everything; 1 where a limit is broken."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="starts of each app")
    parser.add_argument("--bookings", type=int, default=50, help="bookings of each app")
    parser.add_argument("--profile", action="store_true", help="print where the time of a booking goes")
    parser.add_argument("--python", help="the Python 3.13 that runs both")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        is_kept = asyncio.run(measure(given, Path(name)))
    print("\nThe local Functions host (python -m bench.local_host):", flush=True)
    subprocess.run([sys.executable, "-m", "bench.local_host"], cwd=ROOT, check=True)
    print("\nSlots (python -m bench.slots):", flush=True)
    counted = subprocess.run([sys.executable, "-m", "bench.slots"], cwd=ROOT, check=False)
    slots_kept = counted.returncode == 0
    print("\nReaders of what callers send (python -m bench.parsers):", flush=True)
    read = subprocess.run([sys.executable, "-m", "bench.parsers"], cwd=ROOT, check=False)
    all_kept = is_kept and slots_kept and read.returncode == 0
    print("All limits are kept." if all_kept else "A limit is broken.")
    return 0 if all_kept else 1


if __name__ == "__main__":
    sys.exit(main())
