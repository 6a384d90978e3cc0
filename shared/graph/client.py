"""The official Graph beta client with a managed identity, built once per worker.

The SDK's default pipeline repeats a POST after 429, 503 and 504 up to three times, and a repeated
POST books again. The pipeline here has no retry and no redirect handler at all: what may be repeated
is decided in `shared/graph/calls.py`, where it is known which calls write.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from azure.core.credentials_async import AsyncTokenCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from kiota_http.middleware import ParametersNameDecodingHandler
from msgraph_beta import GraphServiceClient
from msgraph_beta.graph_request_adapter import GraphRequestAdapter, options
from msgraph_core import GraphClientFactory
from msgraph_core.middleware import GraphTelemetryHandler
from msgraph_core.middleware.options import GraphTelemetryHandlerOption

from shared.graph.sdk_patches import keep_values_plainly, make_entity_lean, read_exactly
from shared.graph.sending import CheckedTransport
from shared.graph.tokens import RenewingTransport, Tokens
from shared.platform.azure_transport import tls
from shared.platform.startup import without_garbage_collection

LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=64)
"""Connections that one worker keeps to Graph; the bulkhead bounds each mailbox far below this."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """One of Microsoft's clouds: where its Graph is and for whom its tokens are."""

    base_url: str
    scope: str


def cloud(root: str, base_url: str | None = None) -> Cloud:
    """The cloud whose Graph has this root, at `base_url` where that is not `root`/beta.

    The token's audience is always the root's: an emulator at another address gets the same tokens.
    """
    return Cloud(base_url or f"{root}/beta", f"{root}/.default")


class Connection:
    """The SDK's client with its credential: made when the first call needs it, then kept.

    `features` (one of `tokens.ENOUGH`) says which roles a token needs.
    """

    def __init__(
        self,
        make_credential: Callable[[], AsyncTokenCredential],
        where: Cloud,
        features: str | None = None,
    ) -> None:
        self._make_credential = make_credential
        self._where = where
        self._features = features
        self._client: GraphServiceClient | None = None
        self._open: list[Callable[[], Awaitable[None]]] = []

    def client(self) -> GraphServiceClient:
        """The client of this worker."""
        if self._client is None:
            with without_garbage_collection():  # httpx and azure-identity load most of their modules only now
                self._client = self._build()
        return self._client

    def _build(self) -> GraphServiceClient:
        tokens = Tokens(self._make_credential, self._where.scope, self._features)
        # Closing the client would stop at the SDK's pipeline, so the transport itself is closed.
        transport = httpx.AsyncHTTPTransport(verify=tls(), limits=LIMITS, trust_env=False)
        self._open = [transport.aclose, tokens.close]
        return build_client(tokens, self._where, RenewingTransport(transport, tokens))

    def is_ours(self, link: str) -> bool:
        """Whether an address that Graph gave is one of this cloud's Graph: tokens go nowhere else."""
        base, given = urlsplit(self._where.base_url), urlsplit(link)
        return given[:2] == base[:2] and given.path.startswith(f"{base.path.rstrip('/')}/")

    async def aclose(self) -> None:
        """Close what was opened; the next call opens it anew."""
        self._client = None
        while self._open:
            await self._open.pop()()


def build_client(
    credential: AsyncTokenCredential, where: Cloud, transport: httpx.AsyncBaseTransport
) -> GraphServiceClient:
    """The SDK's client for this cloud; tokens go to no other host than the cloud's own."""
    make_entity_lean()
    keep_values_plainly()
    read_exactly()
    # No timeout of httpx's own: shared/graph/calls.py bounds every call as a whole.
    checked = CheckedTransport(transport)
    http = httpx.AsyncClient(base_url=where.base_url, transport=checked, timeout=None)  # noqa: S113
    host = urlsplit(where.base_url).hostname or ""
    identity = AzureIdentityAuthenticationProvider(credential, scopes=[where.scope], allowed_hosts=[host])
    telemetry = GraphTelemetryHandler(options=options[GraphTelemetryHandlerOption.get_key()])
    pipeline = GraphClientFactory.create_with_custom_middleware(
        [ParametersNameDecodingHandler(), telemetry], client=http
    )
    adapter = GraphRequestAdapter(identity, client=pipeline)
    adapter.base_url = where.base_url
    return GraphServiceClient(request_adapter=adapter)
