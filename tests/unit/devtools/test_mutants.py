"""What became of mutants: counted, told by what they change, and the harmless ones known by that."""

import ast
import json
import tomllib
from pathlib import Path

from devtools.mutants.__main__ import LISTED, ROOT
from devtools.mutants.decorated import APPLIED_BELOW, applied_below
from devtools.mutants.verdicts import (
    Change,
    Equivalent,
    change_of,
    count,
    equivalents,
    function_of,
    is_noticed,
    verdicts,
)

METHOD = "shared.booking.writes.locks.xǁLocksǁ_take__mutmut_3"
FUNCTION = "shared.booking.writes.locks.x__delays__mutmut_12"
DIFF = """# shared.booking.writes.locks.x__delays__mutmut_12: survived
--- shared/booking/writes/locks.py
+++ shared/booking/writes/locks.py
@@ -1,3 +1,3 @@
     longest = FIRST_POLL
-    while most > timedelta():
+    while most >= timedelta():
         yield delay
"""
CHANGE = Change(
    "shared.booking.writes.locks._delays", "while most > timedelta():", "while most >= timedelta():"
)


def test_a_mutant_is_known_by_its_function_and_lines() -> None:
    """Its number moves with every edit."""
    assert function_of(METHOD) == "shared.booking.writes.locks.Locks._take"
    assert function_of(FUNCTION) == "shared.booking.writes.locks._delays"
    assert change_of(FUNCTION, DIFF.splitlines()) == CHANGE


def test_verdicts_are_those_of_all_files(tmp_path: Path) -> None:
    """Those that were not tried too."""
    (tmp_path / "writes").mkdir()
    for name, codes in (("a", {"x": 1}), ("writes/b", {"y": 0, "z": None})):
        (tmp_path / f"{name}.py.meta").write_text(json.dumps({"exit_code_by_key": codes}))
    assert verdicts(tmp_path) == {"x": 1, "y": 0, "z": None}


def test_only_who_is_not_listed_survives() -> None:
    """What runs for ever is noticed; what no test reaches is not."""
    assert [is_noticed(code) for code in (None, 1, 3, 36, 0, 33, 35)] == [True] * 4 + [False] * 3
    found = {FUNCTION: 0, METHOD: 0, "k": 1, "n": None}
    other = Change("f", "a", "b")
    result = count(found, {FUNCTION: CHANGE, METHOD: other}, [Equivalent(CHANGE, "for a reason")])
    assert (result.tried, result.killed, result.listed, result.survivors) == (3, 1, 1, [other])
    assert str(result) == "3 mutants: 1 killed, 1 listed as changing nothing, 1 survived"


def test_every_mutant_that_is_listed_has_a_reason() -> None:
    """And is listed once."""
    listed = equivalents(LISTED)
    assert all(len(one.because) > 20 for one in listed)
    assert len({one.change for one in listed}) == len(listed)


DECORATED = """
from contextlib import contextmanager
from functools import cached_property

class Shop:
    made = 0

    @property
    def name(self):
        return "Contoso"

    @cached_property
    def number(self):
        self.made += 1
        return self.made

    @staticmethod
    def twice(number):
        return 2 * number

    @contextmanager
    def open(self):
        yield self.name
"""


def test_a_decorator_below_does_what_it_does_above() -> None:
    """The function stands alone, and the class is the same."""
    below = applied_below(DECORATED)
    left = [decorated.decorator_list for decorated in functions(below) if decorated.decorator_list]
    assert [[ast.unparse(one) for one in decorators] for decorators in left] == [["staticmethod"]]

    made: dict[str, type] = {}
    exec(below, made)  # noqa: S102 (the text above)
    shop = made["Shop"]()
    with shop.open() as name:
        assert (name, shop.name, shop.number, shop.number, shop.twice(2)) == ("Contoso", "Contoso", 1, 1, 4)


def functions(code: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions of a module."""
    return [
        one for one in ast.walk(ast.parse(code)) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_no_function_is_left_out_for_its_decorator() -> None:
    """Mutmut changes those of its own accord that belong to a class."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    paths = [path for pattern in told["only_mutate"] for path in ROOT.glob(pattern)]
    found = {
        ast.unparse(decorator)
        for path in paths
        for function in functions(path.read_text("utf-8"))
        for decorator in function.decorator_list
    }
    assert found - {"staticmethod", "classmethod"} == APPLIED_BELOW
