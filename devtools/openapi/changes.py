"""Say what in `docs/openapi.json` breaks callers since the last version: `-m devtools.openapi.changes`.

The last version is the commit that last changed `version` in `pyproject.toml`. Breaking changes need a
new major number, a version before 1.0 a new minor one.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from devtools.openapi.compare import Comparison
from devtools.openapi.version import version

ROOT = Path(__file__).resolve().parents[2]
PROJECT, DOCUMENT = "pyproject.toml", "docs/openapi.json"


def git(*arguments: str, root: Path = ROOT) -> str | None:
    """What git says; None where it, the repository or the file is not there."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def last_version(root: Path = ROOT) -> tuple[str, dict[str, Any]] | None:
    """The last version's number and its description; None where the history does not tell."""
    commit = (git("log", "-1", "--format=%H", "-G", '^version = "', "--", PROJECT, root=root) or "").strip()
    project = git("show", f"{commit}:{PROJECT}", root=root) if commit else None
    document = git("show", f"{commit}:{DOCUMENT}", root=root) if commit else None
    if project is None or document is None:
        return None
    return tomllib.loads(project)["project"]["version"], json.loads(document)


def may_break(before: str, now: str) -> bool:
    """Whether the number of the version says that callers may have to change something."""
    old, new = ([int(part) for part in text.split(".")[:2]] for text in (before, now))
    return new[0] > old[0] or (old[0] == new[0] == 0 and new[1] > old[1])


def report(before: str, now: str, breaks: Sequence[str]) -> tuple[int, str]:
    """The exit code and what to say."""
    if not breaks:
        return 0, f"Nothing in {DOCUMENT} breaks callers since version {before}."
    listed = "\n".join(f"  - {one}" for one in breaks)
    said = f"{DOCUMENT} breaks callers since version {before}:\n{listed}"
    if may_break(before, now):
        return 0, said
    advice = (
        f"Keep what was there, or raise the version in {PROJECT} (it is {now}) and say so in CHANGELOG.md."
    )
    return 1, f"{said}\n{advice}"


def main(root: Path = ROOT) -> int:
    """Compare the working tree with the last version; return 1 if callers break without notice."""
    last = last_version(root)
    if last is None:
        print(f"The history names no earlier version: {DOCUMENT} is compared with nothing.")
        return 0
    number, document = last
    described = json.loads((root / DOCUMENT).read_text("utf-8"))
    code, said = report(number, version(root / PROJECT), Comparison(document, described).breaks())
    print(said, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main())
