"""How many steps a backtracking matcher takes for a regular expression: counted, not timed.

The matcher walks the pattern as Python's own engine does (in order, greedy first, giving back one by one)
and counts every comparison of a character. It leaves out the engine's short cuts, so that what is linear
here is linear there.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from re import _constants as sre  # the only description of a compiled pattern
from re import _parser as parser  # as above
from typing import Any

Node = tuple[Any, Any]
Then = Callable[[int], bool]

DEEP = 50_000
CATEGORIES = {
    sre.CATEGORY_SPACE: re.compile(r"\s"),
    sre.CATEGORY_NOT_SPACE: re.compile(r"\S"),
    sre.CATEGORY_DIGIT: re.compile(r"\d"),
    sre.CATEGORY_NOT_DIGIT: re.compile(r"\D"),
    sre.CATEGORY_WORD: re.compile(r"\w"),
    sre.CATEGORY_NOT_WORD: re.compile(r"\W"),
}
SINGLE = frozenset({sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY})
REPEATS = frozenset({sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT})


@contextmanager
def _deep() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(DEEP)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class TooManySteps(Exception):
    """More steps for each character than any linear pattern here takes."""


MOST_STEPS = 100
"""For each character of the text, and of a text of a hundred; no pattern is looked at for longer."""


class Matcher:
    """One pattern; both ways to match raise TooManySteps."""

    def __init__(self, pattern: "re.Pattern[str]") -> None:
        self.nodes: list[Node] = list(parser.parse(pattern.pattern, pattern.flags))
        self._ignores_case = bool(pattern.flags & re.IGNORECASE)
        self._text = ""
        self._most = self.steps = 0

    def fullmatch(self, text: str) -> int:
        """The steps of trying the whole text."""
        self._begin(text)
        with _deep():
            self._match(self.nodes, 0, 0, lambda end: end == len(text))
        return self.steps

    def scan(self, text: str) -> int:
        """The steps of looking for every place where the pattern matches, as `finditer` and `sub` do."""
        self._begin(text)
        at, ends = 0, [0]

        def found(end: int) -> bool:
            ends[0] = end
            return True

        with _deep():
            while at <= len(text):
                hit = self._match(self.nodes, 0, at, found)
                at = max(ends[0], at + 1) if hit else at + 1
        return self.steps

    def _begin(self, text: str) -> None:
        self._text, self.steps = text, 0
        self._most = MOST_STEPS * max(100, len(text))

    def _match(self, nodes: Sequence[Node], index: int, at: int, then: Then) -> bool:  # noqa: PLR0911 (one for each kind)
        if index == len(nodes):
            return then(at)
        op, value = nodes[index]

        def rest(end: int) -> bool:
            return self._match(nodes, index + 1, end, then)

        if op in SINGLE:
            return self._fits(op, value, at) and rest(at + 1)
        if op in REPEATS:
            return self._repeat(op, value, at, rest)
        if op is sre.SUBPATTERN:
            return self._match(list(value[3]), 0, at, rest)
        if op is sre.BRANCH:
            return any(self._match(list(branch), 0, at, rest) for branch in value[1])
        if op is sre.ATOMIC_GROUP:
            return self._once(list(value), at, rest)
        if op in {sre.ASSERT, sre.ASSERT_NOT}:
            direction, inner = value
            start = at if direction > 0 else at - 1
            holds = start >= 0 and self._match(list(inner), 0, start, lambda _: True)
            return holds == (op is sre.ASSERT) and rest(at)
        if op is sre.AT:
            return self._is_at(value, at) and rest(at)
        raise NotImplementedError(op)

    def _is_at(self, place: Any, at: int) -> bool:  # noqa: ANN401 (a constant of the parser)
        if place in {sre.AT_BEGINNING, sre.AT_BEGINNING_STRING}:
            return at == 0
        if place in {sre.AT_END, sre.AT_END_STRING}:
            return at == len(self._text)
        around = [0 <= i < len(self._text) and bool(re.match(r"\w", self._text[i])) for i in (at - 1, at)]
        return (around[0] != around[1]) == (place is sre.AT_BOUNDARY)

    def _once(self, nodes: Sequence[Node], at: int, rest: Then) -> bool:
        """Match without giving anything back."""
        ends: list[int] = []

        def found(end: int) -> bool:
            ends.append(end)
            return True

        return self._match(nodes, 0, at, found) and rest(ends[0])

    def _repeat(self, op: Any, value: Any, at: int, rest: Then) -> bool:  # noqa: ANN401 (as the parser has them)
        least, most, inner = value
        most = len(self._text) + 1 if most is sre.MAXREPEAT else int(most)
        if len(inner) == 1 and inner[0][0] in SINGLE:
            return self._run(op, (least, most), inner[0], at, rest)
        if op is sre.POSSESSIVE_REPEAT:
            return self._greedily(list(inner), least, most, at, rest)
        return self._groups(op, (0, least, most), list(inner), at, rest)

    def _run(self, op: Any, bounds: tuple[int, int], node: Node, at: int, rest: Then) -> bool:  # noqa: ANN401
        least, most = bounds
        end = at
        while end - at < most and self._fits(*node, end):
            end += 1
        ends = range(at + least, end + 1)
        if op is sre.POSSESSIVE_REPEAT:
            return end >= at + least and rest(end)
        return any(rest(one) for one in (ends if op is sre.MIN_REPEAT else reversed(ends)))

    def _greedily(self, nodes: Sequence[Node], least: int, most: int, at: int, rest: Then) -> bool:
        count, ends = 0, [at]

        def found(end: int) -> bool:
            ends.append(end)
            return True

        while count < most and self._match(nodes, 0, ends[-1], found):
            count += 1
            if ends[-1] == ends[-2]:
                break
        return count >= least and rest(ends[-1])

    def _groups(
        self,
        op: Any,  # noqa: ANN401 (a constant of the parser)
        counts: tuple[int, int, int],
        nodes: Sequence[Node],
        at: int,
        rest: Then,
    ) -> bool:
        done, least, most = counts

        def again(end: int) -> bool:
            return end > at and self._groups(op, (done + 1, least, most), nodes, end, rest)

        def more() -> bool:
            return done < most and self._match(nodes, 0, at, again)

        if done < least:
            return more()
        return (rest(at) or more()) if op is sre.MIN_REPEAT else (more() or rest(at))

    def _fits(self, op: Any, value: Any, at: int) -> bool:  # noqa: ANN401 (as the parser has them)
        self.steps += 1
        if self.steps > self._most:
            raise TooManySteps
        if at >= len(self._text):
            return False
        character = self._text[at]
        spellings = {character.lower(), character.upper()} if self._ignores_case else {character}
        return any(_is_in(op, value, one) for one in spellings)


def _is_in(op: Any, value: Any, character: str) -> bool:  # noqa: ANN401 (as the parser has them)
    if op is sre.ANY:
        return character != "\n"
    if op in {sre.LITERAL, sre.NOT_LITERAL}:
        return bool((ord(character) == value) == (op is sre.LITERAL))
    negated = value[0][0] is sre.NEGATE
    found = any(_is_member(kind, given, character) for kind, given in value if kind is not sre.NEGATE)
    return found != negated


def _is_member(kind: Any, given: Any, character: str) -> bool:  # noqa: ANN401 (as the parser has them)
    if kind is sre.RANGE:
        return bool(given[0] <= ord(character) <= given[1])
    if kind is sre.CATEGORY:
        return CATEGORIES[given].match(character) is not None
    return bool(ord(character) == given)


def _characters(nodes: Sequence[Node]) -> Iterator[str]:  # noqa: C901 (a case for each kind of node)
    """A character for each thing that the pattern tells apart."""
    for op, value in nodes:
        if op in {sre.LITERAL, sre.NOT_LITERAL}:
            yield chr(value)
        elif op is sre.IN:
            for kind, given in value:
                if kind is sre.LITERAL:
                    yield chr(given)
                elif kind is sre.RANGE:
                    yield chr(given[0])
                elif kind is sre.CATEGORY:
                    yield next(one for one in " a0!" if CATEGORIES[given].match(one))
        elif op in REPEATS:
            yield from _characters(list(value[2]))
        elif op is sre.SUBPATTERN:
            yield from _characters(list(value[3]))
        elif op is sre.BRANCH:
            for branch in value[1]:
                yield from _characters(list(branch))
        elif op in {sre.ASSERT, sre.ASSERT_NOT}:
            yield from _characters(list(value[1]))


def _shortest(nodes: Sequence[Node], alphabet: Sequence[str]) -> str:
    """A short text that these nodes take, optional parts taken once."""
    parts = []
    for op, value in nodes:
        if op in SINGLE:
            parts.append(next((one for one in (*alphabet, *"a0 !") if _is_in(op, value, one)), ""))
        elif op in REPEATS:
            parts.append(_shortest(list(value[2]), alphabet) * max(1, value[0]))
        elif op is sre.SUBPATTERN:
            parts.append(_shortest(list(value[3]), alphabet))
        elif op is sre.BRANCH:
            parts.append(_shortest(list(value[1][0]), alphabet))
    return "".join(parts)


MOST_CHARACTERS = 8


def attacks(pattern: "re.Pattern[str]") -> Iterator[Callable[[int], str]]:
    """Texts that grow: what reaches each part of the pattern, then one or two characters over and over."""
    nodes: list[Node] = list(parser.parse(pattern.pattern, pattern.flags))
    found = [*dict.fromkeys([*_characters(nodes), "a", "!", " "])][:MOST_CHARACTERS]
    inner = [list(value[3]) for op, value in nodes if op is sre.SUBPATTERN]
    parts = [nodes[:n] for n in range(len(nodes))]
    parts += [nodes[:1] + group[:n] for group in inner for n in range(1, len(group))]
    prefixes = dict.fromkeys(_shortest(part, found) for part in parts)
    pumps = [*found, *("".join(pair) for pair in product(found, repeat=2) if pair[0] != pair[1])]
    for prefix, pump, suffix in product(prefixes, pumps, ("", "\x00")):
        yield lambda n, prefix=prefix, pump=pump, suffix=suffix: prefix + pump * n + suffix  # type: ignore[misc]
