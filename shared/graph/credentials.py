"""The token credential of a worker: a managed identity, or a developer's own tenant by environment."""

from azure.core.credentials_async import AsyncTokenCredential

from shared.platform.azure_transport import HttpxTransport

SOCKET_SECONDS = 10.0
"""For connecting to the identity's endpoint and for reading its answer, each."""


def credential(kind: str, client_id: str | None) -> AsyncTokenCredential:
    """azure-identity's credential of this kind; `client_id` picks a user-assigned identity."""
    if kind == "environment":
        from azure.identity.aio import EnvironmentCredential  # noqa: PLC0415 (never loaded in production)

        return EnvironmentCredential(transport=HttpxTransport(SOCKET_SECONDS))
    from azure.identity.aio import ManagedIdentityCredential  # noqa: PLC0415 (0.15 s, only where used)

    return ManagedIdentityCredential(client_id=client_id, transport=HttpxTransport(SOCKET_SECONDS))
