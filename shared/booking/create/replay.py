"""A replay is true, or it is no replay: looks whether a booking still stands as it was answered."""

from dataclasses import dataclass
from datetime import timedelta

from shared.booking.create.attempts import BookingAttempts
from shared.booking.create.plan import includes
from shared.booking.create.request import BookingRequest
from shared.booking.ports import Clock
from shared.booking.records import Answered, Attempt, IdempotencyRecord
from shared.booking.writes.outcomes import Render
from shared.booking.writes.recognise import Recognition
from shared.domain.errors import Missing
from shared.domain.model import Appointment

TRUSTED = timedelta(minutes=1)
"""For how long an answer is repeated without looking: a double click costs no call to Graph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replays:
    """For the keys that are ours; with a key that the caller chose, nobody looks."""

    recognition: Recognition
    attempts: BookingAttempts
    render: Render
    clock: Clock

    async def __call__(self, known: IdempotencyRecord, request: BookingRequest) -> str | None:
        """The answer as it is true now; None where the staff cancelled the booking, moved it or emptied it.

        Another staff member is told where none was asked for. Raises GraphError where Graph does not say
        how the booking stands.
        """
        attempt, answered = known.attempt, known.answered
        if attempt is None or answered is None or self.clock() - answered.at < TRUSTED:
            return known.answer
        seen = await self._seen(known, attempt)
        if seen is None or not _is_as_answered(seen, answered, attempt, request):
            return None
        if set(seen.staff_member_ids) == set(answered.staff_member_ids):
            return known.answer
        return self.render(await self.attempts.confirm(attempt, known.reference, seen))

    async def _seen(self, known: IdempotencyRecord, attempt: Attempt) -> Appointment | None:
        """The appointment read by id; gone is only what the lists do not show either."""
        lists = self.recognition.lists(attempt.business)
        try:
            return await lists.appointment(known.made_id or "")
        except Missing:
            found = await self.recognition.find(attempt, known.reference, lists)
            return found[0] if found else None


def _is_as_answered(seen: Appointment, answered: Answered, attempt: Attempt, request: BookingRequest) -> bool:
    is_theirs = request.staff_id is None or request.staff_id in seen.staff_member_ids
    is_in = includes(seen, attempt.customer_id, request.customer.email)
    return seen.span == answered.span and seen.service_id == attempt.service_id and is_theirs and is_in
