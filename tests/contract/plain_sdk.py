"""The official SDK as it comes, in a process of its own: sends one documented request, prints the answer.

Run with the name of a request; the documented answer passes through the same SDK, so that both are
written alike.
"""

import asyncio
import json
import os
import sys
from typing import Any

from azure.identity.aio import ManagedIdentityCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from kiota_serialization_json.json_parse_node import JsonParseNode
from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter
from msgraph_beta import GraphRequestAdapter, GraphServiceClient
from msgraph_beta.generated.models.booking_appointment import BookingAppointment
from msgraph_beta.generated.models.booking_customer import BookingCustomer
from msgraph_beta.generated.models.booking_service import BookingService

from tests.contract import documented

DURATIONS = ("preBuffer", "postBuffer", "reminders")
MAILBOX = "contosolunchdelivery@contoso.com"


def model(kind: Any, value: dict[str, Any]) -> Any:  # noqa: ANN401 (the SDK is untyped)
    """A model of the SDK from JSON."""
    return JsonParseNode(value).get_object_value(kind)


def text(value: Any) -> Any:  # noqa: ANN401 (the SDK is untyped)
    """A model as the SDK writes it."""
    writer = JsonSerializationWriter()
    writer.write_object_value(None, value)
    return json.loads(writer.get_serialized_content())


async def main() -> None:
    """Send all three, and print what was documented and what came."""
    credential = ManagedIdentityCredential()
    provider = AzureIdentityAuthenticationProvider(
        credential, scopes=["https://graph.microsoft.com/.default"], allowed_hosts=["127.0.0.1"]
    )
    adapter = GraphRequestAdapter(provider)
    client = GraphServiceClient(request_adapter=adapter)
    adapter.base_url = os.environ["GRAPH_BASE_URL"]
    business = client.solutions.booking_businesses.by_booking_business_id(MAILBOX)
    asked = {name: value for name, value in documented.APPOINTMENT.items() if name not in DURATIONS}
    made = await business.appointments.post(model(BookingAppointment, asked))
    joni = await business.customers.post(model(BookingCustomer, documented.CUSTOMER))
    services = (await business.services.get()).value
    (bento,) = [one for one in services if one.id == documented.SERVICE_ANSWER["id"]]
    with_durations = None
    try:
        await business.appointments.post(model(BookingAppointment, documented.APPOINTMENT))
    except Exception as error:  # noqa: BLE001 (the SDK's own, whatever it is)
        with_durations = getattr(error, "response_status_code", None)
    shown = {
        "appointment": [text(model(BookingAppointment, documented.APPOINTMENT_ANSWER)), text(made)],
        "customer": [text(model(BookingCustomer, documented.CUSTOMER_ANSWER)), text(joni)],
        "service": [text(model(BookingService, documented.SERVICE_ANSWER)), text(bento)],
        "with durations": with_durations,
    }
    json.dump(shown, sys.stdout)
    await credential.close()


asyncio.run(main())
