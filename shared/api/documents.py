"""The route that serves the API's description, which was made before the deployment."""

from functools import cache
from pathlib import Path

import azure.functions as func

from shared.api.responses.model import cacheable

OPENAPI = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


@cache
def openapi_text() -> str:
    """The document as it lies in the package."""
    return OPENAPI.read_text("utf-8")


async def openapi(request: func.HttpRequest) -> func.HttpResponse:
    """`GET /openapi.json`."""
    return cacheable(request, openapi_text())
