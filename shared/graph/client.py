"""The official Graph beta client with a managed identity, built once per worker.

The SDK's default pipeline repeats a POST after 429, 503 and 504 up to three times, and a repeated
POST books again. The pipeline here has no retry and no redirect handler at all: what may be repeated
is decided in `shared/graph/calls.py`, where it is known which calls write.

Graph refuses good identities now and then: a signing key rolled over, a token revoked early, a first token
that came without the roles that were granted a minute ago. A token is kept for up to a day, so waiting does
not help, and nothing was done: a new one is asked for, and the request is sent once more with it.
"""

import asyncio
import binascii
import json
import logging
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from types import TracebackType
from urllib.parse import urlsplit

import httpx
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from kiota_http.middleware import ParametersNameDecodingHandler
from msgraph_beta import GraphServiceClient
from msgraph_beta.generated.solutions.booking_businesses.item.booking_business_item_request_builder import (
    BookingBusinessItemRequestBuilder,
)
from msgraph_beta.graph_request_adapter import GraphRequestAdapter, options
from msgraph_core import GraphClientFactory
from msgraph_core.middleware import GraphTelemetryHandler
from msgraph_core.middleware.options import GraphTelemetryHandlerOption

from shared.domain.errors import Renewed
from shared.graph.calls import CheckedTransport, leaving, token_wanted, turned_away
from shared.graph.sdk_patches import keep_values_plainly, make_entity_lean, read_exactly
from shared.platform.azure_transport import tls
from shared.platform.startup import without_garbage_collection

logger = logging.getLogger(__name__)

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

    `features` (one of `ENOUGH`) says which roles a token needs.
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
        self._open: list[Callable[[], Awaitable[None]]] = []

    @cached_property
    def client(self) -> GraphServiceClient:
        """The client of this worker."""
        with without_garbage_collection():  # httpx and azure-identity load most of their modules only now
            return self._build()

    def at(self, business: str) -> BookingBusinessItemRequestBuilder:
        """What the client can ask of this business."""
        return self.client.solutions.booking_businesses.by_booking_business_id(business)

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
        vars(self).pop("client", None)
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


READ, APPOINTMENT = "Bookings.Read.All", "BookingsAppointment.ReadWrite.All"
WRITE, MANAGE = "Bookings.ReadWrite.All", "Bookings.Manage.All"

ENOUGH: Mapping[str, tuple[frozenset[str], ...]] = {
    "read": (frozenset({READ}), frozenset({WRITE}), frozenset({MANAGE})),
    "book": (frozenset({READ, APPOINTMENT}), frozenset({WRITE}), frozenset({MANAGE})),
    "cancel": (frozenset({WRITE}), frozenset({MANAGE})),
}
"""The sets of app roles any of which is enough for a feature; Microsoft Graph's permissions reference."""

REFUSED, FORBIDDEN = 401, 403
TURNED_AWAY = frozenset({REFUSED, FORBIDDEN})
PAUSE = 60.0
"""Seconds between two new credentials."""


class Tokens(AsyncTokenCredential):
    """Gives tokens of the credential that `make` makes, and of a new one where Graph refuses them.

    `features` says which roles the token needs; with None nothing is known of them.
    """

    def __init__(
        self,
        make: Callable[[], AsyncTokenCredential],
        scope: str,
        features: str | None = None,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._make = make
        self._scope = scope
        self._enough = ENOUGH[features] if features else ()
        self._now = now
        self._credential = make()
        self._former: AsyncTokenCredential | None = None
        self._renewed: float | None = None
        self._accepted = ""
        self._renewing = asyncio.Lock()

    async def get_token(self, *_: str, **__: object) -> AccessToken:
        """The token of now; raises AzureError where the identity's endpoint gives none."""
        token_wanted(is_there=False)
        token = await self._credential.get_token(self._scope)
        token_wanted(is_there=True)
        return token

    def accept(self, token: str) -> None:
        """Graph took this token."""
        self._accepted = token

    async def instead_of(self, refused: str, status: int) -> str | None:
        """The token to try once more with, None where that is of no use; raises AzureError."""
        lacking = self.lacks_roles(refused)
        if status == FORBIDDEN and not lacking:
            return None
        extra = {"event": "token.refused", "status": status, "reason": "roles" if lacking else "token"}
        logger.warning("token.refused", extra=extra)
        async with self._renewing:  # whoever waits here gets the token that the first one was given
            present = (await self.get_token()).token
            if present == refused and self._may_renew():
                return await self._renewed_token()
        if present != refused:
            return present
        return refused if status == REFUSED and refused == self._accepted else None

    def lacks_roles(self, token: str) -> bool:
        """Whether the token is without the roles that the features need; one that says nothing is not."""
        roles = _roles(token)
        return bool(self._enough) and roles is not None and not any(one <= roles for one in self._enough)

    async def close(self) -> None:
        """Close the credentials."""
        await self._credential.close()
        await self._close_former()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close what was opened."""
        await self.close()

    async def _renewed_token(self) -> str:
        """The token of a new credential; the platform may keep the old one, which is tried once more then."""
        self._renewed = self._now()
        credential = self._make()
        await self._close_former()
        # Somebody may be waiting for a token of the former one, so it is closed with the next.
        self._former, self._credential = self._credential, credential
        logger.warning("token.renewed", extra={"event": "token.renewed"})
        return (await self.get_token()).token

    def _may_renew(self) -> bool:
        return self._renewed is None or self._now() - self._renewed >= PAUSE

    async def _close_former(self) -> None:
        former, self._former = self._former, None
        if former is not None:
            await former.close()


def _roles(token: str) -> frozenset[str] | None:
    """The app roles in a JSON Web Token; None where it is none, or where it speaks for a person."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return None if "scp" in claims else frozenset(claims.get("roles", ()))
    except (IndexError, ValueError, TypeError, binascii.Error):
        return None


class RenewingTransport(httpx.AsyncBaseTransport):
    """Sends a request once more, with another token, where Graph refused the first one's.

    What replaces an appointment is not sent again: another token takes its time, and whoever writes looks
    first at what the staff have changed meanwhile.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, tokens: Tokens) -> None:
        self._transport = transport
        self._tokens = tokens

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer; raises httpx.HTTPError, Renewed, and AzureError without another token."""
        response = await self._send(request)
        if response.status_code not in TURNED_AWAY:
            return response
        operation = turned_away()
        other = await self._tokens.instead_of(_token(request), response.status_code)
        if other is None:
            return response
        await response.aclose()
        if operation is not None and operation.replaces:
            raise Renewed(operation.name, response.status_code)
        request.headers["Authorization"] = f"Bearer {other}"
        await leaving()
        return await self._send(request)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        if response.status_code not in TURNED_AWAY:
            self._tokens.accept(_token(request))
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


def _token(request: httpx.Request) -> str:
    given: str = request.headers.get("Authorization", "")
    return given.removeprefix("Bearer ")
