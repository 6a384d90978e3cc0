"""What came of it: counted in the calendar, and in what people were told."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devtools.compare.shop import SEATS, seated

Json = dict[str, Any]
Place = tuple[str, str, str]
"""A service, a start and a person's e-mail address."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody who wants one place in one slot, or none any more, and whether they were told that it is so.

    `had` is the place that they were told to have before.
    """

    email: str
    service: str
    start: datetime | None
    is_confirmed: bool = False
    had: datetime | None = None

    def is_lost(self, persons: Mapping[Place, int]) -> bool:
        """Whether the calendar does not say what they were told last."""
        told = self.start if self.is_confirmed else self.had
        if told is not None:
            return not persons.get(_place(self.service, told, self.email))
        return self.had is not None and bool(persons.get(_place(self.service, self.had, self.email)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many people were told that they have a place, and the harm that was done.

    `doubles` are second appointments at one time of somebody who serves one, and second seats of one
    person; `lost` are people who are not where they were told last: confirmed and nowhere, or cancelled and
    still there; `oversold` are seats beyond those that a class has.
    """

    confirmed: int = 0
    doubles: int = 0
    lost: int = 0
    oversold: int = 0

    def __add__(self, other: "Outcome") -> "Outcome":
        """Both."""
        mine, theirs = self.figures, other.figures
        return Outcome(*(one + another for one, another in zip(mine, theirs, strict=True)))

    @property
    def figures(self) -> tuple[int, int, int, int]:
        """In the order of the table."""
        return self.confirmed, self.doubles, self.lost, self.oversold

    @property
    def is_harmless(self) -> bool:
        """Whether nothing is there twice, nobody lost and no seat sold that is none."""
        return not (self.doubles or self.lost or self.oversold)


def outcome(wishes: Sequence[Wish], appointments: Sequence[Json]) -> Outcome:
    """The outcome of these wishes, in a calendar that holds nothing but what came of them."""
    talks: Counter[tuple[str, str]] = Counter()
    seats: Counter[tuple[str, str, str]] = Counter()
    persons: Counter[Place] = Counter()
    for one in appointments:
        service, start = one["serviceId"], one["start"]["dateTime"][:19]
        for staff in one["staffMemberIds"]:
            if SEATS[service] == 1:
                talks[staff, start] += 1
            else:
                seats[service, staff, start] += len(seated(one))
        persons.update((service, start, email) for email in seated(one))
    twice = sum(n - 1 for (service, _, _), n in persons.items() if SEATS[service] > 1)
    return Outcome(
        confirmed=sum(one.is_confirmed for one in wishes),
        doubles=sum(n - 1 for n in talks.values()) + twice,
        lost=sum(one.is_lost(persons) for one in wishes),
        oversold=sum(max(0, n - SEATS[service]) for (service, _, _), n in seats.items()),
    )


def _place(service: str, start: datetime, email: str) -> Place:
    return service, f"{start:%Y-%m-%dT%H:%M:%S}", email
