"""A worker of the facade over shared stores and a shared Graph: only here is known how it is built."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timedelta

from shared.booking.catalogues import Catalogues
from shared.booking.create import CreateBooking
from shared.booking.customer import CreateCustomer
from shared.booking.customer_scans import CustomerScans
from shared.booking.customers import Customers
from shared.booking.finder import Finder
from shared.booking.hashing import Hasher
from shared.booking.idempotency import Intents
from shared.booking.locks import Locks
from shared.booking.placing import Placing
from shared.booking.ports import Clock, Graph, NewId, Stores
from shared.booking.reconcile import Reconcile
from shared.booking.request import Confirmation
from shared.booking.views import LAG, DayViews
from shared.booking.writer import Writer

BUDGET = timedelta(seconds=25)
CALL = timedelta(seconds=10)
LOCK_WAIT = timedelta(seconds=3)
LOCK_LIFE = timedelta(seconds=60)
LIST_LAG = timedelta(seconds=5)
HASHER = Hasher(b"one secret for all workers")


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the routes and the timer of one worker call."""

    book: CreateBooking
    create_customer: CreateCustomer
    reconcile: Reconcile


@dataclass(frozen=True, slots=True)
class Outside:
    """What all workers share."""

    graph: Graph
    stores: Stores
    clock: Clock
    new_id: NewId


def use_cases(outside: Outside) -> UseCases:
    """The use cases of a worker that has just started: nothing in its memory is anybody else's."""
    graph, stores, clock = outside.graph, outside.stores, outside.clock
    catalogues = Catalogues(graph, clock, {})
    locks = Locks(stores.locks, clock, outside.new_id, life=LOCK_LIFE, wait=LOCK_WAIT)
    customers = Customers(
        graph=graph,
        index=stores.customers,
        scans=CustomerScans(graph, stores.customers, HASHER, clock),
        locks=locks,
        hasher=HASHER,
        clock=clock,
        write_life=LOCK_LIFE,
        list_lag=LIST_LAG,
    )
    finder = Finder(graph, clock, LIST_LAG, LOCK_LIFE)
    views = DayViews(graph, stores.ledger, clock, max(LAG, 2 * LIST_LAG))
    writer = Writer(graph=graph, customers=customers, finder=finder, clock=clock, call=CALL)
    placing = Placing(
        views=views, customers=customers, locks=locks, writer=writer, ledger=stores.ledger, clock=clock
    )
    intents = Intents(stores.idempotency, clock, outside.new_id, BUDGET + LOCK_WAIT)
    reconcile = Reconcile(
        graph=graph,
        finder=finder,
        locks=locks,
        catalogues=catalogues,
        placing=placing,
        intents=intents,
        store=stores.idempotency,
        render=render,
        clock=clock,
        budget=BUDGET,
    )
    book = CreateBooking(
        catalogues=catalogues,
        placing=placing,
        reconcile=reconcile,
        intents=intents,
        hasher=HASHER,
        render=render,
        clock=clock,
        budget=BUDGET,
    )
    create_customer = CreateCustomer(graph=graph, customers=customers, intents=intents, budget=BUDGET)
    return UseCases(book, create_customer, reconcile)


def render(made: Confirmation) -> str:
    """The body of a confirmation: what it promises, in the least words."""
    return json.dumps(
        {
            "reference": made.reference,
            "appointment": made.appointment.id,
            "service": made.service.id,
            "start": made.appointment.span.start.astimezone(UTC).isoformat(),
            "staff": list(made.appointment.staff_member_ids),
            "filled": made.appointment.filled,
        }
    )


Build = Callable[[Outside], UseCases]
"""How a worker is built; a test that takes a guard out passes its own."""
