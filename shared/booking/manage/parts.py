"""What looking at bookings, cancelling and moving them share; made once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.booking.create.attempts import BookingAttempts
from shared.booking.manage.attempts import CancelAttempts, MoveAttempts, SeatAttempts
from shared.booking.manage.leaving import Leaving
from shared.booking.manage.rows import BookingRows
from shared.booking.manage.standing import Standings
from shared.booking.ports import Clock, Graph, Stores
from shared.booking.records import Kind
from shared.booking.writes.attendees import AttendeeLists
from shared.booking.writes.reconcile import Recognise
from shared.platform.hashes import Hasher


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts over what bookings are made with; with `sends_reason` Graph mails why a booking ended."""

    graph: Graph
    stores: Stores
    booked: BookingAttempts
    lists: AttendeeLists
    hasher: Hasher
    clock: Clock
    sends_reason: bool

    @cached_property
    def rows(self) -> BookingRows:
        """The rows of bookings."""
        return BookingRows(
            store=self.stores.bookings,
            requests=self.stores.idempotency,
            hasher=self.hasher,
            clock=self.clock,
        )

    @cached_property
    def standings(self) -> Standings:
        """Bookings as they stand."""
        return Standings(
            catalogues=self.booked.catalogues,
            recognition=self.booked.recognition,
            requests=self.stores.idempotency,
            clock=self.clock,
        )

    @cached_property
    def leaving(self) -> Leaving:
        """The way out of an appointment."""
        return Leaving(
            graph=self.graph,
            recognition=self.booked.recognition,
            lists=self.lists,
            proof=self.booked.proof,
            sends_reason=self.sends_reason,
        )

    @cached_property
    def recognise(self) -> Mapping[Kind, Recognise]:
        """Who recognises which kind of attempt."""
        booked, rows = self.booked, self.stores.bookings
        return {
            Kind.BOOK: booked,
            Kind.CANCEL: CancelAttempts(booked=booked, bookings=rows),
            Kind.MOVE: MoveAttempts(booked=booked, bookings=rows),
            Kind.CHANGE_SEAT: SeatAttempts(
                booked=booked, bookings=rows, leaving=self.leaving, clock=self.clock
            ),
        }
