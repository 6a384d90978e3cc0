"""HTML that cannot be broken by what is in it: elements made of values, everything escaped."""

from collections.abc import Iterable
from html import escape

VOID = frozenset({"br", "input", "link", "meta"})


class Html(str):
    """Text that is markup already; only `h` and `document` make it."""

    __slots__ = ()


def h(tag: str, /, *children: object, **attributes: object) -> Html:
    """An element: children are escaped unless they are Html, iterables are joined, None says nothing.

    Attributes are written as in Python: `class_`, `for_`, `aria_label`. True stands for an attribute
    without a value, None and False leave it out.
    """
    opened = "".join(_attribute(key, value) for key, value in attributes.items())
    if tag in VOID:
        return Html(f"<{tag}{opened}>")
    return Html(f"<{tag}{opened}>{join(children)}</{tag}>")


def join(parts: object) -> Html:
    """Several pieces one after the other."""
    if parts is None or parts is False:
        return Html("")
    if isinstance(parts, Html):
        return parts
    if isinstance(parts, Iterable) and not isinstance(parts, str):
        return Html("".join(join(part) for part in parts))
    return Html(escape(str(parts)))


def document(language: str, /, head: object, body: object, **attributes: object) -> str:
    """A whole HTML document."""
    return "<!doctype html>\n" + h("html", h("head", head), body, lang=language, **attributes)


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
