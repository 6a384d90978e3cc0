"""Write the tables of time zones in `shared/domain` anew: `python -m devtools.time_zones`.

It joins what Microsoft calls time zones (`names.py`), CLDR's table of Windows ids (as tzlocal ships it) and
the rules of the time zone database (tzdata). Run it after either package was updated, and read the
difference: `tests/unit/test_zone_tables.py` says when that is due.
"""

import sys
import textwrap
from datetime import UTC, datetime
from importlib import metadata, resources
from pathlib import Path

from tzlocal.windows_tz import tz_win, win_tz

from devtools.time_zones.clocks import Changes, changes, year
from devtools.time_zones.names import DISPLAY, GRAPH, RETIRED

TARGET = Path("shared/domain")
YEARS = 10
"""How far ahead two zones have to show the same clock to stand for one another."""

NEW_IN_WINDOWS = frozenset(
    {"Alberta Standard Time", "British Columbia Standard Time", "Manitoba Standard Time"}
)
"""Ids of autumn 2026, unknown to servers that were not updated: taken only where nothing else fits."""

MOVED = frozenset({"America/Chihuahua"})
"""Documented names whose clock has changed since the list was made: a server may mean the old one."""

CURRENT = {
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Godthab": "America/Nuuk",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Etc/UTC": "UTC",
    "Europe/Kiev": "Europe/Kyiv",
}
"""CLDR keeps the oldest name of a zone; these are the names that the time zone database uses today."""

WINDOWS_HEAD = '''"""What Windows calls time zones. Written by `python -m devtools.time_zones`; do not edit.

A row has a Windows id, its IANA zone, and the places in the names that Windows shows people for it, older
wordings after a semicolon; ids that Windows no longer offers come last. Sources: CLDR's windowsZones (tzlocal
{tzlocal}) and Microsoft's documents of 2026-11. Written on {today}.
"""

'''
DOCUMENTED_HEAD = '''"""Zones that Graph documents. Written by `python -m devtools.time_zones`; do not edit.

A row has a value that is documented for dateTimeTimeZone, and the IANA zones that show the same clock until
the end of {until}. Sources: Microsoft's documentation of 2026-11, CLDR's windowsZones (tzlocal {tzlocal}) and
the time zone database (tzdata {tzdata}). Written on {today}.
"""

'''


def iana_names() -> list[str]:
    """All names of the time zone database that mean the same on every machine."""
    names = resources.files("tzdata").joinpath("zones").read_text("utf-8").split()
    return sorted(set(names) - {"Factory"})


def windows_rows() -> list[str]:
    """`id|zone|places` for each Windows id, in the order of the file, the retired ones last."""
    current = [line.split("|") for line in DISPLAY.strip().splitlines()]
    missing = set(win_tz) ^ {windows for windows, _ in current}
    if missing:
        raise SystemExit(f"devtools/time_zones/names.py and CLDR differ in {sorted(missing)}")
    rows = [f"{windows}|{_current(win_tz[windows])}|{places}" for windows, places in current]
    return rows + [
        "|".join((windows, _current(zone), places))
        for windows, zone, places in (line.split("|") for line in RETIRED.strip().splitlines())
    ]


def _current(name: str) -> str:
    return CURRENT.get(name, name)


def documented(start: int) -> dict[str, list[str]]:
    """Documented value to the other IANA names that it stands for; each listed IANA name has an entry."""
    listed = GRAPH.split()
    found: dict[str, list[str]] = {name: [] for name in listed}
    for name in iana_names():
        chosen = None if name in listed else _same_clock(name, listed, start)
        if chosen is not None:
            found.setdefault(chosen, []).append(name)
    return found


def _same_clock(name: str, listed: list[str], start: int) -> str | None:
    """The documented value with the same clock: from this year's beginning if possible, else from now on.

    A listed IANA name before a Windows id: one that Windows does not tell from this zone before one of the
    same continent, and that before others. Windows ids that servers have long known come first.
    """
    near = sorted((one for one in listed if one not in MOVED), key=lambda one: _distance(one, name))
    windows = sorted(win_tz, key=lambda one: one in NEW_IN_WINDOWS)
    old = [one for one in windows if one not in NEW_IN_WINDOWS]
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for since, ids in ((year(start), old), (now, windows)):
        zones = {**{one: one for one in near}, **{one: win_tz[one] for one in ids}}
        wanted = _clock(name, since, start)
        found = next((value for value, zone in zones.items() if _clock(zone, since, start) == wanted), None)
        if found is not None:
            return found
    return None


def _distance(one: str, name: str) -> tuple[bool, bool]:
    same_windows = tz_win.get(one) == tz_win.get(name)
    return not same_windows, one.partition("/")[0] != name.partition("/")[0]


def _clock(name: str, since: datetime, start: int) -> Changes:
    return changes(name, since, year(start + YEARS))


def windows_module(today: datetime) -> str:
    """`shared/domain/windows_zones.py` as a text."""
    rows = "\n".join(windows_rows())
    return f'{_head(WINDOWS_HEAD, today)}WINDOWS = """\n{rows}\n"""  # noqa: E501 (a row is a row)\n'


def documented_module(today: datetime) -> str:
    """`shared/domain/documented_zones.py` as a text."""
    lines = [f"{value}|{' '.join(names)}" for value, names in sorted(documented(today.year).items())]
    rows = [
        part
        for line in lines
        for part in textwrap.wrap(line, 108, subsequent_indent=" ", break_on_hyphens=False)
    ]
    return _head(DOCUMENTED_HEAD, today) + 'DOCUMENTED = """\n' + "\n".join(rows) + '\n"""\n'


def _head(text: str, today: datetime) -> str:
    return text.format(
        until=today.year + YEARS - 1,
        tzlocal=metadata.version("tzlocal"),
        tzdata=metadata.version("tzdata"),
        today=today.date(),
    )


def main() -> None:
    """Write the modules."""
    today = datetime.now(UTC)
    for name, text in (
        ("windows_zones", windows_module(today)),
        ("documented_zones", documented_module(today)),
    ):
        path = TARGET / f"{name}.py"
        path.write_text(text, "utf-8")
    from devtools.time_zones.pages import PAGE, renewed  # noqa: PLC0415 (it reads what was just written)

    PAGE.write_text(renewed(), "utf-8")
    print("The tables are written.", file=sys.stderr)


if __name__ == "__main__":
    main()
