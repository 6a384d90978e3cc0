"""The words of one language, from its file in `locales`, and sentences that need dates and times in them."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from shared.domain.clocks import comes_twice, same_time
from shared.domain.intervals import local_day
from shared.pages.formats import Formats, offset
from shared.pages.languages import LANGUAGES, LOCALES, Choice

OTHER = "other"
"""The plural form that every language has."""


@cache
def sentences(tag: str) -> Mapping[str, str | Mapping[str, str]]:
    """A language's sentences by key, such as `day.choose`; by plural form where a number decides."""
    with (LOCALES / f"{tag}.toml").open("rb") as file:
        groups = tomllib.load(file)
    return {f"{group}.{name}": text for group, texts in groups.items() for name, text in texts.items()}


@cache
def names() -> Mapping[str, str]:
    """Each language's own name by its tag."""
    return {tag: str(sentences(tag)["language.name"]) for tag in LANGUAGES}


class Texts:
    """One language with its formats, ready to be asked."""

    def __init__(self, choice: Choice) -> None:
        self.tag = choice.tag
        self.formats = Formats(choice)
        self._sentences = sentences(choice.tag)

    def __call__(self, key: str, **values: object) -> str:
        """The sentence with this key; KeyError if there is none."""
        sentence = self._sentences[key]
        if isinstance(sentence, Mapping):
            raise KeyError(key)
        return sentence.format(**{name: self._written(value) for name, value in values.items()})

    def count(self, key: str, n: int) -> str:
        """The sentence for a number, in the plural form that it takes where the language has some."""
        forms = self._sentences[key]
        if isinstance(forms, str):
            return self(key, n=n)
        return (forms.get(self.formats.plural(n)) or forms[OTHER]).format(n=self._written(n))

    def code(self, code: str, fallback: str = "code.internal-error") -> str:
        """The sentence for a problem's, rule's or field's code."""
        return self(f"code.{code}" if f"code.{code}" in self._sentences else fallback)

    def city(self, zone: ZoneInfo) -> str:
        """The city that a zone is named after."""
        return self.formats.zones.city(zone)

    def zone(self, zone: ZoneInfo, day: date) -> str:
        """A zone in full: its city and country, and how far its clocks are from UTC at noon of a day."""
        at, country = self.city(zone), self.formats.zones.country(zone)
        place = self("zone.place", city=at, country=country) if country not in {None, at} else at
        return f"{place} ({offset(datetime.combine(day, time(12), zone))})"

    def clock(self, instant: datetime, zone: ZoneInfo) -> str:
        """A time of day; where clocks are put back it comes twice, and the offset tells which one it is."""
        local = instant.astimezone(zone)
        clock = self.formats.clock(local)
        return f"{clock} ({offset(local)})" if comes_twice(instant, zone) else clock

    def elsewhere(self, instant: datetime, zone: ZoneInfo, shown: ZoneInfo) -> str | None:
        """The same instant in another zone, with the weekday where dates differ; None where clocks agree."""
        if same_time(instant, zone, shown):
            return None
        local = instant.astimezone(zone)
        shown_as = self.clock(instant, zone)
        if local_day(instant, zone) != local_day(instant, shown):
            shown_as = f"{self.formats.weekday(local.date())} {shown_as}"
        return self("time.in", time=shown_as, city=self.city(zone))

    def when(self, start: datetime, zone: ZoneInfo) -> str:
        """A start that cannot be misread: date, time and zone."""
        day, clock = self.formats.long_date(local_day(start, zone)), self.clock(start, zone)
        return self("time.full", date=day, time=clock, city=self.city(zone))

    def length(self, span: timedelta) -> str:
        """A duration in days, hours and minutes."""
        minutes = int(span.total_seconds()) // 60
        days, hours = minutes // 1440, minutes // 60 % 24
        parts = ((days, "unit.days"), (hours, "unit.hours"), (minutes % 60, "unit.minutes"))
        said = [self.count(key, number) for number, key in parts if number]
        return " ".join(said) or self.count("unit.minutes", 0)

    def _written(self, value: object) -> object:
        return self.formats.digits(value) if isinstance(value, int) else value
