"""The page's languages: nothing is missing; dates, times and money are written as people write them."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from shared.api.problems import PROBLEM_TYPES
from shared.api.requests.expectations import SENTENCES
from shared.domain.intervals import Interval
from shared.domain.model import Business, Catalogue, PolicySettings, Service
from shared.domain.slots import Slot
from shared.pages.choose import MonthView
from shared.pages.formats import WIDEST_HEAD
from shared.pages.languages import LANGUAGES, Choice
from shared.pages.page_request import PageRequest
from shared.pages.texts import OTHER, Texts, names, sentences

ROOT = Path(__file__).resolve().parents[3]
ROOM = ROOT / "shared" / "pages"
SOURCES = sorted([*ROOM.rglob("*.py"), *ROOM.rglob("templates/**/*.html")])
TAGS = sorted(LANGUAGES)


def placeholders(text: str) -> set[str]:
    """The names that a sentence takes."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def words(tag: str) -> dict[str, str]:
    """A language's sentences, those of the plural forms each for itself."""
    found: dict[str, str] = {}
    for key, text in sentences(tag).items():
        found |= (
            {key: text} if isinstance(text, str) else {f"{key}.{form}": one for form, one in text.items()}
        )
    return found


def test_each_language_is_one_file() -> None:
    """A file of words is all that a language needs to be offered, and no file is left over."""
    assert {path.stem for path in (ROOM / "locales").iterdir()} == set(LANGUAGES)
    assert {"ar", "de", "en", "es", "fr", "it", "nl", "pt"} <= set(LANGUAGES)


def test_each_language_calls_itself_by_its_own_name() -> None:
    """As CLDR has it, whatever the case; pages list the languages under these names."""
    own = {tag: str(Texts(Choice(tag)).formats.locale.languages[tag]) for tag in LANGUAGES}
    assert {tag: name.casefold() for tag, name in names().items()} == {
        tag: name.casefold() for tag, name in own.items()
    }


@cache
def numbers(tag: str, form: str) -> list[int]:
    """Those of the small numbers that take a plural form."""
    formats = Texts(Choice(tag)).formats
    return [n for n in range(200) if formats.plural(n) == form]


@pytest.mark.parametrize("tag", TAGS)
def test_every_language_says_everything(tag: str) -> None:
    """The same keys in each file, none blank, each with the same placeholders.

    Only a form that stands for a single number may say it in words.
    """
    texts, english = words(tag), words("en")
    assert set(sentences(tag)) == set(sentences("en"))
    assert all(text.strip() for text in texts.values())
    for key, text in texts.items():
        group, _, form = key.rpartition(".")
        expected = placeholders(english.get(key) or english.get(f"{group}.{OTHER}") or english[group])
        in_words = key not in sentences(tag) and len(numbers(tag, form)) == 1
        assert placeholders(text) == expected or (in_words and placeholders(text) == expected - {"n"})


@pytest.mark.parametrize("tag", TAGS)
def test_every_plural_form_of_a_language_has_its_words(tag: str) -> None:
    """CLDR's forms for small numbers are there, and `other` always."""
    formats = Texts(Choice(tag)).formats
    forms = {formats.plural(n) for n in range(200)} | {OTHER}
    plurals = [text for text in sentences(tag).values() if not isinstance(text, str)]
    assert plurals
    assert all(forms <= set(one) for one in plurals)


@pytest.mark.parametrize("tag", sorted(set(TAGS) - {"en"}))
def test_no_sentence_was_left_in_english(tag: str) -> None:
    """Only what is the same word in both languages reads the same."""
    english = words("en")
    same = {key for key, text in words(tag).items() if text == english.get(key) and " " in text.strip()}
    assert {
        key for key in same if len(re.findall(r"[A-Za-z]{3,}", re.sub(r"\{\w+\}", "", english[key]))) > 1
    } == set()


@pytest.mark.parametrize("tag", TAGS)
def test_every_code_that_a_visitor_can_meet_has_a_sentence(tag: str) -> None:
    """Each problem, each rule of the guide and each mistake of a field has its own words."""
    guide = re.findall(r"^### `([a-z-]+)`", (ROOT / "docs" / "rules.md").read_text("utf-8"), re.MULTILINE)
    own = {
        "return-url-refused",
        "file-refused",
        "field-repeated",
        "answered-twice",
        "timezone-aware",
        "phone",
    }
    texts = sentences(tag)
    assert len(guide) > 20
    for code in {*PROBLEM_TYPES, *guide, *own, "missing", "email", "string-too-long", "extra-forbidden"}:
        assert f"code.{code}" in texts, code
    assert {"missing", "string_too_long", "phone"} <= set(SENTENCES)


def test_every_key_that_a_page_asks_for_is_there() -> None:
    """What code and templates name is in the files, and nothing in the files is named nowhere."""
    code = "".join(path.read_text("utf-8") for path in SOURCES)
    english = set(sentences("en"))
    named = set(re.findall(r'["\']([a-z]+(?:\.[A-Za-z._-]+)+)["\']', code)) & english
    asked = set(re.findall(r'\bt(?:\.count)?\(\s*"([^"{]+)"', code))
    composed = {key for key in english if key.startswith(("price.", "code."))}
    assert asked <= english
    assert english - named - composed == set()


DAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("tag", "first", "other"),
    [
        ("en", "Tuesday, December 1, 2026", "Saturday, August 15, 2026"),
        ("fr", "mardi 1 décembre 2026", "samedi 15 août 2026"),
        ("de", "Dienstag, 1. Dezember 2026", "Samstag, 15. August 2026"),
        ("es", "martes, 1 de diciembre de 2026", "sábado, 15 de agosto de 2026"),
        ("it", "martedì 1 dicembre 2026", "sabato 15 agosto 2026"),
        ("nl", "dinsdag 1 december 2026", "zaterdag 15 augustus 2026"),
        ("pt", "terça-feira, 1 de dezembro de 2026", "sábado, 15 de agosto de 2026"),
    ],
)
def test_dates_are_written_out(tag: str, first: str, other: str) -> None:
    """Weekday and month by name, in CLDR's order."""
    assert Texts(Choice(tag)).formats.long_date(DAY) == first
    assert Texts(Choice(tag)).formats.long_date(date(2026, 8, 15)) == other


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en-US", "Tuesday, December 1, 2026"),
        ("en-GB", "Tuesday, 1 December 2026"),
        ("de-AT", "Dienstag, 1. Dezember 2026"),
        ("en-XX", "Tuesday, December 1, 2026"),
        ("pt-PT", "terça-feira, 1 de dezembro de 2026"),
        ("ar-AE", "الثلاثاء، 1 ديسمبر 2026"),
        ("ar-MA", "الثلاثاء، 1 دجنبر 2026"),
    ],
)
def test_the_region_decides_how_dates_are_written(tag: str, expected: str) -> None:
    """British English is not American English; for a region that nobody knows the usual one counts."""
    language, _, region = tag.partition("-")
    assert Texts(Choice(language, region)).formats.long_date(DAY) == expected


def test_weeks_begin_where_the_region_has_it() -> None:
    """On Sunday in the United States, on Monday in Britain and Germany."""
    found = {tag: Texts(Choice(*tag.split("-"))).formats for tag in ("en-US", "en-GB", "de-DE")}
    assert [one.first_weekday for one in found.values()] == [6, 0, 0]
    assert [one.weekdays()[0] for one in found.values()] == [
        ("Sun", "Sunday"),
        ("Mon", "Monday"),
        ("Mo", "Montag"),
    ]


@pytest.mark.parametrize(
    ("hour", "minute", "american", "british", "german"),
    [
        (0, 0, "12:00 AM", "00:00", "00:00"),
        (9, 5, "9:05 AM", "09:05", "09:05"),
        (12, 30, "12:30 PM", "12:30", "12:30"),
        (23, 59, "11:59 PM", "23:59", "23:59"),
    ],
)
def test_times_are_written_by_the_clock_of_the_region(
    hour: int, minute: int, american: str, british: str, german: str
) -> None:
    """Americans have twelve hours, the others have twenty-four."""
    at = datetime(2026, 12, 1, hour, minute, tzinfo=UTC)
    shown = [Texts(one).formats.clock(at) for one in (Choice("en"), Choice("en", "GB"), Choice("de"))]
    assert [one.replace("\N{NARROW NO-BREAK SPACE}", " ") for one in shown] == [american, british, german]


def test_money_and_lengths() -> None:
    """Separators, decimals and the sign as the currency and the language have them; no unit that is zero."""

    def money(tag: str, amount: float, currency: str | None) -> str:
        return Texts(Choice(tag)).formats.money(amount, currency).replace("\xa0", " ").replace("\u202f", " ")

    assert [money(tag, 1234.5, "EUR") for tag in ("en", "fr", "de")] == [
        "€1,234.50",
        "1 234,50 €",
        "1.234,50 €",
    ]
    assert [money(tag, 10, "CHF") for tag in ("en", "de")] == ["CHF 10.00", "10,00 CHF"]
    assert money("en", 1500, "JPY") == "¥1,500"
    assert money("en", 10, None) == "10.00"
    assert Texts(Choice("en")).length(timedelta(minutes=90)) == "1 h 30 min"
    assert Texts(Choice("de")).length(timedelta(days=1, hours=12)) == "1 T. 12 Std."


def test_the_language_decides_which_way_a_page_is_written() -> None:
    """Arabic from right to left, wherever it is read; the others from left to right."""
    right = {tag for tag in TAGS if Texts(Choice(tag)).formats.direction == "rtl"}
    assert right == {"ar"}
    assert Texts(Choice("ar", "MA")).formats.direction == "rtl"


@pytest.mark.parametrize("tag", TAGS)
def test_the_names_of_the_weekdays_fit_over_their_columns(tag: str) -> None:
    """Arabic's usual short names are the full ones; no other language has that."""
    assert max(len(short) for short, _ in Texts(Choice(tag)).formats.weekdays()) <= WIDEST_HEAD + 1


def month(tag: str, zone: str, business: str) -> MonthView:
    """A step of times in one zone at a business in another."""
    service = Service("s", "Service", timedelta(minutes=30))
    catalogue = Catalogue(Business("b", "Business", business, {}, PolicySettings()), {"s": service}, {})
    page = PageRequest("contoso-lunch", Texts(Choice(tag)))
    return MonthView(page, catalogue, service, ZoneInfo(zone), DAY, DAY, DAY, ())


def slot(instant: datetime) -> Slot:
    """A slot that begins then."""
    span = Interval(instant, instant + timedelta(minutes=30))
    return Slot(span.start, span.end, (), 1, is_join=False)


def test_a_time_that_comes_twice_is_told_apart() -> None:
    """In the night in which the clocks go back both one o'clocks are labelled with their offsets."""
    night = month("en", "America/Chicago", "America/Chicago")
    labels = [night.button(slot(datetime(2026, 11, 1, hour, 30, tzinfo=UTC))).clock for hour in (5, 6, 7, 8)]
    assert [one.replace("\N{NARROW NO-BREAK SPACE}", " ") for one in labels] == [
        "12:30 AM",
        "1:30 AM (UTC−5)",  # noqa: RUF001
        "1:30 AM (UTC−6)",  # noqa: RUF001
        "2:30 AM",
    ]


def test_a_time_elsewhere_names_its_day_where_that_differs() -> None:
    """Nine in Paris is three in New York that day, and ten in the evening in Honolulu the day before."""
    nine = slot(datetime(2026, 12, 1, 8, 0, tzinfo=UTC))
    shown = {
        zone: month("fr", zone, "Europe/Paris").button(nine)
        for zone in ("America/New_York", "Pacific/Honolulu", "Europe/Paris")
    }
    assert {zone: (one.clock, one.elsewhere) for zone, one in shown.items()} == {
        "America/New_York": ("03:00", "09:00 à Paris"),
        "Pacific/Honolulu": ("22:00", "mar. 09:00 à Paris"),
        "Europe/Paris": ("09:00", None),
    }
