"""What came of it: counted in the calendar, and in what people were told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devtools.compare.shop import SEATS, seated

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody who wants one place in one slot, and whether they were told that they have it."""

    email: str
    service: str
    start: datetime
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many people were told that they have a place, and the harm that was done.

    `doubles` are second appointments at one time of somebody who serves one, and second seats of one
    person; `lost` are people who were told so and are nowhere; `oversold` are seats beyond those that a
    class has.
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
    persons: Counter[tuple[str, str, str]] = Counter()
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
        lost=sum(one.is_confirmed and not persons[_place(one)] for one in wishes),
        oversold=sum(max(0, n - SEATS[service]) for (service, _, _), n in seats.items()),
    )


def _place(wish: Wish) -> tuple[str, str, str]:
    return wish.service, f"{wish.start:%Y-%m-%dT%H:%M:%S}", wish.email
