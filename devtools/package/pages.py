"""The share of the pages in the package: templates as modules, and CLDR's data of the languages on offer."""

import os
import re
import subprocess
import sys
from pathlib import Path

from devtools.package.errors import PackageError

TEMPLATES = Path("shared/pages/templates")
COMPILED = Path("shared/pages/compiled")
LANGUAGES = Path("shared/pages/locales")
COMPILE = "import sys, pathlib, shared.pages.rendering as r; r.compile_templates(pathlib.Path(sys.argv[1]))"
LIMIT = 60

DATA = re.compile(r"babel/locale-data/([a-z]+)(?:_\w+)?\.dat")
"""Where Babel keeps CLDR: one file for each language, and one for what its regions have otherwise."""

ROOT = "root"
"""What all languages inherit from."""


def is_template(file: str) -> bool:
    """Whether a file of the app is the source of a template; the package has its module instead."""
    return Path(file).parent == TEMPLATES and file.endswith(".html")


def offered_languages(app: Path) -> frozenset[str]:
    """The languages that the app's pages speak."""
    return frozenset(path.stem for path in (app / LANGUAGES).glob("*.toml"))


def is_foreign(file: str, languages: frozenset[str]) -> bool:
    """Whether a file holds the dates, numbers and names of a language that is not offered."""
    found = DATA.fullmatch(file)
    return found is not None and found[1] not in languages | {ROOT}


def compile_pages(app: Path, folder: Path) -> None:
    """Compile the app's templates to modules in the staged folder; raises PackageError."""
    if not (app / TEMPLATES).is_dir():
        return
    target = (folder / COMPILED).resolve()
    target.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-c", COMPILE, str(target)],
        cwd=app,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    if done.returncode != 0:
        raise PackageError(f"the templates do not compile:\n{done.stderr.strip()}")
