"""What becomes of a request to write."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.model import Appointment, Catalogue, Service


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A booking that is proved to stand at Graph; `time_zone` is the customer's."""

    reference: str
    catalogue: Catalogue
    service: Service
    appointment: Appointment
    time_zone: str


Render = Callable[[Confirmation], str]
"""Writes a confirmation as the body of the answer; what it gives is stored and replayed as it is."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to a request: the reference, the body, and whether it was given before."""

    reference: str
    answer: str
    is_replay: bool = False
