"""The page's four languages: nothing is missing; dates, times and money are written as people write them."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from shared.api.answers import PAGE_LANGUAGES
from shared.api.expected import SENTENCES
from shared.api.pages_choose import Choice, label
from shared.api.problems import KINDS
from shared.api.texts import LANGUAGES, Texts
from shared.domain.intervals import Interval
from shared.domain.model import Business, Catalogue, PolicySettings, Service
from shared.domain.slots import Slot

ROOT = Path(__file__).resolve().parents[2]
ENGLISH = LANGUAGES["en"].texts
PAGES = sorted((ROOT / "shared" / "api").glob("pages*.py"))
TAGS = sorted(LANGUAGES)


def placeholders(text: str) -> set[str]:
    """The names that a sentence takes."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_languages_are_those_that_the_api_tells() -> None:
    """A business's `languages` are the page's."""
    assert tuple(LANGUAGES) == PAGE_LANGUAGES


@pytest.mark.parametrize("tag", TAGS)
def test_every_language_says_everything(tag: str) -> None:
    """The same keys in each table, none blank, each with the same placeholders."""
    texts = LANGUAGES[tag].texts
    assert set(texts) == set(ENGLISH)
    assert all(text.strip() for text in texts.values())
    assert {key: placeholders(text) for key, text in texts.items()} == {
        key: placeholders(text) for key, text in ENGLISH.items()
    }


@pytest.mark.parametrize("tag", sorted(set(TAGS) - {"en"}))
def test_no_sentence_was_left_in_english(tag: str) -> None:
    """Only what is the same word in both languages reads the same."""
    same = {key for key, text in LANGUAGES[tag].texts.items() if text == ENGLISH[key] and " " in text.strip()}
    assert {
        key for key in same if len(re.findall(r"[A-Za-z]{3,}", re.sub(r"\{\w+\}", "", ENGLISH[key]))) > 1
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
    texts = LANGUAGES[tag].texts
    assert len(guide) > 20
    for code in {*KINDS, *guide, *own, "missing", "email", "string-too-long", "extra-forbidden"}:
        assert f"code.{code}" in texts, code
    assert {"missing", "string_too_long", "phone"} <= set(SENTENCES)


def test_every_key_that_a_page_asks_for_is_there() -> None:
    """What the pages' code names is in the tables, and nothing in the tables is named nowhere."""
    code = "".join(path.read_text("utf-8") for path in (*PAGES, ROOT / "shared" / "api" / "texts.py"))
    named = set(re.findall(r'["\']([a-z]+(?:\.[A-Za-z.]+)+|seats|date)["\']', code)) & {
        key for key in ENGLISH if not key.startswith("code.")
    }
    asked = set(re.findall(r'\bt\(\s*"([^"{]+)"', code)) | set(re.findall(r'\.t\("([^"{]+)"', code))
    composed = {key for key in ENGLISH if key.startswith(("price.", "code.", "failed.", "cancelled."))}
    assert asked <= set(ENGLISH)
    assert set(ENGLISH) - named - composed == set()


DAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("tag", "first", "other"),
    [
        ("en", "Tuesday, December 1, 2026", "Saturday, August 15, 2026"),
        ("fr", "mardi 1er décembre 2026", "samedi 15 août 2026"),
        ("de", "Dienstag, 1. Dezember 2026", "Samstag, 15. August 2026"),
        ("es", "martes, 1 de diciembre de 2026", "sábado, 15 de agosto de 2026"),
    ],
)
def test_dates_are_written_out(tag: str, first: str, other: str) -> None:
    """Weekday and month by name, the first of the month as each language has it."""
    assert Texts(tag).long_date(DAY) == first
    assert Texts(tag).long_date(date(2026, 8, 15)) == other


@pytest.mark.parametrize(
    ("hour", "minute", "english", "german"),
    [
        (0, 0, "12:00 am", "00:00"),
        (9, 5, "9:05 am", "09:05"),
        (12, 30, "12:30 pm", "12:30"),
        (23, 59, "11:59 pm", "23:59"),
    ],
)
def test_times_are_written_by_the_clock_of_the_language(
    hour: int, minute: int, english: str, german: str
) -> None:
    """English has twelve hours, the others have twenty-four."""
    at = datetime(2026, 12, 1, hour, minute, tzinfo=UTC)
    assert (Texts("en").clock(at), Texts("de").clock(at)) == (english, german)


def test_money_and_lengths() -> None:
    """Comma or point, the sign before or after, and no unit that is zero."""
    assert [Texts(tag).money(1234.5, "EUR") for tag in ("en", "fr")] == ["€1234.50", "1234,50 €"]
    assert [Texts(tag).money(10, "CHF") for tag in ("en", "de")] == ["CHF 10.00", "10,00 CHF"]
    assert Texts("en").money(10, None) == "10.00"
    assert Texts("en").length(timedelta(minutes=90)) == "1 h 30 min"
    assert Texts("de").length(timedelta(days=1, hours=12)) == "1 T. 12 Std."


def choice(zone: str, business: str) -> Choice:
    """A step of times in one zone at a business in another."""
    service = Service("s", "Service", timedelta(minutes=30))
    catalogue = Catalogue(Business("b", "Business", business, {}, PolicySettings()), {"s": service}, {})
    return Choice(catalogue, service, ZoneInfo(zone), DAY, DAY, DAY, ())


def slot(instant: datetime) -> Slot:
    """A slot that begins then."""
    span = Interval(instant, instant + timedelta(minutes=30))
    return Slot(span.start, span.end, (), 1, is_join=False)


def test_a_time_that_comes_twice_is_told_apart() -> None:
    """In the night in which the clocks go back both one o'clocks are labelled with their offsets."""
    night = choice("America/Chicago", "America/Chicago")
    labels = [
        "".join(label(Texts("en"), night, slot(datetime(2026, 11, 1, hour, 30, tzinfo=UTC))))
        for hour in (5, 6, 7, 8)
    ]
    assert labels == [
        "<strong>12:30 am</strong>",
        "<strong>1:30 am (UTC−5)</strong>",  # noqa: RUF001
        "<strong>1:30 am (UTC−6)</strong>",  # noqa: RUF001
        "<strong>2:30 am</strong>",
    ]


def test_a_time_elsewhere_names_its_day_where_that_differs() -> None:
    """Nine in Paris is three in New York that day, and ten in the evening in Honolulu the day before."""
    nine = slot(datetime(2026, 12, 1, 8, 0, tzinfo=UTC))
    shown = {
        zone: "".join(label(Texts("fr"), choice(zone, "Europe/Paris"), nine))
        for zone in ("America/New_York", "Pacific/Honolulu", "Europe/Paris")
    }
    assert shown == {
        "America/New_York": "<strong>03:00</strong><small>09:00 à Paris</small>",
        "Pacific/Honolulu": "<strong>22:00</strong><small>mar. 09:00 à Paris</small>",
        "Europe/Paris": "<strong>09:00</strong>",
    }
