"""azure-core's pipeline over httpx: the requests, answers and errors that Azure's libraries expect."""

import json
from collections.abc import Callable

import httpx
import pytest
from azure.core.exceptions import (
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline import AsyncPipeline
from azure.core.rest import AsyncHttpResponse, HttpRequest

from shared.graph.credentials import credential
from shared.platform.azure_transport import HttpxTransport, tls

URL = "https://account.example.net/table(PartitionKey='a%20b')?x=%2F"


def pipeline(
    answer: Callable[[httpx.Request], httpx.Response],
) -> AsyncPipeline[HttpRequest, AsyncHttpResponse]:
    """azure-core's pipeline over this answer."""
    transport = HttpxTransport(1, httpx.MockTransport(answer))
    return AsyncPipeline(transport, policies=[])


async def test_request_arrives_as_it_was_made() -> None:
    """Method, address, headers and body of azure-core's request reach the server unchanged."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204, headers={"ETag": 'W/"1"'})

    request = HttpRequest("MERGE", URL, headers={"If-Match": "*"}, json={"a": 1})
    response = (await pipeline(answer).run(request)).http_response
    assert (seen[0].method, str(seen[0].url)) == ("MERGE", URL)
    assert (seen[0].headers["if-match"], json.loads(seen[0].content)) == ("*", {"a": 1})
    assert (response.status_code, response.headers["etag"], response.content) == (204, 'W/"1"', b"")


async def test_secret_of_an_app_is_sent_as_a_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own tenant gets its token through httpx too, by a form."""
    asked: list[str] = []

    async def answer(_: object, request: httpx.Request) -> httpx.Response:
        asked.append((await request.aread()).decode())
        place = "https://login.microsoftonline.com/t"
        known = {"tenant_discovery_endpoint": place, "token_endpoint": place, "authorization_endpoint": place}
        return httpx.Response(200, json={"access_token": "t", "expires_in": 3600, "metadata": [], **known})

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)
    for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"AZURE_{name}", "00000000-0000-0000-0000-000000000001")
    identity = credential("environment", None)
    token = await identity.get_token("https://graph.microsoft.com/.default")
    await identity.close()
    assert token.token == "t"
    assert "grant_type=client_credentials" in asked[-1]


async def test_answer_is_read_whole() -> None:
    """Text and JSON are there without another wait, for errors too."""
    for status in (200, 404):
        run = await pipeline(lambda _, status=status: httpx.Response(status, json={"value": "é"})).run(  # type: ignore[misc]
            HttpRequest("GET", URL)
        )
        response = run.http_response
        await response.read()
        assert (response.status_code, response.json(), response.text()) == (
            status,
            {"value": "é"},
            response.content.decode(),
        )


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (httpx.ConnectError, ServiceRequestError),
        (httpx.ConnectTimeout, ServiceRequestTimeoutError),
        (httpx.PoolTimeout, ServiceRequestTimeoutError),
        (httpx.ReadTimeout, ServiceResponseTimeoutError),
        (httpx.ReadError, ServiceResponseError),
        (httpx.RemoteProtocolError, ServiceResponseError),
    ],
)
async def test_errors_say_whether_anything_was_sent(
    raised: type[httpx.HTTPError], expected: type[Exception]
) -> None:
    """An error before the first byte is told from a missing answer: only the first is surely harmless."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise raised("no luck")

    with pytest.raises(expected) as caught:
        await pipeline(fail).run(HttpRequest("POST", URL))
    assert type(caught.value) is expected


async def test_closed_transport_opens_again() -> None:
    """After close the next request opens new connections."""
    transport = HttpxTransport(1, httpx.MockTransport(lambda _: httpx.Response(200)))
    for _ in range(2):
        async with transport:
            assert (await transport.send(HttpRequest("GET", URL))).status_code == 200


def test_hosts_are_verified_with_one_context() -> None:
    """TLS verifies certificates and host names; there is one context for the worker."""
    assert tls() is tls()
    assert tls().check_hostname
    assert tls().cert_store_stats()["x509_ca"] > 50


async def test_credential_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The managed identity gets its token through httpx."""
    asked: list[httpx.Request] = []

    async def answer(_: object, request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"access_token": "t", "expires_on": "4102444800", "resource": "r"})

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:9/token")
    monkeypatch.setenv("IDENTITY_HEADER", "h")
    identity = credential("managed_identity", None)
    token = await identity.get_token("https://graph.microsoft.com/.default")
    await identity.close()
    assert token.token == "t"
    assert asked[0].url.host == "127.0.0.1"
