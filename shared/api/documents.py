"""The routes that describe the API; what they show is made when it is first asked for."""

import azure.functions as func

from shared.api.hygiene import cacheable


async def openapi(request: func.HttpRequest) -> func.HttpResponse:
    """`GET /openapi.json`."""
    from shared.api.openapi import openapi_json  # noqa: PLC0415 (no worker should start slower for it)

    return cacheable(request, openapi_json())


async def docs(request: func.HttpRequest) -> func.HttpResponse:
    """`GET /docs`."""
    from shared.api.docs_page import content_security_policy, docs_page  # noqa: PLC0415 (as above)

    headers = {"Content-Security-Policy": content_security_policy()}
    return cacheable(request, docs_page(), "text/html", headers)
