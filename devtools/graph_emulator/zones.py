"""Time zone names as Graph uses them: UTC, Windows ids, their display names and IANA names."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, reset_tzpath

from tzlocal.windows_tz import tz_win, win_tz

from devtools.time_zones.names import DISPLAY, GRAPH

reset_tzpath(())  # the packaged database, whatever the machine carries

_PLACES = {
    windows: places.split("; ")[0]
    for windows, _, places in (line.partition("|") for line in DISPLAY.strip().splitlines())
}
_DOCUMENTED = frozenset(GRAPH.split()) | frozenset(win_tz)


@dataclass(frozen=True, slots=True)
class Zone:
    """A resolved name: the rules, and which kind of name it was (`utc`, `windows`, `display`, `iana`)."""

    rules: tzinfo
    kind: str
    name: str


@lru_cache(maxsize=1024)
def resolve(name: str) -> Zone | None:
    """The zone of that name, or None where nobody knows it."""
    if name.upper() in {"UTC", "TZONE://MICROSOFT/UTC", "ETC/UTC"}:
        return Zone(UTC, "utc", "UTC")
    windows = _by_display().get(name, name)
    if windows in win_tz:
        return Zone(ZoneInfo(win_tz[windows]), "windows" if windows == name else "display", windows)
    try:
        return Zone(ZoneInfo(name), "iana", name)
    except (KeyError, ValueError, OSError):
        return None


def windows_id(zone: Zone) -> str:
    """The Windows id of a zone; `UTC` for UTC."""
    return tz_win.get(zone.name, "UTC") if zone.kind == "iana" else zone.name


def display_name(zone: Zone) -> str:
    """The name that Windows shows to people, `(UTC-06:00) Central Time (US & Canada)`."""
    windows = windows_id(zone)
    rules = UTC if windows == "UTC" else ZoneInfo(win_tz[windows])
    return f"({_standard_offset(rules)}) {_PLACES[windows]}"


def is_documented(name: str) -> bool:
    """Whether the documentation of dateTimeTimeZone names this zone: a Windows id, or a listed IANA name."""
    return name in _DOCUMENTED


@cache
def _by_display() -> dict[str, str]:
    zones = (Zone(UTC if one == "UTC" else ZoneInfo(win_tz[one]), "windows", one) for one in _PLACES)
    return {display_name(zone): zone.name for zone in zones}


def _standard_offset(rules: tzinfo) -> str:
    if rules is UTC:
        return "UTC"
    offsets = [rules.utcoffset(datetime(2026, month, 1)) for month in (1, 7)]  # noqa: DTZ001 - wall times
    minutes = int(min(offset or timedelta() for offset in offsets).total_seconds() // 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
