"""Every regular expression that meets what callers send takes steps in proportion to its input."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator

import multipart
import pytest

import shared
from tests.support.regex_steps import Matcher, TooManySteps, attacks

Attack = Callable[[int], str]
SIZES = (16, 32, 64)
LARGER = (300, 600, 1200)
"""What seems to grow is looked at again, past the bounds that a pattern has of its own, such as {0,253}."""

GROWTH = 2.6
"""Twice the input may take a little over twice the steps; a quadratic pattern takes four times."""

HELD_WHOLE = frozenset({"ENTRY", "WEIGHT", "MAILBOX", "_LOST_PLUS"})
"""Patterns that the code holds against a whole text; the others are as linear where a text is searched."""


def _patterns() -> Iterator[tuple[str, "re.Pattern[str]"]]:
    names = [one.name for one in pkgutil.walk_packages(shared.__path__, "shared.")]
    for module in (*map(importlib.import_module, names), multipart):
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                yield f"{module.__name__}.{name}", value


PATTERNS = dict(_patterns())


def _steps(pattern: "re.Pattern[str]", text: str, *, scans: bool) -> int:
    matcher = Matcher(pattern)
    return matcher.scan(text) if scans else matcher.fullmatch(text)


def grows(pattern: "re.Pattern[str]", text: Attack, sizes: tuple[int, ...], *, scans: bool) -> bool:
    """Whether a doubling of this text adds far more steps than the doubling before it."""
    try:
        small, middle, large = (_steps(pattern, text(n), scans=scans) for n in sizes)
    except TooManySteps:
        return True
    return large - middle > GROWTH * max(middle - small, sizes[0])


def culprits(pattern: "re.Pattern[str]", *, scans: bool) -> Iterator[str]:
    """The beginnings of texts that make the pattern go back again and again."""
    for text in attacks(pattern):
        if grows(pattern, text, SIZES, scans=scans) and grows(pattern, text, LARGER, scans=scans):
            yield text(3)


def test_all_patterns_are_seen() -> None:
    """The list is made by looking into every module; these two show that it looks."""
    assert {"shared.api.requests.submission.TOKEN", "shared.domain.zones._DISPLAY_NAME"} <= PATTERNS.keys()


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_steps_grow_with_the_text(name: str) -> None:
    """No text makes a pattern of ours, or of the form reader's, take more than so many steps a character."""
    found = next(culprits(PATTERNS[name], scans=name.rpartition(".")[2] not in HELD_WHOLE), None)

    assert found is None, f"{name} takes more and more steps for a text that begins {found!r}"


@pytest.mark.parametrize(
    ("pattern", "scans"),
    [(r'"(?:[^"\\]|\\.)*"', True), (r"\s*\S*\s*\S*=", False), (r"[a-z]*x?[a-z]*;", False)],
)
def test_a_pattern_that_goes_back_is_found(pattern: str, *, scans: bool) -> None:
    """The control: patterns that are known to try again from every place are not taken for linear."""
    assert next(culprits(re.compile(pattern, re.DOTALL), scans=scans), None) is not None


def test_a_pattern_that_explodes_is_found() -> None:
    """The control for exponential patterns, which no larger text is needed for."""
    pattern = re.compile("(a+)+b")

    assert any(grows(pattern, text, (4, 8, 12), scans=False) for text in attacks(pattern))
