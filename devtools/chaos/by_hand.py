"""What the staff did by hand, and what follows from it for those who booked.

An edit allows just what it did: whoever was taken out may be missing, a moved appointment stands where it
was moved to, somebody added belongs where they were put. Edits of the two windows, where Graph lets nobody
notice, are forgiven what they make others do, and so are taking out somebody who is being put back, deleting
an appointment before somebody is put back into it, moving a double that nobody has seen yet, and adding
somebody to a double that is still there.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

REFERENCE = re.compile(r"Reference: (BK-[0-9A-Z]{8})")

TAKES_OUT = frozenset({"remove-customer", "delete-appointment"})

LOOKED_FOR_WITHIN = 15.0
"""Seconds from the making of an appointment until a second one is looked for, with the timings of chaos."""

PUT_BACK_WITHIN = 60.0
"""Seconds from the end of a customer's record until whoever was dropped for it is surely back."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one customer asked for: one seat, or one appointment, at one time."""

    mailbox: str
    service: str
    start: datetime
    email: str


@dataclass(frozen=True, slots=True)
class Removal:
    """Somebody was taken out of an appointment; `at` is when, in seconds since 1970."""

    appointment: str
    mailbox: str
    service: str
    email: str
    at: float


class ByHand:
    """The edits of a run; with `forgiving`, those of the windows excuse what they touch."""

    def __init__(self, edits: Sequence[Json] = (), *, forgiving: bool = True) -> None:
        self._starts: defaultdict[str, set[datetime]] = defaultdict(set)
        self._moved: dict[str, Json] = {}
        self.removals: list[Removal] = []
        self.walk_ins: dict[tuple[str, str], str] = {}
        self.deleted_services: set[str] = set()
        self._is_forgiving = forgiving
        self._without_record: dict[tuple[str, str], float] = {}
        self._put_back: set[tuple[str, str]] = set()
        self._moved_doubles: dict[tuple[str, str], float] = {}
        self._joined_doubles: set[str] = set()
        self._windowed = {
            one.get("appointmentId") for one in edits if forgiving and one["window"] is not None
        }
        for one in edits:
            self._take(one)

    def _take(self, edit: Json) -> None:
        appointment: str = edit.get("appointmentId", "")
        if edit["kind"] == "move":
            self._starts[appointment] |= {_instant(edit["start"]), _instant(edit["to"])}
            self._moved[appointment] = edit
            if self._is_forgiving and edit.get("isDouble"):
                doubles = {(appointment, one.casefold()): edit["at"] for one in edit["people"]}
                self._moved_doubles = doubles | self._moved_doubles  # the first move counts
        if edit["kind"] == "add-customer":
            self.walk_ins[appointment, edit["people"][0]] = edit["business"]
            if self._is_forgiving and edit.get("isDouble"):
                self._joined_doubles.add(appointment)
        if edit["kind"] == "delete-service":
            self.deleted_services.add(edit["serviceId"])
        if edit["kind"] == "delete-customer":
            ends = {(edit["business"], one.casefold()): edit["at"] for one in edit["people"]}
            self._without_record |= ends
        if edit["kind"] in TAKES_OUT:
            self._starts[appointment].add(_instant(edit["start"]))
            for person in (*edit["people"], *self._owed(edit)):
                self.walk_ins.pop((appointment, person), None)
                about = (edit["business"], edit["serviceId"], person.casefold())
                self.removals.append(Removal(appointment, *about, edit["at"]))
                self._note_put_back(self.removals[-1])

    def _owed(self, edit: Json) -> Sequence[str]:
        """Whom the last list had named before the staff deleted the appointment, and Graph had dropped.

        Whoever sent it had no time to put them back, with new records.
        """
        is_soon = edit["at"] - edit.get("droppedAt", 0.0) < PUT_BACK_WITHIN
        return edit["dropped"] if self._is_forgiving and is_soon and "dropped" in edit else ()

    def _note_put_back(self, removal: Removal) -> None:
        since = removal.at - self._without_record.get((removal.mailbox, removal.email), float("-inf"))
        if self._is_forgiving and since < PUT_BACK_WITHIN:
            self._put_back.add((removal.appointment, removal.email))

    def may_be_back(self, appointment: str, email: str) -> bool:
        """Whether the staff took somebody out who was just being put back with a new record.

        Of a request without an answer nobody can tell whether it was done: whoever is missing is put back.
        """
        return (appointment, email.casefold()) in self._put_back

    def is_unseen_double(self, appointment: Json, email: str) -> bool:
        """Whether somebody sits in one of two that the network made of one request, which the staff moved.

        They did so before anybody looked for a second: to find it the whole calendar would have to be read.
        """
        moved = self._moved_doubles.get((appointment["id"], email.casefold()))
        if moved is None:
            return False
        made = datetime.fromisoformat(appointment["createdDateTime"]).timestamp()
        return moved - made < LOOKED_FOR_WITHIN

    def starts_of(self, appointment: str, now: datetime) -> Collection[datetime]:
        """Every start that the appointment has had."""
        return self._starts.get(appointment, set()) | {now}

    def moved_between(self, first: datetime, second: datetime) -> bool:
        """Whether something that was at one of these starts was moved, and has been at the other."""
        return any({first, second} <= self._starts[each] for each in self._moved)

    def took_out(self, wish: Wish) -> bool:
        """Whether whoever wished this was taken out of it."""
        return any(self._is_of(one, wish) for one in self.removals)

    def touched(self, wish: Wish) -> bool:
        """Whether what was wished was moved, or its customer taken out."""
        moved = any(
            wish.mailbox == one["business"]
            and wish.service == one["serviceId"]
            and wish.start in self._starts[appointment]
            for appointment, one in self._moved.items()
        )
        return moved or self.took_out(wish)

    def emptied(self, appointment: str) -> bool:
        """Whether somebody was taken out of an appointment."""
        return any(one.appointment == appointment for one in self.removals)

    def is_excused(self, appointment: str) -> bool:
        """Whether the staff edited it in a window where nobody could notice."""
        return appointment in self._windowed

    def is_joined_double(self, appointment: str) -> bool:
        """Whether it was one of two that the network made of one request when the staff added somebody to it.

        Where somebody else has come into the other one too, both stay.
        """
        return appointment in self._joined_doubles

    def _is_of(self, removal: Removal, wish: Wish) -> bool:
        same = (removal.mailbox, removal.service, removal.email) == (wish.mailbox, wish.service, wish.email)
        return same and wish.start in self._starts[removal.appointment]


def references(appointment: Json) -> set[str]:
    """The bookings that the notes of an appointment name."""
    return set(REFERENCE.findall(appointment["serviceNotes"] or ""))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
