"""Books through the client that openapi-python-client makes of the API's description, as a backend would."""

import json
import sys
from uuid import uuid4

from bookings import AuthenticatedClient
from bookings.api.partners import create_partner_booking
from bookings.models import (
    AnswerBody,
    BookingBody,
    BookingConfirmed,
    BookingForm,
    BookingMultipartForm,
    CustomerBody,
    Problem,
)

root, key, business, service, question, start = sys.argv[1:]
client = AuthenticatedClient(root, token=key, prefix="", auth_header_name="x-functions-key")


def wish(email: str) -> BookingBody:
    """The same booking for anybody."""
    answers = [AnswerBody(question_id=question, answer="25")]
    customer = CustomerBody(name="Jordan Miller", email=email)
    return BookingBody(service_id=service, start=start, customer=customer, answers=answers)


def form(
    kind: type[BookingForm] | type[BookingMultipartForm], email: str
) -> BookingForm | BookingMultipartForm:
    """The same as a form."""
    made = kind(service_id=service, start=start, customer_name="Jordan Miller", customer_email=email)
    made[f"answers.{question}"] = "25"
    return made


once = str(uuid4())
booked = [
    create_partner_booking.sync_detailed(
        business, client=client, body=wish("jordanm@contoso.com"), idempotency_key=once
    )
    for _ in range(2)
]
refused = create_partner_booking.sync_detailed(business, client=client, body=wish("nobody"))
forms = [
    create_partner_booking.sync_detailed(
        business, client=client, body=form(kind, f"form{number}@contoso.com")
    )
    for number, kind in enumerate((BookingForm, BookingMultipartForm))
]
print(
    json.dumps(
        {
            "statuses": [one.status_code.value for one in (*booked, refused)],
            "forms": [one.status_code.value for one in forms],
            "references": [
                one.parsed.reference if isinstance(one.parsed, BookingConfirmed) else "" for one in booked
            ],
            "code": refused.parsed.code if isinstance(refused.parsed, Problem) else "",
        }
    )
)
