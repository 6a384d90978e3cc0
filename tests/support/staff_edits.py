"""What the staff do in the calendar while a request is under way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from shared.domain.model import Appointment, Customer
from tests.support.stops import Stop
from tests.support.world import World

AWAY = timedelta(hours=3)


def _of_the_victim(world: World) -> Appointment | None:
    """The appointment that was made for the first caller alone, if there is one by now."""
    first = world.managed[0].owner if world.managed else world.callers[0]
    email = first.email
    found = (one for one in world.mailbox.appointments if email in {each.email for each in one.attendees})
    return next((one for one in found if one.maximum_attendees == 1), None)


def _group(world: World) -> Appointment | None:
    """The group in which somebody sat before, while it has a free seat."""
    found = (world.mailbox.appointments.get(appointment_id) for appointment_id, _ in world.guests)
    return next((one for one in found if one and one.filled < one.maximum_attendees), None)


def _edit(
    name: str, find: Callable[[World], Appointment | None], edit: Callable[[World, Appointment], None]
) -> Stop:
    def act(world: World, *_: object) -> None:
        found = find(world)
        assert found is not None
        world.edited.add(found.id)
        world.edit_mark = len(world.wire.log)
        edit(world, found)

    return Stop(f"the staff {name}", act, serves=True, applies=lambda world: find(world) is not None)


def _move(world: World, made: Appointment) -> None:
    later = replace(made.span, start=made.span.start + AWAY, end=made.span.end + AWAY)
    world.mailbox.move(made.id, later)


def _seat(world: World, made: Appointment) -> None:
    walter = world.mailbox.seat(made.id, Customer(None, "walter", "walter@contoso.com"))
    world.guests.append((made.id, walter.email))


def _unseat(world: World, made: Appointment) -> None:
    gone = next(one for one in world.guests if one[0] == made.id)
    world.mailbox.unseat(*gone)
    world.guests.remove(gone)
    world.removed.append(gone)


MOVE = _edit("move the appointment", _of_the_victim, _move)
DELETE = _edit("delete the appointment", _of_the_victim, lambda world, made: world.mailbox.delete(made.id))
DELETE_SERVICE = _edit(
    "delete the service", _of_the_victim, lambda world, made: world.mailbox.delete_service(made.service_id)
)
SEAT = _edit("add a customer to the group", _group, _seat)
UNSEAT = _edit("take a customer out of the group", _group, _unseat)
FORGET = _edit(
    "delete the record of who sits in the group",
    _group,
    lambda world, _: world.mailbox.forget_customer(world.guests[0][1]),
)
ONE_TO_ONE_EDITS = (MOVE, DELETE, DELETE_SERVICE)
GROUP_EDITS = (SEAT, UNSEAT, FORGET)
