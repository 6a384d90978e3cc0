"""The API's own description, which was made before the deployment and lies in it as a file."""

from functools import cache
from pathlib import Path

OPENAPI = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"


@cache
def openapi_text() -> str:
    """The document, read once."""
    return OPENAPI.read_text("utf-8")
