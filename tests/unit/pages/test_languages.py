"""Which language a visitor gets, and which region's habits."""

import pytest

from shared.pages.languages import Choice, chosen


@pytest.mark.parametrize(
    ("wanted", "accepted", "tag", "region"),
    [
        ("", "en-GB,en;q=0.9", "en", "GB"),
        ("", "en,en-GB;q=0.9", "en", "GB"),
        ("", "fr;q=0.2, de-AT;q=0.8", "de", "AT"),
        ("", "tlh-KX, es-MX;q=0.5", "es", "MX"),
        ("en-GB", "", "en", "GB"),
        ("EN-gb", "fr", "en", "GB"),
        ("de", "fr-CH, de-AT;q=0.5", "de", "AT"),
        ("de", "fr-CH", "de", None),
        ("fr-CH", "fr-FR", "fr", "CH"),
        ("klingon", "fr-CH", "fr", "CH"),
        ("xx-GB", "", "en", None),
        ("", "zh-Hant-TW, en-Latn-NZ", "en", "NZ"),
        ("", "es-419", "es", "419"),
        ("", "de-AT;q=0", "en", None),
        ("", "*", "en", None),
        ("", "", "en", None),
        ("en\n", "", "en", None),
    ],
)
def test_the_language_and_the_region_are_found(
    wanted: str, accepted: str, tag: str, region: str | None
) -> None:
    """`lang` decides, then Accept-Language by weight; the region is the deciding tag's, else the first's."""
    assert chosen(wanted, accepted) == Choice(tag, region)


@pytest.mark.parametrize(
    ("wanted", "accepted", "shops", "choice"),
    [
        ("", "", ("de-AT", "fr-FR"), Choice("de", "AT")),
        ("", "", (None, "fr-FR"), Choice("fr", "FR")),
        ("", "", ("", "es"), Choice("es")),
        ("", "", ("ja-JP", "fr-FR"), Choice("fr", "FR")),
        ("", "", ("ja-JP", None), Choice("en")),
        ("klingon", "ja", ("de-AT",), Choice("de", "AT")),
        ("", "es", ("de-AT",), Choice("es")),
        ("en", "", ("de-AT",), Choice("en")),
    ],
)
def test_who_names_no_language_gets_the_shops(
    wanted: str, accepted: str, shops: tuple[str | None, ...], choice: Choice
) -> None:
    """That of the service before that of the business; after what the visitor names."""
    assert chosen(wanted, accepted, *shops) == choice


def test_a_header_without_end_is_read_for_a_while_only() -> None:
    """What stands beyond the bound is not looked at."""
    assert chosen("", "x," * 500 + "de") == Choice("en")
