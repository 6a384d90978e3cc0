"""The managed identity endpoint of App Service, and the tokens that it gives and Graph reads.

Protocol: `GET ?api-version=2019-08-01&resource=...[&client_id=...]` with the header `X-IDENTITY-HEADER`.
Tokens live in real time, whatever the emulator's clock says: azure-identity and Azurite read them too.
"""

import os
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import jwt

from devtools.graph_emulator.errors import invalid_token
from devtools.graph_emulator.exchange import Json, Reply, Request, json_reply
from devtools.graph_emulator.roles import APPOINTMENT, READ, WRITE

IDENTITY_PATH = "/_emulator/identity/token"
IDENTITY_HEADER = os.environ.get("EMULATOR_IDENTITY_HEADER", "emulator-identity-header")
TENANT_ID = "b3f4f7c2-72ce-4192-aba4-d6c7719b5766"
APP_ID = "2f7c53a4-9c1e-4a3b-8d52-0c7d3d1f0e55"
GRAPH = "https://graph.microsoft.com"
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
_AUDIENCES = frozenset({GRAPH, GRAPH + "/", GRAPH_APP_ID})
_KEY = b"the emulator's own key: it signs tokens for nobody but itself"  # at least 32 bytes for HS256
_CACHE_LIMIT = 4096


@dataclass(slots=True)
class Identity:
    """The identity of the app under test and the settings of its endpoint."""

    roles: list[str] = field(default_factory=lambda: [READ, APPOINTMENT, WRITE])
    appid: str = APP_ID
    expires_in: int = 86400
    idtyp: str = "app"
    scp: str | None = None
    audience: str | None = None
    client_ids: list[str] | None = None
    failure: int | None = None
    _checked: dict[str, Json] = field(default_factory=dict)

    def update(self, changes: Json) -> None:
        """Set some members; ValueError on a name that does not exist."""
        unknown = set(changes) - self._names()
        if unknown:
            raise ValueError(f"an identity has no {', '.join(sorted(unknown))}")
        for name, value in changes.items():
            setattr(self, name, value)

    def describe(self) -> Json:
        """The present settings."""
        return {name: getattr(self, name) for name in sorted(self._names())}

    def _names(self) -> set[str]:
        return {name for name in self.__slots__ if not name.startswith("_")}

    def answer(self, request: Request) -> Reply:
        """Speak the App Service protocol: a token, or the endpoint's 400 and 401."""
        if self.failure is not None:
            return _refusal(self.failure, "The managed identity endpoint is out of order.")
        if request.headers.get("x-identity-header") != IDENTITY_HEADER:
            return _refusal(401, "The X-IDENTITY-HEADER is missing or wrong.")
        if request.query.get("api-version") != "2019-08-01":
            return _refusal(400, "Only api-version 2019-08-01 is known.")
        resource = request.query.get("resource")
        if not resource:
            return _refusal(400, "The query parameter resource is missing.")
        client_id = request.query.get("client_id", self.appid)
        if self.client_ids is not None and client_id not in self.client_ids:
            return _refusal(400, "No managed identity of that client id is assigned to this app.")
        return self._token_reply(resource, client_id)

    def _token_reply(self, resource: str, client_id: str) -> Reply:
        claims = self.claims(resource, client_id)
        body = {
            "access_token": sign(claims),
            "expires_on": str(claims["exp"]),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": client_id,
        }
        return json_reply(200, body)

    def claims(self, resource: str, client_id: str) -> Json:
        """The claims of a token for a resource; app roles are granted for Graph only."""
        now = int(time.time())
        claims: Json = {
            "aud": self.audience or resource,
            "iss": f"https://sts.windows.net/{TENANT_ID}/",
            "iat": now,
            "nbf": now - 300,
            "exp": now + self.expires_in,
            "appid": client_id,
            "idtyp": self.idtyp,
            "oid": str(uuid.uuid5(uuid.NAMESPACE_OID, client_id)),
            "tid": TENANT_ID,
            "uti": uuid.uuid4().hex,  # no two tokens are the same
            "ver": "1.0",
        }
        if self.scp is not None:
            claims["scp"] = self.scp
        elif resource.rstrip("/") in _AUDIENCES:
            claims["roles"] = list(self.roles)
        return claims

    def issue(self, changes: Json) -> str:
        """A signed token for Graph with some claims replaced, or taken out where the value is None."""
        claims = {**self.claims(GRAPH, self.appid), **changes}
        return sign({name: value for name, value in claims.items() if value is not None})

    def check(self, authorization: str | None) -> Json:
        """The claims of a request's bearer token; GraphError 401 where it is not good for Graph."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise invalid_token("Access token is empty.")
        claims = self._checked.get(token) or self._verify(token)
        if claims["exp"] <= time.time():
            raise invalid_token("Lifetime validation failed, the token is expired.")
        return claims

    def _verify(self, token: str) -> Json:
        claims = _decode(token)
        if claims.get("aud") not in _AUDIENCES:
            raise invalid_token("Access token validation failure. Invalid audience.")
        if len(self._checked) >= _CACHE_LIMIT:
            self._checked.clear()
        self._checked[token] = claims
        return claims


def sign(claims: Json) -> str:
    """A JSON Web Token (HS256) of these claims."""
    return jwt.encode(claims, _KEY, algorithm="HS256", headers={"kid": "emulator"})


def _decode(token: str) -> Json:
    options: Any = {"verify_aud": False, "verify_exp": False, "require": ["exp"]}
    try:
        return dict(jwt.decode(token, _KEY, algorithms=["HS256"], options=options))
    except jwt.InvalidTokenError as error:
        raise invalid_token("Access token validation failure.") from error


def _refusal(status: int, message: str) -> Reply:
    return json_reply(status, {"statusCode": status, "message": message})
