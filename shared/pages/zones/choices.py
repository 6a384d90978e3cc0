"""The time zones that a visitor may choose to read times in."""

from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from shared.domain.clocks import same_zone
from shared.pages.texts import Texts
from shared.pages.zones.names import of_today, usual_zones


def zone_choices(
    t: Texts, visitors: ZoneInfo, business: ZoneInfo, today: date, found: Sequence[str] = ()
) -> Sequence[tuple[str, str]]:
    """Zones from west to east with their countries and the offsets of today.

    Between them they keep every clock of the world: one zone for each of CLDR's territories of time,
    the visitor's own and the business's. Where zones were `found`, those and the visitor's own.
    """
    own, theirs = of_today(visitors).key, of_today(business).key
    kept = (own,) if same_zone(own, theirs) else (own, theirs)
    others = found or usual_zones()
    names = {*kept, *(one for one in others if not any(same_zone(one, name) for name in kept))}
    noon = {name: datetime.combine(today, time(12), ZoneInfo(name)) for name in names}
    ordered = sorted(names, key=lambda name: (noon[name].utcoffset(), t.city(ZoneInfo(name))))
    return [(name, t.zone(ZoneInfo(name), today)) for name in ordered]
