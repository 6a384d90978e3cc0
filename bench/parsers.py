"""How long everything that reads what callers send takes, by the size of what is sent.

Run `python -m bench.parsers`. Each figure is the CPU time of the worst of the shapes that were made for
keeping that reader busy (tests/support/parsers.py), the best of a few runs, in milliseconds. It fails where
sixteen times the size takes more than forty times as long, or the largest over the limit.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from time import process_time

from shared.api.requests.submission import MAX_BODY
from tests.support.parsers import PARSERS, Parser

SIZES = (1024, 4 * 1024, 16 * 1024, MAX_BODY - 64)
RUNS = 3
MOST_GROWTH = 40.0
NOTICEABLE_MS = 2.0
"""Below that a figure is set-up and the noise of the clock."""

LIMIT_MS = 150.0


def _took(read: Callable[[str], object], text: str) -> float:
    best = float("inf")
    for _ in range(RUNS):
        began = process_time()
        with suppress(Exception):  # what is refused was read all the same
            read(text)
        best = min(best, (process_time() - began) * 1000)
    return best


def worst(parser: Parser, size: int) -> tuple[float, str]:
    """The longest that this reader takes for so many bytes, and the shape that does it."""
    return max((_took(parser.read, make(size)), shape) for shape, make in parser.shapes.items())


def is_kept(times: list[float]) -> bool:
    """Whether the times grow with the size, and the largest is bearable."""
    large = times[-1]
    return large <= LIMIT_MS and (large < NOTICEABLE_MS or large <= MOST_GROWTH * max(times[1], 0.05))


def main() -> int:
    """Print the table; 1 where a reader is too slow, or takes more than its share for more."""
    heads = "".join(f"{size:>10,}" for size in SIZES)
    print(f"{'ms of CPU for bytes':<26}{heads}  worst shape")
    broken = []
    for name, parser in PARSERS.items():
        measured = [worst(parser, size) for size in SIZES]
        times = [one[0] for one in measured]
        print(f"{name:<26}" + "".join(f"{one:>10.2f}" for one in times) + f"  {measured[-1][1]}")
        broken += [] if is_kept(times) else [name]
    print(f"BROKEN: {', '.join(broken)}" if broken else "All limits are kept.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
