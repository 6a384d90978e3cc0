"""The time zones that a visitor may choose to read times in."""

from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from shared.domain.clocks import same_zone
from shared.pages.texts import Texts
from shared.pages.zones.names import of_today

LISTED = (
    "Africa/Cairo", "Africa/Casablanca", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi",
    "America/Adak", "America/Anchorage", "America/Argentina/Buenos_Aires", "America/Bogota",
    "America/Caracas", "America/Chicago", "America/Denver", "America/Halifax", "America/Havana",
    "America/Los_Angeles", "America/Mexico_City", "America/Miquelon", "America/New_York",
    "America/Nuuk", "America/Phoenix", "America/Santiago", "America/Sao_Paulo", "America/St_Johns",
    "America/Toronto", "America/Vancouver", "Asia/Baghdad", "Asia/Bangkok", "Asia/Beirut", "Asia/Dhaka",
    "Asia/Dubai", "Asia/Ho_Chi_Minh", "Asia/Hong_Kong", "Asia/Jakarta", "Asia/Jerusalem", "Asia/Kabul",
    "Asia/Karachi", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Manila", "Asia/Riyadh", "Asia/Seoul",
    "Asia/Shanghai", "Asia/Singapore", "Asia/Tashkent", "Asia/Tehran", "Asia/Tokyo", "Asia/Yangon",
    "Atlantic/Azores", "Atlantic/Cape_Verde", "Atlantic/Reykjavik", "Australia/Adelaide",
    "Australia/Brisbane", "Australia/Darwin", "Australia/Eucla", "Australia/Lord_Howe",
    "Australia/Perth", "Australia/Sydney", "Europe/Athens", "Europe/Berlin", "Europe/Istanbul",
    "Europe/Kyiv", "Europe/London", "Europe/Madrid", "Europe/Moscow", "Europe/Paris", "Europe/Rome",
    "Europe/Warsaw", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Easter", "Pacific/Fiji",
    "Pacific/Guadalcanal", "Pacific/Honolulu", "Pacific/Kiritimati", "Pacific/Marquesas",
    "Pacific/Norfolk", "Pacific/Tongatapu",
)  # fmt: skip
"""Zones that many visitors look for, and one for each other clock of the world; a search finds the rest.

Every page with times has them, so that each counts against the page's weight.
"""


def zone_choices(
    t: Texts, visitors: ZoneInfo, business: ZoneInfo, today: date, found: Sequence[str] = ()
) -> Sequence[tuple[str, str]]:
    """Zones from west to east with their countries and the offsets of today.

    Between them they keep every clock of the world; the visitor's own and the business's are always there.
    Where zones were `found`, only those and these two.
    """
    own, theirs = of_today(visitors).key, of_today(business).key
    kept = (own,) if same_zone(own, theirs) else (own, theirs)
    others = found or LISTED
    names = {*kept, *(one for one in others if not any(same_zone(one, name) for name in kept))}
    noon = {name: datetime.combine(today, time(12), ZoneInfo(name)) for name in names}
    ordered = sorted(names, key=lambda name: (noon[name].utcoffset(), t.city(ZoneInfo(name))))
    return [(name, t.zone(ZoneInfo(name), today)) for name in ordered]
