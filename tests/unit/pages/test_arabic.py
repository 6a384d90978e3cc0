"""What Arabic has that the other languages of the pages do not: its own digits, and six plural forms."""
# ruff: noqa: RUF001 (its digits look like Latin letters and points)

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.pages.languages import Choice
from shared.pages.texts import Texts

DAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        (None, "الثلاثاء، ١ ديسمبر ٢٠٢٦"),
        ("SA", "الثلاثاء، ١ ديسمبر ٢٠٢٦"),
        ("AE", "الثلاثاء، 1 ديسمبر 2026"),
        ("MA", "الثلاثاء، 1 دجنبر 2026"),
    ],
)
def test_dates_are_written_out_in_the_digits_of_the_region(region: str | None, expected: str) -> None:
    """Egypt's habits where no region is named; Morocco has other names of months too."""
    assert Texts(Choice("ar", region)).formats.long_date(DAY) == expected


def test_a_language_writes_its_own_digits() -> None:
    """Numbers, clocks and money of Egypt in its digits, those of Morocco in Europe's; offsets are names."""
    egypt, morocco = Texts(Choice("ar")), Texts(Choice("ar", "MA"))
    at = datetime(2026, 12, 1, 14, 5, tzinfo=UTC)
    assert [one.clock(at, ZoneInfo("UTC")) for one in (egypt, morocco)] == ["٢:٠٥ م", "14:05"]
    assert [one.formats.digits(31) for one in (egypt, morocco)] == ["٣١", "31"]
    assert [one.formats.money(1234.5, "EUR").strip("\u200f") for one in (egypt, morocco)] == [
        "١٬٢٣٤٫٥٠\N{NO-BREAK SPACE}€",
        "1.234,50\N{NO-BREAK SPACE}€",
    ]
    assert "\u2066US$\u2069" in egypt.formats.money(10, "USD")
    assert "\u2066" not in Texts(Choice("en")).formats.money(10, "USD")
    assert egypt.formats.money(10, None) == "١٠٫٠٠"
    assert egypt("service.group", n=12).endswith("١٢")
    assert egypt.formats.month(DAY) == "ديسمبر ٢٠٢٦"


@pytest.mark.parametrize(
    ("n", "free", "minutes"),
    [
        (0, "لا أوقات متاحة", "٠ دقيقة"),
        (1, "وقت واحد متاح", "دقيقة واحدة"),
        (2, "وقتان متاحان", "دقيقتان"),
        (7, "٧ أوقات متاحة", "٧ دقائق"),
        (11, "١١ وقتًا متاحًا", "١١ دقيقة"),
        (100, "١٠٠ وقت متاح", "١٠٠ دقيقة"),
    ],
)
def test_arabic_has_six_plural_forms(n: int, free: str, minutes: str) -> None:
    """None, one, two, a few, many, and hundreds; a language may need them where English needs none."""
    arabic = Texts(Choice("ar"))
    assert (arabic.count("day.free", n), arabic.count("unit.minutes", n)) == (free, minutes)
    assert Texts(Choice("en")).count("unit.minutes", n) == f"{n} min"
