"""The package's folder as it will lie on the worker: the app, and what it needs in `.python_packages`."""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from devtools.package.contents import DESCRIPTION, ENTRY, Contents, Part
from devtools.package.distributions import Distribution
from devtools.package.pages import compile_pages
from devtools.package.reach import NEVER_LOADED, SDK, is_sdk
from devtools.package.strip import strip
from devtools.package.target import PLATFORM, PYTHON, compile_sources

PACKAGES = Path(".python_packages/lib/site-packages")
ON_THE_WORKER = "/home/site/wwwroot"
"""Where Functions mounts the package: the paths that tracebacks show are right there."""

ENTRY_FILE = f"{ENTRY}.py"
"""The worker looks for this source; every other module is there as bytecode alone."""

CACHE_TAG = "cpython-" + PYTHON.replace(".", "")


def stage(app: Path, installed: Path, contents: Contents, folder: Path, python: str) -> None:
    """Lay out and compile the package in an empty folder; raises PackageError."""
    for file in contents.app:
        _copy(app / file, folder / file)
    for part in contents.parts:
        for file in part.files:
            _copy(installed / file, folder / PACKAGES / file)
    compile_pages(app, folder)
    sources = sorted(folder.rglob("*.py"))
    replaced = _replaced(contents.reach.not_followed)
    compile_sources(python, [_job(folder, source, replaced) for source in sources])
    for source in sources:
        if source != folder / ENTRY_FILE:
            source.unlink()  # half the files and two thirds of the size; the manifest names the versions
    manifest = json.dumps({**describe(contents), **_version(app)}, indent=1, sort_keys=True) + "\n"
    (folder / "manifest.json").write_text(manifest, "utf-8")


def _version(app: Path) -> dict[str, str]:
    """The version that callers read in the API's description."""
    described = app / DESCRIPTION
    return (
        {"version": json.loads(described.read_text("utf-8"))["info"]["version"]}
        if described.is_file()
        else {}
    )


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix == ".so":
        strip(source, target)
    elif source.name == "METADATA":
        headers, _, _ = source.read_text("utf-8").partition("\n\n")  # without the project's whole README
        target.write_text(headers + "\n", "utf-8")
    else:
        shutil.copyfile(source, target)


def _job(folder: Path, source: Path, replaced: Mapping[str, list[str]]) -> dict[str, object]:
    shown = source.relative_to(folder).as_posix()
    beside = source.parent / "__pycache__" / f"{source.stem}.{CACHE_TAG}.pyc"
    return {
        "source": str(source),
        "to": str(beside if shown == ENTRY_FILE else source.with_suffix(".pyc")),
        "shown": f"{ON_THE_WORKER}/{shown}",
        "is_dependency": PACKAGES in Path(shown).parents,
        "is_sdk": PACKAGES / SDK in Path(shown).parents,
        "replaced": replaced.get(shown, []),
    }


def _replaced(methods: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The methods that the app replaces, by the file that they are in."""
    by_file: dict[str, list[str]] = {}
    for module, method in sorted(methods):
        by_file.setdefault(f"{PACKAGES.as_posix()}/{module.replace('.', '/')}.py", []).append(method)
    return by_file


def describe(contents: Contents) -> dict[str, Any]:
    """The manifest: what is in and why, what was left out and why."""
    methods = sorted(f"{module}: {method}" for module, method in contents.reach.not_followed)
    return {
        "target": {"python": PYTHON, "platform": PLATFORM},
        "app": list(contents.app),
        "distributions": [_part(part, contents) for part in contents.parts],
        "notFollowed": [f"{one} (replaced when the app starts)" for one in methods],
        "leftOut": [_absent(each) for each in contents.left_out],
        "neverLoaded": NEVER_LOADED,
    }


def _part(part: Part, contents: Contents) -> dict[str, Any]:
    each = part.distribution
    kept = {module for module, file in each.modules.items() if file in set(part.files)}
    described = {
        "name": each.name,
        "version": each.version,
        "why": part.reason,
        "modules": len(kept),
        "modulesOfAll": len(each.modules),
    }
    if any(is_sdk(module) for module in each.modules):
        described["reached"] = sorted(kept)
        described["leftOutByFolder"] = _by_folder(each.modules.keys() - contents.reach.modules)
    return described


def _by_folder(modules: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(".".join(module.split(".")[:3]) for module in modules).items()))


def _absent(each: Distribution) -> dict[str, str]:
    reasons = [why for module, why in NEVER_LOADED.items() if module in each.modules]
    why = reasons[0] if reasons else "no import that the app can reach leads there"
    return {"name": each.name, "version": each.version, "why": why}
