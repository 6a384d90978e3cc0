"""Where the package runs: CPython 3.13 on Linux x86_64, and how this machine builds for that."""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from devtools.package.errors import PackageError

ROOT = Path(__file__).resolve().parents[2]
PYTHON = "3.13"
PLATFORM = "x86_64-manylinux_2_28"
MACHINE = ("Linux", "x86_64")
LIMIT = 600
"""Seconds for each command that is run; downloads on a slow line included."""


def find_python(given: str | None = None) -> str:
    """An interpreter of the target's version on this machine; raises PackageError."""
    for candidate in [given] if given else _candidates():
        path = shutil.which(candidate)
        if path and _version(path) == PYTHON:
            return path
    asked = f"{given} is not" if given else "This machine has no"
    raise PackageError(
        f"{asked} Python {PYTHON}, for which the package is compiled and in which it is tried out."
        f" Install Python {PYTHON}, or name it: python -m devtools.package --python /path/to/python{PYTHON}"
    )


def _candidates() -> Iterator[str]:
    """Where Pythons usually lie; those of pyenv start by their path whichever version is chosen."""
    yield sys.executable
    yield f"python{PYTHON}"
    yield str(ROOT / f".venv-{PYTHON}/bin/python")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(str(path) for path in pyenv.glob(f"versions/{PYTHON}.*/bin/python"))
    found = subprocess.run(
        [sys.executable, "-m", "uv", "python", "find", PYTHON, "--no-python-downloads"],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    if found.returncode == 0:
        yield found.stdout.strip()


def _version(python: str) -> str | None:
    """`3.13` for a CPython of that version that starts at all."""
    code = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [python, "-I", "-c", code], capture_output=True, text=True, check=False, timeout=60
        )
    except OSError:
        return None
    name, _, version = answer.stdout.strip().partition(" ")
    return version if answer.returncode == 0 and name == "cpython" else None


def can_run_here() -> bool:
    """Whether the package's machine code runs on this machine."""
    return (platform.system(), platform.machine()) == MACHINE


def install(lock: Path, folder: Path) -> None:
    """Put the locked wheels for the target into a folder, whatever this machine is; raises PackageError."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-config"),
        *("--python-platform", PLATFORM, "--python-version", PYTHON, "--only-binary", ":all:"),
        *("--require-hashes", "--no-deps", "--target", str(folder), "-r", str(lock)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
    if done.returncode != 0:
        raise PackageError(
            f"the wheels of {lock.name} for CPython {PYTHON} on {PLATFORM} could not be installed:\n"
            + done.stderr.strip()
        )


COMPILER = Path(__file__).with_name("compiler.py")


def compile_sources(python: str, jobs: Sequence[Mapping[str, object]]) -> None:
    """Compile sources with the target's Python (`compiler.py`); raises PackageError.

    The hash seed is fixed: without that, the order inside frozen sets differs from run to run.
    Columns, which tracebacks mark in the text of a line, are left out: the package holds no text.
    """
    done = subprocess.run(
        [python, "-S", "-W", "ignore", "-X", "no_debug_ranges", str(COMPILER)],
        input=json.dumps(list(jobs)),
        env={"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    if done.returncode != 0:
        raise PackageError(f"the sources do not compile with {python}:\n{done.stderr.strip()}")
