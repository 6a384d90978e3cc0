"""The ways out of bookings to come, for an erasure: those of everybody, but however late it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.booking.manage.cancel import CancelBooking
from shared.booking.manage.leaving import Departure
from shared.booking.records import BookingRow
from shared.booking.writes.engine import Writing
from shared.domain.model import Appointment, Attendee


@dataclass(frozen=True, slots=True)
class WaysOut:
    """Implements Places."""

    cancel_booking: CancelBooking

    async def cancel(self, row: BookingRow) -> str:
        """End a booking; returns the key of the request that did it. Raises DomainError."""
        request = self.cancel_booking.own_key(row)
        await self.cancel_booking(row, None, request, is_late_too=True)
        return request.key

    async def leave(
        self,
        business: str,
        reference: str,
        seen: Appointment,
        seat: Callable[[Appointment], Attendee | None],
        writing: Writing,
    ) -> None:
        """Take whoever `seat` finds out of an appointment, under locks that are held.

        Nothing is recorded before: nobody repeats this request.
        """
        departure = Departure(business, reference, seen, seat, attempt=lambda *_: None)
        await self.cancel_booking.leaving.leave(departure, writing)

    async def put_back(
        self, business: str, dropped: Sequence[Attendee], seen: Appointment, writing: Writing
    ) -> None:
        """Seat those again whom Graph dropped along with somebody else."""
        await self.cancel_booking.leaving.proof.put_back(business, dropped, seen, writing)
