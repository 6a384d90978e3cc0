"""The shop's colour on the page: whatever it is, everything can be read on it and beside it."""

import pytest

from shared.pages.shop.colors import DARK, LIGHT, Ground, color_of, contrast, palette, rules

COLORS = [f"{red}{green}{blue}" for red in ("00", "7f", "ff") for green in ("00", "7f", "ff") for blue in
          ("00", "7f", "ff")] + ["006d7d", "0f6cbd", "767676", "ffd700", "1c2128", "fefefe"]  # fmt: skip


def rgb(digits: str) -> tuple[float, float, float]:
    red, green, blue = (float(int(digits[n : n + 2], 16)) for n in (0, 2, 4))
    return red, green, blue


@pytest.mark.parametrize("ground", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("color", COLORS)
def test_everything_can_be_read_in_any_colour(color: str, ground: Ground) -> None:
    """Text on the fill and beside it at 4.5:1, the fill itself at 3:1 to the card."""
    made = palette(color, ground)
    assert contrast(rgb(made.on_fill), rgb(made.fill)) >= 4.5
    assert contrast(rgb(made.link), rgb(ground.card)) >= 4.5
    assert contrast(rgb(made.link), rgb(made.wash)) >= 4.5
    assert contrast(rgb(made.fill), rgb(ground.card)) >= 3


def test_a_colour_that_can_be_read_stays_what_it_is() -> None:
    """It is the shop's colour, not one of ours."""
    assert palette("006d7d", LIGHT).fill == "006d7d"
    assert palette("ffd700", DARK).fill == "ffd700"


@pytest.mark.parametrize(
    ("code", "color"),
    [
        ("#006D7D", "006d7d"),
        ("0af", "00aaff"),
        (" #FFFFFF ", "ffffff"),
        ("red", None),
        ("#12345", None),
        ("#006D7D;}body{display:none", None),
        ("", None),
        (None, None),
    ],
)
def test_only_codes_are_colours(code: str | None, color: str | None) -> None:
    """What a shop or an address says goes into a style sheet, so that nothing else is taken."""
    assert color_of(code) == color


def test_both_themes_have_their_colours() -> None:
    """Light, dark by the system, and dark by the page's own choice."""
    text = rules("006d7d")
    assert text.count("--shop:#") == 3
    assert "[data-theme=light]" in text
