"""Changes the list of an appointment's attendees, which Graph replaces as a whole and without an etag.

The list is read by id and written back at once. Where Graph did not take it (429, 409, 412, an error
that is over) it is read again, judged again and written again: an old list sent a second time would
drop whom the staff added meanwhile, and bring back whom they removed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.booking.ports import Graph
from shared.booking.records import Attempt
from shared.booking.writes.engine import Writing
from shared.booking.writes.pauses import PAUSES, wait
from shared.domain.errors import (
    LOOK_AGAIN,
    UNCERTAIN,
    Missing,
    NotBooked,
    Unavailable,
    is_over,
)
from shared.domain.model import Appointment, Attendee

ROUNDS = 3
"""How often the list is read, judged and written before it is left to those who keep changing it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an appointment's list of attendees.

    `apply` gives the list that is wanted in place of what was read; it raises where the change is
    refused. `is_done` tells whether what was read shows the change already. `attempt` is what to
    record before the list is written; None where an attempt is recorded that covers it. `notes` gives
    the notes for the staff that belong to the wanted list, by what was read; they are sent in the same
    call, and only where they differ, so that most writes overwrite nothing that the staff type.
    """

    appointment_id: str
    apply: Callable[[Appointment], Sequence[Attendee]]
    is_done: Callable[[Appointment], bool]
    attempt: Callable[[Appointment], Attempt | None] | None = None
    notes: Callable[[str | None], str] | None = None

    def changed_notes(self, before: Appointment) -> str | None:
        """The notes to send with the list; None where they stay as they are."""
        old = before.service_notes
        wanted = (old or "") if self.notes is None else self.notes(old)
        return None if wanted == (old or "") else wanted


class AttendeeLists:
    """The lists of attendees at Graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def change(
        self, business: str, change: Change, writing: Writing
    ) -> tuple[Appointment, Appointment]:
        """The appointment as it was before the write and as it is after it, both read by id.

        Raises what `apply` raises, Missing, GraphError, and NotBooked where others keep changing it.
        Where the outcome is not known, the locks of `writing` are in doubt.
        """
        was_in_doubt = writing.held.in_doubt
        for pause in (*PAUSES, None):
            before = await self._graph.appointment(business, change.appointment_id)
            try:
                await self._write(business, change, before, writing)
            except LOOK_AGAIN as error:
                await wait(pause, error)
                continue
            except UNCERTAIN as error:
                after = await self._after(business, change)
                if change.is_done(after):
                    return before, after
                if not is_over(error):
                    raise
                writing.held.in_doubt = was_in_doubt  # reading by id shows what was written: nothing was
                continue
            return before, await self._after(business, change)
        raise NotBooked

    async def _after(self, business: str, change: Change) -> Appointment:
        """The appointment after a write; raises Unavailable where Graph says that it is not there.

        It was there before: who was in it may have been dropped, and would be forgotten with it.
        """
        try:
            return await self._graph.appointment(business, change.appointment_id)
        except Missing as error:
            raise Unavailable("appointments.get") from error

    async def _write(self, business: str, change: Change, before: Appointment, writing: Writing) -> None:
        wanted, notes = change.apply(before), change.changed_notes(before)
        await writing.send(
            lambda check: self._graph.replace_attendees(business, before.id, wanted, notes, check=check),
            None if change.attempt is None else change.attempt(before),
        )
