"""A worker's tokens: of one credential until Graph refuses one, then of a new one, once a minute at most.

Graph refuses good identities now and then: a signing key rolled over, a token revoked early, a first token
that came without the roles that were granted a minute ago. A token is kept for up to a day, so waiting does
not help, and nothing was done: a new token is asked for, and the request is sent once more with it.
"""

import asyncio
import binascii
import json
import logging
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from time import monotonic
from types import TracebackType

import httpx
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential

from shared.graph.sending import leaving, token_wanted, turned_away

logger = logging.getLogger(__name__)

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
            other = await self._other(refused)
        if other != refused:
            return other
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

    async def _other(self, refused: str) -> str:
        """The present token, of a new credential where it is the refused one and the last is old enough."""
        present = (await self.get_token()).token
        if present != refused or not self._may_renew():
            return present
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
    """Sends a request once more, with another token, where Graph refused the first one's."""

    def __init__(self, transport: httpx.AsyncBaseTransport, tokens: Tokens) -> None:
        self._transport = transport
        self._tokens = tokens

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer; raises httpx.HTTPError, and AzureError where no other token is to be had."""
        response = await self._send(request)
        if response.status_code not in TURNED_AWAY:
            return response
        turned_away()
        other = await self._tokens.instead_of(_token(request), response.status_code)
        if other is None:
            return response
        await response.aclose()
        request.headers["Authorization"] = f"Bearer {other}"
        leaving()
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
