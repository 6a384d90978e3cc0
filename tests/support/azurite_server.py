"""Azurite's table service for tests: https with a certificate of its own, and tokens instead of keys.

Azurite checks a token's issuer, audience and lifetime, not its signature. The tokens come from the
identity endpoint of the Graph emulator, through azure-identity's own ManagedIdentityCredential.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

import pytest
import trustme
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import ManagedIdentityCredential

from devtools.graph_emulator.tokens import IDENTITY_HEADER, IDENTITY_PATH
from shared.tables.stores import TableStores, open_table_stores
from tests.support.servers import free_port, graph_emulator, server

MAIN = (
    Path(__file__).resolve().parents[1]
    / "azurite"
    / "node_modules"
    / "azurite"
    / "dist"
    / "src"
    / "table"
    / "main.js"
)
ACCOUNT = "devstoreaccount1"
START_LIMIT = 60.0


@dataclass(frozen=True, slots=True)
class Azurite:
    """A table service that runs, what to trust it by, and where its tokens come from."""

    endpoint: str
    authority: Path
    identity: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """What another process needs to trust the certificate and to have a managed identity."""
        return {**self.identity, "SSL_CERT_FILE": str(self.authority)}

    def credential(self) -> ManagedIdentityCredential:
        """A managed identity as an app in App Service has it."""
        with patch.dict(os.environ, self.identity):
            return ManagedIdentityCredential()

    def transport(self) -> AioHttpTransport:
        """Connections that trust the certificate.

        aiohttp reads SSL_CERT_FILE when it is imported, which is too early for this process.
        """
        return AioHttpTransport(connection_verify=str(self.authority))

    @asynccontextmanager
    async def stores(
        self, transport: AioHttpTransport | None = None, prefix: str | None = None
    ) -> AsyncIterator[TableStores]:
        """Stores in tables that nobody else has, unless the prefix is given."""
        async with self.credential() as credential:
            stores = open_table_stores(
                self.endpoint, credential, prefix or fresh_prefix(), transport or self.transport()
            )
            try:
                yield stores
            finally:
                await stores.aclose()


def fresh_prefix() -> str:
    """A prefix of tables that nobody has used before."""
    return f"t{uuid4().hex}"


def skip_without_azurite() -> None:
    """Skip the test on a machine that cannot run Azurite."""
    if shutil.which("node") is None:
        pytest.skip("needs Azurite, which needs Node.js: node is not on this machine")
    if not MAIN.is_file():
        pytest.skip("needs Azurite: run `npm ci` in tests/azurite (make test does)")


@contextmanager
def running_azurite() -> Iterator[Azurite]:
    """Azurite's table service and an identity endpoint, each a process of its own; skips without Azurite."""
    skip_without_azurite()
    with tempfile.TemporaryDirectory() as folder, graph_emulator() as identity:
        port = free_port()
        place = Path(folder)
        _write_certificates(place)
        with server(_command(place, port), f"tcp://127.0.0.1:{port}"):
            yield Azurite(
                f"https://127.0.0.1:{port}/{ACCOUNT}",
                place / "authority.pem",
                {"IDENTITY_ENDPOINT": identity + IDENTITY_PATH, "IDENTITY_HEADER": IDENTITY_HEADER},
            )


def _write_certificates(place: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(place / "authority.pem")
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(place / "key.pem")
    for number, part in enumerate(certificate.cert_chain_pems):
        part.write_to_path(place / "certificate.pem", append=number > 0)


def _command(place: Path, port: int) -> list[str]:
    options = {
        "--tableHost": "127.0.0.1",
        "--tablePort": f"{port}",
        "--cert": f"{place / 'certificate.pem'}",
        "--key": f"{place / 'key.pem'}",
        "--oauth": "basic",
    }
    flags = ["--inMemoryPersistence", "--silent", "--disableTelemetry"]
    return ["node", str(MAIN), *[word for option in options.items() for word in option], *flags]
