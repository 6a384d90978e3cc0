"""A worker of the facade over shared stores and a shared Graph: only here is known how it is built."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timedelta

from shared.booking.ports import Clock, Graph, NewId, Stores
from shared.booking.records import Kind
from shared.booking.use_cases import UseCases
from shared.booking.writes.outcomes import Confirmation

BUDGET = timedelta(seconds=25)
CALL = timedelta(seconds=10)
LOCK_WAIT = timedelta(seconds=3)
LOCK_LIFE = timedelta(seconds=60)
LIST_LAG = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Timings:
    """The defaults of a deployment."""

    request_budget: timedelta = BUDGET
    graph_call: timedelta = CALL
    lock_wait: timedelta = LOCK_WAIT
    lock_life: timedelta = LOCK_LIFE
    list_lag: timedelta = LIST_LAG


@dataclass(frozen=True, slots=True)
class Outside:
    """What all workers share."""

    graph: Graph
    stores: Stores
    clock: Clock
    new_id: NewId


def use_cases(outside: Outside) -> UseCases:
    """The use cases of a worker that has just started: nothing in its memory is anybody else's."""
    return UseCases(
        outside.graph,
        outside.stores,
        outside.clock,
        new_id=outside.new_id,
        timings=Timings(),
        secret=b"one secret for all workers",
        render=render,
        mailboxes={"shop": "shop@contoso.com"},
        zones={},
    )


def render(made: Confirmation) -> str:
    """The body of a confirmation: what it promises, in the least words."""
    return json.dumps(
        {
            "status": "cancelled" if made.kind is Kind.CANCEL else "confirmed",
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
