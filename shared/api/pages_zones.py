"""The time zones that the page lets visitors choose from."""

from collections.abc import Sequence
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

from shared.api.texts import city, offset
from shared.domain.model import Business
from shared.domain.zones import iana_zone


def choices(visitors: ZoneInfo, business: Business, today: date) -> Sequence[tuple[str, str]]:
    """Zones from west to east with the offsets of today.

    Between them they keep every clock of the world: one zone for each of CLDR's territories of time,
    the visitor's own and the business's.
    """
    names = {*_usual(), visitors.key, iana_zone(business.time_zone).key}
    noon = {name: datetime.combine(today, time(12), ZoneInfo(name)) for name in names}
    ordered = sorted(names, key=lambda name: (noon[name].utcoffset(), name.rsplit("/", 1)[-1]))
    return [(name, f"{city(ZoneInfo(name))} ({offset(noon[name])})") for name in ordered]


@lru_cache(maxsize=1)
def _usual() -> frozenset[str]:
    return frozenset(name for name in win_tz.values() if "/" in name and not name.startswith("Etc/"))
