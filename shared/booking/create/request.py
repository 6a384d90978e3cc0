"""What is asked for when somebody books, and what they are answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.model import Address, Customer


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """One booking as asked for: instants in UTC, `time_zone` the visitor's IANA zone, else the business's.

    `customer` has no id yet; `answers` are by question id. `consent` is None where nobody asked for it.
    Price, length and everything else come from the service. Partners book hidden services too.
    """

    business: str
    service_id: str
    start: datetime
    customer: Customer
    time_zone: str | None = None
    staff_id: str | None = None
    phone: str | None = None
    phone_extension: str | None = None
    notes: str | None = None
    address: Address | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    sms_notifications: bool = False
    campaign: str | None = None
    consent: bool | None = None
    is_partners: bool = False


@dataclass(frozen=True, slots=True)
class Booked:
    """The answer to a booking request: the body, how to ask for it again, whether it is a replay."""

    reference: str
    token: str
    body: str
    is_replay: bool = False
