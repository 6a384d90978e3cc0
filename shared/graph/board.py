"""Who has how many of a mailbox's four places at Graph: the board that all workers read and change.

A worker's claim says what it could use and what it holds; whoever changes the board hands on what is
free, so nobody has to race for it. Claims stand in the order of their turns. While more is wanted than
there is, a worker whose turn is over goes to the end of the order, and what it held goes to the front.
A worker that dies gives nothing back: its claim counts no more when its lease is over.

Everything here is a pure function of the board, the worker's own claim and the time, in seconds of the
wall clock.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

PLACES = 4
"""Graph answers a fifth concurrent request of an app for one mailbox with 429."""

LEASE = 3.0
"""Seconds after which the places of a worker that says nothing are given to others."""

TURN = 0.5
"""Seconds that a worker keeps a place for which others wait: each handover costs some hundredths."""

CLOSE = 0.001


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's: it `wanted` so many places for visitors and one more if it `settles` bookings.

    `held` are the places that are its own until `until`; its turn began at `since`.
    """

    worker: str
    wanted: int = 0
    settles: bool = False
    held: int = 0
    since: float = 0.0
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class Board:
    """The claims in their order, and until when nothing may be sent to the mailbox."""

    claims: tuple[Claim, ...] = ()
    paused_until: float = 0.0

    def claim(self, worker: str) -> Claim | None:
        """What this worker has there."""
        return next((one for one in self.claims if one.worker == worker), None)

    def at(self, now: float) -> "Board":
        """Without the claims whose lease is over."""
        return replace(self, claims=tuple(one for one in self.claims if one.until > now))

    @property
    def is_contended(self) -> bool:
        """Whether more is wanted than there is."""
        return sum(one.wanted for one in self.claims) + any(one.settles for one in self.claims) > PLACES


def fair_shares(claims: Sequence[Claim]) -> Mapping[str, int]:
    """How many places each worker should have: one for whoever settles, the rest in rounds.

    What nobody wants is kept ready by those who are at work, and all of it by one who is alone.
    """
    shares = {one.worker: 0 for one in claims}
    left = PLACES
    for one in [one for one in claims if one.settles][:1]:
        shares[one.worker], left = 1, left - 1
    wanting = [one.worker for number in range(PLACES) for one in claims if one.wanted > number]
    active = [one.worker for one in claims if one.wanted or one.settles or len(claims) == 1]
    for worker in wanting[:left]:
        shares[worker] += 1
    for _ in range(left - len(wanting) if active else 0):
        shares[min(active, key=shares.__getitem__)] += 1
    return shares


def revised(board: Board, mine: Claim, sent: int, now: float) -> tuple[Board, int]:
    """The board with this claim as it is `now`, and how many of its places the worker may use from now on.

    It holds on to the `sent` that are in use.
    """
    known = board.claim(mine.worker)
    mine = replace(known or mine, wanted=mine.wanted, settles=mine.settles, until=now + LEASE)
    mine, claims = _in_turn(mine, replace(board, claims=_with(board.claims, mine)), now)
    shares = fair_shares(claims)
    share = shares[mine.worker]
    kept = replace(mine, held=min(mine.held, max(share, sent)))
    handed = _handed_on(_with(claims, kept), shares, now)
    held = next(one.held for one in handed if one.worker == mine.worker)
    return replace(board, claims=handed), min(share, held)


def without(board: Board, worker: str, now: float) -> Board:
    """The board when this worker has gone."""
    claims = [one for one in board.claims if one.worker != worker]
    return replace(board, claims=_handed_on(claims, fair_shares(claims), now))


def says_more(new: Board, old: Board, worker: str, now: float) -> bool:
    """Whether others, or the lease, need the worker's change of the board.

    What changes nobody's share is not worth a write: neither a wish that comes and goes, nor an order
    in which nothing could be handed on yet.
    """
    mine, known = new.claim(worker), old.claim(worker)
    if mine is None or known is None or known.until - now < LEASE / 2:
        return True
    if new.paused_until > old.paused_until + CLOSE or _held(new) != _held(old):
        return True
    told = replace(known, wanted=mine.wanted, settles=mine.settles)
    return fair_shares(_with(old.claims, told)) != fair_shares(old.claims)


def written(board: Board) -> str:
    """The board as text."""
    claims = [[c.worker, c.wanted, c.settles, c.held, c.since, c.until] for c in board.claims]
    return json.dumps({"claims": claims, "pausedUntil": board.paused_until})


def read(text: str) -> Board:
    """The board of a text; an empty one where it cannot be read."""
    try:
        values = json.loads(text)
        return Board(tuple(Claim(*one) for one in values["claims"]), float(values["pausedUntil"]))
    except (ValueError, TypeError, KeyError):
        return Board()


def _in_turn(mine: Claim, board: Board, now: float) -> tuple[Claim, Sequence[Claim]]:
    """The claim and the order from now on: whose turn is over goes to the end where others want a place.

    Nobody's turn passes in a pause, in which nobody could use it.
    """
    is_over = mine.held > 0 and now - mine.since >= TURN and board.paused_until <= now
    if not (is_over and board.is_contended):
        return mine, board.claims
    last = replace(mine, since=now)
    return last, (*(one for one in board.claims if one.worker != mine.worker), last)


def _handed_on(claims: Sequence[Claim], shares: Mapping[str, int], now: float) -> tuple[Claim, ...]:
    """What is free given to those who hold less than their share, first come, first served."""
    free = PLACES - sum(one.held for one in claims)
    handed = []
    for one in claims:
        more = min(free, shares[one.worker] - one.held)
        free -= max(0, more)
        handed.append(replace(one, held=one.held + more, since=now) if more > 0 else one)
    return tuple(handed)


def _with(claims: Sequence[Claim], mine: Claim) -> tuple[Claim, ...]:
    """The claims with this one in its place, or at the end."""
    if all(one.worker != mine.worker for one in claims):
        return (*claims, mine)
    return tuple(mine if one.worker == mine.worker else one for one in claims)


def _held(board: Board) -> Mapping[str, int]:
    return {one.worker: one.held for one in board.claims}
