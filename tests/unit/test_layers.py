"""The rules of the house that no linter knows."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = sorted([*ROOT.glob("shared/**/*.py"), *ROOT.glob("devtools/**/*.py"), ROOT / "function_app.py"])
LONGEST_FILE, LONGEST_FUNCTION, MEDIAN, NINETIETH = 300, 40, 8, 25
FORBIDDEN = {"utils", "helpers", "common", "manager"}


def lengths(path: Path) -> list[tuple[str, int]]:
    """Each function with its number of lines, docstrings left out."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node, clean=False)
            lines = (node.end_lineno or 0) - node.lineno + 1
            found.append((node.name, lines - (docstring.count("\n") + 1 if docstring else 0)))
    return found


def test_the_route_table_imports_only_what_it_needs() -> None:
    """Routes know the composition root, the API and the pages, and no use case, store or gateway."""
    tree = ast.parse((ROOT / "function_app.py").read_text("utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    inside = {name for name in imported if name and name.startswith("shared")}
    assert inside
    allowed = {"shared.bootstrap", "shared.platform.startup"}
    assert all(name in allowed or name.startswith(("shared.api", "shared.pages")) for name in inside)


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_short(path: Path) -> None:
    """No file over 300 lines, no function over 40, no name that says nothing."""
    assert path.read_text("utf-8").count("\n") <= LONGEST_FILE
    assert [(name, lines) for name, lines in lengths(path) if lines > LONGEST_FUNCTION] == []
    assert path.stem not in FORBIDDEN


def test_most_functions_are_very_short() -> None:
    """The median function has at most 8 lines, nine of ten at most 25."""
    sizes = sorted(lines for path in PRODUCT for _, lines in lengths(path))
    assert sizes[len(sizes) // 2] <= MEDIAN
    assert sizes[len(sizes) * 9 // 10] <= NINETIETH


def test_only_the_settings_read_the_environment() -> None:
    """The route table hands the environment to the settings; nobody else in the product looks at it."""
    readers = [
        str(path.relative_to(ROOT))
        for path in ROOT.glob("shared/**/*.py")
        if re.search(r"os\.environ|getenv", path.read_text("utf-8"))
    ]
    assert readers == []
