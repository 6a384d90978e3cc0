"""What the facade remembers of its own: idempotency records, attempts, locks, ledger and index entries.

Ids, times and keyed hashes; what tells who a person is, is sealed and gone with the end of the write.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from shared.domain.intervals import Interval
from shared.domain.model import Appointment


class Kind(StrEnum):
    """What a request writes: a booking, the end of one, another time for it, another seat for it."""

    BOOK = "book"
    CANCEL = "cancel"
    MOVE = "move"
    CHANGE_SEAT = "changeSeat"


class State(StrEnum):
    """The states of an idempotency record."""

    IN_PROGRESS = "inProgress"
    UNKNOWN = "unknown"
    COMPLETED = "completed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was about to be written at Graph, recorded before the write.

    `at` is when that was, or, once `is_over`, when the write was known to be over. `is_over` tells
    that Graph gave an answer which ended the write without saying how, and stays False until then.
    `locks` are the names of the locks that the write was made under, `time_zone` is the customer's.

    A customer who joins an appointment has its `appointment_id`, with the ids of those who were
    `seated` in it and their elements, `sealed`. Whoever changes seats has the appointment that they
    leave in `leaves`; once the new seat is proved, `is_leaving`, those who were seated are of that one.
    `twins` are the appointments that the network made of one request, once more than one was seen: the
    staff may move each of them.

    `person` is the keyed hash of the customer's e-mail address at this business, `campaign` what the
    booking came from.
    """

    business: str
    service_id: str
    span: Interval
    staff_member_ids: tuple[str, ...]
    customer_id: str
    time_zone: str
    at: datetime
    locks: tuple[str, ...] = ()
    is_join: bool = False
    appointment_id: str | None = None
    seated: tuple[str, ...] = ()
    sealed: str | None = field(default=None, repr=False)
    is_over: bool = False
    kind: Kind = Kind.BOOK
    leaves: str | None = None
    is_leaving: bool = False
    person: str = ""
    campaign: str | None = None
    twins: tuple[str, ...] = ()

    @property
    def takes_seat(self) -> bool:
        """Whether the customer comes to sit where they did not."""
        return self.kind in {Kind.BOOK, Kind.CHANGE_SEAT}

    @property
    def seated_in(self) -> str | None:
        """The appointment in which those were who were `seated`."""
        return self.leaves if self.is_leaving else self.appointment_id

    @property
    def may_be_twice(self) -> bool:
        """Whether the network may have delivered the POST of this attempt twice."""
        return self.takes_seat and not self.is_join

    def ended(self) -> "Attempt":
        """What is kept once its write has ended: nobody else, and the customer while somebody asks for them.

        A replay of a booking looks for its customer, and so does who takes back what was made twice.
        """
        if self.kind is Kind.BOOK or self.may_be_twice:
            return replace(self, seated=(), sealed=None)
        return self.unnamed()

    def with_twins(self, found: Iterable[Appointment]) -> "Attempt":
        """The same, knowing these as made of one request; as it was where there is but one."""
        made = tuple(one.id for one in found if one.id != self.leaves)
        return replace(self, twins=made) if len(made) > 1 else self

    def unnamed(self) -> "Attempt":
        """The same, naming nobody."""
        return replace(self, person="", customer_id="", seated=(), sealed=None)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a confirmation said of the appointment, and when: a replay is true as long as this stands."""

    at: datetime
    span: Interval
    staff_member_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """One request of one caller: its key's hash, what became of it, and who may go on with it.

    `lease_ends` bounds how long its present worker may be at it; after that somebody else may take
    over. `answer` is the body of the completed answer, replayed byte for byte; `answered` is what it
    said; `made_id` the id at Graph of what was made. `caller` is who asked, as a keyed hash. From
    `look_again` on it is looked whether the network has delivered the request twice. `version` is the
    store's etag of what was read; empty before the first write.
    """

    key: str
    fingerprint: str
    reference: str
    state: State
    created: datetime
    lease_ends: datetime
    attempt: Attempt | None = None
    answer: str | None = None
    made_id: str | None = None
    caller: str = ""
    look_again: datetime | None = None
    answered: Answered | None = None
    version: str = field(default="", compare=False)

    @property
    def has_ended(self) -> bool:
        """Whether it is known what became of the request."""
        return self.state in {State.COMPLETED, State.REFUSED}


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that is held: its name, its owner, when it ends by itself, and its etag."""

    name: str
    owner: str
    ends: datetime
    version: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An appointment that the facade wrote, so that it counts before Graph's lists show it.

    With `is_moved` they may show it where it was before.
    """

    appointment: Appointment
    written: datetime
    is_moved: bool = False


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What the index knows of one e-mail address: the customer's id, or that one is being created.

    With no `customer_id` a create was begun, and from `appears` on the lists show the record if there
    is one. `version` is the store's etag of what was read.
    """

    customer_id: str | None
    appears: datetime | None = None
    version: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class BookingRow:
    """A booking that stood in the calendar once: how to find it there, and what became of it here.

    `key` is the key of the request that made it, which its token proves; `person` the keyed hash of the
    customer's e-mail address. Times and staff are those of our last answer: what counts is what Graph
    shows. `changes` counts the moves; `cancelled` is when we knew that it no longer stands. `pending` is
    the key of the request that was begun last to change it, or of the one that the network has delivered
    twice, `left` the appointments that it moved away from last. `version` is the store's etag of what was
    read, `filed` the start under which it was found.
    """

    reference: str
    business: str
    key: str
    person: str
    customer_id: str
    service_id: str
    appointment_id: str
    span: Interval
    staff_member_ids: tuple[str, ...]
    time_zone: str
    created: datetime
    campaign: str | None = None
    changes: int = 0
    cancelled: datetime | None = None
    pending: str | None = None
    left: tuple[str, ...] = ()
    version: str = field(default="", compare=False)
    filed: datetime | None = field(default=None, compare=False)

    def has_left(self, appointment_id: str) -> bool:
        """Whether it stood in this appointment, and its customer cancelled it or moved it away."""
        is_cancelled = self.cancelled is not None and self.appointment_id == appointment_id
        return is_cancelled or appointment_id in self.left
