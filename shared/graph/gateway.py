"""Microsoft Graph Bookings (beta) through the official SDK: the `Graph` port of the use cases."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_beta.generated.solutions.booking_businesses.item.booking_business_item_request_builder import (
    BookingBusinessItemRequestBuilder,
)
from msgraph_beta.generated.solutions.booking_businesses.item.calendar_view.calendar_view_request_builder import (  # noqa: E501
    CalendarViewRequestBuilder,
)

from shared.booking.deadline import deadline
from shared.domain.errors import GraphError, Missing, Unavailable
from shared.domain.intervals import Interval
from shared.domain.model import (
    Appointment,
    Attendee,
    Business,
    Catalogue,
    Customer,
    Draft,
    StaffAvailability,
)
from shared.graph import reading, shop, writing
from shared.graph.calls import Calls, Operation
from shared.graph.client import Connection
from shared.graph.exact_json import UNREADABLE

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
STAFF_LIST = Operation("staffMembers.list")
QUESTIONS_LIST = Operation("customQuestions.list")
CALENDAR_VIEW = Operation("calendarView.list")
STAFF_AVAILABILITY = Operation("getStaffAvailability")
APPOINTMENT_GET = Operation("appointments.get")
APPOINTMENT_CREATE = Operation("appointments.create", writes=True)
APPOINTMENT_PATCH = Operation("appointments.patch", writes=True)
APPOINTMENT_DELETE = Operation("appointments.delete", writes=True)
CUSTOMERS_LIST = Operation("customers.list")
CUSTOMER_GET = Operation("customers.get")
CUSTOMER_CREATE = Operation("customers.create", writes=True)


class GraphGateway:
    """Every call goes through `Calls`: bulkhead, deadline, safe repetition, the domain's errors."""

    def __init__(self, connection: Connection, calls: Calls) -> None:
        self._connection = connection
        self._calls = calls

    async def aclose(self) -> None:
        """Close the connections to Graph."""
        await self._connection.aclose()

    def _at(self, business: str) -> BookingBusinessItemRequestBuilder:
        return self._connection.client().solutions.booking_businesses.by_booking_business_id(business)

    async def catalogue(self, business: str, time_zone: str | None = None) -> Catalogue:
        """The business, its services, staff and questions, in four concurrent reads.

        What cannot be read, or not be sold, is left out; without the questions, whatever asks one.
        """
        about, questions, staff, services = await asyncio.gather(
            self.business(business, time_zone),
            self._questions(business),
            self._list(STAFF_LIST, business, self._at(business).staff_members),
            self._list(SERVICES_LIST, business, self._at(business).services),
        )
        return shop.read_catalogue(about, services, staff, questions)

    async def _questions(self, business: str) -> list[Any] | None:
        """The custom questions; None where Graph does not tell them in time."""
        try:
            with deadline(QUESTIONS_PATIENCE):
                return await self._list(QUESTIONS_LIST, business, self._at(business).custom_questions)
        except GraphError:
            logger.warning(
                "questions.unreadable", extra={"event": "questions.unreadable", "business": business}
            )
            return None

    async def business(self, business: str, time_zone: str | None = None) -> Business:
        """The business alone; also the cheapest way to see whether Graph answers at all."""
        found = await self._calls.run(BUSINESS_GET, business, self._at(business).get)
        return _readable(BUSINESS_GET, found, lambda one: shop.read_business(one, time_zone))

    async def calendar_view(self, business: str, span: Interval) -> tuple[Appointment, ...]:
        """Appointments that overlap `span`, all pages, in the order of Graph."""
        builder = self._at(business).calendar_view
        query = CalendarViewRequestBuilder.CalendarViewRequestBuilderGetQueryParameters(
            start=_utc(span.start), end=_utc(span.end), top=CALENDAR_PAGE
        )
        configuration = RequestConfiguration(query_parameters=query)
        found = await self._list(CALENDAR_VIEW, business, builder, configuration)
        return tuple(reading.read_listed(found))

    async def staff_availability(
        self, business: str, staff_ids: Sequence[str], span: Interval
    ) -> Mapping[str, tuple[StaffAvailability, ...]]:
        """Each staff member's items, as Graph has them: not clipped to `span`."""
        builder = self._at(business).get_staff_availability
        body = writing.write_availability_query(staff_ids, span)
        answer = await self._calls.run(STAFF_AVAILABILITY, business, lambda: builder.post(body))
        return _readable(STAFF_AVAILABILITY, answer, reading.read_staff_availability)

    async def appointment(self, business: str, appointment_id: str) -> Appointment:
        """One appointment in full; raises Missing."""
        builder = self._at(business).appointments.by_booking_appointment_id(appointment_id)
        found = await self._calls.run(APPOINTMENT_GET, business, builder.get)
        return _readable(APPOINTMENT_GET, found, reading.read_appointment)

    async def create_appointment(self, business: str, draft: Draft) -> Appointment:
        """One POST; after Unavailable and Unreachable it may be booked."""
        builder = self._at(business).appointments
        body = writing.write_appointment(draft)
        made = await self._calls.run(APPOINTMENT_CREATE, business, lambda: builder.post(body))
        return _readable(APPOINTMENT_CREATE, made, reading.read_appointment)

    async def replace_attendees(
        self, business: str, appointment_id: str, attendees: Sequence[Attendee]
    ) -> None:
        """One PATCH of the full list; it answers 204 and shows nothing of what it did."""
        builder = self._at(business).appointments.by_booking_appointment_id(appointment_id)
        body = writing.write_patch(attendees)
        await self._calls.run(APPOINTMENT_PATCH, business, lambda: builder.patch(body))

    async def delete_appointment(self, business: str, appointment_id: str) -> None:
        """Remove an appointment without a mail; one that is gone already is no error."""
        builder = self._at(business).appointments.by_booking_appointment_id(appointment_id)
        try:
            await self._calls.run(APPOINTMENT_DELETE, business, builder.delete)
        except Missing:
            return

    async def customers(self, business: str) -> AsyncIterator[Sequence[Customer]]:
        """All customers, page by page."""
        async for page in self._pages(CUSTOMERS_LIST, business, self._at(business).customers):
            yield tuple(reading.read_customers(page))

    async def customer(self, business: str, customer_id: str) -> Customer:
        """One customer; raises Missing."""
        builder = self._at(business).customers.by_booking_customer_id(customer_id)
        found = await self._calls.run(CUSTOMER_GET, business, builder.get)
        return _readable(CUSTOMER_GET, found, reading.read_customer)

    async def create_customer(self, business: str, customer: Customer) -> Customer:
        """One POST; the answer carries the new id."""
        builder = self._at(business).customers
        body = writing.write_customer(customer)
        made = await self._calls.run(CUSTOMER_CREATE, business, lambda: builder.post(body))
        return _readable(CUSTOMER_CREATE, made, reading.read_customer)

    async def _list(
        self, operation: Operation, business: str, builder: Pageable, configuration: object = None
    ) -> list[Any]:
        return [
            one async for page in self._pages(operation, business, builder, configuration) for one in page
        ]

    async def _pages(
        self, operation: Operation, business: str, builder: Pageable, configuration: object = None
    ) -> AsyncIterator[Sequence[Any]]:
        """The pages of a collection, following `@odata.nextLink`."""
        for _ in range(MAX_PAGES):
            call = partial(builder.get, configuration)
            page = _present(operation, await self._calls.run(operation, business, call))
            yield page.value or ()
            if not page.odata_next_link:
                return
            builder, configuration = builder.with_url(page.odata_next_link), None
        raise Unavailable(operation.name)


def _present(operation: Operation, answer: T | None) -> T:
    """The answer; an empty one where Graph owes a body counts as a failure of Graph."""
    if answer is None:
        raise Unavailable(operation.name)
    return answer


def _readable(operation: Operation, answer: object, read: Callable[[Any], T]) -> T:
    """What `read` makes of an answer; one that makes no sense counts as a failure of Graph."""
    try:
        return read(_present(operation, answer))
    except UNREADABLE as error:
        extra = {"event": "graph.unreadable", "operation": operation.name}
        logger.error("graph.unreadable", extra=extra)  # noqa: TRY400 (a traceback may hold what a caller typed)
        raise Unavailable(operation.name) from error


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
