"""Route templates of ASP.NET routing, matched as the Functions host matches them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from devtools.functions_host.constraints import Constraint, parse_constraint
from devtools.functions_host.errors import StartError

_KEPT_SLASH: Final = re.compile(r"%2[fF]")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One `{name:constraint=default?}` of a template."""

    name: str
    constraints: tuple[Constraint, ...]
    default: str | None
    optional: bool
    catch_all: bool

    def accepts(self, value: str) -> bool:
        """Whether a value satisfies every constraint."""
        return all(constraint(value) for constraint in self.constraints)

    @property
    def may_be_absent(self) -> bool:
        """Whether a path may end before this parameter."""
        return self.optional or self.catch_all or self.default is not None


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a template: a pattern and the parameters that its groups fill, in order."""

    pattern: re.Pattern[str]
    parameters: tuple[Parameter, ...]

    @property
    def catch_all(self) -> bool:
        """Whether the segment takes all the rest of a path."""
        return any(parameter.catch_all for parameter in self.parameters)

    def match(self, text: str) -> dict[str, str] | None:
        """The values in the text of one segment; None where it does not match."""
        found = self.pattern.fullmatch(text)
        if found is None:
            return None
        values = dict(zip(self.parameters, found.groups(), strict=True))
        if not all(parameter.accepts(value) for parameter, value in values.items()):
            return None
        return {parameter.name: value for parameter, value in values.items()}

    def absent(self) -> dict[str, str] | None:
        """The segment as left out of the path: its defaults, or None where it must be there."""
        if not self.parameters or not self.parameters[0].may_be_absent:
            return None
        return {item.name: item.default for item in self.parameters if item.default is not None}


@dataclass(frozen=True, slots=True)
class RouteTemplate:
    """A parsed template, the route prefix included."""

    text: str
    segments: tuple[Segment, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """The route values in a decoded path; None where it does not match. Literals ignore case."""
        given = _path_segments(path)
        values: dict[str, str] = {}
        for position, segment in enumerate(self.segments):
            found = _match_at(segment, given, position)
            if found is None:
                return None
            values.update(found)
        fits = len(given) <= len(self.segments) or (bool(self.segments) and self.segments[-1].catch_all)
        return values if fits else None


def _path_segments(path: str) -> list[str]:
    segments = path.removeprefix("/").split("/")
    return segments[:-1] if segments[-1] == "" else segments


def _match_at(segment: Segment, given: Sequence[str], position: int) -> dict[str, str] | None:
    if position >= len(given):
        return segment.absent()
    if segment.catch_all:
        return segment.match("/".join(given[position:]))
    return segment.match(given[position])


def decode_path(raw_path: bytes) -> str:
    """Decode a request path as Kestrel does: every escape but %2F, then the dot segments go.

    Bytes that are not UTF-8 are kept as escapes.
    """
    parts = re.split(rb"(%2[fF])", raw_path)
    decoded = "".join(
        part.decode("ascii") if _KEPT_SLASH.fullmatch(part.decode("latin-1")) else _decode(part)
        for part in parts
    )
    return _without_dot_segments(decoded)


def _decode(part: bytes) -> str:
    try:
        return unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        return part.decode("latin-1")


def _without_dot_segments(path: str) -> str:
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    ends_open = segments[-1] in {".", ".."}
    return "/" + "/".join(kept) + ("/" if ends_open and kept else "")


def parse_template(text: str) -> RouteTemplate:
    """Parse a route template such as `v1/businesses/{business}/slots/{day:int?}`.

    Raises StartError where ASP.NET routing would refuse the template or this host does not know a part of it.
    """
    if text.startswith(("/", "~")):
        raise StartError(f"route {text!r} must not start with '/' or '~'")
    segments = tuple(_parse_segment(part, text) for part in _split(text, "/", text)) if text else ()
    names = [parameter.name.lower() for segment in segments for parameter in segment.parameters]
    if len(names) != len(set(names)):
        raise StartError(f"route {text!r} names a parameter twice")
    if any(segment.catch_all for segment in segments[:-1]):
        raise StartError(f"route {text!r}: a catch-all parameter must come last")
    return RouteTemplate(text, segments)


def _split(text: str, separator: str, route: str) -> list[str]:
    """Split where the separator stands outside braces and parentheses."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "{(") - (character in "})")
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    if depth != 0:
        raise StartError(f"route {route!r} has a brace or parenthesis without its partner")
    return parts


def _parse_segment(text: str, route: str) -> Segment:
    if not text:
        raise StartError(f"route {route!r} has an empty segment")
    pattern, parameters = "", []
    for literal, inner in _pieces(text, route):
        pattern += re.escape(literal)
        if inner is not None:
            parameter = _parse_parameter(inner, route)
            parameters.append(parameter)
            pattern += "(.*)" if parameter.catch_all else "(.+)"
    if len(parameters) > 1 or (parameters and pattern not in {"(.*)", "(.+)"}):
        _refuse_absence(parameters, text, route)
    return Segment(re.compile(pattern, re.IGNORECASE | re.DOTALL), tuple(parameters))


def _refuse_absence(parameters: Sequence[Parameter], text: str, route: str) -> None:
    if any(parameter.may_be_absent for parameter in parameters):
        raise StartError(
            f"route {route!r}: optional, default and catch-all parameters that share a segment ({text!r}) "
            "are not supported here"
        )


def _pieces(text: str, route: str) -> list[tuple[str, str | None]]:
    """Cut a segment into (literal, parameter text) pairs; the last one may have no parameter."""
    pieces: list[tuple[str, str | None]] = []
    literal, inner, depth = "", "", 0
    for character in text:
        if character == "}" and depth == 1:
            pieces.append((literal, inner))
            literal, inner, depth = "", "", 0
            continue
        if depth:
            inner += character
        elif character not in "{}":
            literal += character
        depth += (character == "{") - (character == "}")
        if depth < 0:
            raise StartError(f"route {route!r} has a brace without its partner")
    return [*pieces, (literal, None)]


def _parse_parameter(text: str, route: str) -> Parameter:
    catch_all = text.startswith("*")
    optional = text.endswith("?") and not catch_all
    body = text.lstrip("*").removesuffix("?")
    declaration, has_default, default = body.partition("=") if "(" not in body else (body, "", "")
    name, *constraints = _split(declaration, ":", route)
    if re.fullmatch(r"\w+", name) is None:
        raise StartError(f"route {route!r} has a parameter without a proper name: {text!r}")
    return Parameter(
        name=name,
        constraints=tuple(parse_constraint(_unescape(item), route) for item in constraints),
        default=default if has_default else None,
        optional=optional,
        catch_all=catch_all,
    )


def _unescape(constraint: str) -> str:
    return constraint.replace("{{", "{").replace("}}", "}")
