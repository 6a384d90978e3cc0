"""The languages of the booking page: which one to speak, and its words for dates, times and money."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.api.texts_de import GERMAN
from shared.api.texts_en import ENGLISH
from shared.api.texts_es import SPANISH
from shared.api.texts_fr import FRENCH
from shared.api.texts_language import Language
from shared.domain.zones import local_day

LANGUAGES = {one.tag: one for one in (ENGLISH, FRENCH, GERMAN, SPANISH)}
DEFAULT = ENGLISH.tag
MINUS = "\N{MINUS SIGN}"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}
WEIGHT = re.compile(r"\s*([A-Za-z-]{1,20}|\*)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")


class Texts:
    """One language, ready to be asked."""

    def __init__(self, tag: str) -> None:
        self.language: Language = LANGUAGES[tag]

    @property
    def tag(self) -> str:
        """The language's tag for `lang`."""
        return self.language.tag

    def __call__(self, key: str, **values: object) -> str:
        """The sentence with this key; KeyError where there is none."""
        return self.language.texts[key].format(**values)

    def code(self, code: str, fallback: str = "code.internal-error") -> str:
        """The sentence for a problem's, rule's or field's code."""
        return self.language.texts.get(f"code.{code}") or self(fallback)

    def long_date(self, day: date) -> str:
        """A date with its weekday, in full."""
        return self(
            "date.first" if day.day == 1 else "date",
            weekday=self.language.weekdays[day.weekday()],
            day=day.day,
            month=self.language.months[day.month - 1],
            year=day.year,
        )

    def month(self, day: date) -> str:
        """A month with its year."""
        return self("date.month", month=self.language.months[day.month - 1], year=day.year)

    def clock(self, local: datetime) -> str:
        """A time of day."""
        if not self.language.has_12_hours:
            return f"{local:%H:%M}"
        return f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"  # noqa: PLR2004

    def elsewhere(self, instant: datetime, zone: ZoneInfo, shown: ZoneInfo) -> str:
        """The same instant in another zone, with the weekday where the dates differ."""
        local = instant.astimezone(zone)
        time = self.clock(local)
        if local_day(instant, zone) != local_day(instant, shown):
            time = f"{self.language.short_weekdays[local.weekday()]} {time}"
        return self("time.in", time=time, city=city(zone))

    def length(self, span: timedelta) -> str:
        """A duration in days, hours and minutes."""
        minutes = int(span.total_seconds()) // 60
        days, hours = minutes // 1440, minutes // 60 % 24
        parts = ((days, "unit.days"), (hours, "unit.hours"), (minutes % 60, "unit.minutes"))
        return " ".join(self(key, n=number) for number, key in parts if number) or self("unit.minutes", n=0)

    def money(self, amount: float, currency: str | None) -> str:
        """An amount of money as this language writes it."""
        number = f"{amount:.2f}"
        sign = SYMBOLS.get(currency or "", currency or "")
        if self.language.decimal_comma:
            return f"{number.replace('.', ',')} {sign}".strip()
        return f"{sign}{number}" if currency in SYMBOLS else f"{sign} {number}".strip()


def city(zone: ZoneInfo) -> str:
    """The city that a zone is named after."""
    return zone.key.rsplit("/", 1)[-1].replace("_", " ")


def offset(local: datetime) -> str:
    """The distance from UTC that clocks have at this local time."""
    minutes = int((local.utcoffset() or timedelta()).total_seconds()) // 60
    sign = MINUS if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60}" + (f":{abs(minutes) % 60:02}" if minutes % 60 else "")


def chosen(wanted: str, accepted: str) -> str:
    """The language asked for, else the best one that the header Accept-Language accepts."""
    if wanted in LANGUAGES:
        return wanted
    ranked: list[tuple[float, str]] = []
    for part in accepted[:1000].split(","):
        found = WEIGHT.fullmatch(part)
        if found is not None:
            ranked.append((float(found[2] or 1), found[1].lower().split("-")[0]))
    ranked.sort(key=lambda one: -one[0])
    return next((tag for weight, tag in ranked if weight > 0 and tag in LANGUAGES), DEFAULT)
