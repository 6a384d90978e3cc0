"""The rules of the house that no linter knows, and the map of it in docs/development.md."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
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


MOST_FILES, MOST_WITH_ONE_PREFIX = 18, 3


def folders(*roots: str) -> Iterator[Path]:
    """Every folder of these that holds files of ours."""
    for root in roots:
        for folder in (ROOT / root, *(ROOT / root).rglob("*")):
            if folder.is_dir() and folder.name != "__pycache__":
                yield folder


@pytest.mark.parametrize("folder", [*folders("shared")], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_folder_is_a_room_and_not_a_store(folder: Path) -> None:
    """At most 18 files, and no prefix that stands for a folder that wants to exist."""
    files = [path for path in folder.iterdir() if path.is_file()]
    prefixes = Counter(path.stem.split("_")[0] for path in files if not path.stem.startswith("__"))
    assert len(files) <= MOST_FILES
    assert [name for name, number in prefixes.items() if number > MOST_WITH_ONE_PREFIX] == []


def rows() -> Mapping[str, tuple[frozenset[str], tuple[str, ...]]]:
    """The table of docs/development.md: each folder with what it may import and where its tests are."""
    text = (ROOT / "docs" / "development.md").read_text("utf-8")
    table = text.partition("| Folder | Holds |")[2].partition("\n\n")[0]
    found = {}
    for line in table.splitlines()[2:]:
        place, _, imports, tests = (cell.strip() for cell in line.strip("|").split("|"))
        named = re.findall(r"`([^`]+)`", tests)
        found[place.strip("`")] = (frozenset(re.findall(r"`([^`]+)`", imports)), tuple(named))
    return found


def place_of(path: Path) -> str:
    """The row of a file: its own, or that of the nearest folder that has one."""
    parts = path.relative_to(ROOT).parts
    return next(
        name for end in range(len(parts), 0, -1) if (name := "/".join(parts[:end])) in rows()
    )  # fmt: skip


def rooms_imported(path: Path) -> set[str]:
    """The rooms of the house that a file imports from."""
    names = {
        name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in (
            [f"{node.module}.{one.name}" for one in node.names] if isinstance(node, ast.ImportFrom) else
            [one.name for one in node.names] if isinstance(node, ast.Import) else ()
        )
    }  # fmt: skip
    return {name.split(".")[1] for name in names if name.startswith("shared.")}


def test_every_folder_of_the_house_is_in_the_map() -> None:
    """Nothing is left out of the table, and nothing in it is gone."""
    named = set(rows())
    houses = [path for path in folders("shared", "devtools") if any(path.glob("*.py")) or path.name in named]
    inside = {str(path.relative_to(ROOT)) for path in houses} - {"shared", "devtools"}
    inside |= {str(path.relative_to(ROOT)) for path in (ROOT / "shared").glob("*.py") if path.stat().st_size}
    assert inside <= named
    assert all((ROOT / name).exists() for name in named)


@pytest.mark.parametrize(
    "path",
    sorted([*ROOT.glob("shared/*/**/*.py"), *ROOT.glob("shared/[a-z]*.py"), ROOT / "function_app.py"]),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_file_imports_what_its_row_says(path: Path) -> None:
    """The table tells which rooms a folder may import from, besides its own."""
    allowed, _ = rows()[place_of(path)]
    parts = path.relative_to(ROOT).with_suffix("").parts
    own = {parts[1]} if parts[0] == "shared" and len(parts) > 1 else set()
    assert rooms_imported(path) - own <= allowed


@pytest.mark.parametrize(
    "path",
    sorted(path for path in ROOT.glob("shared/**/*.py") if path.name != "__init__.py"),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_the_tests_of_a_module_are_found(path: Path) -> None:
    """By its name, or in the folders that the map names, one of which uses the module or what it is for."""
    _, places = rows()[place_of(path)]
    assert places
    assert all((ROOT / place).is_dir() for place in places)
    mirrored = ROOT / "tests" / "unit" / path.relative_to(ROOT / "shared").parent / f"test_{path.stem}.py"
    over_http = any(place in {"tests/api", "tests/browser", "tests/contract"} for place in places)
    assert mirrored.exists() or over_http or is_used(path, places)


def is_used(path: Path, places: tuple[str, ...]) -> bool:
    """Whether a test in these folders names the module, or a module beside it that imports it."""
    texts = [test.read_text("utf-8") for place in places for test in (ROOT / place).rglob("*.py")]
    name = dotted(path)
    imports = re.compile(rf"import\b.*\b{path.stem}\b|{re.escape(name)}\b")
    beside = [one for one in path.parent.glob("*.py") if imports.search(one.read_text("utf-8"))]
    from_folder = re.compile(rf"from {re.escape(name.rpartition('.')[0])} import [^\n]*\b{path.stem}\b")
    used = (each in text for each in (name, *map(dotted, beside)) for text in texts)
    return any(used) or any(map(from_folder.search, texts))


def dotted(path: Path) -> str:
    """The name of a module."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_the_map_names_files_that_exist() -> None:
    """Every path of the repository in docs/development.md and CONTRIBUTING.md leads somewhere."""
    for document in ("docs/development.md", "CONTRIBUTING.md"):
        text = (ROOT / document).read_text("utf-8")
        for named in re.findall(r"`((?:shared|devtools|tests|docs|web|infra|bench)/[\w./-]+)`", text):
            assert (ROOT / named).exists(), f"{document}: {named}"
