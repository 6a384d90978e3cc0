"""What becomes of a request to write."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.booking.records import Kind
from shared.domain.model import Appointment, Catalogue, Service


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is proved at Graph of a booking; `time_zone` is the customer's, `mailbox` whose booking it is.

    By its `kind` the `appointment` stands as it was asked for, or, cancelled, stands no longer and is shown
    as it was. `changed` are the forms of other appointments that the write left behind or took away, and
    earlier ones of the same, the newest last: their times are to be looked at anew.
    """

    reference: str
    catalogue: Catalogue
    service: Service
    appointment: Appointment
    time_zone: str
    kind: Kind = Kind.BOOK
    mailbox: str = ""
    changed: tuple[Appointment, ...] = ()


Render = Callable[[Confirmation], str]
"""Writes a confirmation as the body of the answer; what it gives is stored and replayed as it is."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to a request: the reference, the body, and whether it was given before."""

    reference: str
    answer: str
    is_replay: bool = False
