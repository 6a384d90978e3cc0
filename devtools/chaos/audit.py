"""The promises, checked against the calendar at Graph and against what the clients were told.

Every function takes plain values and gives sentences, one for each promise that was broken; the
controls, which book without one of the protections, are judged by the very same functions.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

REFERENCE = re.compile(r"Reference: (BK-[0-9A-Z]{8})")
DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
CONFIRMED, REFUSED, LEFT, STUCK = "confirmed", "refused", "left", "stuck"


@dataclass(frozen=True, slots=True)
class Wish:
    """What one customer asked for: one seat, or one appointment, at one time."""

    mailbox: str
    service: str
    start: datetime
    email: str


@dataclass(slots=True)
class Told:
    """What the clients of one intent were told.

    `ending` is what the last answer said: `confirmed`, `refused` (4xx, or a 202 that failed), `left`
    where the client went before that, `stuck` where no final answer came. `bodies` are the bodies of
    all confirmations, `oddities` the answers that no client should ever see. `confirmed` are the moments at
    which confirmations came, `refused` those at which was asked what then was refused, in seconds.
    """

    name: str
    wish: Wish
    ending: str = STUCK
    bodies: list[bytes] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    oddities: list[str] = field(default_factory=list)
    confirmed: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)


def audit(told: Sequence[Told], businesses: Mapping[str, Json]) -> list[str]:
    """Every broken promise; `businesses` are the emulator's, by mailbox, with their appointments."""
    appointments = [(box, one) for box, all_of in businesses.items() for one in all_of["appointments"]]
    seats = Counter(wish for box, one in appointments for wish in _wishes(box, one))
    broken: list[str] = []
    for one in told:
        broken += _answers(one)
        broken += _outcome(one, seats[one.wish])
    broken += _references(appointments)
    broken += _strangers(told, appointments)
    for _, appointment in appointments:
        broken += _seats(appointment)
    broken += _staff(appointments)
    broken += _customers(businesses)
    return broken


def _answers(told: Told) -> Iterator[str]:
    """No answer is odd, every confirmation of an intent is the same, byte for byte, and stands.

    The other order is no contradiction: what was refused may be tried again, and be free by then.
    """
    for oddity in told.oddities:
        yield f"{told.name}: {oddity}"
    if len(set(told.bodies)) > 1:
        yield f"{told.name}: its confirmations differ: {sorted(set(told.bodies))}"
    if told.confirmed and any(asked > min(told.confirmed) for asked in told.refused):
        yield f"{told.name}: confirmed to one client, then refused to another"
    if told.ending == STUCK:
        yield f"{told.name}: no final answer, only {dict(told.codes)}"


def _outcome(told: Told, seats: int) -> Iterator[str]:
    """Confirmed is one seat, refused is none, and whoever left has at most one."""
    if seats > 1:
        yield f"{told.name}: booked {seats} times ({told.ending})"
    elif told.ending == CONFIRMED and seats == 0:
        yield f"{told.name}: confirmed, but its customer is in no appointment"
    elif told.ending == REFUSED and seats == 1:
        yield f"{told.name}: refused, but booked"


def _wishes(box: str, appointment: Json) -> Iterator[Wish]:
    """What the customers in an appointment must have asked for."""
    for each in appointment["customers"]:
        email = (each["emailAddress"] or "").casefold()
        yield Wish(box, appointment["serviceId"], _instant(appointment["start"]), email)


def _references(appointments: Iterable[tuple[str, Json]]) -> Iterator[str]:
    """A reference is carried by one appointment."""
    found = Counter(match[1] for _, one in appointments if (match := _reference(one)))
    yield from (f"{name}: carried by {count} appointments" for name, count in found.items() if count > 1)


def _reference(appointment: Json) -> re.Match[str] | None:
    return REFERENCE.search(appointment["serviceNotes"] or "")


def _strangers(told: Iterable[Told], appointments: Iterable[tuple[str, Json]]) -> Iterator[str]:
    """Nobody is in an appointment who did not ask for it, and no appointment is left without customers."""
    wishes = {one.wish for one in told}
    for box, one in appointments:
        if not one["customers"]:
            yield f"{one['id']}: an appointment without customers is left ({one['serviceNotes']})"
        strangers = (wish.email for wish in _wishes(box, one) if wish not in wishes)
        yield from (f"{one['id']}: {email} did not ask for this" for email in strangers)


def _seats(appointment: Json) -> Iterator[str]:
    """No appointment has more customers than seats, nor one customer twice."""
    filled, most = len(appointment["customers"]), appointment["maximumAttendeesCount"]
    if filled > most:
        yield f"{appointment['id']}: {filled} customers on {most} seats"
    for kind in ("customerId", "emailAddress"):
        counts = Counter(each[kind] for each in appointment["customers"])
        yield from (f"{appointment['id']}: {who} is in twice" for who, count in counts.items() if count > 1)


def _staff(appointments: Iterable[tuple[str, Json]]) -> Iterator[str]:
    """No staff member has two appointments that overlap, buffers included."""
    taken: defaultdict[tuple[str, str], list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for box, one in appointments:
        begins = _instant(one["start"]) - _length(one["preBuffer"])
        ends = _instant(one["end"]) + _length(one["postBuffer"])
        for staff_id in one["staffMemberIds"]:
            taken[box, staff_id].append((begins, ends, one["id"]))
    for (_, staff_id), times in taken.items():
        yield from (f"{staff_id}: {first} and {second} overlap" for first, second in _overlaps(times))


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
