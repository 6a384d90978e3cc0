"""One booking mailbox as Graph keeps it: what it stores, drops and refuses, and what the staff do in it."""

import pickle
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from shared.booking.ports import Clock
from shared.domain.errors import Missing, Unavailable
from shared.domain.intervals import Interval, Timeline
from shared.domain.model import (
    Appointment,
    Attendee,
    AvailabilityStatus,
    Catalogue,
    Customer,
    Draft,
    Reminder,
    Service,
    StaffAvailability,
)
from tests.support.lagging import Lagging
from tests.support.wire import Ending

SHORTEST_QUERY = 30 * 60
"""Seconds of the shortest time about which getStaffAvailability answers."""


class Mailbox:
    """Under application permissions nothing is checked: no conflict, no capacity, no rule, no second record.

    `reminders` are the services', by their ids, and `reminded` those that were sent with appointments.
    `time_off` and `busy` hold what is in the staff's own calendars, by staff member; `mailed` are those who
    were told that their appointment is gone. What a customer with a record writes is kept nowhere, unless
    it `keeps_notes`.
    """

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self.catalogue = catalogue
        self._clock = clock
        self.appointments: Lagging[Appointment] = Lagging(clock)
        self.customers: Lagging[Customer] = Lagging(clock)
        self.keeps_notes = False
        self.reminders: dict[str, tuple[Reminder, ...]] = {}
        self.reminded: dict[str, tuple[Reminder, ...]] = {}
        self.time_off: dict[str, tuple[Interval, ...]] = {}
        self.busy: dict[str, tuple[Interval, ...]] = {}
        self.mails: list[tuple[str, str]] = []
        self.mailed: list[str | None] = []
        self.opted_out: set[str] = set()
        self._numbers = count(1)

    # What Graph does.

    def view(self, span: Interval) -> tuple[Appointment, ...]:
        """The calendar view: appointments that overlap the time, nobody's name in them."""
        found = (one for one in self.appointments.visible() if one.span.overlaps(span))
        bare = (replace(one, attendees=(), service_notes=None, customer_email=None) for one in found)
        return tuple(sorted(bare, key=lambda one: one.span.start))

    def created_since(self, since: datetime) -> tuple[Appointment, ...]:
        """The list of all appointments, nobody's name in them, from those on that were created then."""
        found = [one for one in self.appointments.visible() if one.created is None or one.created >= since]
        return tuple(replace(one, attendees=(), service_notes=None, customer_email=None) for one in found)

    def reminders_of(self, service_id: str) -> tuple[Reminder, ...]:
        """The reminders of a service; raises Missing."""
        if service_id not in self.catalogue.services:
            raise Missing("services", 404)
        return self.reminders.get(service_id, ())

    def availability(self, staff_id: str, span: Interval) -> tuple[StaffAvailability, ...]:
        """The member's time, cut so that nothing overlaps; hours are not looked at."""
        if staff_id not in self.catalogue.staff or span.length.total_seconds() < SHORTEST_QUERY:
            raise Unavailable("getStaffAvailability", 500)
        booked = [one for one in self.appointments.visible() if staff_id in one.staff_member_ids]
        ranked = (
            (AvailabilityStatus.OUT_OF_OFFICE, Timeline(self.time_off.get(staff_id, ()))),
            (AvailabilityStatus.BUSY, Timeline([*self.busy.get(staff_id, ()), *_full(booked)])),
            (AvailabilityStatus.SLOTS_AVAILABLE, Timeline(one.occupied for one in booked)),
            (AvailabilityStatus.AVAILABLE, Timeline([span])),
        )
        found: list[StaffAvailability] = []
        left = Timeline([span])
        for status, times in ranked:
            found.extend(StaffAvailability(status, part) for part in left & times)
            left -= times
        return tuple(sorted(found, key=lambda one: one.span))

    def appointment(self, appointment_id: str) -> Appointment:
        """One appointment in full, as readers see it; raises Missing."""
        return _read(self.stored(appointment_id))

    def stored(self, appointment_id: str) -> Appointment:
        """One appointment as it is kept; raises Missing."""
        found = self.appointments.get(appointment_id)
        if found is None:
            raise Missing("appointments", 404)
        return found

    def create(self, draft: Draft, ending: Ending) -> Appointment:
        """Store nearly anything; raises Unavailable for a service, staff or customer that is not there."""
        service = self.catalogue.services.get(draft.service.id)
        if service is None or not set(draft.staff_member_ids) <= set(self.catalogue.staff):
            raise Unavailable("appointments.create", 500)
        if not all(_has_answered(one, service) for one in draft.attendees):
            raise Unavailable("appointments.create", 500)
        attendees = self._taken(draft.attendees, is_group=service.is_group)
        made = Appointment(
            id=f"appointment-{next(self._numbers)}",
            service_id=service.id,
            span=draft.span,
            staff_member_ids=draft.staff_member_ids,
            maximum_attendees=draft.service.maximum_attendees_count,
            filled=len(attendees),
            pre_buffer=draft.service.pre_buffer,
            post_buffer=draft.service.post_buffer,
            attendees=attendees,
            service_notes=draft.service_notes,
            service_name=service.display_name,
            created=self._clock(),
            customer_email=attendees[0].email if attendees else None,
        )
        self.reminded[made.id] = draft.service.default_reminders
        return _read(self._put(_changed(made, ending.stored)))

    def replace_attendees(
        self,
        appointment_id: str,
        attendees: Sequence[Attendee],
        ending: Ending,
        service_notes: str | None = None,
    ) -> None:
        """The list is what it is given, without those who are no customer; the last writer wins."""
        old = self.stored(appointment_id)
        taken = self._taken(attendees, is_group=old.maximum_attendees > 1)
        if service_notes is not None:
            old = replace(old, service_notes=service_notes)
        self._put(_changed(replace(old, attendees=taken, filled=len(taken)), ending.stored))

    def clear(
        self, appointment_id: str, attendees: Sequence[Attendee], service_notes: str, ending: Ending
    ) -> None:
        """The list as given, these notes, and nobody in the members for a single customer."""
        self.replace_attendees(appointment_id, attendees, ending, service_notes)
        self._put(replace(self.stored(appointment_id), customer_email=None))

    def patch_time(self, appointment_id: str, span: Interval, staff_ids: tuple[str, ...]) -> None:
        """Another time and staff, whatever is there then; raises Missing, for unknown staff Unavailable."""
        old = self.stored(appointment_id)
        if not set(staff_ids) <= set(self.catalogue.staff):
            raise Unavailable("appointments.patch", 500)
        self._put(replace(old, span=span, staff_member_ids=staff_ids))

    def cancel(self, appointment_id: str, reason: str) -> None:
        """Take an appointment away and tell everybody in it why; raises Missing."""
        mailed = [(one.email or "", reason) for one in self.stored(appointment_id).attendees]
        self.appointments.put(appointment_id, None)
        self.mails += mailed

    def opt_out(self, appointment_id: str) -> None:
        """Nobody in it is mailed from now on; raises Missing."""
        self.opted_out.add(self.stored(appointment_id).id)

    def delete(self, appointment_id: str) -> None:
        """Take an appointment away, and mail those in it who were not opted out; raises Missing."""
        gone = self.stored(appointment_id)
        self.appointments.put(appointment_id, None)
        self.mailed += [one.email for one in gone.attendees if gone.id not in self.opted_out]

    def customer(self, customer_id: str) -> Customer:
        """One record; raises Missing."""
        found = self.customers.get(customer_id)
        if found is None:
            raise Missing("customers", 404)
        return found

    def add_customer(self, customer: Customer) -> Customer:
        """A new record, also for an address that has one."""
        made = replace(customer, id=customer.id or f"customer-{next(self._numbers):04}")
        self.customers.put(made.id or "", made)
        return made

    def delete_customer(self, customer_id: str) -> None:
        """Delete a record; raises Missing. Appointments keep their own copy of the person."""
        self.customer(customer_id)
        self.customers.put(customer_id, None)

    def _taken(self, attendees: Iterable[Attendee], *, is_group: bool) -> tuple[Attendee, ...]:
        taken = (self._take(_written(one), is_group=is_group) for one in attendees)
        return tuple(one for one in taken if one is not None)

    def _take(self, attendee: Attendee, *, is_group: bool) -> Attendee | None:
        """In groups who is unknown is dropped; else an unknown id fails, and none makes a record."""
        if attendee.customer_id and self.customers.get(attendee.customer_id) is not None:
            return attendee if self.keeps_notes else replace(attendee, notes=None)
        if is_group:
            return None
        if attendee.customer_id:
            raise Unavailable("appointments", 500)
        made = self.add_customer(Customer(None, attendee.name or "", attendee.email or ""))
        return replace(attendee, customer_id=made.id)

    def _put(self, appointment: Appointment) -> Appointment:
        self.appointments.put(appointment.id, appointment)
        return appointment

    # What the staff do, at any time and past the facade.

    def move(self, appointment_id: str, span: Interval, *staff_ids: str) -> None:
        """The staff give an appointment another time, and other staff where some are named."""
        old = self.stored(appointment_id)
        self._put(replace(old, span=span, staff_member_ids=staff_ids or old.staff_member_ids))

    def seat(self, appointment_id: str, customer: Customer) -> Customer:
        """The staff add a customer, whom they made a record for where there was none."""
        known = self.customers.get(customer.id or "") or self.add_customer(customer)
        old = self.stored(appointment_id)
        seated = (*old.attendees, Attendee(known.id, known.display_name, known.email))
        self._put(replace(old, attendees=seated, filled=len(seated)))
        return known

    def seat_without_record(self, appointment_id: str, attendee: Attendee) -> None:
        """Somebody stands in the list of whom there is no record: the next PATCH drops them."""
        old = self.stored(appointment_id)
        seated = (*old.attendees, replace(attendee, customer_id=None))
        self._put(replace(old, attendees=seated, filled=len(seated)))

    def write_notes(self, appointment_id: str, notes: str) -> None:
        """The staff write something to an appointment."""
        self._put(replace(self.stored(appointment_id), service_notes=notes))

    def unseat(self, appointment_id: str, email: str) -> None:
        """The staff take a customer out."""
        old = self.stored(appointment_id)
        left = tuple(one for one in old.attendees if one.email != email)
        self._put(replace(old, attendees=left, filled=len(left)))

    def forget_customer(self, email: str) -> None:
        """The staff delete the records of an address; who is in an appointment stays until the next PATCH."""
        for one in [one for one in self.customers if one.email == email]:
            self.customers.put(one.id or "", None)

    def delete_service(self, service_id: str) -> None:
        """The staff delete a service; its appointments stay."""
        services = {name: one for name, one in self.catalogue.services.items() if name != service_id}
        self.catalogue = replace(self.catalogue, services=services)


def _has_answered(attendee: Attendee, service: Service) -> bool:
    required = {one.question.id for one in service.questions if one.is_required}
    return required <= {answer.asked.question.id for answer in attendee.answers if answer.text}


def _full(booked: Iterable[Appointment]) -> list[Interval]:
    return [one.occupied for one in booked if one.maximum_attendees <= max(one.filled, 1)]


def _changed(made: Appointment, change: Callable[[Appointment], Appointment] | None) -> Appointment:
    return made if change is None else change(made)


def _written(attendee: Attendee) -> Attendee:
    """What a writer sends: one that was read goes back as it was stored, but for a new customer's record."""
    if isinstance(attendee.source, str):
        stored: Attendee = pickle.loads(b64decode(attendee.source))  # noqa: S301 (it was written below)
        return replace(stored, customer_id=attendee.customer_id)
    return replace(attendee, source=None)


def _read(stored: Appointment) -> Appointment:
    """What a reader sees: answers and address stay in `source`."""
    attendees = (
        replace(one, answers=(), address=None, source=b64encode(pickle.dumps(one)).decode())
        for one in stored.attendees
    )
    return replace(stored, attendees=tuple(attendees))
