"""Dates with times, as people and programs write them into forms and links."""

import re
from datetime import datetime
from urllib.parse import unquote

from shared.domain.texts import clean

LONGEST = 64
_SIGNS = str.maketrans({"\u2212": "-", "\u2010": "-", "\u2011": "-", "\u2013": "-"})
_LOST_PLUS = re.compile(r"(.*\d[Tt ]\d[\d:.,]*) (\d\d(?::?\d\d)?)")


def iso_moment(text: str) -> datetime:
    """The date and time of an ISO 8601 text, with its offset where it has one; raises ValueError.

    A `+` that was not escaped in an address arrives as a space, and one that was escaped twice as `%2B`;
    both can only mean the `+` of an offset. Minus signs may be those of printed texts.
    """
    plain = clean(text)[:LONGEST].translate(_SIGNS)
    if "%" in plain:
        plain = unquote(plain)
    bent = _LOST_PLUS.fullmatch(plain)
    return datetime.fromisoformat(f"{bent[1]}+{bent[2]}" if bent else plain)
