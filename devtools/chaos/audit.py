"""The promises, checked against the calendar at Graph and against what the clients were told.

Every function takes plain values and gives sentences, one for each promise that was broken; the
controls, which book without one of the protections, are judged by the very same functions. What the
staff did by hand allows what follows from it, and nothing else.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from devtools.chaos import standing
from devtools.chaos.by_hand import REFERENCE, ByHand, Wish, references
from devtools.chaos.standing import took_out
from devtools.chaos.told import CONFIRMED, LEFT, REFUSED, STUCK, Shown, Told

Json = dict[str, Any]

DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
LIKELY = (CONFIRMED, LEFT, STUCK, REFUSED)
"""The endings in the order in which they make a seat likely."""

Starts = Collection[datetime]
"""Every start that an appointment has had."""


def audit(told: Sequence[Told], businesses: Mapping[str, Json], by_hand: ByHand | None = None) -> list[str]:
    """Every broken promise; `businesses` are the emulator's, by mailbox, with their appointments."""
    by_hand = by_hand or ByHand()
    appointments = [
        (box, seen)
        for box, all_of in businesses.items()
        for one in all_of["appointments"]
        if (seen := _without_unseen_doubles(one, told, by_hand)) is not None
    ]
    seated, strangers = _seated(told, appointments, by_hand)
    broken: list[str] = []
    for one in told:
        broken += _answers(one, by_hand)
        broken += standing.answers(one, by_hand)
        broken += _outcome(one, seated[one.name], by_hand)
    broken += _references(appointments, by_hand)
    broken += strangers
    broken += _empty(appointments, by_hand)
    for _, appointment in appointments:
        broken += _seats(appointment)
    broken += _staff(appointments, by_hand)
    broken += _customers(businesses)
    broken += _kept(appointments, by_hand)
    broken += _came_back(told, appointments, by_hand)
    return broken


def _without_unseen_doubles(appointment: Json, told: Sequence[Told], by_hand: ByHand) -> Json | None:
    """The appointment without whose booking was made twice and is shown elsewhere; None if nobody is left."""
    own, start = references(appointment), _instant(appointment["start"])
    here = {
        one.wish.email.casefold()
        for one in told
        if one.reference in own and one.shown == Shown(CONFIRMED, start)
    }
    doubles = [
        each
        for each in appointment["customers"]
        if (email := (each["emailAddress"] or "").casefold()) not in here
        and by_hand.is_unseen_double(appointment, email)
    ]
    others = [each for each in appointment["customers"] if each not in doubles]
    if not doubles:
        return appointment
    return {**appointment, "customers": others, "serviceNotes": None} if others else None


def _answers(told: Told, by_hand: ByHand) -> Iterator[str]:
    """No answer is odd, every confirmation of an intent is the same, byte for byte, and stands.

    The other order is no contradiction: what was refused may be tried again, and be free by then. A request
    without a key that comes after the staff changed what was booked is a new wish.
    """
    for oddity in told.oddities:
        yield f"{told.name}: {oddity}"
    if "service-not-found" in told.missed and told.wish.service not in by_hand.deleted_services:
        yield f"{told.name}: its service was not found, though nobody deleted it"
    if "cancelled" in told.missed and not took_out(told, by_hand):
        yield f"{told.name}: cancelled, though nobody took its customer out"
    is_new_wish = not told.keyed and by_hand.touched(told.wish)
    if len(set(told.bodies)) > 1 and not is_new_wish:
        yield f"{told.name}: its confirmations differ: {sorted(set(told.bodies))}"
    if told.confirmed and any(asked > min(told.confirmed) for asked in told.refused) and not is_new_wish:
        yield f"{told.name}: confirmed to one client, then refused to another"
    if told.ending == STUCK:
        yield f"{told.name}: no final answer, only {dict(told.codes)}"


def _outcome(told: Told, seats: Sequence[Starts], by_hand: ByHand) -> Iterator[str]:
    """Confirmed is one seat, cancelled or refused is none, and whoever left has at most one."""
    starts = seats[0] if seats else None
    if len(seats) > 1:
        yield f"{told.name}: booked {len(seats)} times ({told.ending})"
    elif told.ending == CONFIRMED:
        yield from standing.outcome(told, starts, by_hand)
        yield from standing.shown(told, starts, by_hand)
    elif told.ending == REFUSED and seats:
        yield f"{told.name}: refused, but booked"


def _seated(
    told: Sequence[Told], appointments: Iterable[tuple[str, Json]], by_hand: ByHand
) -> tuple[defaultdict[str, list[Starts]], list[str]]:
    """The seats of each intent by its name, and who did not ask for theirs and was not added by the staff."""
    owners = {wish: one for one in told for wish in one.wishes}
    seated: defaultdict[str, list[Starts]] = defaultdict(list)
    strangers: list[str] = []
    choices = [choice for box, one in appointments for choice in _choices(box, one, owners, by_hand)]
    for who, starts, found in sorted(choices, key=lambda choice: len(choice[2])):
        if not found:
            strangers.append(f"{who} did not ask for this")
            continue
        # Whoever asked for several of the starts of a moved appointment gets the best account of it.
        owner = min(found, key=lambda one: (len(seated[one.name]), LIKELY.index(one.ending)))
        seated[owner.name].append(starts)
    return seated, strangers


def _choices(
    box: str, appointment: Json, owners: Mapping[Wish, Told], by_hand: ByHand
) -> Iterator[tuple[str, Starts, list[Told]]]:
    """For each seat who sits there, when, and the intents that it may fulfil."""
    starts = by_hand.starts_of(appointment["id"], _instant(appointment["start"]))
    for each in appointment["customers"]:
        email = each["emailAddress"] or ""
        if (appointment["id"], email) in by_hand.walk_ins:
            continue
        wishes = [Wish(box, appointment["serviceId"], start, email.casefold()) for start in sorted(starts)]
        found = {owners[wish].name: owners[wish] for wish in wishes if wish in owners}
        if found or not by_hand.may_be_back(appointment["id"], email):
            yield f"{appointment['id']}: {email}", starts, list(found.values())


def _references(appointments: Iterable[tuple[str, Json]], by_hand: ByHand) -> Iterator[str]:
    """One appointment carries a reference; whoever was taken out by the staff may leave theirs behind."""
    found = Counter(
        name
        for _, one in appointments
        if not by_hand.emptied(one["id"])
        for name in REFERENCE.findall(one["serviceNotes"] or "")
    )
    yield from (f"{name}: carried by {count} appointments" for name, count in found.items() if count > 1)


def _empty(appointments: Iterable[tuple[str, Json]], by_hand: ByHand) -> Iterator[str]:
    """No appointment is left without customers, unless the staff took them out."""
    for _, one in appointments:
        if not one["customers"] and not by_hand.emptied(one["id"]):
            yield f"{one['id']}: an appointment without customers is left ({one['serviceNotes']})"


def _kept(appointments: Iterable[tuple[str, Json]], by_hand: ByHand) -> Iterator[str]:
    """Whom the staff added is where they were put."""
    seats = {(one["id"], each["emailAddress"]) for _, one in appointments for each in one["customers"]}
    for appointment, email in by_hand.walk_ins:
        if (appointment, email) not in seats and not by_hand.is_excused(appointment):
            yield f"{appointment}: {email}, whom the staff had added, is not in it any more"


def _came_back(
    told: Sequence[Told], appointments: Iterable[tuple[str, Json]], by_hand: ByHand
) -> Iterator[str]:
    """Whom the staff took out stays out, once nothing that they asked for is under way."""
    found = {one["id"]: one for _, one in appointments}
    over: dict[tuple[str, str, str], float] = {}
    for one in told:
        who = (one.wish.mailbox, one.wish.service, one.wish.email)
        over[who] = max(one.ended, over.get(who, 0.0), *(each.ended for each in one.changes))
    for each in by_hand.removals:
        may_be_back = by_hand.may_be_back(each.appointment, each.email)
        if each.appointment not in found or by_hand.is_excused(each.appointment) or may_be_back:
            continue
        emails = {(one["emailAddress"] or "").casefold() for one in found[each.appointment]["customers"]}
        if each.email in emails and over.get((each.mailbox, each.service, each.email), 0.0) < each.at:
            yield f"{each.appointment}: {each.email}, whom the staff had taken out, is in it again"


def _seats(appointment: Json) -> Iterator[str]:
    """No appointment has more customers than seats, nor one customer twice."""
    filled, most = len(appointment["customers"]), appointment["maximumAttendeesCount"]
    if filled > most:
        yield f"{appointment['id']}: {filled} customers on {most} seats"
    for kind in ("customerId", "emailAddress"):
        counts = Counter(each[kind] for each in appointment["customers"])
        yield from (f"{appointment['id']}: {who} is in twice" for who, count in counts.items() if count > 1)


def _staff(appointments: Iterable[tuple[str, Json]], by_hand: ByHand) -> Iterator[str]:
    """No staff member has two appointments that overlap, buffers included."""
    taken: defaultdict[tuple[str, str], list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for box, one in appointments:
        begins = _instant(one["start"]) - _length(one["preBuffer"])
        ends = _instant(one["end"]) + _length(one["postBuffer"])
        for staff_id in one["staffMemberIds"]:
            taken[box, staff_id].append((begins, ends, one["id"]))
    for (_, staff_id), times in taken.items():
        for first, second in _overlaps(times):
            if not any(by_hand.is_excused(one) or by_hand.is_joined_double(one) for one in (first, second)):
                yield f"{staff_id}: {first} and {second} overlap"


def _overlaps(times: Iterable[tuple[datetime, datetime, str]]) -> Iterator[tuple[str, str]]:
    """Each that begins before an earlier one has ended."""
    latest: tuple[datetime, datetime, str] | None = None
    for one in sorted(times):
        if latest is not None and one[0] < latest[1]:
            yield latest[2], one[2]
        latest = one if latest is None or one[1] > latest[1] else latest


def _customers(businesses: Mapping[str, Json]) -> Iterator[str]:
    """An address has one customer record at a business."""
    for box, business in businesses.items():
        counts = Counter((one["emailAddress"] or "").casefold() for one in business["customers"])
        yield from (
            f"{box}: {count} customers with the address {who}" for who, count in counts.items() if count > 1
        )


def _instant(value: Json) -> datetime:
    """A dateTimeTimeZone of the emulator's, which is always in UTC."""
    return datetime.fromisoformat(value["dateTime"][:19]).replace(tzinfo=UTC)


def _length(text: str) -> timedelta:
    match = DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"not a duration that chaos uses: {text}")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
