"""Which files make up the package: what the app reaches, and nothing else.

- The app: its entry point, `host.json`, the modules of `shared` that are reached, their data, `web`, and
  the API's description. Templates are there as modules (`pages.py`).
- Babel: CLDR's data of the languages that the pages speak, not of all languages of the world.
- The Graph SDK: the reached modules, method by method (`reach.py`).
- A distribution that is machine code, or that imports modules by a computed name: whole, because what it
  loads cannot be read from its sources. Of what such machine code requires, the machine code.
- Any other distribution: its reached modules and its data.

Tests, type stubs, sources of machine code and installers' records are left out everywhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from devtools.package.distributions import Distribution, module_of
from devtools.package.errors import PackageError
from devtools.package.pages import is_foreign, is_template, offered_languages
from devtools.package.reach import SDK, Explorer, Reach

ENTRY = "function_app"
DESCRIPTION = "docs/openapi.json"
APP_FILES = ("host.json", DESCRIPTION)
APP_FOLDERS = ("shared", "web")

NAMED_BY_THE_STANDARD_LIBRARY = {"zoneinfo": "tzdata"}
"""Modules that the standard library looks for by name (PEP 615): who imports the one needs the other."""

TESTS = frozenset({"test", "tests", "testing", "docs", "examples"})
NO_USE = frozenset({".pyi", ".pyx", ".pxd", ".pxi", ".c", ".h", ".pyc", ".typed", ".rst", ".md"})
KEPT_METADATA = ("METADATA", "entry_points.txt", "licenses/", "LICENSE", "NOTICE")


@dataclass(frozen=True, slots=True)
class Part:
    """One distribution's share in the package."""

    distribution: Distribution
    reason: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes in, what stays out, and what was read to know that."""

    app: tuple[str, ...]
    parts: tuple[Part, ...]
    left_out: tuple[Distribution, ...]
    reach: Reach


def choose(app: Path, installed: Path, distributions: Iterable[Distribution]) -> Contents:
    """The contents of the package for the app in this folder; raises PackageError."""
    by_name = {each.name: each for each in distributions}
    app_files = sorted(_app_files(app))
    files = {module: app / file for file in app_files if (module := module_of(file))}
    if ENTRY not in files:
        raise PackageError(f"there is no {ENTRY}.py in {app}")
    for each in by_name.values():
        files |= {module: installed / file for module, file in each.modules.items()}
    reach, whole = _explore(Explorer(files), by_name)
    _require_sdk(reach)
    languages = offered_languages(app)
    parts = tuple(
        _without_foreign(_part(each, reach, whole.get(each.name)), languages) for each in by_name.values()
    )
    return Contents(
        app=tuple(file for file in app_files if _is_wanted(file, reach)),
        parts=tuple(part for part in parts if part.files),
        left_out=tuple(part.distribution for part in parts if not part.files),
        reach=reach,
    )


def _app_files(app: Path) -> Iterator[str]:
    yield from (name for name in (f"{ENTRY}.py", *APP_FILES) if (app / name).is_file())
    for folder in APP_FOLDERS:
        for path in (app / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(app).as_posix()


def _explore(explorer: Explorer, by_name: Mapping[str, Distribution]) -> tuple[Reach, dict[str, str]]:
    """Follow imports until nothing more comes in: a distribution that comes whole brings more to follow."""
    whole: dict[str, str] = {}
    required: set[str] = set()
    roots = {ENTRY}
    while roots:
        reach = explorer.explore(*sorted(roots))
        found = {
            name: reason
            for name, each in by_name.items()
            if name not in whole and (reason := _whole(each, reach, required))
        }
        whole |= found
        required = set(_machine_code_required(whole, by_name)) - reach.modules | required
        roots = {one for name in found for one, file in by_name[name].modules.items() if not _is_test(file)}
        roots |= required - reach.modules
    return reach, whole


def _machine_code_required(whole: Iterable[str], by_name: Mapping[str, Distribution]) -> Iterator[str]:
    """Machine code that other machine code is said to require, without the Python beside it."""
    for name in whole:
        for needed in by_name[name].requires if by_name[name].has_extensions else ():
            if needed in by_name and needed not in whole:
                modules = by_name[needed].modules.items()
                yield from (module for module, file in modules if file.endswith(".so"))


def _whole(each: Distribution, reach: Reach, required: set[str]) -> str | None:
    """Why a distribution comes whole; None where it does not."""
    modules = each.modules
    reached = modules.keys() & reach.modules - required
    if SDK in modules:
        return None
    for name, needed in NAMED_BY_THE_STANDARD_LIBRARY.items():
        if needed in modules and any(one.module == name for s in reach.sources.values() for one in s.imports):
            return f"the standard library's {name} reads it by name"
    if reached and each.has_extensions:
        return "it is machine code, whose imports cannot be read"
    if any(reach.sources[one].imports_by_computed_name for one in reached if one in reach.sources):
        return "it imports modules by a computed name"
    return None


def _part(each: Distribution, reach: Reach, whole: str | None) -> Part:
    reached = each.modules.keys() & reach.modules
    if whole is None and not reached:
        return Part(each, "nothing reaches it", ())
    kept = (file for file in each.files if _is_kept(each, file, reach, is_whole=whole is not None))
    return Part(each, whole or "the modules that the app reaches", tuple(kept))


def _without_foreign(part: Part, languages: frozenset[str]) -> Part:
    return replace(part, files=tuple(file for file in part.files if not is_foreign(file, languages)))


def _is_kept(each: Distribution, file: str, reach: Reach, *, is_whole: bool) -> bool:
    if ".dist-info/" in file:
        return file.partition(".dist-info/")[2].startswith(KEPT_METADATA)
    module = module_of(file)
    if module in reach.modules:
        return True
    if PurePosixPath(file).suffix in NO_USE or _is_test(file) or file.startswith("bin/"):
        return False
    return is_whole or (module is None and SDK not in each.modules)


def _is_wanted(file: str, reach: Reach) -> bool:
    """A file of the app itself: modules only if reached, everything else but what is of no use."""
    module = module_of(file)
    if module:
        return module in reach.modules
    return PurePosixPath(file).suffix not in NO_USE and not is_template(file)


def _is_test(file: str) -> bool:
    parts = PurePosixPath(file).parts
    return bool(TESTS & set(parts[:-1])) or parts[-1].startswith(("_test", "test_", "conftest"))


def _require_sdk(reach: Reach) -> None:
    """The SDK must be as the rules above expect it: reached, and with what the app replaces in it."""
    if SDK not in reach.modules:
        raise PackageError(f"the app does not reach {SDK}; was the SDK renamed?")
    for module, method in sorted(reach.not_followed):
        source = reach.sources.get(module)
        if source is None or method not in source.units:
            raise PackageError(
                f"shared/graph/lean.py replaces {method} of {module}, which this version of the SDK does not"
                " have; compare lean.py with the SDK again"
            )
