"""Takes one person's data out of one appointment, one customer's record, one row of the index."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from shared.booking.ports import Clock, CustomerIndex, Graph
from shared.booking.records import BookingRow
from shared.booking.writes.engine import Writing
from shared.booking.writes.locks import Locks, customer_lock, email_hash, service_start_lock
from shared.booking.writes.notes import mark, note_of, references_in, without_words
from shared.domain.errors import UNCERTAIN, Missing, NotBooked
from shared.domain.model import Appointment, Attendee
from shared.platform.hashes import Hasher

ROUNDS = 4
"""How often an appointment is written and looked at again before it is left to the next pass."""


class Done(StrEnum):
    """What was done about a person in one place; ABSENT is what was named and is not there by id.

    Graph may say so in passing, so what is absent is looked for once more in another pass.
    """

    NOTHING = "nothing"
    ABSENT = "absent"
    CANCELLED = "cancelled"
    CLEARED = "cleared"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Person:
    """Who is erased: whoever has the address with this keyed hash, or, without any, one of these records."""

    business: str
    hash: str
    customer_ids: frozenset[str]
    hasher: Hasher

    def has(self, email: str | None, customer_id: str | None = None) -> bool:
        """Whether this address, or where there is none this record, is theirs."""
        if email:
            return email_hash(self.hasher, self.business, email) == self.hash
        return customer_id in self.customer_ids

    def seat(self, seen: Appointment) -> Attendee | None:
        """Their seat in an appointment that says something of them; what is cleared says nothing."""
        return next(iter(self.seats(seen)), None)

    def seats(self, seen: Appointment) -> list[Attendee]:
        """All of their seats; Graph lets one person have two."""
        return [
            one for one in seen.attendees if _says_something(one) and self.has(one.email, one.customer_id)
        ]

    def is_in(self, seen: Appointment) -> bool:
        """Whether an appointment, read by id, still tells who they are."""
        return bool(self.seats(seen)) or (bool(seen.customer_email) and self.has(seen.customer_email))


class Places(Protocol):
    """The ways out of bookings to come, which other use cases know."""

    async def cancel(self, row: BookingRow) -> str:
        """End a booking, however late; returns the key of the request that did it. Raises DomainError."""
        ...

    async def leave(
        self,
        business: str,
        reference: str,
        seen: Appointment,
        seat: Callable[[Appointment], Attendee | None],
        writing: Writing,
    ) -> None:
        """Take whoever `seat` finds out of an appointment to come, which ends where it was theirs alone."""
        ...

    async def put_back(
        self, business: str, dropped: Sequence[Attendee], seen: Appointment, writing: Writing
    ) -> None:
        """Seat those again whom Graph dropped along with somebody else."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """Every method raises what keeps it from being done; `call` is the longest that one call may take."""

    graph: Graph
    index: CustomerIndex
    places: Places
    locks: Locks
    clock: Clock
    call: timedelta

    async def appointment(self, person: Person, appointment_id: str, references: Sequence[str] = ()) -> Done:
        """Take them out of an appointment to come, their data out of a past one; one call if they are not in.

        `references` are those of their bookings in it, as far as they are known.
        """
        try:
            seen = await self.graph.appointment(person.business, appointment_id)
            if not person.is_in(seen):
                return Done.NOTHING
            lock = service_start_lock(person.business, seen.service_id, seen.span.start)
            async with self.locks.hold([lock]) as held:
                writing = Writing(held, self.call)
                with writing.failing_closed():
                    return await self._forget(person, appointment_id, references, writing)
        except Missing:
            return Done.ABSENT

    async def _forget(
        self, person: Person, appointment_id: str, references: Sequence[str], writing: Writing
    ) -> Done:
        """Write, and look again, until nothing in it tells who they are."""
        done = Done.NOTHING
        for number in range(ROUNDS):
            try:
                seen = await self.graph.appointment(person.business, appointment_id)
            except Missing:
                done = Done.ABSENT if done is Done.NOTHING else done
                break
            if not person.is_in(seen):
                break
            seat = person.seat(seen)
            if seat is not None and seen.span.start > self.clock():
                own = (*references, *_told_by(seat, seen), "")
                await self.places.leave(person.business, own[0], seen, person.seat, writing)
                done = Done.CANCELLED
                continue
            await self._clear(person, seen, references, writing, is_kept=number == 0)
            done = Done.CLEARED if done is Done.NOTHING else done
        else:
            _end(writing)
            raise NotBooked
        _end(writing)
        return done

    async def _clear(
        self,
        person: Person,
        seen: Appointment,
        references: Sequence[str],
        writing: Writing,
        *,
        is_kept: bool,
    ) -> None:
        """Leave the seat without the person; not even the seat where Graph does not know their record."""
        seats, notes = person.seats(seen), _forgotten(seen, person, references)
        others = [one for one in seen.attendees if one not in seats]
        empty = [Attendee(one.customer_id, None, None) for one in seats if is_kept and one.customer_id]
        try:
            await writing.send(
                lambda check: self.graph.clear_attendees(
                    person.business, seen.id, [*others, *empty], notes, check=check
                )
            )
        except UNCERTAIN:
            return  # reading it again shows what was done
        after = await self.graph.appointment(person.business, seen.id)
        there = {one.customer_id for one in after.attendees}
        dropped = [one for one in others if one.customer_id not in there]
        if dropped:
            await self.places.put_back(person.business, dropped, after, writing)

    async def customer(self, person: Person, customer_id: str) -> Done:
        """Delete a record; gone is only what reading by id does not find either."""
        done = Done.DELETED
        async with self.locks.hold([customer_lock(person.business, person.hash)]) as held:
            writing = Writing(held, self.call)
            with writing.failing_closed():
                try:
                    await writing.send(
                        lambda check: self.graph.delete_customer(person.business, customer_id, check=check)
                    )
                except (Missing, *UNCERTAIN) as error:
                    if not await self._is_gone(person.business, customer_id):
                        _end(writing)
                        raise NotBooked from error
                    done = Done.NOTHING if isinstance(error, Missing) else Done.DELETED
                _end(writing)
        return done

    async def index_row(self, person: Person) -> Done:
        """Remove what the index knows of them; refused while a record of theirs may still appear."""
        async with self.locks.hold([customer_lock(person.business, person.hash)]):
            row = await self.index.get(person.business, person.hash)
            if row is None:
                return Done.NOTHING
            if row.appears is not None and row.appears > self.clock():
                raise NotBooked
            await self.index.delete(person.business, person.hash, row)
        return Done.NOTHING

    async def _is_gone(self, business: str, customer_id: str) -> bool:
        try:
            await self.graph.customer(business, customer_id)
        except Missing:
            return True
        return False


def _end(writing: Writing) -> None:
    """How it stands was read; the locks go on where something of ours may still land."""
    if writing.is_over:
        writing.ended()


def _says_something(one: Attendee) -> bool:
    return bool(one.email or one.name or one.phone or one.notes)


def _told_by(seat: Attendee, seen: Appointment) -> tuple[str, ...]:
    """The bookings whose words begin with this name: in groups the facade writes it before them."""
    words = ((one, note_of(seen.service_notes, one) or "") for one in references_in(seen.service_notes))
    return tuple(one for one, text in words if seat.name and text.startswith(f"{seat.name}:"))


def _forgotten(seen: Appointment, person: Person, references: Sequence[str]) -> str:
    """The notes without their words; of an appointment that was theirs alone, its marks alone."""
    notes = seen.service_notes or ""
    if seen.maximum_attendees == 1:
        return "\n".join(map(mark, references_in(notes)))
    for one in (*references, *(told for seat in person.seats(seen) for told in _told_by(seat, seen))):
        notes = without_words(notes, one)
    return notes
