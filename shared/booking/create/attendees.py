"""Whose seat is whose in an appointment."""

from collections.abc import Iterable

from shared.domain.addresses import same_email
from shared.domain.model import Appointment, Attendee


def is_customer(one: Attendee, customer_id: str, email: str | None = None) -> bool:
    """Whether this is the customer, by id, or by e-mail address where one is given."""
    return one.customer_id == customer_id or same_email(one.email, email)


def includes(appointment: Appointment, customer_id: str, email: str | None = None) -> bool:
    """Whether the customer is among the attendees of an appointment that was read by id."""
    return any(is_customer(one, customer_id, email) for one in appointment.attendees)


def without(
    attendees: Iterable[Attendee], customer_id: str, email: str | None = None
) -> tuple[Attendee, ...]:
    """Everybody but this customer."""
    return tuple(one for one in attendees if not is_customer(one, customer_id, email))
