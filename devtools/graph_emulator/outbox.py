"""The mails and text messages that Bookings would have sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from devtools.graph_emulator.exchange import Json
from devtools.graph_emulator.store import Appointment, Business
from devtools.graph_emulator.wire import utc_stamp


@dataclass(frozen=True, slots=True)
class _News:
    """What happened to which booking, and when."""

    kind: str
    business: Business
    booked: Appointment
    now: datetime
    text: str = ""


class Outbox:
    """Notes each message; nothing leaves the machine."""

    def __init__(self) -> None:
        self.messages: list[Json] = []

    def confirm(
        self, business: Business, booked: Appointment, customers: Iterable[Json], now: datetime
    ) -> None:
        """A booking was made: customers unless they opted out, staff who want mail, the owner if so set."""
        self._tell_everybody(_News("confirmation", business, booked, now, _told(booked)), customers)

    def change(
        self, business: Business, booked: Appointment, customers: Iterable[Json], now: datetime
    ) -> None:
        """A booking was changed in a way that those concerned must know."""
        self._tell_everybody(_News("change", business, booked, now, _told(booked)), customers)

    def cancel(
        self,
        business: Business,
        booked: Appointment,
        message: str,
        now: datetime,
        *,
        heeds_opt_out: bool = False,
    ) -> None:
        """A booking was cancelled: the staff hear of it, and customers unless they opted out."""
        news = _News("cancellation", business, booked, now, message)
        spared = heeds_opt_out and booked.body["optOutOfCustomerEmail"]
        for customer in () if spared else booked.body["customers"]:
            self._send(news, "customer", customer.get("emailAddress"))
        for member in _staff(news):
            self._send(news, "staff", member.get("emailAddress"))

    def _tell_everybody(self, news: _News, customers: Iterable[Json]) -> None:
        for customer in customers:
            self._tell_customer(news, customer)
        for member in _staff(news):
            if member.get("isEmailNotificationEnabled"):
                self._send(news, "staff", member.get("emailAddress"))
        if _owner_wants_mail(news):
            self._send(news, "owner", news.business.record.get("email"))

    def _tell_customer(self, news: _News, customer: Json) -> None:
        body = news.booked.body
        if not body["optOutOfCustomerEmail"]:
            self._send(news, "customer", customer.get("emailAddress"))
        if body["smsNotificationsEnabled"] or customer.get("smsNotificationsEnabled"):
            self._send(news, "customer", customer.get("phone"), channel="sms")

    def _send(self, news: _News, role: str, address: str | None, channel: str = "email") -> None:
        if address:
            self.messages.append(
                {
                    "kind": news.kind,
                    "channel": channel,
                    "role": role,
                    "to": address,
                    "business": news.business.id,
                    "appointmentId": news.booked.id,
                    "text": news.text,
                    "time": utc_stamp(news.now),
                }
            )


def _told(booked: Appointment) -> str:
    """What the appointment tells its customers besides its facts."""
    return booked.body.get("additionalInformation") or ""


def _staff(news: _News) -> list[Json]:
    return [news.business.staff.get(staff_id) or {} for staff_id in news.booked.staff]


def _owner_wants_mail(news: _News) -> bool:
    service = news.business.services.get(news.booked.body["serviceId"]) or {}
    policy: Json = {
        **(news.business.record.get("schedulingPolicy") or {}),
        **(service.get("schedulingPolicy") or {}),  # what the service leaves out, the business decides
    }
    return bool(policy.get("sendConfirmationsToOwner"))
