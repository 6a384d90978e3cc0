"""Microsoft Graph Bookings in memory: the `Graph` port with everything that Graph is known to do wrong.

It passes the same contract tests as the gateway in front of the emulator (tests/contract/test_gateway.py).
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from shared.booking.ports import Check, Clock
from shared.domain.errors import Rejected, Unavailable
from shared.domain.intervals import Interval
from shared.domain.model import (
    Appointment,
    Attendee,
    Business,
    Catalogue,
    Customer,
    Draft,
    Reminder,
    StaffAvailability,
)
from tests.support.mailbox import Mailbox
from tests.support.wire import Wire

WRITES = (
    "create_appointment",
    "replace_attendees",
    "move_appointment",
    "opt_out",
    "delete_appointment",
    "cancel_appointment",
    "create_customer",
    "clear_attendees",
    "delete_customer",
)
READS = (
    "catalogue",
    "business",
    "reminders",
    "calendar_view",
    "staff_availability",
    "appointment",
    "appointments_since",
    "customers",
    "customer",
    "appointments_page",
    "customers_page",
)
"""The operations by which faults are armed and calls counted: the methods of the port."""

PAGE = 100

T = TypeVar("T")


class FakeGraph:
    """Implements Graph; `wire.arm` orders bad weather, `mailbox(...)` shows the truth and lets the staff act.

    Calls of the port travel over `wire`, with a suspension before and after each effect.
    """

    def __init__(self, clock: Clock, catalogues: Iterable[Catalogue], wire: Wire | None = None) -> None:
        self.wire = wire or Wire()
        self._mailboxes = {one.business.id: Mailbox(one, clock) for one in catalogues}

    def mailbox(self, business: str) -> Mailbox:
        """What the mailbox holds; raises Unavailable where there is none."""
        found = self._mailboxes.get(business)
        if found is None:
            raise Unavailable("businesses", 404)
        return found

    def lag(self, length: timedelta) -> None:
        """Let lists hide for so long whatever is written from now on."""
        for mailbox in self._mailboxes.values():
            mailbox.appointments.lag = mailbox.customers.lag = length

    async def catalogue(self, business: str, time_zone: str | None = None) -> Catalogue:  # noqa: ARG002
        """The business with its services and staff as they are now."""
        return await self.wire.call("catalogue", lambda _: self.mailbox(business).catalogue)

    async def business(self, business: str, time_zone: str | None = None) -> Business:  # noqa: ARG002
        """The business alone."""
        return await self.wire.call("business", lambda _: self.mailbox(business).catalogue.business)

    async def reminders(self, business: str, service_id: str) -> tuple[Reminder, ...]:
        """What one service shows of itself, and lists do not; raises Missing."""
        return await self.wire.call("reminders", lambda _: self.mailbox(business).reminders_of(service_id))

    async def calendar_view(self, business: str, span: Interval) -> tuple[Appointment, ...]:
        """What overlaps the time, as lists show it."""
        return await self.wire.call("calendar_view", lambda _: self.mailbox(business).view(span))

    async def staff_availability(
        self, business: str, staff_ids: Sequence[str], span: Interval
    ) -> Mapping[str, tuple[StaffAvailability, ...]]:
        """Each member's time, as lists show it; an unknown member fails the call."""
        return await self.wire.call(
            "staff_availability", lambda _: _availability(self.mailbox(business), staff_ids, span)
        )

    async def appointment(self, business: str, appointment_id: str) -> Appointment:
        """One appointment as it is now; raises Missing."""
        return await self.wire.call(
            "appointment", lambda _: self.mailbox(business).appointment(appointment_id)
        )

    async def appointments_since(self, business: str, since: datetime) -> tuple[Appointment, ...]:
        """What was created since, as lists show it."""
        return await self.wire.call(
            "appointments_since", lambda _: self.mailbox(business).created_since(since)
        )

    async def create_appointment(self, business: str, draft: Draft, *, check: Check) -> Appointment:
        """One POST."""
        return await self.wire.call(
            "create_appointment", lambda ending: self.mailbox(business).create(draft, ending), check
        )

    async def replace_attendees(
        self,
        business: str,
        appointment_id: str,
        attendees: Sequence[Attendee],
        service_notes: str | None = None,
        *,
        check: Check,
    ) -> None:
        """One PATCH of the list, and of the notes for the staff where they come along."""
        given = tuple(attendees)
        await self.wire.call(
            "replace_attendees",
            lambda ending: self.mailbox(business).replace_attendees(
                appointment_id, given, ending, service_notes
            ),
            check,
        )

    async def move_appointment(
        self, business: str, appointment_id: str, span: Interval, staff_ids: Sequence[str], *, check: Check
    ) -> None:
        """One PATCH of time and staff; raises Missing where it is gone."""
        given = tuple(staff_ids)
        await self.wire.call(
            "move_appointment",
            lambda _: self.mailbox(business).patch_time(appointment_id, span, given),
            check,
        )

    async def cancel_appointment(
        self, business: str, appointment_id: str, reason: str, *, check: Check
    ) -> None:
        """One cancellation with a message; raises Missing where it is gone already."""
        await self.wire.call(
            "cancel_appointment", lambda _: self.mailbox(business).cancel(appointment_id, reason), check
        )

    async def opt_out(self, business: str, appointment_id: str, *, check: Check) -> None:
        """One PATCH of what is mailed; raises Missing where it is gone already."""
        await self.wire.call("opt_out", lambda _: self.mailbox(business).opt_out(appointment_id), check)

    async def delete_appointment(self, business: str, appointment_id: str, *, check: Check) -> None:
        """One DELETE; raises Missing where it is gone already."""
        await self.wire.call(
            "delete_appointment", lambda _: self.mailbox(business).delete(appointment_id), check
        )

    async def customers(self, business: str) -> AsyncIterator[Sequence[Customer]]:
        """All customers as lists show them, a call for each page."""
        number, is_last = 0, False
        while not is_last:
            page, is_last = await self.wire.call("customers", partial(self._page, business, number))
            number += 1
            yield page

    def _page(self, business: str, number: int, _: object) -> tuple[Sequence[Customer], bool]:
        shown = self.mailbox(business).customers.visible()
        return tuple(shown[number * PAGE : (number + 1) * PAGE]), (number + 1) * PAGE >= len(shown)

    async def customer(self, business: str, customer_id: str) -> Customer:
        """One customer as it is now; raises Missing."""
        return await self.wire.call("customer", lambda _: self.mailbox(business).customer(customer_id))

    async def create_customer(self, business: str, customer: Customer, *, check: Check) -> Customer:
        """One POST; a second record for an address is no error."""
        return await self.wire.call(
            "create_customer", lambda _: self.mailbox(business).add_customer(customer), check
        )

    async def appointments_page(self, business: str, page: str | None) -> tuple[Sequence[str], str | None]:
        """The ids on one page; a page's link is where it begins."""
        return await self.wire.call(
            "appointments_page",
            lambda _: cut([one.id for one in self.mailbox(business).appointments.visible()], page),
        )

    async def customers_page(self, business: str, page: str | None) -> tuple[Sequence[Customer], str | None]:
        """One page of all customers."""
        return await self.wire.call(
            "customers_page", lambda _: cut(self.mailbox(business).customers.visible(), page)
        )

    async def clear_attendees(
        self,
        business: str,
        appointment_id: str,
        attendees: Sequence[Attendee],
        service_notes: str,
        *,
        check: Check,
    ) -> None:
        """One PATCH of list and notes, and of the members for a single customer."""
        given = tuple(attendees)
        await self.wire.call(
            "clear_attendees",
            lambda ending: self.mailbox(business).clear(appointment_id, given, service_notes, ending),
            check,
        )

    async def delete_customer(self, business: str, customer_id: str, *, check: Check) -> None:
        """One DELETE; raises Missing."""
        await self.wire.call(
            "delete_customer", lambda _: self.mailbox(business).delete_customer(customer_id), check
        )


def cut(values: Sequence[T], page: str | None) -> tuple[Sequence[T], str | None]:
    """One page of a list, and where the next one begins; raises Rejected for a link that is none."""
    if page is not None and not page.isdecimal():
        raise Rejected("list", 400)
    begin = int(page or 0)
    end = begin + PAGE
    return tuple(values[begin:end]), str(end) if end < len(values) else None


def _availability(
    mailbox: Mailbox, staff_ids: Sequence[str], span: Interval
) -> Mapping[str, tuple[StaffAvailability, ...]]:
    return {staff_id: mailbox.availability(staff_id, span) for staff_id in staff_ids}
