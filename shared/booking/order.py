"""One booking on its way to Graph: what is written, and how it is recognised afterwards."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.booking.idempotency import Work
from shared.booking.locks import Held
from shared.booking.ports import Attempt
from shared.booking.request import BookingRequest
from shared.domain.facts import Facts
from shared.domain.model import Answer, Appointment, Attendee, Draft

MARKER = "Booked online. Reference: "
"""What the service notes begin with; the reference after it is how a booking is found again."""


@dataclass(frozen=True, slots=True)
class Order:
    """A judged request with its customer, under its locks."""

    request: BookingRequest
    facts: Facts
    customer_id: str
    work: Work
    held: Held

    @property
    def reference(self) -> str:
        """The reference that the customer sees and the appointment carries."""
        return self.work.reference

    @property
    def time_zone(self) -> str:
        """The zone in which the customer reads times."""
        return self.request.zone_at(self.facts.frame.catalogue.business)

    def of_customer(self, customer_id: str) -> "Order":
        """The same order for another record of the same customer."""
        return replace(self, customer_id=customer_id)

    def attendee(self) -> Attendee:
        """This customer's element; Graph fills nothing in from the customer's id."""
        request = self.request
        asked = {one.question.id: one for one in self.facts.ask.service.questions}
        return Attendee(
            customer_id=self.customer_id,
            name=request.customer.display_name,
            email=request.customer.email,
            phone=request.phone,
            notes=request.notes,
            address=request.address,
            time_zone=self.time_zone,
            answers=tuple(Answer(asked[i], text) for i, text in request.answers.items() if i in asked),
            sms_notifications_enabled=request.sms_notifications,
        )

    def draft(self, staff_id: str) -> Draft:
        """The new appointment."""
        return Draft(
            service=self.facts.ask.service,
            span=self.facts.ask.span,
            staff_member_ids=(staff_id,),
            attendees=(self.attendee(),),
            service_notes=MARKER + self.reference,
            customer_time_zone=self.time_zone,
        )

    def attempt(self, at: datetime, staff_ids: tuple[str, ...], appointment_id: str | None = None) -> Attempt:
        """What is about to be written, for whoever has to find out later."""
        return Attempt(
            business=self.request.business,
            service_id=self.request.service_id,
            span=self.facts.ask.span,
            staff_member_ids=staff_ids,
            customer_id=self.customer_id,
            time_zone=self.time_zone,
            at=at,
            appointment_id=appointment_id,
        )


def carries(appointment: Appointment, reference: str) -> bool:
    """Whether this appointment, read by id, was made for this reference."""
    return (appointment.service_notes or "").startswith(MARKER + reference)


def includes(appointment: Appointment, customer_id: str, email: str | None = None) -> bool:
    """Whether the customer is among the attendees, by id, or by e-mail address where one is given."""
    wanted = (email or "").casefold()
    return any(
        one.customer_id == customer_id or (wanted != "" and (one.email or "").casefold() == wanted)
        for one in appointment.attendees
    )
