"""The calls to Graph that an erasure makes besides those of bookings: whole lists by page, and removal."""

from collections.abc import Callable, Sequence
from typing import Any

from shared.booking.ports import Check
from shared.domain.errors import Rejected, Unavailable
from shared.domain.model import Attendee, Customer
from shared.graph import reading, writing
from shared.graph.calls import Calls, Operation
from shared.graph.client import Connection

APPOINTMENTS_PAGE = Operation("appointments.list")
APPOINTMENT_CLEAR = Operation("appointments.patch", writes=True, replaces=True)
CUSTOMERS_PAGE = Operation("customers.list")
CUSTOMER_DELETE = Operation("customers.delete", writes=True)


class Erasing:
    """Implements WholeMailbox for the gateway, over its connection and its calls."""

    _connection: Connection
    _calls: Calls

    async def appointments_page(self, business: str, page: str | None) -> tuple[Sequence[str], str | None]:
        """The ids on one page, also of those that cannot be read, and the next link."""
        builder = self._connection.at(business).appointments
        return await self._page(APPOINTMENTS_PAGE, business, builder, page, ids)

    async def customers_page(self, business: str, page: str | None) -> tuple[Sequence[Customer], str | None]:
        """One page of all customers, and the next link."""
        builder = self._connection.at(business).customers
        return await self._page(CUSTOMERS_PAGE, business, builder, page, reading.read_customers)

    async def clear_attendees(
        self,
        business: str,
        appointment_id: str,
        attendees: Sequence[Attendee],
        service_notes: str,
        *,
        check: Check,
    ) -> None:
        """One PATCH of list, notes and the members for a single customer."""
        builder = self._connection.at(business).appointments.by_booking_appointment_id(appointment_id)
        body = writing.write_cleared(attendees, service_notes)
        await self._calls.run(
            APPOINTMENT_CLEAR, business, lambda: builder.patch(body), reading.nothing, check
        )

    async def delete_customer(self, business: str, customer_id: str, *, check: Check) -> None:
        """One DELETE; raises Missing where the record is gone already."""
        builder = self._connection.at(business).customers.by_booking_customer_id(customer_id)
        await self._calls.run(CUSTOMER_DELETE, business, builder.delete, reading.nothing, check)

    async def _page(
        self,
        operation: Operation,
        business: str,
        builder: Any,  # noqa: ANN401 (the SDK is untyped)
        page: str | None,
        read: Callable[[Sequence[Any]], Any],
    ) -> tuple[Sequence[Any], str | None]:
        if page is not None:
            if not self._connection.is_ours(page):  # kept from before the settings named another Graph
                raise Rejected(operation.name)
            builder = builder.with_url(page)
        values, link = await self._calls.run(
            operation, business, builder.get, lambda answer: reading.page(read, answer)
        )
        if link is not None and (link == page or not self._connection.is_ours(link)):
            raise Unavailable(operation.name)
        return values, link


def ids(values: Sequence[Any]) -> list[str]:
    """The ids of a page, also of what cannot be read otherwise."""
    return [value.id for value in values if value.id]
