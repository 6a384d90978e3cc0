"""Takes a customer out of an appointment, and the appointment away where it was theirs alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.booking.create.proof import Proof
from shared.booking.create.seated import is_seated, sealed
from shared.booking.ports import Graph
from shared.booking.records import Attempt
from shared.booking.sealing import Sealer
from shared.booking.writes.attendees import AttendeeLists, Change
from shared.booking.writes.engine import Writing
from shared.booking.writes.notes import MADE_HERE, made_here, without_note
from shared.booking.writes.pauses import PAUSES, wait
from shared.booking.writes.recognise import Recognition, present
from shared.domain.errors import LOOK_AGAIN, UNCERTAIN, Missing, NotBooked, is_over
from shared.domain.model import Appointment, Attendee


@dataclass(frozen=True, slots=True)
class Departure:
    """Who leaves which appointment, `seen` by id just now.

    `seat` finds the customer in a form of it. `attempt` is what to record before the write, by who stays;
    None where there is no record. `reason` is mailed to everybody where the appointment ends.
    """

    business: str
    reference: str
    seen: Appointment
    seat: Callable[[Appointment], Attendee | None]
    attempt: Callable[[Appointment, Sequence[Attendee]], Attempt | None]
    reason: str = ""

    def stay(self, seen: Appointment) -> tuple[Attendee, ...]:
        """Who is in this form of it besides the customer."""
        seat = self.seat(seen)
        return tuple(one for one in seen.attendees if one is not seat)

    def ends(self, seen: Appointment) -> bool:
        """Whether nothing is left of it without the customer."""
        return seen.maximum_attendees == 1 or (not self.stay(seen) and made_here(seen))


class Stale(Exception):
    """What was read is no longer so: another kind of write is called for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Under locks that are held; with `sends_reason` appointments are cancelled, else deleted."""

    graph: Graph
    recognition: Recognition
    lists: AttendeeLists
    proof: Proof
    sends_reason: bool

    async def leave(self, departure: Departure, writing: Writing) -> Appointment:
        """The appointment as it is left, with nobody in it where it is gone.

        Raises GraphError and NotBooked: what is raised in doubt is an unknown outcome.
        """
        seen: Appointment | None = departure.seen
        for pause in (*PAUSES, None):
            if seen is None:
                return emptied(departure.seen)
            if departure.seat(seen) is None:
                return seen
            try:
                return await self._write(departure, seen, writing)
            except LOOK_AGAIN as error:
                await wait(pause, error)
            except (Missing, Stale):
                pass
            seen = await self._look(departure)
        raise NotBooked

    async def _write(self, departure: Departure, seen: Appointment, writing: Writing) -> Appointment:
        if departure.ends(seen):
            seen = await self.proof.with_owed(departure.business, seen, writing)
        if departure.ends(seen):
            await self._end(departure, seen, writing)
            return emptied(seen)
        return await self._step_out(departure, writing)

    async def _end(self, departure: Departure, seen: Appointment, writing: Writing) -> None:
        """Take the appointment away; raises Stale where it is surely there still."""
        was_in_doubt = writing.held.in_doubt
        attempt = departure.attempt(seen, ())
        try:
            if self.sends_reason:
                await writing.send(
                    lambda check: self.graph.cancel_appointment(
                        departure.business, seen.id, departure.reason, check=check
                    ),
                    attempt,
                )
            else:
                await writing.send(
                    lambda check: self.graph.delete_appointment(departure.business, seen.id, check=check),
                    attempt,
                )
        except UNCERTAIN as error:
            if await self._look(departure) is None:
                return
            if not is_over(error):
                raise
            writing.held.in_doubt = was_in_doubt  # reading by id shows what was done: nothing was
            raise Stale from error

    async def _step_out(self, departure: Departure, writing: Writing) -> Appointment:
        """One seat less; whom Graph dropped along with it is put back."""
        change = Change(
            departure.seen.id,
            apply=lambda now: _rest(departure, now),
            is_done=lambda now: departure.seat(now) is None,
            attempt=lambda now: departure.attempt(now, departure.stay(now)),
            notes=lambda notes: left_notes(notes, departure.reference),
        )
        before, after = await self.lists.change(departure.business, change, writing)
        dropped = [one for one in departure.stay(before) if not is_seated(after, one)]
        if dropped:
            return await self.proof.put_back(departure.business, dropped, after, writing)
        return after

    async def _look(self, departure: Departure) -> Appointment | None:
        lists = self.recognition.lists(departure.business)
        return await present(lists, departure.seen.id, departure.seen.span)


def _rest(departure: Departure, now: Appointment) -> tuple[Attendee, ...]:
    if departure.seat(now) is None or departure.ends(now):
        raise Stale
    return departure.stay(now)


def leaving_attempt(
    joined: Attempt, stands: Appointment, stay: Sequence[Attendee], sealer: Sealer, at: datetime
) -> Attempt:
    """The attempt of somebody who has their new seat, before the list of the old appointment is written."""
    return replace(
        joined,
        appointment_id=stands.id,
        is_leaving=True,
        is_over=False,
        at=at,
        seated=tuple(one.customer_id or "" for one in stay),
        sealed=sealed(stay, sealer),
    )


def left_notes(notes: str | None, reference: str) -> str:
    """The notes without this booking's; that the facade made the appointment is still said in them."""
    left = without_note(notes, reference)
    if left == (notes or "") or MADE_HERE in left:
        return left
    between = "\n" if left and not left.endswith(("\r", "\n")) else ""
    return f"{left}{between}{MADE_HERE}"


def emptied(appointment: Appointment) -> Appointment:
    """The appointment with nobody in it: one that is gone."""
    return replace(appointment, attendees=(), filled=0)
