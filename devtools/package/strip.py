"""Leaves out of a shared library what only debuggers and linkers read, by the tool `strip`."""

import shutil
import subprocess
from pathlib import Path

from devtools.package.errors import PackageError

TOOLS = ("strip", "llvm-strip", "x86_64-linux-gnu-strip")
"""GNU's or LLVM's; Apple's `strip` knows no ELF and is told by that."""

ELF = b"\x7fELF"
LIMIT = 60


def strip(library: Path, target: Path) -> None:
    """Write the library without symbols and debugging information; raises PackageError.

    What is no ELF file is copied as it is.
    """
    shutil.copyfile(library, target)
    if not library.read_bytes().startswith(ELF):
        return
    failures = []
    for tool in filter(shutil.which, TOOLS):
        done = subprocess.run(
            [tool, "--strip-unneeded", str(target)],
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
        )
        if done.returncode == 0:
            return
        failures.append(f"{tool}: {done.stderr.strip()}")
    raise PackageError(
        f"{library.name} cannot be stripped. Install GNU binutils or LLVM, whose `strip` does it. "
        + " ".join(failures)
    )
