"""How much CPU the slots of a busy business cost, from facts that are loaded already.

Run `python -m bench.slots`. The figure is `ServiceCalendar.of` plus all slots for 20 staff, 31 days,
a grid of 15 minutes and 2,000 appointments, in CPU time of this process, the best and the median of several
runs; it fails above the limit. The growth with staff, days and appointments is printed below it.
"""

import argparse
import cProfile
import gc
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from time import process_time

from shared.domain.intervals import Interval, LocalSpan, day_span
from shared.domain.model import (
    Appointment,
    AvailabilityStatus,
    Business,
    Catalogue,
    DayView,
    PolicySettings,
    Service,
    StaffAvailability,
    StaffMember,
)
from shared.domain.rules.context import ServiceCalendar
from shared.domain.slots import Slot, slots
from shared.domain.zones import iana_zone

LIMIT_MS = 30.0
ZONE = "America/Chicago"
FIRST = date(2026, 10, 12)  # the clocks go back within the month
STEP = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Size:
    """How large a business is asked about."""

    staff: int = 20
    days: int = 31
    appointments: int = 2000


@dataclass(frozen=True, slots=True)
class Loaded:
    """RuleContext as they come out of Graph and the caches."""

    catalogue: Catalogue
    view: DayView
    span: Interval
    now: datetime


def load(size: Size) -> Loaded:
    """A business open every day from 8:00 to 18:00, its appointments spread evenly and at random."""
    hours = {day: (LocalSpan(time(8), time(18)),) for day in range(7)}
    policy = PolicySettings(STEP, timedelta(hours=1), timedelta(days=365), True)
    ids = tuple(f"staff-{n:02}" for n in range(size.staff))
    service = Service("s", "Consultation", timedelta(minutes=30), STEP / 3, STEP / 3, 1, ids)
    catalogue = Catalogue(
        Business("b@contoso.com", "Contoso", ZONE, hours, policy),
        {"s": service},
        {i: StaffMember(i, i, ZONE) for i in ids},
    )
    zone = iana_zone(ZONE)
    last = FIRST + timedelta(days=size.days - 1)
    span = Interval(day_span(FIRST, zone).start, day_span(last, zone).end)
    view_span = span.widened(timedelta(hours=2), timedelta(hours=2))
    view = DayView(view_span, _appointments(size, ids, span.start), _availability(ids, view_span))
    return Loaded(catalogue, view, span, datetime(2026, 10, 11, 12, tzinfo=UTC))


def _appointments(size: Size, ids: Sequence[str], start: datetime) -> tuple[Appointment, ...]:
    dice = random.Random(7)  # noqa: S311 - the same business in every run
    made = []
    for n in range(size.appointments):
        begins = start + timedelta(days=dice.randrange(size.days), hours=8) + STEP * dice.randrange(40)
        span = Interval(begins, begins + timedelta(minutes=30))
        made.append(Appointment(f"a{n}", "s", span, (dice.choice(ids),), 1, 1, STEP / 3, STEP / 3))
    return tuple(made)


def _availability(ids: Sequence[str], span: Interval) -> dict[str, tuple[StaffAvailability, ...]]:
    return {i: (StaffAvailability(AvailabilityStatus.AVAILABLE, span),) for i in ids}


def compute(loaded: Loaded) -> list[Slot]:
    """What one visitor's request computes."""
    calendar = ServiceCalendar.of(loaded.catalogue, loaded.catalogue.services["s"], loaded.view, loaded.now)
    return [slot for slot in slots(calendar, loaded.span) if isinstance(slot, Slot)]


def measure(size: Size, runs: int) -> tuple[float, float, int]:
    """The best and the median CPU time in milliseconds, and how many slots were found."""
    loaded = load(size)
    found = compute(loaded)
    gc.collect()
    times = []
    for _ in range(runs):
        started = process_time()
        compute(loaded)
        times.append((process_time() - started) * 1000)
    return min(times), median(times), len(found)


def growth(runs: int) -> None:
    """Print the cost for half, one, two and four times as many of each, the others as they are."""
    base = Size()
    variants = {
        "staff": [Size(staff=base.staff * n // 2) for n in (1, 2, 4, 8)],
        "days": [Size(days=base.days * n // 2) for n in (1, 2, 4)],
        "appointments": [Size(appointments=base.appointments * n // 2) for n in (1, 2, 4, 8)],
    }
    for name, sizes in variants.items():
        figures = (f"{getattr(size, name)}: {measure(size, runs)[0]:.1f} ms" for size in sizes)
        print(f"{name:>13}  " + "   ".join(figures))


def main() -> int:
    """Print the figures; 1 where the limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--profile", action="store_true", help="show where the time goes")
    options = parser.parse_args()
    if options.profile:
        loaded = load(Size())
        cProfile.runctx("compute(loaded)", {"compute": compute, "loaded": loaded}, {}, sort="tottime")
        return 0
    best, middle, count = measure(Size(), options.runs)
    print(f"20 staff, 31 days, 15 minutes, 2,000 appointments: {count} slots")
    print(f"CPU: best {best:.1f} ms, median {middle:.1f} ms, limit {LIMIT_MS:.0f} ms")
    growth(max(3, options.runs // 3))
    return 0 if middle <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
