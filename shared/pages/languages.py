"""The languages that the pages speak, and which one a visitor gets."""

import re
from dataclasses import dataclass
from pathlib import Path

LOCALES = Path(__file__).with_name("locales")
LANGUAGES = tuple(sorted(path.stem for path in LOCALES.glob("*.toml")))
"""The tag of each language that has a file of words, in the order in which pages list them."""

DEFAULT = "en"
MOST = 1000
"""Characters of the header Accept-Language that are read."""

WEIGHT = re.compile(r"\s*([A-Za-z0-9-]{1,20}|\*)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")
TAG = re.compile(r"([a-z]{2,3})(?:-[a-z]{4})?(?:-([a-z]{2}|\d{3}))?(?:-.*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Choice:
    """A language that is offered, and the region whose habits count, such as GB; None for the usual one."""

    tag: str
    region: str | None = None


def chosen(wanted: str, accepted: str, *shops: str | None) -> Choice:
    """The language asked for, else the best one that the header Accept-Language accepts, else the shop's.

    `shops` are the tags of what the shop wrote, the nearest first; one that is not offered says nothing.
    The region is that of the tag that decided, or, where the tag names none, of the first accepted one
    for the same language.
    """
    ranked = _ranked(accepted)
    asked = _choice(wanted)
    spoken = filter(None, (_choice(tag) for tag in shops if tag))
    best = asked or next(iter(ranked), None) or next(spoken, Choice(DEFAULT))
    if best.region is not None:
        return best
    return next((one for one in ranked if one.tag == best.tag and one.region is not None), best)


def _ranked(accepted: str) -> list[Choice]:
    """What the header accepts and is offered, the best first."""
    weighed: list[tuple[float, Choice]] = []
    for part in accepted[:MOST].split(","):
        found = WEIGHT.fullmatch(part)
        choice = _choice(found[1]) if found is not None else None
        if found is not None and choice is not None and float(found[2] or 1) > 0:
            weighed.append((float(found[2] or 1), choice))
    weighed.sort(key=lambda one: -one[0])
    return [choice for _, choice in weighed]


def _choice(text: str) -> Choice | None:
    """The language of a tag such as de-AT (BCP 47), None for one that is not offered."""
    found = TAG.fullmatch(text)
    if found is None or found[1].lower() not in LANGUAGES:
        return None
    return Choice(found[1].lower(), found[2].upper() if found[2] else None)
