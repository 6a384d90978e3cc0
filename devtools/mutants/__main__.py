"""Change the engine in small ways and see that the unit tests notice: `python -m devtools.mutants`.

All mutants of `shared/booking/writes`, and of the rest of the use cases and of the rules a sample, drawn
by a seed. What is changed and by which tests it is noticed is told in `[tool.mutmut]` of pyproject.toml.
"""

import argparse
import random
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from devtools.mutants.verdicts import (
    Change,
    change_of,
    count,
    equivalents,
    is_noticed,
    verdicts,
)

ROOT = Path(__file__).resolve().parents[2]
FOUND = ROOT / "mutants"
LISTED = Path(__file__).with_name("equivalents.toml")
MUTMUT = (sys.executable, "-m", "devtools.mutants.decorated")
WHOLE = "shared.booking.writes."
SAMPLE = 150


def main(argv: Sequence[str] | None = None) -> int:
    """Try the mutants; 1 where one survived that the list of those that change nothing does not name."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("--all", action="store_true", help="try every mutant, which takes an hour")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="mutants outside of writes/")
    parser.add_argument("--seed", type=int, default=1, help="which of them")
    parser.add_argument("--jobs", type=int, default=2, help="how many are tried at once")
    asked = parser.parse_args(argv)
    _run(asked.jobs, [] if asked.all else [f"{WHOLE}*"])
    if not asked.all:
        rest = sorted(name for name in verdicts(FOUND) if not name.startswith(WHOLE))
        drawn = random.Random(asked.seed).sample(rest, min(asked.sample, len(rest)))  # noqa: S311 (a sample)
        _run(asked.jobs, drawn)
    return _report()


def _run(jobs: int, mutants: Iterable[str]) -> None:
    """Let mutmut try these mutants, or all; it shows how far it is, and keeps what it has found."""
    subprocess.run([*MUTMUT, "run", "--max-children", str(jobs), *mutants], cwd=ROOT, check=True)


def _report() -> int:
    found = verdicts(FOUND)
    changes = {name: _change(name) for name, code in found.items() if not is_noticed(code)}
    result = count(found, changes, equivalents(LISTED))
    for one in result.survivors:
        print(f"survived: {one.function}\n  - {one.was}\n  + {one.now}")
    print(result)
    return 1 if result.survivors else 0


def _change(mutant: str) -> Change:
    shown = subprocess.run([*MUTMUT, "show", mutant], cwd=ROOT, check=True, capture_output=True, text=True)
    return change_of(mutant, shown.stdout.splitlines())


if __name__ == "__main__":
    sys.exit(main())
