"""Finds out whether a write whose outcome is unknown was done, by looking at what Graph shows."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, repeat
from typing import Any, TypeVar

from shared.booking.ports import Clock, Graph, IdempotencyStore
from shared.booking.records import Attempt, BookingRow
from shared.booking.writes.locks import email_hash
from shared.booking.writes.notes import carries
from shared.domain.errors import Missing, Unavailable
from shared.domain.intervals import Interval
from shared.domain.model import Appointment, Attendee
from shared.domain.rules.context import age
from shared.platform.deadline import remaining
from shared.platform.hashes import Hasher

T = TypeVar("T")

PAUSES = (0.25, 0.5, 1.0)
"""Seconds between the first looks; the last value goes on until it is over."""

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far Graph's clock, which says when an appointment was created, may be from ours."""

DAY = timedelta(days=1)

LONGEST_LEASE = timedelta(hours=1)
"""No lease of a record is longer."""


class Lists:
    """What Graph shows of one mailbox, each list and appointment read once for all who look in them.

    A reading that fails is forgotten, so that it fails nobody else. `began` is the instant before the first
    of them was read.
    """

    def __init__(self, graph: Graph, business: str, began: datetime) -> None:
        self.began = began
        self._graph = graph
        self._business = business
        self._readings: dict[object, asyncio.Future[Any]] = {}

    async def around(self, span: Interval) -> tuple[Appointment, ...]:
        """What the calendar shows in the UTC day that the span begins in; raises GraphError."""
        day = span.start.replace(hour=0, minute=0, second=0, microsecond=0)
        whole = Interval(day, max(day + DAY, span.end))
        return await self._once(whole, lambda: self._graph.calendar_view(self._business, whole))

    async def created_since(self, instant: datetime) -> tuple[Appointment, ...]:
        """What was created at `instant` or later, wherever it was moved since; raises GraphError."""
        read_from = [key for key in self._readings if isinstance(key, datetime)]
        earliest = min([instant, *read_from])
        return await self._once(earliest, lambda: self._graph.appointments_since(self._business, earliest))

    async def appointment(self, appointment_id: str) -> Appointment:
        """One appointment in full; raises Missing and GraphError."""
        return await self._once(
            appointment_id, lambda: self._graph.appointment(self._business, appointment_id)
        )

    async def _once(self, key: object, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if key not in self._readings:
            self._readings[key] = asyncio.ensure_future(read())
            self._readings[key].add_done_callback(partial(self._forget, key))
        reading: asyncio.Future[T] = self._readings[key]
        return await asyncio.shield(reading)

    def _forget(self, key: object, reading: asyncio.Future[Any]) -> None:
        """Missing is an answer; every other failure is the failure of whoever waited for it."""
        if reading.cancelled() or not isinstance(reading.exception(), Missing | None):
            del self._readings[key]


class Recognition:
    """Recognises attempts; `list_lag` is how long Graph's lists may hide what was written.

    `lock_life` bounds how long after its start a write that nobody answered may still land: it was
    sent under a lock, with a deadline, and Graph is assumed to finish within the rest of that time.
    """

    def __init__(
        self, graph: Graph, clock: Clock, list_lag: timedelta, lock_life: timedelta, hasher: Hasher
    ) -> None:
        self._graph = graph
        self._clock = clock
        self._list_lag = list_lag
        self._lock_life = lock_life
        self._hasher = hasher

    def lists(self, business: str) -> Lists:
        """Lists of this mailbox that nobody has read yet."""
        return Lists(self._graph, business, self._clock())

    def seat(self, appointment: Appointment, who: Attempt | BookingRow) -> Attendee | None:
        """The customer in an appointment that was read by id: by record, else by e-mail address.

        The staff may delete the record, and whoever writes the list next puts the customer back with another.
        """
        found = [one for one in appointment.attendees if one.customer_id == who.customer_id]
        found += [
            one
            for one in appointment.attendees
            if one.email and email_hash(self._hasher, who.business, one.email) == who.person
        ]
        return found[0] if found else None

    async def find(
        self, attempt: Attempt, reference: str, lists: Lists, *, is_thorough: bool = True
    ) -> tuple[Appointment, ...]:
        """The appointments in which the attempt resulted, read by id, the oldest first; raises GraphError.

        More than one where the network delivered a request twice. A look that is not thorough sees only
        what nobody has moved.
        """
        if attempt.is_join:
            return await self._joined(attempt, lists)
        listed = [one for one in await lists.around(attempt.span) if one.id != attempt.leaves]
        near = [one for one in listed if one.service_id == attempt.service_id]
        unmoved = [one for one in near if one.span.start == attempt.span.start]
        found = await _marked(reference, unmoved, lists)
        if not found and is_thorough:
            earliest = attempt.at - CLOCKS_DIFFER
            latest = attempt.at + self._lock_life + CLOCKS_DIFFER
            created = [*near, *await lists.created_since(earliest)]
            moved = [one for one in created if one.created is None or earliest <= one.created <= latest]
            others = (one for one in moved if one.id != attempt.leaves)
            found = await _marked(reference, others, lists)
        return _oldest_first(await _with_twins(attempt, reference, found, lists))

    async def watch(self, attempt: Attempt, reference: str) -> tuple[Appointment, ...]:
        """Look until found or until the lists must show it; empty means that it is not there by now.

        Raises GraphError where looking fails or the request's time is up before the lists are sure.
        """
        loop = asyncio.get_running_loop()
        sure_at = loop.time() + self._list_lag.total_seconds()
        for longest in chain(PAUSES, repeat(PAUSES[-1])):  # pragma: no branch (it never ends)
            began = loop.time()
            is_last = began >= sure_at
            found = await self.find(attempt, reference, self.lists(attempt.business), is_thorough=is_last)
            if found or is_last:
                return found
            pause = min(longest, max(0.0, sure_at - loop.time()) + 0.001)
            if remaining(self._lock_life).total_seconds() <= pause:
                break
            await asyncio.sleep(pause)
        raise Unavailable("calendarView.list")

    async def twins(
        self, attempt: Attempt, reference: str, lists: Lists, known: str | None
    ) -> tuple[Appointment, ...]:
        """All appointments of one booking, the oldest first, if there may be others than the `known` one.

        That one is looked for by its id as well, since the staff may have moved it. Empty where the lists
        show no other, which costs no reading by id. Raises GraphError, also where only some of what is listed
        can be read: the others may be there, too.
        """
        same = [one for one in await lists.around(attempt.span) if _is_like(one, attempt)]
        if not attempt.twins and {one.id for one in same} <= {known}:
            return ()
        found = await _marked(reference, same, lists, is_all=True)
        made = attempt if known is None else replace(attempt, twins=(known, *attempt.twins))
        return _oldest_first(await _with_twins(made, reference, found, lists))

    def is_settled(self, attempt: Attempt, at: datetime) -> bool:
        """Whether an attempt that lists which were begun at `at` do not show was surely never done."""
        writing = timedelta() if attempt.is_over else self._lock_life
        return at - attempt.at >= writing + 2 * self._list_lag

    async def _joined(self, attempt: Attempt, lists: Lists) -> tuple[Appointment, ...]:
        """The appointment with the customer in it."""
        seen = await present(lists, attempt.appointment_id or "", attempt.span)
        return (seen,) if seen is not None and self.seat(seen, attempt) is not None else ()


async def present(lists: Lists, appointment_id: str, span: Interval) -> Appointment | None:
    """The appointment in full; None where it is gone, and the list around `span` agrees.

    Raises Unavailable where the two contradict each other, and GraphError.
    """
    try:
        return await lists.appointment(appointment_id)
    except Missing:
        if any(one.id == appointment_id for one in await lists.around(span)):
            raise Unavailable("appointments.get") from None
        return None


async def lists_in_doubt(
    requests: IdempotencyStore, now: datetime, business: str, appointment_id: str, besides: str
) -> AsyncIterator[Attempt]:
    """The attempts of all requests but one that wrote this appointment's list, and have no end yet.

    Whom such a list has dropped is put back when it ends. Raises StoreUnavailable.
    """
    async for record in requests.unsettled(now + LONGEST_LEASE):
        attempt = record.attempt
        if attempt is None or attempt.sealed is None or record.reference == besides:
            continue
        if attempt.business == business and appointment_id == attempt.seated_in:
            yield attempt


def _is_like(one: Appointment, attempt: Attempt) -> bool:
    staff = set(attempt.staff_member_ids)
    return (
        one.service_id == attempt.service_id
        and one.span.start == attempt.span.start
        and set(one.staff_member_ids) == staff
    )


async def _with_twins(
    attempt: Attempt, reference: str, found: tuple[Appointment, ...], lists: Lists
) -> tuple[Appointment, ...]:
    """The same with those that were seen as twins before, wherever the staff have moved them since."""
    known = {one.id for one in found}
    missing = {one: None for one in attempt.twins if one not in known}
    others = await asyncio.gather(*(present(lists, one, attempt.span) for one in missing))
    return (*found, *(one for one in others if one is not None and carries(one, reference)))


def _oldest_first(found: Iterable[Appointment]) -> tuple[Appointment, ...]:
    return tuple(sorted(found, key=age))


async def _marked(
    reference: str, candidates: Iterable[Appointment], lists: Lists, *, is_all: bool = False
) -> tuple[Appointment, ...]:
    """Those of the listed appointments that were made for this booking; all of them with `is_all`.

    One that is listed and, read by id, is not there is a contradiction: nothing was seen then.
    """
    found, contradicted = [], False
    for appointment_id in {one.id: None for one in candidates}:
        try:
            seen = await lists.appointment(appointment_id)
        except Missing:
            contradicted = True
            continue
        if carries(seen, reference):
            found.append(seen)
    if contradicted and (is_all or not found):
        raise Unavailable("appointments.get")
    return tuple(found)
