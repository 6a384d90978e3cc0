"""The emulator as its own process: Microsoft's SDK against it, lost connections and late writes."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from azure.identity import ManagedIdentityCredential
from azure.identity.aio import ManagedIdentityCredential as AsyncManagedIdentityCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph_beta import GraphRequestAdapter, GraphServiceClient
from msgraph_beta.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_beta.generated.solutions.booking_businesses.item.get_staff_availability import (
    get_staff_availability_post_request_body as availability_request,
)

from devtools.graph_emulator.client import ControlClient
from devtools.graph_emulator.default_seed import CONTOSO, DANA
from tests.contract.emulated import tasting
from tests.support.servers import graph_emulator

SCOPE = "https://graph.microsoft.com/.default"
PATH = f"/beta/solutions/bookingBusinesses/{CONTOSO}"


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with graph_emulator() as address:
        yield address


@pytest.fixture
async def control(root: str) -> AsyncIterator[ControlClient]:
    async with ControlClient(root) as client:
        await client.reset()
        yield client


@pytest.fixture
async def http(control: ControlClient) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {await control.token()}"}
    async with httpx.AsyncClient(base_url=control.root, headers=headers) as client:
        yield client


@pytest.fixture
def identity(control: ControlClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in control.identity_environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("identity")
async def test_azure_identity_gets_its_tokens_here(http: httpx.AsyncClient) -> None:
    """The real credential, synchronous and asynchronous, for Graph and for a storage account."""
    with ManagedIdentityCredential() as credential:
        token = await asyncio.to_thread(credential.get_token, SCOPE)
        storage = await asyncio.to_thread(credential.get_token, "https://storage.azure.com/.default")
    async with AsyncManagedIdentityCredential(client_id="an-assigned-identity") as credential_async:
        second = await credential_async.get_token(SCOPE)
    for value, status in ((token, 200), (second, 200), (storage, 401)):
        answer = await http.get(f"{PATH}/services", headers={"Authorization": f"Bearer {value.token}"})
        assert answer.status_code == status
    assert token.expires_on > time.time() + 3600


def adapter(
    credential: AsyncManagedIdentityCredential, transport: httpx.AsyncClient, base_url: str
) -> GraphRequestAdapter:
    """An adapter on a client that the test can close; without a scope kiota would take the host's."""
    made = GraphRequestAdapter(
        AzureIdentityAuthenticationProvider(credential, scopes=[SCOPE]), client=transport
    )
    made.base_url = base_url
    return made


@pytest.mark.usefixtures("identity")
async def test_microsofts_sdk_reads_the_emulator(control: ControlClient) -> None:
    async with AsyncManagedIdentityCredential() as credential, httpx.AsyncClient() as transport:
        client = GraphServiceClient(request_adapter=adapter(credential, transport, control.graph_root))
        business = client.solutions.booking_businesses.by_booking_business_id(CONTOSO)
        services = await business.services.get()
        assert [each.display_name for each in services.value] == [
            "Catered bento",
            "Menu tasting",
            "Kitchen audit",
        ]
        request = availability_request.GetStaffAvailabilityPostRequestBody(
            staff_ids=[DANA],
            start_date_time=DateTimeTimeZone(date_time="2026-12-01T06:00:00", time_zone="UTC"),
            end_date_time=DateTimeTimeZone(date_time="2026-12-02T06:00:00", time_zone="UTC"),
        )
        answer = await business.get_staff_availability.post(request)
        assert answer.value[0].availability_items[0].status.value == "available"
        with pytest.raises(ODataError) as caught:
            await business.appointments.by_booking_appointment_id("AAMkNothing=").get()
        assert (caught.value.response_status_code, caught.value.error.code) == (404, "ErrorItemNotFound")


@pytest.mark.parametrize(("when", "stored"), [("before", 0), ("after", 1)])
async def test_a_lost_connection_carries_not_one_byte(
    control: ControlClient, http: httpx.AsyncClient, when: str, stored: int
) -> None:
    await control.arm({"operation": "appointments.create", "kind": "disconnect", "when": when})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await http.post(f"{PATH}/appointments", json=tasting())
    assert len(await control.appointments(CONTOSO)) == stored
    assert (await http.get(f"{PATH}/services")).status_code == 200


async def test_a_connection_that_is_kept_open_breaks_without_an_answer(control: ControlClient) -> None:
    """Read from the bare socket: an answer first, then nothing at all."""
    token = await control.token()
    request = (
        f"GET {PATH}/services HTTP/1.1\r\nHost: emulator\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    )
    await control.arm({"operation": "services.list", "kind": "disconnect", "skip": 1})
    host, port = control.root.removeprefix("http://").split(":")
    first, second = await asyncio.to_thread(_exchange_twice, host, int(port), request)
    assert first.startswith(b"HTTP/1.1 200")
    assert second == b""


def _exchange_twice(host: str, port: int, request: bytes) -> tuple[bytes, bytes]:
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall(request)
        first = connection.recv(1 << 20)
        while not first.endswith(b"]}"):
            first += connection.recv(1 << 20)
        connection.sendall(request)
        try:
            return first, connection.recv(1 << 20)
        except ConnectionResetError:
            return first, b""


async def test_a_write_lands_after_its_client_has_hung_up(
    control: ControlClient, http: httpx.AsyncClient
) -> None:
    await control.arm({"operation": "appointments.create", "kind": "latency", "seconds": 0.5})
    with pytest.raises(httpx.ReadTimeout):
        await http.post(f"{PATH}/appointments", json=tasting(), timeout=0.1)
    assert await control.appointments(CONTOSO) == []
    deadline = time.monotonic() + 10
    while (await control.requests())["inFlight"]:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    assert len(await control.appointments(CONTOSO)) == 1


async def test_a_delay_after_the_commit_ends_as_a_time_out_that_has_booked(
    control: ControlClient, http: httpx.AsyncClient
) -> None:
    await control.arm({"operation": "appointments.create", "kind": "latency", "seconds": 5, "when": "after"})
    with pytest.raises(httpx.ReadTimeout):
        await http.post(f"{PATH}/appointments", json=tasting(), timeout=2)
    assert len(await control.appointments(CONTOSO)) == 1


async def test_four_at_once_is_the_limit_on_the_wire_too(
    control: ControlClient, http: httpx.AsyncClient
) -> None:
    await control.switch(latency=0.5)
    answers = await asyncio.gather(*(http.get(f"{PATH}/services") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [429] * 2
    assert (await control.requests())["maximumInFlight"] == {CONTOSO: 5}
