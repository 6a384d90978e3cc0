"""Time zone names as Graph uses them: UTC, Windows ids, their display names and IANA names."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import tz_win, win_tz

_DISPLAY = {
    "Central Standard Time": "(UTC-06:00) Central Time (US & Canada)",
    "Eastern Standard Time": "(UTC-05:00) Eastern Time (US & Canada)",
    "Mountain Standard Time": "(UTC-07:00) Mountain Time (US & Canada)",
    "Pacific Standard Time": "(UTC-08:00) Pacific Time (US & Canada)",
    "GMT Standard Time": "(UTC+00:00) Dublin, Edinburgh, Lisbon, London",
    "Romance Standard Time": "(UTC+01:00) Brussels, Copenhagen, Madrid, Paris",
    "W. Europe Standard Time": "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
    "India Standard Time": "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi",
    "Tokyo Standard Time": "(UTC+09:00) Osaka, Sapporo, Tokyo",
}
_BY_DISPLAY = {display: windows for windows, display in _DISPLAY.items()}


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
    windows = _BY_DISPLAY.get(name, name)
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
    if windows == "UTC":
        return "(UTC) Coordinated Universal Time"
    return _DISPLAY.get(windows) or f"({_standard_offset(zone.rules)}) {windows}"


def _standard_offset(rules: tzinfo) -> str:
    offsets = [rules.utcoffset(datetime(2026, month, 1)) for month in (1, 7)]  # noqa: DTZ001 - wall times
    minutes = int(min(offset or timedelta() for offset in offsets).total_seconds() // 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
