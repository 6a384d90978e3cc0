"""The promises about bookings that were moved and cancelled, as the audit of chaos checks them.

A booking stands once where its last confirmed answer says, or nowhere. A move may hold two seats until its
record ends, so whoever asks waits for that.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime

from devtools.chaos.by_hand import ByHand
from devtools.chaos.changes import CANCEL, MOVE
from devtools.chaos.told import CONFIRMED, REFUSED, STUCK, Changed, Told


def outcome(told: Told, starts: Collection[datetime] | None, by_hand: ByHand) -> Iterator[str]:
    """A confirmed booking is where it was told to be; `starts` are those of its appointment, if any."""
    places = {*told.places, *_moved_on(told, by_hand)}
    if starts is None:
        if None not in places and not took_out(told, by_hand):
            yield f"{told.name}: confirmed, but its customer is in no appointment"
    elif places == {None}:
        yield f"{told.name}: cancelled, but it stands at {_listed(starts)}"
    elif not set(starts) & set(places):
        yield f"{told.name}: told to be at {_listed(places)}, but it stands at {_listed(starts)}"


def _moved_on(told: Told, by_hand: ByHand) -> Iterator[datetime]:
    """Where a move without a key and without an answer may have brought it, before the staff changed it.

    Whoever asks again then has a new wish, and that may be refused.
    """
    for one in told.changes:
        may_be_done = one.ending == REFUSED and not one.keyed and one.codes["no answer"] > 0
        if one.does == MOVE and may_be_done and by_hand.touched(replace(told.wish, start=one.start)):
            yield one.start


def shown(told: Told, starts: Collection[datetime] | None, by_hand: ByHand) -> Iterator[str]:
    """What whoever booked reads in the end is what stands in the calendar."""
    if told.shown is None:
        return
    status, start = told.shown.status, told.shown.start
    if status not in {CONFIRMED, "cancelled"}:
        yield f"{told.name}: still {status} when everything is over"
    elif status == "cancelled" and starts is not None:
        yield f"{told.name}: shown as cancelled, but it stands at {_listed(starts)}"
    elif status == CONFIRMED and starts is None and not took_out(told, by_hand):
        yield f"{told.name}: shown as confirmed, but its customer is in no appointment"
    elif status == CONFIRMED and starts is not None and start not in starts:
        yield f"{told.name}: shown at {start}, but it stands at {_listed(starts)}"


def answers(told: Told, by_hand: ByHand) -> Iterator[str]:
    """Every change ends, what is cancelled is not moved any more, and nobody is told of an end in vain."""
    over = [min(one.confirmed) for one in told.changes if one.does == CANCEL and one.confirmed]
    for one in told.changes:
        yield from (f"{one.name}: {oddity}" for oddity in one.oddities)
        yield from _ending(one)
        for start in one.elsewhere:
            if not by_hand.moved_between(one.start, start):
                yield f"{one.name}: told to be at {_listed([start])}, where nobody moved it"
        if one.does == MOVE and one.confirmed and over and one.asked > min(over):
            yield f"{one.name}: moved after it was cancelled"
        if "booking-cancelled" in one.missed and not (told.is_cancelled or took_out(told, by_hand)):
            yield f"{one.name}: told that it is cancelled, though nobody cancelled it"
        if "service-not-found" in one.missed and told.wish.service not in by_hand.deleted_services:
            yield f"{one.name}: its service was not found, though nobody deleted it"


def _ending(one: Changed) -> Iterator[str]:
    if one.ending == STUCK:
        yield f"{one.name}: no final answer, only {dict(one.codes)}"
    if one.does == CANCEL and one.ending == REFUSED:
        yield f"{one.name}: refused"
    if one.keyed and one.confirmed and any(asked > min(one.confirmed) for asked in one.refused):
        yield f"{one.name}: confirmed to one client, then refused to another"


def took_out(told: Told, by_hand: ByHand) -> bool:
    """Whether the staff took the customer out, wherever they were by then."""
    return any(by_hand.took_out(wish) for wish in told.wishes)


def _listed(places: Collection[datetime | None]) -> str:
    named = ("nowhere" if one is None else f"{one:%d %H:%M}" for one in places)
    return ", ".join(sorted(named))
