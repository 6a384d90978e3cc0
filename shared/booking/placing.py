"""Takes the right locks, reads the facts under them, judges, and has the booking written."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from shared.booking.availability import offered_service
from shared.booking.customers import Customers
from shared.booking.idempotency import Work
from shared.booking.locks import Held, Locks
from shared.booking.order import Order
from shared.booking.plan import Plan, days_of, plan
from shared.booking.ports import Clock, Ledger, LedgerEntry
from shared.booking.request import BookingRequest
from shared.booking.views import DayViews
from shared.booking.writer import Writer
from shared.domain.errors import OutcomeUnknown, RulesBroken, SlotBusy, StoreUnavailable
from shared.domain.facts import Ask, Facts, Frame
from shared.domain.intervals import Interval
from shared.domain.model import Appointment, Catalogue, DayView, Service
from shared.domain.rules import judge
from shared.domain.zones import iana_zone

logger = logging.getLogger(__name__)

ROUNDS = 3
"""How often the locks are changed because the facts under them call for others."""

HINTS = 256
"""Views of days that are remembered, only to guess which locks will be needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Places one booking; raises Refused, GraphError, OutcomeUnknown and StoreUnavailable."""

    views: DayViews
    customers: Customers
    locks: Locks
    writer: Writer
    ledger: Ledger
    clock: Clock
    _hints: OrderedDict[tuple[str, date], DayView] = field(default_factory=OrderedDict, init=False)

    async def place(self, request: BookingRequest, catalogue: Catalogue, work: Work) -> Appointment:
        """The appointment in which the customer is proved to be, and which the ledger knows."""
        ask = _ask(request, offered_service(catalogue, request.service_id))
        view = await self._guess(catalogue, ask)
        for _ in range(ROUNDS):
            wanted = plan(request.business, self._facts(catalogue, ask, view))
            held = await self.locks.acquire(sorted(wanted.locks))
            try:
                view, known = await self._under_lock(request, catalogue, ask)
                facts = self._facts(catalogue, replace(ask, customer_id=known), view)
                _refuse_broken(facts)
                needed = plan(request.business, facts)
                if needed.locks <= wanted.locks:
                    return await self._write(request, facts, needed, work, held)
            except OutcomeUnknown:
                # What may have been written is in no list and no ledger yet: nobody else may judge now.
                held.abandon()
                raise
            finally:
                await held.release()
        raise SlotBusy

    async def _guess(self, catalogue: Catalogue, ask: Ask) -> DayView:
        """A view to choose the locks by: the day as this worker saw it last, or as visitors see it.

        What no calendar would allow is refused here, before anything is read for it alone.
        """
        known = self._hints.get(_hint_key(catalogue, ask))
        if known is not None and plan(catalogue.business.id, self._facts(catalogue, ask, known)).is_possible:
            return known
        shared = await self.views.shared(catalogue, *_days(catalogue, ask))
        violations = judge(self._facts(catalogue, ask, shared))
        if any(not violation.conflict for violation in violations):
            raise RulesBroken(violations)
        return shared

    async def _under_lock(
        self, request: BookingRequest, catalogue: Catalogue, ask: Ask
    ) -> tuple[DayView, str | None]:
        view, known = await asyncio.gather(
            self.views.fresh(catalogue, *_days(catalogue, ask)),
            self.customers.known_id(request.business, request.customer.email),
        )
        self._hints[_hint_key(catalogue, ask)] = view
        self._hints.move_to_end(_hint_key(catalogue, ask))
        while len(self._hints) > HINTS:
            self._hints.popitem(last=False)
        return view, known

    def _facts(self, catalogue: Catalogue, ask: Ask, view: DayView) -> Facts:
        return Facts(Frame.of(catalogue, ask.service, view, self.clock()), ask)

    async def _write(
        self, request: BookingRequest, facts: Facts, chosen: Plan, work: Work, held: Held
    ) -> Appointment:
        customer_id, _ = await self.customers.find_or_create(request.business, request.customer)
        order = Order(request, facts, customer_id, work, held)
        if chosen.target is not None:
            booked = await self.writer.join(order, chosen.target)
        elif chosen.staff_id is not None:
            booked = await self.writer.book_new(order, chosen.staff_id)
        else:
            raise SlotBusy
        logger.info("booking.placed", extra={"event": "booking.placed", "staff_choice": chosen.reason})
        if not await self.remember(facts.frame.catalogue, booked):
            held.abandon()  # by the time that the locks end, Graph's lists show the booking
        return booked

    async def remember(self, catalogue: Catalogue, booked: Appointment) -> bool:
        """Let the ledger know, so that the booking counts before Graph lists it; False if it cannot."""
        days = days_of(booked.occupied, iana_zone(catalogue.business.time_zone))
        self.views.drop(catalogue.business.id, days)
        self._add_to_hints(catalogue.business.id, days, booked)
        try:
            entry = LedgerEntry(replace(booked, attendees=(), service_notes=None), self.clock())
            await self.ledger.record(catalogue.business.id, days, entry)
        except StoreUnavailable:
            logger.exception("ledger.unavailable", extra={"event": "ledger.unavailable"})
            return False
        return True

    def _add_to_hints(self, business: str, days: Iterable[date], booked: Appointment) -> None:
        for key in ((business, day) for day in days):
            if key in self._hints:
                view = self._hints[key]
                others = tuple(one for one in view.appointments if one.id != booked.id)
                self._hints[key] = replace(view, appointments=(*others, booked))


def _ask(request: BookingRequest, service: Service) -> Ask:
    return Ask(
        service,
        Interval(request.start, request.start + service.default_duration),
        request.staff_id,
        customer_email=request.customer.email,
        answers=request.answers,
    )


def _days(catalogue: Catalogue, ask: Ask) -> tuple[date, date]:
    days = days_of(ask.span, iana_zone(catalogue.business.time_zone))
    return days[0], days[-1]


def _hint_key(catalogue: Catalogue, ask: Ask) -> tuple[str, date]:
    return catalogue.business.id, _days(catalogue, ask)[0]


def _refuse_broken(facts: Facts) -> None:
    violations = judge(facts)
    if violations:
        raise RulesBroken(violations)
