"""A function app behind the local Functions host, driven in process."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from azure.functions import AuthLevel, FunctionApp

from devtools.functions_host.host import FunctionsHost, create_host
from devtools.functions_host.settings import Cors

ROOT = "http://127.0.0.1:7071"


def new_app(level: AuthLevel = AuthLevel.ANONYMOUS) -> FunctionApp:
    """An app that declares nothing yet."""
    return FunctionApp(http_auth_level=level)


@asynccontextmanager
async def serving(
    app: FunctionApp,
    host_json: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    cors: Cors | None = None,
    client: str = "127.0.0.1",
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app's host, which is stopped at the end."""
    host: FunctionsHost = create_host(app, host_json, environ=environ or {}, cors=cors, run_timers=False)
    transport = httpx.ASGITransport(host, client=(client, 50000))
    async with httpx.AsyncClient(transport=transport, base_url=ROOT) as http:
        try:
            yield http
        finally:
            await host.stop(grace=0)
