"""The plain way to book, move and cancel: what the documentation of Microsoft Graph shows, in functions.

POST the customer, POST the appointment with that customer; PATCH its times; POST its cancel, or, where
others are in it, PATCH the list of customers: with the SDK's client as it comes. It checks nothing and
remembers nothing. The one line that a real app would not have lets the client talk to the emulator instead
of Microsoft.
"""

import json
import os
from datetime import UTC, datetime, timedelta

import azure.functions as func
from azure.identity.aio import ManagedIdentityCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph_beta import GraphRequestAdapter, GraphServiceClient
from msgraph_beta.generated.models.booking_appointment import BookingAppointment
from msgraph_beta.generated.models.booking_customer import BookingCustomer
from msgraph_beta.generated.models.booking_customer_information import BookingCustomerInformation
from msgraph_beta.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph_beta.generated.solutions.booking_businesses.item.appointments.item.booking_appointment_item_request_builder import (  # noqa: E501
    BookingAppointmentItemRequestBuilder,
)
from msgraph_beta.generated.solutions.booking_businesses.item.appointments.item.cancel.cancel_post_request_body import (  # noqa: E501
    CancelPostRequestBody,
)

SCOPES = ["https://graph.microsoft.com/.default"]
LENGTH = timedelta(minutes=30)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
credential = ManagedIdentityCredential()
provider = AzureIdentityAuthenticationProvider(credential, scopes=SCOPES, allowed_hosts=["127.0.0.1"])
adapter = GraphRequestAdapter(provider)
client = GraphServiceClient(request_adapter=adapter)
adapter.base_url = os.environ["GRAPH_BASE_URL"]  # the emulator's address


def moment(instant: datetime) -> DateTimeTimeZone:
    """An instant as Graph takes it."""
    return DateTimeTimeZone(date_time=instant.strftime("%Y-%m-%dT%H:%M:%S.0000000Z"), time_zone="UTC")


@app.route("v1/partner/businesses/{business}/bookings", methods=["POST"])
async def create_booking(req: func.HttpRequest) -> func.HttpResponse:
    """Book whatever is asked for."""
    asked = req.get_json()
    name, email = asked["customer"]["name"], asked["customer"]["email"]
    business = client.solutions.booking_businesses.by_booking_business_id(os.environ["BOOKING_BUSINESS"])
    customer = await business.customers.post(BookingCustomer(display_name=name, email_address=email))
    start = datetime.fromisoformat(asked["start"]).astimezone(UTC)
    appointment = BookingAppointment(
        odata_type="#microsoft.graph.bookingAppointment",
        service_id=asked["serviceId"],
        staff_member_ids=[asked["staffId"]],
        start=moment(start),
        end=moment(start + LENGTH),
        customers=[
            BookingCustomerInformation(
                odata_type="#microsoft.graph.bookingCustomerInformation",
                customer_id=customer.id,
                name=name,
                email_address=email,
            )
        ],
    )
    made = await business.appointments.post(appointment)
    answer = {"status": "confirmed", "id": made.id}
    return func.HttpResponse(json.dumps(answer), status_code=201, mimetype="application/json")


def appointment_at(req: func.HttpRequest) -> BookingAppointmentItemRequestBuilder:
    """The appointment that a request is about."""
    business = client.solutions.booking_businesses.by_booking_business_id(os.environ["BOOKING_BUSINESS"])
    return business.appointments.by_booking_appointment_id(req.route_params["reference"])


@app.route("v1/partner/businesses/{business}/bookings/{reference}/reschedule", methods=["POST"])
async def reschedule_booking(req: func.HttpRequest) -> func.HttpResponse:
    """Move the appointment."""
    start = datetime.fromisoformat(req.get_json()["start"]).astimezone(UTC)
    moved = BookingAppointment(
        odata_type="#microsoft.graph.bookingAppointment", start=moment(start), end=moment(start + LENGTH)
    )
    await appointment_at(req).patch(moved)
    return func.HttpResponse(json.dumps({"status": "confirmed"}), mimetype="application/json")


@app.route("v1/partner/businesses/{business}/bookings/{reference}/cancel", methods=["POST"])
async def cancel_booking(req: func.HttpRequest) -> func.HttpResponse:
    """Cancel the appointment; where others are in it, take this customer out of the list."""
    one = appointment_at(req)
    seen = await one.get()
    others = [each for each in seen.customers if each.email_address != req.params["email"]]
    if others:
        kind = "#microsoft.graph.bookingAppointment"
        await one.patch(BookingAppointment(odata_type=kind, customers=others))
    else:
        await one.cancel.post(CancelPostRequestBody(cancellation_message="Cancelled by the customer."))
    return func.HttpResponse(json.dumps({"status": "cancelled"}), mimetype="application/json")
