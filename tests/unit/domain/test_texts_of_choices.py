"""Options with what nobody sees in them: shown clean, chosen as shown, kept as the shop typed them."""

import pytest

from shared.domain.model import Question
from shared.domain.texts import choices, chosen

TYPED = ("Vegan ", "\xa0Fish", "Meat\u200b", "No  matter", "Cafe\u0301", " ", "Vegan", "Two\r\nlines")
FOOD = Question("food", "What do you eat?", "radioButton", TYPED)


def test_options_are_shown_clean_and_once() -> None:
    """Without unseen ends and empty ones, in one line, in the shop's order."""
    assert choices(FOOD) == ("Vegan", "Fish", "Meat", "No  matter", "Café", "Two lines")


@pytest.mark.parametrize("text", choices(FOOD))
def test_what_is_shown_can_be_chosen(text: str) -> None:
    """Each shown option names one that the shop has."""
    assert chosen(FOOD, text) in TYPED


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("Vegan", "Vegan"),
        ("Vegan ", "Vegan "),
        ("Fish", "\xa0Fish"),
        ("Meat", "Meat\u200b"),
        ("No matter", "No  matter"),
        ("Café", "Cafe\u0301"),
        ("vegan", None),
        ("Soup", None),
    ],
)
def test_a_choice_is_the_shops_own_text(text: str, typed: str | None) -> None:
    """The exact option before one that only looks the same; letters still count."""
    assert chosen(FOOD, text) == typed
