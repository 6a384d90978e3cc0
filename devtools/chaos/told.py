"""What the clients were told: of their bookings, and of what they changed of them."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf

from devtools.chaos.by_hand import Wish
from devtools.chaos.changes import CANCEL, MOVE

CONFIRMED, REFUSED, LEFT, STUCK = "confirmed", "refused", "left", "stuck"


@dataclass(slots=True)
class Changed:
    """What the clients of one change were told; `start` is where a `move` is to go.

    The other members are those of Told; `asked` is when the first of them asked.
    """

    name: str
    does: str
    start: datetime
    ending: str = STUCK
    codes: Counter[str] = field(default_factory=Counter)
    oddities: list[str] = field(default_factory=list)
    asked: float = inf
    confirmed: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    ended: float = 0.0
    keyed: bool = True
    missed: set[str] = field(default_factory=set)

    @property
    def until(self) -> float:
        """When it was surely done.

        Without a key each request is a wish of its own, and one without an answer may be done later.
        """
        if self.keyed:
            return min(self.confirmed)
        return inf if self.codes["no answer"] else max(self.confirmed)

    @property
    def place(self) -> datetime | None:
        """Where the booking stands once this is done: None for nowhere."""
        return self.start if self.does == MOVE else None


@dataclass(frozen=True, slots=True)
class Shown:
    """How a booking was shown when everything was over."""

    status: str
    start: datetime | None = None


@dataclass(slots=True)
class Told:
    """What the clients of one intent were told.

    `ending` is what the last answer said: `confirmed`, `refused` (4xx, or a 202 that failed), `left`
    where the client went before that, `stuck` where no final answer came. `bodies` are the bodies of
    all confirmations, `oddities` the answers that no client should ever see. `confirmed` are the moments at
    which confirmations came, `refused` those at which was asked what then was refused, `ended` when the last
    client had its answer, in seconds since 1970. `keyed` is whether the clients chose a key; `missed` are
    the codes of answers that only an edit by the staff allows. `changes` are those of the booking that
    `reference` and `token` open at `business`, and `shown` is how it was shown in the end.
    """

    name: str
    wish: Wish
    ending: str = STUCK
    bodies: list[bytes] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    oddities: list[str] = field(default_factory=list)
    asked: float = inf
    confirmed: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    ended: float = 0.0
    keyed: bool = True
    missed: set[str] = field(default_factory=set)
    business: str = ""
    reference: str = ""
    token: str = ""
    changes: list[Changed] = field(default_factory=list)
    shown: Shown | None = None

    @property
    def wishes(self) -> Collection[Wish]:
        """The seat that was wished for first, and those to which it was to be moved."""
        moves = (one for one in self.changes if one.does == MOVE)
        return {self.wish, *(replace(self.wish, start=one.start) for one in moves)}

    @property
    def places(self) -> Collection[datetime | None]:
        """Where the booking may stand by its last confirmed answers; None for nowhere.

        Of what several clients changed at the same time any may have been the last, and what somebody left
        before its answer may be done or not.
        """
        done = [one for one in self.changes if one.ending == CONFIRMED]
        if any(one.does == CANCEL for one in done):
            return {None}
        last = {one.place for one in done if not any(other.asked > one.until for other in done)}
        unknown = {one.place for one in self.changes if one.ending in {LEFT, STUCK}}
        return (last or {self.wish.start}) | unknown

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody may have cancelled it."""
        return any(one.does == CANCEL and one.ending != REFUSED for one in self.changes)

    @property
    def address(self) -> str:
        """Where the booking is read."""
        return f"/api/v1/businesses/{self.business}/bookings/{self.reference}?token={self.token}"
