"""Time zones under the names of today, with their countries, and which of them somebody means.

Which zone lies in which country, and what it is called now, is the time zone database's (`zone.tab`); the
words for cities and countries are CLDR's.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from tzlocal.windows_tz import win_tz

LONGEST_SEARCH = 100
FEWEST_LETTERS = 2
"""Fewer, somewhere in a name, say nothing."""

WEEKS_OF_A_YEAR = 53


def of_today(zone: ZoneInfo) -> ZoneInfo:
    """The zone under the name that it has today, such as Europe/Kyiv for Europe/Kiev."""
    return ZoneInfo(_today(zone.key))


@dataclass(frozen=True, slots=True)
class ZoneNames:
    """What zones are called in one language."""

    locale: Locale

    def city(self, zone: ZoneInfo) -> str:
        """The city that a zone is named after, in the language's own word for it.

        Where a city was renamed, its name of today, which CLDR's words lag behind in most languages.
        """
        now = _today(zone.key)
        known = self.locale.time_zones
        was_renamed = now not in known and any(old in known for old in _former().get(now, ()))
        if not (was_renamed and self._is_latin):
            for name in (now, *_former().get(now, ())):
                if found := known.get(name, {}).get("city"):
                    return str(found)
        return now.rsplit("/", 1)[-1].replace("_", " ")

    def country(self, zone: ZoneInfo) -> str | None:
        """The country, or the territory, that a zone lies in; None for one at sea or of no place."""
        code = _countries().get(_today(zone.key))
        return str(self.locale.territories[code]) if code in self.locale.territories else None

    @property
    def _is_latin(self) -> bool:
        return "_Latn_" in str(get_global("likely_subtags")[self.locale.language])

    def matching(self, text: str, now: datetime) -> Sequence[str]:
        """The zones that a city, a country or a zone's name may mean; each clock by its usual zones.

        What is exactly so called comes before what begins so, and that before what only has it in its name.
        """
        wanted = _plain(text[:LONGEST_SEARCH].partition(" (")[0])
        for is_meant in _WAYS:
            found = [zone for zone, called in _called(self.locale).items() if is_meant(wanted, called)]
            if found:
                return _told_apart(found, now.year)
        return ()


_WAYS: tuple[Callable[[str, Sequence[str]], bool], ...] = (
    lambda wanted, called: wanted in called,
    lambda wanted, called: len(wanted) >= FEWEST_LETTERS and any(name.startswith(wanted) for name in called),
    lambda wanted, called: len(wanted) >= FEWEST_LETTERS and any(wanted in name for name in called),
)


def _told_apart(found: Sequence[str], year: int) -> Sequence[str]:
    """The zones that are usual, and of the others the first for each clock that no usual one has."""
    usual = [zone for zone in found if zone in usual_zones()]
    seen = {_clock(zone, year) for zone in usual}
    for zone in found:
        if zone not in usual and _clock(zone, year) not in seen:
            usual.append(zone)
            seen.add(_clock(zone, year))
    return usual


@cache
def usual_zones() -> frozenset[str]:
    """One zone for each of CLDR's territories of time."""
    return frozenset(_today(name) for name in win_tz.values() if "/" in name and not name.startswith("Etc/"))


@lru_cache(maxsize=16)
def _called(locale: Locale) -> Mapping[str, Sequence[str]]:
    """Everything that each zone is called, here and in the time zone database."""
    names, english = ZoneNames(locale), ZoneNames(Locale("en"))
    return {key: [_plain(name) for name in _all_names(key, names, english)] for key in _countries()}


def _all_names(key: str, *languages: ZoneNames) -> Sequence[str]:
    zone = ZoneInfo(key)
    found = [key, *_former().get(key, ())]
    found += [one.rsplit("/", 1)[-1] for one in found]
    for names in languages:
        city, country = names.city(zone), names.country(zone) or ""
        found += [city, country, f"{city} {country}"]
    return [name for name in found if name]


def _plain(text: str) -> str:
    """A name without case, accents and what stands between words."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(one if one.isalnum() else " " for one in spread if not unicodedata.combining(one))
    return " ".join(letters.split())


def _today(name: str) -> str:
    now = str(get_global("zone_aliases").get(name, name))
    return now if name not in _countries() and now in _countries() else name


@cache
def _countries() -> Mapping[str, str]:
    """The country of each zone that has one, a country's busiest zone first."""
    lines = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {zone: country for country, _, zone, *_ in rows}


@cache
def _former() -> Mapping[str, Sequence[str]]:
    """The names that zones had before, by those of today."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for old, now in get_global("zone_aliases").items():
        found[str(now)].append(str(old))
    return found


@lru_cache(maxsize=1024)
def _clock(zone: str, year: int) -> Sequence[timedelta | None]:
    """What clocks in a zone show, week by week from a year's beginning."""
    begin, rules = datetime(year, 1, 1, tzinfo=UTC), ZoneInfo(zone)
    weeks = (begin + timedelta(weeks=n) for n in range(2 * WEEKS_OF_A_YEAR))
    return tuple(week.astimezone(rules).utcoffset() for week in weeks)
