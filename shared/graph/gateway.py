"""Microsoft Graph Bookings (beta) through the official SDK: the `Graph` port of the use cases."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_beta.generated.solutions.booking_businesses.item.calendar_view.calendar_view_request_builder import (  # noqa: E501
    CalendarViewRequestBuilder,
)

from shared.booking.ports import Check
from shared.domain.errors import GraphError, Unavailable
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
from shared.graph import reading, shop, writing
from shared.graph.calls import Calls, Operation
from shared.graph.client import Connection
from shared.graph.erasing import Erasing
from shared.platform.deadline import deadline

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Pageable(Protocol):
    """What the SDK's builders of collections have in common."""

    async def get(self, request_configuration: Any = None) -> Any:  # noqa: ANN401 (the SDK is untyped)
        """One page."""
        ...

    def with_url(self, raw_url: str) -> "Pageable":
        """The builder for another page."""
        ...


MAX_PAGES = 2_000
"""More pages than any calendar has; a list that goes on beyond is refused rather than read for ever."""

CALENDAR_PAGE = 200
"""Appointments asked for per page of calendarView; Graph may answer with fewer."""

QUESTIONS_PATIENCE = timedelta(seconds=5)
"""How long the rest of a catalogue waits for the custom questions: many services ask none."""

BUSINESS_GET = Operation("business.get")
SERVICES_LIST = Operation("services.list")
SERVICE_GET = Operation("services.get")
STAFF_LIST = Operation("staffMembers.list")
QUESTIONS_LIST = Operation("customQuestions.list")
CALENDAR_VIEW = Operation("calendarView.list")
STAFF_AVAILABILITY = Operation("getStaffAvailability", final=frozenset({500}))
"""Graph answers 500 for everybody where it does not know one member of the staff."""

APPOINTMENTS_LIST = Operation("appointments.list")
APPOINTMENT_GET = Operation("appointments.get")
APPOINTMENT_CREATE = Operation("appointments.create", writes=True)
APPOINTMENT_PATCH = Operation("appointments.patch", writes=True, replaces=True)
APPOINTMENT_CANCEL = Operation("appointments.cancel", writes=True, replaces=True)
APPOINTMENT_DELETE = Operation("appointments.delete", writes=True, replaces=True)
CUSTOMERS_LIST = Operation("customers.list")
CUSTOMER_GET = Operation("customers.get")
CUSTOMER_CREATE = Operation("customers.create", writes=True)


class GraphGateway(Erasing):
    """Every call goes through `Calls`: bulkhead, deadline, safe repetition, the domain's errors."""

    def __init__(self, connection: Connection, calls: Calls) -> None:
        self._connection = connection
        self._calls = calls

    async def aclose(self) -> None:
        """Give the places at Graph back, and close the connections to it."""
        await self._calls.aclose()
        await self._connection.aclose()

    async def catalogue(self, business: str, time_zone: str | None = None) -> Catalogue:
        """The business, its services, staff and questions, in four concurrent reads.

        What cannot be read, or not be sold, is left out; without the questions, whatever asks one.
        """
        about, questions, staff, services = await asyncio.gather(
            self.business(business, time_zone),
            self._questions(business),
            self._list(STAFF_LIST, business, self._connection.at(business).staff_members),
            self._list(SERVICES_LIST, business, self._connection.at(business).services),
        )
        return shop.read_catalogue(about, services, staff, questions)

    async def _questions(self, business: str) -> list[Any] | None:
        """The custom questions; None where Graph does not tell them in time."""
        try:
            with deadline(QUESTIONS_PATIENCE):
                return await self._list(
                    QUESTIONS_LIST, business, self._connection.at(business).custom_questions
                )
        except GraphError:
            logger.warning(
                "questions.unreadable", extra={"event": "questions.unreadable", "business": business}
            )
            return None

    async def business(self, business: str, time_zone: str | None = None) -> Business:
        """The business alone; also the cheapest way to see whether Graph answers at all."""
        return await self._calls.run(
            BUSINESS_GET,
            business,
            self._connection.at(business).get,
            lambda found: shop.read_business(reading.present(found), time_zone),
        )

    async def reminders(self, business: str, service_id: str) -> tuple[Reminder, ...]:
        """The reminders of one service, read by id: Graph's list of services does not show them."""
        builder = self._connection.at(business).services.by_booking_service_id(service_id)
        return await self._calls.run(
            SERVICE_GET, business, builder.get, lambda found: shop.read_reminders(reading.present(found))
        )

    async def calendar_view(self, business: str, span: Interval) -> tuple[Appointment, ...]:
        """Appointments that overlap `span`, all pages, in the order of Graph."""
        builder = self._connection.at(business).calendar_view
        query = CalendarViewRequestBuilder.CalendarViewRequestBuilderGetQueryParameters(
            start=reading.utc(span.start), end=reading.utc(span.end), top=CALENDAR_PAGE
        )
        configuration = RequestConfiguration(query_parameters=query)
        pages = self._pages(CALENDAR_VIEW, business, builder, reading.read_listed, configuration)
        return tuple([one async for page in pages for one in page])

    async def staff_availability(
        self, business: str, staff_ids: Sequence[str], span: Interval
    ) -> Mapping[str, tuple[StaffAvailability, ...]]:
        """Each staff member's items, as Graph has them: not clipped to `span`."""
        builder = self._connection.at(business).get_staff_availability
        body = writing.write_availability_query(staff_ids, span)
        return await self._calls.run(
            STAFF_AVAILABILITY,
            business,
            lambda: builder.post(body),
            lambda answer: reading.read_staff_availability(reading.present(answer)),
        )

    async def appointment(self, business: str, appointment_id: str) -> Appointment:
        """One appointment in full; raises Missing where Graph says that this very item is not there."""
        builder = self._connection.at(business).appointments.by_booking_appointment_id(appointment_id)
        return await self._calls.run(APPOINTMENT_GET, business, builder.get, reading.appointment)

    async def appointments_since(self, business: str, since: datetime) -> tuple[Appointment, ...]:
        """All pages of all appointments, cut here: Graph filters them by nothing."""
        builder = self._connection.at(business).appointments
        pages = self._pages(APPOINTMENTS_LIST, business, builder, reading.read_listed)
        listed = [one async for page in pages for one in page]
        return tuple(one for one in listed if one.created is None or one.created >= since)

    async def create_appointment(self, business: str, draft: Draft, *, check: Check) -> Appointment:
        """One POST; after Unavailable, Unreadable and Unreachable it may be booked."""
        builder = self._connection.at(business).appointments
        return await self._calls.run(
            APPOINTMENT_CREATE,
            business,
            lambda: builder.post(writing.write_appointment(draft)),
            reading.appointment,
            check,
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
        """One PATCH of the full list; it answers 204 and shows nothing of what it did."""
        builder = self._connection.at(business).appointments.by_booking_appointment_id(appointment_id)
        await self._calls.run(
            APPOINTMENT_PATCH,
            business,
            lambda: builder.patch(writing.write_patch(attendees, service_notes)),
            reading.nothing,
            check,
        )

    async def move_appointment(
        self, business: str, appointment_id: str, span: Interval, staff_ids: Sequence[str], *, check: Check
    ) -> None:
        """One PATCH of time and staff."""
        builder = self._connection.at(business).appointments.by_booking_appointment_id(appointment_id)
        await self._calls.run(
            APPOINTMENT_PATCH,
            business,
            lambda: builder.patch(writing.write_move(span, staff_ids)),
            reading.nothing,
            check,
        )

    async def cancel_appointment(
        self, business: str, appointment_id: str, reason: str, *, check: Check
    ) -> None:
        """Cancel an appointment with a message to everybody in it; needs Bookings.ReadWrite.All."""
        builder = self._connection.at(business).appointments.by_booking_appointment_id(appointment_id).cancel
        await self._calls.run(
            APPOINTMENT_CANCEL,
            business,
            lambda: builder.post(writing.write_reason(reason)),
            reading.nothing,
            check,
        )

    async def opt_out(self, business: str, appointment_id: str, *, check: Check) -> None:
        """One PATCH of what Graph may mail to the customers; raises Missing."""
        builder = self._connection.at(business).appointments.by_booking_appointment_id(appointment_id)
        await self._calls.run(
            APPOINTMENT_PATCH,
            business,
            lambda: builder.patch(writing.OPTED_OUT),
            reading.nothing,
            check,
        )

    async def delete_appointment(self, business: str, appointment_id: str, *, check: Check) -> None:
        """Remove an appointment; raises Missing where it is gone already."""
        builder = self._connection.at(business).appointments.by_booking_appointment_id(appointment_id)
        await self._calls.run(APPOINTMENT_DELETE, business, builder.delete, reading.nothing, check)

    async def customers(self, business: str) -> AsyncIterator[Sequence[Customer]]:
        """All customers, page by page."""
        builder = self._connection.at(business).customers
        async for page in self._pages(CUSTOMERS_LIST, business, builder, reading.read_customers):
            yield page

    async def customer(self, business: str, customer_id: str) -> Customer:
        """One customer; raises Missing."""
        builder = self._connection.at(business).customers.by_booking_customer_id(customer_id)
        return await self._calls.run(CUSTOMER_GET, business, builder.get, reading.customer)

    async def create_customer(self, business: str, customer: Customer, *, check: Check) -> Customer:
        """One POST; the answer carries the new id."""
        builder = self._connection.at(business).customers
        return await self._calls.run(
            CUSTOMER_CREATE,
            business,
            lambda: builder.post(writing.write_customer(customer)),
            reading.customer,
            check,
        )

    async def _list(self, operation: Operation, business: str, builder: Pageable) -> list[Any]:
        return [one async for page in self._pages(operation, business, builder, tuple) for one in page]

    async def _pages(
        self,
        operation: Operation,
        business: str,
        builder: Pageable,
        read: Callable[[Sequence[Any]], Iterable[T]],
        configuration: object = None,
    ) -> AsyncIterator[Sequence[T]]:
        """The pages of a collection, following `@odata.nextLink` to the same Graph, never in a circle."""
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            values, link = await self._calls.run(
                operation, business, partial(builder.get, configuration), partial(reading.page, read)
            )
            yield values
            if link is None:
                return
            if link in seen or not self._connection.is_ours(link):
                break
            seen.add(link)
            builder, configuration = builder.with_url(link), None
        logger.error("graph.paging", extra={"event": "graph.paging", "operation": operation.name})
        raise Unavailable(operation.name)
