"""The plain way to book: the SDK's default client, azure-identity, one function that POSTs the appointment.

What the documentation of Microsoft Graph and of Azure Functions shows, put together, and the yardstick
of the benchmark. It checks nothing, remembers nothing, and repeats a POST as the SDK sees fit. The one
line that a real app would not have lets the client talk to the emulator instead of Microsoft.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import azure.functions as func
from azure.identity.aio import ManagedIdentityCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph_beta import GraphRequestAdapter, GraphServiceClient
from msgraph_beta.generated.models.booking_appointment import BookingAppointment
from msgraph_beta.generated.models.booking_customer_information import BookingCustomerInformation
from msgraph_beta.generated.models.date_time_time_zone import DateTimeTimeZone

SCOPES = ["https://graph.microsoft.com/.default"]
MAILBOXES = json.loads(os.environ["BOOKING_BUSINESSES"])
STAFF = os.environ["BOOKING_STAFF"]

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
provider = AzureIdentityAuthenticationProvider(
    ManagedIdentityCredential(), scopes=SCOPES, allowed_hosts=[os.environ["GRAPH_HOST"]]
)
adapter = GraphRequestAdapter(provider)
client = GraphServiceClient(request_adapter=adapter)
adapter.base_url = os.environ["GRAPH_BASE_URL"]  # the emulator's address


def moment(instant: datetime) -> DateTimeTimeZone:
    """An instant as Graph takes it."""
    return DateTimeTimeZone(date_time=instant.strftime("%Y-%m-%dT%H:%M:%S.0000000Z"), time_zone="UTC")


@app.route("v1/businesses/{business}/bookings", methods=["POST"])
async def create_booking(req: func.HttpRequest) -> func.HttpResponse:
    """Book whatever is asked for."""
    asked = req.get_json()
    local = datetime.fromisoformat(asked["start"]).replace(tzinfo=ZoneInfo(asked["timeZone"]))
    start = local.astimezone(UTC)
    appointment = BookingAppointment(
        odata_type="#microsoft.graph.bookingAppointment",
        service_id=asked["serviceId"],
        staff_member_ids=[STAFF],
        start=moment(start),
        end=moment(start + timedelta(hours=1)),
        customers=[
            BookingCustomerInformation(
                odata_type="#microsoft.graph.bookingCustomerInformation",
                name=asked["customer"]["name"],
                email_address=asked["customer"]["email"],
                phone=asked["customer"]["phone"],
                time_zone=asked["timeZone"],
            )
        ],
    )
    mailbox = MAILBOXES[req.route_params["business"]]
    business = client.solutions.booking_businesses.by_booking_business_id(mailbox)
    made = await business.appointments.post(appointment)
    return func.HttpResponse(json.dumps({"id": made.id}), status_code=201, mimetype="application/json")
