"""From the locked requirements and the sources to `dist/app.zip`, which exists only if it works."""

import asyncio
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devtools.package.archive import write_zip
from devtools.package.contents import choose
from devtools.package.distributions import read_distributions
from devtools.package.errors import PackageError
from devtools.package.proof import prove
from devtools.package.stage import stage
from devtools.package.target import PLATFORM, can_run_here, find_python, install

MOST_BYTES = 12_000_000
MOST_FILES = 4_000


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be built: from which sources, into which folder, compiled by which Python."""

    app: Path
    out: Path
    python: str | None = None
    is_proved: bool = True


def build(order: Order, say: Callable[[str], None] = print) -> Path:
    """The path of the new zip; raises PackageError, and then there is no zip, an old one neither."""
    target, manifest = order.out / "app.zip", order.out / "manifest.json"
    target.unlink(missing_ok=True)
    manifest.unlink(missing_ok=True)
    python = find_python(order.python)
    if order.is_proved and not can_run_here():
        raise PackageError(
            f"the package is for {PLATFORM} and cannot be tried out on this machine. Build it in a Linux"
            " container for x86_64, or add --unproved to go without the proof"
        )
    order.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".package-", dir=order.out) as name:
        made = _make(order, python, Path(name), say)
        shutil.copyfile(Path(name) / "stage" / "manifest.json", manifest)
        made.replace(target)
    return target


def _make(order: Order, python: str, work: Path, say: Callable[[str], None]) -> Path:
    installed, staged, packed = work / "installed", work / "stage", work / "app.zip"
    say("Installing the locked wheels for the target ...")
    install(order.app / "requirements.txt", installed)
    say("Following the app's imports ...")
    contents = choose(order.app, installed, read_distributions(installed))
    say("Compiling ...")
    stage(order.app, installed, contents, staged, python)
    write_zip(staged, packed)
    _hold_limits(packed)
    if order.is_proved:
        say("Trying the package out ...")
        loaded = asyncio.run(prove(unpack(packed, work / "proof" / "wwwroot"), python))
        say(f"It books, and answers to errors; {len(loaded)} modules were loaded.")
    return packed


def unpack(packed: Path, folder: Path) -> Path:
    """The folder, with what is in the zip."""
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder)
    return folder


def _hold_limits(packed: Path) -> None:
    size = packed.stat().st_size
    with zipfile.ZipFile(packed) as archive:
        files = len(archive.infolist())
    if size > MOST_BYTES or files > MOST_FILES:
        raise PackageError(
            f"the package has {size:,} bytes in {files:,} files; at most {MOST_BYTES:,} in {MOST_FILES:,}"
            " are allowed. What is new in it stands in requirements.txt or in the imports of shared"
        )


def summary(packed: Path) -> str:
    """One line about a zip."""
    with zipfile.ZipFile(packed) as archive:
        entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    size = packed.stat().st_size
    return f"{packed}: {size / 1e6:.1f} MB, {len(entries):,} files, {unpacked / 1e6:.1f} MB unpacked"
