"""What can be done with a booking that stands: to look at it, cancel it, move it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from shared.booking.create.booking import AppointmentWriter
from shared.booking.manage.cancel import CancelBooking
from shared.booking.manage.parts import Parts
from shared.booking.manage.reschedule import Reschedule
from shared.booking.manage.standing import Standing
from shared.booking.manage.wish import CANCELLED, WishPlanner, bookable, refuse_late
from shared.booking.ports import Place
from shared.booking.records import BookingRow
from shared.booking.slots.availability import Availability, SlotList, SlotQuery
from shared.booking.slots.calendar import DayViews
from shared.booking.writes.engine import Writes
from shared.booking.writes.locks import email_hash
from shared.domain.errors import BookingPending, RulesBroken
from shared.domain.intervals import Interval, day_span
from shared.domain.rules.manage import released
from shared.domain.zones import iana_zone

MOVES_MEANWHILE = 2
"""How often a booking may change while it is looked at; after that it is in the middle of a change."""


@dataclass(frozen=True, kw_only=True)
class Manage:
    """The use cases of bookings that stand, over the parts that they share."""

    parts: Parts
    writes: Writes
    views: DayViews
    availability: Availability
    writer: AppointmentWriter
    budget: timedelta

    async def read(self, row: BookingRow) -> Standing:
        """The booking as it stands now, in one call to Graph; raises GraphError and StoreUnavailable.

        Whoever is not where the row says may have been moved since it was read: then it is read again.
        """
        for _ in range(MOVES_MEANWHILE):
            standing = await self._read(row)
            now = row if standing.stands else await self.parts.rows.store.get(row.business, row.reference)
            if now is None or now == row:
                return standing
            row = now
        standing = await self._read(row)
        return standing if standing.stands else replace(standing, is_pending=True)

    async def _read(self, row: BookingRow) -> Standing:
        parts = self.parts
        return await parts.standings.read(row, is_pending=await parts.rows.is_pending(row))

    async def listed(self, rows: Sequence[BookingRow]) -> Sequence[Standing]:
        """These bookings as they stand now, a call to Graph for each."""
        return await asyncio.gather(*map(self.read, rows))

    async def of_person(
        self, business: str, email: str, after: Place | None, most: int
    ) -> Sequence[BookingRow]:
        """The rows of one e-mail address by their start, so many at most, those `after` this place."""
        person = email_hash(self.parts.hasher, business, email)
        rows = await self.parts.rows.store.of_person(business, person)
        return [one for one in rows if after is None or (one.span.start, one.reference) > after][:most]

    async def starting(
        self, business: str, days: tuple[date, date], after: Place | None, most: int
    ) -> Sequence[BookingRow]:
        """The rows that start on these local days of the business, both included; likewise."""
        zone = iana_zone((await self.parts.booked.catalogues.get(business)).business.time_zone)
        span = Interval(day_span(days[0], zone).start, day_span(days[1], zone).end)
        return await self.parts.rows.store.starting(business, span, after, most)

    async def slots(self, row: BookingRow, query: SlotQuery) -> SlotList:
        """Where the booking could be moved to: what is listed is what a move accepts.

        Raises RulesBroken where it may not be moved at all, NotFound, GraphError and StoreUnavailable.
        """
        standing = await self.read(row)
        if standing.is_pending:
            raise BookingPending
        if not standing.stands:
            raise RulesBroken((CANCELLED,))
        refuse_late(standing)
        own, stays = standing.appointment, not standing.is_theirs_alone
        return await self.availability.listed(
            query,
            standing.catalogue,
            bookable(standing.catalogue, row.service_id),
            lambda view: released(view, own, stays=stays),
        )

    @cached_property
    def cancel(self) -> CancelBooking:
        """Cancels."""
        parts = self.parts
        return CancelBooking(
            writes=self.writes,
            rows=parts.rows,
            standings=parts.standings,
            leaving=parts.leaving,
            sealer=parts.booked.sealer,
            clock=parts.clock,
            budget=self.budget,
        )

    @cached_property
    def reschedule(self) -> Reschedule:
        """Moves."""
        parts = self.parts
        planner = WishPlanner(
            catalogues=parts.booked.catalogues,
            standings=parts.standings,
            views=self.views,
            clock=parts.clock,
        )
        return Reschedule(
            graph=parts.graph,
            writes=self.writes,
            rows=parts.rows,
            planner=planner,
            writer=self.writer,
            leaving=parts.leaving,
            sealer=parts.booked.sealer,
            clock=parts.clock,
            budget=self.budget,
        )
