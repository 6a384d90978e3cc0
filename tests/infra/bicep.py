"""A reader of Bicep's parameters: enough of the language to say what its compiler says of a parameters file.

The compiler itself is not on every machine, and a parameters file is where it finds what nothing else does:
it knows the environment, so the type of `readEnvironmentVariable('X')` is the very text that X has. What this
reader does not know is an error of its own, so nothing passes unread.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Expression = tuple[Any, ...]
_TOKEN: Final = re.compile(
    r"(?P<space>[ \t]+|//[^\n]*|/\*.*?\*/)"
    r"|(?P<line>\n)"
    r"|(?P<long>'''.*?''')"
    r"|(?P<string>'(?:\\.|[^'\\\n])*')"
    r"|(?P<number>\d+)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<mark>==|!=|&&|\|\||\?\?|=>|<=|>=|[-+*/%<>=!?:.,|@(){}\[\]])",
    re.DOTALL,
)
_ESCAPES: Final = {"\\'": "'", "\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\t": "\t", "\\$": "$"}
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


class BicepError(Exception):
    """The text is not Bicep, or not of the part that this reader knows."""


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a template: its type, what its decorators ask, and its default where it has one."""

    name: str
    kind: str
    decorators: Mapping[str, Any]
    default: Expression | None
    literals: Sequence[Any] = ()

    @property
    def allowed(self) -> Sequence[Any] | None:
        """The values that it takes, where it takes a list of them."""
        return self.decorators.get("allowed") or self.literals or None


@dataclass(frozen=True, slots=True)
class Source:
    """What a file declares: `param` with a type, or with a value alone, and `var`."""

    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    assignments: Mapping[str, Expression] = field(default_factory=dict)
    variables: Mapping[str, Expression] = field(default_factory=dict)


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise BicepError(f"cannot read {text[position : position + 30]!r}")
        position = found.end()
        kind = str(found.lastgroup)
        if kind != "space":
            yield Token(kind, found[0])


def _unquote(text: str) -> str:
    inner = text[1:-1]
    if re.search(r"(?<!\\)\$\{", inner):
        raise BicepError(f"a text with a value in it is not read here: {text}")
    return re.sub(r"\\.", lambda found: _ESCAPES.get(found[0], found[0]), inner)


_LITERALS: Final[Mapping[str, Callable[[str], str | int]]] = {
    "string": _unquote,
    "long": lambda text: text[3:-3].removeprefix("\n"),
    "number": int,
}


class _Reader:
    """Reads expressions and declarations from a line of tokens."""

    def __init__(self, text: str) -> None:
        self._tokens = [*_tokens(text), Token("line", "\n")]
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at >= len(self._tokens)

    def peek(self, ahead: int = 0) -> Token:
        index = self._at + ahead
        return self._tokens[index] if index < len(self._tokens) else Token("line", "\n")

    def take(self, text: str | None = None) -> Token:
        token = self.peek()
        if text is not None and token.text != text:
            raise BicepError(f"expected {text!r} and found {token.text!r}")
        self._at += 1
        return token

    def lines(self) -> None:
        while not self.done and self.peek().kind == "line":
            self.take()

    def rest_of_line(self) -> None:
        """Pass over a statement, with whatever stands in its brackets."""
        depth = 0
        while not self.done and (depth or self.peek().kind != "line"):
            text = self.take().text
            depth += (text in _OPEN) - (text in _CLOSE)

    def expression(self) -> Expression:
        condition = self._either()
        # A condition may be written on several lines.
        if self.peek().kind == "line" and self._after_lines() in {"?", ":"}:
            self.lines()
        if self.peek().text != "?":
            return condition
        self.take("?")
        self.lines()
        first = self.expression()
        self.lines()
        self.take(":")
        self.lines()
        return ("if", condition, first, self.expression())

    def _after_lines(self) -> str:
        ahead = 0
        while self._at + ahead < len(self._tokens) and self.peek(ahead).kind == "line":
            ahead += 1
        return self.peek(ahead).text

    def _either(self) -> Expression:
        left = self._simple()
        while self.peek().text in {"==", "!=", "&&", "||"}:
            left = ("operator", self.take().text, left, self._simple())
        return left

    def _simple(self) -> Expression:
        token = self.take()
        if token.kind in _LITERALS:
            return ("literal", _LITERALS[token.kind](token.text))
        if token.kind == "name":
            return self._name(token.text)
        return self._marked(token.text)

    def _marked(self, mark: str) -> Expression:
        if mark == "-":
            return ("literal", -int(self.take().text))
        if mark == "!":
            return ("not", self._simple())
        if mark == "(":
            inner = self.expression()
            self.take(")")
            return inner
        if mark == "[":
            return ("array", *self._elements("]"))
        if mark == "{":
            return self._object()
        raise BicepError(f"cannot read an expression that begins with {mark!r}")

    def _name(self, name: str) -> Expression:
        if name in {"true", "false"}:
            return ("literal", name == "true")
        if name == "null":
            return ("literal", None)
        if name == "sys" and self.peek().text == ".":
            self.take(".")
            return self._name(self.take().text)
        if self.peek().text == "(":
            self.take("(")
            return ("call", name, *self._elements(")"))
        return ("name", name)

    def _elements(self, end: str) -> Iterator[Expression]:
        elements = []
        self._separators()
        while self.peek().text != end:
            elements.append(self.expression())
            self._separators()
        self.take(end)
        return iter(elements)

    def _separators(self) -> None:
        while self.peek().kind == "line" or self.peek().text == ",":
            self.take()

    def _object(self) -> Expression:
        members = {}
        self._separators()
        while self.peek().text != "}":
            key = self.take()
            self.take(":")
            members[_unquote(key.text) if key.kind == "string" else key.text] = self.expression()
            self._separators()
        self.take("}")
        return ("object", members)

    def kind(self) -> tuple[str, Sequence[Any]]:
        """The type of a parameter, and the literals of a union of literals."""
        text = ""
        while self.peek().kind != "line" and self.peek().text != "=":
            text += self.take().text
        if re.fullmatch(r"(string|int|bool|object|array)(\[\])?\??", text):
            return text, ()
        parts = text.split("|")
        return "union", [_literal(_Reader(part).expression()) for part in parts]


def _literal(expression: Expression) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if expression[0] == "literal":
        return expression[1]
    if expression[0] == "array":
        return [_literal(item) for item in expression[1:]]
    raise BicepError(f"expected a value and found {json.dumps(expression)}")


_Declared = tuple[dict[str, Parameter], dict[str, Expression], dict[str, Expression]]


def read(text: str) -> Source:
    """Read a template or a parameters file. Raises BicepError where it cannot."""
    reader = _Reader(text)
    source: _Declared = ({}, {}, {})
    decorators: dict[str, Any] = {}
    reader.lines()
    while not reader.done:
        word = reader.take()
        if word.text == "@":
            call = reader.expression()
            decorators[call[1]] = _literal(call[2]) if len(call) > 2 else True
        else:
            _declare(reader, word.text, decorators, source)
            decorators = {}
        reader.lines()
    return Source(*source)


def _declare(
    reader: _Reader,
    word: str,
    decorators: Mapping[str, Any],
    source: _Declared,
) -> None:
    parameters, assignments, variables = source
    if word not in {"param", "var"}:
        return reader.rest_of_line()
    name = reader.take().text
    if name in parameters or name in assignments or name in variables:
        raise BicepError(f"{name} is declared twice")
    if word == "param" and reader.peek().text != "=":
        kind, literals = reader.kind()
        default = None
        if reader.peek().text == "=":
            reader.take("=")
            default = reader.expression()
        parameters[name] = Parameter(name, kind, decorators, default, literals)
        return None
    reader.take("=")
    # What a template computes is no matter of its parameters, and may be any Bicep at all.
    if word == "var" and parameters:
        return reader.rest_of_line()
    reader.lines()
    (assignments if word == "param" else variables)[name] = reader.expression()
    return None
