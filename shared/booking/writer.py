"""Writes a booking to Graph and proves it: the steps 8 and 9 of the one path of a booking.

Nothing here trusts an answer. A new appointment is compared with what was sent, a customer whom
Graph dropped is put back, and whatever cannot be proved is taken back or said to be unknown.
"""

import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.booking.customers import Customers
from shared.booking.deadline import remaining
from shared.booking.finder import Finder
from shared.booking.order import Order, includes
from shared.booking.ports import Attempt, Clock, Graph
from shared.domain.errors import (
    UNCERTAIN,
    GraphError,
    KeyInFlight,
    Missing,
    NotBooked,
    OutcomeUnknown,
    Refused,
    RulesBroken,
    SlotBusy,
    StoreUnavailable,
    is_over,
)
from shared.domain.model import Appointment, Draft
from shared.domain.rules import judge

logger = logging.getLogger(__name__)

LEAST_TIME = timedelta(seconds=1)
"""No write begins with less than this left for the request: it would only end as unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Books under locks that the caller holds; raises NotBooked, RulesBroken and OutcomeUnknown."""

    graph: Graph
    customers: Customers
    finder: Finder
    clock: Clock
    call: timedelta

    async def book_new(self, order: Order, staff_id: str) -> Appointment:
        """A new appointment with this staff member, proved."""
        draft = order.draft(staff_id)
        attempt = order.attempt(self.clock(), draft.staff_member_ids)
        await order.work.attempt(attempt)
        made = await self._post(order, draft, attempt)
        try:
            return await self._prove_new(order, draft, made)
        except (GraphError, StoreUnavailable) as error:
            raise OutcomeUnknown(order.reference, answered=True) from error

    async def join(self, order: Order, target: Appointment) -> Appointment:
        """The customer in an appointment that exists, with everybody who was in it, proved."""
        try:
            current = await self.graph.appointment(order.request.business, target.id)
        except Missing as error:
            raise SlotBusy from error
        facts = order.facts.refreshed(current)
        violations = judge(facts)
        if violations:
            raise RulesBroken(violations)
        if facts.join_target is None or facts.join_target.id != current.id:
            raise SlotBusy
        await order.work.attempt(order.attempt(self.clock(), current.staff_member_ids, current.id))
        await self._patch(order, current)
        try:
            return await self._prove_join(order, current)
        except (GraphError, StoreUnavailable) as error:
            raise OutcomeUnknown(order.reference, answered=True) from error

    async def _post(
        self, order: Order, draft: Draft, attempt: Attempt, *, may_repeat: bool = True
    ) -> Appointment:
        """One POST; after a failure that is over and left nothing behind, one more."""
        self._check_time(order)
        try:
            return await self.graph.create_appointment(order.request.business, draft)
        except UNCERTAIN as error:
            found = await self._look(order, attempt, error)
            if found is not None:
                return found
            if not may_repeat:
                raise NotBooked from error
            await self._check_customer(order)
        return await self._post(order, draft, attempt, may_repeat=False)

    async def _look(self, order: Order, attempt: Attempt, error: GraphError) -> Appointment | None:
        """What an uncertain POST left behind; None only where it surely left nothing.

        Without an answer the POST may land later, so the locks are left to end by themselves.
        """
        over = is_over(error)
        if not over:
            order.held.abandon()
        try:
            found = await self.finder.watch(attempt, order.reference)
        except GraphError as blind:
            raise OutcomeUnknown(order.reference, answered=over) from blind
        if found is None and not over:
            raise OutcomeUnknown(order.reference, answered=False) from error
        return found

    async def _patch(self, order: Order, current: Appointment, *, may_repeat: bool = True) -> None:
        """One PATCH of the full list; after an uncertain end the very same list once more."""
        if may_repeat:
            self._check_time(order)
        attendees = (*current.attendees, order.attendee())
        try:
            await self.graph.replace_attendees(order.request.business, current.id, attendees)
        except UNCERTAIN as error:
            if not is_over(error):
                order.held.abandon()
            unknown = OutcomeUnknown(order.reference, answered=is_over(error))
            if not may_repeat or self._is_late():
                raise unknown from error
            await self._patch_again(order, current, unknown)

    async def _patch_again(self, order: Order, current: Appointment, first: OutcomeUnknown) -> None:
        """The second PATCH; one that fails tells nothing about the first, which may have been done."""
        try:
            await self._patch(order, current, may_repeat=False)
        except OutcomeUnknown as second:
            raise OutcomeUnknown(order.reference, answered=first.answered and second.answered) from second
        except GraphError as error:
            raise first from error

    async def _prove_new(self, order: Order, draft: Draft, made: Appointment) -> Appointment:
        if made.span != draft.span or set(made.staff_member_ids) != set(draft.staff_member_ids):
            logger.error("booking.distorted", extra={"event": "booking.distorted"})
            return await self._take_back(order, made)
        if self._is_in(order, made):
            return made
        seen = await self.graph.appointment(order.request.business, made.id)
        if self._is_in(order, seen):
            return seen
        try:
            return await self._put_in(order, seen)
        except KeyInFlight:
            raise  # somebody else goes on with this intent, and with the appointment
        except Refused:
            return await self._take_back(order, seen)

    async def _prove_join(self, order: Order, before: Appointment) -> Appointment:
        seen = await self.graph.appointment(order.request.business, before.id)
        _report_lost(before, seen)
        if not self._is_in(order, seen):
            if not order.held.remaining(self.clock()):
                # A PATCH of ours that is still under way would undo whatever is repaired now.
                raise OutcomeUnknown(order.reference)
            seen = await self._put_in(order, seen)
        if seen.filled > seen.maximum_attendees:
            return await self._step_back(order, seen)
        return seen

    async def _put_in(self, order: Order, seen: Appointment) -> Appointment:
        """Graph dropped the customer because it does not know the id: a new record, once more, proved."""
        logger.warning("booking.dropped-customer", extra={"event": "booking.dropped-customer"})
        request = order.request
        new_id = await self.customers.renew(request.business, request.customer, order.customer_id)
        renewed = order.of_customer(new_id)
        if order.work.record.attempt is not None:
            known_as = replace(order.work.record.attempt, customer_id=new_id, at=self.clock())
            await order.work.attempt(known_as)
        await self._patch(renewed, seen, may_repeat=False)
        proved = await self.graph.appointment(request.business, seen.id)
        if not self._is_in(renewed, proved):
            raise NotBooked
        return proved

    async def _check_customer(self, order: Order) -> None:
        """Graph fails a POST for one customer whose id it no longer knows: the next request gets another."""
        request = order.request
        try:
            await self.graph.customer(request.business, order.customer_id)
        except Missing as error:
            await self.customers.renew(request.business, request.customer, order.customer_id)
            raise NotBooked from error

    async def _take_back(self, order: Order, made: Appointment) -> Appointment:
        """Delete what was just made for this order alone; always raises."""
        await self.graph.delete_appointment(order.request.business, made.id)
        raise NotBooked

    async def _step_back(self, order: Order, seen: Appointment) -> Appointment:
        """Somebody outside of the facade filled the last seat meanwhile: leave again; always raises."""
        logger.error("booking.overfull", extra={"event": "booking.overfull"})
        mine = order.request.customer.email.casefold()
        others = [one for one in seen.attendees if (one.email or "").casefold() != mine]
        await self.graph.replace_attendees(order.request.business, seen.id, others)
        raise NotBooked

    def _is_in(self, order: Order, appointment: Appointment) -> bool:
        email = None if order.facts.ask.service.is_group else order.request.customer.email
        return includes(appointment, order.customer_id, email)

    def _is_late(self) -> bool:
        return remaining(self.call) < min(LEAST_TIME, self.call)

    def _check_time(self, order: Order) -> None:
        """No write without enough time left, for the request and under the lock."""
        if self._is_late() or order.held.remaining(self.clock()) < self.call:
            raise NotBooked


def _report_lost(before: Appointment, after: Appointment) -> None:
    """Somebody else's customer vanished: an outside editor, or a record that Graph no longer has."""
    lost = {one.customer_id for one in before.attendees} - {one.customer_id for one in after.attendees}
    if lost:
        logger.error("booking.outside-edit", extra={"event": "booking.outside-edit", "lost": len(lost)})
