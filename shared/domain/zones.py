"""Time zones: what they are called, and local times that do not exist or occur twice.

Everything is computed from the zone that is named; the zone of the process plays no part. Rules come from the
packaged time zone database alone: a machine's own may be years older, and two workers would then disagree.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo, reset_tzpath

from shared.domain.documented_zones import DOCUMENTED
from shared.domain.errors import Violation
from shared.domain.intervals import instants
from shared.domain.windows_zones import WINDOWS

reset_tzpath(())

LONGEST_NAME = 100


class UnknownZone(ValueError):
    """The name is neither an IANA zone nor a Windows one."""


class LocalTimeRefused(ValueError):
    """A local time that names no instant, or two; `violation` says so to the caller."""

    code = ""
    detail = ""

    @property
    def violation(self) -> Violation:
        """The broken rule, lying at the booking request's `start`."""
        return Violation(self.code, self.detail)


class NonexistentLocalTime(LocalTimeRefused):
    """The clocks skip this local time, as they do with 2:30 when summer time begins at 2:00."""

    code = "nonexistent-local-time"
    detail = "This local time does not exist: the clocks are put forward over it."


class AmbiguousLocalTime(LocalTimeRefused):
    """The clocks show this local time twice, as they do with 1:30 when summer time ends at 2:00."""

    code = "ambiguous-local-time"
    detail = "This local time occurs twice that day: send the start with its offset from UTC."


@lru_cache(maxsize=1024)
def iana_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name, a Windows id or a Windows display name; raises UnknownZone.

    The case of letters plays no part, nor do accents and spaces beyond one. IANA names may be deprecated
    ones. Windows ids follow CLDR's table; display names look like `(UTC-03:00) Brasilia` or `(GMT-03:00)
    Brasilia`.
    """
    if len(name) > LONGEST_NAME:
        raise UnknownZone("the name of the time zone is too long")
    plain = _plain(name)
    found = (
        _iana_names().get(plain.replace(" ", "_")) or _windows_names().get(plain) or _from_display_name(plain)
    )
    if found is None:
        raise UnknownZone("no such time zone")
    return ZoneInfo(found)


@lru_cache(maxsize=1024)
def documented_zone(name: str) -> str | None:
    """What Microsoft Graph may be told of a zone: a documented value that shows its clock for years to come.

    The IANA name itself where it is listed; None where no documented zone shows this clock, or nobody knows
    the zone. Source: dateTimeTimeZone, "timeZone": the zones of Windows and some hundred IANA names.
    """
    try:
        return _documented().get(iana_zone(name).key)
    except UnknownZone:
        return None


_LOOKALIKES = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2010": "-", "\u2019": "'", "\u02bc": "'"})


def _plain(name: str) -> str:
    """The name without what people and programs write differently: case, accents, minus signs, spaces."""
    if not name.isascii():
        letters = (one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
        name = "".join(letters).translate(_LOOKALIKES)
    return " ".join(name.casefold().split())


_DROPPED = {"US/Pacific-New": "America/Los_Angeles", "Canada/East-Saskatchewan": "America/Regina"}
"""Names that the time zone database had until 2017 and 2020, and old devices still send."""


@cache
def _iana_names() -> Mapping[str, str]:
    # The list that tzdata ships, because a directory of zones also holds names such as `localtime`,
    # whose meaning depends on the machine.
    names = set(resources.files("tzdata").joinpath("zones").read_text("utf-8").split()) - {"Factory"}
    return {_plain(old): new for old, new in (*_DROPPED.items(), *((name, name) for name in names))}


@cache
def _windows_rows() -> Sequence[tuple[str, str, Sequence[str]]]:
    rows = (line.split("|") for line in WINDOWS.strip().splitlines())
    return [(_plain(windows), zone, _plain(places).split("; ")) for windows, zone, places in rows]


@cache
def _windows_names() -> Mapping[str, str]:
    return {windows: zone for windows, zone, _ in _windows_rows()}


@cache
def _documented() -> Mapping[str, str]:
    rows = (line.split("|") for line in DOCUMENTED.replace("\n ", " ").strip().splitlines())
    return {name: value for value, names in rows for name in (value, *names.split())}


_DISPLAY_NAME = re.compile(
    r"(?:\(? ?(?:utc|gmt) ?(?:(?P<sign>[+-]) ?(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?)? ?\)? ?)?"
    r"(?P<places>.*)"
)


def _from_display_name(name: str) -> str | None:
    parts = _DISPLAY_NAME.fullmatch(name)
    if parts is None or not parts["places"]:
        return None
    offset = timedelta(hours=int(parts["hours"] or 0), minutes=int(parts["minutes"] or 0))
    stated = -offset if parts["sign"] == "-" else offset
    found = _of_places(parts["places"])
    if parts.start("places") == 0:
        return next(iter(found), None)
    cities = (zone for city in parts["places"].split(", ") for zone in _cities().get(city, ()))
    return next((zone for zone in (*found, *cities) if _has_kept(zone, stated)), None)


def _of_places(places: str) -> Sequence[str]:
    """The zones whose display name has exactly these places, or whose Windows id stands in their place."""
    return [zone for windows, zone, known in _windows_rows() if places in known or places == windows]


@cache
def _cities() -> Mapping[str, Sequence[str]]:
    """City to the zones that name it: first those of Windows, then those of the time zone database."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for _, zone, known in _windows_rows():
        for city in {city for places in known for city in places.split(", ")}:
            found[city].append(zone)
    for name in sorted(_iana_names().values()):
        found[_plain(name.rpartition("/")[2].replace("_", " "))].append(name)
    return found


def _has_kept(zone: str, offset: timedelta) -> bool:
    """Whether clocks there have shown this offset in a January or July since 2007, or will within ten years.

    Display names state the standard offset of the year in which Windows was made.
    """
    return offset in _kept(zone)


@cache
def _kept(zone: str) -> frozenset[timedelta | None]:
    rules = ZoneInfo(zone)
    return frozenset(
        datetime(year, month, 1, tzinfo=rules).utcoffset() for year in range(2007, 2037) for month in (1, 7)
    )


def to_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a local time in `zone`; a time with an offset is taken as the instant it names.

    Raises NonexistentLocalTime and AmbiguousLocalTime for a local time without an offset.
    """
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    meant = list(instants(local, zone))
    if not meant:
        raise NonexistentLocalTime(NonexistentLocalTime.detail)
    if len(meant) > 1:
        raise AmbiguousLocalTime(AmbiguousLocalTime.detail)
    return meant[0]
