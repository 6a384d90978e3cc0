"""The token credential of a worker: a managed identity, or a developer's own tenant by environment."""

from importlib.util import find_spec

from azure.core.credentials_async import AsyncTokenCredential

from shared.platform.azure_transport import HttpxTransport
from shared.platform.startup import standing_in_for

SOCKET_SECONDS = 10.0
"""For connecting to the identity's endpoint and for reading its answer, each."""

UNUSED_BY_IDENTITIES = (
    "azure.identity._credentials.certificate",
    "azure.identity._internal.aadclient_certificate",
    "msal.managed_identity",
    "azure.identity._internal.auth_code_redirect_handler",
    "msal.oauth2cli.authcode",
)
"""What azure-identity imports for any credential, and a managed identity never uses.

The first two sign with certificates and load `cryptography`; the third is msal's own way to an identity's
endpoint and loads `requests`. The three are half of what a worker's start costs in memory. The last two are
servers for people who sign in with a browser.
"""


def credential(kind: str, client_id: str | None) -> AsyncTokenCredential:
    """azure-identity's credential of this kind; `client_id` picks a user-assigned identity."""
    if kind == "environment":
        from azure.identity.aio import EnvironmentCredential  # noqa: PLC0415 (never loaded in production)

        return EnvironmentCredential(transport=HttpxTransport(SOCKET_SECONDS))
    with standing_in_for(*UNUSED_BY_IDENTITIES):
        from azure.identity.aio import ManagedIdentityCredential  # noqa: PLC0415 (only where used)

    return ManagedIdentityCredential(client_id=client_id, transport=HttpxTransport(SOCKET_SECONDS))


def is_at_hand(kind: str) -> bool:
    """Whether this credential can be had here: the deployment package brings managed identities alone."""
    return kind == "managed_identity" or find_spec("cryptography") is not None
