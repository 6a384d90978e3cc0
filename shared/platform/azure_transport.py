"""How azure-identity and azure-data-tables reach the network: through httpx, as the Graph SDK does.

Their own transport is aiohttp, whose import costs more than all of the Graph SDK's and sets up TLS a
second time. With this one a worker has one HTTP library, one pool per service and one TLS context.
"""

import sys
from functools import cache
from ssl import SSLContext
from types import TracebackType
from typing import Any, Self

import httpx
from azure.core.exceptions import (
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.core.rest._http_response_impl_async import AsyncHttpResponseImpl

# httpcore asks for sniffio several times a request, and without it takes asyncio. Where it is missing, each
# of these imports looks through every folder; None lets them fail at once.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type] # what the import system takes for absent

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""What httpx raises before the first byte of a request was sent."""


@cache
def tls() -> SSLContext:
    """The TLS context of this worker: certifi's authorities, or those of SSL_CERT_FILE; hosts verified."""
    return httpx.create_ssl_context()


class HttpxTransport(AsyncHttpTransport[HttpRequest, AsyncHttpResponse]):
    """Sends azure-core's requests with httpx; answers are read whole.

    `seconds` bounds each of connecting, sending and reading. Raises azure-core's own errors:
    ServiceRequestError where nothing was sent, ServiceResponseError where the answer is missing.
    """

    def __init__(self, seconds: float, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._seconds = seconds
        self._transport = transport
        self._client: httpx.AsyncClient | None = None

    async def open(self) -> None:
        """Nothing is opened before the first request."""

    async def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def __aenter__(self) -> Self:
        """Give itself; the first request opens what it needs."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close what was opened."""
        await self.close()

    async def send(self, request: HttpRequest, **_: Any) -> AsyncHttpResponse:  # noqa: ANN401 (azure-core's)
        """The answer, whatever its status; redirects are answers too."""
        body: Any = request.content
        given = {"data": body} if isinstance(body, dict) else {"content": body}  # a form, or bytes and text
        try:
            answer = await self._opened().request(
                request.method, request.url, headers=dict(request.headers), **given
            )
        except httpx.HTTPError as error:
            raise azure_error(error) from error
        return _response(request, answer)

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            transport = self._transport or httpx.AsyncHTTPTransport(verify=tls(), trust_env=False)
            self._client = httpx.AsyncClient(
                transport=transport, timeout=self._seconds, trust_env=False, follow_redirects=False
            )
        return self._client


def azure_error(error: httpx.HTTPError) -> ServiceRequestError | ServiceResponseError:
    """azure-core's error for one of httpx's."""
    is_late = isinstance(error, httpx.TimeoutException)
    if isinstance(error, NOT_SENT):
        kind = ServiceRequestTimeoutError if is_late else ServiceRequestError
        return kind(str(error), error=error)
    late = ServiceResponseTimeoutError if is_late else ServiceResponseError
    return late(str(error), error=error)


def _response(request: HttpRequest, answer: httpx.Response) -> AsyncHttpResponse:
    """azure-core's response; it has no public way to make one that is read already."""
    headers = httpx.Headers(answer.headers)
    made = AsyncHttpResponseImpl(
        request=request,
        internal_response=answer,
        status_code=answer.status_code,
        reason=answer.reason_phrase,
        content_type=headers.get("content-type"),
        headers=headers,
        stream_download_generator=None,
    )
    made._content = answer.content  # noqa: SLF001 (see above)
    made._is_closed = made._is_stream_consumed = True  # noqa: SLF001 (see above)
    return made
