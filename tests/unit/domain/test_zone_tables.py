"""The tables of time zones that were written by `python -m devtools.time_zones`, against their sources."""

import re
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tzlocal.windows_tz import win_tz

from devtools.time_zones.clocks import changes, year
from devtools.time_zones.names import DISPLAY, GRAPH, RETIRED
from devtools.time_zones.pages import table
from shared.domain.windows_zones import WINDOWS
from shared.domain.zones import documented_zone, iana_zone
from tests.unit.domain.test_zones import ZONES

ROOT = Path(__file__).parents[2]
ROWS = [line.split("|") for line in DISPLAY.strip().splitlines()]
NEXT = datetime(2026, 12, 1, tzinfo=UTC)


def clock(name: str) -> object:
    return changes(name, NEXT, year(2036))


def offset(zone: str) -> str:
    """The standard offset as display names of Windows state it."""
    january, july = (datetime(2027, m, 1, tzinfo=ZoneInfo(zone)).utcoffset() or timedelta() for m in (1, 7))
    minutes = int(min(january, july).total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def test_every_windows_id_of_cldr_is_there() -> None:
    """When CLDR adds a Windows id, the tables are to be written anew."""
    assert {windows for windows, _ in ROWS} == set(win_tz)
    assert len(ROWS) > 140


@pytest.mark.parametrize(("windows", "places"), ROWS, ids=[windows for windows, _ in ROWS])
def test_every_windows_zone_is_read_in_all_its_forms(windows: str, places: str) -> None:
    """Id and display name, with UTC and with GMT, in any case of letters, without the places' offset."""
    zone = win_tz[windows]
    for place in places.split("; "):
        shown = f"(UTC{offset(zone)}) {place}"
        forms = [
            windows,
            windows.upper(),
            shown,
            shown.lower(),
            shown.replace("UTC", "GMT", 1),
            f" {shown}  ",
        ]
        if " - Old" not in place and not place.startswith("La Paz"):
            forms.append(place)
        for form in forms:
            assert clock(iana_zone(form).key) == clock(zone), form


def test_the_names_of_utc() -> None:
    """Windows writes UTC itself without an offset, and London with or without one."""
    for name in (
        "(UTC) Coordinated Universal Time",
        "(GMT) Coordinated Universal Time",
        "utc",
        "Zulu",
        "GMT",
    ):
        assert clock(iana_zone(name).key) == clock("UTC")
    for name in (
        "(UTC) Dublin, Edinburgh, Lisbon, London",
        "(GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London",
    ):
        assert iana_zone(name).key == "Europe/London"


def test_ids_that_windows_no_longer_offers_are_read() -> None:
    """Old mailboxes carry them still."""
    for windows, zone, _ in (line.split("|") for line in RETIRED.strip().splitlines()):
        assert clock(iana_zone(windows).key) == clock(zone)


@pytest.mark.parametrize("name", [name for name in ZONES if name != "Antarctica/Troll"])
def test_every_zone_has_a_documented_name_with_the_same_clock(name: str) -> None:
    """Graph is told a Windows id or a listed IANA name that shows the visitor's time for ten years."""
    sent = documented_zone(name)
    assert sent is not None
    assert sent in set(GRAPH.split()) | set(win_tz)
    assert clock(win_tz.get(sent, sent)) == clock(name)


def test_what_is_listed_is_sent_as_it_is() -> None:
    """No listed name is replaced by another one."""
    assert {name: documented_zone(name) for name in GRAPH.split()} == {name: name for name in GRAPH.split()}


@pytest.mark.parametrize("name", ["Antarctica/Troll", "Mars/Olympus", ""])
def test_a_clock_that_no_documented_zone_shows_is_not_sent(name: str) -> None:
    """Troll changes its clocks by two hours, as nobody else does."""
    assert documented_zone(name) is None


def test_the_page_shows_the_table() -> None:
    """docs/time-zones.md lists every Windows id with its display names and its IANA zone."""
    page = (ROOT / "docs/time-zones.md").read_text("utf-8")
    assert table() in page
    told = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    assert set(told) >= set(chain(win_tz, (line.split("|")[0] for line in WINDOWS.strip().splitlines())))
