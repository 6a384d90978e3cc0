"""What became of each mutant, as mutmut keeps it, and the list of those that change nothing.

mutmut numbers the mutants of a function, and the numbers move with every edit. The list names a mutant
by its function and by the line before and after the change instead.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KILLED = frozenset({1, 3})
TIMED_OUT = frozenset({36, 24, -24, 152, 255})
"""mutmut's codes; a mutant that runs on for ever is noticed too."""


@dataclass(frozen=True, slots=True)
class Change:
    """A mutant by what it changes: the function, and the lines without their indentation."""

    function: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A mutant that nobody could notice, with the reason."""

    change: Change
    because: str


def verdicts(root: Path) -> Mapping[str, int | None]:
    """The exit code of each mutant's tests by its name; None where it was not tried."""
    found: dict[str, int | None] = {}
    for path in sorted(root.rglob("*.meta")):
        found.update(json.loads(path.read_text("utf-8"))["exit_code_by_key"])
    return found


def function_of(mutant: str) -> str:
    """The function that a mutant changes: `shared.a.b.x_f__mutmut_3` is one of `shared.a.b.f`."""
    module, _, name = mutant.partition("__mutmut_")[0].rpartition(".")
    return f"{module}.{name.removeprefix('x').removeprefix('_').strip('ǁ').replace('ǁ', '.')}"


def change_of(mutant: str, diff: Iterable[str]) -> Change:
    """What a mutant changes, by the lines of its diff."""
    body = [line for line in diff if not line.startswith(("---", "+++", "#", "@@"))]
    was = " ".join(line[1:].strip() for line in body if line.startswith("-"))
    now = " ".join(line[1:].strip() for line in body if line.startswith("+"))
    return Change(function_of(mutant), was, now)


def equivalents(path: Path) -> Sequence[Equivalent]:
    """The list of mutants that change nothing."""
    listed = tomllib.loads(path.read_text("utf-8")).get("mutant", ())
    return [Equivalent(Change(one["function"], one["was"], one["now"]), one["because"]) for one in listed]


@dataclass(frozen=True, slots=True)
class Count:
    """How many mutants ended how; `survivors` are those that the list does not name."""

    tried: int
    killed: int
    listed: int
    survivors: Sequence[Change]

    def __str__(self) -> str:
        return (
            f"{self.tried} mutants: {self.killed} killed, {self.listed} listed as changing nothing, "
            f"{len(self.survivors)} survived"
        )


def count(
    found: Mapping[str, int | None], changes: Mapping[str, Change], known: Iterable[Equivalent]
) -> Count:
    """Add up; `changes` has those that were not killed."""
    tried = {name: code for name, code in found.items() if code is not None}
    listed = {one.change for one in known}
    left = [changes[name] for name in sorted(tried) if name in changes]
    survivors = [one for one in left if one not in listed]
    return Count(len(tried), len(tried) - len(left), len(left) - len(survivors), survivors)


def is_noticed(code: int | None) -> bool:
    """Whether the tests noticed this mutant, or it was not tried."""
    return code is None or code in KILLED | TIMED_OUT
