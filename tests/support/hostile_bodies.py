"""Bodies, headers and values of any length, made so that a careless reader works long on them."""

import json
from collections.abc import Callable, Mapping
from typing import Any

Shape = Callable[[int], Any]
"""What is sent, about so many bytes of it."""


def _times(part: str, before: str = "", after: str = "") -> Shape:
    return lambda n: before + part * (n // len(part)) + after


TEXTS: Mapping[str, Shape] = {
    "letters": _times("a"),
    "spaces": _times(" ", "a", "b"),
    "digits": _times("9"),
    "dots": _times("."),
    "commas": _times(","),
    "semicolons": _times("; q=1", "a"),
    "quotes": _times('"'),
    "escaped quotes": _times('\\"'),
    "backslashes": _times("\\"),
    "colons": _times(":"),
    "hyphens": _times("-a"),
    "equals": _times("="),
    "slashes": _times("/", "https://a.example"),
    "at signs": _times("@a"),
    "labels": _times("a.", "a@", "com"),
    "brackets": _times("["),
    "ligatures": _times("\ufdfa"),
    "accents": _times("e\u0301"),
    "zeros": _times("0"),
    "percents": _times("%41"),
    "offset": _times("0", "2026-12-01T10:00:00+"),
    "duration": _times("1H", "PT"),
    "parameters": _times('; a="b"', "multipart/form-data"),
    "open quotes": _times('; a="\\', "multipart/form-data"),
    "tags": _times('W/"a", '),
    "line ends": _times("\r\n"),
}
"""For every place that holds one text."""

JSON: Mapping[str, Shape] = {
    **{f"bare {name}": shape for name, shape in TEXTS.items()},
    "escaped quotes in a text": _times('\\"', '"', '"'),
    "escaped quotes without an end": _times('\\"', '["'),
    "many texts": _times('"",', "[", '""]'),
    "open objects": _times('{"a":'),
    "deep lists": lambda n: "[" * (n // 2) + "]" * (n // 2),
    "many members": lambda n: json.dumps({f"m{i}": 0 for i in range(n // 10)}),
    "one member again and again": _times('"a":0,', "{", '"a":0}'),
    "long number": _times("9", "[", "]"),
    "numbers": _times("1e9,", "[", "1]"),
    "surrogates": _times("\\ud800", '"', '"'),
    "answers without anything": _times("{},", '{"answers":[', "{}]}"),
    "answers that are no answers": _times("0,", '{"answers":[', "0]}"),
}

FORMS: Mapping[str, Shape] = {
    "ampersands": _times("&"),
    "fields": lambda n: "&".join(f"f{i}=1" for i in range(n // 6)),
    "one field again and again": _times("a=1&"),
    "answers": lambda n: "&".join(f"answers.{i}=1" for i in range(n // 14)),
    "a long value": _times("a", "customer.name="),
    "percent signs": _times("%", "a="),
    "escaped": _times("%C3%A9", "customer.name="),
    "bad escapes": _times("%zz", "customer.name="),
    "pluses": _times("+", "a="),
    "dots": _times("a.", "", "=1"),
    "equals": _times("=", "a"),
}

BOUNDARY = "x"


def _part(name: str, value: str = "1", more: str = "") -> str:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n{more}\r\n{value}\r\n'


END = f"--{BOUNDARY}--\r\n"
MULTIPARTS: Mapping[str, Shape] = {
    "parts": lambda n: "".join(_part(f"f{i}") for i in range(n // 60)) + END,
    "delimiters": _times(f"--{BOUNDARY}\r\n"),
    "almost delimiters": lambda n: _part("a", f"\r\n--{BOUNDARY}"[:-1] * (n // 5)) + END,
    "line ends": lambda n: _part("a", "\r\n" * (n // 2)) + END,
    "returns": lambda n: _part("a", "\r" * n) + END,
    "a long value": lambda n: _part("a", "a" * n) + END,
    "a long header": lambda n: _part("a", "1", "X: " + "a" * n + "\r\n") + END,
    "headers": lambda n: _part("a", "1", "X: a\r\n" * (n // 6)) + END,
    "no end": _times("a", _part("a")),
    "preamble": _times("\r\n", "", _part("a") + END),
    "options": lambda n: f"--{BOUNDARY}\r\nContent-Disposition: form-data" + '; a="\\' * (n // 6),
}
