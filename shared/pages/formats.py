"""Dates, times and money as people of a language and a region write them (Unicode CLDR)."""

import re
from datetime import date, datetime, timedelta

from babel import Locale
from babel.core import UnknownLocaleError, get_global
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal

from shared.pages.languages import Choice
from shared.pages.zones.names import ZoneNames

MINUS = "\N{MINUS SIGN}"
BESIDE_LETTERS = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
"""Where a currency that is written in letters touches its number; CLDR parts them (currencySpacing)."""


LATIN_SIGN = re.compile(r"[A-Z]{1,4}[^\w\s.,]")
ISOLATED = "\N{LEFT-TO-RIGHT ISOLATE}\\g<0>\N{POP DIRECTIONAL ISOLATE}"
"""A currency such as US$ within a text from right to left, which would read $US."""

ZEROS = {"arab": 0x0660, "arabext": 0x06F0, "beng": 0x09E6, "deva": 0x0966, "mymr": 0x1040, "tibt": 0x0F20}
"""Where Unicode has the digits of the numbering systems that are some language's usual ones (CLDR)."""

WIDEST_HEAD = 5
"""Characters of the longest name that fits over a column of the calendar."""


class Formats:
    """How one language and region write what is no word."""

    def __init__(self, choice: Choice) -> None:
        self.locale = locale_of(choice)
        zero = ZEROS.get(self.locale.default_numbering_system, ord("0"))
        self.zones = ZoneNames(self.locale)
        self._digits = {ord("0") + n: zero + n for n in range(10)}

    @property
    def direction(self) -> str:
        """Which way the language is written, as HTML's `dir` has it."""
        return str(self.locale.text_direction)

    def digits(self, text: object) -> str:
        """A number, or a text with numbers, in the digits of the language and region."""
        return str(text).translate(self._digits)

    @property
    def first_weekday(self) -> int:
        """Where calendars begin; Monday is 0."""
        return self.locale.first_week_day

    def weekdays(self) -> list[tuple[str, str]]:
        """The days of the week, short and in full, in the order of the calendar."""
        names = self.locale.days["stand-alone"]
        usual = names["abbreviated"]
        short = usual if max(map(len, usual.values())) <= WIDEST_HEAD else names["short"]
        order = [(self.first_weekday + n) % 7 for n in range(7)]
        return [(short[day], names["wide"][day]) for day in order]

    def weekday(self, day: date) -> str:
        """The day of the week, short."""
        return format_date(day, "EEE", self.locale)

    def long_date(self, day: date) -> str:
        """A date with its weekday, in full."""
        return self.digits(format_date(day, "full", self.locale))

    def month(self, day: date) -> str:
        """A month with its year."""
        first = datetime(day.year, day.month, 1)  # noqa: DTZ001 (Babel's formats take no date)
        return self.digits(format_skeleton("yMMMM", first, locale=self.locale))

    def clock(self, local: datetime) -> str:
        """A time of day."""
        return self.digits(format_time(local.time(), "short", locale=self.locale))

    def money(self, amount: float, currency: str | None) -> str:
        """An amount of money, with as many decimals as the currency has; 2 where it is not known."""
        if currency is None:
            return self.digits(format_decimal(amount, "#,##0.00", self.locale, numbering_system="default"))
        money = format_currency(amount, currency, locale=self.locale, numbering_system="default")
        if self.direction == "rtl":
            money = LATIN_SIGN.sub(ISOLATED, money)
        return self.digits(BESIDE_LETTERS.sub("\N{NO-BREAK SPACE}", money))

    def plural(self, number: int) -> str:
        """The plural form that a number takes."""
        return self.locale.plural_form(number)


def locale_of(choice: Choice) -> Locale:
    """CLDR's locale; for a region that CLDR does not know with the language, the language's usual one."""
    usual = str(get_global("likely_subtags")[choice.tag]).rpartition("_")[2]
    try:
        return Locale(choice.tag, choice.region or usual)
    except UnknownLocaleError:
        return Locale(choice.tag, usual)


def offset(local: datetime) -> str:
    """The distance from UTC that clocks have at this local time."""
    minutes = int((local.utcoffset() or timedelta()).total_seconds()) // 60
    sign = MINUS if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60}" + (f":{abs(minutes) % 60:02}" if minutes % 60 else "")
