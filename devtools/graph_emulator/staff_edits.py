"""What the staff do by hand in the calendar while others book, at moments that a caller can cope with.

Graph has no etag for appointments, so a caller that reads an appointment and then writes it cannot notice
an edit in between, nor one that lists do not show yet. Edits wait until no such caller can be hurt, unless
they are meant to strike right there (`window`).
"""

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from devtools.graph_emulator.exchange import Json
from devtools.graph_emulator.store import Appointment, Business, Tenant
from devtools.graph_emulator.templates import CUSTOMER_INFORMATION, TEMPLATES
from devtools.graph_emulator.wire import read_moment, utc_value

KINDS = (
    "move", "add-customer", "remove-customer", "delete-customer", "delete-appointment", "delete-service"
)  # fmt: skip
WRITES = {"appointments.patch", "appointments.delete", "appointments.cancel"}
LONGEST_QUIET = 60.0


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit that waits for its moment; `seed` chooses among the `among` latest appointments.

    `to` are the starts to which `move` may go, `service` is what `delete-service` deletes. `window` is None
    for an edit at a safe moment, `write` for one right before a PATCH of that appointment, `lag` for a
    move that lists show late. A reading counts as the beginning of a write for `quiet` seconds; a calendar
    view only where it spans at most `view_days`, since whoever looks at weeks is choosing, not booking yet.
    """

    business: str
    kind: str
    seed: int = 0
    to: tuple[datetime, ...] = ()
    service: str = ""
    window: str | None = None
    quiet: float = 30.0
    view_days: float = 3.0
    among: int = 20


def read_edit(value: Json) -> Edit:
    """An edit from its JSON; ValueError or TypeError if wrong."""
    edit = Edit(**{**value, "to": tuple(read_moment(each) for each in value.get("to", ()))})
    if edit.kind not in KINDS or edit.window not in {None, "write", "lag"}:
        raise ValueError(f"an edit is one of {', '.join(KINDS)}, its window write or lag")
    if edit.quiet > LONGEST_QUIET:
        raise ValueError(f"quiet is at most {LONGEST_QUIET:g} seconds")
    return edit


class Callers:
    """Which appointments are between a caller's reading and its writing, and which days were looked at."""

    def __init__(self) -> None:
        self._writing: Counter[tuple[str, str]] = Counter()
        self._creating: Counter[str] = Counter()
        self._read: dict[tuple[str, str], float] = {}
        self._viewed: dict[str, list[tuple[float, datetime, datetime]]] = {}

    @contextmanager
    def writing(self, business: str, operation: str, item: str) -> Iterator[None]:
        """A write is under way, from its arrival until its work is done."""
        counter: Counter[Any] | None = self._writing if operation in WRITES else None
        business = business.lower()
        key: object = (business, item)
        if operation == "appointments.create":
            counter, key = self._creating, business
        if counter is None:
            yield
            return
        counter[key] += 1
        try:
            yield
        finally:
            counter[key] -= 1
            self._read.pop((business, item), None)

    def read(self, business: str, item: str) -> None:
        """An appointment was read by its id."""
        now = time.monotonic()
        self._read = {key: at for key, at in self._read.items() if now - at < LONGEST_QUIET}
        self._read[business.lower(), item] = now

    def viewed(self, business: str, start: datetime, end: datetime) -> None:
        """The calendar was looked at."""
        now, business = time.monotonic(), business.lower()
        recent = [each for each in self._viewed.get(business, []) if now - each[0] < LONGEST_QUIET]
        self._viewed[business] = [*recent, (now, start, end)]

    def may_write(self, business: str, item: str, quiet: float) -> bool:
        """Whether a caller may be about to write this appointment."""
        at = self._read.get((business.lower(), item))
        return self._writing[business.lower(), item] > 0 or (at is not None and time.monotonic() - at < quiet)

    def may_create(self, edit: Edit, new: Appointment) -> bool:
        """Whether a caller may be about to create an appointment in a time that it has seen as free."""
        business, since = edit.business.lower(), time.monotonic() - edit.quiet
        widest = timedelta(days=edit.view_days)
        seen = (
            at > since and new.blocked_from < until and new.blocked_until > first and until - first <= widest
            for at, first, until in self._viewed.get(business, [])
        )
        return self._creating[business] > 0 or any(seen)


class StaffEdits:
    """The edits that wait, and those that are done, each as JSON with what it did to whom."""

    def __init__(self) -> None:
        self.callers = Callers()
        self.done: list[Json] = []
        self._waiting: list[Edit] = []
        self._walk_ins = 0

    def ask(self, edits: list[Edit]) -> None:
        """Have these done, each as soon as its moment has come."""
        self._waiting.extend(edits)

    def describe(self) -> Json:
        """What was done, in order, and how many wait still."""
        return {"done": list(self.done), "waiting": len(self._waiting)}

    def act(self, tenant: Tenant, business: Business, delay: float) -> None:
        """Do what can be done at this moment; lists show it after `delay` seconds."""
        for edit in [each for each in self._waiting if each.window != "write" and _is_at(each, business)]:
            if self._do(tenant, business, edit, self._targets(business, edit), delay):
                self._waiting.remove(edit)

    def strike(self, tenant: Tenant, business: Business, item: str, delay: float) -> None:
        """Do one edit of the window `write`: a caller's PATCH of this appointment follows at once."""
        target = business.appointments.get(item)
        for edit in [each for each in self._waiting if each.window == "write" and _is_at(each, business)]:
            if target is not None and self._do(tenant, business, edit, [target], delay):
                self._waiting.remove(edit)
                return

    def _targets(self, business: Business, edit: Edit) -> list[Appointment]:
        """The appointments that may be edited now, in the order of the edit's own chance."""
        found = [
            each
            for each in list(business.appointments.values())[-edit.among :]
            if edit.kind == "delete-customer" or not self.callers.may_write(business.id, each.id, edit.quiet)
        ]
        random.Random(edit.seed).shuffle(found)  # noqa: S311 - a plan, no secret
        return found

    def _do(
        self, tenant: Tenant, business: Business, edit: Edit, targets: list[Appointment], delay: float
    ) -> bool:
        if edit.kind == "delete-service":
            return self._delete_service(business, edit, delay)
        for target in targets:
            did = self._edit(tenant, business, edit, target, delay)
            if did is not None:
                self._note(edit, {**_about(target), **did})
                return True
        return False

    def _edit(
        self, tenant: Tenant, business: Business, edit: Edit, target: Appointment, delay: float
    ) -> Json | None:
        """What was done to this appointment; None where this edit cannot be done to it."""
        match edit.kind:
            case "move":
                return self._move(business, edit, target, delay)
            case "add-customer" if target.is_group and target.seats_left > 0:
                return self._add_customer(tenant, business, target, delay)
            case "remove-customer" if target.is_group and target.body["customers"]:
                return _remove_customer(business, edit, target, delay)
            case "delete-customer":
                return _delete_customer(business, edit, target, delay)
            case "delete-appointment":
                business.appointments.remove(target.id, delay)
                dropped_at, dropped = business.dropped.get(target.id, (0.0, []))
                return {"people": _people(target), "dropped": dropped, "droppedAt": dropped_at}
        return None

    def _move(self, business: Business, edit: Edit, target: Appointment, delay: float) -> Json | None:
        """To the first of the starts where its staff are free, which nobody may be about to take.

        Lists show it at once: otherwise whoever looks next would book the same time.
        """
        for start in edit.to:
            moved = _moved(target, start)
            unsafe = edit.window is None and self.callers.may_create(edit, moved)
            if not unsafe and start != target.start and not _is_taken(business, moved):
                did = {"people": _people(target), "to": moved.body["start"]["dateTime"]}
                did["isDouble"] = _has_double(business, target)
                business.appointments.put(moved.id, moved, delay if edit.window == "lag" else 0.0)
                return did
        return None

    def _add_customer(self, tenant: Tenant, business: Business, target: Appointment, delay: float) -> Json:
        """Somebody who came in person, with a new record."""
        is_double = _has_double(business, target)
        self._walk_ins += 1
        name = f"walkin{self._walk_ins}"
        about = {
            "id": tenant.new_guid("customers"),
            "displayName": name,
            "emailAddress": f"{name}@example.org",
        }
        business.customers.put(about["id"], {**TEMPLATES["bookingCustomer"], **about}, delay)
        person = {"customerId": about["id"], "name": name, "emailAddress": about["emailAddress"]}
        _seat(business, target, [*target.body["customers"], {**CUSTOMER_INFORMATION, **person}], delay)
        return {"people": [about["emailAddress"]], "isDouble": is_double}

    def _delete_service(self, business: Business, edit: Edit, delay: float) -> bool:
        if business.services.get(edit.service.lower()) is None:
            return False
        business.services.remove(edit.service.lower(), delay)
        self._note(edit, {"serviceId": edit.service.lower(), "people": []})
        return True

    def _note(self, edit: Edit, did: Json) -> None:
        about = {"kind": edit.kind, "business": edit.business.lower(), "window": edit.window}
        self.done.append({**about, "at": time.time(), **did})


def _is_at(edit: Edit, business: Business) -> bool:
    return edit.business.lower() == business.id.lower()


def _about(target: Appointment) -> Json:
    body = target.body
    return {"appointmentId": target.id, "serviceId": body["serviceId"], "start": body["start"]["dateTime"]}


def _people(target: Appointment) -> list[str]:
    return [each["emailAddress"] or "" for each in target.body["customers"]]


def _has_double(business: Business, target: Appointment) -> bool:
    return any(_is_double(each, target) for each in business.appointments.values())


def _is_double(one: Appointment, other: Appointment) -> bool:
    """Whether the network made both of one request: no two bookings have the same notes."""
    same = [(each.start, each.body["serviceId"], each.body["serviceNotes"]) for each in (one, other)]
    return one.id != other.id and same[0] == same[1] and bool(one.body["serviceNotes"])


def _moved(target: Appointment, start: datetime) -> Appointment:
    by: timedelta = start - target.start
    body = {**target.body, "start": utc_value(start), "end": utc_value(target.end + by)}
    return replace(
        target,
        body=body,
        start=start,
        end=target.end + by,
        blocked_from=target.blocked_from + by,
        blocked_until=target.blocked_until + by,
    )


def _is_taken(business: Business, moved: Appointment) -> bool:
    """Whether somebody of its staff has something else then, as the calendar on a screen would show."""
    return any(
        set(each.staff) & set(moved.staff)
        and each.id != moved.id
        and each.blocked_from < moved.blocked_until
        and each.blocked_until > moved.blocked_from
        for each in business.appointments.values()
    )


def _remove_customer(business: Business, edit: Edit, target: Appointment, delay: float) -> Json:
    customers: list[Json] = target.body["customers"]
    out = customers[edit.seed % len(customers)]
    _seat(business, target, [each for each in customers if each is not out], delay)
    return {"people": [out["emailAddress"] or ""]}


def _delete_customer(business: Business, edit: Edit, target: Appointment, delay: float) -> Json | None:
    """The record of somebody in this appointment, who stays in it with what was copied there."""
    known = [each for each in target.body["customers"] if business.customers.get(each["customerId"])]
    if not known:
        return None
    one = known[edit.seed % len(known)]
    business.customers.remove(one["customerId"], delay)
    return {"people": [one["emailAddress"] or ""]}


def _seat(business: Business, target: Appointment, customers: list[Json], delay: float) -> None:
    body = {**target.body, "customers": customers, "filledAttendeesCount": len(customers)}
    business.appointments.put(target.id, replace(target, body=body), delay)
