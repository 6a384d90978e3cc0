"""Whatever a caller sends, the work that it makes grows no faster than its size, up to the largest.

Work is counted (tests/support/work.py): lines, calls, and characters that built-in methods walk over. What
compiled code does by itself is timed in `python -m bench.parsers`, and regular expressions are stepped
through in test_linear_patterns.py.
"""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import pytest

from shared.api.requests.submission import MAX_BODY
from tests.support.hostile_bodies import TEXTS, Shape
from tests.support.parsers import PARSERS, Parser
from tests.support.work import work

SIZES = (MAX_BODY // 4, MAX_BODY // 2, MAX_BODY - 64)
GROWTH = 2.6
"""How much more work twice the size may make; quadratic work grows by four."""

MOST = 400
"""Units of work for each byte of the largest body."""

SLACK = 5_000
"""What a reader may do besides, whatever the size: its set-up, or what it loads when it is first used."""


def _growth(parser: Parser, shape: Shape) -> list[int]:
    return [work(partial(parser.read, shape(size))) for size in SIZES]


def _is_linear(done: Sequence[int]) -> bool:
    grown = pairwise(done)
    return done[-1] <= MOST * SIZES[-1] and all(more <= GROWTH * less + SLACK for less, more in grown)


@pytest.mark.parametrize("name", PARSERS)
def test_work_grows_with_the_size(name: str) -> None:
    """Each reader, on each input that was made for keeping readers busy."""
    parser = PARSERS[name]
    done = {shape: _growth(parser, parser.shapes[shape]) for shape in parser.shapes}

    assert {shape: counts for shape, counts in done.items() if not _is_linear(counts)} == {}


def _looks_again_at_each_quote(text: str) -> None:
    while '"' in text:
        text = text[text.index('"') + 1 :].strip()


def test_a_reader_that_begins_again_and_again_is_found() -> None:
    """The control: work that grows with the square of the size is not taken for linear."""
    assert not _is_linear(_growth(Parser(_looks_again_at_each_quote, TEXTS), lambda n: '" ' * (n // 32)))
