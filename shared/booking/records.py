"""What the facade remembers of its own: idempotency records, attempts, locks, ledger and index entries.

Ids, times and keyed hashes; what tells who a person is, is sealed and gone with the end of the write.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.domain.intervals import Interval
from shared.domain.model import Appointment


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
    `seated` in it and their elements, `sealed`.
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


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that is held: its name, its owner, when it ends by itself, and its etag."""

    name: str
    owner: str
    ends: datetime
    version: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An appointment that the facade wrote, so that it counts before Graph's lists show it."""

    appointment: Appointment
    written: datetime


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What the index knows of one e-mail address: the customer's id, or that one is being created.

    With no `customer_id` a create was begun, and from `appears` on the lists show the record if there
    is one. `version` is the store's etag of what was read.
    """

    customer_id: str | None
    appears: datetime | None = None
    version: str = field(default="", compare=False)
