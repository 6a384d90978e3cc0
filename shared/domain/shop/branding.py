"""How a shop's pages look and what they say beyond what Microsoft Bookings knows of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

PLACES = frozenset({"intro", "details", "confirmed"})
"""Where a shop's own words may stand: above its services, above the form, and on the confirmation."""


@dataclass(frozen=True, slots=True)
class Branding:
    """Addresses of pictures (https), and the shop's own words by place and language; `""` is any language."""

    logo: str | None = None
    favicon: str | None = None
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def text(self, place: str, tag: str) -> str | None:
        """The words for a place in a language, else those for any language."""
        words = self.texts.get(place, {})
        return words.get(tag) or words.get("")
