"""What somebody typed, as far as an answer that refuses it has room for it."""

from collections.abc import Mapping

from markupsafe import escape

ROOM = 32 * 1024
"""Bytes of HTML for all of it; with the page around it a refusal stays under 64 kB."""


def affordable(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields that there is room for, in their order; it is the longest that are left out."""
    room, kept = ROOM, set()
    for name, value in sorted(fields.items(), key=lambda field: len(field[1])):
        room -= len(escape(name).encode()) + len(escape(value).encode())
        if room < 0:
            break
        kept.add(name)
    return {name: value for name, value in fields.items() if name in kept}
