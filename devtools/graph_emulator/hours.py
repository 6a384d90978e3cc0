"""Weekly hours in a local time zone, turned into instants day by day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from devtools.graph_emulator.exchange import Json
from devtools.graph_emulator.store import Business
from devtools.graph_emulator.zones import resolve

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Window = tuple[datetime, datetime]


def working_windows(business: Business, member: Json, start: datetime, end: datetime) -> list[Window]:
    """The member's hours in UTC on every whole local day that the time from start to end touches."""
    own = not member["useBusinessHours"]
    rules = _rules(member["timeZone"] if own else business.zone_name)
    hours: list[Json] = member["workingHours"] if own else business.record["businessHours"]
    by_day = {each["day"]: each["timeSlots"] for each in hours}
    return [
        window
        for day in local_days(rules, start, end)
        for slot in by_day.get(_DAYS[day.weekday()]) or ()
        for window in _window(rules, day, slot)
    ]


def whole_days(business: Business, member: Json, start: datetime, end: datetime) -> list[Window]:
    """Midnight to midnight on the same days, for the report that hours are not looked at."""
    rules = _rules(business.zone_name if member["useBusinessHours"] else member["timeZone"])
    days = list(local_days(rules, start, end))
    return [(_instant(rules, days[0], time()), _instant(rules, days[-1] + timedelta(days=1), time()))]


def local_days(rules: tzinfo, start: datetime, end: datetime) -> Iterator[date]:
    """The local dates from start to end, a day that begins at the end not among them."""
    day = start.astimezone(rules).date()
    last = (end - timedelta(microseconds=1)).astimezone(rules).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def _rules(name: str | None) -> tzinfo:
    zone = resolve(name or "UTC")
    return zone.rules if zone is not None else UTC


def _window(rules: tzinfo, day: date, slot: Json) -> Iterator[Window]:
    try:
        opens, closes = (_clock(slot[name]) for name in ("start", "end"))
    except (TypeError, KeyError, ValueError, AttributeError):
        return  # hours that make no sense are nobody's
    # A slot that ends at midnight, or before it starts, runs into the next day.
    next_day = day if closes > opens else day + timedelta(days=1)
    start, end = _instant(rules, day, opens), _instant(rules, next_day, closes)
    if start < end:
        yield start, end


def _clock(text: str) -> time:
    return time() if text.startswith("24:00") else time.fromisoformat(text.split(".", maxsplit=1)[0])


def _instant(rules: tzinfo, day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, rules).astimezone(UTC)
