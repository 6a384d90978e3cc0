"""Who wants an earlier booking moved or cancelled: a part of the plan."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

MOVE: Final = "move"
CANCEL: Final = "cancel"

MOVES, CANCELLATIONS = 0.3, 0.2
"""Their shares of all intents, by default."""

CHOICES: Final = 3
RECENT: Final = 12
"""Among so many of a business's latest bookings one is chosen: about as many as are under way at a time."""

SAME_AGAIN: Final = 0.35
"""The share of those who want what somebody else is changing at the same time."""

STAYS: Final = 0.06
"""The share of moves to the time that the booking has."""

GIVES_UP_WAITING, PATIENT = 1.0, 30.0


@dataclass(frozen=True, slots=True)
class Choice:
    """A booking by the number of its intent, and where it is to be moved."""

    of: int
    start: datetime
    staff_id: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A wish to `move` or to `cancel` the first of the `choices` whose booking stands.

    The members below are those of an intent to book.
    """

    number: int
    does: str
    choices: Sequence[Choice]
    key: str | None
    twins: int
    patience: float
    follows: bool
    leaves: bool


class Booking(Protocol):
    """What a change needs to know of an intent to book."""

    @property
    def number(self) -> int: ...  # noqa: D102

    @property
    def service(self) -> str: ...  # noqa: D102

    @property
    def start(self) -> datetime: ...  # noqa: D102

    @property
    def email(self) -> str: ...  # noqa: D102


Taken = set[tuple[str, str, datetime]]
"""Whose wish for which service and start is spoken for: each seat is one booking's."""


def wanted(dice: random.Random, moves: float, cancellations: float) -> str | None:
    """What the next intent wants with an earlier booking; None for one that books."""
    luck = dice.random()
    return MOVE if luck < moves else CANCEL if luck < moves + cancellations else None


def draw_change(
    dice: random.Random,
    number: int,
    does: str,
    *,
    booked: Sequence[Booking],
    before: Change | None,
    starts: Sequence[datetime],
    taken: Taken,
) -> Change:
    """A change of one of the latest of `booked`, or of the booking that the one `before` wants changed.

    It may be moved to any of these `starts` that nobody has `taken`.
    """
    latest = list(booked[-RECENT:])
    by_number = {one.number: one for one in booked}
    if before is not None and dice.random() < SAME_AGAIN:
        chosen = [by_number[one.of] for one in before.choices]
    else:
        chosen = dice.sample(latest, min(CHOICES, len(latest)))
    return Change(
        number=number,
        does=does,
        choices=tuple(_choice(dice, one, starts, taken) for one in chosen),
        key=f"change-{number}-{dice.getrandbits(64):x}" if dice.random() < 0.7 else None,  # noqa: PLR2004
        twins=dice.choices((1, 2, 3), (75, 20, 5))[0],
        patience=GIVES_UP_WAITING if dice.random() < 0.25 else PATIENT,  # noqa: PLR2004
        follows=dice.random() < 0.5,  # noqa: PLR2004
        leaves=dice.random() < 0.05,  # noqa: PLR2004
    )


def _choice(dice: random.Random, booking: Booking, starts: Sequence[datetime], taken: Taken) -> Choice:
    free = [one for one in starts if (booking.email, booking.service, one) not in taken]
    if not free or dice.random() < STAYS:
        return Choice(booking.number, booking.start)
    start = dice.choice(free)
    taken.add((booking.email, booking.service, start))
    return Choice(booking.number, start)
