"""What came of a run, and how it is printed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from bench.goodput.load import Told

PLACES = 4
THROTTLED = 429


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run is about; `hanging` shops do not answer, and do not count."""

    workers: int
    customers: str
    mailboxes: int
    hanging: int = 0

    @property
    def measured(self) -> int:
        """How many shops count."""
        return self.mailboxes - self.hanging


@dataclass(frozen=True, slots=True)
class Result:
    """One run; `calls` are those that Graph answered, `limit` and `rate` bookings a second."""

    visitors: int
    booked: int
    rate: float
    p50: float
    p95: float
    calls: float
    throttled: int
    limit: float
    refused: int
    answers: Mapping[str, int]

    @property
    def of_limit(self) -> float:
        """The share of the limit that was reached."""
        return self.rate / self.limit if self.limit else 0.0


def result(
    setting: Setting,
    told: Sequence[Told],
    statuses: Sequence[int],
    *,
    began: float,
    latency: float,
    visitors: int,
) -> Result:
    """What the visitors were told and what Graph was asked, in figures.

    The limit is what the places of all mailboxes let through of as many calls as a booking made.
    """
    waits = sorted(wait for one in told for wait in one.waits) or [float("nan")]
    ends = [end for one in told for end in one.ends]
    throttled = statuses.count(THROTTLED)
    calls = (len(statuses) - throttled) / max(1, len(ends))
    answers: Counter[str] = sum((one.answers for one in told), Counter())
    return Result(
        visitors=visitors,
        booked=len(ends),
        rate=len(ends) / (max(ends) - began) if ends else 0.0,
        p50=median(waits),
        p95=quantiles(waits, n=20)[-1] if len(waits) > 1 else waits[0],
        calls=calls,
        throttled=throttled,
        limit=PLACES * setting.measured / (calls * latency) if calls * latency else 0.0,
        refused=sum(len(one.refused) for one in told),
        answers=answers,
    )


HEAD = (
    "workers", "customers", "mailboxes", "", "booked", "a second", "p50 s", "p95 s", "calls", "429",
    "of the limit", "of the plain way", "other answers",
)  # fmt: skip


def head() -> None:
    """Print the head of the table, in Markdown."""
    line(HEAD)
    line(["---"] * len(HEAD))


def row(setting: Setting, name: str, found: Result, plain: Result | None = None) -> None:
    """Print one run; where the plain way is given, as its multiple too."""
    ratio = "" if plain is None else f"{found.rate / plain.rate:.2f}" if plain.rate else "none booked"
    others = ", ".join(f"{count} x {answer}" for answer, count in sorted(found.answers.items()))
    hanging = f" ({setting.hanging} hang)" if setting.hanging else ""
    line([
        f"{setting.workers}", setting.customers, f"{setting.mailboxes}{hanging}", name,
        f"{found.booked} of {found.visitors}", f"{found.rate:.2f}", f"{found.p50:.2f}", f"{found.p95:.2f}",
        f"{found.calls:.2f}", f"{found.throttled}", f"{found.of_limit:.2f}", ratio, others,
    ])  # fmt: skip


def line(cells: Sequence[str]) -> None:
    """Print a row of a table in Markdown."""
    print("| " + " | ".join(cells) + " |", flush=True)
