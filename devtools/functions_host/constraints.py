"""The inline constraints of ASP.NET routing: `{id:int}` matches a segment that is a 32-bit integer."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final
from uuid import UUID

from devtools.functions_host.errors import StartError

Constraint = Callable[[str], bool]
_INT32: Final = 2**31
_INT64: Final = 2**63
_WHOLE_NUMBER: Final = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)


def _whole(value: str) -> int | None:
    return int(value) if _WHOLE_NUMBER.fullmatch(value) else None


def _is_whole(limit: int) -> Constraint:
    def check(value: str) -> bool:
        number = _whole(value)
        return number is not None and -limit <= number < limit

    return check


def _is_number(value: str) -> bool:
    try:
        return Decimal(value.replace(",", "")).is_finite()
    except InvalidOperation:
        return False


def _is_guid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _is_datetime(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_bool(value: str) -> bool:
    return value.strip().lower() in {"true", "false"}


def _is_alpha(value: str) -> bool:
    return re.fullmatch(r"[A-Za-z]*", value) is not None


def _is_present(value: str) -> bool:
    return value != ""


def _length(arguments: list[int]) -> Constraint:
    low, high = arguments[0], arguments[-1]
    return lambda value: low <= len(value) <= high


def _range(arguments: list[int]) -> Constraint:
    low, high = arguments

    def check(value: str) -> bool:
        number = _whole(value)
        return number is not None and low <= number <= high

    return check


_PLAIN: Final[dict[str, Constraint]] = {
    "int": _is_whole(_INT32),
    "long": _is_whole(_INT64),
    "bool": _is_bool,
    "datetime": _is_datetime,
    "decimal": _is_number,
    "double": _is_number,
    "float": _is_number,
    "guid": _is_guid,
    "alpha": _is_alpha,
    "required": _is_present,
}
_WITH_NUMBERS: Final[dict[str, tuple[tuple[int, ...], Callable[[list[int]], Constraint]]]] = {
    "length": ((1, 2), _length),
    "minlength": ((1,), lambda numbers: lambda value: len(value) >= numbers[0]),
    "maxlength": ((1,), lambda numbers: lambda value: len(value) <= numbers[0]),
    "min": ((1,), lambda numbers: _range([numbers[0], _INT64])),
    "max": ((1,), lambda numbers: _range([-_INT64, numbers[0]])),
    "range": ((2,), _range),
}
_CALL: Final = re.compile(r"(?P<name>\w+)(?:\((?P<arguments>.*)\))?", re.DOTALL)


def _numbers(text: str) -> list[int] | None:
    numbers = [_whole(part) for part in text.split(",")]
    return None if None in numbers else [number for number in numbers if number is not None]


def _with_arguments(name: str, arguments: str) -> Constraint | None:
    if name == "regex":
        pattern = re.compile(arguments, re.IGNORECASE)
        return lambda value: pattern.search(value) is not None
    counts, build = _WITH_NUMBERS.get(name, ((), None))
    numbers = _numbers(arguments)
    return build(numbers) if build and numbers is not None and len(numbers) in counts else None


def parse_constraint(text: str, route: str) -> Constraint:
    """One inline constraint, read from a text such as `int` or `length(3,8)`.

    Raises StartError for one that this host does not know, naming the route. Source: ASP.NET Core's
    route constraint reference.
    """
    call = _CALL.fullmatch(text)
    found: Constraint | None = None
    if call and call["arguments"] is None:
        found = _PLAIN.get(call["name"].lower())
    elif call:
        try:
            found = _with_arguments(call["name"].lower(), call["arguments"])
        except re.error as error:
            raise StartError(f"route {route!r}: the pattern of {text!r} is not valid: {error}") from error
    if found is None:
        known = ", ".join(sorted([*_PLAIN, *_WITH_NUMBERS, "regex"]))
        raise StartError(f"route {route!r}: constraint {text!r} is not supported here; known are {known}")
    return found
