"""The promises of docs/guarantees.md, checked against the calendar and what callers were told."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC

from shared.booking.records import IdempotencyRecord, State
from shared.booking.writes.notes import note_of
from shared.domain.intervals import Interval
from shared.domain.model import Appointment
from tests.support.erasing import audit_erased
from tests.support.managed import audit_managed, open_changes
from tests.support.remote_stores import at_once
from tests.support.world import CONFIRMED, REFUSED, STAFF_NOTES, Caller, World, seats_of

REFERENCE = re.compile(r"\bBK-[0-9A-Z]{8}\b")


def audit(world: World) -> list[str]:
    """Every broken promise, in words."""
    broken = [*world.crashes, *_references(world), *_overlaps(world), *_guests(world), *_records(world)]
    broken += audit_managed(world)
    broken += audit_erased(world)
    for appointment in world.mailbox.appointments:
        broken += _seats(appointment, world.edited)
    for caller in world.callers:
        broken += _answers(caller)
        broken += _booking(world, caller) if caller.start else _customer(world, caller)
        broken += _told(world, caller) if caller.start else ()
    return broken


def unsettled(world: World) -> list[str]:
    """The callers whose record has no end yet."""
    found = ((one, record_of(world, one)) for one in world.callers)
    open_states = {State.IN_PROGRESS, State.UNKNOWN}
    left = [one.name for one, record in found if record is not None and record.state in open_states]
    return left + open_changes(world)


def record_of(world: World, caller: Caller) -> IdempotencyRecord | None:
    """The idempotency record of a caller."""
    found: IdempotencyRecord | None = at_once(world.stores.idempotency.get(caller.intent.key))
    return found


def _answers(caller: Caller) -> Iterator[str]:
    """Every confirmation is the same, byte for byte, and nothing else comes after it."""
    confirmed = [one for one in caller.told if one.kind == CONFIRMED]
    if len({one.text for one in confirmed}) > 1:
        yield f"{caller.name}: confirmations differ"
    if confirmed:
        first = min(one.came for one in confirmed)
        if any(one.kind == REFUSED and one.asked > first for one in caller.told):
            yield f"{caller.name}: refused after a confirmation"


def _booking(world: World, caller: Caller) -> Iterator[str]:
    seats = list(seats_of(world, caller))
    record = record_of(world, caller)
    if len(seats) > 1:
        yield f"{caller.name}: booked {len(seats)} times"
    if caller.name in unsettled(world):
        yield f"{caller.name}: never settled"
        return
    body = _confirmation(caller, record)
    if body is not None:
        yield from _stands(world, caller, body)
    elif seats and _is_refused(caller, record):
        yield f"{caller.name}: refused or failed, but booked"


def _confirmation(caller: Caller, record: IdempotencyRecord | None) -> str | None:
    """The body that this caller has, or finds under the Location."""
    told = next((one.text for one in caller.told if one.kind == CONFIRMED), None)
    stored = record.answer if record is not None and record.state is State.COMPLETED else None
    return told or stored


def _is_refused(caller: Caller, record: IdempotencyRecord | None) -> bool:
    failed = record is not None and record.state is State.REFUSED
    return failed or (bool(caller.told) and caller.told[-1].kind == REFUSED)


def _stands(world: World, caller: Caller, body: str) -> Iterator[str]:
    """The customer is in the appointment that the record names, at the answer's time and with its staff."""
    promised, record = json.loads(body), record_of(world, caller)
    made_id = record.made_id if record is not None and record.made_id else promised["appointment"]
    found = world.mailbox.appointments.get(made_id)
    if made_id in world.edited and found is None:
        return
    if found is None or caller.email not in {one.email for one in found.attendees}:
        yield f"{caller.name}: confirmed, but in no such appointment"
        return
    stands = (found.span.start.astimezone(UTC).isoformat(), list(found.staff_member_ids))
    if stands != (promised["start"], promised["staff"]) and found.id not in world.edited:
        yield f"{caller.name}: confirmed for another time or staff member"


def _customer(world: World, caller: Caller) -> Iterator[str]:
    """The record that was named is there, and is this customer's."""
    for told in caller.told:
        found = world.mailbox.customers.get(told.text)
        if told.kind == CONFIRMED and (found is None or found.email != caller.email):
            yield f"{caller.name}: got the id of no record of theirs"


def _seats(appointment: Appointment, edited: set[str]) -> Iterator[str]:
    """No seat too many, nobody twice, and no appointment of ours with nobody in it."""
    emails = Counter(one.email for one in appointment.attendees)
    if len(appointment.attendees) > appointment.maximum_attendees:
        yield f"{appointment.id}: more customers than seats"
    if max(emails.values(), default=0) > 1:
        yield f"{appointment.id}: a customer is in twice"
    if not emails and appointment.id not in edited:
        yield f"{appointment.id}: left without customers"


def _overlaps(world: World) -> Iterator[str]:
    """No staff member has two appointments at a time, buffers included."""
    taken: defaultdict[str, list[Interval]] = defaultdict(list)
    for one in world.mailbox.appointments:
        for staff_id in one.staff_member_ids:
            if any(one.occupied.overlaps(other) for other in taken[staff_id]):
                yield f"{staff_id}: appointments overlap"
            taken[staff_id].append(one.occupied)


def _references(world: World) -> Iterator[str]:
    """A reference is carried by one appointment."""
    notes = (one.service_notes or "" for one in world.mailbox.appointments)
    found = Counter(name for note in notes for name in set(REFERENCE.findall(note)))
    yield from ("a reference is carried twice" for many in found.values() if many > 1)


def _told(world: World, caller: Caller) -> Iterator[str]:
    """A note is beside the reference where its customer is, and nowhere where they are not."""
    record = record_of(world, caller)
    for one in world.mailbox.appointments:
        is_in = caller.email in {each.email for each in one.attendees}
        notes = one.service_notes or ""
        reference = record.reference if record is not None else ""
        found = note_of(notes, reference) or ""
        if is_in and not found.endswith(caller.note.replace("\r", "").strip()):
            yield f"{caller.name}: the note is not there"
        if not is_in and f"Note of {caller.name}." in notes:
            yield f"{caller.name}: the note is there without its customer"


def _guests(world: World) -> Iterator[str]:
    """Who was in before is in still, and whom the staff took out is out."""
    for appointment_id, email in world.guests:
        found = world.mailbox.appointments.get(appointment_id)
        if found is None or email not in {one.email for one in found.attendees}:
            yield f"{email}: pushed out"
        elif not (found.service_notes or "").startswith(STAFF_NOTES):
            yield f"{email}: the notes of the staff are not what they were"
    for appointment_id, email in world.removed:
        found = world.mailbox.appointments.get(appointment_id)
        if found is not None and email in {one.email for one in found.attendees}:
            yield f"{email}: came back"


def _records(world: World) -> Iterator[str]:
    """An address has one record."""
    found = Counter(one.email.lower() for one in world.mailbox.customers)
    yield from (f"{email}: {many} customer records" for email, many in found.items() if many > 1)
