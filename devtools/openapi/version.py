"""The one version number of this project: of the package and of the API's description."""

import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def version(project: Path = PROJECT) -> str:
    """The version in `pyproject.toml`."""
    found: str = tomllib.loads(project.read_text("utf-8"))["project"]["version"]
    return found
