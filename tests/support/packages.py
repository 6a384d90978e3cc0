"""The deployment package, built once for all tests of a run that look at it."""

from dataclasses import dataclass
from pathlib import Path

from devtools.package.build import unpack


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was built and has proved itself, from which sources, and with which Python."""

    zip: Path
    sources: Path
    python: str

    def unpack(self, folder: Path) -> Path:
        """Unpack it into a new folder, and give that folder."""
        return unpack(self.zip, folder)
