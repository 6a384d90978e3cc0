"""What can be done with a booking that stands: to look at it, cancel it, move it."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from shared.booking.create.appointment import AppointmentWriter
from shared.booking.manage.cancel import CancelBooking
from shared.booking.manage.leaving import Leaving
from shared.booking.manage.reschedule import Reschedule
from shared.booking.manage.rows import BookingRows
from shared.booking.manage.standing import Standing, Standings
from shared.booking.manage.wish import WishPlanner
from shared.booking.ports import Clock, Graph
from shared.booking.records import BookingRow
from shared.booking.sealing import Sealer
from shared.booking.slots.calendar import DayViews
from shared.booking.slots.catalogue import Catalogues
from shared.booking.writes.engine import Writes


@dataclass(frozen=True, kw_only=True)
class Manage:
    """The use cases of bookings that stand, over the parts that they share."""

    graph: Graph
    writes: Writes
    rows: BookingRows
    standings: Standings
    catalogues: Catalogues
    views: DayViews
    writer: AppointmentWriter
    leaving: Leaving
    sealer: Sealer
    clock: Clock
    budget: timedelta

    async def read(self, row: BookingRow) -> Standing:
        """The booking as it stands now, in one call to Graph; raises GraphError and StoreUnavailable."""
        return await self.standings.read(row, is_pending=await self.rows.is_pending(row))

    @cached_property
    def cancel(self) -> CancelBooking:
        """Cancels."""
        return CancelBooking(
            writes=self.writes,
            rows=self.rows,
            standings=self.standings,
            leaving=self.leaving,
            sealer=self.sealer,
            clock=self.clock,
            budget=self.budget,
        )

    @cached_property
    def reschedule(self) -> Reschedule:
        """Moves."""
        planner = WishPlanner(
            catalogues=self.catalogues, standings=self.standings, views=self.views, clock=self.clock
        )
        return Reschedule(
            graph=self.graph,
            writes=self.writes,
            rows=self.rows,
            planner=planner,
            writer=self.writer,
            leaving=self.leaving,
            sealer=self.sealer,
            clock=self.clock,
            budget=self.budget,
        )
