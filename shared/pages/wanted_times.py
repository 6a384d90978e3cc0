"""Which times a visitor may mean, by a link or a form, whether they can be had, and which lie near."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.api.requests.booking_request import YEARS
from shared.api.requests.fields import iso_moment
from shared.domain.clocks import meant
from shared.domain.intervals import ONE_DAY, local_day, on_grid
from shared.domain.model import Catalogue, Service
from shared.domain.roster import effective_policy
from shared.domain.slots import Slot
from shared.domain.zones import iana_zone

NEAR = timedelta(days=7)
"""How far around a time others are looked for."""

PUNCTUATION = ".,;:!?)]>'\""
"""What programs that make links of texts take along by mistake."""

LENGTH_OF_DATE = len("2026-12-01")


def linked(text: str, zone: ZoneInfo) -> tuple[datetime | None, date | None]:
    """The start that a link means, if it means one for certain, and the date that it is about."""
    text = text.rstrip(PUNCTUATION)
    found = _instants(text, zone)
    if not found:
        return None, date_of(text[:LENGTH_OF_DATE])
    return (found[0] if _is_certain(text, found, zone) else None), local_day(found[0], zone)


def meant_by(text: str, start: datetime | None, zone: ZoneInfo) -> Sequence[datetime]:
    """What the start of a form may mean: the one that it means for certain, else one, two or none."""
    return (start,) if start is not None else _instants(text, zone)


def windows(wanted: Sequence[datetime], now: datetime, last: date, zone: ZoneInfo) -> Iterator[date]:
    """Where to look for other times: around the wanted one as far as anything can be booked, then soon."""
    today = local_day(now, zone)
    if wanted:
        around = min(local_day(min(wanted), zone) - ONE_DAY, last - NEAR)
        yield max(around, today)
    if not wanted or around > today:
        yield today


def nearest(found: Sequence[Slot], wanted: Sequence[datetime], most: int, *, same: bool) -> Sequence[Slot]:
    """Those that lie nearest, in order; the wanted one only if it may be the `same`, or was one of two."""
    others = [one for one in found if same or len(wanted) > 1 or one.start not in wanted]
    others.sort(key=lambda one: min(abs(one.start - start) for start in wanted))
    return sorted(others[:most], key=lambda one: one.start)


def date_of(text: str) -> date | None:
    """The date of an ISO 8601 text, None where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _instants(text: str, zone: ZoneInfo) -> Sequence[datetime]:
    try:
        moment = iso_moment(text)
        if moment.year not in YEARS:  # the first and the last cannot be shown in every zone
            return ()
        return (moment.astimezone(UTC),) if moment.tzinfo else meant(moment, zone)
    except (ValueError, OverflowError):
        return ()


def _is_certain(text: str, found: Sequence[datetime], zone: ZoneInfo) -> bool:
    """Whether one instant is meant: with its offset, or by a local time that clocks show once."""
    local = iso_moment(text)
    shown = found[0].astimezone(zone).replace(tzinfo=None)
    return local.tzinfo is not None or (len(found) == 1 and shown == local)


def why_not(
    catalogue: Catalogue, service: Service, start: datetime, now: datetime, free: Iterable[Slot]
) -> str | None:
    """The key of what to say of a start, None where it is among the `free` ones.

    It names a rule that needs nobody's calendar; whatever else is in the way, the time is not free.
    """
    if any(slot.start == start for slot in free):
        return None
    policy, zone = effective_policy(catalogue.business, service), iana_zone(catalogue.business.time_zone)
    if start < now + policy.minimum_lead_time:
        return "code.too-soon"
    if start > now + policy.maximum_advance:
        return "code.too-far"
    return "code.slot-taken" if on_grid(start, policy.time_slot_interval, zone) else "code.off-grid"
