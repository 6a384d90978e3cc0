"""A worker of the facade over shared stores and a shared Graph: only here is known how it is built."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timedelta

from shared.booking.create.appointment import AppointmentWriter
from shared.booking.create.attempts import BookingAttempts
from shared.booking.create.booking import CreateBooking
from shared.booking.create.plan import Planner
from shared.booking.create.proof import Proof
from shared.booking.create.recent import LastSeen, RecentWrites
from shared.booking.customers.directory import Directory
from shared.booking.customers.find_or_create import CreateCustomer
from shared.booking.customers.scan import CustomerScans
from shared.booking.hashing import Hasher
from shared.booking.ports import Clock, Graph, NewId, Stores
from shared.booking.sealing import Sealer
from shared.booking.slots.calendar import LAG, DayViews
from shared.booking.slots.catalogue import Catalogues
from shared.booking.writes.attendees import AttendeeLists
from shared.booking.writes.engine import Completion, Writes
from shared.booking.writes.idempotency import IdempotencyRecords
from shared.booking.writes.locks import Locks
from shared.booking.writes.outcomes import Confirmation
from shared.booking.writes.recognise import Recognition
from shared.booking.writes.reconcile import Reconcile

BUDGET = timedelta(seconds=25)
CALL = timedelta(seconds=10)
LOCK_WAIT = timedelta(seconds=3)
LOCK_LIFE = timedelta(seconds=60)
LIST_LAG = timedelta(seconds=5)
SEALER = Sealer(b"one secret for all workers")
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
    customers = Directory(
        graph=graph,
        index=stores.customers,
        scans=CustomerScans(graph, stores.customers, locks, HASHER, clock),
        locks=locks,
        hasher=HASHER,
        clock=clock,
        write_life=LOCK_LIFE,
        list_lag=LIST_LAG,
        call=CALL,
    )
    views, last_seen = DayViews(graph, stores.ledger, clock, max(LAG, 2 * LIST_LAG)), LastSeen()
    recognition, lists = Recognition(graph, clock, LIST_LAG, LOCK_LIFE), AttendeeLists(graph)
    proof = Proof(graph=graph, customers=customers, lists=lists)
    records = IdempotencyRecords(
        stores.idempotency,
        clock,
        outside.new_id,
        lease=BUDGET + LOCK_WAIT,
        look_again=LOCK_LIFE + 2 * LIST_LAG,
        wait=LOCK_WAIT,
    )
    recent = RecentWrites(stores.ledger, views, last_seen, clock)
    complete = Completion(render=render, observers=(recent,))
    reconcile = Reconcile(
        recognition=recognition,
        recognise=BookingAttempts(catalogues=catalogues, proof=proof, sealer=SEALER),
        records=records,
        store=stores.idempotency,
        locks=locks,
        complete=complete,
        clock=clock,
        budget=BUDGET,
        call=CALL,
    )
    writer = AppointmentWriter(
        graph=graph,
        customers=customers,
        recognition=recognition,
        lists=lists,
        proof=proof,
        sealer=SEALER,
        clock=clock,
    )
    book = CreateBooking(
        writes=Writes(records=records, locks=locks, reconcile=reconcile, complete=complete, call=CALL),
        catalogues=catalogues,
        planner=Planner(views=views, last_seen=last_seen, customers=customers, clock=clock),
        customers=customers,
        writer=writer,
        hasher=HASHER,
        budget=BUDGET,
    )
    create_customer = CreateCustomer(graph=graph, customers=customers, records=records, budget=BUDGET)
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
