"""The connection to Azure Table Storage: opened late, with short retries and one kind of error.

The SDK's own retry is off. It waits as long as the server says, and hides that a call was repeated;
but a conditional write whose first answer was lost meets itself in the second try (409, 412), and
that must be told from a stranger's write.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from azure.core.credentials import AzureNamedKeyCredential
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.data.tables.aio import TableClient, TableServiceClient

from shared.domain.errors import StoreUnavailable
from shared.platform.azure_transport import HttpxTransport

logger = logging.getLogger(__name__)

T = TypeVar("T")

KINDS = ("idempotency", "locks", "customers", "ledger", "rows", "counters", "once", "erasures", "boards")
"""The tables; each is named with the prefix of the deployment before it."""

TRIES = 3
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 1.0
TOTAL_SECONDS = 6.0
SOCKET_SECONDS = 2.0
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
ANSWERS = frozenset({404, 409, 412})

Credential = AsyncTokenCredential | AzureNamedKeyCredential
Transport = AsyncHttpTransport[HttpRequest, AsyncHttpResponse]


class Answered(Exception):
    """The storage answered 404, 409 or 412; `is_echo` where an earlier try of the call may have caused it."""

    def __init__(self, status: int, *, is_echo: bool) -> None:
        super().__init__(f"{status}")
        self.status = status
        self.is_echo = is_echo


class TableService:
    """The tables of one deployment; made without a connection, which the first call opens."""

    def __init__(
        self, endpoint: str, credential: Credential, prefix: str, transport: Transport | None = None
    ) -> None:
        self._client = TableServiceClient(
            endpoint,
            credential=credential,
            retry_total=0,
            transport=transport or HttpxTransport(SOCKET_SECONDS),
        )
        self._names = {kind: prefix + kind for kind in KINDS}
        self._clients: dict[str, TableClient] = {}
        self._creating = asyncio.Lock()
        self._are_created = False

    async def call(self, kind: str, verb: str, do: Callable[[TableClient], Awaitable[T]]) -> T:
        """What `do` gives, repeated while the storage is out of order; raises Answered, StoreUnavailable."""
        operation = f"{kind}.{verb}"
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                return await self._tries(operation, lambda: do(self._table(kind)))
        except TimeoutError as error:
            raise unavailable(operation, "timeout") from error

    async def create_tables(self) -> None:
        """Make the tables that are not there yet; a worker does so when it first misses one."""
        async with self._creating:
            if self._are_created:
                return
            for kind, name in self._names.items():
                await self._create(kind, name)
            self._are_created = True

    async def aclose(self) -> None:
        """Close the connections; the credential stays open, as it is the caller's."""
        await self._client.close()

    def _table(self, kind: str) -> TableClient:
        if kind not in self._clients:
            self._clients[kind] = self._client.get_table_client(self._names[kind])
        return self._clients[kind]

    async def _create(self, kind: str, name: str) -> None:
        async def create() -> None:
            await self._client.create_table_if_not_exists(name)

        try:
            await self._tries(f"{kind}.create", create)
        except Answered as answer:
            raise unavailable(f"{kind}.create", f"{answer.status}") from answer

    async def _tries(self, operation: str, do: Callable[[], Awaitable[T]]) -> T:
        is_echo = False
        for number in range(TRIES):
            try:
                return await do()
            except AzureError as error:
                if _misses_table(error) and not self._are_created:
                    await self.create_tables()
                    continue
                pause = _pause(operation, error, number, is_echo=is_echo)
            is_echo = True
            await asyncio.sleep(pause)
        raise unavailable(operation, "no table")


def _pause(operation: str, error: AzureError, number: int, *, is_echo: bool) -> float:
    """How long to wait before the next try; raises where there is none."""
    status = _status(error)
    if status in ANSWERS and not _misses_table(error):
        raise Answered(status, is_echo=is_echo) from error
    is_transient = status in TRANSIENT or (status == 0 and not _is_credential(error))
    if not is_transient or number == TRIES - 1:
        raise unavailable(operation, f"{status or type(error).__name__}") from error
    longest = FIRST_PAUSE * 4.0**number
    return max(longest * random.uniform(0.5, 1.0), _retry_after(error))  # noqa: S311 (chance, not a secret)


def _status(error: AzureError) -> int:
    return (error.status_code or 0) if isinstance(error, HttpResponseError) else 0


def _is_credential(error: AzureError) -> bool:
    """Whether no token could be had: azure-identity has tried that often enough by itself."""
    return isinstance(error, HttpResponseError)


def _misses_table(error: AzureError) -> bool:
    return _status(error) == 404 and "TableNotFound" in str(error)  # noqa: PLR2004 (HTTP: not found)


def _retry_after(error: AzureError) -> float:
    response = error.response if isinstance(error, HttpResponseError) else None
    text = str(getattr(response, "headers", {}).get("Retry-After", ""))
    return min(float(text), LONGEST_PAUSE) if text.isdigit() else 0.0


def unavailable(operation: str, reason: str) -> StoreUnavailable:
    """The error of an operation, and its line in the log."""
    logger.warning("store.unavailable", extra={"event": "store.unavailable", "operation": operation})
    return StoreUnavailable(operation, reason)
