"""mutmut, which then changes decorated functions too: `python -m devtools.mutants.decorated run`.

mutmut leaves them out, and with them the locks, every property and how the parts are put together. In the
copies that it changes, the decorator is applied below the function instead of above it. That is the same
program, in which mutmut finds a function without one.
"""

import sys
from collections.abc import Sequence
from typing import Any

import libcst as cst
from mutmut import __main__ as mutmut
from mutmut.mutation.file_mutation import MutatedFile, mutate_file_contents

APPLIED_BELOW = frozenset({"property", "cached_property", "contextmanager", "asynccontextmanager"})


def applied_below(code: str) -> str:
    """The same module with each of these decorators called below the function that it stands above."""
    module = cst.parse_module(code)
    return module.with_changes(body=_applied(module.body)).code


def _applied(body: Sequence[cst.CSTNode]) -> Sequence[cst.CSTNode]:
    found: list[cst.CSTNode] = []
    for one in body:
        match one:
            case cst.ClassDef(body=cst.IndentedBlock() as block):
                found.append(one.with_changes(body=block.with_changes(body=_applied(block.body))))
            case cst.FunctionDef(
                name=cst.Name(value=name), decorators=[cst.Decorator(decorator=cst.Name(value=decorator))]
            ) if decorator in APPLIED_BELOW:
                called = cst.parse_statement(f"{name} = {decorator}({name})")
                found += [one.with_changes(decorators=()), called]
            case _:
                found.append(one)
    return found


def _mutated(filename: str, code: str, *more: Any) -> MutatedFile:  # noqa: ANN401 (handed on)
    return mutate_file_contents(filename, applied_below(code), *more)


if __name__ == "__main__":
    mutmut.mutate_file_contents = _mutated  # type: ignore[attr-defined, assignment]
    sys.exit(mutmut.cli())
