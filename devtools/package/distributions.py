"""What is installed in a folder: its distributions, their files and the modules in them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath

from devtools.package.errors import PackageError


@dataclass(frozen=True, slots=True)
class Distribution:
    """One installed distribution."""

    name: str
    version: str
    requires: tuple[str, ...]
    files: tuple[str, ...]
    """Paths below the folder, with forward slashes, sorted."""

    @property
    def modules(self) -> dict[str, str]:
        """Its modules, each with its file."""
        return dict(_modules(self.files))

    @property
    def has_extensions(self) -> bool:
        """Whether a part of it is machine code, whose imports cannot be read."""
        return any(file.endswith(".so") for file in self.files)


def module_of(file: str) -> str | None:
    """The module that a file is; None where it is none."""
    path = PurePosixPath(file)
    if path.suffix == ".py":
        parts = [*path.parts[:-1], *([] if path.stem == "__init__" else [path.stem])]
    elif path.suffix == ".so":
        parts = [*path.parts[:-1], path.name.partition(".")[0]]
    else:
        return None
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None


def _modules(files: Iterable[str]) -> Iterator[tuple[str, str]]:
    for file in files:
        module = module_of(file)
        if module:
            yield module, file


def read_distributions(folder: Path) -> list[Distribution]:
    """All distributions of a folder, by name; raises PackageError where there are none."""
    found = sorted(
        (_read(folder, path.parent) for path in folder.glob("*.dist-info/METADATA")),
        key=lambda each: each.name,
    )
    if not found:
        raise PackageError(f"nothing is installed in {folder}")
    return found


def normalized(name: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _read(folder: Path, info: Path) -> Distribution:
    headers = HeaderParser().parsestr((info / "METADATA").read_text("utf-8"))
    requires = (
        re.match(r"[\w.-]+", line)
        for line in headers.get_all("Requires-Dist", [])
        if "extra ==" not in line.replace("'", '"')
    )
    listed = (line.split(",")[0].strip('"') for line in (info / "RECORD").read_text("utf-8").splitlines())
    files = sorted({file for file in listed if file and not file.startswith(("../", "/"))})
    return Distribution(
        normalized(headers["Name"]),
        headers["Version"],
        tuple(sorted({normalized(match[0]) for match in requires if match})),
        tuple(file for file in files if (folder / file).is_file()),
    )
